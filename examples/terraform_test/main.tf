# A module as a team would write it, with tests that reach no cloud:
#
#   terraform init
#   terraform test
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "service" {
  description = "The service's id. Beside the google provider: google_cloud_run_v2_service.api.id"
  type        = string
}

variable "tag" {
  description = "An image by tag: europe-docker.pkg.dev/my-project/apps/api:v42"
  type        = string
}

variable "environment" {
  type    = string
  default = "production"
  validation {
    condition     = contains(["production", "staging"], var.environment)
    error_message = "Write production or staging."
  }
}

locals {
  steps = {
    production = provider::rollout::exponential_steps(5, 3, "10m")
    staging    = provider::rollout::canary_steps(10, "10m")
  }
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
    for_each = local.steps[var.environment]
    content {
      weight = step.value.weight
      bake   = step.value.bake
    }
  }

  gate {
    name       = "errors"
    fail_above = 5 # percent
    for        = "5m"
    cloud_monitoring {
      metric = "error_rate"
    }
  }
}

output "preview" {
  value = rollout_safe_deployment.api.preview
}

output "way_home" {
  value = rollout_safe_deployment.api.way_home
}
