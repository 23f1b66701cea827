package env

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoNames = rollout.Message{
		ID:   "env.no_names",
		What: "An env requirement names nothing",
		Why:  "names is empty, so it could never fail.",
		Fix:  `Write it like names = ["DATABASE_URL"].`,
	}
	msgNoName = rollout.Message{
		ID:   "env.no_name",
		What: "A name of an env requirement is no name",
		Why:  "Number {number} of names is empty, or has a space or an equals sign in it.",
		Fix:  `Give names alone, such as "DATABASE_URL". Values are never looked at.`,
	}
	msgMissing = rollout.Message{
		ID:  "env.missing",
		Why: "{revision} does not have {names}",
		Fix: "Set it where the revision's settings are configured, or take it out of names if it is not needed any more.",
	}
	msgLost = rollout.Message{
		ID:  "env.lost",
		Why: "{live} has {names}, and {revision} would not",
		Fix: "If that is not meant, set it where the revision's settings are configured.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNoNames, msgNoName, msgMissing, msgLost,
	}
}
