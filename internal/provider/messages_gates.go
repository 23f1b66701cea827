package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// What is said of gates.
var (
	msgNotCountable = rollout.Message{
		ID:   "gate.not_countable",
		What: "Gate {gate} counts what cannot be counted",
		Why:  "count is true, and what its source measures is no number of things, or nobody says how many requests were reported: what is absent could not be told from what never happened.",
		Fix:  "Remove count; or, in a prometheus block, say how many requests the revision reported (samples).",
	}
)

// gateMessages lists them.
func gateMessages() []rollout.Message {
	return []rollout.Message{msgNotCountable}
}
