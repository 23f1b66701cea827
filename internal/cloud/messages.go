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
		msgNoEndpoint, msgEndpointInClear, msgNoCredentials, msgIDTokenOfAccessToken, msgIDTokenOfUser, msgIDTokenOfOthers,
		msgNoAWSEndpoint, msgAWSEndpointInClear, msgNoRegion, msgNoAWSProfile, msgAWSFiles, msgNoAWSCredentials, msgAWSStranger, msgNoAWSRole, msgAWSLoginEnded, msgNoSuchRegion, msgNoRoleARN,
	}
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

var (
	msgNoAWSEndpoint = rollout.Message{
		ID:   "aws.no_endpoint",
		What: "The AWS endpoint is not an address",
		Why:  "It has to be https://host[:port], or http://127.0.0.1:port, and nothing else.",
		Fix:  "Correct endpoint in the provider's aws block, or ROLLOUT_AWS_ENDPOINT.",
	}
	msgAWSEndpointInClear = rollout.Message{
		ID:   "aws.endpoint_in_clear",
		What: "The AWS endpoint would carry signed requests in clear",
		Why:  `"{endpoint}" is plain http to another machine.`,
		Fix:  "Use https, or an address of this machine, such as http://127.0.0.1:5000: endpoint in the provider's aws block, ROLLOUT_AWS_ENDPOINT or AWS_ENDPOINT_URL gives it.",
	}
	msgNoRegion = rollout.Message{
		ID:   "aws.no_region",
		What: "There is no AWS region",
		Why:  "Neither the provider's aws block nor the environment names one, and what was asked has no ARN that does.",
		Fix:  "Set region in the provider's aws block, or AWS_REGION.",
	}
	msgNoAWSProfile = rollout.Message{
		ID:   "aws.no_profile",
		What: "There is no such AWS profile",
		Why:  `The shared configuration files have no profile "{profile}".`,
		Fix:  "Correct profile in the provider's aws block, or AWS_PROFILE.",
	}
	msgAWSFiles = rollout.Message{
		ID:   "aws.unreadable_files",
		What: "The AWS configuration files cannot be read",
		Why:  "{file} is no file, or holds something that is no configuration.",
		Fix:  "Correct the file, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE where they name it.",
	}
	msgNoAWSCredentials = rollout.Message{
		ID:   "aws.no_credentials",
		What: "There are no AWS credentials",
		Why:  "{why}.",
		Fix:  "Run aws sso login, set AWS_PROFILE or AWS_ACCESS_KEY_ID, or name a profile in the provider's aws block.",
	}
	msgAWSStranger = rollout.Message{
		ID:   "aws.unaccepted",
		What: "AWS does not accept the credentials",
		Why:  "{why}.",
		Fix:  "Log in again (aws sso login), or correct the credentials: the provider's aws block, or AWS_PROFILE.",
	}
	msgNoAWSRole = rollout.Message{
		ID:   "aws.no_role",
		What: "The AWS role cannot be assumed",
		Why:  "{role}: {why}.",
		Fix:  "Correct role_arn in the provider's aws block, or let the role's trust policy name whom Terraform runs as, and allow them sts:AssumeRole on it.",
	}
	msgAWSLoginEnded = rollout.Message{
		ID:   "aws.login_ended",
		What: "The AWS login has ended",
		Why:  "The profile signs in by IAM Identity Center, and the last sign-in has expired, or there was none.",
		Fix:  "Run aws sso login, with --profile where a profile is set.",
	}
	msgNoSuchRegion = rollout.Message{
		ID:   "aws.no_such_region",
		What: "The AWS region is none",
		Why:  `"{region}" does not have the form of a region.`,
		Fix:  "Correct region in the provider's aws block: it is such as eu-west-1. A zone, such as eu-west-1a, is none.",
	}
	msgNoRoleARN = rollout.Message{
		ID:   "aws.no_role_arn",
		What: "The AWS role is not named by its ARN",
		Why:  `"{role}" is no ARN of a role.`,
		Fix:  "Correct role_arn in the provider's aws block: it is such as arn:aws:iam::123456789012:role/deployer.",
	}
)
