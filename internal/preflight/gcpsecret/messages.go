package gcpsecret

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.Ask(name, "Secret Manager", "secretmanager.googleapis.com")

var (
	msgNoReader = rollout.Message{
		ID:   "gcp_secret.no_reader",
		What: "readable_by is not the email of a service account",
		Why:  `"{reader}" has to be like api@my-project.iam.gserviceaccount.com.`,
		Fix:  "Use google_service_account.x.email.",
	}
	msgReaderIsAMember = rollout.Message{
		ID:   "gcp_secret.reader_is_a_member",
		What: "readable_by is not the email of a service account",
		Why:  `"{reader}" has to be like api@my-project.iam.gserviceaccount.com.`,
		Fix:  "Leave out serviceAccount:, or use google_service_account.x.email.",
	}
	msgSecretWithoutVersion = rollout.Message{
		ID:   "gcp_secret.secret_without_version",
		What: "The version of a gcp_secret is not the id of a version",
		Why:  "{secret} is a secret, and a revision uses a version of it.",
		Fix:  "Use google_secret_manager_secret_version.x.id, or append /versions/latest.",
	}
	msgRegional = rollout.Message{
		ID:   "gcp_secret.regional",
		What: "A regional secret cannot be checked",
		Why:  "{secret} is kept in one location, at an endpoint of its own, which is not asked here.",
		Fix:  "Take the gcp_secret block out.",
	}
	msgNoVersion = rollout.Message{
		ID:   "gcp_secret.no_version",
		What: "The version of a gcp_secret is not the id of a version",
		Why:  "It has to be like projects/P/secrets/S/versions/3. (It is not shown, in case it is the secret itself.)",
		Fix:  "Use google_secret_manager_secret_version.x.id.",
	}
	msgGone = rollout.Message{
		ID:  "gcp_secret.gone",
		Why: "there is no such secret, or it has no such version",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, such as google_secret_manager_secret_version.x.id, rather than to a name: then it is checked in apply, once it exists.",
	}
	msgDisabled = rollout.Message{
		ID:  "gcp_secret.disabled",
		Why: "{version} is DISABLED, so it cannot be read",
		Fix: "Refer to another version, or add one; or enable it:\n  gcloud secrets versions enable {number} --secret={secret} --project={project}",
	}
	msgNotEnabled = rollout.Message{
		ID:  "gcp_secret.not_enabled",
		Why: "{version} is {state}, so it cannot be read",
		Fix: "Refer to another version, or add one.",
	}
	msgPolicyUnread = rollout.Message{
		ID:  "gcp_secret.policy_unread",
		Why: "whether {reader} may read it is unknown: {why}",
		Fix: "{fix}",
	}
	msgNoGrant = rollout.Message{
		ID:  "gcp_secret.no_grant",
		Why: "whether {reader} may read it is unknown: the secret's own policy does not say so, and it may inherit that from the project or above, or have it by a group",
		Fix: "If it may not:\n  gcloud secrets add-iam-policy-binding {secret} --project={project} --role={role} --member=serviceAccount:{reader}",
	}
	msgConditionalGrant = rollout.Message{
		ID:  "gcp_secret.conditional_grant",
		Why: "whether {reader} may read it is unknown: the secret's own policy says so under a condition, which is not evaluated here",
		Fix: "If it may not:\n  gcloud secrets add-iam-policy-binding {secret} --project={project} --role={role} --member=serviceAccount:{reader}",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgNoReader, msgReaderIsAMember, msgSecretWithoutVersion, msgRegional, msgNoVersion, msgGone, msgDisabled,
		msgNotEnabled, msgPolicyUnread, msgNoGrant, msgConditionalGrant,
	}, asked.Messages()...)
}
