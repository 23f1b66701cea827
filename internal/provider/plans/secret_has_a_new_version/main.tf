resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
    secrets = { STRIPE_KEY = "projects/demo/secrets/stripe/versions/latest" }
  }
}
