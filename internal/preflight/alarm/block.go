package alarm

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const name = "alarm"

// Kind returns the preflight kind "alarm".
func Kind() preflight.Kind {
	return preflight.Kind{
		Name: name,
		Doc: "An alarm of CloudWatch, on a metric or composite, that exists and is not in ALARM. One without data passes. It needs `" + describe +
			"` on everything (`Resource: \"*\"`): without that, AWS shows no composite alarm.",
		Attributes: map[string]schema.Attribute{
			"alarm": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The alarm: `aws_cloudwatch_metric_alarm.x.arn`, or its name. One that is created in the same apply has to be named by its computed ARN, " +
					"so that it is checked once it exists.",
			},
			"region": amazon.Region(),
		},
		Messages:    messages(),
		Permissions: []cloud.Permission{{Action: describe, Resource: "*", Phase: cloud.AtPlan}},
	}.ReadBy(read)
}

type block struct {
	Alarm  types.String `tfsdk:"alarm"`
	Region types.String `tfsdk:"region"`
}

var form = preflight.AmazonForm{Service: "cloudwatch", Before: "alarm:", Name: lazyregexp.New(`^[^\x00-\x1f\x7f]{1,255}$`)}

func read(r *preflight.Reading) (string, func(*cloud.Clients) rollout.Check) {
	var b block
	if !r.Into(&b) {
		return "", nil
	}
	c := check{alarm: amazon.Named(r, "alarm", b.Alarm, b.Region, form, msgNoAlarm, "alarm", b.Alarm.ValueString())}
	return c.alarm.Given, func(clients *cloud.Clients) rollout.Check {
		c.clients = clients
		return c
	}
}
