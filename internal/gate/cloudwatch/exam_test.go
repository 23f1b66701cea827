package cloudwatch

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

const inBody = "the body holds a key"

// A bad invocation ends with an error and takes 2 s, a good one 100 ms.
func TestExamOfReadyMetrics(t *testing.T) {
	for _, metric := range []string{"lambda_errors", "lambda_latency_p95", "target_5xx", "target_latency_p95"} {
		t.Run(metric, func(t *testing.T) {
			gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
				h := start(t)
				h.block = gatetest.Values{"metric": metric}
				if strings.HasPrefix(metric, "target") {
					h.serve = h.targets
				}
				h.expect = shares
				if strings.HasSuffix(metric, "p95") {
					h.expect = times
				}
				return h
			})
		})
	}
}

// Queries without math.
func TestExamOfQueries(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
		h := start(t)
		h.block = gatetest.Values{
			"expression": "errors", "samples": "requests",
			"query": []any{lambda("Errors", "errors"), lambda("Invocations", "requests")},
		}
		h.expect = func(good, bad int) gatetest.Reading {
			return gatetest.Reading{Value: float64(bad), Samples: good + bad}
		}
		return h
	})
}

// Metric math, with samples; things are counted by it as well.
func TestExamOfMath(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
		h := start(t)
		h.block = gatetest.Values{
			"expression": "100 * FILL(errors, 0) / requests", "samples": "requests",
			"query": []any{lambda("Errors", "errors"), lambda("Invocations", "requests")},
		}
		h.expect = shares
		return h
	})
}

func lambda(name, id string) gatetest.Values {
	out := gatetest.Values{"namespace": "AWS/Lambda", "name": name, "statistic": "Sum", "dimensions": gatetest.Values{
		"FunctionName": "{{function}}", "Resource": "{{function}}:{{alias}}", "ExecutedVersion": "{{revision}}",
	}}
	if id != "" {
		out["id"] = id
	}
	return out
}

func shares(good, bad int) gatetest.Reading {
	return gatetest.Reading{Value: 100 * float64(bad) / float64(good+bad), Within: 1e-9, Samples: good + bad}
}

func times(good, bad int) gatetest.Reading {
	if bad > 0 {
		return gatetest.Reading{Value: 2000, Within: 1e-9, Samples: good + bad}
	}
	return gatetest.Reading{Value: 100, Within: 1e-9, Samples: good}
}

// harness is the sandbox, in front of moto.
type harness struct {
	*aws.Sandbox
	clock    *clocktest.Clock
	endpoint string
	block    gatetest.Values
	serve    func(r string, at time.Time, good, bad int)
	expect   func(good, bad int) gatetest.Reading
}

var noon = time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)

func start(t *testing.T) *harness {
	t.Helper()
	awstest.Nobody(t)
	h := &harness{clock: clocktest.New(noon)}
	h.Sandbox = awstest.New(t, aws.Options{Now: h.clock.Now})
	h.endpoint, h.serve = h.URL(), h.invocations
	return h
}

func (h *harness) clients() *cloud.Clients {
	return cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: h.endpoint}, Clock: h.clock})
}

func (h *harness) Open(t *testing.T) rollout.Source { return h.open(t, h.block) }

func (h *harness) open(t *testing.T, block gatetest.Values) rollout.Source {
	t.Helper()
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), h.clients())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// OpenCount counts what Lambda has no series of where it did not happen.
func (h *harness) OpenCount(t *testing.T) rollout.Counting {
	h.serve = func(r string, at time.Time, good, bad int) {
		h.Record("AWS/Lambda", "Invocations", dims(r), 1, good+bad, at)
		h.Record("AWS/Lambda", "Errors", dims(r), 1, bad, at)
	}
	s, ok := h.open(t, gatetest.Values{
		"expression": "errors", "samples": "requests",
		"query": []any{lambda("Errors", "errors"), lambda("Invocations", "requests")},
	}).(rollout.Counting)
	if !ok {
		t.Fatal("a gate with samples does not count")
	}
	return s
}

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Period() time.Duration { return time.Minute }

func (h *harness) Subject(r rollout.Revision) rollout.Subject {
	return rollout.Subject{Revision: r, Facts: map[string]string{
		"region": h.Region(), "account": h.Account(), "function": "shop", "alias": "live", "revision": string(r),
		"load_balancer": "app/web/50dc6c495c0c9188", "target_group": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/" + string(r) + "/73e2d6bc24d8a067",
	}}
}

func dims(r string) map[string]string {
	return map[string]string{"FunctionName": "shop", "Resource": "shop:live", "ExecutedVersion": r}
}

func (h *harness) Serve(r rollout.Revision, at time.Time, good, bad int) {
	h.serve(string(r), at, good, bad)
}

// invocations are of a function. Other functions, other aliases and the whole of it
// have their own.
func (h *harness) invocations(r string, at time.Time, good, bad int) {
	for _, d := range []map[string]string{dims(r), {"FunctionName": "shop"}, {"FunctionName": "shop", "Resource": "shop:live"}} {
		h.Record("AWS/Lambda", "Invocations", d, 1, good+bad, at)
		h.Record("AWS/Lambda", "Errors", d, 1, bad, at)
		h.Record("AWS/Lambda", "Errors", d, 0, good, at)
		h.Record("AWS/Lambda", "Duration", d, 100, good, at)
		h.Record("AWS/Lambda", "Duration", d, 2000, bad, at)
	}
}

// targets are those of a group behind a load balancer.
func (h *harness) targets(r string, at time.Time, good, bad int) {
	d := map[string]string{"LoadBalancer": "app/web/50dc6c495c0c9188", "TargetGroup": "targetgroup/" + r + "/73e2d6bc24d8a067"}
	h.Record("AWS/ApplicationELB", "RequestCount", d, 1, good+bad, at)
	h.Record("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", d, 1, bad, at)
	h.Record("AWS/ApplicationELB", "TargetResponseTime", d, 0.1, good, at)
	h.Record("AWS/ApplicationELB", "TargetResponseTime", d, 2, bad, at)
}

func (h *harness) Expect(good, bad int) gatetest.Reading { return h.expect(good, bad) }

func (h *harness) Break(t *testing.T, trouble gatetest.Trouble) bool {
	fault := func(kind aws.FaultKind) {
		t.Cleanup(h.Fault(aws.Fault{Kind: kind, Action: "cloudwatch:GetMetricData"}))
	}
	switch trouble {
	case gatetest.Refuses:
		fault(aws.Internal)
	case gatetest.Denies:
		fault(aws.Denied)
	case gatetest.Hangs:
		fault(aws.Hang)
	case gatetest.Babbles:
		h.endpoint = answers(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>"+inBody) })
	case gatetest.NotANumber:
		h.endpoint = everything(t, `"NaN"`)
	case gatetest.Infinite:
		h.endpoint = everything(t, `"Infinity"`)
	}
	return true
}

// answers is a server in the place of CloudWatch.
func answers(t *testing.T, by http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(by)
	t.Cleanup(srv.Close)
	return srv.URL
}

// everything answers every query with one value.
func everything(t *testing.T, value string) string {
	return answers(t, func(w http.ResponseWriter, r *http.Request) {
		q := asked(r)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		var results []string
		for _, one := range q.MetricDataQueries {
			results = append(results, fmt.Sprintf(`{"Id":%q,"StatusCode":"Complete","Timestamps":[%v],"Values":[%s]}`, one.ID, q.StartTime, value))
		}
		_, _ = io.WriteString(w, `{"MetricDataResults":[`+strings.Join(results, ",")+`]}`)
	})
}

func (h *harness) Calls() int          { return len(h.Sandbox.Calls()) }
func (h *harness) Missing() string     { return "cloudwatch:GetMetricData" }
func (h *harness) Secrets() []string   { return []string{inBody} }
func (h *harness) Lag(d time.Duration) { h.MetricsLag(d) }
