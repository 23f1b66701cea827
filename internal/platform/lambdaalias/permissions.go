package lambdaalias

import "github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"

// What a permission is about
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html).
const (
	onFunction  = "arn:{partition}:lambda:{region}:{account}:function:{function}"
	onQualified = onFunction + ":*"
	onAPIs      = "arn:{partition}:apigateway:{region}::/*"
)

// permissions are all that is asked of an account. What only some blocks need is
// asked for by those alone.
func permissions() []cloud.Permission {
	return []cloud.Permission{
		{Action: "lambda:GetAlias", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetFunction", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetFunction", Resource: onQualified, Phase: cloud.AtPlan},
		{Action: "lambda:GetFunctionUrlConfig", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetPolicy", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetPolicy", Resource: onQualified, Phase: cloud.AtPlan},
		{Action: "lambda:GetProvisionedConcurrencyConfig", Resource: onQualified, Phase: cloud.AtPlan},
		{Action: "lambda:ListEventSourceMappings", Resource: "*", Phase: cloud.AtPlan},
		{Action: "lambda:ListTags", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:ListVersionsByFunction", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "apigateway:GET", Resource: onAPIs, Phase: cloud.AtPlan},
		{Action: "lambda:UpdateAlias", Resource: onFunction, Phase: cloud.AtApply},
		{Action: "lambda:UpdateFunctionConfiguration", Resource: onFunction, Phase: cloud.AtApply},
		{Action: "lambda:UpdateFunctionCode", Resource: onFunction, Phase: cloud.AtApply},
		{Action: "lambda:PublishVersion", Resource: onFunction, Phase: cloud.AtApply},
		{Action: "lambda:PutProvisionedConcurrencyConfig", Resource: onQualified, Phase: cloud.AtApply},
		{Action: "lambda:DeleteProvisionedConcurrencyConfig", Resource: onQualified, Phase: cloud.AtApply},
	}
}
