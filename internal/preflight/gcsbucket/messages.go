package gcsbucket

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.Ask(name, "Cloud Storage", "storage.googleapis.com")

var (
	msgNoName = rollout.Message{
		ID:   "gcs_bucket.no_name",
		What: "The name of a gcs_bucket is not the name of a bucket",
		Why:  `"{name}" has to be 3 to 222 lower-case letters, digits, dots, dashes and underscores.`,
		Fix:  "Use google_storage_bucket.x.id.",
	}
	msgURLForName = rollout.Message{
		ID:   "gcs_bucket.url_for_name",
		What: "The name of a gcs_bucket is not the name of a bucket",
		Why:  `"{name}" is an address.`,
		Fix:  "Use google_storage_bucket.x.id, without gs:// before it; what stands behind it belongs in prefix.",
	}
	msgNoLocation = rollout.Message{
		ID:   "gcs_bucket.no_location",
		What: "location is not a location of Cloud Storage",
		Why:  `"{location}" has to be like EU or europe-west1.`,
		Fix:  "Write it as location of google_storage_bucket has it.",
	}
	msgNoAccount = rollout.Message{
		ID:   "gcs_bucket.no_account",
		What: "{attribute} is not the email of a service account",
		Why:  `"{account}" has to be like api@my-project.iam.gserviceaccount.com.`,
		Fix:  "Use google_service_account.x.email, without serviceAccount: before it.",
	}
	msgNoPrefix = rollout.Message{
		ID:   "gcs_bucket.no_prefix",
		What: "prefix is empty",
		Why:  "Every object begins with it.",
		Fix:  `Write how the names of the objects begin, such as "models/", or leave it out.`,
	}
	msgGone = rollout.Message{
		ID:  "gcs_bucket.gone",
		Why: "there is no such bucket",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, google_storage_bucket.x.id, rather than to a name: then it is checked in apply, once it exists.",
	}
	msgOddAnswer = rollout.Message{ID: "gcs_bucket.odd_answer", Why: "Cloud Storage answered with something else than that bucket", Fix: "See whether something answers in its place, such as a proxy or the endpoint of the provider's google block. If not, report this as a fault of the provider."}
	msgElsewhere = rollout.Message{
		ID:  "gcs_bucket.elsewhere",
		Why: "it is in {found}, not in {location}",
		Fix: "Correct location, or name another bucket: one cannot be moved.",
	}
	msgNoVersioning = rollout.Message{
		ID:  "gcs_bucket.no_versioning",
		Why: "object versioning is off",
		Fix: "Switch it on:\n  gcloud storage buckets update gs://{name} --versioning",
	}
	msgVersioning = rollout.Message{
		ID:  "gcs_bucket.versioning",
		Why: "object versioning is on",
		Fix: "Switch it off:\n  gcloud storage buckets update gs://{name} --no-versioning",
	}
	msgEmpty = rollout.Message{
		ID:  "gcs_bucket.empty",
		Why: `no object's name begins with "{prefix}"`,
		Fix: "Put there what the revision needs, or correct prefix.",
	}
	msgPolicyUnread = rollout.Message{ID: "gcs_bucket.policy_unread", Why: "whether {account} may {do} objects is unknown: {why}", Fix: "{fix}"}
	msgNoGrant      = rollout.Message{
		ID:  "gcs_bucket.no_grant",
		Why: "whether {account} may {do} objects is unknown: the bucket's own policy does not say so, and it may inherit that from the project or above, or have it by a group or an access control list",
		Fix: "If it may not:\n  gcloud storage buckets add-iam-policy-binding gs://{name} --role={role} --member=serviceAccount:{account}",
	}
	msgConditionalGrant = rollout.Message{
		ID:  "gcs_bucket.conditional_grant",
		Why: "whether {account} may {do} objects is unknown: the bucket's own policy says so under a condition, which is not evaluated here",
		Fix: "If it may not:\n  gcloud storage buckets add-iam-policy-binding gs://{name} --role={role} --member=serviceAccount:{account}",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgNoName, msgURLForName, msgNoLocation, msgNoAccount, msgNoPrefix, msgGone, msgOddAnswer, msgElsewhere, msgNoVersioning,
		msgVersioning, msgEmpty, msgPolicyUnread, msgNoGrant, msgConditionalGrant,
	}, asked.Messages()...)
}
