package runner_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// audit holds one process to the promises, from the outside: it sees what the
// process read, wrote and measured, and nothing of what it thinks.
type audit struct {
	broken []string

	ladder    engine.Ladder
	gates     []rollout.Gate
	before    []rollout.Revision
	promoted  rollout.Revision
	candidate func() rollout.Revision
	first     bool // nobody served when the process came

	looks      int
	last       rollout.Observation
	from       rollout.Routing  // what was live when the process came
	mark       rollout.Revision // what the platform's mark named when the process came
	asked      *rollout.Routing
	replaced   rollout.Routing
	seen       bool
	settled    time.Time // since when the process has seen this split settled, with the candidate ready
	split      rollout.Split
	fresh      bool // it looked since its last write
	dropped    bool // that write never took effect
	hurried    bool // it was told to end: the one write home goes out without a look
	wrote      bool
	wentDown   bool
	told       bool // a person asked for it to stop
	interfered bool
	readings   map[string]reading
	unmarks    time.Time // when it asked for its marks to go after a promotion
}

type reading struct {
	window rollout.Window
	good   bool
	failed bool
	at     time.Time
}

func (a *audit) breach(format string, args ...any) {
	a.broken = append(a.broken, fmt.Sprintf(format, args...))
}

func (a *audit) observed(o rollout.Observation, now time.Time) {
	if a == nil {
		return
	}
	a.looks++
	a.last, a.fresh = o, true
	if !a.wrote {
		a.from, a.mark, a.first = clone(o.Routing), o.Routing.Home, len(o.Routing.Split) == 0
	}
	switch r := clone(o.Routing); {
	case a.asked == nil, !a.wrote && a.looks <= 2: // it may look twice before it knows who is who
		a.asked, a.seen = &r, true
	case r.Same(*a.asked):
		a.seen = true
	case a.seen || !r.Same(a.replaced):
		a.interfered = true // anybody can see that this is not ours
	}
	if o.Abort != "" && a.mark != a.candidate() { // an undone rollout goes home in its own way
		a.told, a.wentDown = true, true
	}
	c := a.candidate()
	same := a.split != nil && a.split.Equal(o.Routing.Split)
	still := o.Settled && (c == "" || o.Health[c].State == rollout.Ready)
	if !same || !still {
		a.settled, a.readings = time.Time{}, map[string]reading{}
	}
	if still && a.settled.IsZero() {
		a.settled = now
	}
	a.split = o.Routing.Split
	if a.split == nil {
		a.split = rollout.Split{}
	}
}

func (a *audit) makes(w *world) {
	if a == nil {
		return
	}
	if job := w.owes(); job != "" {
		a.breach("a candidate is made before job %s has succeeded", job)
	}
	if a.told {
		a.breach("a candidate is made after a person asked for it to stop")
	}
	if !a.fresh {
		a.breach("two writes between two observations (make)")
	}
	a.fresh, a.wrote = false, true
}

// writes checks a change of traffic at the moment at which it takes effect.
func (a *audit) writes(w *world, want rollout.Routing, now time.Time) {
	if a == nil {
		return
	}
	c := a.candidate()
	from, to := w.live.Split[c], want.Split[c]
	if err := want.Split.Validate(); err != nil {
		a.breach("an invalid split: %v", err)
	}
	if !a.fresh && (!a.dropped || !a.hurried) {
		a.breach("two writes between two observations")
	}
	if a.interfered && !want.Same(w.live) {
		a.breach("a meddler is overwritten: %s → %s", w.live, want)
	}
	if want.Home == c && c != "" && !w.partial {
		a.breach("home is the candidate")
	}
	if w.live.HasAll(c) && want.HasAll(c) && want.Home == "" && len(want.Keep) == 0 {
		a.givesUpHome(w, now)
	}
	switch {
	case w.partial: // what an earlier process began is finished, whoever it was about
	case c != "" && to > from:
		a.rises(w, want, from, to, now)
	case to < from && w.committed(a.from.Split[c] > 0):
		a.breach("traffic goes back after a job after promotion was begun: %s → %s", from, to)
	case to < from:
		a.wentDown = a.wentDown || a.wrote || !w.partial // an earlier process's way home that is finished is no stop of this one
		for r, share := range want.Split {
			if share > w.live.Split[r] && a.last.Health[r].State != rollout.Ready {
				a.breach("traffic goes to %s, which is %s", r, a.last.Health[r].State)
			}
		}
	}
	a.asks(want)
}

// givesUpHome: the watch was owed in full, and so was the time for which
// requests may still reach home, before the way home may be forgotten.
func (a *audit) givesUpHome(w *world, now time.Time) {
	a.unmarks = now
	if a.candidate() == a.promoted && a.from.HasAll(a.promoted) {
		return // it came home earlier
	}
	owed := max(a.ladder.Watch, w.pinned)
	if a.settled.IsZero() || now.Sub(a.settled) < owed {
		a.breach("the way home is given up after %s of %s", now.Sub(a.settled), owed)
	}
}

// asks: from here on the process cannot tell this routing from its own work.
func (a *audit) asks(want rollout.Routing) {
	asked := clone(want)
	a.asked, a.replaced, a.seen = &asked, clone(a.last.Routing), false
	a.fresh, a.wrote, a.dropped = false, true, false
}

func (a *audit) rises(w *world, want rollout.Routing, from, to rollout.Weight, now time.Time) {
	c := a.candidate()
	if a.wentDown {
		a.breach("a rise after a stop: %s → %s", from, to)
	}
	if a.last.Health[c].State != rollout.Ready {
		a.breach("traffic for a candidate that is %s", a.last.Health[c].State)
	}
	if a.last.Room[c] < to {
		a.breach("%s for a candidate with room for %s", to, a.last.Room[c])
	}
	if job := w.owes(); job != "" && a.mark != c && c != a.promoted && !slices.Contains(a.before, c) {
		a.breach("a rise before job %s has succeeded", job)
	}
	returns := !a.ladder.ReturnBySteps && slices.Contains(a.before, c) && c != a.promoted
	undoes := a.mark == c
	jumps := undoes || a.first || returns || len(a.ladder.Steps) == 0
	if next := nextRung(a.ladder, from); to != next && (to != rollout.Whole || !jumps) {
		a.breach("a rung is skipped: %s → %s, due is %s", from, to, next)
	}
	if !a.first && !undoes {
		if want.Home == "" {
			a.breach("a rise without a mark of the way home")
		}
		if a.last.Health[want.Home].State != rollout.Ready {
			a.breach("a rise while home is %s", a.last.Health[want.Home].State)
		}
	}
	atZero := len(a.ladder.Steps) > 0 && a.ladder.Steps[0].Weight == 0
	if from == 0 && !atZero && !jumps {
		return
	}
	owed := owedAt(a.ladder, from)
	if (returns || undoes) && !a.first {
		owed = 0
	}
	if a.settled.IsZero() || now.Sub(a.settled) < owed {
		a.breach("a rise without a full bake: %s of %s at %s", now.Sub(a.settled), owed, from)
	}
	if !undoes {
		a.passed(from, w)
	}
}

// passed: every gate that applies has passed over this bake.
func (a *audit) passed(at rollout.Weight, w *world) {
	for _, g := range a.gates {
		if g.DryRun || !g.Probe && (at == 0 || a.first) || len(a.ladder.Steps) == 0 && !a.first {
			continue
		}
		r, ok := a.readings[g.Name]
		switch {
		case !ok:
			a.breach("%s goes on from %s without a word of gate %s", w.name, at, g.Name)
		case r.failed:
			a.breach("%s goes on from %s after gate %s failed", w.name, at, g.Name)
		case !r.good:
			a.breach("%s goes on from %s though gate %s did not pass", w.name, at, g.Name)
		case r.window.Start.Before(a.settled) || r.window.Length() < g.Window:
			a.breach("gate %s passed on a window that began before the split, or was not full", g.Name)
		}
	}
}

func (a *audit) measured(g rollout.Gate, of rollout.Revision, win rollout.Window, m rollout.Measurement, err error, now time.Time, w *world) {
	if a == nil || of != a.candidate() || of == "" {
		return
	}
	if !a.last.Settled {
		a.breach("an unsettled platform is judged")
	}
	r := reading{window: win, good: err == nil && m.Samples > 0 && m.Value == 0, at: now}
	r.failed = a.readings[g.Name].failed || err == nil && m.Samples > 0 && m.Value > 0 && g.For == 0 && g.FailuresAllowed == 0
	a.readings[g.Name] = r
	if r.failed && !g.DryRun && (g.Probe || w.live.Split[of] > 0) {
		a.wentDown = true // nothing may rise from here on
	}
}

func nextRung(l engine.Ladder, w rollout.Weight) rollout.Weight {
	for _, s := range l.Steps {
		if s.Weight > w {
			return s.Weight
		}
	}
	return rollout.Whole
}

func owedAt(l engine.Ladder, w rollout.Weight) time.Duration {
	var d time.Duration
	for _, s := range l.Steps {
		if s.Weight <= w {
			d = s.Bake
		}
	}
	return d
}
