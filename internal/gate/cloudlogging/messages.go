package cloudlogging

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgEverything = rollout.Message{
		ID:   "cloud_logging.everything",
		What: "A cloud_logging gate counts everything",
		Why:  "It has neither severity nor filter, so every entry of the revision would count, each request included.",
		Fix:  `Give one of them, such as severity = "ERROR".`,
	}
	msgUnknownSeverity = rollout.Message{
		ID:   "cloud_logging.unknown_severity",
		What: "The severity of a cloud_logging gate is not known",
		Why:  `"{severity}" is none of {severities}.`,
		Fix:  `Write it like severity = "ERROR", which counts CRITICAL, ALERT and EMERGENCY as well.`,
		At:   "severity",
	}
	msgEmptyFilter = rollout.Message{
		ID:   "cloud_logging.empty_filter",
		What: "The filter of a cloud_logging gate is empty",
		Why:  "It would admit every entry.",
		Fix:  "Write it, or leave it out and give severity.",
		At:   "filter",
	}
	msgLongFilter = rollout.Message{
		ID:   "cloud_logging.long_filter",
		What: "The filter of a cloud_logging gate is too long",
		Why:  "It has {length} characters, and Cloud Logging takes 20,000 together with what the gate adds.",
		Fix:  "Use {most} at most.",
		At:   "filter",
	}
	msgOpenFilter = rollout.Message{
		ID:   "cloud_logging.open_filter",
		What: "The filter of a cloud_logging gate is not whole",
		Why:  "It has {what}. It is joined with the revision and the window, which it could take out of force so.",
		Fix:  "Add the missing one. In Terraform a quote within a text is written as \\\", or the text between <<-EOT and EOT.",
		At:   "filter",
	}
	msgNoDelay = rollout.Message{
		ID:   "cloud_logging.no_delay",
		What: "delay is not a duration",
		Why:  `"{value}" has to be a number with a unit, 0 or more.`,
		Fix:  `Write it like delay = "30s".`,
		At:   "delay",
	}
	msgNotCloudRun = rollout.Message{
		ID:   "cloud_logging.not_cloud_run",
		What: "cloud_logging does not know what to count of {revision}",
		Why:  "It counts what revisions of Cloud Run log, by project, location, service and revision, and the platform does not name all four.",
		Fix:  "Use another kind of gate.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{msgEverything, msgUnknownSeverity, msgEmptyFilter, msgLongFilter, msgOpenFilter, msgNoDelay, msgNotCloudRun}
}
