package cloudlogging

import (
	"io"
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

func TestExam(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness { return start(t) })
}

// harness is the sandbox, over REST. A bad answer is one beside which the app
// writes an error; the request itself is answered well.
type harness struct {
	*sandbox.Sandbox
	clock    *clocktest.Clock
	endpoint string
	block    gatetest.Values
}

func start(t *testing.T) *harness {
	t.Helper()
	h := &harness{
		clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)),
		block: gatetest.Values{"severity": "ERROR", "filter": `textPayload : "payment error"`, "delay": "4m"},
	}
	h.Sandbox = sandboxtest.New(t, sandbox.Options{Now: h.clock.Now})
	h.endpoint = h.URL()
	return h
}

func (h *harness) Open(t *testing.T) rollout.Source {
	t.Helper()
	clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *harness) OpenCount(t *testing.T) rollout.Counting { return h.Open(t).(rollout.Counting) }

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Subject(r rollout.Revision) rollout.Subject { return here(r) }

// here describes a revision of the sandbox's project and location.
func here(r rollout.Revision) rollout.Subject {
	return rollout.Subject{Revision: r, Facts: map[string]string{
		"project": "demo", "location": "us-central1", "service": "shop", "revision": string(r),
	}}
}

func (h *harness) Serve(r rollout.Revision, at time.Time, good, bad int) {
	h.Record("shop", string(r), "2xx", good+bad, 0, at)
	h.RecordLog("shop", string(r), "ERROR", "payment error of "+inBody, bad, at)
	h.RecordLog("shop", string(r), "INFO", "no payment error", good, at)
}

func (h *harness) Expect(good, bad int) gatetest.Reading {
	return gatetest.Reading{Value: float64(bad), Samples: good + bad}
}

func (h *harness) Break(t *testing.T, trouble gatetest.Trouble) bool {
	switch trouble {
	case gatetest.Refuses:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Internal, Method: "logging."}))
	case gatetest.Denies:
		h.Deny(h.Missing())
	case gatetest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "logging."}))
	case gatetest.Babbles:
		h.endpoint = answers(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>"+inBody) })
	case gatetest.NotANumber, gatetest.Infinite:
		return false
	}
	return true
}

// answers is a server in the place of Cloud Logging.
func answers(t *testing.T, by http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(by)
	t.Cleanup(srv.Close)
	return srv.URL
}

func (h *harness) Calls() int          { return len(h.Sandbox.Calls()) }
func (h *harness) Missing() string     { return "logging.logEntries.list" }
func (h *harness) Secrets() []string   { return []string{inBody} }
func (h *harness) Lag(d time.Duration) { h.LogsLag(d) }
