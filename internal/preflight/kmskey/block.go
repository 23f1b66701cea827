package kmskey

import (
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "kms_key"

// Kind returns the preflight kind "kms_key".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc:  "A key of AWS KMS that is enabled. Only its description is read: it needs `" + describe + "` on the key, and neither `kms:Decrypt` nor `kms:Encrypt`.",
		Attributes: map[string]schema.Attribute{
			"key": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The key: `aws_kms_key.x.arn`, its id, `aws_kms_alias.x.arn` or `alias/NAME`. One that is created in the same apply has to be named by its computed ARN, " +
					"so that it is checked once it exists.",
			},
			"usage":  schema.StringAttribute{Optional: true, MarkdownDescription: "What it has to be for: `" + strings.Join(usages, "`, `") + "`. Default: any."},
			"region": amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "arn:{partition}:kms:{region}:{account}:key/{key}", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Key    types.String `tfsdk:"key"`
	Usage  types.String `tfsdk:"usage"`
	Region types.String `tfsdk:"region"`
}

var (
	form   = preflight.AmazonForm{Service: "kms", Name: lazyregexp.New(`^(key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$|^alias/[A-Za-z0-9/_-]{1,250}$`)}
	usages = []string{"ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"}
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{key: amazon.Named(r, "key", b.Key, b.Region, form, msgNoKey, "key", b.Key.ValueString())}
	known := func(u string) bool { return slices.Contains(usages, u) }
	c.usage = r.Text(b.Usage, known, "usage", msgNoUsage, "usage", b.Usage.ValueString(), "words", strings.Join(usages, ", "))
	return c.key.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
