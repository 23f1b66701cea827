# What the policies of this folder share. They read a plan as JSON:
#
#   terraform plan -out=plan.bin
#   terraform show -json plan.bin > plan.json
#   opa eval --fail --data examples/policies --input plan.json data.rollout.pass
#
# Ask for pass, which is true or nothing: where no policy was loaded it is
# nothing too, while deny would be as empty as for a good plan.
package rollout

# The version of preview that these policies were written for.
known_version := 1

pass if count(deny) == 0

# Every deployment that there is after the plan, also where it stays as it is.
deployments[change.address] := change.change.after if {
	some change in input.resource_changes
	change.type == "rollout_safe_deployment"
	change.change.after != null
}

# Those whose preview is known, in the version that is known here.
decided[address] := deployment if {
	some address, deployment in deployments
	deployment.preview_version == known_version
	is_array(deployment.preview)
	count(deployment.preview) > 0
}

# What cannot be decided does not pass.
deny contains sprintf("%s cannot be decided: its preview is not known before apply, or not in version %d", [address, known_version]) if {
	some address, _ in deployments
	not decided[address]
}

deny contains "this cannot be decided: it is not the JSON of a plan" if not input.planned_values

deny contains "this cannot be decided: the plan has failed" if input.errored == true
