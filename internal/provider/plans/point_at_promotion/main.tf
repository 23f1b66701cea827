resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    migration_review {
      directory       = "plans/point_at_promotion/migrations"
      dialect         = "postgres"
      version         = "15"
      applied_through = "41"
    }
  }
  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"
  gate {
    name = "answers"
    http {
      request {
        path = "/"
      }
    }
  }
}
