package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	promapi "github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"google.golang.org/api/iterator"
	dmon1 "google.golang.org/api/monitoring/v1"
	dmon "google.golang.org/api/monitoring/v3"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// ask runs the query of a gate for one revision over the time that has just passed.
func (w *world) ask(metric, revision string, window time.Duration, reducer monitoringpb.Aggregation_Reducer, groupBy ...string) []*monitoringpb.TimeSeries {
	w.t.Helper()
	c := must(monitoring.NewMetricClient(w.ctx(), option.WithGRPCConn(w.conn)))
	it := c.ListTimeSeries(w.ctx(), &monitoringpb.ListTimeSeriesRequest{
		Name: "projects/demo",
		Filter: fmt.Sprintf(`metric.type = %q AND resource.type = "cloud_run_revision" AND resource.labels.service_name = "shop"
			AND resource.labels.revision_name = %q AND resource.labels.location = "us-central1"`, metric, revision),
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(w.clock.now().Add(-window)), EndTime: timestamppb.New(w.clock.now())},
		Aggregation: &monitoringpb.Aggregation{
			AlignmentPeriod: durationpb.New(window), PerSeriesAligner: monitoringpb.Aggregation_ALIGN_DELTA,
			CrossSeriesReducer: reducer, GroupByFields: append([]string{"resource.labels.revision_name"}, groupBy...),
		},
	})
	var out []*monitoringpb.TimeSeries
	for {
		ts, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return out
		}
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, ts)
	}
}

func TestListTimeSeriesCountsWhatWasSent(t *testing.T) {
	w := start(t, Options{PageSize: 1})
	first, second := w.two(Behaviour{}, Behaviour{ErrorShare: 0.2})
	w.split(map[string]int{first: 50, second: 50})
	for range 40 {
		fetch(t, w.ServiceURL("shop"))
	}
	w.clock.pass(time.Minute)
	got := map[string]int64{}
	for _, ts := range w.ask(requestCount, second, 2*time.Minute, monitoringpb.Aggregation_REDUCE_SUM, "metric.labels.response_code_class") {
		if len(ts.GetPoints()) != 1 || ts.GetResource().GetLabels()["revision_name"] != second || ts.GetResource().GetLabels()["service_name"] != "" {
			t.Errorf("series: %v", ts)
		}
		got[ts.GetMetric().GetLabels()["response_code_class"]] = ts.GetPoints()[0].GetValue().GetInt64Value()
	}
	if got["2xx"] != 16 || got["5xx"] != 4 || len(got) != 2 {
		t.Errorf("counted %v, sent 16 good and 4 bad", got)
	}
	if none := w.ask(requestCount, "shop-00009-zzz", 2*time.Minute, monitoringpb.Aggregation_REDUCE_SUM); len(none) != 0 {
		t.Errorf("an unknown revision has series: %v", none)
	}
	w.clock.pass(time.Hour)
	if none := w.ask(requestCount, second, 2*time.Minute, monitoringpb.Aggregation_REDUCE_SUM); len(none) != 0 {
		t.Errorf("an hour later there are series: %v", none)
	}
}

func TestPercentilesComeFromTheDistribution(t *testing.T) {
	w := start(t, Options{})
	at := w.clock.now().Add(time.Second)
	w.Record("shop", "shop-1", "2xx", 90, 100*time.Millisecond, at)
	w.Record("shop", "shop-1", "5xx", 10, 2*time.Second, at)
	w.clock.pass(time.Minute)
	for reducer, want := range map[monitoringpb.Aggregation_Reducer]float64{
		monitoringpb.Aggregation_REDUCE_PERCENTILE_50: 100, monitoringpb.Aggregation_REDUCE_PERCENTILE_95: 2000, monitoringpb.Aggregation_REDUCE_PERCENTILE_99: 2000,
	} {
		ts := w.ask(requestLatencies, "shop-1", time.Minute, reducer)
		if len(ts) != 1 {
			t.Fatalf("%v: %v", reducer, ts)
		}
		if got := ts[0].GetPoints()[0].GetValue().GetDoubleValue(); math.Abs(got-want) > 0.2*want {
			t.Errorf("%v: %v, want about %v", reducer, got, want)
		}
	}
	ts := w.ask(requestLatencies, "shop-1", time.Minute, monitoringpb.Aggregation_REDUCE_SUM)
	if d := ts[0].GetPoints()[0].GetValue().GetDistributionValue(); d.GetCount() != 100 || math.Abs(d.GetMean()-290) > 1e-6 {
		t.Errorf("distribution: %v", d)
	}
}

// The instance of a revision is read once a sample while it serves; both ways of
// asking say the same of it.
func TestWhatInstancesUse(t *testing.T) {
	w := start(t, Options{})
	w.MetricsSampling(time.Minute)
	first := w.shop(Env("SANDBOX_CPU", "0.35"), Env("SANDBOX_MEMORY", "0.805"))
	for range 3 {
		for range 4 {
			fetch(t, w.ServiceURL("shop"))
		}
		w.clock.pass(time.Minute)
	}
	w.RecordUse("shop", "other", 1, 0, 2, w.clock.now())
	w.clock.pass(time.Minute)
	for metric, want := range map[string]float64{cpuUtilization: 0.35, memoryUtilization: 0.805} {
		ts := w.ask(metric, first, 10*time.Minute, monitoringpb.Aggregation_REDUCE_SUM)
		if d := ts[0].GetPoints()[0].GetValue().GetDistributionValue(); d.GetCount() != 3 || math.Abs(d.GetMean()-want) > 1e-6 {
			t.Errorf("%s: %v", metric, d)
		}
		ts = w.ask(metric, first, 10*time.Minute, monitoringpb.Aggregation_REDUCE_PERCENTILE_95)
		if got := ts[0].GetPoints()[0].GetValue().GetDoubleValue(); math.Abs(got-want) > 0.01 {
			t.Errorf("P95 of %s: %v", metric, got)
		}
		mangled := "run_googleapis_com:" + strings.ReplaceAll(strings.TrimPrefix(metric, "run.googleapis.com/"), "/", "_")
		for _, name := range []string{`{"` + metric + `_bucket",revision_name="` + first + `"}`, mangled + `_bucket{revision_name="` + first + `"}`} {
			got, ok := w.promNumber(`histogram_quantile(0.95, sum by (le) (increase(` + strings.Replace(name, "}", "}[10m]", 1) + `)))`)
			if !ok || math.Abs(got-want) > 0.01 {
				t.Errorf("%s: %v, %v", name, got, ok)
			}
		}
	}
	ts := w.ask(cpuUtilization, "other", 10*time.Minute, monitoringpb.Aggregation_REDUCE_PERCENTILE_99)
	if got := ts[0].GetPoints()[0].GetValue().GetDoubleValue(); got < 1 || got > 1.01 {
		t.Errorf("a full instance: %v", got)
	}
}

func TestLagAndSamplingAndSilence(t *testing.T) {
	w := start(t, Options{})
	w.MetricsLag(3 * time.Minute)
	w.MetricsSampling(time.Minute)
	w.clock.pass(10 * time.Second)
	w.Record("shop", "shop-1", "2xx", 7, time.Millisecond, w.clock.now()) // sampled at 14:01, visible at 14:04
	w.clock.pass(3*time.Minute + 49*time.Second)
	if ts := w.ask(requestCount, "shop-1", 10*time.Minute, monitoringpb.Aggregation_REDUCE_SUM); len(ts) != 0 {
		t.Errorf("visible at %s: %v", w.clock.now(), ts)
	}
	w.clock.pass(time.Second)
	if ts := w.ask(requestCount, "shop-1", 10*time.Minute, monitoringpb.Aggregation_REDUCE_SUM); len(ts) != 1 || ts[0].GetPoints()[0].GetValue().GetInt64Value() != 7 {
		t.Errorf("invisible at %s: %v", w.clock.now(), ts)
	}
	c := must(monitoring.NewMetricClient(w.ctx(), option.WithGRPCConn(w.conn)))
	d := must(c.GetMetricDescriptor(w.ctx(), &monitoringpb.GetMetricDescriptorRequest{Name: "projects/demo/metricDescriptors/" + requestCount}))
	if d.GetMetadata().GetIngestDelay().AsDuration() != 3*time.Minute || d.GetMetadata().GetSamplePeriod().AsDuration() != time.Minute {
		t.Errorf("descriptor: %v", d)
	}
	w.DropMetrics(true)
	if ts := w.ask(requestCount, "shop-1", 10*time.Minute, monitoringpb.Aggregation_REDUCE_SUM); len(ts) != 0 {
		t.Errorf("dropped metrics: %v", ts)
	}
}

func TestDiscoveryMonitoring(t *testing.T) {
	w := start(t, Options{})
	w.Record("shop", "shop-1", "2xx", 60, 50*time.Millisecond, w.clock.now())
	w.clock.pass(time.Minute)
	c := must(dmon.NewService(w.ctx(), w.plain()...))
	list := c.Projects.TimeSeries.List("projects/demo").
		Filter(`metric.type="run.googleapis.com/request_count" resource.label.service_name=one_of("shop","x") metric.labels.response_code!="404"`).
		IntervalStartTime("2026-03-04T14:00:00Z").IntervalEndTime("2026-03-04T14:01:00Z").
		AggregationAlignmentPeriod("60s").AggregationPerSeriesAligner("ALIGN_RATE")
	ts := must(list.Do()).TimeSeries
	if len(ts) != 0 { // 14:00:00 itself is not in (14:00, 14:01]
		t.Errorf("got %+v", ts[0].Points[0])
	}
	ts = must(list.IntervalStartTime("2026-03-04T13:59:00Z").IntervalEndTime("2026-03-04T14:00:00Z").Do()).TimeSeries
	if len(ts) != 1 || *ts[0].Points[0].Value.DoubleValue != 1 || ts[0].Metric.Labels["response_code"] != "200" {
		t.Errorf("rate: %+v", ts)
	}
	ds := must(c.Projects.MetricDescriptors.List("projects/demo").Filter(`metric.type = starts_with("run.googleapis.com/")`).PageSize(10).Do())
	if len(ds.MetricDescriptors) != len(emulated) {
		t.Errorf("descriptors: %+v", ds)
	}
}

func TestBadMonitoringQueries(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	const count = `metric.type="run.googleapis.com/request_count"`
	const window = "&interval.startTime=2026-03-04T13:59:00Z&interval.endTime=2026-03-04T14:00:00Z"
	for _, c := range []struct {
		filter, rest string
		code         int
	}{
		{count, window, 200},
		{count, "", 400},
		{`resource.type="cloud_run_revision"`, window, 400},
		{`metric.type="run.googleapis.com/nope"`, window, 404},
		{count + ` AND resource.labels.nope="x"`, window, 400},
		{count + ` AND metric.labels.container_name="x"`, window, 400},
		{`metric.type="run.googleapis.com/container/cpu/utilizations" AND metric.labels.response_code="200"`, window, 400},
		{count + ` AND resource.labels.location=us-central1`, window, 400},
		{count + ` OR ` + count, window, 501},
		{count, window + "&aggregation.alignmentPeriod=30s&aggregation.perSeriesAligner=ALIGN_DELTA", 400},
		{count, window + "&aggregation.perSeriesAligner=ALIGN_DELTA", 400},
		{count, window + "&aggregation.alignmentPeriod=60s&aggregation.perSeriesAligner=ALIGN_PERCENTILE_95", 400},
		{count, window + "&aggregation.alignmentPeriod=60s&aggregation.perSeriesAligner=ALIGN_DELTA&aggregation.crossSeriesReducer=REDUCE_STDDEV", 501},
		{count, window + "&aggregation.crossSeriesReducer=REDUCE_SUM", 400},
		{count, window + "&orderBy=x", 400},
	} {
		path := "/v3/projects/demo/timeSeries?filter=" + url.QueryEscape(c.filter) + c.rest
		if code, body := w.do("GET", path, ""); code != c.code {
			t.Errorf("%s: %d %v, want %d", path, code, body, c.code)
		}
	}
}

// promNumber asks the Google dialect for one number, with the generated client.
func (w *world) promNumber(query string) (float64, bool) {
	w.t.Helper()
	c := must(dmon1.NewService(w.ctx(), w.plain()...))
	body, err := c.Projects.Location.Prometheus.Api.V1.Query("projects/demo", "global", &dmon1.QueryInstantRequest{
		Query: query, Time: w.clock.now().Format(time.RFC3339),
	}).Context(w.ctx()).Do()
	if err != nil {
		w.t.Fatal(err)
	}
	data, _ := body.Data.(map[string]any)
	result, _ := data["result"].([]any)
	if len(result) == 0 {
		return 0, false
	}
	value := result[0].(map[string]any)["value"].([]any)[1].(string)
	return must(strconv.ParseFloat(value, 64)), true
}

// A gate for the error ratio, one for the latency, and the size of the sample.
func TestPromQLAgrees(t *testing.T) {
	w := start(t, Options{})
	w.Record("shop", "R", "2xx", 80, 300*time.Millisecond, w.clock.now().Add(90*time.Second))
	w.Record("shop", "R", "5xx", 20, 300*time.Millisecond, w.clock.now().Add(91*time.Second))
	w.clock.pass(5 * time.Minute)
	const sel = `monitored_resource="cloud_run_revision", location="us-central1", service_name="shop", revision_name=`
	ratio := func(r string) string {
		return `(sum(rate({"run.googleapis.com/request_count", ` + sel + `"` + r + `", response_code_class="5xx"}[5m])) or vector(0))
  / sum(rate({"run.googleapis.com/request_count", ` + sel + `"` + r + `"}[5m]))`
	}
	for name, c := range map[string]struct {
		query string
		want  float64
		none  bool
	}{
		"ratio":        {ratio("R"), 0.2, false},
		"nobody":       {ratio("S"), 0, true},
		"size":         {`sum(increase({"run.googleapis.com/request_count", ` + sel + `"R"}[5m]))`, 100, false},
		"P95":          {`histogram_quantile(0.95, sum by (le) (rate({"run.googleapis.com/request_latencies_bucket", ` + sel + `"R"}[5m])))`, 300, false},
		"mangled name": {`sum(increase(run_googleapis_com:request_count{revision_name="R"}[5m]))`, 100, false},
		"no 5xx":       {`sum(rate({"run.googleapis.com/request_count", response_code_class="4xx"}[5m]))`, 0, true},
	} {
		got, ok := w.promNumber(c.query)
		if ok == c.none || math.Abs(got-c.want) > 0.2*c.want {
			t.Errorf("%s: %v %v, want %v", name, got, ok, c.want)
		}
	}
	w.MetricsLag(5 * time.Minute)
	if _, ok := w.promNumber(ratio("R")); ok {
		t.Error("data that is not visible yet was counted")
	}
}

func TestPlainPrometheus(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{ErrorShare: 0.5})
	w.split(map[string]int{first: 90, second: 10})
	w.clock.pass(time.Minute)
	for range 100 {
		fetch(t, w.ServiceURL("shop"))
	}
	w.clock.pass(time.Minute)
	api := promv1.NewAPI(must(promapi.NewClient(promapi.Config{Address: w.URL() + "/prometheus"})))
	value := func(query string) float64 {
		v, _, err := api.Query(t.Context(), query, w.clock.now())
		if err != nil {
			t.Fatal(err)
		}
		if vec, ok := v.(model.Vector); ok && len(vec) == 1 {
			return float64(vec[0].Value)
		}
		t.Fatalf("%s: %v", query, v)
		return 0
	}
	for query, want := range map[string]float64{
		`sum(increase(rollout_requests_total{service="shop",revision="` + first + `"}[2m]))`:                                 90,
		`sum(increase(rollout_requests_total{service="shop",revision="` + second + `",code_class="5xx"}[2m]))`:               5,
		`sum(increase(rollout_request_duration_seconds_count{service="shop"}[2m]))`:                                          100,
		`sum(increase(rollout_request_duration_seconds_bucket{service="shop",le="+Inf"}[2m]))`:                               100,
		`histogram_quantile(0.99, sum by (le) (rate(rollout_request_duration_seconds_bucket{service="shop"}[2m]))) < bool 1`: 1,
	} {
		if got := value(query); math.Abs(got-want) > 0.02*want {
			t.Errorf("%s = %v, want %v", query, got, want)
		}
	}
	if _, _, err := api.Query(t.Context(), "sum(", w.clock.now()); err == nil || !strings.Contains(err.Error(), "bad_data") {
		t.Errorf("a bad query: %v", err)
	}
}

func TestFaultsReachTheQueries(t *testing.T) {
	w := start(t, Options{})
	w.Fault(Fault{Kind: Unavailable, Method: "monitoring.Query"})
	code, body := w.do("GET", "/v1/projects/demo/location/global/prometheus/api/v1/query?query=1", "")
	if code != 503 || body["error"] == nil {
		t.Errorf("%d %v", code, body)
	}
	w.Fault(Fault{Kind: Throttle, Method: "prometheus."})
	if code, body = w.do("GET", "/prometheus/api/v1/query?query=1", ""); code != 429 || body["status"] != "error" {
		t.Errorf("%d %v", code, body)
	}
	w.Deny("monitoring.timeSeries.list")
	c := must(monitoring.NewMetricClient(w.ctx(), option.WithGRPCConn(w.conn)))
	_, err := c.ListTimeSeries(w.ctx(), &monitoringpb.ListTimeSeriesRequest{Name: "projects/demo"}).Next()
	wantCode(t, err, codes.PermissionDenied)
}
