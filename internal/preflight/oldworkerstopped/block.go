package oldworkerstopped

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	kind = "old_worker_stopped"

	stopTask = "ecs:StopTask"

	stopAfter = "stop_after"
)

// Kind returns the preflight kind "old_worker_stopped".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: kind,
		Doc: "No old task of a worker on Amazon ECS runs any more: its service's deployment of the wanted task definition is completed, and every other task has stopped. `within` is the time that what is in flight may take; with `stop_after` old tasks are told to stop after a part of it. " +
			"The guide [Release order](../guides/release-order) has what it does not see.",
		Attributes: map[string]schema.Attribute{
			"ecs_service": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The worker's service: `aws_ecs_service.worker.id`, which is its ARN, or `CLUSTER/NAME`. The reference makes Terraform deploy the worker first. " +
					"ECS itself has to deploy it, not CodeDeploy or another controller.",
			},
			"task_definition": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The task definition that alone is to run: `aws_ecs_task_definition.worker.arn`, or `FAMILY:REVISION`. While a new revision of it is yet to be made it is not known, and the requirement is looked at in apply.",
			},
			"region": amazon.Region(),
		},
		Enforced: &preflight.Enforced{
			Attribute: stopAfter, Does: "stops old tasks of {object} that still run after {after}",
			Doc: "After how long of waiting in apply old tasks are told to stop (`ecs:StopTask`), such as `\"10m\"`; `within` has to be longer, by the `stopTimeout` of their containers at least. " +
				"That happens once everything else that is required is there, and only as far as the service's minimum healthy percent leaves running, of which new tasks count that have run for a minute. " +
				"Default: nobody is told to stop.",
		},
		Messages: messages(),
		Permissions: append(preflight.ECSPermissions(""),
			cloud.Permission{Action: stopTask, Resource: "arn:{partition}:ecs:{region}:{account}:task/{cluster}/*", Phase: cloud.AtApply, Where: "with `stop_after`"}),
	}.ReadBy(read)
}

type block struct {
	Service    types.String `tfsdk:"ecs_service"`
	Definition types.String `tfsdk:"task_definition"`
	Region     types.String `tfsdk:"region"`
}

var revision = lazyregexp.New(`^[A-Za-z0-9_-]{1,255}:[1-9]\d{0,9}$`)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{service: amazon.Named(r, "ecs_service", b.Service, b.Region, preflight.ECSForm, msgNoService, "service", b.Service.ValueString())}
	c.cluster, c.name, _ = strings.Cut(c.service.Name, "/")
	wanted, ok := cloud.ReadAWSName(b.Definition.ValueString(), "ecs", "task-definition/")
	if has := !b.Definition.IsUnknown() && !b.Definition.IsNull(); has && (!ok || !revision.MatchString(wanted.Name)) {
		r.Wrong("task_definition", msgNoDefinition, "definition", b.Definition.ValueString())
	}
	c.wanted = wanted
	return c.service.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
