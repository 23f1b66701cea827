# 10 percent for 10 minutes, and then everything.
output "steps" {
  value = provider::rollout::canary_steps(10, "10m")
}

# The same after a minute at 0 percent, where probes alone are judged.
output "probed_first" {
  value = concat([{ weight = 0, bake = "1m" }], provider::rollout::canary_steps(10, "10m"))
}
