resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
    env     = { GREETING = "hello" }
  }
  requires {
    env {
      names = ["GREETING", "DATABASE_URL"]
    }
  }
}
