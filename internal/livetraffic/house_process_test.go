package livetraffic_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/demo/stage"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/livetraffic"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// What the proofs on every platform share: a Terraform, users at work, and what
// they saw.

const (
	// patience is how long anything may take before a test gives up on it.
	patience = 3 * time.Minute
	// proof is how many requests must have ended while traffic was moved.
	proof = 50_000
	// rollouts is how often traffic is moved at most until there are as many:
	// once or twice, unless the machine is slow.
	rollouts = 12
)

var (
	root     string // what is built lies here; it goes when the tests are over
	theStage = sync.OnceValues(func() (*stage.Stage, error) {
		if err := stage.ReadSources("../.."); err != nil {
			return nil, err
		}
		return stage.Open(context.Background(), root, os.Stderr)
	})
)

func TestMain(m *testing.M) {
	var err error
	if root, err = os.MkdirTemp("", "rollout-livetraffic"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := awstest.Main(m)
	_ = os.RemoveAll(root)
	os.Exit(code)
}

// house is a place where users are served while a Terraform is at work.
type house struct {
	*testing.T
	crowd  livetraffic.Mix
	live   func() string // who is served by whom, for messages
	load   *livetraffic.Load
	leave  context.CancelFunc // breaks the load off
	folder string
}

func newHouse(t *testing.T, crowd livetraffic.Mix, live func() string) *house {
	t.Helper()
	return &house{T: t, crowd: crowd, live: live, folder: t.TempDir()}
}

// opens lets users in, and waits until half of every kind are at work.
func (w *house) opens(url string) {
	w.Helper()
	var ctx context.Context
	ctx, w.leave = context.WithCancel(w.Context())
	w.load = livetraffic.Start(ctx, url, w.crowd, clock.System{})
	w.Cleanup(func() { w.load.Stop() })
	w.until("users of every kind", func() bool {
		all := w.load.Report().ByKind
		for _, k := range livetraffic.Kinds() {
			if k != livetraffic.Short && all[k].UnderWay() < w.crowd.Users(k)/2 {
				return false
			}
		}
		return all[livetraffic.Short].Served > 100
	})
}

// until polls for something, with patience.
func (w *house) until(what string, ok func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatalf("%s does not happen; live is %s", what, w.live())
		}
	}
}

// served is what users are answered by from now on: a thousand short requests,
// or as many as there are while still holds. Those that are under way now may
// have been answered before, and are let pass.
func (w *house) served(still func() bool) livetraffic.Revisions {
	w.Helper()
	now := w.load.Report().ShortBy.Total()
	w.until("the next short requests", func() bool { return w.load.Report().ShortBy.Total() > now+2*w.crowd.Short })
	before := w.load.Report().ShortBy
	var seen livetraffic.Revisions
	w.until("a thousand short requests", func() bool {
		now := w.load.Report().ShortBy.Since(before)
		if !still() {
			return true
		}
		seen = now
		return seen.Total() >= 1000
	})
	if seen.Total() < 100 {
		w.Errorf("only %d requests while it was to be seen", seen.Total())
	}
	return seen
}

// see fails the test unless users see a revision as often as its share says, while
// still holds: chance, where it divides them, is five times out of its way once in
// a million.
func (w *house) see(revision string, share int, still func() bool) {
	w.Helper()
	seen := w.served(still)
	off := 5 * math.Sqrt(float64(share*(100-share))/float64(max(seen.Total(), 1)))
	if got := seen.Share(revision); math.Abs(got-float64(share)) > off {
		w.Errorf("at %d %% users see %.1f %%: %v", share, got, seen)
	}
}

// reaches waits until an apply has brought about what at says.
func (w *house) reaches(apply *command, share int, at func() bool) {
	w.Helper()
	w.until(fmt.Sprintf("the step of %d %%", share), func() bool {
		if apply.over() {
			w.Fatalf("the apply ended before %d %%:\n%s", share, &apply.out)
		}
		return at()
	})
}

// ended counts the requests that have ended.
func (w *house) ended() int {
	c := w.load.Report().Total()
	return c.Started - c.UnderWay()
}

// allServed stops the load, and fails the test unless every request of it was
// served.
func (w *house) allServed() {
	w.Helper()
	r := w.load.Stop()
	w.Logf("what users saw:\n%s", r)
	if c := r.Total(); c.Failed > 0 || c.Served != c.Started {
		w.Errorf("of %d requests %d were served, %d failed", c.Started, c.Served, c.Failed)
	}
	for _, k := range livetraffic.Kinds() {
		if r.ByKind[k].Served < w.crowd.Users(k) {
			w.Errorf("only %d requests of kind %s", r.ByKind[k].Served, k)
		}
	}
}

// moves moves traffic until enough requests have ended meanwhile, and fails the
// test if any of them failed.
func (w *house) moves(once func()) {
	w.Helper()
	meanwhile := 0
	for n := 0; meanwhile < proof && !w.Failed(); n++ {
		if n == rollouts {
			w.Fatalf("%d rollouts saw %d requests: this machine is too slow for this proof", n, meanwhile)
		}
		before := w.ended()
		once()
		meanwhile += w.ended() - before
		w.Logf("rollout %d: %s requests so far", n+1, livetraffic.Grouped(meanwhile))
	}
	w.allServed()
}

// writes writes the configuration.
func (w *house) writes(text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, "main.tf"), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// command is a Terraform at work.
type command struct {
	*exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

func (w *house) terraform(args ...string) *command {
	w.Helper()
	s, err := theStage()
	if err != nil {
		w.Fatal(err)
	}
	c := &command{Cmd: s.Command(w.Context(), w.folder, args...), done: make(chan struct{})}
	c.Stdout, c.Stderr = &c.out, &c.out
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	go func() {
		_ = c.Wait()
		close(c.done)
	}()
	w.Cleanup(func() { <-c.done })
	return c
}

func (c *command) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// exits waits for the end of a command, and fails the test unless it is the
// expected one.
func (w *house) exits(c *command, code int) {
	w.Helper()
	w.until("the end of "+strings.Join(c.Args[1:], " "), c.over)
	if got := c.ProcessState.ExitCode(); got != code {
		w.Fatalf("exit code %d, want %d:\n%s", got, code, &c.out)
	}
}
