resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    gcp_secret {
      version = "projects/demo/secrets/stripe/versions/1"
      within  = "2m"
    }
  }
}
