# 20, 40, 60 and 80 percent for 5 minutes each, and then everything.
output "steps" {
  value = provider::rollout::linear_steps(20, "5m")
}
