resource "rollout_safe_deployment" "api" {
  cloud_run {
    service  = "@service"
    revision = "shop-00002-m3s"
  }
}
