package cloud

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// Messages is the table of what this package may say to a person, whoever asks
// it for a client.
func Messages() []rollout.Message {
	return []rollout.Message{msgIDTokenOfAccessToken, msgIDTokenOfUser, msgIDTokenOfOthers}
}

const fixIDToken = `Name a service account in impersonate_service_account of the provider's google block, and give yourself roles/iam.serviceAccountOpenIdTokenCreator and roles/iam.serviceAccountTokenCreator on it, and it roles/run.invoker on the service. Or use the credentials of a service account.`

var (
	msgIDTokenOfAccessToken = rollout.Message{
		ID: "google.id_token_of_access_token", What: "An access token gives no identity token",
		Why: "The provider was given an access token (access_token, or GOOGLE_OAUTH_ACCESS_TOKEN). It says what may be done, and a private service asks who asks; it is never sent to the app.",
		Fix: fixIDToken,
	}
	msgIDTokenOfUser = rollout.Message{
		ID: "google.id_token_of_user", What: "A person's credentials give no identity token for a service",
		Why: "The credentials are of gcloud auth application-default login (authorized_user), and Google gives tokens for one service to service accounts alone.",
		Fix: fixIDToken,
	}
	msgIDTokenOfOthers = rollout.Message{
		ID: "google.id_token_of_others", What: "These Google credentials give no identity token",
		Why: "They are of the type {type}, without a service account to act as. Google gives tokens for one service to service accounts alone.",
		Fix: fixIDToken,
	}
)
