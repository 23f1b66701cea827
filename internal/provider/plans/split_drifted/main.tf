resource "rollout_traffic_split" "api" {
  cloud_run {
    service = "@service"
  }
  weights = { "@first" = 100 }
}
