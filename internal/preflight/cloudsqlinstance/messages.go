package cloudsqlinstance

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.Ask(name, "Cloud SQL", "sqladmin.googleapis.com")

var (
	msgNoInstance = rollout.Message{
		ID:   "cloud_sql_instance.no_instance",
		What: "The instance of a cloud_sql_instance is not the name of one",
		Why:  `"{instance}" has to be like my-project:europe-west1:db or projects/my-project/instances/db.`,
		Fix:  "Use google_sql_database_instance.x.connection_name.",
	}
	msgNoVersion = rollout.Message{
		ID:   "cloud_sql_instance.no_version",
		What: "database_version is not a version of Cloud SQL",
		Why:  `"{version}" has to be like POSTGRES_16, or the beginning of one, such as MYSQL_8_0.`,
		Fix:  "Write it as database_version of google_sql_database_instance has it.",
	}
	msgNoLength = rollout.Message{
		ID:   "cloud_sql_instance.no_length",
		What: "no_maintenance_within is not a duration",
		Why:  `"{text}" has to be a number with a unit, 0 or more.`,
		Fix:  `Write it like "30m" or "2h".`,
	}
	msgGone = rollout.Message{
		ID:  "cloud_sql_instance.gone",
		Why: "there is no such instance",
		Fix: "Create it. If it is created in this same apply, refer to its computed name, google_sql_database_instance.x.connection_name, rather than to a name: then it is checked in apply, once it exists.",
	}
	msgAnother = rollout.Message{
		ID:  "cloud_sql_instance.another",
		Why: "the project's instance of that name is {found}",
		Fix: "Correct instance: use google_sql_database_instance.x.connection_name.",
	}
	msgUnreadableAnswer = rollout.Message{
		ID:  "cloud_sql_instance.odd_answer",
		Why: "Cloud SQL answered with something else than an instance of that name",
		Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider.",
	}
	msgStopped = rollout.Message{
		ID:  "cloud_sql_instance.stopped",
		Why: "it is stopped (activation policy NEVER)",
		Fix: "Start it:\n  gcloud sql instances patch {name} --project={project} --activation-policy=ALWAYS",
	}
	msgNotRunning = rollout.Message{
		ID:  "cloud_sql_instance.not_running",
		Why: "its state is {state}, so it cannot be used",
		Fix: "See what is done to it:\n  gcloud sql operations list --instance={name} --project={project}",
	}
	msgOtherVersion = rollout.Message{
		ID:  "cloud_sql_instance.other_version",
		Why: "it is {found}, not {version}",
		Fix: "Upgrade the instance, or correct database_version.",
	}
	msgMaintenance = rollout.Message{
		ID:  "cloud_sql_instance.maintenance",
		Why: "maintenance is due at {at}, and the time until {until} has to be free of it: it takes the instance away for some minutes",
		Fix: "Roll out afterwards, or put it off:\n  gcloud sql reschedule-maintenance {name} --project={project} --reschedule-type=NEXT_AVAILABLE_WINDOW",
	}
	msgOddMaintenance = rollout.Message{
		ID:  "cloud_sql_instance.odd_maintenance",
		Why: "when its maintenance is due cannot be read",
		Fix: "Look at it:\n  gcloud sql instances describe {name} --project={project}",
	}
	msgBusy = rollout.Message{
		ID:  "cloud_sql_instance.busy",
		Why: "{operation} is under way, which may take the instance away",
		Fix: "Wait until it has ended:\n  gcloud sql operations list --instance={name} --project={project}",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgNoInstance, msgNoVersion, msgNoLength, msgGone, msgAnother, msgUnreadableAnswer, msgStopped, msgNotRunning,
		msgOtherVersion, msgMaintenance, msgOddMaintenance, msgBusy,
	}, asked.Messages()...)
}
