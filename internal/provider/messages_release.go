package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoRoleBeside = rollout.Message{
		ID:   "role.missing",
		What: "{attribute} has no role beside it",
		Why:  "It says how deployments of one release follow each other, by their roles, and this one has none.",
		Fix:  `Add role, such as role = "api", or leave {attribute} out.`,
	}
	msgWrongWay = rollout.Message{
		ID:   "role.wrong_way",
		What: "A release_order goes the wrong way",
		Why:  `This deployment is {role}, and waits for {first}. With change = "{change}" the order is {order}.`,
		Fix:  "Remove this release_order, and write one with role = \"{role}\" into the deployment that is {first}. Or correct change: what is added is offered first, and what is removed is first used by nobody.",
	}
	msgAddsAndRemoves = rollout.Message{
		ID:   "role.adds_and_removes",
		What: "One release adds and removes",
		Why:  `{one} has change = "{change}", {other} has change = "{others}", and this plan changes both: no order suits both.`,
		Fix:  "Make two releases of it, one after the other: first what adds, then what removes. If the two are not released together, give each its own name in release.",
	}
	msgNoEdge = rollout.Message{
		ID:   "role.no_edge",
		What: "Nothing says that {role} goes before {later}",
		Why:  `This plan changes {first} and {second}. With change = "{change}" the order is {order}; without a release_order nothing holds {later} back where {role} has not got there.`,
		Fix: "Write into the requires of the deployment that is {later}, with the name of the one that is {role}:\n  release_order {\n    role     = \"{role}\"\n    revision = rollout_safe_deployment.{role}.revision\n    promoted = rollout_safe_deployment.{role}.promoted\n  }\n" +
			"If the two are not released together, give each its own name in release.",
	}
)

// releaseMessages are about deployments that follow each other.
func releaseMessages() []rollout.Message {
	return []rollout.Message{msgNoRoleBeside, msgWrongWay, msgAddsAndRemoves, msgNoEdge}
}
