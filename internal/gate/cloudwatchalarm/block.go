package cloudwatchalarm

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind returns the gate kind "cloudwatch_alarm".
func Kind() gate.Kind {
	return gate.Kind{
		Name: "cloudwatch_alarm",
		Doc: "Looks at an alarm of Amazon CloudWatch, on a metric or composite: `ALARM` is a breach, `OK` passes, and `INSUFFICIENT_DATA` is no data. The gate needs no threshold. " +
			"The alarm's actions are not touched. An `OK` says something of the step only if the alarm looks back no further than the gate's window; where it does, the gate has no data. " +
			"Of a composite alarm nobody knows how far it looks back: make `window` as long as its alarms do. An alarm that treats missing data as `notBreaching` is `OK` also where nobody comes: have a gate beside it that counts requests.",
		Attributes: map[string]schema.Attribute{
			"alarm": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The ARN of the alarm, or its name. `{{revision}}`, `{{version}}`, `{{function}}`, `{{alias}}` and what else the platform says of the revision stand for it, " +
					"where each has an alarm of its own.",
			},
			"region": schema.StringAttribute{Optional: true, MarkdownDescription: "The region, where no ARN says it. Default: where the revision is."},
		},
		Blocks:   map[string]schema.Block{},
		Messages: messages(),
		Permissions: []cloud.Permission{
			{Action: describe, Resource: "arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm}", Phase: cloud.AtPlan},
			{Action: describe, Resource: "*", Phase: cloud.AtPlan, Where: "for a composite alarm"},
		},
		Now: true,
		Validate: func(ctx context.Context, object types.Object) []rollout.Problem {
			_, problem := read(ctx, object)
			if problem == nil {
				return nil
			}
			return []rollout.Problem{*problem}
		},
		Describe: func(context.Context, types.Object) gate.Description {
			return gate.Description{Measures: "state", MinWindow: time.Second, Faults: true}
		},
		Open: func(ctx context.Context, object types.Object, clients *cloud.Clients) (rollout.Source, error) {
			s, problem := read(ctx, object)
			if problem != nil {
				return nil, *problem
			}
			s.clients = clients
			return s, nil
		},
	}
}

type block struct {
	Alarm  types.String `tfsdk:"alarm"`
	Region types.String `tfsdk:"region"`
}

// nameForm is what AWS takes for the name of an alarm: a line that is not empty.
var nameForm = lazyregexp.New(`^[^\x00-\x1f]{1,255}$`)

// read returns the source; what is not known is not wrong.
func read(ctx context.Context, object types.Object) (*source, *rollout.Problem) {
	var b block
	if object.IsNull() || object.IsUnknown() || object.As(ctx, &b, basetypes.ObjectAsOptions{}).HasError() || b.Alarm.IsUnknown() {
		return &source{}, nil
	}
	given := b.Alarm.ValueString()
	name, ok := cloud.ReadAWSName(given, "cloudwatch", "alarm:")
	if !ok || !nameForm.MatchString(name.Name) {
		return nil, msgNoAlarm.Found("alarm", given)
	}
	t, ok := web.ParseTemplate(name.Name)
	if !ok || !cloud.IsAWSFact(t.Names()...) {
		return nil, msgPlaceholder.Found("placeholders", cloud.AWSPlaceholders())
	}
	s := &source{name: t, region: name.Region}
	if s.region == "" {
		s.region = b.Region.ValueString()
	}
	return s, nil
}
