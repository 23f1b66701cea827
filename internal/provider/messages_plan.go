package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgOverstays = rollout.Message{
		ID:   "timeouts.overstayed",
		What: "Users stay longer than the apply has time for",
		Why:  "Users stay with who answered them first for {pinned} (stickiness); with what is in flight, who lost its traffic may see requests for {drain} after the last step. The timeout of {timeout} leaves {left} for that: the rollout could never end as promoted.",
		Fix:  "Shorten the stickiness or what is waited for, or raise the timeout above {needed}.",
	}
	msgCredentialsOfPlanEnd = rollout.Message{
		ID:   "credentials.of_plan_end_too_soon",
		What: "The credentials end before this rollout can",
		Why:  "With what its way home may need it takes up to {takes}. The credentials of this plan end in {left} and cannot be renewed. An apply with the same ones refuses before its first write.",
		Fix:  `Log in again before you apply, or use credentials that are renewed (a profile, a role of the machine, AWS_WEB_IDENTITY_TOKEN_FILE) or last longer; or shorten the bakes, or use advance = "one_step".`,
	}
	msgCredentialsEndUnknown = rollout.Message{
		ID:   "credentials.end_unknown",
		What: "Nobody knows whether the credentials last as long as this rollout",
		Why:  "They are those of a session, they cannot be renewed, and they do not tell when they end. With what its way home may need the rollout takes up to {takes}. If they end before, traffic stays wherever it is then, until an apply with others goes on.",
		Fix:  `See that the session lasts longer than that. Where AWS_CREDENTIAL_EXPIRATION says beside it when it ends, an apply refuses in time; credentials that are renewed (a profile, a role of the machine, AWS_WEB_IDENTITY_TOKEN_FILE) do not end.`,
	}
	msgUnmet = rollout.Message{
		ID:   "requirement.unmet",
		What: "Not ready: {about}",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgUnverified = rollout.Message{
		ID:   "requirement.unverified",
		What: "Could not be verified: {about}",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgWorthALook = rollout.Message{
		ID:   "requirement.worth_a_look",
		What: "Worth a look: {about}",
		Why:  "{why}",
		Fix:  "{todo}",
	}
	msgRequirementUnopened = rollout.Message{
		ID:  "requirement.unopened",
		Why: "{why}",
		Fix: "Correct what it names, and plan again.",
	}
	msgRequiresUnasked = rollout.Message{
		ID:  "requirement.unasked",
		Why: "the provider's own configuration is not known yet",
		Fix: "Configure it with values that are known at plan.",
	}
	msgReportUnasked = rollout.Message{
		ID:   "requirement.report_unasked",
		What: "rollout_{kind} cannot ask anybody",
		Why:  "The provider's own configuration is not known yet.",
		Fix:  "Configure it with values that are known at plan.",
	}
	msgDeferred = rollout.Message{
		ID:   "requirement.deferred",
		What: "Some requirements are looked at in apply",
		Why:  "Before anything moves, apply looks at:{requirements}",
	}
	msgNobodyAsked = rollout.Message{
		ID:   "requirement.nobody_asked",
		What: "Requirements are looked at in apply",
		Why:  "The provider's own configuration is not known yet, so nothing can be asked. Apply looks before anything moves.",
	}
	msgBarrierWouldClose = rollout.Message{
		ID:   "barrier.would_close",
		What: "The barrier closes unless this is mended",
		Why:  "Apply looks again, and fails here if it is as it is now: what depends on the barrier is not applied then.",
	}
	msgRevisionOfNoUse = rollout.Message{
		ID:  "revision.no_use",
		Why: "{why}",
		Fix: "Name a revision that exists and is ready. Where this apply is to make it, use the name that its resource computes, so that it is known only then.",
	}
	msgNoHome = rollout.Message{
		ID:  "home.no_use",
		Why: "{why}",
		Fix: "Name a revision to which traffic can go back, or remove home: where one revision has all traffic, that one is home.",
	}
	msgGateUnopened = rollout.Message{
		ID:   "gate.unopened",
		What: `Gate "{gate}" cannot be opened`,
		Why:  "{why}",
		Fix:  "Apply fails here before anything moves, unless this is mended.",
	}
	msgTooLate = rollout.Message{
		ID:   "gate.too_late",
		What: `Gate "{gate}" has too little time`,
		Why:  "It looks at {window} at a time, and its data arrive {delay} late, so it says nothing before {needs} have passed: {short}. The rollout would end unverified, however good the candidate is.",
		Fix:  `Use {needs} or more for bake and watch, or let the gate wait longer with wait_for = "{needs}".`,
	}
	msgUnmeasured = rollout.Message{
		ID:   "gate.unmeasured",
		What: `Gate "{gate}" could not be measured`,
		Why:  "{why}",
		Fix:  "Apply measures it again before the first write, and goes on: what keeps it may be over by then. No candidate passes it before.",
	}
	msgUnmeasurable = rollout.Message{
		ID:   "gate.unmeasurable",
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
	msgBaselineFails = rollout.Message{
		ID:   "gate.baseline_fails",
		What: `{revision}, which serves now, fails gate "{gate}"`,
		Why:  "{why}",
		Fix:  "A gate that fails what serves today will fail the candidate whatever it is like. Look at it before you apply.",
	}
	msgBaselineFailsDryRun = rollout.Message{
		ID:   "gate.baseline_fails_dry_run",
		What: `{revision}, which serves now, fails gate "{gate}"`,
		Why:  "{why}",
		Fix:  "It is a dry run, and decides nothing.",
	}
	msgBlockedWasPromoted = rollout.Message{
		ID:   "foreign.blocked_was_promoted",
		What: "Somebody gave all traffic to what is blocked",
		Why:  "{revision} was blocked after an earlier rollout, and has all traffic now, by hand. It is what is configured.",
		Fix:  "The block is lifted. It is watched as after a promotion; what fails then is told, and traffic stays unless home is named.",
	}
	msgWillBeRefused = rollout.Message{
		ID:   "foreign.will_be_refused",
		What: "{what}",
		Why:  "{why}",
		Fix:  "Apply will refuse it, before any write; other resources go on. {todo}",
	}
	msgMovedAndBlocked = rollout.Message{
		ID:   "foreign.moved_and_blocked",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  "What is configured is blocked, so traffic stays there. The rollout of another revision begins with it.",
	}
	msgGoesOnWithoutHome = rollout.Message{
		ID:   "foreign.goes_on_without_home",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  "The rollout goes on from there: nobody serves, so it is a first deployment.",
	}
	msgGoesOnFromThere = rollout.Message{
		ID:   "foreign.goes_on",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  "The rollout goes on from there: {home} is home.",
	}
	msgGoesOnFromSplit = rollout.Message{
		ID:   "foreign.goes_on_from_split",
		What: "Everything goes to {home} first",
		Why:  "{seen}",
		Fix:  "The rollout begins with what {others} has: it goes to {home}, which is home, at once. Then come the steps.",
	}
	msgWillBeAdopted = rollout.Message{
		ID:   "foreign.will_be_adopted",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  "It is adopted as it is, and nothing is rolled out. {adoption}",
	}
	msgWillBeRestored = rollout.Message{
		ID:   "foreign.will_be_restored",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  "What is configured is restored: it climbs the steps.",
	}
	msgDividedAndRefused = rollout.Message{
		ID:   "foreign.divided_and_refused",
		What: "Traffic is divided, and not by this resource",
		Why:  "{seen}",
		Fix:  `Find out who divided it and why. Then give one revision all traffic, or name the side that is good with home = "{most}" and set on_foreign_change = "adopt" to go on from this split.`,
	}
	msgDivided = rollout.Message{
		ID:   "foreign.divided",
		What: "Traffic is divided, and not by this resource",
		Why:  "{seen}",
		Fix:  `Find out who divided it and why. Then give one revision all traffic, or name the side that is good with home = "{most}".`,
	}
	msgRestoreUnknownHome = rollout.Message{
		ID:   "foreign.restore_unknown_home",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  `To climb the steps again it has to be known which side is home: give one revision all traffic, or name the side that is good with home = "{most}".`,
	}
	msgForeignUnknownHome = rollout.Message{
		ID:   "foreign.unknown_home",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  `Whoever moved it knew something: find out first. Then give one revision all traffic, or name the side that is good with home = "{most}" and set on_foreign_change = "restore" to climb the steps again; or set it to "adopt" to leave traffic as it is.`,
	}
	msgForeignAndOther = rollout.Message{
		ID:   "foreign.and_other_content",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  `Whoever moved it knew something: find out first. Then give one revision all traffic; or set on_foreign_change = "adopt" to go on from this split, with {home} as home: it gets everything first.`,
	}
	msgForeign = rollout.Message{
		ID:   "foreign.moved",
		What: "Traffic was moved by somebody else",
		Why:  "{seen}",
		Fix:  `Whoever moved it knew something: find out first. Then configure other content; or set on_foreign_change = "restore" to climb the steps again, or "adopt" to leave traffic as it is.`,
	}
	msgNothingToRetry = rollout.Message{
		ID:   "retry.nothing",
		What: "retry names nothing that is blocked",
		Why:  `Nothing is blocked. It is "{retry}", and does nothing.`,
	}
	msgNotToRetry = rollout.Message{
		ID:   "retry.something_else",
		What: "retry names nothing that is blocked",
		Why:  `What is blocked is tried again with {words}. It is "{retry}", and does nothing.`,
	}
	msgBlocked = rollout.Message{
		ID:   "blocked.planned",
		What: "{revision} is blocked",
		Why:  "{why} Apply will fail at it before any write; other resources go on.",
		Fix:  `Apply another revision, or set retry = "{retry}" to try it again.`,
	}
	msgBlockedWithShare = rollout.Message{
		ID:   "blocked.planned_with_share",
		What: "{revision} is blocked",
		Why:  "{why} Apply will take its share home, and fail; other resources go on.",
		Fix:  `Apply another revision, or set retry = "{retry}" to try it again.`,
	}
	msgWaits = rollout.Message{
		ID:   "plan.waits",
		What: "A rollout waits, and nobody watches",
		Why:  "Live is {live}, as hold_at wants it. Gates are judged again when an apply goes on: remove hold_at to do so.",
	}
	msgDoesNotServe = rollout.Message{
		ID:   "plan.does_not_serve",
		What: "What is configured does not serve",
		Why:  "Traffic was moved by hand, and that was adopted. {adoption}",
	}
	msgNothingWillMove = rollout.Message{
		ID:   "plan.nothing_will_move",
		What: "Nothing will move",
		Why:  "{revision} is what is wanted, and has all traffic already.",
	}
	msgWatchRepeated = rollout.Message{
		ID:   "plan.watch_repeated",
		What: "An unfinished watch is repeated",
		Why:  "{revision} has all traffic, and the apply that promoted it did not end: its watch is taken from the beginning. The way home is {home}.{unless}",
	}
	msgUndone = rollout.Message{
		ID:   "plan.undone",
		What: "An unfinished rollout is undone",
		Why:  "Live is {live}, and {revision} is marked as the way home. It is what is wanted again: everything goes back to it at once, without the steps.{unless}",
	}
	msgUndoneFirst = rollout.Message{
		ID:   "plan.undone_first",
		What: "An unfinished rollout is undone first",
		Why:  "Live is {live}: {how}. {revision} goes back to {home}, the rollback target, before anything else.",
	}
	msgWatchLeft = rollout.Message{
		ID:   "plan.watch_left",
		What: "An unfinished watch is left behind",
		Why:  "{revision} has all traffic, and the apply that promoted it did not end. It becomes the rollback target of this rollout.",
	}
	msgReturns = rollout.Message{
		ID:   "plan.returns",
		What: "A return does not climb",
		Why:  `{revision} was promoted before: after its probes passed, everything returns to it at once. on_return = "steps" makes it climb.`,
	}
	msgGoesOn = rollout.Message{
		ID:   "plan.goes_on",
		What: "The rollout goes on from {weight}",
		Why:  "Live is {live}: {how}. That step is judged and baked in full before it rises.",
	}
	msgGoesOnSince = rollout.Message{
		ID:   "plan.goes_on_since",
		What: "The rollout goes on from {weight}",
		Why:  "Live is {live}: {how}. The time since {since} counts: gates look at all of it, what is left of the bake is waited for, and then it rises by one step.",
	}
	msgUnattended = rollout.Message{
		ID:   "plan.unattended",
		What: "The rollout goes on from {weight}",
		Why:  "Live is {live}: {how}. Nobody has watched for {alone}, longer than max_unattended ({most}): everything goes home.",
	}
	msgBehindChanged = rollout.Message{
		ID:   "plan.behind_changed",
		What: "What is behind {revision} has changed, and it serves users",
		Why:  "It has {weight} of the traffic. {had} was there when its rollout ended, and {by} has {now} there now: users got that without a step, and no gate has judged it.",
		Fix:  "Bring back what was there, or roll out what is wanted into another place. This is said until the next rollout has ended.",
	}
	msgBehindUnseen = rollout.Message{
		ID:   "plan.behind_unseen",
		What: "What is behind who serves could not be seen",
		Why:  "Whether it is about to change is not known. {why}",
		Fix:  "Allow the actions that the guide on permissions lists, to be told.",
	}
	msgTargetUnknown = rollout.Message{
		ID:   "plan.target_unknown",
		What: "The target is not known before apply",
		Why:  "It may be another one, so this is planned as a replacement. Traffic stays where it is until the rollout; what is remembered of earlier rollouts (what is blocked, what was promoted before) is forgotten.",
		Fix:  "If the target is not about to be replaced, give its name in a way that is known at plan.",
	}
	msgTargetGone = rollout.Message{
		ID:   "plan.target_gone",
		What: "The target is gone",
		Why:  "It was there at the last apply, and does not exist any more. An apply fails before it writes anything, until the target is there again; a destroy goes on.",
	}
	msgDestroyed = rollout.Message{
		ID:   "plan.destroyed",
		What: "Traffic stays as it is",
		Why:  "Destroying this resource makes no call: what serves now goes on serving, and nobody watches over it any more.",
	}
	msgSplitDestroyed = rollout.Message{
		ID:   "plan.split_destroyed",
		What: "Traffic stays as it is",
		Why:  "Destroying this resource makes no call: what serves now goes on serving.",
	}
	msgLiveDenied = rollout.Message{
		ID:   "live.denied",
		What: "What is live could not be seen",
		Why:  "{why}.",
		Fix:  "The plan is made from state, as the last apply left it. Grant the permission to see drift.",
	}
	msgUnfound = rollout.Message{
		ID:   "plan.unfound",
		What: "Whether it exists already could not be seen",
		Why:  "{why}",
		Fix:  "The plan is made as if it had to be made first. Grant the permission that the message names, or try again: apply looks before it makes anything, and stops if it cannot.",
	}
	msgLiveUnseen = rollout.Message{
		ID:   "live.unseen",
		What: "What is live could not be seen",
		Why:  "{why}.",
		Fix:  "Nothing was changed. Try again; with -refresh=false the plan is made from state alone.",
	}
	msgStatusUnseen = rollout.Message{
		ID:   "status.unseen",
		What: "What is live could not be seen",
		Why:  "{why}",
		Fix:  "Correct service, or grant the permission that the message names.",
	}
	msgTargetUnasked = rollout.Message{
		ID:   "status.unasked",
		What: "The target cannot be asked",
		Why:  "The provider's own configuration is not known yet.",
		Fix:  "Configure it with values that are known at plan.",
	}
	msgImportGone = rollout.Message{
		ID:   "import.gone",
		What: "The target cannot be imported",
		Why:  "{id} does not exist.",
		Fix:  "Correct the id.",
	}
	msgImportUnread = rollout.Message{
		ID:   "import.unread",
		What: "The target cannot be imported",
		Why:  "{id} could not be read: {why}.",
		Fix:  "Nothing was imported. Remove the cause, and import again.",
	}
	msgNoImportID = rollout.Message{
		ID:   "import.no_id",
		What: "This is not an id that can be imported",
		Why:  `It is "{id}".`,
		Fix:  "An id looks like {forms}.",
	}
	msgRegistryUnasked = rollout.Message{
		ID:   "digest.unasked",
		What: "The registry cannot be asked",
		Why:  "The provider's own configuration is not known yet.",
		Fix:  "Configure it with values that are known at plan.",
	}
	msgImageGone = rollout.Message{
		ID:   "digest.gone",
		What: "The image does not exist",
		Why:  "The registry has no {image}.",
		Fix:  "Push it first, or correct the name.",
	}
	msgImageDenied = rollout.Message{
		ID:   "digest.denied",
		What: "The image's digest could not be read",
		Why:  "{why}",
		Fix:  "Log in to the registry: docker login, or for Google's registries credentials with roles/artifactregistry.reader.",
	}
	msgNoImage = rollout.Message{
		ID:   "digest.no_image",
		What: "This is not the name of an image",
		Why:  `"{image}" cannot be read as one; nobody was asked.`,
		Fix:  "Write host/path:tag or host/path@sha256:DIGEST.",
	}
	msgImageNoCredentials = rollout.Message{
		ID:   "digest.no_credentials",
		What: "The image's digest could not be read",
		Why:  "{why}",
		Fix:  "See that Google's credentials work: gcloud auth application-default login, the credentials of the provider's google block, or the account that CI runs as.",
	}
	msgImageUnreached = rollout.Message{
		ID:   "digest.unreached",
		What: "The image's digest could not be read",
		Why:  "{why}",
		Fix:  "The registry could not be reached: see that its host is spelt right, and that this machine may reach it (DNS, proxy, firewall). Then plan again.",
	}
	msgImageUnread = rollout.Message{
		ID:   "digest.unread",
		What: "The image's digest could not be read",
		Why:  "{why}",
		Fix:  "The registry answered, and not with a digest: try the same with docker pull. If it is busy or broken, plan again later; with the image by digest (host/path@sha256:DIGEST) nobody has to be asked.",
	}
)

// planMessages are what a plan, a refresh or an import says.
func planMessages() []rollout.Message {
	return []rollout.Message{
		msgOverstays, msgCredentialsOfPlanEnd, msgCredentialsEndUnknown,
		msgUnmet, msgUnverified, msgWorthALook, msgRequirementUnopened, msgRequiresUnasked, msgReportUnasked, msgDeferred, msgNobodyAsked,
		msgBarrierWouldClose, msgRevisionOfNoUse, msgNoHome, msgGateUnopened, msgTooLate, msgUnmeasured, msgUnmeasurable,
		msgUnmeasuredDryRun, msgBaselineFails, msgBaselineFailsDryRun,
		msgBlockedWasPromoted, msgWillBeRefused, msgMovedAndBlocked, msgGoesOnWithoutHome, msgGoesOnFromThere, msgGoesOnFromSplit, msgWillBeAdopted,
		msgWillBeRestored, msgDividedAndRefused, msgDivided, msgRestoreUnknownHome, msgForeignUnknownHome,
		msgForeignAndOther, msgForeign, msgNothingToRetry, msgNotToRetry, msgBlocked, msgBlockedWithShare,
		msgWaits, msgDoesNotServe, msgNothingWillMove, msgWatchRepeated, msgUndone,
		msgUndoneFirst, msgBehindChanged, msgBehindUnseen, msgWatchLeft, msgReturns, msgGoesOn, msgGoesOnSince, msgUnattended, msgTargetUnknown, msgTargetGone,
		msgDestroyed, msgSplitDestroyed, msgLiveDenied, msgUnfound, msgLiveUnseen, msgStatusUnseen, msgTargetUnasked, msgImportGone,
		msgImportUnread, msgNoImportID, msgRegistryUnasked, msgImageGone, msgImageDenied,
		msgNoImage, msgImageNoCredentials, msgImageUnreached, msgImageUnread,
	}
}
