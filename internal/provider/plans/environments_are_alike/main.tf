data "rollout_environment_parity" "api" {
  environment {
    name              = "staging"
    cloud_run_service = "projects/demo/locations/us-central1/services/staging"
  }
  environment {
    name              = "production"
    cloud_run_service = "@service"
  }
  expect {
    key    = "concurrency"
    reason = "it is loaded there"
  }
  expect {
    key       = "image"
    reason    = "staging is a release ahead"
    sometimes = true
  }
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    promoted_from {
      cloud_run_service = "projects/demo/locations/us-central1/services/staging"
    }
  }
}

output "expected" {
  value = [for s in data.rollout_environment_parity.api.settings : s if s.status != "same"]
}
