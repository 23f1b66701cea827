resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  before {
    name    = "migrate"
    timeout = "30m"
    cloud_run_job {
      job             = "projects/demo/locations/us-central1/jobs/migrate"
      candidate_image = true
    }
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"
  after {
    name = "contract"
    cloud_run_job {
      job  = "projects/demo/locations/us-central1/jobs/contract"
      args = ["contract"]
    }
  }
}
