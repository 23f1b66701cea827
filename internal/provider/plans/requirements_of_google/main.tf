resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    cloud_sql_instance {
      instance         = "demo:us-central1:db"
      database_version = "POSTGRES_17"
    }
    pubsub_topic {
      topic         = "projects/demo/topics/orders"
      subscriptions = ["projects/demo/subscriptions/orders-mail", "projects/demo/subscriptions/orders-bill"]
    }
    gcs_bucket {
      name        = "uploads"
      location    = "us-central1"
      readable_by = "batch@demo.iam.gserviceaccount.com"
    }
    cloud_run_service {
      service = "projects/demo/locations/us-central1/services/backend"
      ingress = "all"
    }
    image {
      image    = "@registry/shop/worker:v1"
      platform = "linux/riscv64"
    }
  }
  step {
    weight = 10
    bake   = "10m"
  }
}
