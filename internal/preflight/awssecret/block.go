package awssecret

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "aws_secret"

// Kind returns the preflight kind "aws_secret".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "A secret in Secrets Manager of AWS that has a value at a stage, and is not scheduled for deletion. Only metadata is read, never the value: " +
			"it needs `" + describe + "`, and not `secretsmanager:GetSecretValue`.",
		Attributes: map[string]schema.Attribute{
			"secret": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The secret: `aws_secretsmanager_secret.x.arn`, its name, or `aws_secretsmanager_secret_version.x.id`, which also says the version that has to have the stage. " +
					"One that is created in the same apply has to be named by its computed id, so that it is checked once it exists.",
			},
			"stage":  schema.StringAttribute{Optional: true, MarkdownDescription: "The stage that has to have a value. Default: `AWSCURRENT`."},
			"region": amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}-??????", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Secret types.String `tfsdk:"secret"`
	Stage  types.String `tfsdk:"stage"`
	Region types.String `tfsdk:"region"`
}

var (
	secretForm = preflight.AmazonForm{Service: "secretsmanager", Before: "secret:", Name: lazyregexp.New(`^[A-Za-z0-9/_+=.@-]{1,512}$`)}
	stageForm  = lazyregexp.New(`^[A-Za-z0-9/_+=.@-]{1,256}$`)
)

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	var c check
	if text, version, ok := strings.Cut(b.Secret.ValueString(), "|"); ok { // the id of aws_secretsmanager_secret_version
		b.Secret, c.version = types.StringValue(text), version
	}
	c.secret = amazon.Named(r, "secret", b.Secret, b.Region, secretForm, msgNoSecret)
	c.stage = r.Text(b.Stage, stageForm.MatchString, "stage", msgNoStage, "stage", b.Stage.ValueString())
	if c.stage == "" {
		c.stage = current
	}
	return c.secret.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
