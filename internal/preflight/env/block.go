package env

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "env"

// Kind returns the preflight kind "env".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name:           name,
		NeedsCandidate: true,
		Doc: "The names of environment variables that the candidate must have, whether they are plain values or references to secrets. " +
			"Values are never looked at. A name that the live revision has and the candidate has not is a warning. " +
			"At plan it looks at the settings that the candidate will have, and in apply at those that it has, before it gets traffic.",
		Attributes: map[string]schema.Attribute{
			"names": schema.ListAttribute{
				Required:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "The names, such as `[\"DATABASE_URL\"]`.",
			},
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: validate,
		Object: func(ctx context.Context, block types.Object) string {
			if names, known := read(ctx, block); known && len(validate(ctx, block)) == 0 {
				return check{without(names, nil)}.object()
			}
			return ""
		},
		Open: func(ctx context.Context, block types.Object, _ *cloud.Clients) (rollout.Check, error) {
			if problems := validate(ctx, block); len(problems) > 0 {
				return nil, problems[0]
			}
			names, _ := read(ctx, block)
			return check{without(names, nil)}, nil
		},
	}
}

type block struct {
	Names types.List `tfsdk:"names"`
}

// read returns the names; known is false where one of them is not.
func read(ctx context.Context, object types.Object) (names []string, known bool) {
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() || b.Names.IsUnknown() {
		return nil, false
	}
	known = true
	for _, e := range b.Names.Elements() {
		s, ok := e.(types.String)
		known = known && ok && !s.IsUnknown()
		names = append(names, s.ValueString())
	}
	return names, known
}

// validate does not quote what is no name: it may be a value.
func validate(ctx context.Context, object types.Object) []rollout.Problem {
	names, known := read(ctx, object)
	if !known {
		return nil
	}
	if len(names) == 0 {
		return []rollout.Problem{msgNoNames.With()}
	}
	for i, n := range names {
		if n == "" || strings.ContainsAny(n, "= \t\r\n") {
			return []rollout.Problem{msgNoName.With("number", i+1)}
		}
	}
	return nil
}
