package cloudmonitoring

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgUnknownMetric = rollout.Message{
		ID:   "cloud_monitoring.unknown_metric",
		What: "The metric of a cloud_monitoring gate is not known",
		Why:  `"{metric}" is none of {metrics}.`,
		Fix:  `Write it like metric = "error_rate".`,
	}
	msgNotCloudRun = rollout.Message{
		ID:   "cloud_monitoring.not_cloud_run",
		What: "cloud_monitoring does not know what to measure of {revision}",
		Why:  "It measures revisions of Cloud Run, by project, location, service and revision, and the platform does not name all four.",
		Fix:  "Use another kind of gate.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{msgUnknownMetric, msgNotCloudRun}
}
