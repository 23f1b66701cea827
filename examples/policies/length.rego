package rollout

# No rollout is longer than an hour. longest_seconds counts what gates may wait
# for data too; to start a revision and to settle a change takes time on top.
longest_rollout := 3600

deny contains sprintf("%s takes up to %v minutes, and a rollout may take %v", [address, length / 60, longest_rollout / 60]) if {
	some address, deployment in decided
	length := sum([step.longest_seconds | some step in deployment.preview])
	length > longest_rollout
}

# It takes as long as people take.
deny contains sprintf("%s cannot be decided: it waits for a person at hold_at", [address]) if {
	some address, deployment in decided
	object.get(deployment, "hold_at", null) != null
}

deny contains sprintf("%s cannot be decided: with one_step it takes as long as the applies are apart", [address]) if {
	some address, deployment in decided
	object.get(deployment, "advance", null) == "one_step"
}
