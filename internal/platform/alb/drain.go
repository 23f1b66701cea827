package alb

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

// leaving is a group that lost its traffic while this process watched, or has the
// mark of home and none.
type leaving struct {
	since    time.Time // when it was first seen without
	draining time.Time // since when targets of it are seen to be deregistered; zero: none is
}

// inFlight is how long requests that have begun may run at what has lost, or would
// lose, its traffic: the deregistration delay, or drain. It is over earlier where
// nothing has been asked there for a while, and later where targets are being
// deregistered: as long as they are.
func (t *balancer) inFlight(ctx context.Context, shown rollout.Routing) time.Duration {
	now := t.clients.Clock().Now()
	t.follow(shown, now)
	most := time.Duration(0)
	for r, g := range t.groups {
		if g != nil && (shown.Split[r] > 0 || t.leaving[r] != nil) {
			most = max(most, g.delay)
		}
	}
	if t.settings.drain != nil {
		return *t.settings.drain
	}
	quiet := len(t.leaving) > 0
	for r, l := range t.leaving {
		g := t.groups[r]
		if g == nil {
			continue
		}
		if !l.draining.IsZero() {
			most = max(most, min(now.Sub(l.since)+lookAgain, l.draining.Add(g.delay).Sub(l.since)))
		}
		quiet = quiet && l.draining.IsZero() && t.quiet(ctx, g, l, now)
	}
	if quiet {
		return 0
	}
	return most
}

// lookAgain is longer than it takes until the next look.
const lookAgain = time.Minute

// follow notes who has lost all traffic, and since when.
func (t *balancer) follow(shown rollout.Routing, now time.Time) {
	if t.leaving == nil {
		t.leaving = map[rollout.Revision]*leaving{}
	}
	for r := range t.served {
		if shown.Split[r] == 0 && t.leaving[r] == nil {
			t.leaving[r] = &leaving{since: now}
		}
	}
	if r := shown.Home; r != "" && shown.Split[r] == 0 && t.leaving[r] == nil {
		t.leaving[r] = &leaving{since: now}
	}
	if t.served == nil {
		t.served = map[rollout.Revision]bool{}
	}
	for r := range shown.Split {
		t.served[r] = true
		delete(t.leaving, r)
	}
	for r, l := range t.leaving {
		switch g := t.groups[r]; {
		case g == nil || !g.draining():
			l.draining = time.Time{}
		case l.draining.IsZero():
			l.draining = now
		}
	}
}

// A minute is what CloudWatch counts the requests of load balancers by, and they
// are there a minute later
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
const minute = time.Minute

// quiet reports whether nothing has been asked of a group for as long as the block
// says, after every request that had begun is over. A request is counted when it
// ends, so the longest one and the idle timeout are waited for first. No figure is
// sent where nothing was asked: that counts only where the load balancer as a whole
// has figures of the same time. What cannot be asked is not quiet.
func (t *balancer) quiet(ctx context.Context, g *group, l *leaving, now time.Time) bool {
	f, err := t.fronted(ctx)
	if t.settings.quiet == 0 || err != nil || now.Sub(l.since) < max(f.idle, t.settings.longest) {
		return false
	}
	end := now.Add(-minute).Truncate(minute)
	begin := end.Add(-t.settings.quiet).Truncate(minute)
	if begin.Before(l.since) {
		return false
	}
	own, all, err := t.requests(ctx, g, begin, end)
	return err == nil && own == 0 && all > 0
}

// requests counts those to a group and those to its load balancer.
func (t *balancer) requests(ctx context.Context, g *group, begin, end time.Time) (own, all float64, err error) {
	client, err := t.clients.CloudWatch(ctx, t.region)
	if err != nil {
		return 0, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	query := func(id string, dimensions map[string]string) types.MetricDataQuery {
		m := &types.Metric{Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("RequestCount")}
		for name, value := range dimensions {
			m.Dimensions = append(m.Dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(value)})
		}
		return types.MetricDataQuery{Id: aws.String(id), MetricStat: &types.MetricStat{Metric: m, Period: aws.Int32(int32(minute / time.Second)), Stat: aws.String("Sum")}}
	}
	out, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: &begin, EndTime: &end,
		MetricDataQueries: []types.MetricDataQuery{
			query("own", map[string]string{"LoadBalancer": t.balancer, "TargetGroup": dimension(g.arn)}),
			query("everyone", map[string]string{"LoadBalancer": t.balancer}),
		},
	})
	if err != nil {
		return 0, 0, cloud.AWSError("count the requests of "+string(name(g.arn)), err)
	}
	for _, r := range out.MetricDataResults {
		if r.StatusCode != types.StatusCodeComplete {
			return 0, 0, fmt.Errorf("count requests: the answer is %s", r.StatusCode)
		}
		for _, v := range r.Values {
			if aws.ToString(r.Id) == "own" {
				own += v
			} else {
				all += v
			}
		}
	}
	return own, all, nil
}
