# A release beyond which nobody goes back: what serves now cannot read what the
# candidate writes. It is tried at weight 0, where no user reaches it, and then
# gets everything. From its first share on nothing takes traffic home.
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "service" {
  description = "google_cloud_run_v2_service.api.id"
  type        = string
}

variable "image" {
  description = "By digest: by_digest of the data source rollout_image."
  type        = string
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  # For this release alone: remove it with the next one, which can go home again.
  promoted_cannot_read_new_rows = true

  step {
    weight = 0
    bake   = "2m"
  }
  watch = "10m"

  gate {
    name = "reads_and_writes"
    http {
      request {
        path = "/healthz"
      }
    }
  }
}
