data "rollout_preflight" "infra" {
  requires {
    gcp_secret {
      version = "projects/demo/secrets/stripe/versions/1"
    }
    gcp_service_account {
      email = "nobody@demo.iam.gserviceaccount.com"
    }
  }
}

data "rollout_status" "api" {
  cloud_run {
    service = "@service"
  }
}

data "rollout_image" "api" {
  image = "@registry/shop/api:v2"
}

output "passed" {
  value = data.rollout_preflight.infra.passed
}

output "findings" {
  value = data.rollout_preflight.infra.findings
}

output "status" {
  value = data.rollout_status.api
}

output "image" {
  value = data.rollout_image.api.digest
}
