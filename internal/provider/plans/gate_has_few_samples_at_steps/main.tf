resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  step {
    weight = 1
    bake   = "10m"
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
  gate {
    name        = "errors"
    fail_above  = 5
    min_samples = 100
    cloud_monitoring {
      metric = "error_rate"
    }
  }
  gate {
    name        = "wide_enough"
    fail_above  = 500
    window      = "2m"
    min_samples = 2
    cloud_monitoring {
      metric = "latency_p95"
    }
  }
  gate {
    name       = "payments"
    fail_above = 0
    count      = true
    prometheus {
      url     = "@endpoint/prometheus"
      query   = "sum(increase(payment_errors_total{revision=\"{{revision}}\"}[{{window}}]))"
      samples = "sum(increase(rollout_requests_total{revision=\"{{revision}}\"}[{{window}}]))"
    }
  }
  gate {
    name        = "trial"
    fail_above  = 5
    min_samples = 1000
    dry_run     = true
    cloud_monitoring {
      metric = "error_rate"
    }
  }
}
