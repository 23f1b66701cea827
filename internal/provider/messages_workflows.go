package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgTriggersElsewhere = rollout.Message{
		ID:   "triggers.revision",
		What: "triggers has no effect beside revision",
		Why:  "A change of triggers makes a new revision of the same settings, and this revision is made elsewhere.",
		Fix:  "Remove triggers and make a new revision where the others are made; or give image to have it made here.",
	}
	msgNoNewest = rollout.Message{
		ID:   "newest.none",
		What: "There is no newest revision",
		Why:  `revision is "newest", and the target has no revision yet. Nothing was written.`,
		Fix:  "Make one, and apply again.",
	}
	msgNewestChanged = rollout.Message{
		ID:   "newest.changed",
		What: "Another revision is the newest since the plan",
		Why:  "The plan was made for {planned}, and the newest revision is {newest} now. Nothing was written.",
		Fix:  "Plan again (with a refresh), look at the difference, and apply that.",
	}
	msgNewestOld = rollout.Message{
		ID:   "newest.old_state",
		What: "This plan is not for the newest revision",
		Why:  "State knows {planned} as the newest revision, and {newest} is the newest now: apply will refuse this plan.",
		Fix:  "Plan again with a refresh.",
	}
	msgNewestOfApply = rollout.Message{
		ID:   "newest.first",
		What: "Apply takes the newest revision of that moment",
		Why:  "It is {newest} now. A first apply has no state to compare with: one that is made before it begins is rolled out instead.",
		Fix:  "To roll out exactly what is the newest now, name it: {attribute} = \"{newest}\".",
	}
	msgNewestMissing = rollout.Message{
		ID:  "newest.missing",
		Why: "it is the newest revision of the state, and does not exist",
		Fix: "Plan again with a refresh.",
	}
	msgNewestBroken = rollout.Message{
		ID:  "newest.broken",
		Why: "it is the newest revision, and cannot serve{why}",
		Fix: `Find out why, and make another one; or name the revision to roll out in place of "newest".`,
	}
	msgUnserved = rollout.Message{
		ID:   "drift.template",
		What: "Another tool changed {template}: a rollout is planned that the configuration did not ask for",
		Why:  "{unserved}.",
		Fix:  "Apply {does}. To keep it from users, change {template} back.",
	}
	msgUnservedUntold = rollout.Message{
		ID:   "drift.template_untold",
		What: "Another tool changed {template}: a rollout is planned that the configuration did not ask for",
		Why:  "What it changed serves nobody yet.",
		Fix:  "Apply {does}. To keep it from users, change {template} back.",
	}
	msgVersions = rollout.Message{
		ID:   "drift.secret_versions",
		What: "A secret has a new version: a rollout is planned that the configuration did not ask for",
		Why:  "{changes}.",
		Fix:  "Apply {does}. To keep a version, name its number; to have new ones come with the next rollout only, set track_secret_versions = false.",
	}
)

// workflowMessages is the table of what is said about what is to be live.
func workflowMessages() []rollout.Message {
	return []rollout.Message{
		msgTriggersElsewhere, msgNoNewest, msgNewestChanged, msgNewestOld, msgNewestOfApply, msgNewestMissing, msgNewestBroken,
		msgUnserved, msgUnservedUntold, msgVersions,
	}
}
