package httpjson

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// messages is the table of what this kind may say to a person.
func messages() []rollout.Message {
	return []rollout.Message{
		msgURL, msgURLCredential, msgURLHost, msgClear, msgPath, msgUnknownPlaceholder, msgBodyEmpty, msgContentTypeAlone, msgContentType, msgDuration, msgTimeout,
	}
}

var (
	msgURL = rollout.Message{
		ID: "http_json.url", What: "The url of an http_json gate is not an address", Why: "It has to be https://host[:port][/path][?query] or http://…, every other character than those of addresses written as %XX.",
		Fix: `Write it like "https://monitoring.example.com/api/errors?revision={{revision}}&from={{start}}&to={{end}}".`,
	}
	msgURLCredential = rollout.Message{
		ID: "http_json.url_credential", What: "The url of an http_json gate holds a credential", Why: "Whatever stands in url stands in plan files and state as well.",
		Fix: "Put an Authorization header into headers_wo, or its value into an environment variable and the variable's name into headers_env.",
	}
	msgURLHost = rollout.Message{
		ID: "http_json.url_host", What: "The url of an http_json gate does not say whom to ask", Why: "A placeholder stands before its path, and credentials go to whoever is asked.",
		Fix: "Write scheme, host and port out; placeholders stand in path and query.",
	}
	msgClear = rollout.Message{
		ID: "http_json.clear", What: "A credential would go over the network in clear", Why: "{at} is plain http on another machine, and requests carry {credential}.",
		Fix: "Use https, or an address of this machine, such as a port that is forwarded.",
	}
	msgPath = rollout.Message{
		ID: "http_json.path", What: "{attribute} of an http_json gate is no path into JSON", Why: `"{path}" has to be keys and places in lists, joined by single dots.`,
		Fix: `Write it like "data.series.0.value", or "reports.length" for how long a list is.`,
	}
	msgUnknownPlaceholder = rollout.Message{
		ID: "http_json.placeholder", What: "{attribute} of an http_json gate has an unknown placeholder", Why: "{name} is none of {names}.",
		Fix: "Correct it, or write {{{{ where {{ is to be sent as it is. What Terraform knows is written as ${…}, with a dollar sign and single braces.",
	}
	msgBodyEmpty = rollout.Message{
		ID: "http_json.body", What: "The body of an http_json gate is empty", Why: "With a body the request is a POST, and this one would carry nothing.", Fix: "Write it, or leave body out for a GET.",
	}
	msgContentTypeAlone = rollout.Message{
		ID: "http_json.content_type_alone", What: "content_type has no body to describe", Why: "The gate asks with GET, which carries none.", Fix: "Add body, or remove content_type.",
	}
	msgContentType = rollout.Message{
		ID: "http_json.content_type", What: "content_type is no type of a body", Why: `"{value}" has to be a type and a subtype.`, Fix: `Write it like "application/x-ndjson".`,
	}
	msgDuration = rollout.Message{
		ID: "http_json.duration", What: "{attribute} of an http_json gate is not a duration", Why: `"{value}" has to be a number with a unit, above 0.`,
		Fix: `Write it like "5s" or "1m30s".`,
	}
	msgTimeout = rollout.Message{
		ID: "http_json.timeout", What: "timeout is longer than one evaluation of a gate takes", Why: `"{timeout}" is more than {longest}.`, Fix: "Give 25s or less.",
	}
)
