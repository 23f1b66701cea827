package image

import (
	"context"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

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
		Name:  kind,
		Alone: true,
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
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problems := read(ctx, object)
			return problems
		},
		Object: func(ctx context.Context, object types.Object) string {
			c, _ := read(ctx, object)
			return c.image
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Check, error) {
			c, problems := read(ctx, object)
			if len(problems) > 0 {
				return nil, problems[0]
			}
			c.clients = clients
			return c, nil
		},
	}
}

type block struct {
	Image    types.String `tfsdk:"image"`
	Platform types.String `tfsdk:"platform"`
}

var platformForm = lazyregexp.New(`^[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?$`)

// read turns the block into a check. What is unknown is left out, and is not
// wrong.
func read(ctx context.Context, object types.Object) (check, []rollout.Problem) {
	c := check{platform: usual}
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() {
		return c, nil
	}
	var problems []rollout.Problem
	if text := b.Image.ValueString(); !b.Image.IsUnknown() {
		if _, err := name.ParseReference(text); err != nil || strings.Contains(text, "://") {
			p := msgNoImage.With("image", text)
			p.At = "image"
			problems = append(problems, p)
		} else {
			c.image = text
		}
	}
	if text := b.Platform.ValueString(); !b.Platform.IsUnknown() && !b.Platform.IsNull() {
		p, err := v1.ParsePlatform(text)
		if err != nil || !platformForm.MatchString(text) {
			p := msgNoPlatform.With("platform", text)
			p.At = "platform"
			return c, append(problems, p)
		}
		c.platform = *p
	}
	return c, problems
}
