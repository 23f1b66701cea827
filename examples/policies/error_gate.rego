package rollout

# Every deployment has an error gate wherever users meet the candidate. A gate
# that only measures (dry_run) is none.
deny contains sprintf("%s has no error gate at %v %%", [address, step.weight]) if {
	some address, deployment in decided
	some step in deployment.preview
	watched(step)
	not sees_errors(step)
}

deny contains sprintf("%s has no error gate: users get the candidate unwatched", [address]) if {
	some address, deployment in decided
	every step in deployment.preview { not watched(step) }
}

# Users have the candidate, and there is time to judge it.
watched(step) if {
	step.weight > 0
	step.bake_seconds > 0
}

watched(step) if {
	step.weight > 0
	step.weight < 100
}

sees_errors(step) if "cloud_monitoring error_rate" in step.gates

# What a query of one's own measures, its name has to say.
sees_errors(step) if {
	some name, measured in step.gates
	measured in {"prometheus query", "cloud_monitoring query", "cloud_logging entries"}
	startswith(name, "errors")
}
