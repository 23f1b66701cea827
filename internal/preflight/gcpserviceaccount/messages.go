package gcpserviceaccount

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

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
	msgInterrupted = rollout.Message{
		ID:  "gcp_service_account.interrupted",
		Why: "looking at it was interrupted",
		Fix: "Run Terraform again.",
	}
	msgNoAnswer = rollout.Message{
		ID:  "gcp_service_account.no_answer",
		Why: "IAM gave no answer in time",
		Fix: "Run Terraform again.",
	}
	msgUnreadable = rollout.Message{
		ID:  "gcp_service_account.unreadable",
		Why: "IAM gave no answer that could be read",
		Fix: "See that this machine reaches it (DNS, proxy, firewall), and run Terraform again.",
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
	msgDenied = rollout.Message{
		ID:  "gcp_service_account.denied",
		Why: "{permission} is denied on it, or it does not exist",
		Fix: "Grant it to the account that Terraform runs as: roles/iam.serviceAccountViewer has it.",
	}
	msgUnauthenticated = rollout.Message{
		ID:  "gcp_service_account.unauthenticated",
		Why: "IAM does not accept the credentials",
		Fix: "Log in again (gcloud auth application-default login), or correct the credentials in the provider's google block.",
	}
	msgUnasked = rollout.Message{
		ID:  "gcp_service_account.unasked",
		Why: "IAM could not be asked: it answered {code}",
		Fix: "Run Terraform again.",
	}
	msgNoClient = rollout.Message{
		ID:  "gcp_service_account.no_client",
		Why: "IAM could not be asked",
		Fix: "Correct the provider's google block.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNoEmail, msgEmailIsAMember, msgEmailIsAnID, msgInterrupted, msgNoAnswer, msgUnreadable, msgAnotherAccount,
		msgDisabled, msgGone, msgDenied, msgUnauthenticated, msgUnasked, msgNoClient,
	}
}
