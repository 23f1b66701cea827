resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias   = "@alias"
    version = "2"
  }
  requires {
    old_worker_stopped {
      ecs_service     = "shop/mailer"
      task_definition = "mailer:2"
      within          = "15m"
      stop_after      = "10m"
    }
  }
  step {
    weight = 10
    bake   = "5m"
  }
}
