resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias = "@alias"
    filename    = "@zip2"
    code_sha256 = "@sum2"
    environment = {
      STAGE = "prod"
    }
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
