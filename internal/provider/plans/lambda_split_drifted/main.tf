resource "rollout_traffic_split" "api" {
  lambda_alias {
    alias = "@alias"
  }
  weights = { "1" = 75, "2" = 25 }
}
