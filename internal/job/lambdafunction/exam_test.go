package lambdafunction

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/job/jobtest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestExam(t *testing.T) {
	jobtest.Run(t, Kind(), func(t *testing.T) jobtest.Harness { return newHarness(t) })
}

// harness is a function that takes its time.
type harness struct {
	*world
	mu     sync.Mutex
	takes  time.Duration
	exit   int
	lines  []string
	begun  []aws.Invocation
	ends   chan struct{} // closed with the test
	seeded int
}

func newHarness(t *testing.T) *harness {
	h := &harness{world: newWorld(t), takes: time.Minute, ends: make(chan struct{})}
	if err := h.Handle("migrate", h.run); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(h.ends) })
	h.seeded = len(h.Sandbox.Calls())
	return h
}

// run is an invocation, which lasts on the world's clock.
func (h *harness) run(in aws.Invocation) ([]byte, error) {
	h.mu.Lock()
	h.begun = append(h.begun, in)
	until, exit, lines := h.clock.Now().Add(h.takes), h.exit, h.lines
	h.mu.Unlock()
	for h.clock.Now().Before(until) {
		select {
		case <-h.ends:
			return nil, errors.New("the test is over")
		default:
			runtime.Gosched()
		}
	}
	for _, line := range lines {
		in.Print(line)
	}
	if exit != 0 {
		return nil, errors.New("it ended badly")
	}
	return []byte("{}"), nil
}

func (h *harness) Open(t *testing.T) rollout.Job {
	t.Helper()
	j := h.open().(*function)
	j.accepts = 30 * time.Millisecond
	return j
}

func (h *harness) WithImage(*testing.T) (j rollout.Job, one, other string) { return nil, "", "" }
func (h *harness) Image(string) string                                     { return "" }
func (h *harness) Clock() rollout.Clock                                    { return h.clock }
func (h *harness) Calls() int                                              { return len(h.Sandbox.Calls()) - h.seeded }

func (h *harness) Lacks() jobtest.Reserve {
	return jobtest.Reserve{Foresight: true, Exit: true, Past: true}
}

func (h *harness) Behave(takes time.Duration, exit int, lines ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.takes, h.exit, h.lines = takes, exit, lines
}

func (h *harness) Begun() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.begun)
}

func (h *harness) Told(id, variable string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, in := range h.begun {
		var told struct{ Custom map[string]string }
		if in.Qualifier == id && json.Unmarshal([]byte(in.Context), &told) == nil {
			return told.Custom[variable]
		}
	}
	return ""
}

func (h *harness) Permission(trouble jobtest.Trouble) string {
	return map[jobtest.Trouble]string{jobtest.Unreadable: "lambda:GetFunctionConfiguration", jobtest.Forbidden: "lambda:InvokeFunction"}[trouble]
}

func (h *harness) Break(t *testing.T, trouble jobtest.Trouble) bool {
	t.Helper()
	switch trouble {
	case jobtest.Missing:
		h.block["function"] = "none"
		key := h.Admin() // whoever may not look at all functions is told no less
		t.Setenv("AWS_ACCESS_KEY_ID", key.ID)
		t.Setenv("AWS_SECRET_ACCESS_KEY", key.Secret)
	case jobtest.Unreadable, jobtest.Forbidden:
		action := strings.Replace(h.Permission(trouble), "InvokeFunction", "Invoke", 1)
		t.Cleanup(h.Fault(aws.Fault{Kind: aws.Denied, Action: action}))
	case jobtest.LosesAnswers:
		h.Behave(0, 0)
		t.Cleanup(h.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:Invoke", Times: 1}))
	case jobtest.Hangs:
		t.Cleanup(h.Fault(aws.Fault{Kind: aws.Hang, Action: "lambda:"}))
	case jobtest.Silent:
		return false // the answer has the log
	}
	return true
}
