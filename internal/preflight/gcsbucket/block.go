package gcsbucket

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "gcs_bucket"

// Kind returns the preflight kind "gcs_bucket".
func Kind() preflight.Kind {
	account := func(does string) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The email of the service account that has to " + does + " objects. It is looked for in the bucket's own policy, which needs `" + getPolicy + "`. " +
				"Where it is not found there, that is unknown rather than wrong, for it may be inherited: a warning, which stops nothing.",
		}
	}
	return preflight.Kind{
		Name: name,
		Doc: "A bucket of Cloud Storage that exists. Only metadata is read, never what is in an object: it needs the permission `" + getBucket + "`, which `" + role +
			"` has, and for `prefix` also `" + listObjects + "`, which `" + listRole + "` has (it reads no object).",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The bucket's name, best as its computed id, `google_storage_bucket.x.id`: `name` is known before the bucket is there, and a bucket that is created in the same apply has to be " +
					"checked once it exists.",
			},
			"location":    schema.StringAttribute{Optional: true, MarkdownDescription: "Where it has to be, such as `EU` or `europe-west1`."},
			"versioning":  schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether object versioning has to be on (`true`) or off (`false`). Default: either."},
			"prefix":      schema.StringAttribute{Optional: true, MarkdownDescription: "How the name of at least one object has to begin, such as `\"models/v7/\"`."},
			"readable_by": account("read"),
			"writable_by": account("create"),
		},
		Messages: messages(),
	}.ReadBy(read)
}

type block struct {
	Name       types.String `tfsdk:"name"`
	Location   types.String `tfsdk:"location"`
	Versioning types.Bool   `tfsdk:"versioning"`
	Prefix     types.String `tfsdk:"prefix"`
	ReadableBy types.String `tfsdk:"readable_by"`
	WritableBy types.String `tfsdk:"writable_by"`
}

var (
	nameForm     = lazyregexp.New(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)
	locationForm = lazyregexp.New(`(?i)^[a-z]+(-[a-z]+[0-9]+)?[0-9]*$`)
	emailForm    = lazyregexp.New(`^[^@\s:/]+@[^@\s:/]+\.[a-z]+$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	switch given := b.Name.ValueString(); {
	case b.Name.IsUnknown():
	case strings.Contains(given, "/"):
		r.Wrong("name", msgURLForName, "name", given)
	case !nameForm.MatchString(given):
		r.Wrong("name", msgNoName, "name", given)
	default:
		c.name = given
	}
	c.location = r.Text(b.Location, locationForm.MatchString, "location", msgNoLocation, "location", b.Location.ValueString())
	c.reader = r.Text(b.ReadableBy, emailForm.MatchString, "readable_by", msgNoAccount, "attribute", "readable_by", "account", b.ReadableBy.ValueString())
	c.writer = r.Text(b.WritableBy, emailForm.MatchString, "writable_by", msgNoAccount, "attribute", "writable_by", "account", b.WritableBy.ValueString())
	c.versioning = b.Versioning.ValueBoolPointer()
	if c.prefix = b.Prefix.ValueString(); c.prefix == "" && !b.Prefix.IsNull() && !b.Prefix.IsUnknown() {
		r.Wrong("prefix", msgNoPrefix)
	}
	return c.name, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
