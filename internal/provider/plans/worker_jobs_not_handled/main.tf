resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    worker_jobs {
      enqueues {
        classes = ["Billing::ChargeJob/2", "Billing::RefundJob/1", "MailJob/3"]
      }
      handles {
        cloud_run_service = "projects/demo/locations/us-central1/services/worker"
      }
    }
  }
}
