resource "rollout_safe_deployment" "api" {
  alb {
    listener     = "@listener"
    target_group = "@green"
    content      = "shop:3"
  }

  step {
    weight = 10
    bake   = "5m"
  }
  watch = "5m"
}
