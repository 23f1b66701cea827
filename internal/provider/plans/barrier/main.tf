resource "rollout_preflight" "infra" {
  triggers = { image = "@v2" }
  requires {
    gcp_secret {
      version = "projects/demo/secrets/stripe/versions/1"
    }
    gcp_service_account {
      email = "api@demo.iam.gserviceaccount.com"
    }
  }
}
