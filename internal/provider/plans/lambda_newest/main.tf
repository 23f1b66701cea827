resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias = "@alias"
    version = "newest"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  step {
    weight = 50
    bake   = "10m"
  }
  watch = "10m"
}
