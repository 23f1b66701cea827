resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  step {
    weight = 10
    bake   = "1m"
  }
  watch = "2m"
  gate {
    name       = "errors"
    fail_above = 5
    cloud_monitoring {
      metric = "error_rate"
    }
  }
  gate {
    name       = "patient"
    fail_above = 5
    wait_for   = "10m"
    cloud_monitoring {
      metric = "error_rate"
    }
  }
}
