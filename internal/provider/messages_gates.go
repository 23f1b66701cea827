package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// What is said of gates in a plan, and at validate.
var (
	msgNotCountable = rollout.Message{
		ID:   "gate.not_countable",
		What: `Gate "{gate}" counts what cannot be counted`,
		Why:  "count is true, and what its source measures is no number of things, or nobody says how many requests were reported: what is absent could not be told from what never happened.",
		Fix:  "Remove count; or, beside a query in PromQL, say how many requests the revision reported (samples).",
	}
	msgMoreThanCounted = rollout.Message{
		ID:   "gate.more_than_counted",
		What: `Gate "{gate}" can never have enough samples`,
		Why:  "min_samples is {samples}, and this source counts {most} at most.",
		Fix:  "Use {most} or less.",
	}
	msgGatesUntried = rollout.Message{
		ID:   "gate.untried",
		What: "Gates could not be tried",
		Why:  "{why} Whether their queries work and see enough is not known.",
		Fix:  "Nothing has to be done: apply tries them on what serves then, before its first write. In a first deployment, where nobody does, gates that measure users' traffic are not judged.",
	}
	msgGateInvalid = rollout.Message{
		ID:   "gate.invalid",
		What: `Gate "{gate}" cannot work`,
		Why:  "{why} So it was told when it was asked about what serves now, and an apply would fail at it before its first write.",
		Fix:  "Correct what the gate asks.",
	}
	msgOfEverybody = rollout.Message{
		ID:   "gate.of_everybody",
		What: `Gate "{gate}" does not name the revision`,
		Why:  "None of {names} stands in what it asks, so that it is answered alike whichever revision serves. Of what it sees at a small step, little is of the candidate's doing: it may pass a bad one.",
		Fix:  "Put {name} into it. Where it is to watch what all users get, leave it, and have a gate beside it that names the revision.",
	}
	msgNoData = rollout.Message{
		ID:   "gate.no_data",
		What: `Gate "{gate}" has no data on what serves now`,
		Why:  "{why} Where that is so of the candidate, the rollout waits for data until the bake is over, or wait_for, and then goes home unverified.",
		Fix:  "Look whether it measures what it should. If users are few at this hour, apply when they come.",
	}
	msgNoDataFails = rollout.Message{
		ID:   "gate.no_data_fails",
		What: `Gate "{gate}" has no data on what serves now`,
		Why:  "{why} With on_no_data = \"fail\" that is a breach, whatever the candidate is like.",
		Fix:  "Look whether it measures what it should. Use on_no_data = \"wait\" unless users always come.",
	}
	msgFewSamples = rollout.Message{
		ID:   "gate.few_samples",
		What: `Gate "{gate}" will see {first}`,
		Why:  "{revision} had {samples} samples {window}, with {live} of the traffic. In a window of {length} that makes {short}; the gate needs {least}. Where users do not come more often than now, the rollout waits for more until the bake is over, or wait_for, and then ends unverified.",
		Fix:  "{ways}.",
	}
	msgFewSamplesFail = rollout.Message{
		ID:   "gate.few_samples_fail",
		What: `Gate "{gate}" will see {first}`,
		Why:  "{revision} had {samples} samples {window}, with {live} of the traffic. In a window of {length} that makes {short}; the gate needs {least}. With on_no_data = \"fail\" less is a breach, whatever the candidate is like.",
		Fix:  "{ways}.",
	}
)

var msgNoPatience = rollout.Message{
	ID:   "gate.no_patience",
	What: `Gate "{gate}" would fail before its job has ended`,
	Why:  "With on_no_data = \"fail\" the time in which the job runs counts as a breach.",
	Fix:  "Leave on_no_data out, and give the job a timeout.",
}

// gateMessages are about gates that count, and what a plan finds out about gates.
func gateMessages() []rollout.Message {
	return []rollout.Message{
		msgNotCountable, msgMoreThanCounted, msgNoPatience, msgGatesUntried, msgGateInvalid, msgOfEverybody, msgNoData, msgNoDataFails, msgFewSamples, msgFewSamplesFail,
	}
}
