package cloudmonitoring

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
)

const inBody = "the body holds a key"

func TestExamOfErrorRate(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
		h := start(t, "error_rate")
		h.expect = func(good, bad int) gatetest.Reading {
			return gatetest.Reading{Value: 100 * float64(bad) / float64(good+bad), Within: 1e-9, Samples: good + bad}
		}
		return h
	})
}

// A bad answer takes 2 s, a good one 100 ms. The sandbox's buckets are as coarse
// as Cloud Run's might be: 20 %.
func TestExamOfLatency(t *testing.T) {
	for metric, slow := range map[string]func(good, bad int) bool{
		"latency_p50": func(good, bad int) bool { return bad > good },
		"latency_p95": func(_, bad int) bool { return bad > 0 },
		"latency_p99": func(_, bad int) bool { return bad > 0 },
	} {
		t.Run(metric, func(t *testing.T) {
			gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
				h := start(t, metric)
				h.expect = func(good, bad int) gatetest.Reading {
					if slow(good, bad) {
						return gatetest.Reading{Value: 2000, Within: 400, Samples: good + bad}
					}
					return gatetest.Reading{Value: 100, Within: 20, Samples: good + bad}
				}
				return h
			})
		})
	}
}

// What instances use: a good reading is of one that uses a fifth, a bad one of one
// that uses four fifths of its CPU. Buckets are a percent wide.
func TestExamOfUse(t *testing.T) {
	for metric, times := range map[string]float64{"cpu": 1, "memory": 0.5} {
		t.Run(metric, func(t *testing.T) {
			gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
				h := start(t, metric)
				h.serve = func(r string, at time.Time, good, bad int) {
					h.RecordUse("shop", r, 0.2, 0.1, good, at)
					h.RecordUse("shop", r, 0.8, 0.4, bad, at)
				}
				h.expect = func(good, bad int) gatetest.Reading {
					if bad > 0 {
						return gatetest.Reading{Value: 80 * times, Within: 1, Samples: good + bad}
					}
					return gatetest.Reading{Value: 20 * times, Within: 1, Samples: good}
				}
				return h
			})
		})
	}
}

// Differences of counts: increase would extrapolate to the borders of a window.
const (
	requests = `{"run.googleapis.com/request_count",location="{{location}}",service_name="{{service}}",revision_name="{{revision}}"}`
	errors5  = `run_googleapis_com:request_count{revision_name="{{revision}}",response_code_class="5xx"}`
	counted  = `(sum(` + requests + `) or vector(0)) - (sum(` + requests + ` offset {{window}}) or vector(0))`
	ratio    = `100 * ((sum(` + errors5 + `) or vector(0)) - (sum(` + errors5 + ` offset {{window}}) or vector(0))) / (` + counted + `)`
)

func TestExamOfAQuery(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
		h := start(t, "")
		h.block = gatetest.Values{"query": ratio, "samples": counted}
		h.expect = func(good, bad int) gatetest.Reading {
			return gatetest.Reading{Value: 100 * float64(bad) / float64(good+bad), Within: 1e-9, Samples: good + bad}
		}
		return counting{h}
	})
}

// counting is a harness whose query may count: what was answered 5xx.
type counting struct{ *harness }

func (h counting) OpenCount(t *testing.T) rollout.Counting {
	h.block = gatetest.Values{"query": `sum(` + errors5 + `) - (sum(` + errors5 + ` offset {{window}}) or vector(0))`, "samples": counted}
	return h.Open(t).(rollout.Counting)
}

// harness is the sandbox, over gRPC.
type harness struct {
	*sandbox.Sandbox
	clock    *clocktest.Clock
	endpoint string
	block    gatetest.Values
	serve    func(revision string, at time.Time, good, bad int)
	expect   func(good, bad int) gatetest.Reading
}

func start(t *testing.T, metric string) *harness {
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), block: gatetest.Values{"metric": metric}}
	h.Sandbox = sandboxtest.New(t, sandbox.Options{Now: h.clock.Now})
	h.endpoint = h.URL()
	return h
}

func (h *harness) Open(t *testing.T) rollout.Source {
	clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Subject(r rollout.Revision) rollout.Subject { return here(r) }

// here describes a revision of the sandbox's project and location.
func here(r rollout.Revision) rollout.Subject {
	return rollout.Subject{Revision: r, Facts: map[string]string{
		"project": "demo", "location": "us-central1", "service": "shop", "revision": string(r),
	}}
}

func (h *harness) Serve(r rollout.Revision, at time.Time, good, bad int) {
	if h.serve != nil {
		h.serve(string(r), at, good, bad)
		return
	}
	h.Record("shop", string(r), "2xx", good, 100*time.Millisecond, at)
	h.Record("shop", string(r), "5xx", bad, 2*time.Second, at)
}

func (h *harness) Expect(good, bad int) gatetest.Reading { return h.expect(good, bad) }

func (h *harness) Break(t *testing.T, trouble gatetest.Trouble) bool {
	switch trouble {
	case gatetest.Refuses:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Internal, Method: "monitoring.ListTimeSeries"}))
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Internal, Method: "monitoring.Query"}))
	case gatetest.Denies:
		h.Deny(h.Missing())
	case gatetest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "monitoring."}))
	case gatetest.Babbles:
		h.endpoint = babble(t)
	case gatetest.NotANumber, gatetest.Infinite:
		if _, free := h.block["query"]; !free {
			return false
		}
		h.block["query"] = map[gatetest.Trouble]string{gatetest.NotANumber: "vector(0) / 0", gatetest.Infinite: "vector(1) / 0"}[trouble]
	}
	return true
}

// babble is something that answers gRPC with a page.
func babble(t *testing.T) string {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, inBody)
	}))
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL
}

func (h *harness) Calls() int          { return len(h.Sandbox.Calls()) }
func (h *harness) Missing() string     { return "monitoring.timeSeries.list" }
func (h *harness) Secrets() []string   { return []string{inBody} }
func (h *harness) Lag(d time.Duration) { h.MetricsLag(d) }
