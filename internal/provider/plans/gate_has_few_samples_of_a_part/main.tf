resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  step {
    weight = 50
    bake   = "10m"
  }
  gate {
    name        = "errors"
    fail_above  = 5
    min_samples = 100
    cloud_monitoring {
      metric = "error_rate"
    }
  }
}
