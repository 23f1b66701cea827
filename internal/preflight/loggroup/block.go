package loggroup

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "log_group"

// Kind returns the preflight kind "log_group".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc:  "A log group of CloudWatch Logs that exists. No event is read: it needs `" + describe + "` on all log groups, for AWS looks a group up by how its name begins.",
		Attributes: map[string]schema.Attribute{
			"group": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The log group: `aws_cloudwatch_log_group.x.arn`, or its name. One that is created in the same apply has to be named by its computed ARN, " +
					"so that it is checked once it exists.",
			},
			"min_retention": schema.Int64Attribute{Optional: true, MarkdownDescription: "For how many days it has to keep events at least. Default: any."},
			"region":        amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "arn:{partition}:logs:{region}:{account}:log-group:*", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Group     types.String `tfsdk:"group"`
	Retention types.Int64  `tfsdk:"min_retention"`
	Region    types.String `tfsdk:"region"`
}

var form = preflight.AmazonForm{Service: "logs", Before: "log-group:", Name: lazyregexp.New(`^[A-Za-z0-9_/.#-]{1,512}(:\*)?$`)}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{group: amazon.Named(r, "group", b.Group, b.Region, form, msgNoGroup, "group", b.Group.ValueString())}
	c.group.Name = strings.TrimSuffix(c.group.Name, ":*")
	if c.days = b.Retention.ValueInt64(); !b.Retention.IsNull() && !b.Retention.IsUnknown() && c.days < 1 {
		r.Wrong("min_retention", msgNoRetention, "days", c.days)
	}
	return c.group.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
