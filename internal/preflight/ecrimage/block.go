package ecrimage

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "ecr_image"

// Kind returns the preflight kind "ecr_image".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "An image that is in its repository of Amazon ECR. AWS itself is asked, with the provider's credentials of AWS: it needs `" + describe +
			"` on the repository, and may not pull. (`image` asks any registry, as docker would, and compares platforms.)",
		Attributes: map[string]schema.Attribute{
			"image": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The image: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST`, or with a tag, such as `\"${aws_ecr_repository.x.repository_url}:v42\"`.",
			},
			"digest": schema.StringAttribute{Optional: true, MarkdownDescription: "The digest that a tag has to stand for. Default: any."},
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "arn:{partition}:ecr:{region}:{account}:repository/{repository}", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Image  types.String `tfsdk:"image"`
	Digest types.String `tfsdk:"digest"`
}

var (
	imageForm  = lazyregexp.New(`^([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws)/((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`)
	digestForm = lazyregexp.New(`^sha256:[0-9a-f]{64}$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	at := imageForm.FindStringSubmatch(b.Image.ValueString())
	switch {
	case b.Image.IsUnknown():
	case at == nil, at[4] == "" && at[5] == "":
		r.Wrong("image", msgNoImage, "image", b.Image.ValueString())
	default:
		c = check{image: at[0], registry: at[1], region: at[2], repository: at[3], tag: at[4], digest: at[5]}
	}
	want := r.Text(b.Digest, digestForm.MatchString, "digest", msgNoDigest, "digest", b.Digest.ValueString())
	if want != "" && c.digest != "" {
		r.Wrong("digest", msgTwoDigests, "of", c.digest)
	}
	c.wanted = want
	return c.image, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
