variable "service" {
  description = "The service's id. Beside the google provider: google_cloud_run_v2_service.api.id"
  type        = string
}

variable "image" {
  description = "The image by digest. The data source rollout_image turns a tag into one."
  type        = string
}

variable "stripe_key" {
  description = "The id of a version. Beside the google provider: google_secret_manager_secret_version.stripe.id"
  type        = string
}

variable "service_account" {
  description = "Whom the service runs as. Beside the google provider: google_service_account.api.email"
  type        = string
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service         = var.service
    image           = var.image
    env             = { LOG_LEVEL = "info" }
    secrets         = { STRIPE_KEY = var.stripe_key }
    longest_request = "45s"
  }

  # What must be there, and usable, before anything moves.
  requires {
    gcp_secret {
      version     = var.stripe_key
      readable_by = var.service_account
    }
    gcp_service_account {
      email = var.service_account
    }
    env {
      names = ["LOG_LEVEL", "STRIPE_KEY"]
    }
  }

  # At 0 % it has its own address only, and probes alone are judged.
  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  step {
    weight = 50
    bake   = "10m"
  }
  # Then everything moves, and the gates go on with the way home open.
  watch = "10m"

  gate {
    name             = "health"
    failures_allowed = 2
    http {
      request {
        path    = "/api/v1/health"
        latency = "1s"
        json {
          path   = "status"
          equals = "ok"
        }
      }
    }
  }

  gate {
    name        = "errors"
    fail_above  = 5 # percent
    for         = "5m"
    window      = "1m"
    min_samples = 100
    cloud_monitoring {
      metric = "error_rate"
    }
  }

  gate {
    name       = "slow"
    fail_above = 1000 # milliseconds
    for        = "5m"
    window     = "1m"
    cloud_monitoring {
      metric = "latency_p95"
    }
  }
}

# The command with which a person takes traffic home.
output "way_home" {
  value = rollout_safe_deployment.api.way_home
}
