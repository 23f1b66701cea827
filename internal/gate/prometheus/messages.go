package prometheus

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/promql"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

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
)

func messages() []rollout.Message {
	return append([]rollout.Message{
		msgTwoCredentials, msgNoAddress, msgCredentialInAddress, msgNoVariable, msgNoCredential, msgInClear,
	}, promql.Messages()...) // of every gate that asks by PromQL
}
