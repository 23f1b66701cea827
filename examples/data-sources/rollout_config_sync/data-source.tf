variable "service" {
  description = "The id of the service. Beside the google provider: google_cloud_run_v2_service.api.id"
  type        = string
}

# Every setting that .env.example lists is handed from the workflow to the build,
# and from the build to the service; whoever works on it locally has it as well.
data "rollout_config_sync" "api" {
  needs_from = "${path.module}/.env.example"

  place {
    workflow = "${path.module}/.github/workflows/deploy.yml"
    name     = "workflow"
  }
  place {
    cloud_build = "${path.module}/cloudbuild.yaml"
    name        = "build"
  }
  place {
    compose = "${path.module}/compose.yaml"
    target  = "api"
    name    = "local"
  }

  allow {
    name   = "STRIPE_WEBHOOK_SECRET"
    place  = "local"
    reason = "nobody is paid locally"
  }
}

check "settings" {
  assert {
    condition = data.rollout_config_sync.api.in_sync
    error_message = join("\n", [
      for s in data.rollout_config_sync.api.settings : "${s.name} in ${s.place}: ${s.why}; add ${s.add}" if contains(["missing", "broken_chain", "unknown"], s.status)
    ])
  }
}

# The same as a requirement. What the platform gives by itself, such as PORT, need not be set.
resource "rollout_preflight" "settings" {
  requires {
    config_sync {
      needs = ["PORT"]
      place {
        cloud_run_service = var.service
      }
    }
  }
}

output "settings" {
  value = { for s in data.rollout_config_sync.api.settings : "${s.name} in ${s.place}" => s.chain == "" ? s.status : "${s.status}: ${s.chain}" }
}
