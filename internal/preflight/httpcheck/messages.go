package httpcheck

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoDuration = rollout.Message{
		ID:   "requires.http.no_duration",
		What: "timeout is not a duration",
		Why:  `"{value}" has to be a number with a unit, above 0.`,
		Fix:  `Write it like "500ms", "5s" or "1m30s".`,
		At:   "timeout",
	}
	msgNoAddress = rollout.Message{
		ID:   "requires.http.no_address",
		What: "The url of an http requirement is not an address",
		Why:  "It has to be https://host[:port][/path] or http://….",
		Fix:  `Write it like "https://api.example.com/healthz".`,
	}
	msgCredentialInAddress = rollout.Message{
		ID:   "requires.http.credential_in_address",
		What: "The url of an http requirement holds a credential",
		Why:  "Whatever stands in configuration stands in plan files and state as well, and no credential is sent.",
		Fix:  "Leave it out, and name the status that is answered without one: status = [401].",
	}
	msgNoStatus = rollout.Message{
		ID:   "requires.http.no_status",
		What: "A status is no status of an answer",
		Why:  "{status} is not between 200 and 599.",
		Fix:  "Write it like status = [200, 401].",
		At:   "status",
	}
	msgEmptyStatus = rollout.Message{
		ID:   "requires.http.empty_status",
		What: "No status would be good",
		Why:  "status is an empty list.",
		Fix:  "Leave it out for any from 200 to 299, or name those that are good.",
		At:   "status",
	}
	msgInterrupted = rollout.Message{
		ID:  "requires.http.interrupted",
		Why: "looking at it was interrupted",
		Fix: "Run Terraform again.",
	}
	msgNoAnswer = rollout.Message{
		ID:  "requires.http.no_answer",
		Why: "it did not answer: {reason}",
		Fix: "See that it runs, and that it can be reached from where Terraform runs.",
	}
	msgAnotherStatus = rollout.Message{
		ID:  "requires.http.another_status",
		Why: "it answered {status}, not {wanted}",
		Fix: "See what is wrong with it, or correct url or status.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNoDuration, msgNoAddress, msgCredentialInAddress, msgNoStatus, msgEmptyStatus, msgInterrupted, msgNoAnswer,
		msgAnotherStatus,
	}
}
