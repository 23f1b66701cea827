variable "service" {
  description = "The service's id. Beside the google provider: google_cloud_run_v2_service.api.id"
  type        = string
}

variable "image" {
  description = "The image by digest. The data source rollout_image turns a tag into one."
  type        = string
}

# 20, 40, 60 and 80 percent for 5 minutes each, and then everything.
locals {
  steps = provider::rollout::linear_steps(20, "5m")
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  dynamic "step" {
    for_each = local.steps
    content {
      weight = step.value.weight
      bake   = step.value.bake
    }
  }

  gate {
    name = "health"
    http {
      request {
        path = "/healthz"
      }
    }
  }
}
