# With the provider mocked nobody is asked and nothing moves. The provider's own
# checks of a configuration run all the same, and so do its functions. What it
# computes is made up, but for what stands here.
mock_provider "rollout" {
  mock_data "rollout_image" {
    defaults = {
      by_digest = "europe-docker.pkg.dev/my-project/apps/api@sha256:0b2d1ac10c7b6a4d1b3a5a1e61ae8bbdc2e29c1e1f2c2b1f6f9e2a4f1b8a7c11"
    }
  }
  mock_resource "rollout_safe_deployment" {
    defaults = {
      outcome  = "promoted"
      way_home = "gcloud run services update-traffic api --to-revisions api-00041-fox=100"
    }
  }
}

variables {
  service = "projects/my-project/locations/europe-west1/services/api"
  tag     = "europe-docker.pkg.dev/my-project/apps/api:v42"
}

# What the module asks for is known at plan.
run "production_climbs_in_three_steps" {
  command = plan

  assert {
    condition     = [for s in rollout_safe_deployment.api.step : s.weight] == [5, 15, 45]
    error_message = "Production climbs by 5, 15 and 45 percent."
  }
  assert {
    condition     = anytrue([for g in rollout_safe_deployment.api.gate : length(g.cloud_monitoring) == 1 && g.dry_run != true])
    error_message = "Errors that users see have to decide."
  }
}

run "what_was_reviewed_is_what_goes_live" {
  command = apply

  assert {
    condition     = rollout_safe_deployment.api.cloud_run[0].image == data.rollout_image.api.by_digest
    error_message = "What the tag means is what goes live."
  }
  assert {
    condition     = output.way_home == rollout_safe_deployment.api.way_home
    error_message = "Whoever is on call needs the way home."
  }
}

run "staging_has_one_step" {
  command = plan
  variables {
    environment = "staging"
  }

  assert {
    condition     = length(rollout_safe_deployment.api.step) == 1
    error_message = "Staging takes one step."
  }
}

run "a_misspelt_environment_is_refused" {
  command = plan
  variables {
    environment = "prd"
  }
  expect_failures = [var.environment]
}
