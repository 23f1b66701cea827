# The real provider, so that the preview is the real one. It asks nobody, for
# the service is not known before apply. Beside the google provider that is
# mock_provider "google" {}; here a module stands in for it.
override_data {
  target = module.api.data.rollout_image.api
  values = {
    by_digest = "europe-docker.pkg.dev/my-project/apps/api@sha256:0b2d1ac10c7b6a4d1b3a5a1e61ae8bbdc2e29c1e1f2c2b1f6f9e2a4f1b8a7c11"
  }
}

run "no_rollout_is_longer_than_an_hour" {
  command = plan
  module {
    source = "./tests/unknown_service"
  }

  assert {
    condition     = sum(output.preview[*].longest_seconds) <= 3600
    error_message = "A rollout takes an hour at most."
  }
  assert {
    condition     = alltrue([for s in output.preview : contains(values(s.gates), "cloud_monitoring error_rate") if s.weight > 0 && s.weight < 100])
    error_message = "Every step has an error gate."
  }
}
