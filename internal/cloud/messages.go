package cloud

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoEndpoint = rollout.Message{
		ID:   "google.no_endpoint",
		What: "The Google endpoint is not an address",
		Why:  "It has to be https://host[:port], or http://127.0.0.1:port, and nothing else.",
		Fix:  "Correct endpoint in the provider's google block, or ROLLOUT_GOOGLE_ENDPOINT.",
	}
	msgEndpointInClear = rollout.Message{
		ID:   "google.endpoint_in_clear",
		What: "The Google endpoint would carry credentials in clear",
		Why:  `"{endpoint}" is plain http to another machine.`,
		Fix:  "Use https, or an address of this machine, such as http://127.0.0.1:8080.",
	}
	msgNoCredentials = rollout.Message{
		ID:   "google.no_credentials",
		What: "There are no Google credentials",
		Why:  "{why}.",
		Fix:  "Run gcloud auth application-default login, set GOOGLE_APPLICATION_CREDENTIALS, or give access_token in the provider's google block.",
	}
)

// Messages is the table of what the clients may say to a person, but for what a
// vendor says in its own words.
func Messages() []rollout.Message {
	return []rollout.Message{
		msgNoEndpoint, msgEndpointInClear, msgNoCredentials,
	}
}
