package lambdafunction

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "lambda"

// Kind returns the job kind "lambda".
func Kind() job.Kind {
	return job.Kind{
		Name: name,
		Doc: "A function of AWS Lambda that is invoked once, synchronously: a function error is a failure, whatever else it answers is a success. " +
			"It is invoked by an alias of its own, `rollout-KEY`, which stays: its description says how far the job has come, for Lambda remembers no invocation. " +
			"The function gets `payload` as its event, and what the rollout tells it (`ROLLOUT_…`) in the client context, under `custom`. It runs its own code: name the version that belongs to the release.",
		Attributes: map[string]schema.Attribute{
			"function":  schema.StringAttribute{Required: true, MarkdownDescription: "The function: `aws_lambda_function.x.arn`, or its name."},
			"qualifier": schema.StringAttribute{Optional: true, MarkdownDescription: "The version that is invoked, such as `aws_lambda_function.x.version`, or an alias, of which it is the version that it points at. Default: `$LATEST`."},
			"payload":   schema.StringAttribute{Optional: true, MarkdownDescription: "The event, as JSON: `jsonencode({ command = \"migrate\" })`. It is shown in plans and state. Default `{}`."},
			"log_lines": job.LogLines("the invocation", "They are among the last 4 KB, which Lambda sends,"),
			"region":    schema.StringAttribute{Optional: true, MarkdownDescription: "The region, where the function's ARN does not say it. Default: that of the provider's `aws` block or of the environment."},
		},
		Blocks: map[string]schema.Block{}, Messages: messages(), Permissions: permissions(),
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Describe: func(ctx context.Context, object types.Object) job.Description {
			j, problems := read(ctx, object)
			if len(problems) > 0 || j.function == "" {
				return job.Description{}
			}
			return job.Description{Object: j.function, By: "aws lambda get-alias" + cloud.AWSRegionFlag(j.region) + " --function-name " + j.function + " --name {id}"}
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Job, error) {
			j, problems := read(ctx, object)
			if len(problems) > 0 {
				return nil, problems[0]
			}
			j.clients = clients
			return j, nil
		},
	}
}

func permissions() []cloud.Permission {
	const function = "arn:{partition}:lambda:{region}:{account}:function:{job_function}"
	return []cloud.Permission{
		{Action: "lambda:GetFunctionConfiguration", Resource: function, Phase: cloud.AtPlan, Where: "without `qualifier`"},
		{Action: "lambda:GetFunctionConfiguration", Resource: function + ":*", Phase: cloud.AtPlan, Where: "with `qualifier`"},
		{Action: "lambda:GetAlias", Resource: function, Phase: cloud.AtApply},
		{Action: "lambda:CreateAlias", Resource: function, Phase: cloud.AtApply},
		{Action: "lambda:InvokeFunction", Resource: function + ":rollout-*", Phase: cloud.AtApply},
		{Action: "lambda:UpdateAlias", Resource: function, Phase: cloud.AtApply},
		{Action: "cloudwatch:GetMetricData", Resource: "*", Phase: cloud.AtApply, Where: "where an answer was lost"},
	}
}

type block struct {
	Function  types.String `tfsdk:"function"`
	Qualifier types.String `tfsdk:"qualifier"`
	Payload   types.String `tfsdk:"payload"`
	LogLines  types.Int64  `tfsdk:"log_lines"`
	Region    types.String `tfsdk:"region"`
}

// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
var (
	functionForm  = lazyregexp.New(`^[A-Za-z0-9_-]{1,64}$`)
	qualifierForm = lazyregexp.New(`^(\$LATEST|[A-Za-z0-9_-]{1,128})$`)
)

// read returns the job; what is not known is not wrong.
func read(ctx context.Context, object types.Object) (*function, []rollout.Problem) {
	j := &function{payload: "{}", accepts: accepts}
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return j, nil
	}
	problems := j.names(b)
	if v := b.Payload; !v.IsNull() && !v.IsUnknown() {
		j.payload = v.ValueString()
	}
	if !json.Valid([]byte(j.payload)) {
		problems = append(problems, msgPayload.With())
	}
	j.lines = job.ReadLogLines(b.LogLines, &problems)
	return j, problems
}

// names reads which function is meant, and where it is.
func (j *function) names(b block) []rollout.Problem {
	var out []rollout.Problem
	if v := b.Function; !v.IsNull() && !v.IsUnknown() {
		of, ok := cloud.ReadAWSName(v.ValueString(), "lambda", "function:")
		if !ok || !functionForm.MatchString(of.Name) {
			return append(out, msgFunction.With("function", v.ValueString()))
		}
		j.given, j.function, j.region = of.Given, of.Name, of.Region
	}
	if v := b.Qualifier; !v.IsNull() && !v.IsUnknown() {
		if j.qualifier = v.ValueString(); !qualifierForm.MatchString(j.qualifier) || strings.HasPrefix(j.qualifier, prefix) {
			out = append(out, msgQualifier.With("qualifier", j.qualifier))
		}
	}
	region := b.Region.ValueString()
	if region != "" && (!cloud.IsAWSRegion(region) || j.region != "" && j.region != region) {
		out = append(out, msgRegion.With("region", region))
	}
	if j.region == "" {
		j.region = region
	}
	return out
}
