resource "rollout_preflight" "infra" {
  requires {
    gcp_secret {
      version = "projects/demo/secrets/stripe/versions/1"
      at_plan = "skip"
    }
    pubsub_topic {
      topic   = "projects/demo/topics/orders"
      at_plan = "warn"
    }
  }
}
