package gcpserviceaccount

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

const name = "gcp_service_account"

// Kind returns the preflight kind "gcp_service_account".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name:  name,
		Alone: true,
		Doc: "A service account that exists and is not disabled. It needs the permission `" + permission + "`, " +
			"which `roles/iam.serviceAccountViewer` has.",
		Attributes: map[string]schema.Attribute{
			"email": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The account's email: `google_service_account.x.email`. One that is created in the same apply has to be named by its computed email, " +
					"so that it is checked once it exists.",
			},
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: validate,
		Object:   func(ctx context.Context, object types.Object) string { return read(ctx, object).ValueString() },
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Check, error) {
			if problems := validate(ctx, object); len(problems) > 0 {
				return nil, problems[0]
			}
			return check{clients, read(ctx, object).ValueString()}, nil
		},
	}
}

type block struct {
	Email types.String `tfsdk:"email"`
}

// read returns the email; it is unknown where the block is.
func read(ctx context.Context, object types.Object) types.String {
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return types.StringUnknown()
	}
	return b.Email
}

var emailForm = lazyregexp.New(`^[^@\s:/]+@[^@\s:/]+\.[a-z]+$`)

func validate(ctx context.Context, object types.Object) []rollout.Problem {
	email := read(ctx, object)
	if email.IsUnknown() || emailForm.MatchString(email.ValueString()) {
		return nil
	}
	m := msgNoEmail
	switch {
	case strings.HasPrefix(email.ValueString(), "serviceAccount:"):
		m = msgEmailIsAMember
	case strings.HasPrefix(email.ValueString(), "projects/"):
		m = msgEmailIsAnID
	}
	return []rollout.Problem{m.With("email", email.ValueString())}
}
