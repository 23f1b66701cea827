resource "rollout_traffic_split" "api" {
  alb {
    listener = "@listener"
  }
  weights = { blue = 75, green = 25 }
}
