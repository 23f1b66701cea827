package ecstask

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "ecs_task"

// Kind returns the job kind "ecs_task".
func Kind() job.Kind {
	return job.Kind{
		Name: name,
		Doc: "A task of Amazon ECS, run once and to its end: the exit code of its container decides. " +
			"It runs from a copy of the task definition, `FAMILY-rollout-KEY`, which stays: a tag of the copy says how far the job has come, for ECS forgets tasks within an hour. " +
			"Its last log lines stand in the error where the container logs with the driver `awslogs`.",
		Attributes: attributes(), Blocks: map[string]schema.Block{}, Messages: messages(), Permissions: permissions(),
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Describe: func(ctx context.Context, object types.Object) job.Description {
			j, problems := read(ctx, object)
			if len(problems) > 0 || j.family == "" {
				return job.Description{}
			}
			d := job.Description{Object: j.family, Image: j.candidate}
			if j.cluster.Name != "" {
				d.By = "aws ecs describe-tasks" + cloud.AWSRegionFlag(j.region) + " --cluster " + j.cluster.Name + " --tasks {id}"
			}
			return d
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

func attributes() map[string]schema.Attribute {
	text := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	texts := func(doc string) schema.ListAttribute {
		return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"task_definition": schema.StringAttribute{Required: true, MarkdownDescription: "The task definition: `aws_ecs_task_definition.x.arn`, `family:revision`, or a family for its latest revision."},
		"cluster":         schema.StringAttribute{Required: true, MarkdownDescription: "The cluster: `aws_ecs_cluster.x.arn`, or its name."},
		"container":       text("The container that is the job. Default: the only one, or the only essential one."),
		"candidate_image": schema.BoolAttribute{Optional: true, MarkdownDescription: "Run the candidate's image in that container, by digest, in place of the one that the task definition has. Default `false`."},
		"command":         texts("The command of that container. Default: what its definition or its image says."),
		"service":         text("The name of a service of the cluster: the task runs where its tasks do, in its subnets and security groups, and on its launch type or capacity providers."),
		"subnets":         texts("The subnets to run in, in place of `service`."),
		"security_groups": texts("The security groups, beside `subnets`. Default: that of the VPC."),
		"assign_public_ip": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "Whether the task gets a public address, beside `subnets`: without one it needs a NAT gateway or VPC endpoints to pull its image. Default `false`.",
		},
		"launch_type":       text("`FARGATE`, `EC2` or `EXTERNAL`. Default: what the cluster's default capacity provider strategy says, or `EC2`."),
		"capacity_provider": text("A capacity provider, in place of `launch_type`."),
		"log_lines":         job.LogLines("the job's container", "They are read from CloudWatch Logs"),
		"region":            text("The region, where no ARN says it. Default: that of the provider's `aws` block or of the environment."),
	}
}

func permissions() []cloud.Permission {
	const (
		own   = "arn:{partition}:ecs:{region}:{account}:task-definition/{family}-rollout-*:*"
		tasks = "arn:{partition}:ecs:{region}:{account}:task/{cluster}/*"
	)
	return []cloud.Permission{
		{Action: "ecs:DescribeTaskDefinition", Resource: "*", Phase: cloud.AtPlan},
		{Action: "ecs:DescribeClusters", Resource: "arn:{partition}:ecs:{region}:{account}:cluster/{cluster}", Phase: cloud.AtPlan},
		{Action: "ecs:DescribeServices", Resource: "arn:{partition}:ecs:{region}:{account}:service/{cluster}/{service}", Phase: cloud.AtPlan, Where: "with `service`"},
		{Action: "ecs:ListTaskDefinitions", Resource: "*", Phase: cloud.AtApply},
		{Action: "ecs:RegisterTaskDefinition", Resource: "*", Phase: cloud.AtApply},
		{Action: "ecs:TagResource", Resource: own, Phase: cloud.AtApply},
		{Action: "iam:PassRole", Resource: "arn:{partition}:iam::{account}:role/{task_role}", Phase: cloud.AtApply, Where: "for both roles of the task"},
		{Action: "ecs:ListTasks", Resource: "*", Phase: cloud.AtApply},
		{Action: "ecs:RunTask", Resource: own, Phase: cloud.AtApply},
		{Action: "ecs:DescribeTasks", Resource: tasks, Phase: cloud.AtApply},
		{Action: "logs:GetLogEvents", Resource: "arn:{partition}:logs:{region}:{account}:log-group:{log_group}:log-stream:*", Phase: cloud.AtApply, Where: "for `log_lines`"},
	}
}

type block struct {
	TaskDefinition   types.String `tfsdk:"task_definition"`
	Cluster          types.String `tfsdk:"cluster"`
	Container        types.String `tfsdk:"container"`
	CandidateImage   types.Bool   `tfsdk:"candidate_image"`
	Command          types.List   `tfsdk:"command"`
	Service          types.String `tfsdk:"service"`
	Subnets          types.List   `tfsdk:"subnets"`
	SecurityGroups   types.List   `tfsdk:"security_groups"`
	AssignPublicIP   types.Bool   `tfsdk:"assign_public_ip"`
	LaunchType       types.String `tfsdk:"launch_type"`
	CapacityProvider types.String `tfsdk:"capacity_provider"`
	LogLines         types.Int64  `tfsdk:"log_lines"`
	Region           types.String `tfsdk:"region"`
}

var (
	definitionForm = lazyregexp.New(`^([A-Za-z0-9_-]{1,255})(:[0-9]{1,10})?$`)
	clusterForm    = lazyregexp.New(`^[A-Za-z0-9_-]{1,255}$`)
)

// read returns the job; what is not known is not wrong.
func read(ctx context.Context, object types.Object) (*task, []rollout.Problem) {
	j := &task{}
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return j, nil
	}
	problems := append(j.names(b), b.place()...)
	j.container, j.candidate = b.Container.ValueString(), b.CandidateImage.ValueBool()
	j.command, j.service = texts(b.Command), b.Service.ValueString()
	j.subnets, j.groups, j.public = texts(b.Subnets), texts(b.SecurityGroups), b.AssignPublicIP.ValueBool()
	j.launchType, j.provider = b.LaunchType.ValueString(), b.CapacityProvider.ValueString()
	j.lines = job.ReadLogLines(b.LogLines, &problems)
	return j, problems
}

// names reads which definition and which cluster are meant, and where they are.
func (j *task) names(b block) []rollout.Problem {
	var out []rollout.Problem
	var definition cloud.AWSName
	if v := b.TaskDefinition; !v.IsNull() && !v.IsUnknown() {
		of, ok := cloud.ReadAWSName(v.ValueString(), "ecs", "task-definition/")
		form := definitionForm.FindStringSubmatch(of.Name)
		if !ok || form == nil {
			out = append(out, msgDefinition.With("definition", v.ValueString()))
		} else {
			definition, j.definition, j.family = of, v.ValueString(), form[1]
		}
	}
	if v := b.Cluster; !v.IsNull() && !v.IsUnknown() {
		of, ok := cloud.ReadAWSName(v.ValueString(), "ecs", "cluster/")
		if !ok || !clusterForm.MatchString(of.Name) {
			out = append(out, msgCluster.With("cluster", v.ValueString()))
		} else {
			j.cluster = of
		}
	}
	regions := slices.DeleteFunc([]string{b.Region.ValueString(), definition.Region, j.cluster.Region}, func(r string) bool { return r == "" })
	if len(slices.Compact(regions)) > 1 || len(regions) > 0 && !cloud.IsAWSRegion(regions[0]) {
		out = append(out, msgRegion.With("region", regions[0]))
	}
	if len(regions) > 0 {
		j.region = regions[0]
	}
	return out
}

// place says what is wrong with where the task is to run.
func (b block) place() []rollout.Problem {
	var out []rollout.Problem
	given := func(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }
	own := map[string]bool{
		"assign_public_ip": given(b.AssignPublicIP), "capacity_provider": given(b.CapacityProvider), "launch_type": given(b.LaunchType),
		"security_groups": given(b.SecurityGroups), "subnets": given(b.Subnets),
	}
	for _, attribute := range []string{"subnets", "security_groups", "assign_public_ip", "launch_type", "capacity_provider"} {
		switch {
		case !own[attribute]:
		case given(b.Service):
			return append(out, msgTwoPlaces.With("attribute", attribute))
		case (attribute == "security_groups" || attribute == "assign_public_ip") && b.Subnets.IsNull():
			return append(out, msgSubnets.With("attribute", attribute))
		}
	}
	if own["launch_type"] && own["capacity_provider"] {
		out = append(out, msgTwoProviders.With())
	}
	if v := b.LaunchType; own["launch_type"] && !slices.Contains([]string{"FARGATE", "EC2", "EXTERNAL"}, v.ValueString()) {
		out = append(out, msgLaunchType.With("value", v.ValueString()))
	}
	return out
}

func texts(list types.List) []string {
	var out []string
	for _, e := range list.Elements() {
		if v, ok := e.(types.String); ok && !v.IsUnknown() && strings.TrimSpace(v.ValueString()) != "" {
			out = append(out, v.ValueString())
		}
	}
	return out
}
