resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  gate {
    name       = "misspelt_dry"
    fail_above = 5
    dry_run    = true
    prometheus {
      url   = "@endpoint/prometheus"
      query = "sum(rate(errors_total{revision=\"{{revision}}\"}[{{window}}])"
    }
  }
  gate {
    name       = "elsewhere"
    fail_above = 5
    prometheus {
      url   = "http://127.0.0.1:1"
      query = "sum(rate(errors_total{revision=\"{{revision}}\"}[{{window}}]))"
    }
  }
  gate {
    name       = "no_token"
    fail_above = 5
    prometheus {
      url       = "@endpoint/prometheus"
      query     = "sum(rate(errors_total{revision=\"{{revision}}\"}[{{window}}]))"
      token_env = "A_VARIABLE_THAT_NOBODY_SETS"
    }
  }
}
