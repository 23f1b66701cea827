package securitygrouppath

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "security_group_path"

// Kind returns the preflight kind "security_group_path".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "A way from one security group to a port of another one: the rules of both let it through. No packet is sent. It needs `" + describe +
			"`, which knows no single resource.",
		Attributes: map[string]schema.Attribute{
			"from": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The group of what connects: `aws_security_group.x.id`, or its ARN. One that is created in the same apply has to be named by its computed id, " +
					"so that it is checked once it exists.",
			},
			"to":       schema.StringAttribute{Required: true, MarkdownDescription: "The group of what is connected to, as `from`."},
			"port":     schema.Int64Attribute{Required: true, MarkdownDescription: "The port that has to be reached."},
			"protocol": schema.StringAttribute{Optional: true, MarkdownDescription: "`tcp` or `udp`. Default: `tcp`."},
			"region":   amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "*", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	From     types.String `tfsdk:"from"`
	To       types.String `tfsdk:"to"`
	Port     types.Int64  `tfsdk:"port"`
	Protocol types.String `tfsdk:"protocol"`
	Region   types.String `tfsdk:"region"`
}

var form = preflight.AmazonForm{Service: "ec2", Name: lazyregexp.New(`^(security-group/)?sg-[0-9a-f]{8,17}$`)}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{protocol: "tcp"}
	c.from = amazon.Named(r, "from", b.From, b.Region, form, msgNoGroup, "at", "from", "group", b.From.ValueString())
	c.to = amazon.Named(r, "to", b.To, types.StringNull(), form, msgNoGroup, "at", "to", "group", b.To.ValueString())
	if c.port = b.Port.ValueInt64(); !b.Port.IsNull() && !b.Port.IsUnknown() && (c.port < 1 || c.port > 65535) {
		r.Wrong("port", msgNoPort, "port", c.port)
	}
	known := func(p string) bool { return slices.Contains([]string{"tcp", "udp"}, p) }
	if p := r.Text(b.Protocol, known, "protocol", msgNoProtocol, "protocol", b.Protocol.ValueString()); p != "" {
		c.protocol = p
	}
	object := ""
	if c.from.Name != "" && c.to.Name != "" {
		object = id(c.from) + " to " + id(c.to)
	}
	return object, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
