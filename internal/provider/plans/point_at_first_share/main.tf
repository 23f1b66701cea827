resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  promoted_cannot_read_new_rows = true
  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
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
}
