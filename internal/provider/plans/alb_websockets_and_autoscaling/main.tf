resource "rollout_safe_deployment" "api" {
  alb {
    listener     = "@listener"
    target_group = "@green"
    content      = "shop:2"
    ecs_cluster  = "main"
    websockets   = true
  }

  step {
    weight = 10
    bake   = "5m"
  }
  watch = "5m"
}
