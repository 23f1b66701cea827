package loggroup

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "CloudWatch Logs", "log group", "aws_cloudwatch_log_group.x.arn")

var (
	msgNoGroup = rollout.Message{
		ID:   "log_group.no_group",
		What: "The group of a log_group is neither an ARN nor a name",
		Why:  `"{group}" has to be like arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/api, or like /aws/lambda/api.`,
		Fix:  "Use aws_cloudwatch_log_group.x.arn.",
	}
	msgNoRetention = rollout.Message{
		ID:   "log_group.no_retention",
		What: "min_retention is less than a day",
		Why:  "It is {days}, and counts days.",
		Fix:  "Write how many days events have to be kept at least, or leave it out.",
	}
	msgForgets = rollout.Message{
		ID:  "log_group.forgets",
		Why: "it keeps events for {found} days, and not for {days}",
		Fix: "Raise retention_in_days of aws_cloudwatch_log_group, or correct min_retention.",
	}
)

func messages() []rollout.Message { return amazon.Messages(msgNoGroup, msgNoRetention, msgForgets) }
