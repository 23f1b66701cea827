package web

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// Messages is the table of what this package may say to a person. Kinds that
// send a user's own requests say it in their place.
func Messages() []rollout.Message {
	return []rollout.Message{
		msgHeaderName, msgHeaderOurs, msgHeaderTwice, msgHeaderValue, msgHeaderCredential, msgHeaderVariable, msgVariableUnset, msgPlaceholder,
	}
}

var (
	msgHeaderName = rollout.Message{
		ID: "web.header_name", What: "A header has a name that is none", Why: "A name in {attribute} has other characters than letters, digits and hyphens.",
		Fix: `Write it like "X-Api-Version".`,
	}
	msgHeaderOurs = rollout.Message{
		ID: "web.header_ours", What: "A header is not for the configuration to set", Why: "{header} in {attribute} follows from the request itself.",
		Fix: "Remove it. The type of a body is given by content_type, the identity token of a private Cloud Run service by auth.",
	}
	msgHeaderTwice = rollout.Message{
		ID: "web.header_twice", What: "A header is given twice", Why: "{header} stands in more than one place of headers, headers_wo and headers_env; upper and lower case are the same.",
		Fix: "Leave one.",
	}
	msgHeaderValue = rollout.Message{
		ID: "web.header_value", What: "A header has a value that cannot be sent", Why: "{header} in {attribute} has a line break or another control character in its value.",
		Fix: "Remove it; a file's last line break is cut off by trimspace().",
	}
	msgHeaderCredential = rollout.Message{
		ID: "web.header_credential", What: "A header would put a credential into plan and state", Why: "{header} holds credentials, and whatever stands in headers stands in plan files and state as well.",
		Fix: "Put it into headers_wo, which Terraform keeps nowhere (1.11 and later); or its value into an environment variable, and the variable's name into headers_env.",
	}
	msgHeaderVariable = rollout.Message{
		ID: "web.header_variable", What: "headers_env names no environment variable", Why: "What stands beside {header} has other characters than letters, digits and underscores. The credential itself never stands in configuration.",
		Fix: `Write it like headers_env = { "X-Api-Key" = "API_KEY" }, and set that variable where Terraform runs.`,
	}
	msgVariableUnset = rollout.Message{
		ID: "web.variable_unset", What: "An environment variable is not set", Why: "{attribute} names {variable}, which is empty here.", Fix: "Set it where Terraform runs.",
	}
	msgPlaceholder = rollout.Message{
		ID: "web.placeholder", What: "A placeholder is not one", Why: "{where} has {{ without a name and }} behind it. A name is small letters, digits and underscores, like {{token}}.",
		Fix: "Correct it, or write {{{{ where {{ is to be sent as it is. What Terraform knows is written as ${…}, with a dollar sign and single braces.",
	}
)

// BadPlaceholder is what is wrong with a text that ParseTemplate cannot read;
// where names it.
func BadPlaceholder(where string) rollout.Problem { return msgPlaceholder.With("where", where) }
