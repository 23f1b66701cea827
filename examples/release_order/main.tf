# A worker and an API of one release. The worker goes first, because the API
# enqueues what the worker has to handle: the API's rollout waits until the worker is
# promoted, and looks then whether what is live handles all that this API enqueues.
terraform {
  required_version = ">= 1.8"
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}

variable "worker" {
  description = "google_cloud_run_v2_service.worker.id"
  type        = string
}

variable "worker_image" {
  description = "By digest. It is built with the label rollout.handles."
  type        = string
}

variable "service" {
  description = "google_cloud_run_v2_service.api.id"
  type        = string
}

variable "image" {
  description = "By digest: by_digest of the data source rollout_image."
  type        = string
}

resource "rollout_safe_deployment" "worker" {
  role = "worker"

  cloud_run {
    service = var.worker
    image   = var.worker_image
  }
}

resource "rollout_safe_deployment" "api" {
  role = "api"

  cloud_run {
    service = var.service
    image   = var.image
  }

  requires {
    release_order {
      role     = "worker"
      revision = rollout_safe_deployment.worker.revision
      promoted = rollout_safe_deployment.worker.promoted
    }
    worker_jobs {
      enqueues {
        file = "${path.module}/jobs.txt" # written by the build of the API
      }
      handles {
        cloud_run_service = var.worker
        revision          = rollout_safe_deployment.worker.promoted
      }
    }
  }

  step {
    weight = 10
    bake   = "10m"
  }
}
