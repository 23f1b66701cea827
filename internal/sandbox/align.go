package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/distribution"
	metricpb "google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A line is a series on its way to the answer: tallies by the end of their window.
type line struct {
	labels map[string]string
	points map[time.Time]*tally
}

// gather puts samples into windows. Windows are counted back from the end of
// the interval, and every window that ends within the interval is whole, so the
// oldest may reach back before its start (modelled after common.proto,
// Aggregation.alignment_period; unverified).
func (w windows) gather(samples []sample) map[time.Time]*tally {
	out := map[time.Time]*tally{}
	for _, s := range samples {
		if s.at.After(w.end) {
			continue
		}
		end := s.at
		if w.period > 0 {
			end = w.end.Add(-w.end.Sub(s.at).Truncate(w.period))
		}
		if !end.After(w.start) {
			continue
		}
		if out[end] == nil {
			out[end] = &tally{}
		}
		out[end].add(s.tally)
	}
	return out
}

// render reduces lines and writes them as time series.
func (w windows) render(lines []line) []*monitoringpb.TimeSeries {
	if w.reducer != monitoringpb.Aggregation_REDUCE_NONE {
		lines = w.reduce(lines)
	}
	var out []*monitoringpb.TimeSeries
	for _, l := range lines {
		out = append(out, w.series(l))
	}
	return out
}

// reduce joins the lines that agree in the fields grouped by, and forgets all
// other labels but the project's.
func (w windows) reduce(lines []line) []line {
	groups := map[string]*line{}
	for _, l := range lines {
		kept := map[string]string{}
		var key []string
		for _, field := range append([]string{"metric.type", "resource.type", "resource.labels.project_id"}, w.groupBy...) {
			kept[field] = l.labels[field]
			key = append(key, l.labels[field])
		}
		id := strings.Join(key, "\x00")
		if groups[id] == nil {
			groups[id] = &line{labels: kept, points: map[time.Time]*tally{}}
		}
		for end, t := range l.points {
			if groups[id].points[end] == nil {
				groups[id].points[end] = &tally{}
			}
			groups[id].points[end].add(t)
		}
	}
	var out []line
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, *groups[id])
	}
	return out
}

// series renders one line; points come newest first (TimeSeries.points).
func (w windows) series(l line) *monitoringpb.TimeSeries {
	ts := &monitoringpb.TimeSeries{
		Metric:   &metricpb.Metric{Type: w.metric, Labels: under(l.labels, "metric.labels.")},
		Resource: &monitoredres.MonitoredResource{Type: runRevision, Labels: under(l.labels, "resource.labels.")},
	}
	ts.MetricKind, ts.ValueType = w.kind()
	if w.headers {
		return ts
	}
	ends := slices.SortedFunc(maps.Keys(l.points), func(a, b time.Time) int { return b.Compare(a) })
	for _, end := range ends {
		width := w.period
		if width == 0 {
			width = w.sampling
		}
		interval := &monitoringpb.TimeInterval{StartTime: timestamppb.New(end.Add(-width)), EndTime: timestamppb.New(end)}
		if ts.GetMetricKind() == metricpb.MetricDescriptor_GAUGE {
			interval.StartTime = interval.GetEndTime()
		}
		ts.Points = append(ts.Points, &monitoringpb.Point{Interval: interval, Value: w.value(l.points[end])})
	}
	return ts
}

func under(labels map[string]string, prefix string) map[string]string {
	out := map[string]string{}
	for k, v := range labels {
		if name, ok := strings.CutPrefix(k, prefix); ok {
			out[name] = v
		}
	}
	return out
}

// percentile is the quantile that aligner or reducer ask for; 0 for none.
func (w windows) percentile() float64 {
	switch w.aligner {
	case monitoringpb.Aggregation_ALIGN_PERCENTILE_50:
		return 0.50
	case monitoringpb.Aggregation_ALIGN_PERCENTILE_95:
		return 0.95
	case monitoringpb.Aggregation_ALIGN_PERCENTILE_99:
		return 0.99
	}
	switch w.reducer {
	case monitoringpb.Aggregation_REDUCE_PERCENTILE_50:
		return 0.50
	case monitoringpb.Aggregation_REDUCE_PERCENTILE_95:
		return 0.95
	case monitoringpb.Aggregation_REDUCE_PERCENTILE_99:
		return 0.99
	}
	return 0
}

func (w windows) kind() (metricpb.MetricDescriptor_MetricKind, metricpb.MetricDescriptor_ValueType) {
	switch {
	case w.percentile() > 0 || w.aligner == monitoringpb.Aggregation_ALIGN_RATE:
		return metricpb.MetricDescriptor_GAUGE, metricpb.MetricDescriptor_DOUBLE
	case w.distribution:
		return metricpb.MetricDescriptor_DELTA, metricpb.MetricDescriptor_DISTRIBUTION
	}
	return metricpb.MetricDescriptor_DELTA, metricpb.MetricDescriptor_INT64
}

func (w windows) value(t *tally) *monitoringpb.TypedValue {
	double := func(v float64) *monitoringpb.TypedValue {
		return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DoubleValue{DoubleValue: v}}
	}
	switch {
	case w.percentile() > 0:
		return double(t.quantile(w.percentile()))
	case w.aligner == monitoringpb.Aggregation_ALIGN_RATE:
		return double(float64(t.n) / w.period.Seconds())
	case w.distribution:
		return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DistributionValue{DistributionValue: t.distribution()}}
	}
	return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_Int64Value{Int64Value: t.n}}
}

func (t *tally) distribution() *distribution.Distribution {
	d := &distribution.Distribution{
		Count: t.n, Mean: t.sum / float64(t.n),
		BucketOptions: t.scale.options,
	}
	for i := range slices.Max(slices.Collect(maps.Keys(t.buckets))) + 1 {
		d.BucketCounts = append(d.BucketCounts, t.buckets[i])
	}
	return d
}
