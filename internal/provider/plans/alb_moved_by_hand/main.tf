resource "rollout_safe_deployment" "api" {
  alb {
    listener     = "@listener"
    target_group = "@green"
    content      = "shop:2"
  }

  step {
    weight = 10
    bake   = "5m"
  }
  step {
    weight = 50
    bake   = "5m"
  }
  watch = "5m"
}
