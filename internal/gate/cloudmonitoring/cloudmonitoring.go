package cloudmonitoring

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	requestCount      = "run.googleapis.com/request_count"
	requestLatencies  = "run.googleapis.com/request_latencies"
	cpuUtilization    = "run.googleapis.com/container/cpu/utilizations"
	memoryUtilization = "run.googleapis.com/container/memory/utilizations"
	revisionName      = "resource.labels.revision_name"
	codeClass         = "response_code_class"

	shortest = time.Minute // alignment period that the API takes
	tooShort = "the window is shorter than a minute"
)

// measure is one of the metrics that the block names.
type measure struct {
	unit, metric string                           // of the value; its type in Cloud Monitoring
	percentile   monitoringpb.Aggregation_Reducer // of a distribution
	times        float64                          // what a percentile is multiplied by
	requests     bool                             // its samples are requests
}

// source implements rollout.Source and rollout.Delayed.
type source struct {
	measure
	*timings
}

// subject is a revision in the words of Cloud Monitoring.
type subject struct{ project, location, service, revision string }

// span is what one answer has to cover: (start, end].
type span struct{ start, end time.Time }

// Delay returns how long after the fact a sample is complete and visible.
func (s *source) Delay(ctx context.Context, of rollout.Subject) (time.Duration, error) {
	who, err := subjectOf(of)
	if err != nil {
		return 0, err
	}
	t, err := s.in(ctx, who.project)
	return t.sample + t.ingest, err
}

// Measure asks for the samples that begin in the window.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	who, err := subjectOf(of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	t, err := s.in(ctx, who.project)
	if err != nil {
		return rollout.Measurement{}, err
	}
	length := w.Length().Truncate(time.Second) // alignment periods are whole seconds
	if length < shortest {
		return rollout.Measurement{Note: tooShort}, nil
	}
	// A sample that begins at b ends at b+sample. The interval leaves its start
	// out and has its end in, the window the other way round.
	end := w.End.Add(t.sample - time.Millisecond)
	at := span{end.Add(-length), end}
	if s.metric == requestCount {
		return s.errorRate(ctx, who, at)
	}
	return s.distribution(ctx, who, at)
}

// subjectOf reads what a platform says of a revision.
func subjectOf(of rollout.Subject) (subject, error) {
	out := subject{of.Facts["project"], of.Facts["location"], of.Facts["service"], of.Facts["revision"]}
	if out.project == "" || out.location == "" || out.service == "" || out.revision == "" {
		return out, msgNotCloudRun.With("revision", of.Revision)
	}
	return out, nil
}

func (s *source) errorRate(ctx context.Context, who subject, at span) (rollout.Measurement, error) {
	series, err := s.list(ctx, who, at, monitoringpb.Aggregation_REDUCE_SUM, "metric.labels."+codeClass)
	if err != nil {
		return rollout.Measurement{}, err
	}
	var all, bad float64
	for _, ts := range series {
		for _, p := range ts.GetPoints() {
			n := number(p.GetValue())
			all += n
			if ts.GetMetric().GetLabels()[codeClass] == "5xx" {
				bad += n
			}
		}
	}
	if all < 1 {
		return rollout.Measurement{}, nil
	}
	return rollout.Measurement{Value: 100 * bad / all, Samples: count(all)}, nil
}

func (s *source) distribution(ctx context.Context, who subject, at span) (rollout.Measurement, error) {
	merged, err := s.list(ctx, who, at, monitoringpb.Aggregation_REDUCE_SUM)
	if err != nil {
		return rollout.Measurement{}, err
	}
	var all int64
	for _, ts := range merged {
		for _, p := range ts.GetPoints() {
			all += p.GetValue().GetDistributionValue().GetCount()
		}
	}
	if all < 1 {
		return rollout.Measurement{}, nil
	}
	series, err := s.list(ctx, who, at, s.percentile)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if len(series) != 1 || len(series[0].GetPoints()) != 1 {
		return rollout.Measurement{}, fmt.Errorf("cloud monitoring returned %d series of %s for %s, which have to be one with one point", len(series), s.metric, who.revision)
	}
	value := s.times * number(series[0].GetPoints()[0].GetValue())
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return rollout.Measurement{Note: "the percentile is not a number"}, nil
	}
	return rollout.Measurement{Value: value, Samples: count(float64(all))}, nil
}

// list returns the series of one revision over one span, one point each.
func (s *source) list(ctx context.Context, who subject, at span, reduce monitoringpb.Aggregation_Reducer, groupBy ...string) ([]*monitoringpb.TimeSeries, error) {
	client, err := s.clients.Metrics(ctx)
	if err != nil {
		return nil, err
	}
	doing := "list " + s.metric + " of " + who.revision + " in project " + who.project
	it := client.ListTimeSeries(ctx, &monitoringpb.ListTimeSeriesRequest{
		Name:     "projects/" + who.project,
		Filter:   who.filter(s.metric),
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(at.start), EndTime: timestamppb.New(at.end)},
		Aggregation: &monitoringpb.Aggregation{
			AlignmentPeriod: durationpb.New(at.end.Sub(at.start)), PerSeriesAligner: monitoringpb.Aggregation_ALIGN_DELTA,
			CrossSeriesReducer: reduce, GroupByFields: append([]string{revisionName}, groupBy...),
		},
	})
	var out []*monitoringpb.TimeSeries
	for {
		ts, err := it.Next()
		page, _ := it.Response.(*monitoringpb.ListTimeSeriesResponse)
		switch {
		case err != nil && !errors.Is(err, iterator.Done):
			return nil, refusal(ctx, doing, "monitoring.timeSeries.list", err)
		case len(page.GetExecutionErrors()) > 0:
			return nil, fmt.Errorf("%s: Cloud Monitoring says that something may be missing from its answer", doing)
		case err != nil:
			return out, nil //nolint:nilerr // it is the end of the list
		}
		if err := at.covers(ts); err != nil {
			return nil, err
		}
		out = append(out, ts)
	}
}

// filter names one metric of one revision. A service of the same name may stand
// in another location or project.
func (w subject) filter(metric string) string {
	var terms []string
	for _, t := range [][2]string{
		{"metric.type", metric},
		{"resource.type", "cloud_run_revision"},
		{"resource.labels.project_id", w.project},
		{"resource.labels.location", w.location},
		{"resource.labels.service_name", w.service},
		{revisionName, w.revision},
	} {
		terms = append(terms, t[0]+" = "+strconv.Quote(t[1]))
	}
	return strings.Join(terms, " AND ")
}

// covers refuses an answer for any other time than was asked about: what is from
// before the span may be from before a split. A second is left for rounding.
func (s span) covers(ts *monitoringpb.TimeSeries) error {
	for _, p := range ts.GetPoints() {
		from, to := p.GetInterval().GetStartTime().AsTime(), p.GetInterval().GetEndTime().AsTime()
		if p.GetInterval().GetStartTime() == nil {
			from = to // a gauge
		}
		if from.Before(s.start.Add(-time.Second)) || to.After(s.end.Add(time.Second)) {
			return fmt.Errorf("cloud monitoring answered for %s to %s, and was asked about %s to %s",
				rollout.Clocktime(from), rollout.Clocktime(to), rollout.Clocktime(s.start), rollout.Clocktime(s.end))
		}
	}
	return nil
}

func number(v *monitoringpb.TypedValue) float64 {
	if n, ok := v.GetValue().(*monitoringpb.TypedValue_Int64Value); ok {
		return float64(n.Int64Value)
	}
	return v.GetDoubleValue()
}

func count(n float64) int { return int(min(math.Round(n), math.MaxInt32)) }

// refusal says what went wrong by its sort alone: the text of an error may quote
// whatever answered in the place of the API.
func refusal(ctx context.Context, doing, permission string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	meant := cloud.GoogleError(doing, err)
	switch {
	case errors.Is(meant, rollout.ErrDenied):
		return fmt.Errorf("%s: %w: it needs %s", doing, rollout.ErrDenied, permission)
	case errors.Is(meant, rollout.ErrGone):
		return fmt.Errorf("%s: %w: is the project right, and was the metric ever written?", doing, rollout.ErrGone)
	case errors.Is(meant, rollout.ErrInvalid):
		return fmt.Errorf("%s: %w (%s)", doing, rollout.ErrInvalid, status.Code(err))
	case errors.Is(meant, context.DeadlineExceeded):
		return fmt.Errorf("%s: Cloud Monitoring gave no answer in time", doing)
	}
	return fmt.Errorf("%s: Cloud Monitoring answered %s", doing, status.Code(err))
}
