package releaseorder

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoRole = rollout.Message{
		ID:   "release_order.no_role",
		What: "role is none of its words",
		Why:  `"{role}" has to be one of {words}.`,
		Fix:  "Write the role of the deployment that goes first, or leave it out.",
	}
	msgNothing = rollout.Message{
		ID:   "release_order.nothing",
		What: "A release_order names nobody",
		Why:  "{attribute} is empty, so nothing could be compared.",
		Fix:  "Refer to the deployment that goes first:\n  revision = rollout_safe_deployment.worker.revision\n  promoted = rollout_safe_deployment.worker.promoted",
	}
	msgUnmade = rollout.Message{
		ID:  "release_order.unmade",
		Why: "its revision is null: nothing was rolled out there, or revision is not written here",
		Fix: "Give both revision and promoted, as references to the deployment that goes first, and apply that one.",
	}
	msgNobody = rollout.Message{
		ID:  "release_order.nobody",
		Why: "nobody is promoted there yet, and {revision} is to be; or promoted is not written here",
		Fix: "Finish that rollout first: without hold_at it goes on, and one that went home needs another revision, or retry. Then apply this again.",
	}
	msgOther = rollout.Message{
		ID:  "release_order.other",
		Why: "{promoted} is promoted there, and {revision} is to be",
		Fix: "Finish that rollout first: without hold_at it goes on, and one that went home needs another revision, or retry. Then apply this again.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{msgNoRole, msgNothing, msgUnmade, msgNobody, msgOther}
}
