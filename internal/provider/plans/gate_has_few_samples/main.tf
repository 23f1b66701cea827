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
    name        = "strict"
    fail_above  = 5
    min_samples = 20
    on_no_data  = "fail"
    cloud_monitoring {
      metric = "error_rate"
    }
  }
  gate {
    name        = "patient"
    fail_above  = 5
    min_samples = 20
    cloud_monitoring {
      metric = "error_rate"
    }
  }
  gate {
    name       = "nobody"
    fail_above = 5
    prometheus {
      url   = "@endpoint/prometheus"
      query = "sum(rate(nothing_total{revision=\"{{revision}}\"}[{{window}}]))"
    }
  }
  gate {
    name       = "nobody_strict"
    fail_above = 5
    on_no_data = "fail"
    prometheus {
      url   = "@endpoint/prometheus"
      query = "sum(rate(nothing_total{revision=\"{{revision}}\"}[{{window}}]))"
    }
  }
}
