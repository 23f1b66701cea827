package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNotConfigured = rollout.Message{
		ID:   "provider.not_configured",
		What: "The provider is not configured",
		Why:  "Terraform did not configure it.",
		Fix:  "Run Terraform again. If it stays so, report it as a fault of the provider.",
	}
	msgTargetUnopened = rollout.Message{
		ID:   "target.unopened",
		What: "The target cannot be opened",
		Why:  "{why}",
		Fix:  "Nothing was written. Correct what it names, and apply again.",
	}
	msgGateUnopenedInApply = rollout.Message{
		ID:   "gate.unopened_in_apply",
		What: "A gate cannot be opened",
		Why:  "{why}",
		Fix:  "Nothing was written. Mend what it names, and apply again.",
	}
	msgNotRolledOut = rollout.Message{
		ID:   "rollout.nothing",
		What: "Nothing was rolled out",
		Why:  "{why}",
		Fix:  "Nothing was written. Remove the cause, and apply again.",
	}
	msgCredentialsEnd = rollout.Message{
		ID:   "credentials.end_too_soon",
		What: "The credentials end before this rollout can",
		Why:  "With what its way home may need it takes up to {takes}. The credentials end in {left} and cannot be renewed: traffic would stay wherever it is then, and nobody could take it home.",
		Fix:  `Log in again and apply again, or use credentials that are renewed (a profile, a role of the machine, AWS_WEB_IDENTITY_TOKEN_FILE) or last longer; or shorten the bakes, or use advance = "one_step".`,
	}
	msgAdopted = rollout.Message{
		ID:   "rollout.adopted",
		What: "What is live was adopted",
		Why:  "{adoption}",
	}
	msgHeld = rollout.Message{
		ID:   "rollout.held",
		What: "{revision} waits at {weight}, and nobody watches",
		Why:  "Live is {live}. Gates are judged again when an apply goes on: remove hold_at to do so.",
		Fix:  "Way home:\n  {way_home}",
	}
	msgOneStep = rollout.Message{
		ID:   "rollout.one_step",
		What: "{revision} has {weight} until the next apply",
		Why:  "Live is {live}. The next apply judges the time since, and raises one step; after {next} it need not wait. Past {most} (max_unattended) it goes home.",
		Fix:  "Way home:\n  {way_home}",
	}
	msgOutdated = rollout.Message{
		ID:   "rollout.outdated",
		What: "Traffic changed between plan and apply",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgStaysBlocked = rollout.Message{
		ID:   "rollout.blocked",
		What: "{what} is blocked",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgRolledBack = rollout.Message{
		ID:   "rollout.rolled_back",
		What: "Rollout of {revision} was rolled back at {weight}",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgNothingMoved = rollout.Message{
		ID:   "rollout.nothing_moved",
		What: "Rollout of {revision} failed before any traffic moved",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgStayed = rollout.Message{
		ID:   "rollout.stayed",
		What: "Rollout of {revision} stopped at {weight}, and traffic stays",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgPromotedUnverified = rollout.Message{
		ID:   "rollout.promoted_unverified",
		What: "{revision} has all traffic, unverified",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgTakenBack = rollout.Message{
		ID:   "rollout.taken_back",
		What: "Rollout of {revision} was taken back at {weight}, unverified",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgHalted = rollout.Message{
		ID:   "rollout.halted",
		What: "Rollout of {revision} was halted",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgEnded = rollout.Message{
		ID:   "rollout.ended",
		What: "Rollout of {revision} ended as {outcome}",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgNowUnknown = rollout.Message{
		ID:  "now.unknown",
		Why: "nothing is known of what is live",
	}
	msgNowUnwritten = rollout.Message{
		ID:  "now.unwritten",
		Why: "nothing was written; live is {live}",
	}
	msgNothingWritten = rollout.Message{ID: "now.nothing_written", Why: "Nothing was written."}
	msgNowBack        = rollout.Message{
		ID:  "now.back",
		Why: "traffic is back on {live}",
	}
	msgNowLive = rollout.Message{
		ID:  "now.live",
		Why: "live is {live}",
	}
	todoPlanAgain = rollout.Message{
		ID:  "todo.plan_again",
		Fix: "Plan again (with a refresh), look at the difference, and apply that.",
	}
	todoOtherContent = rollout.Message{
		ID:  "todo.other_content",
		Fix: "Apply another revision.",
	}
	todoOtherContentOrRetry = rollout.Message{
		ID:  "todo.other_content_or_retry",
		Fix: `Apply another revision, or set retry = "{retry}".`,
	}
	todoRemoveCause = rollout.Message{
		ID:  "todo.remove_cause",
		Fix: "Remove the cause, and apply again.",
	}
	todoFirstApply = rollout.Message{
		ID:  "todo.first_apply",
		Fix: "This was the first apply, and a failed one leaves no state: the next apply tries the same content again. Apply another revision, or remove the cause.",
	}
	todoBlocked = rollout.Message{
		ID:  "todo.blocked",
		Fix: `{revision} is blocked. Apply another revision, or set retry = "{retry}" to try it again.`,
	}
	todoInterrupted = rollout.Message{
		ID:  "todo.interrupted",
		Fix: "Nothing is blocked: the next apply begins again, or goes on from what is live.",
	}
	todoNeverMeasured = rollout.Message{
		ID:  "todo.never_measured",
		Fix: `It is not blocked. Gate "{gate}" was never measured, and more time would not change that: see that its query, its address and the permission to ask are right; what its source said stands above. Then apply again.`,
	}
	todoBetween = rollout.Message{
		ID:  "todo.between",
		Fix: `It is not blocked. What gate "{gate}" measured was not good enough to pass, and not bad enough to fail: apply another revision, or change the limit that passes (pass_below, pass_above), or let it wait longer (wait_for), and apply again.`,
	}
	todoUnasked = rollout.Message{
		ID:  "todo.unasked",
		Fix: `It is not blocked: the candidate itself was never asked by gate "{gate}". Correct what stood in the way, such as the login that it begins with, and apply again.`,
	}
	todoNoData = rollout.Message{
		ID:  "todo.no_data",
		Fix: "It is not blocked. See that the gate has data: a longer bake, a longer wait_for, fewer min_samples. Then apply again.",
	}
	todoOutOfTime = rollout.Message{
		ID:  "todo.out_of_time",
		Fix: "It is not blocked. Raise the timeout, or remove what kept it waiting, and apply again.",
	}
	todoAborted = rollout.Message{
		ID:  "todo.aborted",
		Fix: "Nothing is blocked: find out what it was about.",
	}
	todoTakeBack = rollout.Message{
		ID:  "todo.take_back",
		Fix: "No rollout begins as long as a person's word stands. To take it back:\n  {command}",
	}
	todoDenied = rollout.Message{
		ID:  "todo.denied",
		Fix: "Grant the permission that the message names, correct the request, or log in again, and apply again.",
	}
	todoUnmet = rollout.Message{
		ID:  "todo.unmet",
		Fix: "Provide what is missing, and apply again; nothing is blocked.\n{requirements}",
	}
	todoProvide = rollout.Message{
		ID:  "todo.provide",
		Fix: "Provide what is missing, and apply again.",
	}
	todoAdopted = rollout.Message{
		ID:  "todo.adopted",
		Fix: "{live} goes on serving, and what is configured is blocked. Configure other content.",
	}
	todoAdoptedOrRetry = rollout.Message{
		ID:  "todo.adopted_or_retry",
		Fix: `{live} goes on serving, and what is configured is blocked. Configure other content; or, to roll out {revision} again, set retry = "{retry}" and on_foreign_change = "restore".`,
	}
	todoTakenOffAtFirst = rollout.Message{
		ID:  "todo.taken_off_at_first",
		Fix: "Traffic is not touched any more. Whoever moved it knew something: find out first. This was the first apply, and a failed one leaves no state: the next apply tries the same content again. Apply other content unless you want that.",
	}
	todoTakenOff = rollout.Message{
		ID:  "todo.taken_off",
		Fix: `Traffic is not touched any more. Whoever moved it knew something: find out first. {revision} is blocked, because somebody took its traffic: set retry = "{retry}", or apply other content.`,
	}
	todoNameHome = rollout.Message{
		ID:  "todo.name_home",
		Fix: `Traffic is not touched any more. Nothing says which side is home, the rollback target: name it with home = "…", or give one revision all traffic by hand, and apply again.`,
	}
	todoHaltedDenied = rollout.Message{
		ID:  "todo.halted_denied",
		Fix: "Traffic is not touched any more. Grant the permission that the message names, or log in again, move traffic by hand if need be, and apply again: the next apply goes on from what is live then.",
	}
	todoHaltedBlocked = rollout.Message{
		ID:  "todo.halted_blocked",
		Fix: `Traffic is not touched any more. Look at what is live, and move traffic by hand if need be. {revision} is blocked: the next apply takes from it what it still has. Apply another revision, or set retry = "{retry}".`,
	}
	todoHalted = rollout.Message{
		ID:  "todo.halted",
		Fix: "Traffic is not touched any more. Look at what is live, move traffic by hand if need be, and apply again: the next apply goes on from what is live then. A candidate that you take traffic off is blocked, unless retry names it.",
	}
	msgWayHomeUnknown = rollout.Message{
		ID:  "way_home.unknown",
		Fix: "Home, the rollback target, is not known. Choose the revision that is good, and give it everything:\n  {command}",
	}
	msgWayHomeIfEver = rollout.Message{
		ID:  "way_home.if_ever",
		Fix: "If you ever have to do it by hand, the way home:\n  {command}",
	}
	msgWayHome = rollout.Message{
		ID:  "way_home.command",
		Fix: "Way home:\n  {command}",
	}
	msgMoveUnopened = rollout.Message{
		ID:   "split.unopened",
		What: "The target cannot be opened",
		Why:  "{why}",
		Fix:  "{now} Remove the cause, and apply again.",
	}
	msgNotMoved = rollout.Message{
		ID:   "split.not_moved",
		What: "Traffic was not moved",
		Why:  "{why}",
		Fix:  "{now} Remove the cause, and apply again.",
	}
	msgSomebodyMoved = rollout.Message{
		ID:   "split.somebody_moved",
		What: "Somebody else moved traffic",
		Why:  "{why}",
		Fix:  "{now} Remove the cause, and apply again.",
	}
	msgMoveInterrupted = rollout.Message{
		ID:   "split.interrupted",
		What: "The apply was interrupted",
		Why:  "{why}",
		Fix:  "{now} Remove the cause, and apply again.",
	}
	msgNotSettled = rollout.Message{
		ID:   "split.not_settled",
		What: "The change did not settle",
		Why:  "{why}",
		Fix:  "{now} Remove the cause, and apply again.",
	}
	msgSplitOutdated = rollout.Message{
		ID:   "split.outdated",
		What: "Traffic changed between plan and apply",
		Why:  "The plan was made for {planned}, and {live} is live. Nothing was written.",
		Fix:  "Plan again (with a refresh), look at the difference, and apply that.",
	}
	msgRolloutUnderWay = rollout.Message{
		ID:   "split.rollout_under_way",
		What: "A rollout is under way",
		Why:  "Live is {live}, and {home} is marked as its home, the rollback target. Nothing was written.",
		Fix:  "Let rollout_safe_deployment finish or undo it first, or take its mark (a traffic tag) away by hand.",
	}
	msgCannotServe = rollout.Message{
		ID:   "split.cannot_serve",
		What: "{revision} cannot be given traffic",
		Why:  "{why} Nothing was written; live is {live}.",
		Fix:  "Name revisions that exist and are ready.",
	}
)

// applyMessages are what an apply says.
func applyMessages() []rollout.Message {
	return []rollout.Message{
		msgNotConfigured, msgTargetUnopened, msgGateUnopenedInApply, msgNotRolledOut, msgCredentialsEnd, msgAdopted, msgHeld, msgOneStep,
		msgOutdated, msgStaysBlocked, msgRolledBack, msgNothingMoved, msgStayed, msgPromotedUnverified, msgTakenBack,
		msgHalted, msgEnded, msgNowUnknown, msgNowUnwritten, msgNothingWritten, msgNowBack, msgNowLive, todoPlanAgain, todoOtherContent,
		todoOtherContentOrRetry, todoRemoveCause, todoFirstApply, todoBlocked, todoInterrupted, todoNeverMeasured, todoBetween,
		todoUnasked, todoNoData, todoOutOfTime, todoAborted, todoTakeBack, todoDenied, todoUnmet, todoProvide, todoAdopted, todoAdoptedOrRetry, todoTakenOffAtFirst,
		todoTakenOff, todoNameHome, todoHaltedDenied, todoHaltedBlocked, todoHalted, msgWayHomeUnknown, msgWayHomeIfEver,
		msgWayHome, msgMoveUnopened, msgNotMoved, msgSomebodyMoved, msgMoveInterrupted, msgNotSettled, msgSplitOutdated,
		msgRolloutUnderWay, msgCannotServe,
	}
}
