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
	msgGateUnopened = rollout.Message{
		ID:   "gate.unopened",
		What: `Gate "{gate}" cannot be opened`,
		Why:  "{why}",
		Fix:  "Apply fails here before anything moves, unless this is mended.",
	}
	msgGateInvalid = rollout.Message{
		ID:   "gate.invalid",
		What: `Gate "{gate}" cannot work`,
		Why:  "{why} So it was told when it was asked about what serves now, and an apply would fail at it before its first write.",
		Fix:  "Correct what the gate asks.",
	}
	msgUnmeasured = rollout.Message{
		ID:   "gate.unmeasured",
		What: `Gate "{gate}" could not be measured`,
		Why:  "{why}",
		Fix:  "Apply measures it again before the first write, and goes on: what keeps it may be over by then. No candidate passes it before.",
	}
	msgUnmeasuredLasting = rollout.Message{
		ID:   "gate.unmeasured_lasting",
		What: `Gate "{gate}" could not be measured`,
		Why:  "{why}",
		Fix:  "Apply measures it again before its first write, and fails there if it is as it is now.",
	}
	msgUnmeasuredDryRun = rollout.Message{
		ID:   "gate.unmeasured_dry_run",
		What: `Gate "{gate}" could not be measured`,
		Why:  "{why}",
		Fix:  "It is a dry run, and decides nothing.",
	}
	msgServesFails = rollout.Message{
		ID:   "gate.serves_fails",
		What: `{revision}, which serves now, fails gate "{gate}"`,
		Why:  "{why}",
		Fix:  "A gate that fails what serves today will fail the candidate whatever it is like. Look at it before you apply.",
	}
	msgServesFailsDryRun = rollout.Message{
		ID:   "gate.serves_fails_dry_run",
		What: `{revision}, which serves now, fails gate "{gate}"`,
		Why:  "{why}",
		Fix:  "It is a dry run, and decides nothing.",
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

// gateMessages lists them.
func gateMessages() []rollout.Message {
	return []rollout.Message{
		msgNotCountable, msgMoreThanCounted, msgGatesUntried, msgGateUnopened, msgGateInvalid, msgUnmeasured, msgUnmeasuredLasting, msgUnmeasuredDryRun,
		msgServesFails, msgServesFailsDryRun, msgNoData, msgNoDataFails, msgFewSamples, msgFewSamplesFail,
	}
}
