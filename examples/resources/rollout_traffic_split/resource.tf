variable "service" {
  description = "The service's id. Beside the google provider: google_cloud_run_v2_service.api.id"
  type        = string
}

variable "stable" {
  type = string
}

variable "canary" {
  type = string
}

# Exact weights, at once. Nothing is judged, and nothing goes home by itself.
resource "rollout_traffic_split" "api" {
  cloud_run {
    service = var.service
  }
  weights = {
    (var.stable) = 90
    (var.canary) = 10
  }
}
