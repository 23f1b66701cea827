resource "rollout_safe_deployment" "api" {
  cloud_run {
    service  = "@service"
    revision = "newest"
  }
  step {
    weight = 10
    bake   = "10m"
  }
}
