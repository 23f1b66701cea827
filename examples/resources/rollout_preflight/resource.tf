variable "image" {
  type = string
}

variable "stripe_key" {
  description = "The id of a version. Beside the google provider: google_secret_manager_secret_version.stripe.id"
  type        = string
}

variable "health" {
  description = "Where a service that the app needs answers."
  type        = string
}

# One apply goes infrastructure, barrier, app revision.
resource "rollout_preflight" "infra" {
  triggers = { image = var.image }

  requires {
    gcp_secret {
      version = var.stripe_key
    }
    http {
      url = var.health
    }
  }
}

resource "terraform_data" "app" {
  input      = var.image
  depends_on = [rollout_preflight.infra]
}
