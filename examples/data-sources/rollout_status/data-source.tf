variable "service" {
  description = "The service's id. Beside the google provider: google_cloud_run_v2_service.api.id"
  type        = string
}

data "rollout_status" "api" {
  cloud_run {
    service = var.service
  }
}

check "nothing_is_half_finished" {
  assert {
    condition     = !data.rollout_status.api.unfinished
    error_message = "A rollout was left in the middle. Way home: ${coalesce(data.rollout_status.api.way_home, "none")}"
  }
}
