package httpprobe

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// messages is the table of what this kind may say to a person.
func messages() []rollout.Message {
	return []rollout.Message{
		msgTimeoutTooLong, msgAsksNothing, msgUnreadable, msgLatency, msgTextEmpty, msgJSONPath, msgPath, msgMethod, msgHeadBody, msgStatus,
		msgNoStatus, msgDuration, msgAuth, msgWithoutSigV4, msgNoAWSService, msgAWSRegion, msgTwoAuths, msgOn, msgOnLate, msgOnAlone, msgBodyMethod, msgBodyTwice, msgBodyVariable, msgContentType,
		msgContentTypeAlone, msgCaptureName, msgCaptureTwice, msgCaptureSource, msgCaptureExpression, msgNotCaptured,
	}
}

var (
	msgTimeoutTooLong = rollout.Message{
		ID: "http.timeout", What: "timeout is longer than one evaluation of a gate takes", Why: `"{timeout}" is more than {longest}.`,
		Fix: "Give 25s or less. A revision that needs longer for an answer can be given latency and another path.",
	}
	msgAsksNothing = rollout.Message{
		ID: "http.asks_nothing", What: "An http gate asks nothing", Why: "It has no request block, so it could never fail.",
		Fix: `Add one: request { path = "/healthz" }.`,
	}
	msgUnreadable = rollout.Message{
		ID: "http.unreadable", What: "The http block cannot be read", Why: "Its values are not of the types of its schema.", Fix: "Report this as a fault of the provider.",
	}
	msgLatency = rollout.Message{
		ID: "http.latency", What: "A latency can never be exceeded", Why: "latency is {latency}, and a request ends after timeout, {timeout}.",
		Fix: "Lower latency, or raise timeout.",
	}
	msgTextEmpty = rollout.Message{
		ID: "http.text_empty", What: "text is empty", Why: "Every answer contains the empty text, so nothing would be asked.", Fix: "Give a text, or leave it out.",
	}
	msgJSONPath = rollout.Message{
		ID: "http.json_path", What: "A path into JSON has an empty part", Why: `"{path}" has to be keys and places in lists, joined by single dots.`,
		Fix: `Write it like "data.items.0.status".`,
	}
	msgPath = rollout.Message{
		ID: "http.path", What: "The path of a request is not a path",
		Why: `"{path}" has to begin with a slash, without scheme and host, and every other character than those of addresses written as %XX.`,
		Fix: `Write it like "/api/v1/health". The host is the revision's own.`,
	}
	msgMethod = rollout.Message{
		ID: "http.method", What: "The method of a request is not known", Why: `"{method}" is none of {methods}. Methods are written in capitals.`,
		Fix: `Leave it out for "GET".`,
	}
	msgHeadBody = rollout.Message{
		ID: "http.head_body", What: "A HEAD request is to have a body", Why: "Its answer has none, so text, json and what is captured from a body could never be found there.",
		Fix: `Use method = "GET", or drop text, json and those captures.`,
	}
	msgStatus = rollout.Message{
		ID: "http.status", What: "A status is no status of an answer", Why: "{status} is not between 200 and 599.", Fix: "Write it like status = [200, 204].",
	}
	msgNoStatus = rollout.Message{
		ID: "http.no_status", What: "No status would be good", Why: "status is an empty list.", Fix: "Leave it out for any from 200 to 299, or name those that are good.",
	}
	msgDuration = rollout.Message{
		ID: "http.duration", What: "{attribute} is not a duration", Why: `"{value}" has to be a number with a unit, above 0.`,
		Fix: `Write it like "500ms", "10s" or "1m30s".`,
	}
	msgAuth = rollout.Message{
		ID: "http.auth", What: "auth is an unknown word", Why: `"{value}" is neither google_id_token nor sigv4.`,
		Fix: `Write auth = "google_id_token" for Cloud Run, auth = "sigv4" for AWS, or leave it out for a service that lets everybody in.`,
	}
	msgWithoutSigV4 = rollout.Message{
		ID: "http.without_sigv4", What: "{attribute} is given, and requests are not signed", Why: `It says for what a signature of AWS is, which auth = "sigv4" alone makes.`,
		Fix: `Add auth = "sigv4", or drop {attribute}.`,
	}
	msgNoAWSService = rollout.Message{
		ID: "http.no_aws_service", What: "aws_service is empty", Why: "A signature is for one service.", Fix: `Write it like aws_service = "execute-api", or leave it out for function URLs.`, At: "aws_service",
	}
	msgAWSRegion = rollout.Message{
		ID: "http.aws_region", What: "aws_region is not a region of AWS", Why: `"{region}" has to be like eu-west-1.`, Fix: "Correct it, or leave it out for the region of the revision.", At: "aws_region",
	}
	msgTwoAuths = rollout.Message{
		ID: "http.two_auths", What: "A request would have two of Authorization", Why: `auth = "sigv4" puts the signature there, and headers, headers_wo or headers_env have another one.`,
		Fix: `Drop auth, or that header: an address that demands signatures lets no other through.`,
	}
	msgOn = rollout.Message{
		ID: "http.on", What: "on is an unknown word", Why: `"{value}" is neither promoted nor candidate.`,
		Fix: `Write on = "promoted" for a request to the revision to which traffic would go home, or leave it out for one to the candidate.`,
	}
	msgOnLate = rollout.Message{
		ID: "http.on_late", What: "A request to what is promoted comes too late",
		Why: `A request with on = "promoted" prepares what the candidate is asked afterwards, and here one to the candidate stands before it.`,
		Fix: "Move it above the requests to the candidate, or remove on.",
	}
	msgOnAlone = rollout.Message{
		ID: "http.on_alone", What: "An http gate asks nothing of the candidate", Why: `Each of its requests has on = "promoted", so no candidate could fail it.`,
		Fix: "Add a request without on, which goes on with what was begun at what is promoted.",
	}
	msgBodyMethod = rollout.Message{
		ID: "http.body_method", What: "A request is to have a body that none has", Why: "A {method} request carries no body.", Fix: `Use method = "POST", or remove the body.`,
	}
	msgBodyTwice = rollout.Message{
		ID: "http.body_twice", What: "A request is given two bodies", Why: "More than one of body, body_wo and body_env is set, and a request carries one.", Fix: "Leave one.",
	}
	msgBodyVariable = rollout.Message{
		ID: "http.body_variable", What: "body_env is not the name of an environment variable",
		Why: "A name is letters, digits and underscores. The body itself does not stand in configuration then.",
		Fix: `Write it like body_env = "LOGIN", and set that variable where Terraform runs.`,
	}
	msgContentType = rollout.Message{
		ID: "http.content_type", What: "content_type is no type of a body", Why: `"{value}" has to be a type and a subtype.`, Fix: `Write it like "application/x-www-form-urlencoded".`,
	}
	msgContentTypeAlone = rollout.Message{
		ID: "http.content_type_alone", What: "content_type has no body to describe", Why: "The request has none of body, body_wo and body_env.", Fix: "Add one, or remove content_type.",
	}
	msgCaptureName = rollout.Message{
		ID: "http.capture_name", What: "The name of a capture is not one", Why: `"{name}" has to begin with a small letter, and goes on with small letters, digits and underscores.`,
		Fix: `Write it like name = "token"; it is used as {{token}}.`,
	}
	msgCaptureTwice = rollout.Message{
		ID: "http.capture_twice", What: "Two captures have the same name", Why: `"{name}" would stand for two values.`, Fix: "Give each its own name.",
	}
	msgCaptureSource = rollout.Message{
		ID: "http.capture_source", What: "A capture does not say from where", Why: `"{name}" has {count} of json, header, cookie and regex, and needs exactly one.`,
		Fix: `Write it like json = "data.token".`,
	}
	msgCaptureExpression = rollout.Message{
		ID: "http.capture_expression", What: "A capture has an expression that captures nothing",
		Why: `The regex of "{name}" has to be a regular expression (RE2) with exactly one group: what it matches is captured.`,
		Fix: `Write it like "name=\"csrf\" value=\"([^\"]+)\"".`,
	}
	msgNotCaptured = rollout.Message{
		ID: "http.not_captured", What: "A placeholder stands for nothing", Why: "{{{name}}} stands in a request, and no request before it captures it.",
		Fix: "Capture it in an earlier request, or write {{{{ where {{ is to be sent as it is. What Terraform knows is written as ${…}, with a dollar sign and single braces.",
	}
)
