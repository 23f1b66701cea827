package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// mostQueries is what one GetMetricData takes
	// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
	mostQueries = 500
	// farthest is how far back a call may look for spans of different lengths to
	// go together: 500 queries of a minute each stay below its 100,800 data points.
	farthest = 180
	// metricPages is more than an answer of so many data points has.
	metricPages = 50
)

// metricCall is what one GetMetricData asks: spans that end together. Each value
// is one period that is as long as its span, and periods are counted from the
// start of the call, so that start lies whole periods before the end for each.
type metricCall struct {
	start, end time.Time
	asks       []*metricAsk
}

// metricCalls divides questions among as few calls as can be. An expression may
// look across periods, so it goes with none that has another.
func metricCalls(asks []*metricAsk) []metricCall {
	var out []metricCall
	open := map[string]int{} // the last call of its kind
	slices.SortStableFunc(asks, func(a, b *metricAsk) int {
		return cmp.Or(a.span.End.Compare(b.span.End), cmp.Compare(a.span.minutes(), b.span.minutes()))
	})
	for _, a := range asks {
		of := a.span.End.String()
		if a.calculates() {
			of += a.span.Start.String()
		}
		i, ok := open[of]
		if !ok || !out[i].takes(a) {
			i = len(out)
			open[of] = i
			out = append(out, metricCall{start: a.span.Start, end: a.span.End})
		}
		out[i].add(a)
	}
	return out
}

func (a *metricAsk) calculates() bool {
	return slices.ContainsFunc(a.queries, func(q MetricQuery) bool { return q.Expression != "" })
}

func (c *metricCall) back(a *metricAsk) int {
	return multiple(int(c.end.Sub(c.start)/time.Minute), a.span.minutes())
}

func (c *metricCall) takes(a *metricAsk) bool {
	n := len(a.queries)
	for _, other := range c.asks {
		n += len(other.queries)
	}
	return n <= mostQueries && (c.back(a) <= farthest || c.back(a) == a.span.minutes())
}

func (c *metricCall) add(a *metricAsk) {
	c.start = c.end.Add(-time.Duration(c.back(a)) * time.Minute)
	c.asks = append(c.asks, a)
}

// multiple is the least that both divide.
func multiple(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

// ask fills in the answers. A question that CloudWatch cannot read fails its whole
// call, so then the halves are asked, down to the one that it is.
func (c metricCall) ask(ctx context.Context, clients *Clients, region string) {
	found, err := c.get(ctx, clients, region)
	if n := len(c.asks); n > 1 && errors.Is(err, rollout.ErrInvalid) {
		metricCall{c.start, c.end, c.asks[:n/2]}.ask(ctx, clients, region)
		metricCall{c.start, c.end, c.asks[n/2:]}.ask(ctx, clients, region)
		return
	}
	for i, a := range c.asks {
		if err != nil {
			a.err = err
			continue
		}
		a.values, a.err = a.read(i, found)
	}
}

// series is what an answer has of one query, by the beginning of the period.
type series struct {
	status types.StatusCode
	values map[int64]float64
}

// get asks, and reads all pages.
func (c metricCall) get(ctx context.Context, clients *Clients, region string) (map[string]*series, error) {
	const doing = "get metric data"
	client, err := clients.CloudWatch(ctx, region)
	if err != nil {
		return nil, err
	}
	in := &cloudwatch.GetMetricDataInput{MetricDataQueries: c.queries(), StartTime: &c.start, EndTime: &c.end}
	out := map[string]*series{}
	for range metricPages {
		page, err := client.GetMetricData(ctx, in)
		if err != nil {
			return nil, AWSError(doing, err)
		}
		if len(page.Messages) > 0 {
			return nil, fmt.Errorf("%s: CloudWatch says that something may be missing from its answer (%s)", doing, aws.ToString(page.Messages[0].Code))
		}
		for _, r := range page.MetricDataResults {
			s := out[aws.ToString(r.Id)]
			if s == nil {
				s = &series{values: map[int64]float64{}}
				out[aws.ToString(r.Id)] = s
			}
			s.status = r.StatusCode
			for i := range min(len(r.Timestamps), len(r.Values)) {
				s.values[r.Timestamps[i].Unix()] = r.Values[i]
			}
		}
		if aws.ToString(page.NextToken) == "" {
			return out, nil
		}
		in.NextToken = page.NextToken
	}
	return nil, fmt.Errorf("%s: the answer has no end", doing)
}

// queries are those of all questions, with ids that are unique among them.
func (c metricCall) queries() []types.MetricDataQuery {
	var out []types.MetricDataQuery
	for i, a := range c.asks {
		period := int32(a.span.minutes() * 60) //nolint:gosec // a rollout does not last for decades
		for _, q := range a.queries {
			one := types.MetricDataQuery{Id: aws.String(callID(i, q.ID)), ReturnData: aws.Bool(!q.Hidden)}
			if q.Expression != "" {
				one.Expression = aws.String(a.renamed(i, q.Expression))
			} else {
				m := &types.Metric{Namespace: aws.String(q.Namespace), MetricName: aws.String(q.Name)}
				for _, name := range slices.Sorted(maps.Keys(q.Dimensions)) {
					m.Dimensions = append(m.Dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(q.Dimensions[name])})
				}
				one.MetricStat = &types.MetricStat{Metric: m, Period: &period, Stat: aws.String(q.Statistic)}
			}
			out = append(out, one)
		}
	}
	return out
}

// callID is the id that a query of the i-th question has in a call.
func callID(i int, id string) string { return "q" + strconv.Itoa(i) + "_" + id }

// MetricMathWords are what an expression consists of: texts, and names of
// functions and queries.
var MetricMathWords = lazyregexp.New(`"[^"]*"|'[^']*'|[A-Za-z_][A-Za-z0-9_]*`)

// renamed is an expression with the ids that its queries have in a call.
func (a *metricAsk) renamed(i int, expression string) string {
	return MetricMathWords.ReplaceAllStringFunc(expression, func(word string) string {
		if slices.ContainsFunc(a.queries, func(q MetricQuery) bool { return q.ID == word }) {
			return callID(i, word)
		}
		return word
	})
}

// read takes the values of the i-th question from an answer. What is not complete
// is an error, and so is what stands for another time: it may be from before a
// split.
func (a *metricAsk) read(i int, found map[string]*series) (map[string]float64, error) {
	out := map[string]float64{}
	for _, q := range a.queries {
		if q.Hidden {
			continue
		}
		s, what := found[callID(i, q.ID)], a.name(q)
		switch {
		case s == nil:
			return nil, fmt.Errorf("CloudWatch left out %s", what)
		case s.status == types.StatusCodeForbidden:
			return nil, fmt.Errorf("%s: %w: CloudWatch lets the caller not see it", what, rollout.ErrDenied)
		case s.status != types.StatusCodeComplete:
			return nil, fmt.Errorf("CloudWatch has not all of %s just now (%s)", what, s.status)
		}
		start := a.span.Start.Unix()
		for at := range s.values {
			if (at-start)%(a.span.End.Unix()-start) != 0 {
				return nil, fmt.Errorf("CloudWatch answered for %s from %s on, and was asked about %s",
					what, rollout.Clocktime(time.Unix(at, 0)), rollout.Window{Start: a.span.Start, End: a.span.End})
			}
		}
		if v, ok := s.values[start]; ok {
			out[q.ID] = v
		}
	}
	return out, nil
}

// name is what messages call a query.
func (a *metricAsk) name(q MetricQuery) string {
	if q.Expression != "" {
		return "the expression " + strconv.Quote(q.Expression)
	}
	return strings.Join([]string{q.Statistic, "of", q.Namespace, q.Name}, " ")
}
