package s3bucket

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "s3_bucket"

// Kind returns the preflight kind "s3_bucket".
func Kind() preflight.Kind {
	const bucket = "arn:{partition}:s3:::{bucket}"
	return preflight.Kind{
		Name: name,
		Doc: "A bucket of S3 that exists. Only metadata is read, never what is in an object: it needs `" + list + "` on the bucket, which lets whoever has it see the names of objects, " +
			"and for `versioning` also `" + getVersioning + "`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The bucket: `aws_s3_bucket.x.id`, or its ARN. One that is created in the same apply has to be named by its computed ARN, `aws_s3_bucket.x.arn`, " +
					"or by its id where the configuration does not write the name, so that it is checked once it exists.",
			},
			"region":     schema.StringAttribute{Optional: true, MarkdownDescription: "The region that it has to be in. Default: any."},
			"versioning": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether versioning has to be on (`true`) or not (`false`). Default: either."},
			"prefix":     schema.StringAttribute{Optional: true, MarkdownDescription: "How the name of at least one object has to begin, such as `\"models/v7/\"`."},
		},
		Messages: messages(),
		Permissions: []cloud.Permission{
			{Action: list, Resource: bucket, Phase: cloud.AtPlan},
			{Action: getVersioning, Resource: bucket, Phase: cloud.AtPlan, Where: "with `versioning`"},
		},
	}.ReadBy(read)
}

type block struct {
	Name       types.String `tfsdk:"name"`
	Region     types.String `tfsdk:"region"`
	Versioning types.Bool   `tfsdk:"versioning"`
	Prefix     types.String `tfsdk:"prefix"`
}

var form = preflight.AmazonForm{Service: "s3", Name: lazyregexp.New(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{bucket: amazon.Named(r, "name", b.Name, types.StringNull(), form, msgNoName, "name", b.Name.ValueString())}
	c.region = r.Text(b.Region, cloud.IsAWSRegion, "region", msgNoRegion, "region", b.Region.ValueString())
	c.versioning = b.Versioning.ValueBoolPointer()
	c.prefix = r.Text(b.Prefix, func(p string) bool { return p != "" }, "prefix", msgNoPrefix)
	return c.bucket.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
