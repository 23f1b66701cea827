resource "terraform_data" "service" {
  input = "@service"
}

resource "terraform_data" "version" {
  input = "projects/demo/secrets/stripe/versions/1"
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = terraform_data.service.output
    image   = "@v2"
    secrets = { STRIPE_KEY = terraform_data.version.output }
  }
  requires {
    gcp_secret {
      version = terraform_data.version.output
    }
  }
  step {
    weight = 10
    bake   = "10m"
  }
}
