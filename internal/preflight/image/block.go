package image

import (
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const kind = "image"

// usual is what Cloud Run runs.
var usual = v1.Platform{OS: "linux", Architecture: "amd64"}

// Kind returns the preflight kind "image".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: kind,
		Doc: "An image that is in its registry, and made for the platform on which it runs. Only its manifest and its configuration are read. " +
			"In Artifact Registry it needs `artifactregistry.repositories.downloadArtifacts`, which `roles/artifactregistry.reader` has.",
		Attributes: map[string]schema.Attribute{
			"image": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The image, such as the one that `cloud_run` gets: `host/path@sha256:DIGEST`, or `host/path:TAG`.",
			},
			"platform": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The platform that it has to be made for, alone or among others. Default: `linux/amd64`, which Cloud Run runs.",
			},
		},
		Messages: messages(),
	}.ReadBy(read)
}

type block struct {
	Image    types.String `tfsdk:"image"`
	Platform types.String `tfsdk:"platform"`
}

var platformForm = lazyregexp.New(`^[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?$`)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{platform: usual}
	if text := b.Image.ValueString(); !b.Image.IsUnknown() {
		if _, err := name.ParseReference(text); err != nil || strings.Contains(text, "://") {
			r.Wrong("image", msgNoImage, "image", text)
		} else {
			c.image = text
		}
	}
	if text := b.Platform.ValueString(); !b.Platform.IsUnknown() && !b.Platform.IsNull() {
		p, err := v1.ParsePlatform(text)
		if err != nil || !platformForm.MatchString(text) {
			r.Wrong("platform", msgNoPlatform, "platform", text)
		} else {
			c.platform = *p
		}
	}
	return c.image, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
