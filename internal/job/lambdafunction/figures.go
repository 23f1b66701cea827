package lambdafunction

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// proven is what CloudWatch counts of a run that must have ended: the invocations of
// its alias since it was begun, and those that ended with an error. It is noted.
func (j *function) proven(ctx context.Context, m *memory) (rollout.Execution, error) {
	invocations, errors, err := j.figures(ctx, m)
	if err != nil {
		return rollout.Execution{}, err
	}
	x := rollout.Execution{ID: m.alias, Began: m.mark.at, Why: "its answer was lost, and CloudWatch has counted how it ended"}
	end := mark{run: m.mark.run, at: j.clients.Clock().Now()}
	switch {
	case invocations >= 1 && errors == 0:
		x.State, end.word = rollout.JobSucceeded, succeeded
	case invocations >= 1 && errors >= invocations:
		x.State, end.word = rollout.JobFailed, failed
	default:
		return j.unclear(ctx, m, fmt.Sprintf("run %d was begun at %s, its answer was lost, and CloudWatch has counted %s invocations of the alias and %s errors",
			m.mark.run, m.mark.at.UTC().Format("2006-01-02 15:04 UTC"), counted(invocations), counted(errors))), nil
	}
	if err := j.note(ctx, m, "", end); err != nil {
		return rollout.Execution{}, err
	}
	return x, nil
}

// counted is a figure as people read it.
func counted(n float64) string {
	if n <= 0 {
		return "no"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// figures are the invocations of an alias and their errors, since a run was begun: -1
// where CloudWatch tells of none, not even of 0.
func (j *function) figures(ctx context.Context, m *memory) (invocations, errors float64, err error) {
	client, err := j.clients.CloudWatch(ctx, j.region)
	if err != nil {
		return 0, 0, err
	}
	count := func(metric string) types.MetricDataQuery {
		dimension := func(name, value string) types.Dimension { return types.Dimension{Name: &name, Value: &value} }
		return types.MetricDataQuery{Id: aws.String("m_" + metric), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("AWS/Lambda"), MetricName: &metric, Dimensions: []types.Dimension{
				dimension("FunctionName", j.function), dimension("Resource", j.function+":"+m.alias),
			}},
			Period: aws.Int32(60), Stat: aws.String("Sum"),
		}}
	}
	minute := m.mark.at.Truncate(time.Minute) // that of the invocation: figures are those of whole minutes
	out, err := client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: &minute, EndTime: aws.Time(m.mark.at.Add(m.mark.limit + margin)),
		MetricDataQueries: []types.MetricDataQuery{count("Invocations"), count("Errors")},
	})
	if err != nil {
		return 0, 0, cloud.AWSError("get the figures of the alias "+m.alias+" of "+j.function, err)
	}
	invocations, errors = -1, -1
	for _, r := range out.MetricDataResults {
		into := &invocations
		if aws.ToString(r.Id) == "m_Errors" {
			into = &errors
		}
		for _, v := range r.Values {
			*into = max(0, *into) + v
		}
	}
	return invocations, errors, nil
}
