package alarm

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "CloudWatch", "alarm", "aws_cloudwatch_metric_alarm.x.arn")

var (
	msgNoAlarm = rollout.Message{
		ID:   "alarm.no_alarm",
		What: "The alarm of an alarm requirement is neither an ARN nor a name",
		Why:  `"{alarm}" has to be like arn:aws:cloudwatch:eu-west-1:123456789012:alarm:api-errors, or like api-errors.`,
		Fix:  "Use aws_cloudwatch_metric_alarm.x.arn, or aws_cloudwatch_composite_alarm.x.arn.",
	}
	msgInAlarm = rollout.Message{
		ID:  "alarm.in_alarm",
		Why: "it is in ALARM since {since}",
		Fix: "Repair what it tells of, or wait until it is over. If this rollout is the repair, take the requirement out, or make it advisory.",
	}
	msgOddState = rollout.Message{
		ID:  "alarm.odd_state",
		Why: "it is in a state that is not known here: {state}",
		Fix: "See what CloudWatch shows of it, and report this as a fault of the provider.",
	}
)

func messages() []rollout.Message { return amazon.Messages(msgNoAlarm, msgInAlarm, msgOddState) }
