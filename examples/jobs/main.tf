# A release with its migrations: a job before the candidate is made, a job that
# tries the candidate at 0 %, and a job after promotion. The jobs are somebody's
# google_cloud_run_v2_job; the guide "Jobs" has those.
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

variable "image" {
  type = string
}

variable "migrate_job" {
  type        = string
  description = "google_cloud_run_v2_job.migrate.id"
}

variable "smoke_job" {
  type        = string
  description = "google_cloud_run_v2_job.smoke.id"
}

variable "contract_job" {
  type        = string
  description = "google_cloud_run_v2_job.contract.id"
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = var.service
    image   = var.image
  }

  before {
    name    = "migrate"
    timeout = "30m"
    cloud_run_job {
      job  = var.migrate_job
      args = ["migrate", "up"]
    }
  }

  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"

  gate {
    name = "smoke"
    job {
      timeout = "5m"
      cloud_run_job {
        job = var.smoke_job
      }
    }
  }

  after {
    name = "contract"
    cloud_run_job {
      job  = var.contract_job
      args = ["migrate", "contract"]
    }
  }
}
