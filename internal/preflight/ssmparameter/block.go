package ssmparameter

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

const name = "ssm_parameter"

// Kind returns the preflight kind "ssm_parameter".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "A parameter in Parameter Store of AWS Systems Manager. Only metadata is read, never the value: it needs `" + describe +
			"`, and not `ssm:GetParameter`, which returns the value.",
		Attributes: map[string]schema.Attribute{
			"parameter": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The parameter: `aws_ssm_parameter.x.arn`, or its name. One that is created in the same apply has to be named by its computed ARN, " +
					"so that it is checked once it exists.",
			},
			"type":   schema.StringAttribute{Optional: true, MarkdownDescription: "The type that it has to have: `String`, `StringList` or `SecureString`. Default: any."},
			"region": amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "*", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Parameter types.String `tfsdk:"parameter"`
	Type      types.String `tfsdk:"type"`
	Region    types.String `tfsdk:"region"`
}

var form = preflight.AmazonForm{Service: "ssm", Before: "parameter", Name: lazyregexp.New(`^[A-Za-z0-9_.-]+$|^(/[A-Za-z0-9_.-]+)+$`)}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{parameter: amazon.Named(r, "parameter", b.Parameter, b.Region, form, msgNoParameter)}
	known := func(t string) bool { return slices.Contains([]string{"String", "StringList", "SecureString"}, t) }
	c.sort = r.Text(b.Type, known, "type", msgNoType, "type", b.Type.ValueString())
	// The ARN of a name without a hierarchy has a slash before it all the same.
	if c.parameter.Account != "" && strings.Count(c.parameter.Name, "/") == 1 {
		c.flat = strings.TrimPrefix(c.parameter.Name, "/")
	}
	return c.parameter.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
