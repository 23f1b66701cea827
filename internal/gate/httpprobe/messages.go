package httpprobe

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgUnreadable = rollout.Message{
		ID:   "http.unreadable",
		What: "The http block cannot be read",
		Why:  "Its values are not of the types of its schema.",
		Fix:  "Report this: it is a fault of the provider.",
	}
	msgTimeoutTooLong = rollout.Message{
		ID:   "http.timeout_too_long",
		What: "timeout is longer than one evaluation of a gate takes",
		Why:  `"{timeout}" is more than {longest}.`,
		Fix:  "Give 25s or less. A revision that needs longer for an answer can be given latency and another path.",
	}
	msgNoRequest = rollout.Message{
		ID:   "http.no_request",
		What: "An http gate asks nothing",
		Why:  "It has no request block, so it could never fail.",
		Fix:  `Add one: request { path = "/healthz" }.`,
	}
	msgLatencyBeyondTimeout = rollout.Message{
		ID:   "http.latency_beyond_timeout",
		What: "A latency can never be exceeded",
		Why:  "latency is {latency}, and a request ends after timeout, {timeout}.",
		Fix:  "Lower latency, or raise timeout.",
	}
	msgEmptyText = rollout.Message{
		ID:   "http.empty_text",
		What: "text is empty",
		Why:  "Every answer contains the empty text, so nothing would be asked.",
		Fix:  "Give a text, or leave it out.",
	}
	msgEmptyPart = rollout.Message{
		ID:   "http.json_path_with_an_empty_part",
		What: "A path into JSON has an empty part",
		Why:  `"{path}" is keys and places in lists, joined by single dots.`,
		Fix:  `Write it like "data.items.0.status".`,
	}
	msgNoPath = rollout.Message{
		ID:   "http.no_path",
		What: "The path of a request is not a path",
		Why:  `"{path}" has to begin with a slash, without scheme and host, and every other character than those of addresses written as %XX.`,
		Fix:  `Write it like "/api/v1/health". The host is the revision's own.`,
	}
	msgUnknownMethod = rollout.Message{
		ID:   "http.unknown_method",
		What: "The method of a request is not known",
		Why:  `"{method}" is none of {methods}. Methods are written in capitals.`,
		Fix:  `Leave it out for "GET".`,
	}
	msgHeadWithBody = rollout.Message{
		ID:   "http.head_with_body",
		What: "A HEAD request is to have a body",
		Why:  "Its answer has none, so text and json could never be found there.",
		Fix:  `Use method = "GET", or drop text and json.`,
	}
	msgNoStatus = rollout.Message{
		ID:   "http.no_status",
		What: "A status is no status of an answer",
		Why:  "{status} is not between 200 and 599.",
		Fix:  "Write it like status = [200, 204].",
	}
	msgEmptyStatus = rollout.Message{
		ID:   "http.empty_status",
		What: "No status would be good",
		Why:  "status is an empty list.",
		Fix:  "Leave it out for any from 200 to 299, or name those that are good.",
	}
	msgNoDuration = rollout.Message{
		ID:   "http.no_duration",
		What: "{attribute} is not a length of time",
		Why:  `"{value}" has to be a number with a unit, and more than nothing.`,
		Fix:  `Write it like "500ms", "10s" or "1m30s".`,
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgUnreadable, msgTimeoutTooLong, msgNoRequest, msgLatencyBeyondTimeout, msgEmptyText, msgEmptyPart,
		msgNoPath, msgUnknownMethod, msgHeadWithBody, msgNoStatus, msgEmptyStatus, msgNoDuration,
	}
}
