package cloudwatchalarm

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoAlarm = rollout.Message{
		ID:   "cloudwatch_alarm.no_alarm",
		What: "alarm is neither the name nor the ARN of an alarm",
		Why:  `"{alarm}" is none.`,
		Fix:  "Write alarm = aws_cloudwatch_metric_alarm.errors.arn, or the alarm's name.",
		At:   "alarm",
	}
	msgPlaceholder = rollout.Message{
		ID:   "cloudwatch_alarm.placeholder",
		What: "alarm has a placeholder that is none",
		Why:  "Something between two braces is none of {placeholders}.",
		Fix:  "Correct it.",
		At:   "alarm",
	}
	msgNoFact = rollout.Message{
		ID:   "cloudwatch_alarm.no_fact",
		What: "cloudwatch_alarm does not know which alarm is that of {revision}",
		Why:  "Its platform does not say what its {fact} is, which alarm names.",
		Fix:  "Name the alarm without it.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{msgNoAlarm, msgPlaceholder, msgNoFact}
}
