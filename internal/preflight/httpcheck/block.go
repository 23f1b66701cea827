package httpcheck

import (
	"context"
	"net/url"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	name  = "http"
	usual = 5 * time.Second
)

// Kind returns the preflight kind "http".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc:  "Something that the revision depends on and that answers a GET. It is asked from where Terraform runs. Redirects are not followed.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The address to ask. Messages and findings leave its query out, but plan and state hold it like any attribute: put no token there. An address with a password is refused.",
			},
			"status": schema.ListAttribute{
				Optional:            true,
				ElementType:         types.Int64Type,
				MarkdownDescription: "The statuses that are good, such as `[200, 401]`. Default: any from 200 to 299.",
			},
			"timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long the answer may take, such as `\"2s\"`. Default: `5s`.",
			},
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Object: func(ctx context.Context, object types.Object) string {
			if c, _ := read(ctx, object); c.at != nil {
				return web.Shown(c.at)
			}
			return ""
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Check, error) {
			c, problems := read(ctx, object)
			if len(problems) > 0 {
				return nil, problems[0]
			}
			c.client = clients.HTTP()
			return c, nil
		},
	}
}

type block struct {
	URL     types.String `tfsdk:"url"`
	Status  types.List   `tfsdk:"status"`
	Timeout types.String `tfsdk:"timeout"`
}

// read turns the block into a check. What is unknown is left out, and is not
// wrong.
func read(ctx context.Context, object types.Object) (check, []rollout.Problem) {
	c := check{timeout: usual}
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return c, nil
	}
	var problems []rollout.Problem
	add := func(p *rollout.Problem) {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	var problem *rollout.Problem
	if !b.URL.IsUnknown() {
		c.at, problem = address(b.URL.ValueString())
		add(problem)
	}
	c.status, problem = statuses(b.Status)
	add(problem)
	if !b.Timeout.IsNull() && !b.Timeout.IsUnknown() {
		d, err := time.ParseDuration(b.Timeout.ValueString())
		if err != nil || d <= 0 {
			problems = append(problems, msgNoDuration.With("value", b.Timeout.ValueString()))
		}
		c.timeout = d
	}
	return c, problems
}

// address reads the address. What is not one is not quoted: it may hold a
// password.
func address(text string) (*url.URL, *rollout.Problem) {
	at, err := url.Parse(text)
	switch {
	case err != nil, at.Host == "", at.Scheme != "https" && at.Scheme != "http":
		return nil, msgNoAddress.Found()
	case at.User != nil:
		return nil, msgCredentialInAddress.Found()
	}
	return at, nil
}

func statuses(list types.List) ([]int, *rollout.Problem) {
	if list.IsNull() || list.IsUnknown() {
		return nil, nil
	}
	var out []int
	for _, e := range list.Elements() {
		v, ok := e.(types.Int64)
		if !ok || v.IsUnknown() {
			continue
		}
		if v.ValueInt64() < 200 || v.ValueInt64() > 599 {
			return nil, msgNoStatus.Found("status", v.ValueInt64())
		}
		out = append(out, int(v.ValueInt64()))
	}
	if len(list.Elements()) == 0 {
		return nil, msgEmptyStatus.Found()
	}
	return out, nil
}
