resource "rollout_safe_deployment" "worker" {
  role = "worker"
  cloud_run {
    service = "projects/demo/locations/us-central1/services/other"
    image   = "@v2"
  }
  hold_at = 50
  step {
    weight = 50
    bake   = "1m"
  }
}
resource "rollout_safe_deployment" "api" {
  role = "api"
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    release_order {
      role     = "worker"
      revision = rollout_safe_deployment.worker.revision
      promoted = rollout_safe_deployment.worker.promoted
    }
  }
}
