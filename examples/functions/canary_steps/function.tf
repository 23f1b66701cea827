# 10 percent for 10 minutes, and then everything.
output "steps" {
  value = provider::rollout::canary_steps(10, "10m")
}
