resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias   = "@alias"
    version = "newest"
  }
}
