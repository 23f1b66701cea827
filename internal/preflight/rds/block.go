package rds

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "rds"

// Kind returns the preflight kind "rds".
func Kind() preflight.Kind {
	k := preflight.Kind{
		Name: name,
		Doc: "An instance or a cluster of Amazon RDS or Aurora that is available, has no engine upgrade pending, and goes down for no maintenance during the rollout. It needs `" +
			describeInstance + "` or `" + describeCluster + "`, and `" + describePending + "`, on it.",
		Attributes: map[string]schema.Attribute{
			"instance": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The instance: `aws_db_instance.x.arn`, or its name (`identifier`). Either this or `cluster`. One that is created in the same apply has to be named by its " +
					"computed ARN, so that it is checked once it exists.",
			},
			"cluster":        schema.StringAttribute{Optional: true, MarkdownDescription: "The cluster: `aws_rds_cluster.x.arn`, or its name (`cluster_identifier`)."},
			"engine_version": schema.StringAttribute{Optional: true, MarkdownDescription: "The version that it has to have, or the beginning of it: `16` is `16.3` too. Default: any."},
			"no_maintenance_within": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "How long no maintenance may be due, from the beginning of the rollout, such as `\"2h\"`. Default: as long as the rollout takes, " +
					"with all its bakes, its watch and the waiting of its gates; `1h` where there is no rollout. `0s` minds only what is due already.",
			},
			"region": amazon.Region(),
		},
		Messages: messages(),
		Permissions: []cloud.Permission{
			{Action: describeInstance, Resource: "arn:{partition}:rds:{region}:{account}:db:{db_instance}", Phase: cloud.AtPlan, Where: "with `instance`"},
			{Action: describeCluster, Resource: "arn:{partition}:rds:{region}:{account}:cluster:{db_cluster}", Phase: cloud.AtPlan, Where: "with `cluster`"},
			{Action: describePending, Resource: "arn:{partition}:rds:{region}:{account}:db:{db_instance}", Phase: cloud.AtPlan, Where: "with `instance`"},
			{Action: describePending, Resource: "arn:{partition}:rds:{region}:{account}:cluster:{db_cluster}", Phase: cloud.AtPlan, Where: "with `cluster`"},
		},
	}.ReadBy(read)
	k.Alone = false // when the rollout is counts too
	return k
}

type block struct {
	Instance types.String `tfsdk:"instance"`
	Cluster  types.String `tfsdk:"cluster"`
	Version  types.String `tfsdk:"engine_version"`
	Free     types.String `tfsdk:"no_maintenance_within"`
	Region   types.String `tfsdk:"region"`
}

const identifier = `^[A-Za-z][A-Za-z0-9-]{0,62}$`

var (
	instanceForm = preflight.AmazonForm{Service: "rds", Before: "db:", Name: lazyregexp.New(identifier)}
	clusterForm  = preflight.AmazonForm{Service: "rds", Before: "cluster:", Name: lazyregexp.New(identifier)}
	versionForm  = lazyregexp.New(`^[0-9]+(\.[0-9A-Za-z_-]+)*$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	switch {
	case b.Instance.IsNull() && b.Cluster.IsNull():
		r.Wrong("instance", msgWhich, "named", "neither")
	case b.Instance.ValueString() != "" && b.Cluster.ValueString() != "":
		r.Wrong("cluster", msgWhich, "named", "both")
	case b.Cluster.IsNull():
		c.database = amazon.Named(r, "instance", b.Instance, b.Region, instanceForm, msgNoInstance, "instance", b.Instance.ValueString())
	default:
		c.cluster = true
		c.database = amazon.Named(r, "cluster", b.Cluster, b.Region, clusterForm, msgNoCluster, "cluster", b.Cluster.ValueString())
	}
	c.version = r.Text(b.Version, versionForm.MatchString, "engine_version", msgNoVersion, "version", b.Version.ValueString())
	c.quiet = r.Quiet(b.Free, "no_maintenance_within", msgNoDuration, "duration", b.Free.ValueString())
	return c.database.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
