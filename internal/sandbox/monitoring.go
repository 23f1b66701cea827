package sandbox

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api"
	labelpb "google.golang.org/genproto/googleapis/api/label"
	metricpb "google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	requestCount      = "run.googleapis.com/request_count"
	requestLatencies  = "run.googleapis.com/request_latencies"
	cpuUtilization    = "run.googleapis.com/container/cpu/utilizations"
	memoryUtilization = "run.googleapis.com/container/memory/utilizations"
	runRevision       = "cloud_run_revision"
)

// container is the name that a service's one container has (modelled).
func container(service string) string { return service + "-1" }

// emulated are the metrics that the sandbox has (docs, Google Cloud metrics, run).
var emulated = []struct {
	kind, unit, title string
	distribution      bool
	uses              string // what instances use a share of; "" for requests
}{
	{requestCount, "1", "Request Count", false, ""},
	{requestLatencies, "ms", "Request Latency", true, ""},
	{cpuUtilization, "10^2.%", "Container CPU Utilization", true, useCPU},
	{memoryUtilization, "10^2.%", "Container Memory Utilization", true, useMemory},
}

// metricService is google.monitoring.v3.MetricService for some of Cloud Run's
// metrics.
type metricService struct {
	monitoringpb.UnimplementedMetricServiceServer
	place
	t        *telemetry
	pageSize int
}

// labels are everything that a filter or a grouping can name of a series.
func (p place) labels(k seriesKey, metric string) map[string]string {
	out := map[string]string{
		"project": p.project, "metric.type": metric, "resource.type": runRevision,
		"resource.labels.project_id":         p.project,
		"resource.labels.location":           p.location,
		"resource.labels.service_name":       k.service,
		"resource.labels.revision_name":      k.revision,
		"resource.labels.configuration_name": k.service,
	}
	if k.code == 0 {
		out["metric.labels.container_name"] = container(k.service)
		return out
	}
	out["metric.labels.response_code"], out["metric.labels.response_code_class"] = strconv.Itoa(k.code), class(k.code)
	return out
}

func class(code int) string { return strconv.Itoa(code/100) + "xx" }

func (m *metricService) ListTimeSeries(_ context.Context, q *monitoringpb.ListTimeSeriesRequest) (*monitoringpb.ListTimeSeriesResponse, error) {
	if _, err := m.parse(q.GetName(), "projects/*", "monitoring.timeSeries.list"); err != nil {
		return nil, err
	}
	terms, metric, err := m.filter(q.GetFilter())
	if err != nil {
		return nil, err
	}
	w, err := windowsOf(q, metric)
	if err != nil {
		return nil, err
	}
	w.sampling = m.t.period()
	var raw []line
	seen := m.t.of(metric)
	for _, key := range sortedKeys(seen) {
		labels := m.labels(key, metric)
		if !admits(terms, labels) {
			continue
		}
		if l := (line{labels: labels, points: w.gather(seen[key])}); len(l.points) > 0 {
			raw = append(raw, l)
		}
	}
	all, next, err := page(w.render(raw), q.GetPageSize(), m.pageSize, q.GetPageToken(), q.GetName()+" "+q.GetFilter())
	if err != nil {
		return nil, err
	}
	return &monitoringpb.ListTimeSeriesResponse{TimeSeries: all, NextPageToken: next}, nil
}

// filter reads a filter that must name one metric type (ListTimeSeriesRequest.filter).
func (m *metricService) filter(text string) ([]term, string, error) {
	terms, err := parseFilter(text)
	if err != nil {
		return nil, "", err
	}
	metric := ""
	for _, t := range terms {
		if t.selector == "metric.type" {
			metric = t.equal
		}
	}
	if metric == "" {
		return nil, "", invalid("filter", "The filter must specify a single metric type")
	}
	for _, e := range emulated {
		if e.kind != metric {
			continue
		}
		known := m.labels(seriesKey{code: map[bool]int{true: 200}[e.uses == ""]}, metric)
		for _, t := range terms {
			if _, has := known[t.selector]; !has {
				return nil, "", badFilter("the metric %s has no %q", metric, t.selector)
			}
		}
		return terms, metric, nil
	}
	return nil, "", status.Errorf(codes.NotFound, "Cannot find metric(s) that match type = %q. If a metric was created recently, it could take up to 10 minutes to become available. Please try again soon.", metric)
}

func (m *metricService) GetMetricDescriptor(_ context.Context, q *monitoringpb.GetMetricDescriptorRequest) (*metricpb.MetricDescriptor, error) {
	project, kind, found := strings.Cut(q.GetName(), "/metricDescriptors/")
	if !found {
		return nil, status.Errorf(codes.InvalidArgument, "Invalid name %q", q.GetName())
	}
	if _, err := m.parse(project, "projects/*", "monitoring.metricDescriptors.get"); err != nil {
		return nil, err
	}
	for _, d := range m.descriptors() {
		if d.GetType() == kind {
			return d, nil
		}
	}
	return nil, status.Errorf(codes.NotFound, "Could not find descriptor for metric '%s'.", kind)
}

func (m *metricService) ListMetricDescriptors(_ context.Context, q *monitoringpb.ListMetricDescriptorsRequest) (*monitoringpb.ListMetricDescriptorsResponse, error) {
	if _, err := m.parse(q.GetName(), "projects/*", "monitoring.metricDescriptors.list"); err != nil {
		return nil, err
	}
	if q.GetActiveOnly() {
		return nil, status.Error(codes.Unimplemented, "active_only is not emulated")
	}
	terms, err := parseFilter(q.GetFilter())
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(m.descriptors(), func(d *metricpb.MetricDescriptor) bool {
		return !admits(terms, map[string]string{"metric.type": d.GetType(), "project": m.project, "resource.type": runRevision})
	})
	all, next, err := page(all, q.GetPageSize(), m.pageSize, q.GetPageToken(), q.GetName()+"/metricDescriptors"+q.GetFilter())
	if err != nil {
		return nil, err
	}
	return &monitoringpb.ListMetricDescriptorsResponse{MetricDescriptors: all, NextPageToken: next}, nil
}

// descriptors describe the metrics. Sample period and ingest delay are what
// the sandbox really does; see MetricsLag and MetricsSampling.
func (m *metricService) descriptors() []*metricpb.MetricDescriptor {
	m.t.mu.Lock()
	lag, sampling := m.t.lag, m.t.sampling
	m.t.mu.Unlock()
	var out []*metricpb.MetricDescriptor
	for _, e := range emulated {
		value, of := metricpb.MetricDescriptor_INT64, []*labelpb.LabelDescriptor{
			{Key: "response_code", Description: "Response code of a request."},
			{Key: "response_code_class", Description: "Response code class of a request."},
		}
		if e.distribution {
			value = metricpb.MetricDescriptor_DISTRIBUTION
		}
		if e.uses != "" {
			of = []*labelpb.LabelDescriptor{{Key: "container_name", Description: "Container name."}}
		}
		out = append(out, &metricpb.MetricDescriptor{
			Name: "projects/" + m.project + "/metricDescriptors/" + e.kind, Type: e.kind, Labels: of,
			MetricKind: metricpb.MetricDescriptor_DELTA, ValueType: value, Unit: e.unit,
			DisplayName: e.title, Description: e.title, LaunchStage: api.LaunchStage_GA,
			MonitoredResourceTypes: []string{runRevision},
			Metadata: &metricpb.MetricDescriptor_MetricDescriptorMetadata{
				SamplePeriod: durationpb.New(sampling), IngestDelay: durationpb.New(lag),
			},
		})
	}
	return out
}

// of returns the samples of a metric that can be seen now.
func (t *telemetry) of(metric string) map[seriesKey][]sample {
	for _, e := range emulated {
		if e.kind == metric && e.uses != "" {
			return t.used(e.uses)
		}
	}
	return t.visible()
}

// windows is how a request wants time cut and series joined.
type windows struct {
	metric       string
	distribution bool
	start, end   time.Time
	period       time.Duration // 0: the samples as they are
	sampling     time.Duration
	aligner      monitoringpb.Aggregation_Aligner
	reducer      monitoringpb.Aggregation_Reducer
	groupBy      []string
	headers      bool
}

// windowsOf checks what a request asks of time and aggregation.
func windowsOf(q *monitoringpb.ListTimeSeriesRequest, metric string) (windows, error) {
	a := q.GetAggregation()
	w := windows{
		metric: metric, period: a.GetAlignmentPeriod().AsDuration(),
		aligner: a.GetPerSeriesAligner(), reducer: a.GetCrossSeriesReducer(),
		headers: q.GetView() == monitoringpb.ListTimeSeriesRequest_HEADERS,
	}
	for _, e := range emulated {
		w.distribution = w.distribution || e.kind == metric && e.distribution
	}
	if q.GetInterval().GetEndTime() == nil {
		return w, invalid("interval.end_time", "required field not present")
	}
	w.end = q.GetInterval().GetEndTime().AsTime()
	w.start = w.end.Add(-time.Nanosecond) // without a start the interval is one moment
	if s := q.GetInterval().GetStartTime(); s != nil {
		w.start = s.AsTime()
	}
	if w.start.After(w.end) {
		return w, invalid("interval", "The start time must be before the end time (%s) for the non-gauge metric '%s'.", w.end, metric)
	}
	if q.GetSecondaryAggregation() != nil {
		return w, status.Error(codes.Unimplemented, "secondary_aggregation is not emulated")
	}
	if q.GetOrderBy() != "" {
		return w, invalid("order_by", "this field must be left blank")
	}
	for _, g := range a.GetGroupByFields() {
		if !slices.Contains(selectors, plural(g)) {
			return w, invalid("aggregation.groupByFields", "%q is not a field of a Cloud Run time series", g)
		}
		w.groupBy = append(w.groupBy, plural(g))
	}
	return w, w.fits()
}

// fits refuses aggregations that the real API refuses (Aggregation in
// common.proto) and those that the sandbox does not know.
func (w windows) fits() error {
	switch w.aligner {
	case monitoringpb.Aggregation_ALIGN_NONE:
		if w.reducer != monitoringpb.Aggregation_REDUCE_NONE || w.period != 0 || len(w.groupBy) > 0 {
			return invalid("aggregation.perSeriesAligner", "ALIGN_NONE goes with no alignment period, reducer and grouping")
		}
		return nil
	case monitoringpb.Aggregation_ALIGN_DELTA:
	case monitoringpb.Aggregation_ALIGN_RATE:
		if w.distribution {
			return invalid("aggregation.perSeriesAligner", "The aligner cannot be applied to metrics with kind DELTA and value type DISTRIBUTION.")
		}
	case monitoringpb.Aggregation_ALIGN_PERCENTILE_50, monitoringpb.Aggregation_ALIGN_PERCENTILE_95, monitoringpb.Aggregation_ALIGN_PERCENTILE_99:
		if !w.distribution {
			return invalid("aggregation.perSeriesAligner", "The aligner cannot be applied to metrics with kind DELTA and value type INT64.")
		}
	default:
		return status.Errorf(codes.Unimplemented, "the aligner %s is not emulated", w.aligner)
	}
	if w.period < time.Minute {
		return invalid("aggregation.alignmentPeriod", "had an invalid value of %q: must be at least 60 seconds", w.period)
	}
	return w.reduces()
}

// reduces refuses reducers that the sandbox does not know after the aligner.
func (w windows) reduces() error {
	switch w.reducer {
	case monitoringpb.Aggregation_REDUCE_NONE, monitoringpb.Aggregation_REDUCE_SUM:
		return nil
	case monitoringpb.Aggregation_REDUCE_PERCENTILE_50, monitoringpb.Aggregation_REDUCE_PERCENTILE_95, monitoringpb.Aggregation_REDUCE_PERCENTILE_99:
		if w.distribution && w.aligner == monitoringpb.Aggregation_ALIGN_DELTA {
			return nil
		}
	}
	return status.Errorf(codes.Unimplemented, "the reducer %s after %s is not emulated", w.reducer, w.aligner)
}
