# The task definition of the idle slot is made anew, as in every release.
resource "terraform_data" "definition" {}

data "rollout_slot" "api" {
  alb {
    listener      = "@listener"
    target_groups = { blue = "@blue", green = "@green" }
    ecs_cluster   = "main"
  }
  content = "shop:2"
}

resource "rollout_safe_deployment" "api" {
  alb {
    listener     = "@listener"
    target_group = data.rollout_slot.api.target_group
    content      = "shop:2"
    ecs_cluster  = "main"
    behind       = { blue = "app:1", green = terraform_data.definition.id }
  }

  step {
    weight = 10
    bake   = "5m"
  }
  watch = "5m"
}

output "contents" {
  value = data.rollout_slot.api.contents
}
