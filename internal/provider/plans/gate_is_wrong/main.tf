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
    name       = "misspelt"
    fail_above = 5
    prometheus {
      url   = "@endpoint/prometheus"
      query = "sum(rate(errors_total{revision=\"{{revision}}\"}[{{window}}])"
    }
  }
}
