package apicompatibility

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNotOne = rollout.Message{
		ID:   "api_compatibility.not_one",
		What: "{side} is not one description",
		Why:  "One of {side} and {side}_text has to be given, and not both.",
		Fix:  "Give {side} the path of a file, or {side}_text the description itself.",
	}
	msgItself = rollout.Message{
		ID:   "api_compatibility.itself",
		What: "A description is compared with itself",
		Why:  "live and candidate are both {path}, so that nothing could ever be found.",
		Fix:  "Let live be what serves now: a copy that the last release left, or live_text with what the API that serves says of itself.",
	}
	msgNoRule = rollout.Message{
		ID:   "api_compatibility.no_rule",
		What: "There is no such rule",
		Why:  `"{rule}" is neither a rule of oasdiff nor one of this provider.`,
		Fix:  "Write it as the finding has it that it is about. The data source rollout_api_compatibility lists findings.",
	}
	msgNoSeverity = rollout.Message{
		ID:   "api_compatibility.no_severity",
		What: "A severity is another word",
		Why:  `The rule {rule} is given "{word}".`,
		Fix:  `Write one of "error", "warning" and "ignore".`,
	}
	msgNoReason = rollout.Message{
		ID:   "api_compatibility.no_reason",
		What: "An exception has no reason",
		Why:  "allow of the rule {rule} does not say why the difference harms nobody.",
		Fix:  "Say it in reason: plans show it to whoever reviews them.",
	}
	msgNoStability = rollout.Message{
		ID:   "api_compatibility.no_stability",
		What: "stability is another word",
		Why:  `"{word}" is no level of stability.`,
		Fix:  `Write one of "draft", "alpha", "beta" and "stable", or leave it out for everything.`,
	}
	msgNoDays = rollout.Message{
		ID:   "api_compatibility.no_days",
		What: "deprecation_days is no number of days",
		Why:  "{number} is not between 0 and 36500.",
		Fix:  "Write a number of days, such as 30.",
	}
	msgNoCalls = rollout.Message{
		ID:   "api_compatibility.no_calls",
		What: "Nobody knows what a client calls",
		Why:  "The client {client} has to have one of calls and document, and not both.",
		Fix:  `Name the operations in calls, such as ["createOrder", "GET /orders"], or let document be a description of them.`,
	}
	msgNoReport = rollout.Message{
		ID:   "api_compatibility.no_report",
		What: "{object} cannot be compared",
		Why:  "{why}.",
		Fix:  "{todo}",
	}
	msgUnread = rollout.Message{
		ID:  "api_compatibility.unread",
		Why: "{document} cannot be read: {reason}",
		Fix: "Correct the path. It begins where Terraform runs, unless it is like \"${path.module}/openapi.yaml\".",
	}
	msgUnparsed = rollout.Message{
		ID:  "api_compatibility.unparsed",
		Why: "{document} is no description in OpenAPI: {reason}",
		Fix: "Correct it. A description that cannot be understood is never taken for one in which nothing has changed.",
	}
	msgSwagger = rollout.Message{
		ID:  "api_compatibility.swagger",
		Why: "{document} is in Swagger 2.0, in which nothing would be found",
		Fix: "Convert it to OpenAPI 3, for instance with swagger2openapi, and compare the result.",
	}
	msgVersion = rollout.Message{
		ID:  "api_compatibility.version",
		Why: "{document} is not in a version that is known: {reason}",
		Fix: "Write it in OpenAPI 3.0, 3.1 or 3.2.",
	}
	msgNothing = rollout.Message{
		ID:  "api_compatibility.nothing",
		Why: "{document} describes no operation, so that nothing would be found",
		Fix: "Name the file that holds the paths of the API.",
	}
	msgOutside = rollout.Message{
		ID:  "api_compatibility.outside",
		Why: "{document} refers to something that is not read: {reason}",
		Fix: "References may lead to files in the folder of the description and below it. Nothing is fetched. Bundle the description into one file, or move what it refers to.",
	}
	msgUncompared = rollout.Message{
		ID:  "api_compatibility.uncompared",
		Why: "{document} can be read, and not be compared: {reason}",
		Fix: "Correct what it names. What cannot be compared is never taken for compatible.",
	}
	msgBreaks = rollout.Message{
		ID:  "api_compatibility.breaks",
		Why: "clients that were made for {live} break while {candidate} is served:{differences}",
		Fix: "Release it in steps: add what is new beside what is old, move the clients, and take the old away in a later release. " +
			"What is known to harm nobody can be allowed, in an allow block with a reason, which plans then show.",
	}
	msgEarly = rollout.Message{
		ID:  "api_compatibility.early",
		Why: "a client that is released together with the candidate needs what {live}, which serves until then, does not give:{differences}",
		Fix: "Release the API first, and the client once it is promoted and no roll-back is to be expected. Until then let the client get along with what serves now.",
	}
	msgOdd = rollout.Message{
		ID:  "api_compatibility.odd",
		Why: "some clients may not get along with it:{differences}",
		Fix: "Look whether clients depend on it. Then allow it with a reason, or set the severity of the rule.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgNotOne, msgItself, msgNoRule, msgNoSeverity, msgNoReason, msgNoStability, msgNoDays, msgNoCalls, msgNoReport,
		msgUnread, msgUnparsed, msgSwagger, msgVersion, msgNothing, msgOutside, msgUncompared, msgBreaks, msgEarly, msgOdd,
	}
}
