resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias       = "@alias"
    filename    = "@zip2"
    code_sha256 = "@sum2"
  }
  step {
    weight = 10
    bake   = "5m"
  }
  step {
    weight = 50
    bake   = "5m"
  }
  watch = "5m"
}
