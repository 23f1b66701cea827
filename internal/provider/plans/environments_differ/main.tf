resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    promoted_from {
      cloud_run_service = "projects/demo/locations/us-central1/services/staging"
      for               = "30m"
    }
    environment_parity {
      environment {
        name              = "staging"
        cloud_run_service = "projects/demo/locations/us-central1/services/staging"
      }
      environment {
        name              = "production"
        cloud_run_service = "@service"
      }
      expect {
        key    = "max_instances"
        reason = "production has more users"
      }
    }
  }
}
