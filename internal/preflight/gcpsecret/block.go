package gcpsecret

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "gcp_secret"

// Kind returns the preflight kind "gcp_secret".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
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
		Messages: messages(),
	}.ReadBy(read)
}

type block struct {
	Version    types.String `tfsdk:"version"`
	ReadableBy types.String `tfsdk:"readable_by"`
}

var (
	secretForm   = lazyregexp.New(`^projects/[^/\s]+/secrets/[A-Za-z0-9_-]+$`)
	regionalForm = lazyregexp.New(`^projects/[^/\s]+/locations/[a-z0-9-]+/secrets/[A-Za-z0-9_-]+(/versions/[A-Za-z0-9_-]+)?$`)
	emailForm    = lazyregexp.New(`^[^@\s:/]+@[^@\s:/]+\.[a-z]+$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	named := ""
	if text := b.Version.ValueString(); !b.Version.IsUnknown() {
		named = c.read(r, text)
	}
	noReader := msgNoReader
	if strings.HasPrefix(b.ReadableBy.ValueString(), "serviceAccount:") {
		noReader = msgReaderIsAMember
	}
	c.reader = r.Text(b.ReadableBy, emailForm.MatchString, "readable_by", noReader, "reader", b.ReadableBy.ValueString())
	return named, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}

// read reads the id of a version, and returns it. What is none is quoted only
// where it is the name of a secret: it may be the secret itself.
func (c *check) read(r *preflight.Reading, text string) string {
	i, ok := parse(text)
	switch {
	case ok:
		c.id = i
		return text
	case secretForm.MatchString(text):
		r.Wrong("", msgSecretWithoutVersion, "secret", text)
	case regionalForm.MatchString(text):
		r.Wrong("", msgRegional, "secret", text)
	default:
		r.Wrong("", msgNoVersion)
	}
	return ""
}
