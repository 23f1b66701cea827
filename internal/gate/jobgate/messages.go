package jobgate

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoKind = rollout.Message{
		ID: "job_gate.no_kind", What: "A job gate does not say what is run", Why: "It needs exactly one of the blocks {kinds}.", Fix: "Add the block of what is to be run.",
	}
	msgTwoKinds = rollout.Message{
		ID: "job_gate.two_kinds", What: "A job gate says twice what is run", Why: "It has more than one of the blocks {kinds}.", Fix: "Keep one, and write another gate for the other.",
	}
	msgTimeout = rollout.Message{
		ID: "job_gate.timeout", What: "The timeout of a job gate is no duration", Why: `"{value}" has to be like 30m.`, Fix: `Write a positive duration, such as "30m".`,
	}
)
