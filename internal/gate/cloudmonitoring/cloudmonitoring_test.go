package cloudmonitoring

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"github.com/hashicorp/terraform-plugin-framework/types"
	distributionpb "google.golang.org/genproto/googleapis/api/distribution"
	metricpb "google.golang.org/genproto/googleapis/api/metric"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

func TestDescribe(t *testing.T) {
	for name, c := range map[string]struct {
		block gatetest.Values
		want  gate.Description
	}{
		"errors":        {gatetest.Values{"metric": "error_rate"}, gate.Description{Measures: "error_rate", Unit: "%", Counts: true}},
		"P50":           {gatetest.Values{"metric": "latency_p50"}, gate.Description{Measures: "latency_p50", Unit: "ms", Counts: true}},
		"P95":           {gatetest.Values{"metric": "latency_p95"}, gate.Description{Measures: "latency_p95", Unit: "ms", Counts: true}},
		"P99":           {gatetest.Values{"metric": "latency_p99"}, gate.Description{Measures: "latency_p99", Unit: "ms", Counts: true}},
		"cpu":           {gatetest.Values{"metric": "cpu"}, gate.Description{Measures: "cpu", Unit: "%"}},
		"memory":        {gatetest.Values{"metric": "memory"}, gate.Description{Measures: "memory", Unit: "%"}},
		"query":         {gatetest.Values{"query": ratio}, gate.Description{Measures: "query"}},
		"with samples":  {gatetest.Values{"query": ratio, "samples": counted}, gate.Description{Measures: "query", Counts: true, Countable: true}},
		"of everybody":  {gatetest.Values{"query": `sum({"run.googleapis.com/request_count",location="{{location}}"})`}, gate.Description{Measures: "query", Everybody: true}},
		"not known yet": {gatetest.Values{"metric": gatetest.Unknown}, gate.Description{Counts: true}},
	} {
		c.want.MinWindow = time.Minute
		b := gatetest.Block(t, Kind(), c.block)
		if got := Kind().Validate(t.Context(), b); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
		if got := Kind().Describe(t.Context(), b); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	without := func(attribute string) rollout.Problem {
		return rollout.Problem{
			What: attribute + " is given without a query",
			Why:  "The metrics that cloud_monitoring knows by name count their own samples, and Cloud Monitoring says how late they are.",
			Fix:  "Drop " + attribute + ".", At: attribute,
		}
	}
	delay := func(value string) []rollout.Problem {
		return []rollout.Problem{{
			What: "delay is not a duration",
			Why:  `"` + value + `" has to be a number with a unit, 0 or more.`, Fix: `Write it like delay = "5m".`, At: "delay",
		}}
	}
	for name, c := range map[string]struct {
		block gatetest.Values
		want  []rollout.Problem
	}{
		"everything of a query": {gatetest.Values{"query": ratio, "samples": counted, "delay": "0s"}, nil},
		"0 beside samples":      {gatetest.Values{"query": "sum(up) or vector(0)", "samples": counted}, nil},
		"0 for nothing": {gatetest.Values{"query": "sum(up) or vector(0)"}, []rollout.Problem{{
			What: "query takes missing data for 0",
			Why:  `It ends in "or vector(0)": where the engine has nothing at all, as of a revision that nobody reaches, the value would be 0, and could pass.`,
			Fix:  "Put that around what may be absent alone, as in (sum(rate(bad[{{window}}])) or vector(0)) / sum(rate(all[{{window}}])); or say with samples how many requests there were.",
			At:   "query",
		}}},
		"nothing known": {gatetest.Values{"metric": gatetest.Unknown, "query": gatetest.Unknown, "samples": gatetest.Unknown, "delay": gatetest.Unknown}, nil},
		"nothing": {gatetest.Values{}, []rollout.Problem{{
			What: "A cloud_monitoring gate asks for nothing", Why: "It has neither metric nor query.",
			Fix: `Give one of them: metric = "error_rate", or a query in PromQL.`,
		}}},
		"both": {gatetest.Values{"metric": "cpu", "query": "up"}, []rollout.Problem{{
			What: "A cloud_monitoring gate has both metric and query", Why: "A gate measures one thing.",
			Fix: "Drop one of them, and give the other a gate of its own.", At: "query",
		}}},
		"another metric": {gatetest.Values{"metric": "latency"}, []rollout.Problem{{
			What: "The metric of a cloud_monitoring gate is not known",
			Why:  `"latency" is none of cpu, error_rate, latency_p50, latency_p95, latency_p99, memory.`,
			Fix:  `Write it like metric = "error_rate".`, At: "metric",
		}}},
		"samples and delay of a metric": {gatetest.Values{"metric": "cpu", "samples": "up", "delay": "5m"}, []rollout.Problem{without("samples"), without("delay")}},
		"a delay without a unit":        {gatetest.Values{"query": "up", "delay": "5"}, delay("5")},
		"a delay before the fact":       {gatetest.Values{"query": "up", "delay": "-5m"}, delay("-5m")},
		"a fixed range": {gatetest.Values{"query": "rate(up[5m])"}, []rollout.Problem{{
			What: "query does not keep to the window of the gate",
			Why:  "It has a range of fixed length, so just after a step it would still look at the time before.",
			Fix:  "Write the range as [{{window}}], and its length as the gate's window.", At: "query",
		}}},
	} {
		b := gatetest.Block(t, Kind(), c.block)
		got := Kind().Validate(t.Context(), b)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
		if s, err := Kind().Open(t.Context(), b, cloud.New(cloud.Config{})); len(c.want) > 0 && (s != nil || !errors.Is(err, c.want[0])) {
			t.Errorf("%s: opened: %v, %v", name, s, err)
		}
	}
	if got := Kind().Validate(t.Context(), types.ObjectNull(nil)); len(got) > 0 {
		t.Errorf("an absent block: %q", got)
	}
}

// measure asks for the window that ends so long ago.
func (h *harness) measure(t *testing.T, s rollout.Source, ago, length time.Duration) rollout.Measurement {
	t.Helper()
	end := h.clock.Now().Add(-ago)
	m, err := s.Measure(t.Context(), h.Subject("api-1"), rollout.Window{Start: end.Add(-length), End: end})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Cloud Run samples every minute: a window covers the samples that begin in it,
// whatever its phase, and none of those that began before.
func TestWindowsOfWholeSamples(t *testing.T) {
	for phase := time.Duration(0); phase < time.Minute; phase += 13 * time.Second {
		h := start(t, "error_rate")
		h.MetricsSampling(time.Minute)
		h.MetricsLag(2 * time.Minute)
		s := h.Open(t)
		delay, err := s.(rollout.Delayed).Delay(t.Context(), h.Subject("api-1"))
		if err != nil || delay != 3*time.Minute {
			t.Fatalf("delay %s, %v", delay, err)
		}
		split := h.clock.Now().Add(3*time.Minute + phase)
		h.Serve("api-1", split.Add(-time.Second), 0, 1000) // before the split
		first := split.Truncate(time.Minute)
		if phase > 0 {
			first = first.Add(time.Minute) // the first sample that began after it
		}
		h.Serve("api-1", first.Add(time.Second), 9, 1)
		h.Serve("api-1", first.Add(59*time.Second), 10, 0)
		h.Serve("api-1", first.Add(61*time.Second), 0, 500) // of the second sample
		h.clock.Advance(split.Add(time.Minute + delay).Sub(h.clock.Now()))
		if m := h.measure(t, s, delay, time.Minute); m != (rollout.Measurement{Value: 5, Samples: 20}) {
			t.Errorf("phase %s: %+v", phase, m)
		}
		h.clock.Advance(time.Minute)
		if m := h.measure(t, s, delay, 2*time.Minute); m.Samples != 520 {
			t.Errorf("phase %s: two minutes: %+v", phase, m)
		}
	}
}

func TestPartialWindows(t *testing.T) {
	h := start(t, "error_rate")
	s := h.Open(t)
	h.clock.Advance(time.Minute + 250*time.Millisecond)
	h.Serve("api-1", h.clock.Now().Add(-30*time.Second), 1, 0)
	for length, samples := range map[time.Duration]int{
		0: 0, 59 * time.Second: 0, 60*time.Second - 1: 0, 60 * time.Second: 1, 90*time.Second + 123456789: 1, time.Hour: 1,
	} {
		m := h.measure(t, s, time.Second, length)
		if m.Samples != samples || (m.Note != "") != (length < time.Minute) {
			t.Errorf("%s: %+v", length, m)
		}
	}
}

func TestWhatIsNotKnown(t *testing.T) {
	h := start(t, "error_rate")
	s := h.Open(t)
	for _, fact := range []string{"project", "location", "service", "revision"} {
		of := h.Subject("api-1")
		delete(of.Facts, fact)
		_, err := s.Measure(t.Context(), of, rollout.Window{})
		var p rollout.Problem
		if !errors.As(err, &p) || p.What != "cloud_monitoring does not know what to measure of api-1" {
			t.Errorf("without %s: %v", fact, err)
		}
	}
	if h.Calls() > 0 {
		t.Errorf("it asked all the same")
	}
}

// A service of the same name in another place is another service.
func TestOnlyThisRevision(t *testing.T) {
	h := start(t, "error_rate")
	s := h.Open(t)
	h.clock.Advance(time.Minute)
	h.Serve("api-1", h.clock.Now().Add(-10*time.Second), 1, 0)
	h.clock.Advance(5 * time.Second)
	for fact, value := range map[string]string{"location": "europe-west1", "service": "other", "revision": "api-2"} {
		of := h.Subject("api-1")
		of.Facts[fact] = value
		m, err := s.Measure(t.Context(), of, rollout.Window{Start: h.clock.Now().Add(-time.Hour), End: h.clock.Now().Add(-time.Second)})
		if err != nil || m.Samples != 0 {
			t.Errorf("another %s: %+v, %v", fact, m, err)
		}
	}
	if m := h.measure(t, s, time.Second, time.Hour); m.Samples != 1 {
		t.Errorf("got %+v", m)
	}
}

// A descriptor is read once, and what denies it is named.
func TestDescriptor(t *testing.T) {
	h := start(t, "latency_p95")
	s := h.Open(t)
	late := s.(rollout.Delayed)
	if _, err := late.Delay(t.Context(), rollout.Subject{Revision: "4"}); err == nil || h.Calls() > 0 {
		t.Errorf("of another platform's revision: %v", err)
	}
	allow := h.Deny("monitoring.metricDescriptors.get")
	_, err := s.Measure(t.Context(), h.Subject("api-1"), rollout.Window{})
	const want = "read how late run.googleapis.com/request_latencies is in project demo: permission denied: it needs monitoring.metricDescriptors.get"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err = late.Delay(t.Context(), h.Subject("api-1")); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	allow()
	h.MetricsLag(2 * time.Minute)
	for range 3 {
		if d, err := late.Delay(t.Context(), h.Subject("api-1")); d != 2*time.Minute+time.Second || err != nil {
			t.Errorf("%s, %v", d, err)
		}
	}
	read := slices.DeleteFunc(h.Sandbox.Calls(), func(c sandbox.Call) bool { return c.Code != codes.OK })
	if len(read) != 1 || !strings.HasSuffix(read[0].Resource, "/run.googleapis.com/request_latencies") {
		t.Errorf("calls: %v", read)
	}
}

func TestThrottlingIsWaitedOut(t *testing.T) {
	h := start(t, "latency_p50")
	t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "monitoring.", Times: 3}))
	s := h.Open(t)
	h.Serve("api-1", h.clock.Now().Add(-10*time.Second), 1, 0)
	if m := h.measure(t, s, 0, time.Minute); m.Samples != 1 {
		t.Errorf("got %+v", m)
	}
}

// A query covers the samples that begin in the window, as the metrics do, whatever
// the phase in which Cloud Run samples.
func TestAQueryOfWholeSamples(t *testing.T) {
	h := start(t, "")
	h.block = gatetest.Values{"query": counted}
	h.MetricsSampling(time.Minute)
	s := h.Open(t)
	split := h.clock.Now().Add(3*time.Minute + 13*time.Second)
	h.Serve("api-1", split.Add(-time.Second), 0, 1000) // its sample ends after the split
	h.Serve("api-1", split.Add(time.Minute), 30, 0)
	h.clock.Advance(10 * time.Minute)
	m, err := s.Measure(t.Context(), h.Subject("api-1"), rollout.Window{Start: split, End: split.Add(3 * time.Minute)})
	if err != nil || m != (rollout.Measurement{Value: 30, Samples: 1}) {
		t.Errorf("%+v, %v", m, err)
	}
	short := rollout.Window{Start: split, End: split.Add(59 * time.Second)}
	if m, err := s.Measure(t.Context(), h.Subject("api-1"), short); err != nil || m.Samples != 0 || m.Note == "" {
		t.Errorf("less than a minute: %+v, %v", m, err)
	}
}

// How late the data of a query are is what is given, or what Cloud Run's own are.
func TestDelayOfAQuery(t *testing.T) {
	h := start(t, "")
	h.MetricsSampling(time.Minute)
	h.MetricsLag(2 * time.Minute)
	for given, want := range map[string]time.Duration{"": 3 * time.Minute, "10m": 10 * time.Minute, "20s": 20 * time.Second, "0s": 0} {
		before := len(h.Sandbox.Calls())
		h.block = gatetest.Values{"query": counted}
		if given != "" {
			h.block["delay"] = given
		}
		got, err := h.Open(t).(rollout.Delayed).Delay(t.Context(), h.Subject("api-1"))
		if err != nil || got != want {
			t.Errorf("%q: %s, %v", given, got, err)
		}
		if asked := len(h.Sandbox.Calls()) > before; asked != (given == "") {
			t.Errorf("%q: asked %t", given, asked)
		}
	}
	allow := h.Deny("monitoring.metricDescriptors.get")
	defer allow()
	h.block = gatetest.Values{"query": "vector(1)", "delay": "4m"}
	if m := h.measure(t, h.Open(t), 4*time.Minute, time.Minute); m != (rollout.Measurement{Value: 1, Samples: 1}) {
		t.Errorf("without a descriptor: %+v", m)
	}
	if _, err := h.Open(t).(rollout.Delayed).Delay(t.Context(), rollout.Subject{Revision: "4"}); err != nil {
		t.Errorf("a delay that is given: %v", err)
	}
}

// What Google answers to a query, in either form.
func TestRefusedQueries(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
		is     error
	}{
		"as Prometheus":   {400, `{"status":"error","errorType":"bad_data","error":"key"}`, "it cannot read query (status 400): try it on the Metrics Explorer, in PromQL", rollout.ErrInvalid},
		"as Google":       {400, `{"error":{"code":400,"message":"key","status":"INVALID_ARGUMENT"}}`, "it cannot read query (status 400): try it on the Metrics Explorer, in PromQL", rollout.ErrInvalid},
		"denied":          {403, `{"error":{"code":403,"message":"key"}}`, "permission denied: it needs monitoring.timeSeries.list", rollout.ErrDenied},
		"not who it was":  {401, "key", "permission denied: the credentials are not valid any more", rollout.ErrDenied},
		"without a form":  {200, "key", "its answer to query is not one of Prometheus' (status 200)", nil},
		"another address": {302, "key", "it answered query with status 302", nil},
		"not there":       {404, "key", "it answered query with status 404", nil},
	} {
		t.Run(name, func(t *testing.T) {
			asked := ""
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.Path + " " + r.FormValue("query") + " " + r.FormValue("time")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			t.Cleanup(srv.Close)
			h := start(t, "")
			h.endpoint, h.block = srv.URL, gatetest.Values{"query": `up{r="{{revision}}"}`, "delay": "5m"}
			end := time.Date(2026, 3, 4, 14, 0, 13, 0, time.UTC)
			_, err := h.Open(t).Measure(t.Context(), here("api-1"), rollout.Window{Start: end.Add(-time.Minute), End: end})
			if want := "ask Cloud Monitoring for project demo: " + c.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			for _, is := range []error{rollout.ErrInvalid, rollout.ErrDenied} {
				if errors.Is(err, is) != errors.Is(c.is, is) {
					t.Errorf("%v is taken for another sort of error", err)
				}
			}
			if want := `/v1/projects/demo/location/global/prometheus/api/v1/query up{r="api-1"} 1772632872.999`; asked != want {
				t.Errorf("asked %s\nwant  %s", asked, want)
			}
		})
	}
}

// odd is a MetricService that answers what a test says.
type odd struct {
	monitoringpb.UnimplementedMetricServiceServer
	descriptor *metricpb.MetricDescriptor_MetricDescriptorMetadata
	answer     func(*monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error)
	errors     []*rpcstatus.Status // that it says it had
}

func (o *odd) GetMetricDescriptor(_ context.Context, q *monitoringpb.GetMetricDescriptorRequest) (*metricpb.MetricDescriptor, error) {
	_, kind, _ := strings.Cut(q.GetName(), "/metricDescriptors/")
	return &metricpb.MetricDescriptor{Type: kind, Metadata: o.descriptor}, nil
}

func (o *odd) ListTimeSeries(_ context.Context, q *monitoringpb.ListTimeSeriesRequest) (*monitoringpb.ListTimeSeriesResponse, error) {
	all, err := o.answer(q)
	return &monitoringpb.ListTimeSeriesResponse{TimeSeries: all, ExecutionErrors: o.errors}, err
}

func (o *odd) measure(t *testing.T, metric string) (rollout.Measurement, error) {
	t.Helper()
	end := time.Date(2026, 3, 4, 14, 0, 13, 0, time.UTC)
	return o.open(t, metric).Measure(t.Context(), here("api-1"), rollout.Window{Start: end.Add(-time.Minute), End: end})
}

func (o *odd) open(t *testing.T, metric string) rollout.Source {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer()
	monitoringpb.RegisterMetricServiceServer(srv, o)
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(srv.Stop)
	h := start(t, metric)
	h.endpoint = "http://" + l.Addr().String()
	return h.Open(t)
}

// One alignment period, of whole seconds, that ends with the interval and is as
// long: with a nanosecond more the API would answer for what came before as well.
func TestOnePeriod(t *testing.T) {
	o := &odd{descriptor: &metricpb.MetricDescriptor_MetricDescriptorMetadata{SamplePeriod: durationpb.New(time.Minute), IngestDelay: durationpb.New(time.Minute)}}
	var asked *monitoringpb.ListTimeSeriesRequest
	o.answer = func(q *monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
		asked = q
		return nil, nil
	}
	at := time.Date(2026, 3, 4, 14, 0, 13, 123456789, time.UTC)
	_, err := o.open(t, "error_rate").Measure(t.Context(), here("api-1"), rollout.Window{Start: at.Add(-90*time.Second - 987654321), End: at})
	if err != nil {
		t.Fatal(err)
	}
	from, to := asked.GetInterval().GetStartTime().AsTime(), asked.GetInterval().GetEndTime().AsTime()
	if period := asked.GetAggregation().GetAlignmentPeriod().AsDuration(); period != 90*time.Second || to.Sub(from) != period || !to.Equal(at.Add(time.Minute-time.Millisecond)) {
		t.Errorf("asked for %s by %s to %s", period, from, to)
	}
	const filter = `metric.type = "run.googleapis.com/request_count" AND resource.type = "cloud_run_revision" AND resource.labels.project_id = "demo"` +
		` AND resource.labels.location = "us-central1" AND resource.labels.service_name = "shop" AND resource.labels.revision_name = "api-1"`
	if asked.GetFilter() != filter {
		t.Errorf("asked for %s", asked.GetFilter())
	}
}

func minute(end string, v *monitoringpb.TypedValue) *monitoringpb.TimeSeries {
	to, err := time.Parse(time.RFC3339Nano, "2026-03-04T"+end+"Z")
	if err != nil {
		panic(err)
	}
	return &monitoringpb.TimeSeries{Points: []*monitoringpb.Point{{
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(to.Add(-time.Minute)), EndTime: timestamppb.New(to)}, Value: v,
	}}}
}

func double(v float64) *monitoringpb.TypedValue {
	return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DoubleValue{DoubleValue: v}}
}

// Answers that the sandbox does not give.
func TestOddAnswers(t *testing.T) {
	const at = "14:01:13" // the window's end and a sample
	usual := &metricpb.MetricDescriptor_MetricDescriptorMetadata{SamplePeriod: durationpb.New(time.Minute), IngestDelay: durationpb.New(2 * time.Minute)}
	series := func(all ...*monitoringpb.TimeSeries) func(*monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
		return func(q *monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
			if q.GetAggregation().GetCrossSeriesReducer() == monitoringpb.Aggregation_REDUCE_SUM && strings.Contains(q.GetFilter(), "latencies") {
				return []*monitoringpb.TimeSeries{minute(at, &monitoringpb.TypedValue{Value: distribution(7)})}, nil
			}
			return all, nil
		}
	}
	fails := func(code codes.Code) func(*monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
		return func(*monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
			return nil, status.Error(code, inBody)
		}
	}
	lost := []*rpcstatus.Status{{Code: int32(codes.Unavailable), Message: inBody}}
	const list = "list run.googleapis.com/request_count of api-1 in project demo: "
	for name, c := range map[string]struct {
		metric string
		odd    *odd
		want   rollout.Measurement
		err    string
	}{
		"counts as doubles": {"error_rate", &odd{descriptor: usual, answer: series(minute(at, double(41.6)))}, rollout.Measurement{Samples: 42}, ""},
		"some are missing":  {"error_rate", &odd{descriptor: usual, answer: series(minute(at, double(41))), errors: lost}, rollout.Measurement{}, list + "Cloud Monitoring says that something may be missing from its answer"},
		"all are missing":   {"error_rate", &odd{descriptor: usual, answer: series(), errors: lost}, rollout.Measurement{}, list + "Cloud Monitoring says that something may be missing from its answer"},
		"nothing but 0":     {"error_rate", &odd{descriptor: usual, answer: series(minute(at, double(0)))}, rollout.Measurement{}, ""},
		"another minute":    {"error_rate", &odd{descriptor: usual, answer: series(minute("14:01:11.9", double(1)))}, rollout.Measurement{}, "cloud monitoring answered for 14:00:11 UTC to 14:01:11 UTC, and was asked about 14:00:12 UTC to 14:01:12 UTC"},
		"a later minute":    {"error_rate", &odd{descriptor: usual, answer: series(minute("14:01:14.1", double(1)))}, rollout.Measurement{}, "cloud monitoring answered for 14:00:14 UTC to 14:01:14 UTC, and was asked about 14:00:12 UTC to 14:01:12 UTC"},
		"rounded":           {"error_rate", &odd{descriptor: usual, answer: series(minute("14:01:12.5", double(1)))}, rollout.Measurement{Samples: 1}, ""},
		"percentile":        {"latency_p95", &odd{descriptor: usual, answer: series(minute(at, double(300)))}, rollout.Measurement{Value: 300, Samples: 7}, ""},
		"NaN":               {"latency_p95", &odd{descriptor: usual, answer: series(minute(at, double(math.NaN())))}, rollout.Measurement{Note: "the percentile is not a number"}, ""},
		"infinite":          {"latency_p95", &odd{descriptor: usual, answer: series(minute(at, double(math.Inf(1))))}, rollout.Measurement{Note: "the percentile is not a number"}, ""},
		"no percentile":     {"latency_p95", &odd{descriptor: usual, answer: series()}, rollout.Measurement{}, "cloud monitoring returned 0 series of run.googleapis.com/request_latencies for api-1, which have to be one with one point"},
		"two percentiles":   {"latency_p95", &odd{descriptor: usual, answer: series(minute(at, double(1)), minute(at, double(2)))}, rollout.Measurement{}, "cloud monitoring returned 2 series of run.googleapis.com/request_latencies for api-1, which have to be one with one point"},
		"no metadata":       {"error_rate", &odd{answer: series()}, rollout.Measurement{}, "the descriptor of run.googleapis.com/request_count does not say how late its data are"},
		"no ingest delay":   {"error_rate", &odd{descriptor: &metricpb.MetricDescriptor_MetricDescriptorMetadata{SamplePeriod: durationpb.New(time.Minute)}, answer: series()}, rollout.Measurement{}, "the descriptor of run.googleapis.com/request_count does not say how late its data are"},
		"not found":         {"error_rate", &odd{descriptor: usual, answer: fails(codes.NotFound)}, rollout.Measurement{}, list + "does not exist: is the project right, and was the metric ever written?"},
		"invalid":           {"error_rate", &odd{descriptor: usual, answer: fails(codes.InvalidArgument)}, rollout.Measurement{}, list + "the platform refused the request (InvalidArgument)"},
		"not authenticated": {"error_rate", &odd{descriptor: usual, answer: fails(codes.Unauthenticated)}, rollout.Measurement{}, list + "permission denied: it needs monitoring.timeSeries.list"},
		"too late":          {"error_rate", &odd{descriptor: usual, answer: fails(codes.DeadlineExceeded)}, rollout.Measurement{}, list + "Cloud Monitoring gave no answer in time"},
		"anything else":     {"error_rate", &odd{descriptor: usual, answer: fails(codes.DataLoss)}, rollout.Measurement{}, list + "Cloud Monitoring answered DataLoss"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := c.odd.measure(t, c.metric)
			if m != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("got %+v, %v\nwant %+v, %s", m, err, c.want, c.err)
			}
			if errors.Is(err, rollout.ErrInvalid) != (name == "invalid") || errors.Is(err, rollout.ErrDenied) != (name == "not authenticated") {
				t.Errorf("%v is taken for another sort of error", err)
			}
		})
	}
}

func distribution(n int64) *monitoringpb.TypedValue_DistributionValue {
	return &monitoringpb.TypedValue_DistributionValue{DistributionValue: &distributionpb.Distribution{Count: n}}
}
