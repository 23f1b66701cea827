package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// What is said of any requirement, whatever its kind.
var (
	msgNoTime = rollout.Message{
		ID:   "requires.no_time",
		What: "within gives no time",
		Why:  "It is 0, and so no {kind} would be waited for.",
		Fix:  `Write how long an apply may wait for it, such as "2m", or leave it out.`,
	}
	msgPlanLeavesNoTime = rollout.Message{
		ID:   "requires.plan_leaves_no_time",
		What: `at_plan = "check" leaves within no time`,
		Why:  "Terraform plans once more in apply, with everything known. What is refused there ends the apply before it could wait {within}.",
		Fix:  "Leave at_plan out: beside within a plan warns. Or leave within out.",
	}
	msgWithinOver = rollout.Message{
		ID:  "requires.within_over",
		Why: "{why}; it was looked at for {waited}, and within allows {within}",
		Fix: "{fix}",
	}
	msgNotYetBelieved = rollout.Message{
		ID:  "requires.not_yet_believed",
		Why: "it was not met before, and is met {times} of the {needed} times in a row that are waited for: {why}",
		Fix: "Run it again.",
	}
	msgNotAskedAtPlan = rollout.Message{
		ID:  "requires.not_asked_at_plan",
		Why: `at_plan is "skip", so it is looked at in apply, before anything moves`,
	}
)

func termMessages() []rollout.Message {
	return []rollout.Message{msgNoTime, msgPlanLeavesNoTime, msgWithinOver, msgNotYetBelieved, msgNotAskedAtPlan}
}
