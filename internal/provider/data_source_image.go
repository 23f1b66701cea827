package provider

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var _ datasource.DataSourceWithConfigure = (*imageData)(nil)

func newImageData() datasource.DataSource { return &imageData{} }

// imageData is rollout_image: a tag turned into a digest, so that the plan
// binds what goes live.
type imageData struct{ shared }

// Metadata implements datasource.DataSource.
func (d *imageData) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "rollout_image"
}

// Schema implements datasource.DataSource.
func (d *imageData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Turns the tag of an image into its digest, so that the plan binds what goes live. Google's registries are asked with Google's credentials, others with those that `docker login` has left.",
		Attributes: map[string]schema.Attribute{
			"image":     schema.StringAttribute{Required: true, MarkdownDescription: "The image by tag or by digest: `host/path:tag`."},
			"digest":    schema.StringAttribute{Computed: true, MarkdownDescription: "`sha256:…`"},
			"by_digest": schema.StringAttribute{Computed: true, MarkdownDescription: "The image by digest: `host/path@sha256:…`."},
		},
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *imageData) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.take(req.ProviderData)
}

// Read implements datasource.DataSource.
func (d *imageData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var image types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("image"), &image)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !d.ready() {
		addError(&resp.Diagnostics, path.Root("image"), msgRegistryUnasked.With())
		return
	}
	by, err := d.clients.ImageByDigest(ctx, image.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, path.Root("image"), imageProblem(image.ValueString(), err))
		return
	}
	_, digest, _ := strings.Cut(by, "@")
	resp.State.Raw = req.Config.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("digest"), digest)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("by_digest"), by)...)
}

func imageProblem(image string, err error) rollout.Problem {
	why := sentence(err.Error())
	var network net.Error
	var known rollout.Problem
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, rollout.ErrGone):
		return msgImageGone.With("image", image)
	case errors.Is(err, rollout.ErrDenied):
		return msgImageDenied.With("why", why)
	case errors.Is(err, rollout.ErrInvalid):
		return msgNoImage.With("image", image)
	case !strings.HasPrefix(err.Error(), "image "): // it did not come as far as the registry
		return msgImageNoCredentials.With("why", why)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return msgImageUnreached.With("why", why)
	}
	return msgImageUnread.With("why", why)
}
