provider "rollout" {
  alias     = "lenient"
  preflight = "warn"
  google {
    endpoint = "@endpoint"
  }
}

resource "rollout_safe_deployment" "api" {
  provider = rollout.lenient
  cloud_run {
    service = "@service"
    image   = "@v2"
    secrets = { STRIPE_KEY = "projects/demo/secrets/stripe/versions/1" }
  }
  step {
    weight = 10
    bake   = "10m"
  }
  gate {
    name       = "misspelt"
    fail_above = 5
    prometheus {
      url   = "@endpoint/prometheus"
      query = "sum(rate(errors_total{revision=\"{{revision}}\"}[{{window}}])"
    }
  }
}
