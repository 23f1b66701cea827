package alarm

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "cloudwatch:DescribeAlarms"

// check implements rollout.Check.
type check struct {
	clients *cloud.Clients
	alarm   cloud.AWSName
}

// state is what an alarm of either sort says of itself.
type state struct {
	name  string
	value types.StateValue
	since *time.Time
}

// Run asks for the alarm, of whichever sort it is.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.alarm.Given}
	region := c.clients.AWSRegion(ctx, c.alarm.Region)
	found, err := c.get(ctx, region)
	switch {
	case err != nil || ctx.Err() != nil:
		f = amazon.Unread(ctx, f, err, describe, " in "+region)
	case found == nil:
		f = amazon.Gone(f, " in "+region)
	default:
		f = c.judge(f, *found)
	}
	return []rollout.Finding{f}
}

// get returns the alarm, nil if there is none.
func (c check) get(ctx context.Context, region string) (*state, error) {
	client, err := c.clients.CloudWatch(ctx, region)
	if err != nil {
		return nil, err
	}
	out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{c.alarm.Name}, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	if err != nil {
		return nil, fmt.Errorf("describe the alarm: %w", err)
	}
	for _, a := range out.MetricAlarms {
		return &state{aws.ToString(a.AlarmName), a.StateValue, a.StateTransitionedTimestamp}, nil
	}
	for _, a := range out.CompositeAlarms {
		return &state{aws.ToString(a.AlarmName), a.StateValue, a.StateTransitionedTimestamp}, nil
	}
	return nil, nil //nolint:nilnil // there is none, and that is no error
}

// judge reads a state. One of another alarm is no answer.
func (c check) judge(f rollout.Finding, found state) rollout.Finding {
	switch {
	case found.name != c.alarm.Name:
		return amazon.Odd(f)
	case found.value == types.StateValueAlarm:
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgInAlarm, "since", since(found.since))
	case found.value == types.StateValueOk:
		f.Status, f.Why = rollout.Passed, "it is OK"
		return f
	case found.value == types.StateValueInsufficientData:
		f.Status, f.Why = rollout.Passed, "it is not in ALARM: it has no data yet"
		return f
	}
	f.Status = rollout.Skipped
	return f.Because(msgOddState, "state", found.value)
}

func since(at *time.Time) string {
	if at == nil {
		return "a time that is not known"
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}
