package engine

import (
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// owed returns the verdicts that are owed at the live split. Gates on users'
// traffic say nothing where there is none, and have nothing to compare with in
// a first deployment.
func (s Situation) owed() (list []rollout.Verdict, gates bool) {
	if s.weight() == 0 || s.firstDeployment() {
		return s.Probes, false
	}
	return append(append([]rollout.Verdict{}, s.Gates...), s.Probes...), true
}

// firstDeployment: nobody served when this process came.
func (s Situation) firstDeployment() bool {
	return s.Found != nil && len(s.Found.Routing.Split) == 0
}

// watchFor returns what to do until the time that is owed is over and every
// verdict that is owed has passed; it does not match once both are.
func (s Situation) watchFor(owed time.Duration, verdicts []rollout.Verdict, gates bool) (Decision, bool) {
	start := s.since()
	end := start.Add(owed)
	lacking := ""
	for _, v := range verdicts {
		switch {
		case !v.Decides() || passed(v, start):
		case v.Outcome == rollout.Fail:
			return stop(Failed, "%s", v.Why)
		case late(v, start, owed):
			return stop(Unverified, "gate %q gave no verdict at %s within %s%s", v.Gate.Name, s.weight(),
				rollout.Short(max(owed, v.Gate.WaitFor)), because(v.Why))
		case lacking == "":
			lacking = v.Gate.Name
		}
	}
	over := !s.Now.Before(end)
	switch {
	case over && lacking == "":
		return none()
	case over:
		return do(Measure{Of: s.Candidate, Gates: gates}, "%s at %s: waiting for gate %q", s.Candidate, s.weight(), lacking)
	case len(verdicts) == 0:
		return do(Wait{For: ForBake, Until: end}, "%s at %s: until %s", s.Candidate, s.weight(), rollout.Clocktime(end))
	}
	return do(Measure{Of: s.Candidate, Gates: gates, Until: end}, "%s at %s: until %s%s",
		s.Candidate, s.weight(), rollout.Clocktime(end), readings(verdicts))
}

// passed: a pass counts only if it stands on a window that began after the
// split that it is to judge.
func passed(v rollout.Verdict, start time.Time) bool {
	return v.Outcome == rollout.Pass && !v.At.IsZero() && !v.Window.Start.Before(start)
}

// late reports whether a gate has had its time. A breach that is young enough
// to be forgiven is neither a pass nor absent: it is waited out.
func late(v rollout.Verdict, start time.Time, owed time.Duration) bool {
	limit := start.Add(max(owed, v.Gate.WaitFor))
	return !v.Breaching && !v.At.IsZero() && !v.At.Before(limit)
}

// readings renders the last values for a progress line.
func readings(verdicts []rollout.Verdict) string {
	out := ""
	for _, v := range verdicts {
		if v.At.IsZero() || v.Gate.Probe && v.Outcome == rollout.Pass {
			continue
		}
		out += "; " + v.Why
	}
	return out
}

// Tally folds the readings of one gate on one split into a verdict. It is a
// value: Add returns the next one.
type Tally struct {
	Gate rollout.Gate
	// Since is when the split that is judged settled: nothing from before it
	// is looked at.
	Since time.Time
	// Unattended: nobody looked since then, so the first evaluation looks at
	// all of it.
	Unattended bool

	breachSince time.Time
	breaches    int
	last        rollout.Verdict
}

// NewTally begins judging a split.
func NewTally(g rollout.Gate, since time.Time) Tally {
	return Tally{Gate: g, Since: since, last: rollout.Verdict{Gate: g}}
}

// Verdict returns what the gate says now.
func (t Tally) Verdict() rollout.Verdict { return t.last }

// Window returns what an evaluation now looks at, where data arrive late by
// delay. A window that is not full yet may fail, and cannot pass.
func (t Tally) Window(now time.Time, delay time.Duration) rollout.Window {
	if t.Gate.Probe {
		return rollout.Window{Start: now, End: now}
	}
	w := rollout.Window{Start: now.Add(-delay - t.Gate.Window), End: now.Add(-delay)}
	if w.Start.Before(t.Since) || t.Unattended && t.last.At.IsZero() {
		w.Start = t.Since
	}
	if w.End.Before(w.Start) {
		w.End = w.Start
	}
	return w
}

// Add folds in one reading: what was measured over w at the moment at, or the
// error that kept it from being measured.
func (t Tally) Add(at time.Time, w rollout.Window, m rollout.Measurement, err error) Tally {
	v := rollout.Verdict{Gate: t.Gate, At: at, Window: w, Measurement: m}
	level, absent := t.level(w, m, err)
	switch {
	case absent && t.Gate.OnNoData == rollout.AbsenceWaits:
		v.Outcome = rollout.NoData
		if err != nil {
			v.Outcome = rollout.Error
		}
	case absent && !t.full(w) && err == nil:
		v.Outcome = rollout.NoData
	case level == rollout.Breach:
		t = t.breach(at, w)
		v.Outcome = rollout.Fail
		if t.forgives(at) {
			v.Outcome, v.Breaching = rollout.Pending, true
		}
	default:
		t.breaches, t.breachSince = 0, time.Time{}
		if level == rollout.Good && t.full(w) {
			v.Outcome = rollout.Pass
		}
	}
	v.Why = explain(v, err)
	t.last = v
	return t
}

// level judges one reading; absent: there is too little to judge. A count only
// grows with its window and with its samples: what it exceeds now it will exceed
// then, and what it has not reached it may reach yet.
func (t Tally) level(w rollout.Window, m rollout.Measurement, err error) (level rollout.Level, absent bool) {
	switch {
	case err != nil || m.Samples == 0:
		return rollout.Breach, true
	case t.Gate.Count && t.Gate.Exceeds(m.Value):
		return rollout.Breach, false
	case m.Samples < t.Gate.MinSamples:
		return rollout.Breach, true
	case t.Gate.Count && !t.full(w):
		return rollout.Between, false
	case m.AtLeast && !t.Gate.Exceeds(m.Value):
		return rollout.Between, false
	}
	return t.Gate.Level(m.Value), false
}

// full: the window lies wholly after the split, and is as long as asked for.
func (t Tally) full(w rollout.Window) bool {
	return !w.Start.Before(t.Since) && w.Length() >= t.Gate.Window
}

// breach counts one more evaluation that was a breach. A window that reaches
// back over all the time that nobody looked has seen it for that long.
func (t Tally) breach(at time.Time, w rollout.Window) Tally {
	t.breaches++
	if t.breachSince.IsZero() {
		t.breachSince = at
		if w.Length() > t.Gate.Window {
			t.breachSince = w.Start
		}
	}
	return t
}

// forgives: a breach that is younger than For, or one of the few in a row that
// are allowed, does not fail yet.
func (t Tally) forgives(at time.Time) bool {
	return t.lasted(at) < t.Gate.For || t.breaches <= t.Gate.FailuresAllowed
}

// lasted is for how long the value has been a breach. Each evaluation speaks for
// one interval: what is bad for five minutes is seen by thirty of them, ten
// seconds apart, the first and the last of which are not five minutes apart. They
// come a little late, so that it is counted in whole intervals.
func (t Tally) lasted(at time.Time) time.Duration {
	return at.Sub(t.breachSince).Round(t.Gate.Interval) + t.Gate.Interval
}
