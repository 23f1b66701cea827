# What a revision needs beside its platform, checked before anything moves: in
# the plan as far as it is known, in apply before the first write and before each
# step. Beside the google provider every id below is a computed one, so that what
# the same apply creates is looked at once it exists.
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

variable "service_account" {
  description = "google_service_account.api.email"
  type        = string
}

variable "stripe_key" {
  description = "google_secret_manager_secret_version.stripe.id"
  type        = string
}

variable "database" {
  description = "google_sql_database_instance.db.connection_name"
  type        = string
}

variable "topic" {
  description = "google_pubsub_topic.orders.id"
  type        = string
}

variable "subscription" {
  description = "google_pubsub_subscription.orders_mail.id"
  type        = string
}

variable "bucket" {
  description = "google_storage_bucket.uploads.id"
  type        = string
}

variable "backend" {
  description = "google_cloud_run_v2_service.backend.id"
  type        = string
}

variable "health" {
  description = "Where something that the app needs answers."
  type        = string
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
    secrets = { STRIPE_KEY = var.stripe_key }
  }

  requires {
    image {
      image = var.image # Cloud Run runs linux/amd64
    }
    gcp_secret {
      version     = var.stripe_key
      readable_by = var.service_account
      within      = "2m" # created or granted in this apply: it takes a moment to reach everyone
    }
    gcp_service_account {
      email = var.service_account
    }
    env {
      names = ["STRIPE_KEY"] # the revision has it, from wherever; its value is never looked at
    }
    http {
      url = var.health
    }
    cloud_sql_instance {
      instance         = var.database
      database_version = "POSTGRES_16"
      # no maintenance is due as long as the rollout takes
    }
    pubsub_topic {
      topic          = var.topic
      subscriptions  = [var.subscription]
      publishable_by = var.service_account
    }
    gcs_bucket {
      name        = var.bucket
      versioning  = true
      prefix      = "models/v7/"
      writable_by = var.service_account
      at_plan     = "skip" # whoever plans may not look into buckets
    }
    cloud_run_service {
      service  = var.backend
      ingress  = "internal"
      advisory = true # without it some pages are empty, and that is all
    }
  }

  step {
    weight = 10
    bake   = "10m"
  }
}
