package provider

import (
	"context"
	"errors"
	"fmt"
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
		resp.Diagnostics.AddError("The registry cannot be asked", "The provider's own configuration is not known yet.\n\nConfigure it with values that are known at plan.")
		return
	}
	by, err := d.clients.ImageByDigest(ctx, image.ValueString())
	if err != nil {
		p := imageProblem(image.ValueString(), err)
		resp.Diagnostics.AddAttributeError(path.Root("image"), p.What, p.Detail())
		return
	}
	_, digest, _ := strings.Cut(by, "@")
	resp.State.Raw = req.Config.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("digest"), digest)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("by_digest"), by)...)
}

func imageProblem(image string, err error) rollout.Problem {
	p := rollout.Problem{What: "The image's digest could not be read", Why: sentence(err.Error())}
	var network net.Error
	var known rollout.Problem
	switch {
	case errors.As(err, &known):
		p = known
	case errors.Is(err, rollout.ErrGone):
		p.What, p.Why = "The image does not exist", fmt.Sprintf("The registry has no %s.", image)
		p.Fix = "Push it first, or correct the name."
	case errors.Is(err, rollout.ErrDenied):
		p.Fix = "Log in to the registry: docker login, or for Google's registries credentials with roles/artifactregistry.reader."
	case errors.Is(err, rollout.ErrInvalid):
		p.What, p.Why = "This is not the name of an image", fmt.Sprintf("%q cannot be read as one; nobody was asked.", image)
		p.Fix = "Write host/path:tag or host/path@sha256:DIGEST."
	case !strings.HasPrefix(err.Error(), "image "): // it did not come as far as the registry
		p.Fix = "See that Google's credentials work: gcloud auth application-default login, the credentials of the provider's google block, or the account that CI runs as."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		p.Fix = "The registry could not be reached: see that its host is spelt right, and that this machine may reach it (DNS, proxy, firewall). Then plan again."
	default:
		p.Fix = "The registry answered, and not with a digest: try the same with docker pull. If it is busy or broken, plan again later; with the image by digest (host/path@sha256:DIGEST) nobody has to be asked."
	}
	return p
}
