# The service. CI makes its revisions, and Terraform moves the traffic, in the
# module beside this one.
# A root module of its own: its lock is not held while a rollout bakes, and
# nobody plans a change of the service in the middle of one by accident.
terraform {
  required_version = ">= 1.8"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0"
    }
  }
}

resource "google_cloud_run_v2_service" "api" {
  name     = "api"
  location = "europe-west1"

  template {
    containers {
      image = "us-docker.pkg.dev/cloudrun/container/hello" # serves until the first rollout
    }
  }

  lifecycle {
    ignore_changes = [template, traffic, client, client_version]
  }
}

output "service" {
  value = google_cloud_run_v2_service.api.id
}
