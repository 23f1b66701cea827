package cloudwatchlogs

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
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

const (
	inBody = "the body holds a key"
	group  = "/aws/lambda/shop"
)

// Versions of Lambda, whose starts and streams are known.
func TestExam(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness { return start(t) })
}

// Something else that logs: each request a line, which has the revision's name.
func TestExamOfAnythingElse(t *testing.T) {
	gatetest.Run(t, Kind(), func(t *testing.T) gatetest.Harness {
		h := start(t)
		h.facts = map[string]string{"region": h.Region()}
		h.block = gatetest.Values{
			"log_group": group, "delay": "4m",
			"filter":   `{ $.revision = "{{revision}}" && $.failed IS TRUE }`,
			"requests": `{ $.revision = "{{revision}}" }`,
		}
		h.serve = func(r rollout.Revision, at time.Time, good, bad int) {
			h.write("all", `{"revision":"`+string(r)+`","failed":true,"x":"`+inBody+`"}`, bad, at)
			h.write("all", `{"revision":"`+string(r)+`","failed":false}`, good, at)
		}
		return h
	})
}

type harness struct {
	*aws.Sandbox
	clock    *clocktest.Clock
	endpoint string
	seeded   int
	facts    map[string]string
	block    gatetest.Values
	serve    func(r rollout.Revision, at time.Time, good, bad int)
}

var noon = time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)

func start(t *testing.T) *harness {
	t.Helper()
	awstest.Nobody(t)
	h := &harness{clock: clocktest.New(noon), block: gatetest.Values{"filter": `"payment error"`, "delay": "4m"}}
	h.Sandbox = awstest.New(t, aws.Options{Now: h.clock.Now})
	h.endpoint = h.URL()
	h.facts = map[string]string{"region": h.Region(), "function": "shop", "log_group": group}
	h.serve = func(r rollout.Revision, at time.Time, good, bad int) {
		stream := "2026/03/04/[" + string(r) + "]abc"
		h.write(stream, "START RequestId: x Version: "+string(r), good+bad, at)
		h.write(stream, "payment error of "+inBody, bad, at)
		h.write(stream, "no error of a payment", good, at)
	}
	if err := h.CreateLogGroup(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	h.seeded = len(h.Sandbox.Calls())
	return h
}

func (h *harness) write(stream, text string, n int, at time.Time) {
	for range n {
		h.WriteLog(group, stream, text, at)
	}
}

func (h *harness) Open(t *testing.T) rollout.Source {
	t.Helper()
	clients := cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: h.endpoint}, Clock: h.clock})
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *harness) OpenCount(t *testing.T) rollout.Counting { return h.Open(t).(rollout.Counting) }

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Subject(r rollout.Revision) rollout.Subject {
	return rollout.Subject{Revision: r, Facts: h.facts}
}

func (h *harness) Serve(r rollout.Revision, at time.Time, good, bad int) { h.serve(r, at, good, bad) }

func (h *harness) Expect(good, bad int) gatetest.Reading {
	return gatetest.Reading{Value: float64(bad), Samples: good + bad}
}

func (h *harness) Break(t *testing.T, trouble gatetest.Trouble) bool {
	fault := func(kind aws.FaultKind) { t.Cleanup(h.Fault(aws.Fault{Kind: kind, Action: h.Missing()})) }
	switch trouble {
	case gatetest.Refuses:
		fault(aws.Internal)
	case gatetest.Denies:
		fault(aws.Denied)
	case gatetest.Hangs:
		fault(aws.Hang)
	case gatetest.Babbles:
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>"+inBody) }))
		t.Cleanup(srv.Close)
		h.endpoint = srv.URL
	case gatetest.NotANumber, gatetest.Infinite:
		return false
	}
	return true
}

func (h *harness) Calls() int          { return len(h.Sandbox.Calls()) - h.seeded }
func (h *harness) Missing() string     { return "logs:FilterLogEvents" }
func (h *harness) Secrets() []string   { return []string{inBody} }
func (h *harness) Lag(d time.Duration) { h.LogsLag(d) }
