package ecscluster

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "ecs_cluster"

// Kind returns the preflight kind "ecs_cluster".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc:  "A cluster of Amazon ECS that is active. It needs `" + describe + "` on the cluster.",
		Attributes: map[string]schema.Attribute{
			"cluster": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The cluster: `aws_ecs_cluster.x.arn`, or its name. One that is created in the same apply has to be named by its computed ARN, " +
					"so that it is checked once it exists.",
			},
			"capacity_provider": schema.StringAttribute{Optional: true, MarkdownDescription: "The capacity provider that it has to have, such as `FARGATE` or `FARGATE_SPOT`. Default: any, or none."},
			"region":            amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "arn:{partition}:ecs:{region}:{account}:cluster/{cluster}", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Cluster  types.String `tfsdk:"cluster"`
	Provider types.String `tfsdk:"capacity_provider"`
	Region   types.String `tfsdk:"region"`
}

var form = preflight.AmazonForm{Service: "ecs", Before: "cluster/", Name: lazyregexp.New(`^[A-Za-z0-9_-]{1,255}$`)}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{cluster: amazon.Named(r, "cluster", b.Cluster, b.Region, form, msgNoCluster, "cluster", b.Cluster.ValueString())}
	c.provider = b.Provider.ValueString()
	return c.cluster.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
