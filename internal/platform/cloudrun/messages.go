package cloudrun

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var msgLatest = rollout.Message{
	ID:   "cloud_run.revision_latest",
	At:   "revision",
	What: `"latest" is not the name of a revision`,
	Why:  "Cloud Run speaks of a latest revision that is ready and of a latest one that was created, and this says neither.",
	Fix:  `Write "newest" for the one that was created last, or name a revision.`,
}

// messages is the table of what this platform may say.
func messages() []rollout.Message { return []rollout.Message{msgLatest} }
