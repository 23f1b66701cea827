package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const pollSplit = time.Second

// move is one change of a traffic split: look, write once on condition that
// nothing has changed since, and wait until it has reached everyone.
type move struct {
	*core
	splitConfig
	planned rollout.Split // what the plan was made for; nil on a create
	timeout time.Duration

	opened platform.Place
	live   rollout.Observation
	seen   bool
	home   rollout.Revision // who had all traffic, or is marked; "" where nobody is
	end    time.Time
}

// run returns nil once the wanted weights are live, and a problem otherwise,
// which ends with the way back to who had all traffic.
func (m *move) run(ctx context.Context) *rollout.Problem {
	p := m.attempt(ctx)
	if p == nil || !m.seen {
		return p
	}
	out := withWayHome(*p, m.opened, m.home, m.live.Routing, false)
	return &out
}

func (m *move) attempt(ctx context.Context) *rollout.Problem {
	opened, err := m.open(ctx, m.core)
	if err != nil {
		return m.failed(msgMoveUnopened, err)
	}
	m.opened, m.end = opened, m.clock.Now().Add(m.timeout)
	asked := slices.Collect(maps.Keys(m.split))
	if err := m.observe(ctx, asked); err != nil {
		return m.failed(msgNotMoved, err)
	}
	found := m.live.Routing
	m.home = cmp.Or(found.Home, found.Split.Sole())
	if p := m.refuse(found); p != nil {
		return p
	}
	if !found.Split.Equal(m.split) {
		if p := m.write(ctx, asked, found); p != nil {
			return p
		}
	}
	if p := m.settle(ctx, asked); p != nil {
		return p
	}
	return m.drained(ctx, found.Split)
}

func (m *move) observe(ctx context.Context, ask []rollout.Revision) error {
	o, err := m.opened.Target.Observe(ctx, ask...)
	if err == nil {
		m.live, m.seen = o, true
	}
	return err
}

func (m *move) failed(what rollout.Message, err error) *rollout.Problem {
	now := "Nothing was written."
	if m.seen {
		now = fmt.Sprintf("Live is %s.", m.live.Routing)
	}
	return what.Found("why", sentence(err.Error()), "now", now)
}

// refuse looks at what is live before the one write.
func (m *move) refuse(found rollout.Routing) *rollout.Problem {
	if m.planned != nil && !found.Split.Equal(m.planned) {
		return msgSplitOutdated.Found("planned", m.planned, "live", found)
	}
	if found.Home != "" && !found.Split.Equal(m.split) {
		return msgRolloutUnderWay.Found("live", found, "home", found.Home)
	}
	for _, r := range m.split.Revisions() {
		h := m.live.Health[r]
		if h.State == rollout.Ready {
			continue
		}
		return msgCannotServe.Found("revision", r, "why", sentence(stateOf(h)), "live", found)
	}
	return nil
}

func stateOf(h rollout.Health) string {
	switch {
	case h.State == rollout.Missing:
		return "it does not exist"
	case h.Reason == "":
		return fmt.Sprintf("it is %s", h.State)
	}
	return fmt.Sprintf("it is %s: %s", h.State, h.Reason)
}

// write asks once. Somebody else's write that moved no traffic is no reason to
// stop; one that did is.
func (m *move) write(ctx context.Context, ask []rollout.Revision, found rollout.Routing) *rollout.Problem {
	want := rollout.Routing{Split: m.split, Home: found.Home, Keep: found.Keep}
	if found.Default != "" {
		want.Default = m.split.Revisions()[0]
	}
	for m.clock.Now().Before(m.end) {
		err := m.opened.Target.Apply(ctx, want, m.live.Token)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, rollout.ErrDenied), errors.Is(err, rollout.ErrInvalid), errors.Is(err, rollout.ErrGone), ctx.Err() != nil:
			return m.failed(msgNotMoved, err)
		}
		if seen := m.observe(ctx, ask); seen != nil {
			if errors.Is(err, rollout.ErrConflict) {
				err = nil // it says nothing but that somebody wrote before us
			}
			return m.failed(msgNotMoved, errors.Join(err, seen))
		}
		switch {
		case m.live.Routing.Split.Equal(m.split):
			return nil
		case !m.live.Routing.Same(found):
			return m.failed(msgSomebodyMoved, fmt.Errorf("%s became %s while this apply was at work", found, m.live.Routing))
		}
		if m.clock.Sleep(ctx, pollSplit) != nil {
			return m.failed(msgNotMoved, ctx.Err())
		}
	}
	return m.failed(msgNotMoved, fmt.Errorf("it was tried for %s", rollout.Short(m.timeout)))
}

// settle waits until the wanted split has reached everyone.
func (m *move) settle(ctx context.Context, ask []rollout.Revision) *rollout.Problem {
	for arrived := false; ; {
		err := m.observe(ctx, ask)
		shows := m.live.Routing.Split.Equal(m.split)
		switch {
		case err == nil && shows && m.live.Settled:
			return nil
		case err == nil && arrived && !shows:
			return m.failed(msgSomebodyMoved, fmt.Errorf("%s was asked for, and %s is live", m.split, m.live.Routing))
		case ctx.Err() != nil:
			return m.failed(msgMoveInterrupted, errors.New("the change was asked for, and nobody has seen it settle"))
		case m.clock.Now().After(m.end):
			return m.failed(msgNotSettled, fmt.Errorf("%s was asked for %s ago; %w", m.split, rollout.Short(m.timeout), errors.Join(err, errors.New("the platform has not confirmed it"))))
		}
		arrived = arrived || err == nil && shows
		if m.clock.Sleep(ctx, pollSplit) != nil {
			continue // the context has ended: looked at above
		}
	}
}

// drained waits for who lost all traffic.
func (m *move) drained(ctx context.Context, before rollout.Split) *rollout.Problem {
	wait := m.live.Pinned
	if m.live.Cuts {
		wait += m.live.InFlight
	}
	if m.drain != nil {
		wait = *m.drain
	}
	left := false
	for r := range before {
		left = left || m.split[r] == 0
	}
	if !left || wait == 0 {
		return nil
	}
	if m.clock.Sleep(ctx, wait) != nil {
		return m.failed(msgMoveInterrupted, errors.New("the weights are live, and what lost its traffic may still be draining"))
	}
	return nil
}

func reasonOf(h rollout.Health) string {
	if h.Reason == "" {
		return ""
	}
	return ": " + h.Reason
}
