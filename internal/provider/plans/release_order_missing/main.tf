resource "rollout_safe_deployment" "worker" {
  role = "worker"
  cloud_run {
    service = "projects/demo/locations/us-central1/services/other"
    image   = "@v2"
  }
}
resource "rollout_safe_deployment" "api" {
  depends_on = [rollout_safe_deployment.worker]
  role       = "api"
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
}
