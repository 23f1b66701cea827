# A whole root module: Terraform says which image is live, and rollout takes it
# there. The service itself is in the folder service, a root module of its own;
# deploy.yml is the pipeline. The guide "Cloud Run beside the google provider"
# has the whole workflow.
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
