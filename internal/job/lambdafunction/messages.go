package lambdafunction

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var asked = cloud.AskAWS(name, "Lambda")

var (
	msgFunction = rollout.Message{
		ID:   "lambda.function",
		What: "The function of a lambda job is none",
		Why:  `"{function}" has to be like arn:aws:lambda:eu-west-1:123456789012:function:migrate, or like migrate.`,
		Fix:  "Use aws_lambda_function.x.arn, and qualifier for a version or an alias.",
		At:   "function",
	}
	msgQualifier = rollout.Message{
		ID:   "lambda.qualifier",
		What: "qualifier of a lambda job is neither a version nor an alias",
		Why:  `"{qualifier}" has to be like 7, or like live.`,
		Fix:  "Use aws_lambda_function.x.version.",
		At:   "qualifier",
	}
	msgRegion = rollout.Message{
		ID:   "lambda.region",
		What: "region of a lambda job is not the region of the function",
		Why:  `"{region}" is no region of AWS, or the function's ARN names another one.`,
		Fix:  "Leave it out: an ARN has it, or the provider's aws block.",
		At:   "region",
	}
	msgPayload = rollout.Message{
		ID:   "lambda.payload",
		What: "payload of a lambda job is not JSON",
		Why:  "Lambda hands JSON to the function, and takes nothing else.",
		Fix:  `Write it with jsonencode, such as payload = jsonencode({ command = "migrate" }).`,
		At:   "payload",
	}
	msgGone = rollout.Message{
		ID:  "lambda.gone",
		Why: "there is no such function in {region}, or it has no such version or alias",
		Fix: "Use aws_lambda_function.x.arn and its version: then it is looked at once it exists.",
	}
	msgState = rollout.Message{
		ID:  "lambda.state",
		Why: "it cannot be invoked: its state is {state}",
		Fix: "Run Terraform again when it is Active; if it is Failed, see why in Lambda's console, and update it.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{msgFunction, msgQualifier, msgRegion, msgPayload, msgGone, msgState}, asked.Messages()...)
}
