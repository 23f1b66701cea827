resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  step {
    weight = 50
    bake   = "10m"
  }
  watch = "10m"
  gate {
    name = "answers"
    http {
      request {
        path = "/"
      }
    }
  }
  hold_at = 10
}
