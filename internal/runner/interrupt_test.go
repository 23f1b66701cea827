package runner_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// interrupted is a rollout that is told to end at one moment: just before its
// nth operation, while that is on its way and has no effect, or while it is on
// its way and has taken effect.
type interrupted struct {
	*stage
	moment string
	nth    int
	stop   context.CancelFunc

	ops     int
	reached bool
	at      rollout.Routing // what was live at the interrupt
	writes  int             // that were made afterwards
	tries   int             // that were begun afterwards
	dead    int             // operations begun afterwards on a context that had ended
}

const (
	justBefore = "just before"
	noEffect   = "on its way, without effect"
	tookEffect = "on its way, with effect"
)

func interruptedAt(t *testing.T, moment string, nth int) (*interrupted, context.Context) {
	i := &interrupted{stage: newStage(t), moment: moment, nth: nth}
	i.settle = 5 * time.Second
	delete(i.health, "api-2")
	parent, stop := context.WithCancel(t.Context())
	i.stop = stop
	t.Cleanup(stop)
	i.before = func(ctx context.Context, op string, _ int) error {
		i.ops++
		switch {
		case i.reached:
			if op == "apply" || op == "make" {
				i.tries++
			}
			if ctx.Err() != nil {
				i.dead++
			}
		case i.ops == i.nth && i.moment != tookEffect:
			i.hit()
			if i.moment == noEffect {
				<-ctx.Done() // a slow target: it answers only because the context ends
			}
		}
		return nil
	}
	i.after = func(ctx context.Context, op string, _ int) error {
		switch {
		case i.reached && op == "apply":
			i.writes++
		case !i.reached && i.ops == i.nth && i.moment == tookEffect:
			i.hit()
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	return i, parent
}

func (i *interrupted) hit() {
	i.stop()
	i.reached, i.at = true, clone(i.live)
}

// TestInterruptAtEveryOperation ends a rollout with a Maker and a gate at every
// moment of it, on a target that answers only when its context ends. Whatever
// the moment: one write home at most, on condition of the last token, and none
// where no traffic had moved; everything that is called afterwards is called on
// a context that lives.
func TestInterruptAtEveryOperation(t *testing.T) {
	for _, moment := range []string{justBefore, noEffect, tookEffect} {
		t.Run(moment, func(t *testing.T) {
			ended := map[engine.Outcome]int{}
			for nth := 1; ; nth++ {
				i, parent := interruptedAt(t, moment, nth)
				r := i.rollout()
				r.Candidate, r.Maker = "", i
				r.Gates = []runner.Gate{i.gate()}
				res := r.Run(parent)
				if i.ops < nth {
					break
				}
				if !i.reached { // what only asks who somebody is has no effect
					continue
				}
				ended[res.Outcome]++
				for _, wrong := range i.wrong(res) {
					t.Errorf("operation %d: %s\n%s: %s\n%s", nth, wrong, res.Outcome, res.Why, strings.Join(i.log, "\n"))
				}
				if t.Failed() {
					return
				}
			}
			if ended[engine.RolledBack] < 10 || ended[engine.NothingMoved] < 3 {
				t.Errorf("it ended %v: the story does not reach the middle of a rollout", ended)
			}
		})
	}
}

func (i *interrupted) wrong(res runner.Result) (out []string) {
	share := i.at.Split["api-2"]
	switch {
	case i.writes > 1:
		out = append(out, fmt.Sprintf("%d writes after the interrupt", i.writes))
	case i.tries > i.writes+len(i.did("conflict")) || i.tries > 2:
		out = append(out, fmt.Sprintf("%d writes were tried", i.tries))
	case share == 0 && i.writes > 0 && !i.pending():
		out = append(out, "a write though nothing had moved")
	case i.dead > 0:
		out = append(out, fmt.Sprintf("%d calls on a context that had ended", i.dead))
	}
	if share > 0 && !i.live.HasAll("api-1") && !i.live.HasAll("api-2") {
		out = append(out, fmt.Sprintf("%s is left", i.live))
	}
	if res.Seen && !res.Shows.Routing.Same(i.live) {
		out = append(out, fmt.Sprintf("it says that %s is live, and %s is", res.Shows.Routing, i.live))
	}
	if res.Stop != nil && res.Stop.Kind != engine.Interrupted {
		out = append(out, fmt.Sprintf("it stopped for %d", res.Stop.Kind))
	}
	if share > 0 && res.Outcome != engine.RolledBack {
		out = append(out, "the candidate had traffic, and it is not rolled back")
	}
	return out
}

// pending: a rise was on its way at the interrupt. Everything home is written
// then although home has it, for that write takes the token from the other one.
func (i *interrupted) pending() bool {
	refused := i.did("refused")
	return len(refused) > 0 && strings.Contains(refused[0], "api-2")
}

// TestInterruptBeforeTheFirstLook: nothing is known, so nothing is written.
func TestInterruptBeforeTheFirstLook(t *testing.T) {
	s := newStage(t)
	gone, stop := context.WithCancel(t.Context())
	stop()
	res := s.rollout().Run(gone)
	if res.Outcome != engine.NothingMoved || res.Seen || s.counts["observe"] > 0 ||
		res.Why != "this apply was interrupted before it had looked at the target; nothing was written" {
		t.Errorf("%s after %v: %s", res.Outcome, s.counts, res.Why)
	}
}

// TestInterruptWithAPlatformThatIsDown ends within the grace, and says what it
// last saw.
func TestInterruptWithAPlatformThatIsDown(t *testing.T) {
	s := newStage(t)
	parent, stop := context.WithCancel(t.Context())
	s.before = func(ctx context.Context, op string, nth int) error {
		if op == "observe" && s.live.Split["api-2"] == 1000 && nth > 8 {
			stop()
		}
		if parent.Err() != nil {
			return errDown
		}
		return nil
	}
	begin := s.clock.Now()
	res := s.rollout().Run(parent)
	if res.Outcome != engine.Halted || !errors.Is(res.Err, errDown) || !strings.Contains(res.Why, "api-1 90 %, api-2 10 %") {
		t.Errorf("%s (%v): %s", res.Outcome, res.Err, res.Why)
	}
	if spent := s.clock.Now().Sub(begin); spent > 2*time.Minute {
		t.Errorf("it went on for %s by its own clock", spent)
	}
}

func TestInterruptThatStays(t *testing.T) {
	s := newStage(t)
	parent, stop := context.WithCancel(t.Context())
	s.after = func(_ context.Context, op string, _ int) error {
		if op == "apply" && s.live.Split["api-2"] == 1000 {
			stop()
		}
		return nil
	}
	r := s.rollout()
	r.Ladder.OnInterrupt = engine.Stay
	res := r.Run(parent)
	if res.Outcome != engine.Stayed || s.live.Split["api-2"] != 1000 || len(s.did("apply")) != 2 {
		t.Errorf("%s, %s is live after %q", res.Outcome, s.live, s.did("apply"))
	}
	if !res.Shows.Routing.Split.Equal(rollout.Split{"api-1": 9000, "api-2": 1000}) {
		t.Errorf("state would say %s", res.Shows.Routing)
	}
}

// TestInterruptLeavesOurMarks: the one write home is all that there is time for.
func TestInterruptLeavesOurMarks(t *testing.T) {
	s := newStage(t)
	parent, stop := context.WithCancel(t.Context())
	s.after = func(_ context.Context, op string, _ int) error {
		if op == "observe" && s.live.Split["api-2"] == 5000 {
			stop()
		}
		return nil
	}
	res := s.rollout().Run(parent)
	if res.Outcome != engine.RolledBack || s.live.Home != "api-1" || !s.live.HasAll("api-1") {
		t.Errorf("%s, %s is live, marked %q", res.Outcome, s.live, s.live.Home)
	}
}

// TestInterruptOnTheWayHome: a gate has failed and traffic is home again, where
// pinned requests would be waited for. The process is told to end: it ends at
// once, and tells why it went home.
func TestInterruptOnTheWayHome(t *testing.T) {
	s := newStage(t)
	s.pinned = time.Hour
	s.values["api-2"] = 9.1
	parent, stop := context.WithCancel(t.Context())
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	r.Say = func(e rollout.Event) {
		if strings.Contains(e.Why, "may still see requests") {
			stop()
		}
	}
	begin := s.clock.Now()
	res := r.Run(parent)
	if res.Outcome != engine.RolledBack || res.Stop.Kind != engine.Failed || !s.live.HasAll("api-1") {
		t.Errorf("%s for %d, %s is live: %s", res.Outcome, res.Stop.Kind, s.live, res.Why)
	}
	if spent := s.clock.Now().Sub(begin); spent > 2*time.Minute {
		t.Errorf("it went on for %s by its own clock", spent)
	}
}

// TestInterruptWithoutTime: the grace is over before the platform has answered
// once. The process does not spin: it ends with what it last saw.
func TestInterruptWithoutTime(t *testing.T) {
	s := newStage(t)
	parent, stop := context.WithCancel(t.Context())
	asked, over := 0, false
	s.before = func(ctx context.Context, op string, _ int) error {
		if s.live.Split["api-2"] == 5000 {
			stop()
		}
		if parent.Err() == nil || over {
			return nil
		}
		asked++
		<-ctx.Done()
		return ctx.Err()
	}
	r := s.rollout()
	r.Grace = time.Nanosecond
	r.Say = func(e rollout.Event) { over = over || e.Kind == "finish" }
	res := r.Run(parent)
	if res.Outcome != engine.Halted || !strings.Contains(res.Why, "it last showed api-1 90 %, api-2 10 %") || asked > 5 {
		t.Errorf("%s after %d calls: %s", res.Outcome, asked, res.Why)
	}
}
