package ssmparameter

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "Parameter Store", "parameter", "aws_ssm_parameter.x.arn")

var (
	msgNoParameter = rollout.Message{
		ID:   "ssm_parameter.no_parameter",
		What: "The parameter of an ssm_parameter is neither an ARN nor a name",
		Why:  "It has to be like arn:aws:ssm:eu-west-1:123456789012:parameter/prod/url, or like /prod/url. (It is not shown, in case it is the value itself.)",
		Fix:  "Use aws_ssm_parameter.x.arn.",
	}
	msgNoType = rollout.Message{
		ID:   "ssm_parameter.no_type",
		What: "type is not a type of parameters",
		Why:  `"{type}" is none of String, StringList and SecureString.`,
		Fix:  "Write one of them, or leave it out for any.",
	}
	msgOtherType = rollout.Message{
		ID:  "ssm_parameter.other_type",
		Why: "it is a {found}, not a {type}",
		Fix: "Correct type, or put the parameter anew as a {type}.",
	}
)

func messages() []rollout.Message { return amazon.Messages(msgNoParameter, msgNoType, msgOtherType) }
