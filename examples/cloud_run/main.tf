# A whole root module: Terraform says which image is live, and rollout takes it
# there. The service itself belongs to the google provider, which has to leave
# alone what rollout owns. The shortest way, with which changes of the template
# by the google provider never reach a revision, is
#
#   lifecycle {
#     ignore_changes = [template, traffic, client, client_version]
#   }
#
# The guide "Beside the google provider" has the other one.
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "service" {
  type = string
}

variable "tag" {
  type = string
}

data "rollout_image" "api" {
  image = var.tag
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = data.rollout_image.api.by_digest
  }

  dynamic "step" {
    for_each = [0, 10, 50]
    content {
      weight = step.value
      bake   = step.value == 0 ? "1m" : "10m"
    }
  }
  watch = "10m"

  gate {
    name = "health"
    http {
      request {
        path = "/healthz"
      }
    }
  }
}

output "traffic" {
  value = rollout_safe_deployment.api.traffic
}
