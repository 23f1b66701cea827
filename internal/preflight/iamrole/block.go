package iamrole

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "iam_role"

// Kind returns the preflight kind "iam_role".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "A role of IAM that exists, that a service may assume, and whose policies allow what the revision does. It needs `" + getRole + "`, and for `allows` also `" +
			simulate + "`: without that, whether it is allowed is unknown rather than wrong, which is a warning and stops nothing.",
		Attributes: map[string]schema.Attribute{
			"role": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The role: `aws_iam_role.x.arn`, or its name. One that is created in the same apply has to be named by its computed ARN, " +
					"so that it is checked once it exists.",
			},
			"trusts": schema.StringAttribute{Optional: true, MarkdownDescription: "The service that has to be able to assume it, such as `lambda.amazonaws.com` or `ecs-tasks.amazonaws.com`."},
			"allows": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The actions that its policies have to allow, such as `[\"s3:GetObject\"]`. They are simulated, which sees the role's own policies and not those of resources.",
			},
			"resources": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "The ARNs on which each of the actions has to be allowed, such as `[\"arn:aws:s3:::uploads/*\"]`. Default: `[\"*\"]`, everything.",
			},
		},
		Messages: messages(),
		Permissions: []cloud.Permission{
			{Action: getRole, Resource: "arn:{partition}:iam::{account}:role/{role}", Phase: cloud.AtPlan},
			{Action: simulate, Resource: "arn:{partition}:iam::{account}:role/{role}", Phase: cloud.AtPlan, Where: "with `allows`; optional"},
		},
	}.ReadBy(read)
}

type block struct {
	Role      types.String `tfsdk:"role"`
	Trusts    types.String `tfsdk:"trusts"`
	Allows    types.List   `tfsdk:"allows"`
	Resources types.List   `tfsdk:"resources"`
}

var (
	form         = preflight.AmazonForm{Service: "iam", Before: "role/", Name: lazyregexp.New(`^([!-.0-9;-~]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`)}
	serviceForm  = lazyregexp.New(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
	actionForm   = lazyregexp.New(`^[a-z0-9-]+:[A-Za-z0-9]+$`)
	resourceForm = lazyregexp.New(`^(\*|arn:[a-z-]+:[^\s]+)$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{role: amazon.Named(r, "role", b.Role, types.StringNull(), form, msgNoRole, "role", b.Role.ValueString())}
	c.service = r.Text(b.Trusts, serviceForm.MatchString, "trusts", msgNoService, "service", b.Trusts.ValueString())
	for _, v := range r.Texts(b.Allows) {
		c.actions = append(c.actions, r.Text(v, actionForm.MatchString, "allows", msgNoAction, "action", v.ValueString()))
	}
	for _, v := range r.Texts(b.Resources) {
		c.resources = append(c.resources, r.Text(v, resourceForm.MatchString, "resources", msgNoResource, "resource", v.ValueString()))
	}
	if b.Allows.IsNull() && len(c.resources) > 0 {
		r.Wrong("resources", msgResourcesAlone)
	}
	if len(c.resources) == 0 {
		c.resources = []string{"*"}
	}
	return c.role.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
