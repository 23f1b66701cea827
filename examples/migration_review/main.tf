# A revision whose migrations are reviewed before anything moves: what breaks the
# revision that serves now, or keeps it waiting, refuses the plan.
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

variable "migrations" {
  description = "The folder: \"$${path.module}/migrations\""
  type        = string
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  requires {
    migration_review {
      directory       = var.migrations
      dialect         = "postgres"
      version         = "15"
      applied_through = "41" # what the database's own table says

      # Since when no live revision has read what is dropped. Without it, or too
      # early, a drop is refused.
      unread_since = { "carts.remark" = "2026-01-15" }
      retention    = "14d"

      # With it, a scan or a rewrite is told in seconds.
      rows = { carts = 4000000 }
    }
  }

  step {
    weight = 10
    bake   = "5m"
  }
}
