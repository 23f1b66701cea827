package releaseorder

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const kind = "release_order"

// Kind returns the preflight kind "release_order".
func Kind() preflight.Kind {
	k := preflight.Kind{
		Name: kind,
		Doc: "Another deployment that has to be promoted first: it has promoted the revision that it is to have. While that one is about to change it is not known, and is looked at in apply, once that one has been applied. " +
			"The guide [Release order](../guides/release-order) says which goes first.",
		Attributes: map[string]schema.Attribute{
			"revision": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The revision that it is to have: `rollout_safe_deployment.worker.revision`. Both this and `promoted` have to be given.",
			},
			"promoted": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The revision that it has promoted: `rollout_safe_deployment.worker.promoted`.",
			},
			"role": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The `role` of that deployment: " + words() + ". It is needed where this deployment has a `role` itself, so that a plan can say which one is missing.",
			},
		},
		Messages: messages(),
	}.ReadBy(read)
	k.After = func(ctx context.Context, object types.Object) types.String {
		var b block
		if !preflight.NewReading(ctx, object).Into(&b) {
			return types.StringUnknown()
		}
		return b.Role
	}
	return k
}

// words are the roles as documents list them.
func words() string {
	var out []string
	for _, r := range rollout.Roles() {
		out = append(out, "`"+string(r)+"`")
	}
	return strings.Join(out, ", ")
}

type block struct {
	Revision types.String `tfsdk:"revision"`
	Promoted types.String `tfsdk:"promoted"`
	Role     types.String `tfsdk:"role"`
}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	role := r.Text(b.Role, func(s string) bool { return slices.Contains(rollout.Roles(), rollout.Role(s)) }, "role", msgNoRole,
		"role", b.Role.ValueString(), "words", strings.ReplaceAll(words(), "`", ""))
	written := func(s string) bool { return s != "" }
	c := check{
		revision: r.Text(b.Revision, written, "revision", msgNothing, "attribute", "revision"),
		promoted: r.Text(b.Promoted, written, "promoted", msgNothing, "attribute", "promoted"),
	}
	c.object = role
	if role == "" {
		c.object = c.revision
	}
	return c.object, func(*cloud.Clients) rollout.Check { return c }
}
