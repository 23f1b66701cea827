package neonendpoint

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoID = rollout.Message{
		ID: "neon_endpoint.no_id", What: "{attribute} is not an id of Neon's", Why: `"{value}" has to be like {form}.`, Fix: "Use the computed id, such as neon_project.x.id and neon_endpoint.x.id.",
	}
	msgNoSize = rollout.Message{
		ID: "neon_endpoint.no_size", What: "{attribute} is not a size", Why: "{value} has to be above 0.", Fix: "Write compute units, like 0.25 or 4.",
	}
	msgTooSmall = rollout.Message{
		ID: "neon_endpoint.max_below_min", What: "max_cu is below min_cu", Why: "No endpoint is set to {min} to {max}.", Fix: "Correct one of them.",
	}
	msgNoSuspend = rollout.Message{
		ID: "neon_endpoint.no_suspend", What: "suspend_timeout is not a time that Neon takes", Why: `"{value}" has to be whole seconds, at most a week, or never.`, Fix: `Write it like "5m" or "never".`,
	}
	msgNoState = rollout.Message{
		ID: "neon_endpoint.no_state", What: "state is no state that lasts", Why: `"{value}" has to be active or idle.`, Fix: "Correct it, or leave it out.",
	}
	msgNoVariable = rollout.Message{
		ID: "neon_endpoint.no_variable", What: "api_key_env names no environment variable", Why: "What stands there has other characters than letters, digits and underscores. The key itself never stands in configuration.",
		Fix: "Write the name of the variable, like NEON_API_KEY, and set it where Terraform runs.",
	}
	msgTwoKeys = rollout.Message{
		ID: "neon_endpoint.two_keys", What: "Two attributes give an API key", Why: "api_key_env stands beside api_key_wo.", Fix: "Remove api_key_env.",
	}
	msgNoKey = rollout.Message{
		ID: "neon_endpoint.no_key", Why: "there is no API key: {variable} is empty here",
		Fix: "Set it where Terraform runs, or give api_key_wo. A key that is scoped to the project is enough. Where a plan may not have it, write at_plan = \"skip\": an apply always looks.",
	}
	msgNoAddress = rollout.Message{
		ID: "neon_endpoint.no_address", Why: "ROLLOUT_NEON_ENDPOINT is no address to which a key may go: it has to be https://host[:port], or http://127.0.0.1:port for this machine, and nothing else",
		Fix: "Correct ROLLOUT_NEON_ENDPOINT, or unset it.",
	}
	msgInterrupted = rollout.Message{ID: "neon_endpoint.interrupted", Why: "looking at it was interrupted", Fix: "Run Terraform again."}
	msgUnread      = rollout.Message{
		ID: "neon_endpoint.unreadable", Why: "Neon gave no answer that could be read: {reason}", Fix: "See that this machine reaches console.neon.tech (DNS, proxy, firewall), and run Terraform again.",
	}
	msgUnauthenticated = rollout.Message{ID: "neon_endpoint.unauthenticated", Why: "Neon does not accept the API key", Fix: "Give one that is valid."}
	msgDenied          = rollout.Message{
		ID: "neon_endpoint.denied", Why: "the API key may not read the project {project}", Fix: "Give a key of the project, or of an organization or a person who may read it.",
	}
	msgUnasked = rollout.Message{ID: "neon_endpoint.unasked", Why: "Neon could not be asked: it answered {code}", Fix: "Run Terraform again."}
	msgGone    = rollout.Message{
		ID: "neon_endpoint.gone", Why: "there is no such endpoint, or the API key may not see it",
		Fix: "Create it. If it is created in this same apply, refer to its computed id, neon_endpoint.x.id, rather than to a name: then it is checked in apply, once it exists. If it is there, give a key that may read its project.",
	}
	msgOddAnswer = rollout.Message{
		ID: "neon_endpoint.odd_answer", Why: "Neon answered with something else than that endpoint", Fix: "See whether something answers in its place, such as a proxy. If not, report this as a fault of the provider.",
	}
	msgOtherSize = rollout.Message{
		ID: "neon_endpoint.other_size", Why: "its {setting} is {found}, not {wanted}",
		Fix: "Change it, and wait until Neon has done so (within = \"10m\" does), or correct {setting}.",
	}
	msgOtherSuspend = rollout.Message{
		ID: "neon_endpoint.other_suspend", Why: "it suspends {found}, not {wanted}", Fix: "Change it, and wait until Neon has done so (within = \"10m\" does), or correct suspend_timeout.",
	}
	msgDisabled   = rollout.Message{ID: "neon_endpoint.disabled", Why: "it is disabled, so nobody can connect", Fix: "Enable it in Neon's console, or by its API."}
	msgBecoming   = rollout.Message{ID: "neon_endpoint.becoming", Why: "it is {current}, and becomes {pending}", Fix: "Wait until it is: within = \"2m\" does."}
	msgOtherState = rollout.Message{
		ID: "neon_endpoint.other_state", Why: "it is {found}, not {wanted}", Fix: "Let a connection wake it, or let it suspend, or leave state out.",
	}
	msgBusy = rollout.Message{
		ID: "neon_endpoint.busy", Why: "an operation on it, {action}, is {status}", Fix: "Wait until it has finished: within = \"10m\" does. If it has failed, Neon may try it again; else ask for the change once more.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNoID, msgNoSize, msgTooSmall, msgNoSuspend, msgNoState, msgNoVariable, msgTwoKeys, msgNoKey, msgNoAddress, msgInterrupted, msgUnread, msgUnauthenticated, msgDenied, msgUnasked,
		msgGone, msgOddAnswer, msgOtherSize, msgOtherSuspend, msgDisabled, msgBecoming, msgOtherState, msgBusy,
	}
}
