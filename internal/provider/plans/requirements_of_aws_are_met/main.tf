resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias   = "@alias"
    version = "2"
  }
  requires {
    aws_secret {
      secret = "prod/stripe"
    }
    iam_role {
      role   = "api"
      trusts = "lambda.amazonaws.com"
      allows = ["s3:GetObject"]
    }
    rds {
      instance       = "orders"
      engine_version = "16"
    }
    alarm {
      alarm = "api-errors"
    }
  }
}
