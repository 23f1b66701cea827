package rollout_test

import data.rollout

# A plan of one deployment, good by all policies, and changes of it.
plan(deployment) := {
	"planned_values": {},
	"resource_changes": [
		{"address": "aws_s3_bucket.b", "type": "aws_s3_bucket", "change": {"after": {"bucket": "b"}}},
		{"address": "rollout_safe_deployment.api", "type": "rollout_safe_deployment", "change": {"after": deployment}},
	],
}

errors := {"errors": "cloud_monitoring error_rate", "health": "http requests"}

step(weight, seconds) := {"weight": weight, "bake_seconds": seconds, "longest_seconds": seconds, "gates": errors, "dry_run": null}

good := {
	"preview_version": 1, "hold_at": null, "advance": null,
	"preview": [object.union(step(0, 60), {"gates": {"health": "http requests"}}), step(10, 600), step(50, 600), step(100, 600)],
}

with_steps(steps) := object.union(good, {"preview": steps})

# What the policies say of a deployment, and of a good one that was changed.
denies(deployment) := msgs if {
	msgs := rollout.deny with input as plan(deployment)
}

denied(change) := denies(object.union(good, change))

test_good_passes if {
	rollout.pass with input as plan(good)
	count(denied({})) == 0
}

test_nothing_to_look_at_passes if rollout.pass with input as {"planned_values": {}}

test_destroyed_is_not_looked_at if rollout.pass with input as plan(null)

test_no_plan_is_not_decided if {
	not rollout.pass with input as {}
	not rollout.pass with input as {"values": {"root_module": {}}}
	not rollout.pass with input as object.union(plan(good), {"errored": true})
}

test_unknown_preview_is_not_decided if {
	msg := "rollout_safe_deployment.api cannot be decided: its preview is not known before apply, or not in version 1"
	denies(object.remove(good, ["preview"])) == {msg}
	denied({"preview": []}) == {msg}
	denied({"preview": null}) == {msg}
	denied({"preview_version": 2}) == {msg}
	denies(object.remove(good, ["preview_version"])) == {msg}
}

test_every_deployment_is_looked_at if {
	two := object.union(plan(good), {"resource_changes": array.concat(
		plan(good).resource_changes,
		[{"address": "module.b.rollout_safe_deployment.api[\"eu\"]", "type": "rollout_safe_deployment", "change": {"after": object.union(good, {"preview_version": 2})}}],
	)})
	msgs := rollout.deny with input as two
	some msg in msgs
	startswith(msg, "module.b.rollout_safe_deployment.api[\"eu\"] cannot be decided")
}

test_two_steps_are_too_few if {
	denied({"preview": [step(10, 60), step(50, 60), step(100, 60)]}) == {"rollout_safe_deployment.api has 2 steps, and production has at least 3"}
	not rollout.pass with input as object.union(plan(with_steps([step(100, 60)])), {"variables": {"environment": {"value": "prod"}}})
}

test_two_steps_are_enough_elsewhere if {
	rollout.pass with input as object.union(plan(with_steps([step(10, 60), step(100, 60)])), {"variables": {"environment": {"value": "staging"}}})
}

test_steps_above_hold_at_count if {
	held := {"hold_at": 10, "preview": [step(10, 60)], "step": [{"weight": 10}, {"weight": 50}, {"weight": 75}]}
	denied(held) == {"rollout_safe_deployment.api cannot be decided: it waits for a person at hold_at"}
}

no_errors(s) := object.union(object.remove(s, ["gates"]), {"gates": {"health": "http requests"}})

test_each_watched_step_has_an_error_gate if {
	denied({"preview": [step(1, 60), step(10, 60), no_errors(step(50, 60)), no_errors(step(100, 60))]}) == {
		"rollout_safe_deployment.api has no error gate at 50 %",
		"rollout_safe_deployment.api has no error gate at 100 %",
	}
	denied({"preview": [step(1, 60), step(10, 60), no_errors(step(50, 0)), no_errors(step(100, 0))]}) == {"rollout_safe_deployment.api has no error gate at 50 %"}
}

test_dry_run_is_no_gate if {
	tried := object.union(no_errors(step(50, 60)), {"dry_run": {"errors": "cloud_monitoring error_rate"}})
	denied({"preview": [step(1, 60), step(10, 60), tried, step(100, 60)]}) == {"rollout_safe_deployment.api has no error gate at 50 %"}
}

asks(name) := object.union(object.remove(step(50, 60), ["gates"]), {"gates": {name: "prometheus query"}})

test_a_query_is_what_its_name_says if {
	count(denied({"preview": [step(1, 60), step(10, 60), asks("errors_by_customers"), step(100, 60)]})) == 0
	denied({"preview": [step(1, 60), step(10, 60), asks("queue"), step(100, 60)]}) == {"rollout_safe_deployment.api has no error gate at 50 %"}
}

test_everything_at_once_is_unwatched if {
	"rollout_safe_deployment.api has no error gate: users get the candidate unwatched" in denied({"preview": [no_errors(step(100, 0))]})
}

test_an_hour_is_the_longest if {
	count(denied({"preview": [step(1, 600), step(10, 1200), step(50, 1200), step(100, 600)]})) == 0
	denied({"preview": [step(1, 600), step(10, 1200), step(50, 1200), step(100, 1200)]}) == {"rollout_safe_deployment.api takes up to 70 minutes, and a rollout may take 60"}
}

test_waiting_counts if {
	waits := object.union(step(50, 60), {"longest_seconds": 7200})
	denied({"preview": [step(1, 600), step(10, 600), waits, step(100, 600)]}) == {"rollout_safe_deployment.api takes up to 150 minutes, and a rollout may take 60"}
}

test_one_step_has_no_length if {
	denied({"advance": "one_step"}) == {"rollout_safe_deployment.api cannot be decided: with one_step it takes as long as the applies are apart"}
}
