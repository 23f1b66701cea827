package cloudmonitoring

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgUnknownMetric = rollout.Message{
		ID:   "cloud_monitoring.unknown_metric",
		What: "The metric of a cloud_monitoring gate is not known",
		Why:  `"{metric}" is none of {metrics}.`,
		Fix:  `Write it like metric = "error_rate".`,
		At:   "metric",
	}
	msgNotCloudRun = rollout.Message{
		ID:   "cloud_monitoring.not_cloud_run",
		What: "cloud_monitoring does not know what to measure of {revision}",
		Why:  "It measures revisions of Cloud Run, by project, location, service and revision, and the platform does not name all four.",
		Fix:  "Use another kind of gate.",
	}
	msgNothingAsked = rollout.Message{
		ID:   "cloud_monitoring.nothing_asked",
		What: "A cloud_monitoring gate asks for nothing",
		Why:  "It has neither metric nor query.",
		Fix:  `Give one of them: metric = "error_rate", or a query in PromQL.`,
	}
	msgTwoQuestions = rollout.Message{
		ID:   "cloud_monitoring.two_questions",
		What: "A cloud_monitoring gate has both metric and query",
		Why:  "A gate measures one thing.",
		Fix:  "Drop one of them, and give the other a gate of its own.",
		At:   "query",
	}
	msgWithoutQuery = rollout.Message{
		ID:   "cloud_monitoring.without_query",
		What: "{attribute} is given without a query",
		Why:  "The metrics that cloud_monitoring knows by name count their own samples, and Cloud Monitoring says how late they are.",
		Fix:  "Drop {attribute}.",
	}
	msgNoDelay = rollout.Message{
		ID:   "cloud_monitoring.no_delay",
		What: "delay is not a duration",
		Why:  `"{value}" has to be a number with a unit, 0 or more.`,
		Fix:  `Write it like delay = "5m".`,
		At:   "delay",
	}
)

// messages leaves out what is said of queries: package promql has those.
func messages() []rollout.Message {
	return []rollout.Message{msgUnknownMetric, msgNotCloudRun, msgNothingAsked, msgTwoQuestions, msgWithoutQuery, msgNoDelay}
}
