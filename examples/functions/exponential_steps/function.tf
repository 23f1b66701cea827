# 1, 2, 4, 8, 16, 32 and 64 percent for 5 minutes each, and then everything.
output "steps" {
  value = provider::rollout::exponential_steps(1, 2, "5m")
}
