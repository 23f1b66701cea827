package prometheus

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
)

func TestExam(t *testing.T) { gatetest.Run(t, Kind(), newHarness) }

type values = gatetest.Values

const (
	token  = "the-bearer-token" //nolint:gosec // nobody's
	inBody = "the body holds a key"

	requests = `rollout_requests_total{service="{{service}}",revision="{{revision}}"}`
	errors5  = `rollout_requests_total{service="{{service}}",revision="{{revision}}",code_class="5xx"}`
	ratio    = `100 * (sum(increase(` + errors5 + `[{{window}}])) or vector(0)) / sum(increase(` + requests + `[{{window}}]))`
	count    = `sum(increase(` + requests + `[{{window}}]))`
)

// harness is the Prometheus engine of the sandbox behind a front that wants a
// token.
type harness struct {
	*sandbox.Sandbox
	clock   *clocktest.Clock
	front   *httptest.Server
	query   string
	env     string
	trouble gatetest.Trouble
	broken  bool
	calls   atomic.Int64
}

func newHarness(t *testing.T) gatetest.Harness { return start(t) }

func start(t *testing.T) *harness {
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), query: ratio}
	h.Sandbox = sandboxtest.New(t, sandbox.Options{Now: h.clock.Now})
	to, err := url.Parse(h.URL() + "/prometheus")
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	h.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.calls.Add(1)
		if !h.answer(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(h.front.Close)
	t.Setenv("EXAM_TOKEN", token)
	h.env = "EXAM_TOKEN"
	return h
}

// answer answers in the place of Prometheus, where there is trouble.
func (h *harness) answer(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
	case !h.broken:
		return false
	case h.trouble == gatetest.Hangs:
		_, _ = fmt.Fprint(w, "{") // and no more
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case h.trouble == gatetest.Refuses:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"status":"error","errorType":"bad_data","error":"parse error at %s %s"}`, inBody, token)
		return true
	case h.trouble != gatetest.Babbles:
		return false
	}
	_, _ = fmt.Fprintf(w, "<html>%s %s", inBody, token)
	return true
}

func (h *harness) Open(t *testing.T) rollout.Source {
	return h.open(t, values{"url": h.front.URL, "query": h.query, "samples": count, "token_env": h.env})
}

// OpenCount counts what answered 5xx.
func (h *harness) OpenCount(t *testing.T) rollout.Counting {
	v := values{"url": h.front.URL, "query": `sum(increase(` + errors5 + `[{{window}}]))`, "samples": count, "token_env": h.env}
	return h.open(t, v).(rollout.Counting)
}

func (h *harness) open(t *testing.T, v values) rollout.Source {
	t.Helper()
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), v), cloud.New(cloud.Config{Clock: h.clock}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Subject(r rollout.Revision) rollout.Subject {
	return rollout.Subject{Revision: r, Facts: map[string]string{"service": "shop", "location": "us-central1"}}
}

func (h *harness) Serve(r rollout.Revision, at time.Time, good, bad int) {
	h.Record("shop", string(r), "2xx", good, 50*time.Millisecond, at)
	h.Record("shop", string(r), "5xx", bad, 50*time.Millisecond, at)
}

// Expect leaves room for increase, which extrapolates to the borders of a window.
func (h *harness) Expect(good, bad int) gatetest.Reading {
	return gatetest.Reading{Value: 100 * float64(bad) / float64(good+bad), Within: 1, Samples: good + bad}
}

func (h *harness) Break(t *testing.T, trouble gatetest.Trouble) bool {
	h.trouble, h.broken = trouble, true
	switch trouble {
	case gatetest.Denies:
		t.Setenv("OTHER_TOKEN", "another")
		h.env = "OTHER_TOKEN"
	case gatetest.NotANumber:
		h.query = "vector(0) / 0"
	case gatetest.Infinite:
		h.query = "vector(1) / 0"
	case gatetest.Refuses, gatetest.Babbles, gatetest.Hangs:
	}
	return true
}

func (h *harness) Calls() int        { return int(h.calls.Load()) }
func (h *harness) Missing() string   { return "OTHER_TOKEN" }
func (h *harness) Secrets() []string { return []string{token, inBody} }
