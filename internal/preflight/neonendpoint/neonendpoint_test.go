package neonendpoint

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/neon"
)

type values = preflighttest.Values

const (
	shop = "shiny-wind-028834"
	main = "ep-silent-smoke-806639"
	key  = "napi_the_key"
)

// world is Neon with one endpoint, and a check that may read its project.
type world struct {
	*testing.T
	box   *neon.Sandbox
	clock *clocktest.Clock
	block values
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	var err error
	if w.box, err = neon.Start(neon.Options{Now: w.clock.Now, Key: "napi_of_everybody"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.box.Close()
		for _, v := range w.box.Violations() {
			t.Errorf("the sandbox saw: %s", v)
		}
	})
	w.is(0.5, 4, -1)
	w.box.Operate(shop, main, neon.Operation{Action: "start_compute", Status: "finished"})
	t.Setenv("ROLLOUT_NEON_ENDPOINT", w.box.URL())
	t.Setenv("NEON_API_KEY", w.box.KeyOf(shop))
	w.block = values{"project": shop, "endpoint": main, "min_cu": 0.5, "max_cu": 4, "suspend_timeout": "never", "state": "active"}
	return w
}

func (w *world) is(minCU, maxCU float64, suspend int64) {
	w.box.Endpoint(shop, main, neon.Settings{MinCU: minCU, MaxCU: maxCU, Suspend: suspend, State: "active"})
}

func (w *world) open(block values) rollout.Check {
	w.Helper()
	c, err := Kind().Open(w.Context(), preflighttest.Block(w, Kind(), block), cloud.New(cloud.Config{Clock: w.clock}))
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func (w *world) runs() []rollout.Finding {
	w.Helper()
	return w.open(w.block).Run(w.Context(), nil, nil)
}

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return newWorld(t) })
}

func (w *world) Open(*testing.T) rollout.Check { return w.open(w.block) }

func (w *world) Become(t *testing.T, s preflighttest.State) bool {
	switch s {
	case preflighttest.Missing:
		w.box.Forget(shop, main)
	case preflighttest.Denied:
		t.Cleanup(w.box.Fault(neon.Fault{Status: http.StatusForbidden}))
	case preflighttest.Busy:
		for _, f := range []neon.Fault{{Status: 429, RetryAfter: "2"}, {Status: 423}, {Status: 503}} {
			f.Times = 1
			t.Cleanup(w.box.Fault(f))
		}
	case preflighttest.Babbles:
		t.Setenv("ROLLOUT_NEON_ENDPOINT", preflighttest.Answering(t, http.StatusOK, `{"endpoint":{"id":"the body holds a key"},"operations":null}`))
	case preflighttest.Hangs:
		t.Cleanup(w.box.Fault(neon.Fault{}))
	case preflighttest.Good:
	}
	return true
}

func (w *world) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{}, &rollout.Subject{}
}
func (w *world) Permission() string { return "may not read the project" }
func (w *world) Calls() int         { return w.box.Calls() }
func (w *world) Writes() int        { return w.box.Writes() }
func (w *world) Secrets() []string  { return []string{"napi_", "the body holds a key", "trouble"} }

func TestSettings(t *testing.T) {
	w := newWorld(t)
	w.expect("passed: it is active, 0.5 to 4 CU, suspends never, and every operation on it has finished")
	w.is(0.25, 2, 0)
	w.expect("failed, may pass: its min_cu is 0.25, not 0.5", "failed, may pass: its max_cu is 2, not 4", "failed, may pass: it suspends after 5m, not never")
	w.is(0.5, 4, 300)
	w.expect("failed, may pass: it suspends after 5m, not never")
	for _, seconds := range []int64{0, 300} { // one stands for the other
		w.is(0.5, 4, seconds)
		w.block["suspend_timeout"] = "5m"
		w.expect("passed: it is active, 0.5 to 4 CU, suspends after 5m, and every operation on it has finished")
	}
	w.box.Endpoint(shop, main, neon.Settings{MinCU: 0.5, MaxCU: 4, State: "idle"})
	w.expect("failed, may pass: it is idle, not active")
	w.box.Endpoint(shop, main, neon.Settings{MinCU: 0.5, MaxCU: 4, State: "idle", Pending: "active"})
	w.expect("failed, may pass: it is idle, and becomes active")
	w.box.Endpoint(shop, main, neon.Settings{MinCU: 0.5, MaxCU: 4, State: "idle", Disabled: true})
	w.expect("failed: it is disabled, so nobody can connect")
	w.block = values{"project": shop, "endpoint": main} // nothing of its settings matters
	w.box.Endpoint(shop, main, neon.Settings{MinCU: 1, MaxCU: 1, State: "idle"})
	w.expect("passed: it is idle, 1 to 1 CU, suspends after 5m, and every operation on it has finished")
}

func (w *world) expect(want ...string) {
	w.Helper()
	preflighttest.Expect(w, w.runs(), want...)
}

// TestOperations: a change is in effect when its operation has finished.
func TestOperations(t *testing.T) {
	w := newWorld(t)
	w.is(0.25, 2, -1)
	if err := w.box.Change(shop, main, 0.5, 4); err != nil {
		t.Fatal(err)
	}
	w.expect("failed, may pass: an operation on it, apply_config, is running")
	if err := w.box.Change(shop, main, 1, 4); err == nil || !strings.Contains(err.Error(), "423") {
		t.Errorf("the sandbox takes a second change: %v", err)
	}
	w.clock.Advance(5 * time.Minute)
	w.expect("passed: it is active, 0.5 to 4 CU, suspends never, and every operation on it has finished")
	for _, c := range []struct {
		done []neon.Operation // the oldest first
		want string
	}{
		{[]neon.Operation{{Action: "suspend_compute", Status: "scheduling"}}, "an operation on it, suspend_compute, is scheduling"},
		{[]neon.Operation{{Action: "apply_config", Status: "cancelling"}}, "an operation on it, apply_config, is cancelling"},
		{[]neon.Operation{{Action: "apply_config", Status: "failed"}}, "an operation on it, apply_config, is failed"},
		{[]neon.Operation{{Action: "apply_config", Status: "error"}, {Action: "start_compute", Status: "finished"}}, "an operation on it, apply_config, is error"},
		{[]neon.Operation{{Action: "apply_config", Status: "new_of_neons"}}, "an operation on it, apply_config, is new_of_neons"},
		{[]neon.Operation{{Action: "apply_config", Status: "failed"}, {Action: "apply_config", Status: "finished"}}, ""},
		{[]neon.Operation{{Action: "apply_config", Status: "cancelled"}, {Action: "apply_config", Status: "skipped"}}, ""},
		{[]neon.Operation{{Action: "create_branch", Status: "running", Branch: true}}, "an operation on it, create_branch, is running"},
	} {
		w := newWorld(t)
		w.box.Endpoint(shop, "ep-another", neon.Settings{MinCU: 1, MaxCU: 1, State: "active"})
		w.box.Operate(shop, "ep-another", neon.Operation{Action: "apply_config", Status: "running"}) // which is nothing to this one
		for _, o := range c.done {
			w.box.Operate(shop, main, o)
		}
		if c.want == "" {
			w.expect("passed: it is active, 0.5 to 4 CU, suspends never, and every operation on it has finished")
			continue
		}
		w.expect("failed, may pass: " + c.want)
	}
}

func TestWhatKeepsItFromLooking(t *testing.T) {
	w := newWorld(t)
	for status, want := range map[int]string{
		400: "skipped: Neon could not be asked: it answered 400", 401: "skipped: Neon does not accept the API key", 403: "skipped: the API key may not read the project " + shop,
		404: "failed, may pass: there is no such endpoint, or the API key may not see it", 500: "skipped: Neon could not be asked: it answered 500", 429: "skipped: Neon could not be asked: it answered 429",
	} {
		end := w.box.Fault(neon.Fault{Status: status})
		w.expect(want)
		end()
		end = w.box.Fault(neon.Fault{Status: status, Path: "/operations"})
		w.expect(want)
		end()
	}
	t.Setenv("NEON_API_KEY", w.box.KeyOf("another"))
	w.expect("failed, may pass: there is no such endpoint, or the API key may not see it")
	t.Setenv("NEON_API_KEY", "made up")
	w.expect("skipped: Neon does not accept the API key")
	t.Setenv("NEON_API_KEY", " ")
	w.expect("skipped: there is no API key: NEON_API_KEY is empty here")
	w.block["api_key_env"] = "KEY_OF_A_TEST"
	w.expect("skipped: there is no API key: KEY_OF_A_TEST is empty here")
	t.Setenv("KEY_OF_A_TEST", w.box.KeyOf(shop))
	w.expect("passed: it is active, 0.5 to 4 CU, suspends never, and every operation on it has finished")
	delete(w.block, "api_key_env")
	w.block["api_key_wo"] = w.box.KeyOf(shop) + "\n"
	w.expect("passed: it is active, 0.5 to 4 CU, suspends never, and every operation on it has finished")
	for _, odd := range []string{`{}`, `{"endpoint":{"id":"` + main + `","project_id":"` + shop + `"}}`, `[]`} {
		t.Setenv("ROLLOUT_NEON_ENDPOINT", preflighttest.Answering(t, http.StatusOK, odd))
		if found := w.runs(); len(found) != 1 || found[0].Status != rollout.Skipped {
			t.Errorf("%s: %+v", odd, found)
		}
	}
	for _, at := range []string{"http://example.com", "https://user@h", "console", "https://h/path"} {
		t.Setenv("ROLLOUT_NEON_ENDPOINT", at)
		w.expect("skipped: ROLLOUT_NEON_ENDPOINT is no address to which a key may go: it has to be https://host[:port], or http://127.0.0.1:port for this machine, and nothing else")
	}
}

// TestRetryAfter: Neon says how long to wait, and is not asked before.
func TestRetryAfter(t *testing.T) {
	w := newWorld(t)
	w.clock.Every(time.Second, func(time.Time) {})
	defer w.box.Fault(neon.Fault{Status: 429, RetryAfter: "20", Times: 1})()
	before, calls := w.clock.Now(), w.box.Calls()
	w.expect("passed: it is active, 0.5 to 4 CU, suspends never, and every operation on it has finished")
	if waited := w.clock.Now().Sub(before); waited < 20*time.Second || w.box.Calls()-calls != 3 {
		t.Errorf("%d calls in %s", w.box.Calls()-calls, waited)
	}
}

func TestValidate(t *testing.T) {
	with := func(at string, v any) values {
		return values{"project": shop, "endpoint": main, at: v}
	}
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"all":         {values{"project": shop, "endpoint": main, "min_cu": 0.25, "max_cu": 0.25, "suspend_timeout": "168h", "state": "idle", "api_key_env": "KEY"}, nil},
		"no project":  {with("project", "My Shop"), []string{"project"}},
		"no endpoint": {with("endpoint", "a/b"), []string{"endpoint"}},
		"no size":     {with("min_cu", 0), []string{"min_cu"}},
		"below 0":     {with("max_cu", -1), []string{"max_cu"}},
		"no range":    {values{"project": shop, "endpoint": main, "min_cu": 2, "max_cu": 1}, []string{"min_cu"}},
		"no time":     {with("suspend_timeout", "often"), []string{"suspend_timeout"}},
		"0":           {with("suspend_timeout", "0s"), []string{"suspend_timeout"}},
		"a part":      {with("suspend_timeout", "1.5s"), []string{"suspend_timeout"}},
		"too long":    {with("suspend_timeout", "169h"), []string{"suspend_timeout"}},
		"no state":    {with("state", "init"), []string{"state"}},
		"no variable": {with("api_key_env", "napi-key"), []string{""}},
		"two keys":    {values{"project": shop, "endpoint": main, "api_key_env": "A", "api_key_wo": key}, []string{"api_key_env"}},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: at %q", name, got)
		}
		if text := fmt.Sprint(Kind().Validate(t.Context(), preflighttest.Block(t, Kind(), c.block))); strings.Contains(text, "napi") {
			t.Errorf("%s tells a key: %s", name, text)
		}
	}
}
