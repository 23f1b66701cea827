resource "rollout_safe_deployment" "api" {
  cloud_run {
    service  = "@service"
    revision = "shop-00099-xyz"
  }
  home = "typo"
}
