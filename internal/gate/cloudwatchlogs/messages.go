package cloudwatchlogs

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgEmpty = rollout.Message{
		ID:   "cloudwatch_logs.empty",
		What: "{attribute} of a cloudwatch_logs gate is empty",
		Why:  "It would admit every entry, or name nothing.",
		Fix:  "Write it, such as {example}.",
	}
	msgLong = rollout.Message{
		ID:   "cloudwatch_logs.long",
		What: "{attribute} of a cloudwatch_logs gate is too long",
		Why:  "It has {length} characters, and CloudWatch Logs takes {most}.",
		Fix:  "Shorten it.",
	}
	msgPlaceholder = rollout.Message{
		ID:   "cloudwatch_logs.placeholder",
		What: "{attribute} has a placeholder that is none",
		Why:  "Something between two braces is none of {placeholders}.",
		Fix:  "Correct it.",
	}
	msgNoDelay = rollout.Message{
		ID:   "cloudwatch_logs.no_delay",
		What: "delay is not a duration",
		Why:  `"{value}" has to be a number with a unit, 0 or more.`,
		Fix:  `Write it like delay = "1m".`,
		At:   "delay",
	}
	msgNoFact = rollout.Message{
		ID:   "cloudwatch_logs.no_fact",
		What: "cloudwatch_logs does not know where {revision} logs",
		Why:  "Its platform does not say what its {fact} is, which {attribute} needs.",
		Fix:  "Give {attribute} without it.",
	}
	msgNoRequests = rollout.Message{
		ID:   "cloudwatch_logs.no_requests",
		What: "cloudwatch_logs does not know what a request of {revision} looks like",
		Why:  "It is no version of Lambda, of which every start is logged, and requests is not given. Without requests that no entry was found says nothing.",
		Fix:  `Give requests: a pattern for a line that every request writes, such as requests = "{ $.event = \"request\" }".`,
	}
	msgEverybody = rollout.Message{
		ID:   "cloudwatch_logs.everybody",
		What: "cloudwatch_logs cannot tell {revision} from the others",
		Why:  "It is no version of Lambda, which has log streams of its own, and neither log_group nor streams, nor both of filter and requests, name it.",
		Fix:  "Name it by {name} where its name stands: in streams, or in filter and requests.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{msgEmpty, msgLong, msgPlaceholder, msgNoDelay, msgNoFact, msgNoRequests, msgEverybody}
}
