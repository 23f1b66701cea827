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
	msgEnforcedLate = rollout.Message{
		ID:   "requires.enforced_late",
		What: "{attribute} has to be shorter than within",
		Why:  "{attribute} is {value}, and within is {within}. What is done after {attribute} takes time too, and an apply waits no longer than within.",
		Fix:  `Write a within that is longer by as much as it takes, such as {attribute} = "10m" and within = "15m".`,
	}
	msgEnforcedInApply = rollout.Message{
		ID:  "requires.enforced_in_apply",
		Why: "{why}",
		Fix: "An apply waits for it, at most {within}, and {does}.",
	}
	msgEnforced = rollout.Message{
		ID:   "requires.enforced",
		What: "What a requirement asks for was enforced",
		Why:  "{what}.",
		Fix:  "There is nothing to do. To have it only waited for, leave {attribute} out.",
	}
	msgWithinOver = rollout.Message{
		ID:  "requires.within_over",
		Why: "{why}; it was looked at for {waited}, and within allows {within}",
		Fix: "{fix}",
	}
	msgNotYetBelieved = rollout.Message{
		ID:  "requires.not_yet_believed",
		Why: "it was not met before, and is met {times} of the {needed} times in a row that are waited for: {why}",
		Fix: "Run Terraform again.",
	}
	msgNotAskedAtPlan = rollout.Message{
		ID:  "requires.not_asked_at_plan",
		Why: `at_plan is "skip"`,
	}
	// What comes of a requirement that is not met says the place where that is found.

	// todoSeeThePlan ends every error of a plan: a person may need the plan all the
	// same, and Terraform makes one before it destroys.
	todoSeeThePlan = rollout.Message{
		ID:  "todo.see_the_plan",
		Fix: `Nothing was changed. To see the plan all the same, or to destroy, set ROLLOUT_PREFLIGHT=warn (or preflight = "warn" in the provider): apply checks again, and stops before anything moves.`,
	}
	// todoDestroyUnread ends every error of a data source that cannot answer: Terraform
	// reads it before it destroys.
	todoDestroyUnread = rollout.Message{ID: "todo.destroy_unread", Fix: "Nothing was changed. To destroy all the same, add -refresh=false: then this is not read."}

	todoWarnInstead = rollout.Message{ID: "todo.warn_instead", Fix: "Nothing was changed. With ROLLOUT_PREFLIGHT=warn this is a warning."}
	todoVerify      = rollout.Message{ID: "todo.verify", Fix: "It is looked at again in apply, and stops it before anything moves if it still cannot be verified."}
	todoMeet        = rollout.Message{ID: "todo.meet", Fix: "It is looked at again in apply, and stops it before anything moves if it is still as it is now."}

	msgBarrierClosed = rollout.Message{ID: "now.barrier_closed", Why: "The barrier is closed: what depends on it was not applied."}
)

func termMessages() []rollout.Message {
	return []rollout.Message{msgNoTime, msgPlanLeavesNoTime, msgEnforcedLate, msgEnforcedInApply, msgEnforced, msgWithinOver, msgNotYetBelieved, msgNotAskedAtPlan, todoSeeThePlan, todoDestroyUnread, todoWarnInstead, todoVerify, todoMeet, msgBarrierClosed}
}
