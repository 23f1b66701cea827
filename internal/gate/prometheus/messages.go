package prometheus

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgTwoCredentials = rollout.Message{
		ID:   "prometheus.two_credentials",
		What: "Prometheus is given two credentials",
		Why:  "token_env and basic_auth_env are both set, and a request carries one.",
		Fix:  "Drop one of them.",
	}
	msgNoAddress = rollout.Message{
		ID:   "prometheus.no_address",
		What: "The url of Prometheus is not an address",
		Why:  "It has to be https://host[:port][/path] or http://…, without a query.",
		Fix:  `Write it like "https://prometheus.example.com".`,
	}
	msgCredentialInAddress = rollout.Message{
		ID:   "prometheus.credential_in_address",
		What: "The url of Prometheus holds a credential",
		Why:  "Whatever stands in configuration stands in plan files and state as well.",
		Fix:  "Put user:password into an environment variable, and its name into basic_auth_env.",
	}
	msgNoVariable = rollout.Message{
		ID:   "prometheus.no_variable",
		What: "{attribute} is not the name of an environment variable",
		Why:  "A name is letters, digits and underscores. The credential itself never stands in configuration.",
		Fix:  `Write it like {attribute} = "PROMETHEUS_CREDENTIAL", and set that variable where Terraform runs.`,
	}
	msgNoCredential = rollout.Message{
		ID:   "prometheus.no_credential",
		What: "A credential for Prometheus is missing",
		Why:  "{attribute} names the environment variable {variable}, which does not hold {what} here.",
		Fix:  "Set it where Terraform runs.",
	}
	msgInClear = rollout.Message{
		ID:   "prometheus.credential_in_clear",
		What: "The credential for Prometheus would go over the network in clear",
		Why:  "{address} is plain http on another machine, and requests carry {credential}.",
		Fix:  "Use https, or an address of this machine, such as a port that is forwarded.",
	}
	msgUnknownPlaceholder = rollout.Message{
		ID:   "prometheus.unknown_placeholder",
		What: "{attribute} has an unknown placeholder",
		Why:  "{placeholder} is none of {placeholders}.",
		Fix:  "Correct it. What Terraform knows is written as ${…}, with a dollar sign and single braces.",
	}
	msgEmptyQuery = rollout.Message{
		ID:   "prometheus.empty_query",
		What: "{attribute} is empty",
		Why:  "It has to be a query in PromQL that returns one number.",
		Fix:  "Write it, or leave the attribute out.",
	}
	msgOpenPlaceholder = rollout.Message{
		ID:   "prometheus.open_placeholder",
		What: "{attribute} has a placeholder that is not closed, or not opened",
		Why:  "A placeholder stands between two braces on each side, like {example}.",
		Fix:  "Add the missing braces.",
	}
	msgFixedRange = rollout.Message{
		ID:   "prometheus.fixed_range",
		What: "{attribute} does not keep to the window of the gate",
		Why:  "It has a range of fixed length, so just after a step it would still look at the time before.",
		Fix:  "Write the range as [{window}], and its length as the gate's window.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgTwoCredentials, msgNoAddress, msgCredentialInAddress, msgNoVariable, msgNoCredential, msgInClear,
		msgUnknownPlaceholder, msgEmptyQuery, msgOpenPlaceholder, msgFixedRange,
	}
}
