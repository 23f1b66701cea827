package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const progress = "progress.jsonl"

// A day is what happens in a rollout of the example, and how it has to end. The
// clock of happens begins when the candidate gets its first share.
type day struct {
	happens map[time.Duration]func(*world)
	ends    string // in the message of an apply that fails; "" if it is promoted
	says    []string
}

// TestCriteria runs the files of examples/criteria, as they stand there, under
// users who send twenty requests a second, with Cloud Monitoring as it is: a
// sample a minute, seen three minutes later.
func TestCriteria(t *testing.T) {
	const (
		later       = 6 * time.Minute
		onTheMinute = 2*time.Minute + 50*time.Second // the candidate is seen to have its first share at 14:20:10
	)
	for name, d := range map[string]day{
		"all is well": {},
		"a spike of 60 % errors for 30 s": {
			happens: map[time.Duration]func(*world){
				later:                  behaves(sandbox.Behaviour{ErrorShare: 0.6}),
				later + 30*time.Second: behaves(sandbox.Behaviour{}),
			},
			says: []string{`gate "errors" measured 30 % over`}, // it fills half of a sample
		},
		"10 % errors for three minutes": {
			happens: map[time.Duration]func(*world){
				later:                 behaves(sandbox.Behaviour{ErrorShare: 0.1}),
				later + 3*time.Minute: behaves(sandbox.Behaviour{}),
			},
			says: []string{`gate "errors" measured 10 % over`},
		},
		"10 % errors for six minutes, of which Cloud Run samples five whole ones": {
			happens: map[time.Duration]func(*world){
				later:                 behaves(sandbox.Behaviour{ErrorShare: 0.1}),
				later + 6*time.Minute: behaves(sandbox.Behaviour{}),
			},
			ends: "was rolled back at 10 %", says: []string{`Gate "errors" measured 10 %`, "limit 5 %"},
		},
		"10 % errors for five minutes, all of which Cloud Run samples whole": {
			happens: map[time.Duration]func(*world){
				onTheMinute:                 behaves(sandbox.Behaviour{ErrorShare: 0.1}),
				onTheMinute + 5*time.Minute: behaves(sandbox.Behaviour{}),
			},
			ends: "was rolled back at 10 %", says: []string{`Gate "errors" measured 10 %`, "limit 5 %"},
		},
		"10 % errors for four minutes, all of which Cloud Run samples whole": {
			happens: map[time.Duration]func(*world){
				onTheMinute:                 behaves(sandbox.Behaviour{ErrorShare: 0.1}),
				onTheMinute + 4*time.Minute: behaves(sandbox.Behaviour{}),
			},
			says: []string{`gate "errors" measured 10 % over`},
		},
		"10 % errors that stay": {
			happens: map[time.Duration]func(*world){later: behaves(sandbox.Behaviour{ErrorShare: 0.1})},
			ends:    "was rolled back at 10 %", says: []string{`Gate "errors" measured 10 %`, "limit 5 %"},
		},
		"a P95 of 1.5 s that stays": {
			happens: map[time.Duration]func(*world){later: behaves(sandbox.Behaviour{Latency: 1500 * time.Millisecond})},
			ends:    "was rolled back at 10 %", says: []string{`Gate "slow" measured`, "limit 1000 ms"},
		},
		"2.5 % errors that stay": {
			happens: map[time.Duration]func(*world){0: behaves(sandbox.Behaviour{ErrorShare: 0.025})},
			ends:    "was taken back at 10 %, unverified", says: []string{`gate "errors" measured 2.5 %`, "passes at 0.1 % or less", `What gate "errors" measured was not good enough to pass`},
		},
		"a P95 of 300 ms that stays": {
			happens: map[time.Duration]func(*world){0: behaves(sandbox.Behaviour{Latency: 300 * time.Millisecond})},
			ends:    "was taken back at 10 %, unverified", says: []string{`gate "slow" measured`, "passes at 100 ms or less"},
		},
		"CPU at 85 % that stays": {
			happens: map[time.Duration]func(*world){later: behaves(sandbox.Behaviour{CPU: 0.85, Memory: 0.3})},
			ends:    "was rolled back at 10 %", says: []string{`Gate "cpu" measured 8`, "limit 70 %"},
		},
		"memory at 85 % that stays": {
			happens: map[time.Duration]func(*world){later: behaves(sandbox.Behaviour{CPU: 0.3, Memory: 0.85})},
			ends:    "was rolled back at 10 %", says: []string{`Gate "memory" measured 8`, "limit 70 %"},
		},
		"one payment error": {
			happens: map[time.Duration]func(*world){later: logs("payment failed: the bank did not answer", 1)},
			ends:    "was rolled back at 10 %", says: []string{`Gate "payments" measured 1 over`, "limit 0", "settled 14:26:50"},
		},
		"another error in the log": {
			happens: map[time.Duration]func(*world){later: logs("coupon failed: it is not known", 1)},
		},
		"a payment error of what served before": {
			happens: map[time.Duration]func(*world){later: func(w *world) {
				w.box.RecordLog(shop, w.first, "ERROR", "payment failed: the bank did not answer", 1, w.clock.Now())
			}},
		},
		"two reports": {
			happens: map[time.Duration]func(*world){later: aReport, later + 2*time.Minute: aReport},
		},
		"a third report": {
			happens: map[time.Duration]func(*world){later: aReport, later + 2*time.Minute: aReport, later + 4*time.Minute: aReport},
			ends:    "was rolled back at 10 %", says: []string{`Gate "reports" measured 3 over`, "limit 2", "settled 14:30:20"},
		},
		"ten reports about what served before": {
			happens: map[time.Duration]func(*world){later: func(w *world) { w.desk.report(w.first, 10, w.clock.Now()) }},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.box.MetricsSampling(time.Minute)
			w.box.MetricsLag(3 * time.Minute)
			w.clock.Every(10*time.Second, func(time.Time) { w.box.Load(shop, 200) })
			w.clock.Advance(20 * time.Minute)
			w.copies("../../examples/criteria")
			w.put("rollout.tf", w.expand(strings.Replace(w.configured(), "google {", fmt.Sprintf("progress_file = %q\n  google {", filepath.Join(w.dir, progress)), 1)))
			d.begin(w)
			w.lives(d)
		})
	}
}

// lives applies the example, and looks at how the day ended.
func (w *world) lives(d day) {
	w.Helper()
	out, code := w.plan()
	if code != 2 || strings.Contains(out, "Warning:") {
		w.Fatalf("the plan:\n%s", out)
	}
	if d.ends != "" {
		w.fails(append(d.says, d.ends)...)
		w.only(w.V1)
		return
	}
	w.applies()
	w.only(w.V2)
	told, err := os.ReadFile(filepath.Join(w.dir, progress))
	if err != nil {
		w.Fatal(err)
	}
	w.has(strings.ReplaceAll(string(told), `\"`, `"`), d.says...)
	w.quiet()
}

// begin has everything happen at its time.
func (d day) begin(w *world) {
	var since time.Time
	done := map[time.Duration]bool{}
	w.clock.Every(10*time.Second, func(now time.Time) {
		if w.candidate() == "" {
			return
		}
		if since.IsZero() {
			since = now
		}
		for after, f := range d.happens {
			if !done[after] && now.Sub(since) >= after {
				done[after] = true
				f(w)
			}
		}
	})
}

// candidate is the revision that is rolled out, "" before it has a share.
func (w *world) candidate() string {
	v := w.box.Service(shop)
	if v.Newest == w.first || v.Percent[v.Newest] == 0 {
		return ""
	}
	return v.Newest
}

// behaves turns the candidate.
func behaves(b sandbox.Behaviour) func(*world) {
	return func(w *world) {
		b.Version = "2"
		if err := w.box.SetBehaviour(shop, w.candidate(), b); err != nil {
			w.Error(err)
		}
	}
}

// logs has the candidate write so many entries.
func logs(text string, n int) func(*world) {
	return func(w *world) { w.box.RecordLog(shop, w.candidate(), "ERROR", text, n, w.clock.Now()) }
}

// aReport is one of the candidate.
func aReport(w *world) { w.desk.report(w.candidate(), 1, w.clock.Now()) }

// desk counts what users report: a system of the team's own, that answers how
// many reports of a revision came from one moment to another.
type desk struct {
	*testing.T
	server *httptest.Server

	mu   sync.Mutex
	came []report
}

type report struct {
	revision string
	n        int
	at       time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{T: t}
	d.server = httptest.NewServer(d)
	t.Cleanup(d.server.Close)
	return d
}

func (d *desk) report(revision string, n int, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.came = append(d.came, report{revision, n, at})
}

// ServeHTTP implements http.Handler. What it does not know is a fault.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, err1 := time.Parse(time.RFC3339, q.Get("from"))
	to, err2 := time.Parse(time.RFC3339, q.Get("to"))
	if err1 != nil || err2 != nil || r.URL.Path != "/reports" || q.Get("revision") == "" || len(q) != 3 {
		d.Errorf("the desk was asked %s", r.URL)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, c := range d.came {
		if c.revision == q.Get("revision") && !c.at.Before(from) && c.at.Before(to) {
			n += c.n
		}
	}
	_, _ = fmt.Fprintf(w, `{"count":%d}`, n)
}
