package httpjson

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestExam(t *testing.T) { gatetest.Run(t, Kind(), newHarness) }

type values = gatetest.Values

const (
	apiKey = "the-write-only-key"
	token  = "the-token-of-a-variable" //nolint:gosec // nobody's
	inBody = "the body holds a key"
)

// answer is what was served at a moment.
type answer struct {
	revision  string
	at        time.Time
	good, bad int
}

// harness is a monitoring system of somebody's own: it counts what was served
// from one time to another, and answers in JSON.
type harness struct {
	clock   *clocktest.Clock
	server  *httptest.Server
	trouble gatetest.Trouble
	broken  bool
	calls   atomic.Int64

	mu     sync.Mutex
	served []answer
}

func newHarness(t *testing.T) gatetest.Harness {
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	h.server = httptest.NewServer(h)
	t.Cleanup(h.server.Close)
	t.Setenv("EXAM_TOKEN", "Bearer "+token)
	return h
}

// ServeHTTP implements http.Handler.
func (h *harness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.calls.Add(1)
	var known bool
	switch {
	case r.Header.Get("X-Api-Key") != apiKey, r.Header.Get("Authorization") != "Bearer "+token, h.broken && h.trouble == gatetest.Denies:
		w.WriteHeader(http.StatusUnauthorized)
	case !h.broken:
		known = true
	case h.trouble == gatetest.Hangs:
		_, _ = fmt.Fprint(w, "{") // and no more
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case h.trouble == gatetest.Refuses:
		w.WriteHeader(http.StatusServiceUnavailable)
	case h.trouble == gatetest.NotANumber:
		_, _ = fmt.Fprint(w, `{"data":[{"rate":null,"count":4}]}`)
		return
	case h.trouble == gatetest.Infinite:
		_, _ = fmt.Fprint(w, `{"data":[{"rate":1e999,"count":4}]}`)
		return
	}
	if !known {
		_, _ = fmt.Fprint(w, "<html>", inBody, apiKey, token)
		return
	}
	start, err1 := time.Parse(time.RFC3339, r.FormValue("from"))
	end, err2 := time.Parse(time.RFC3339, r.FormValue("to"))
	if err1 != nil || err2 != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprint(w, h.count(strings.TrimPrefix(r.URL.Path, "/of/"), start, end))
}

func (h *harness) count(revision string, start, end time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	good, bad := 0, 0
	for _, a := range h.served {
		if a.revision == revision && !a.at.Before(start) && a.at.Before(end) {
			good, bad = good+a.good, bad+a.bad
		}
	}
	if good+bad == 0 {
		return `{"data":[],"note":"` + inBody + `"}`
	}
	failed := ""
	if bad > 0 {
		failed = fmt.Sprintf(`,"bad":%d`, bad)
	}
	return fmt.Sprintf(`{"data":[{"rate":%g,"count":%d%s}],"note":%q}`, 100*float64(bad)/float64(good+bad), good+bad, failed, inBody)
}

func (h *harness) Open(t *testing.T) rollout.Source {
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), values{
		"url": h.server.URL + "/of/{{revision}}?from={{start}}&to={{end}}", "value": "data.0.rate", "samples": "data.0.count",
		"headers_wo": values{"X-Api-Key": apiKey}, "headers_env": values{"Authorization": "EXAM_TOKEN"},
	}), cloud.New(cloud.Config{Clock: h.clock}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// OpenCount counts what was bad; where nothing was, the answer has no number of it.
func (h *harness) OpenCount(t *testing.T) rollout.Counting {
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), values{
		"url": h.server.URL + "/of/{{revision}}?from={{start}}&to={{end}}", "value": "data.0.bad", "samples": "data.0.count",
		"headers_wo": values{"X-Api-Key": apiKey}, "headers_env": values{"Authorization": "EXAM_TOKEN"},
	}), cloud.New(cloud.Config{Clock: h.clock}))
	if err != nil {
		t.Fatal(err)
	}
	return s.(rollout.Counting)
}

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Subject(r rollout.Revision) rollout.Subject { return rollout.Subject{Revision: r} }

func (h *harness) Serve(r rollout.Revision, at time.Time, good, bad int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.served = append(h.served, answer{string(r), at, good, bad})
}

func (h *harness) Expect(good, bad int) gatetest.Reading {
	return gatetest.Reading{Value: 100 * float64(bad) / float64(good+bad), Within: 1e-3, Samples: good + bad}
}

func (h *harness) Break(_ *testing.T, trouble gatetest.Trouble) bool {
	h.trouble, h.broken = trouble, true
	return true
}

func (h *harness) Calls() int        { return int(h.calls.Load()) }
func (h *harness) Missing() string   { return "EXAM_TOKEN" }
func (h *harness) Secrets() []string { return []string{token, inBody, apiKey} }
