resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "projects/demo/locations/us-central1/services/nowhere"
    image   = "@v2"
  }
}
