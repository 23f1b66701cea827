package gcpserviceaccount

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.Ask(name, "IAM", "iam.googleapis.com")

var (
	msgNoEmail = rollout.Message{
		ID:   "gcp_service_account.no_email",
		What: "The email of a gcp_service_account is not an email",
		Why:  `"{email}" has to be like api@my-project.iam.gserviceaccount.com.`,
		Fix:  "Use google_service_account.x.email.",
	}
	msgEmailIsAMember = rollout.Message{
		ID:   "gcp_service_account.email_is_a_member",
		What: "The email of a gcp_service_account is not an email",
		Why:  `"{email}" has to be like api@my-project.iam.gserviceaccount.com.`,
		Fix:  "Leave out serviceAccount:, or use google_service_account.x.email.",
	}
	msgEmailIsAnID = rollout.Message{
		ID:   "gcp_service_account.email_is_an_id",
		What: "The email of a gcp_service_account is not an email",
		Why:  `"{email}" has to be like api@my-project.iam.gserviceaccount.com.`,
		Fix:  "Use google_service_account.x.email rather than its id or name.",
	}
	msgAnotherAccount = rollout.Message{
		ID:  "gcp_service_account.another_account",
		Why: "IAM answered with another account",
		Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider.",
	}
	msgDisabled = rollout.Message{
		ID:  "gcp_service_account.disabled",
		Why: "it is disabled, so nothing can run as it",
		Fix: "Enable it:\n  gcloud iam service-accounts enable {email}",
	}
	msgGone = rollout.Message{
		ID:  "gcp_service_account.gone",
		Why: "there is no such service account",
		Fix: "Create it. If it is created in this same apply, refer to its computed email, google_service_account.x.email, rather than to a name: then it is checked in apply, once it exists.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{msgNoEmail, msgEmailIsAMember, msgEmailIsAnID, msgAnotherAccount, msgDisabled, msgGone}, asked.Messages()...)
}
