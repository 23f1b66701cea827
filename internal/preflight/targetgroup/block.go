package targetgroup

import (
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "target_group"

// Kind returns the preflight kind "target_group".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc:  "A target group of Elastic Load Balancing that exists and is as the revision expects it. It needs `" + describe + "`, which knows no single resource.",
		Attributes: map[string]schema.Attribute{
			"group": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The target group: `aws_lb_target_group.x.arn`, or its name. One that is created in the same apply has to be named by its computed ARN, " +
					"so that it is checked once it exists.",
			},
			"type":              schema.StringAttribute{Optional: true, MarkdownDescription: "What its targets have to be: `instance`, `ip`, `lambda` or `alb`. Default: any."},
			"port":              schema.Int64Attribute{Optional: true, MarkdownDescription: "The port that it has to have. Default: any."},
			"health_check_path": schema.StringAttribute{Optional: true, MarkdownDescription: "The path that its health checks have to ask for, such as `/healthz`. Default: any."},
			"attached":          schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether a listener or a rule has to name it (`true`), or none may (`false`). Default: either."},
			"region":            amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "*", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Group    types.String `tfsdk:"group"`
	Type     types.String `tfsdk:"type"`
	Port     types.Int64  `tfsdk:"port"`
	Path     types.String `tfsdk:"health_check_path"`
	Attached types.Bool   `tfsdk:"attached"`
	Region   types.String `tfsdk:"region"`
}

var form = preflight.AmazonForm{
	Service: "elasticloadbalancing", Name: lazyregexp.New(`^targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]+$|^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$`),
}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{group: amazon.Named(r, "group", b.Group, b.Region, form, msgNoGroup, "group", b.Group.ValueString())}
	known := func(t string) bool { return slices.Contains([]string{"instance", "ip", "lambda", "alb"}, t) }
	c.sort = r.Text(b.Type, known, "type", msgNoType, "type", b.Type.ValueString())
	c.path = r.Text(b.Path, func(p string) bool { return strings.HasPrefix(p, "/") }, "health_check_path", msgNoPath, "path", b.Path.ValueString())
	if c.port = b.Port.ValueInt64(); !b.Port.IsNull() && !b.Port.IsUnknown() && (c.port < 1 || c.port > 65535) {
		r.Wrong("port", msgNoPort, "port", c.port)
	}
	c.attached = b.Attached.ValueBoolPointer()
	return c.group.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
