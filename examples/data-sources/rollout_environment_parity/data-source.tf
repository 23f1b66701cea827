variable "service" {
  description = "The service in production. Beside the google provider: google_cloud_run_v2_service.api.id"
  type        = string
}

variable "staging" {
  description = "The service in staging, in its own project: projects/shop-staging/locations/europe-west1/services/api"
  type        = string
}

variable "image" {
  description = "The image of the release, by digest: the one that staging runs."
  type        = string
}

# What is live in production is what is live in staging, but for what is declared.
data "rollout_environment_parity" "api" {
  environment {
    name              = "staging"
    cloud_run_service = var.staging
  }
  environment {
    name              = "production"
    cloud_run_service = var.service
  }

  expect {
    key       = "image"
    reason    = "staging has the next release first"
    sometimes = true
  }
  expect {
    key       = "max_instances"
    reason    = "production has more users"
    sometimes = true
  }
}

check "parity" {
  assert {
    condition = data.rollout_environment_parity.api.in_parity
    error_message = join("\n", [
      for s in data.rollout_environment_parity.api.settings : "${s.key}: ${jsonencode(s.values)}" if contains(["different", "unknown"], s.status)
    ])
  }
}

# A release that staging has not promoted does not get to production.
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  requires {
    promoted_from {
      cloud_run_service = var.staging
    }
  }

  step {
    weight = 10
    bake   = "5m"
  }
}

output "live_in_staging" {
  value = data.rollout_environment_parity.api.live["staging"]
}
