package cloudwatchalarm

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "cloudwatch:DescribeAlarms"

// source implements rollout.Source.
type source struct {
	clients *cloud.Clients
	name    web.Template
	region  string // "": where the revision is
}

// state is what an alarm of either sort says of itself.
type state struct {
	name    string
	value   types.StateValue
	periods int
	back    time.Duration // how far it looks back; 0 where that is not known
}

// Measure says how the alarm is now.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	if err := ctx.Err(); err != nil {
		return rollout.Measurement{}, fmt.Errorf("look at an alarm: %w", err)
	}
	facts := cloud.AWSFacts(of)
	if lacks := s.name.Lacks(facts); lacks != "" {
		return rollout.Measurement{}, msgNoFact.With("revision", of.Revision, "fact", lacks)
	}
	region := s.region
	if region == "" {
		region = facts["region"]
	}
	found, err := s.get(ctx, region, s.name.Fill(facts, web.Plainly))
	if err != nil {
		return rollout.Measurement{}, err
	}
	return found.measurement(w)
}

// get returns the alarm.
func (s *source) get(ctx context.Context, region, name string) (state, error) {
	doing := "describe the alarm " + name
	client, err := s.clients.CloudWatch(ctx, region)
	if err != nil {
		return state{}, fmt.Errorf("%s: %w", doing, err)
	}
	out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{name}, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	if err != nil {
		return state{}, cloud.AWSError(doing, err)
	}
	for _, a := range out.MetricAlarms {
		if aws.ToString(a.AlarmName) == name {
			return ofMetric(a), nil
		}
	}
	for _, a := range out.CompositeAlarms {
		if aws.ToString(a.AlarmName) == name {
			return state{name, a.StateValue, 1, 0}, nil
		}
	}
	return state{}, fmt.Errorf("%s: %w: there is none in %s. If it is created in this same apply, refer to its computed arn; if it is a composite alarm, %s is needed on everything",
		doing, rollout.ErrInvalid, s.clients.AWSRegion(ctx, region), describe)
}

// ofMetric reads an alarm on a metric, or on metric math.
func ofMetric(a types.MetricAlarm) state {
	period := aws.ToInt32(a.Period)
	for _, q := range a.Metrics {
		period = max(period, aws.ToInt32(q.Period))
		if q.MetricStat != nil {
			period = max(period, aws.ToInt32(q.MetricStat.Period))
		}
	}
	n := max(1, int(aws.ToInt32(a.EvaluationPeriods)))
	return state{aws.ToString(a.AlarmName), a.StateValue, n, time.Duration(n) * time.Duration(period) * time.Second}
}

// measurement is what a state says of a window that ends now.
func (s state) measurement(w rollout.Window) (rollout.Measurement, error) {
	switch s.value {
	case types.StateValueAlarm:
		return rollout.Measurement{Value: 1, Samples: s.periods, Note: "the alarm " + s.name + " is in ALARM"}, nil
	case types.StateValueInsufficientData:
		return rollout.Measurement{Note: "the alarm " + s.name + " has no data"}, nil
	case types.StateValueOk:
		if w.Length() < s.back {
			return rollout.Measurement{Note: fmt.Sprintf("the alarm %s is OK, and looks back %s, further than a window of %s", s.name, rollout.Short(s.back), rollout.Short(w.Length()))}, nil
		}
		return rollout.Measurement{Samples: s.periods}, nil
	}
	return rollout.Measurement{}, fmt.Errorf("the alarm %s is in a state that is not known here: %s", s.name, s.value)
}
