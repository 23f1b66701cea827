resource "rollout_preflight" "infra" {
  requires {
    gcp_secret {
      version  = "projects/demo/secrets/stripe/versions/1"
      advisory = true
    }
    gcs_bucket {
      name     = "uploads"
      advisory = true
    }
  }
}
