package gcpserviceaccount

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "gcp_service_account"

// Kind returns the preflight kind "gcp_service_account".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "A service account that exists and is not disabled. It needs the permission `" + permission + "`, " +
			"which `roles/iam.serviceAccountViewer` has.",
		Attributes: map[string]schema.Attribute{
			"email": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The account's email: `google_service_account.x.email`. One that is created in the same apply has to be named by its computed email, " +
					"so that it is checked once it exists.",
			},
		},
		Messages: messages(),
	}.ReadBy(read)
}

type block struct {
	Email types.String `tfsdk:"email"`
}

var emailForm = lazyregexp.New(`^[^@\s:/]+@[^@\s:/]+\.[a-z]+$`)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{email: b.Email.ValueString()}
	if !b.Email.IsUnknown() && !emailForm.MatchString(c.email) {
		m := msgNoEmail
		switch {
		case strings.HasPrefix(c.email, "serviceAccount:"):
			m = msgEmailIsAMember
		case strings.HasPrefix(c.email, "projects/"):
			m = msgEmailIsAnID
		}
		r.Wrong("", m, "email", c.email)
	}
	return c.email, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
