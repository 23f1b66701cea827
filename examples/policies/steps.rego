package rollout

# Production has at least three steps before everything moves.
least_steps := 3

# What is not called something else is production, also where nobody says so.
# (Two rules: in one, a plan without the variable would be none.)
production if not elsewhere

elsewhere if input.variables.environment.value in {"development", "staging", "test"}

deny contains sprintf("%s has %d steps, and production has at least %d", [address, count(steps), least_steps]) if {
	production
	some address, deployment in decided
	steps := steps_of(deployment)
	count(steps) < least_steps
}

# A preview ends where hold_at waits for a person: the steps above stand in the
# configuration alone.
steps_of(deployment) := deployment.step if {
	object.get(deployment, "hold_at", null) != null
} else := [step | some step in deployment.preview; step.weight < 100]
