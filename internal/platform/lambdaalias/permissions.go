package lambdaalias

import "github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"

// What a permission is about
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html).
const (
	onFunction  = "arn:{partition}:lambda:{region}:{account}:function:{function}"
	onQualified = onFunction + ":*"
	onAPIs      = "arn:{partition}:apigateway:{region}::/*"
	onObject    = "arn:{partition}:s3:::{bucket}/{object}"
	onImages    = "arn:{partition}:ecr:{region}:{registry_account}:repository/{repository}"
)

const ofTheAlias = "of the alias, for a gate `http`"

const provisionedAlone = "with `provisioned_concurrency`"

// Of its own account Lambda reads an image itself
// (https://repost.aws/knowledge-center/lambda-ecr-image).
const ofOthers = "with `image_uri` in another account's registry; Lambda reads that image as whoever applies, and the repository's policy has to allow it, too"

// permissions are all that is asked of an account, in the order in which it is
// first asked for.
func permissions() []cloud.Permission {
	return []cloud.Permission{
		{Action: "lambda:GetAlias", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetFunction", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetFunction", Resource: onQualified, Phase: cloud.AtPlan},
		{Action: "lambda:GetProvisionedConcurrencyConfig", Resource: onQualified, Phase: cloud.AtPlan},
		{Action: "lambda:ListEventSourceMappings", Resource: "*", Phase: cloud.AtPlan},
		{Action: "lambda:GetFunctionUrlConfig", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetFunctionUrlConfig", Resource: onQualified, Phase: cloud.AtPlan, Where: ofTheAlias},
		{Action: "lambda:GetPolicy", Resource: onFunction, Phase: cloud.AtPlan},
		{Action: "lambda:GetPolicy", Resource: onQualified, Phase: cloud.AtPlan},
		{Action: "apigateway:GET", Resource: onAPIs, Phase: cloud.AtPlan, Where: "where API Gateway may invoke the function"},
		{Action: "lambda:ListVersionsByFunction", Resource: onFunction, Phase: cloud.AtPlan, Where: "unless `version` is a number"},
		{Action: "lambda:UpdateFunctionConfiguration", Resource: onFunction, Phase: cloud.AtApply, Where: "unless `version` is given"},
		{Action: "lambda:UpdateFunctionCode", Resource: onFunction, Phase: cloud.AtApply, Where: "unless `version` is given"},
		{Action: "s3:GetObject", Resource: onObject, Phase: cloud.AtApply, Where: "with `s3_bucket`; Lambda reads the object as whoever applies"},
		{Action: "s3:GetObjectVersion", Resource: onObject, Phase: cloud.AtApply, Where: "with `s3_object_version`"},
		{Action: "ecr:BatchGetImage", Resource: onImages, Phase: cloud.AtApply, Where: ofOthers},
		{Action: "ecr:GetDownloadUrlForLayer", Resource: onImages, Phase: cloud.AtApply, Where: ofOthers},
		{Action: "lambda:PublishVersion", Resource: onFunction, Phase: cloud.AtApply, Where: "unless `version` is given"},
		{Action: "lambda:PutProvisionedConcurrencyConfig", Resource: onQualified, Phase: cloud.AtApply, Where: provisionedAlone},
		{Action: "lambda:UpdateAlias", Resource: onFunction, Phase: cloud.AtApply},
		{Action: "lambda:DeleteProvisionedConcurrencyConfig", Resource: onQualified, Phase: cloud.AtApply, Where: provisionedAlone},
		{Action: "lambda:ListTags", Resource: onFunction, Phase: cloud.AtPlan, Where: "for a person's word `rollout-abort`; without it a plan warns"},
	}
}
