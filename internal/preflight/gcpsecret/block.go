package gcpsecret

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "gcp_secret"

// Kind returns the preflight kind "gcp_secret".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name:  name,
		Alone: true,
		Doc: "A version of a secret in Secret Manager that exists and is enabled. Only metadata is read, never the value: " +
			"it needs the permission `secretmanager.versions.get`, which `roles/secretmanager.viewer` has.",
		Attributes: map[string]schema.Attribute{
			"version": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The version's id: `google_secret_manager_secret_version.x.id`, `projects/P/secrets/S/versions/3` or `projects/P/secrets/S/versions/latest`. " +
					"One that is created in the same apply has to be named by its computed id, so that it is checked once it exists.",
			},
			"readable_by": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The email of the service account that has to read the secret. It is looked for in the secret's own policy, which needs " +
					"`secretmanager.secrets.getIamPolicy`. Where it is not found there, that is unknown rather than wrong, for it may be inherited: a warning, which stops nothing.",
			},
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: validate,
		Object: func(ctx context.Context, object types.Object) string {
			if i, ok := parse(read(ctx, object).Version.ValueString()); ok {
				return i.String()
			}
			return ""
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Check, error) {
			if problems := validate(ctx, object); len(problems) > 0 {
				return nil, problems[0]
			}
			b := read(ctx, object)
			i, _ := parse(b.Version.ValueString())
			return check{clients, i, b.ReadableBy.ValueString()}, nil
		},
	}
}

type block struct {
	Version    types.String `tfsdk:"version"`
	ReadableBy types.String `tfsdk:"readable_by"`
}

// read returns the block; everything in it is unknown where it is.
func read(ctx context.Context, object types.Object) block {
	b := block{types.StringUnknown(), types.StringUnknown()}
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return block{types.StringUnknown(), types.StringUnknown()}
	}
	return b
}

var (
	secretForm   = lazyregexp.New(`^projects/[^/\s]+/secrets/[A-Za-z0-9_-]+$`)
	regionalForm = lazyregexp.New(`^projects/[^/\s]+/locations/[a-z0-9-]+/secrets/[A-Za-z0-9_-]+(/versions/[A-Za-z0-9_-]+)?$`)
	emailForm    = lazyregexp.New(`^[^@\s:/]+@[^@\s:/]+\.[a-z]+$`)
)

func validate(ctx context.Context, object types.Object) []rollout.Problem {
	b := read(ctx, object)
	var out []rollout.Problem
	if text := b.Version.ValueString(); !b.Version.IsUnknown() {
		if _, ok := parse(text); !ok {
			out = append(out, wrong(text))
		}
	}
	if reader := b.ReadableBy.ValueString(); !b.ReadableBy.IsUnknown() && !b.ReadableBy.IsNull() && !emailForm.MatchString(reader) {
		m := msgNoReader
		if strings.HasPrefix(reader, "serviceAccount:") {
			m = msgReaderIsAMember
		}
		out = append(out, m.With("reader", reader))
	}
	return out
}

// wrong says what is wrong with what is no id. It is quoted only where it is the
// name of a secret: it may be the secret itself.
func wrong(text string) rollout.Problem {
	switch {
	case secretForm.MatchString(text):
		return msgSecretWithoutVersion.With("secret", text)
	case regionalForm.MatchString(text):
		return msgRegional.With("secret", text)
	}
	return msgNoVersion.With()
}
