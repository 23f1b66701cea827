package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// judge is a gate at work: what it has said of the live split, and when it is
// asked next.
type judge struct {
	Gate
	tally engine.Tally
	begun bool
	next  time.Time
}

// on returns the tally of the split that settled at since.
func (j *judge) on(since time.Time, unattended bool) *engine.Tally {
	if !j.begun || !j.tally.Since.Equal(since) {
		j.tally, j.begun, j.next = engine.NewTally(j.Gate.Gate, since), true, time.Time{}
		j.tally.Unattended = unattended
		if !j.Probe && !unattended { // of the moment itself nothing has been measured
			j.next = since.Add(j.Interval)
		}
	}
	return &j.tally
}

// since is when the split that is judged began to count.
func (p *process) judgedSince() (time.Time, bool) {
	if !p.s.Since.IsZero() {
		return p.s.Since, true
	}
	return p.s.SettledAt, false
}

func (p *process) verdicts() (gates, probes []rollout.Verdict) {
	since, unattended := p.judgedSince()
	for i := range p.judges {
		j := &p.judges[i]
		if !p.applies(j) {
			continue
		}
		v := j.on(since, unattended).Verdict()
		if j.Probe {
			probes = append(probes, v)
		} else {
			gates = append(gates, v)
		}
	}
	return gates, probes
}

// applies reports whether the gate is about this rollout: one that compares has
// nobody to compare with where nobody is home.
func (p *process) applies(j *judge) bool { return p.s.Home != "" || !j.compares() }

// measure evaluates the gates that are due; if none is, it waits until one is,
// or until the time that is owed is over.
func (p *process) measure(a engine.Measure) {
	now := p.Clock.Now()
	var due []*judge
	wake := now.Add(lookOut)
	for i := range p.judges {
		j := &p.judges[i]
		if !p.applies(j) {
			continue
		}
		if !j.Probe && !a.Gates {
			continue
		}
		if !j.next.After(now) {
			due = append(due, j)
		} else if j.next.Before(wake) {
			wake = j.next
		}
	}
	if len(due) > 0 {
		p.evaluate(due, a.Of)
		return
	}
	if !a.Until.IsZero() && a.Until.Before(wake) {
		wake = a.Until
	}
	p.sleep(wake.Sub(now))
}

// evaluate asks all gates that are due at once.
func (p *process) evaluate(due []*judge, of rollout.Revision) {
	subject, err := p.Target.Subject(p.ctx, of)
	var home *rollout.Subject
	if slices.ContainsFunc(due, func(j *judge) bool { return j.compares() }) {
		home = p.subject(p.s.Home)
	}
	since, unattended := p.judgedSince()
	var all sync.WaitGroup
	for _, j := range due {
		all.Go(func() {
			tally := j.on(since, unattended)
			at := p.Clock.Now()
			if p.s.Stop != nil && j.candidateAlone() {
				*tally = tally.Add(at, tally.Window(at, 0), rollout.Measurement{Note: "it is tried on the candidate alone"}, nil)
			} else if err != nil { // nobody is measured in its place
				*tally = tally.Add(at, tally.Window(at, 0), rollout.Measurement{}, fmt.Errorf("%s could not be described: %w", of, err))
			} else {
				w, m, measured := j.reading(p.ctx, tally, subject, home, at)
				*tally = tally.Add(at, w, m, measured)
			}
			j.next = at.Add(max(time.Second, j.Interval))
		})
	}
	all.Wait()
	if p.s.Stop != nil {
		p.res.Looked = p.res.Looked[:0]
		for _, j := range due {
			if !j.candidateAlone() {
				p.res.Looked = append(p.res.Looked, j.tally.Verdict())
			}
		}
	}
}

// reading measures one gate over the window that its tally asks for; beside home
// where its source compares.
func (g Gate) reading(ctx context.Context, tally *engine.Tally, of rollout.Subject, home *rollout.Subject, at time.Time) (rollout.Window, rollout.Measurement, error) {
	ctx, cancel := context.WithTimeout(ctx, oneGate)
	defer cancel()
	delay, err := g.Delay(ctx, of)
	if err != nil {
		return tally.Window(at, 0), rollout.Measurement{}, err
	}
	w := tally.Window(at, delay)
	early := at.Add(-delay).Before(tally.Since) // nothing of this split has arrived
	if !g.Probe && (early || g.Window > 0 && w.Length() == 0) {
		return w, rollout.Measurement{Note: lag(delay)}, nil
	}
	m, err := g.measure(ctx, of, home, w)
	if m.Note == "" && w.Length() < g.Window { // so that nobody wonders why it does not pass
		m.Note = lag(delay)
	}
	return w, m, err
}

// measure asks the source, for a count, beside home, or for any other value.
func (g Gate) measure(ctx context.Context, of rollout.Subject, home *rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	if s, ok := g.Source.(rollout.Comparing); ok {
		if home == nil { // somebody is: applies has looked
			return rollout.Measurement{}, errors.New("what is promoted, with which it compares, could not be described")
		}
		return s.MeasureBeside(ctx, of, *home, w)
	}
	if !g.Count {
		return g.Source.Measure(ctx, of, w)
	}
	c, ok := g.Source.(rollout.Counting)
	if !ok { // an absent thing must not be guessed to be none
		return rollout.Measurement{}, fmt.Errorf("%w: its source cannot count things", rollout.ErrInvalid)
	}
	return c.Count(ctx, of, w)
}

// candidateAlone: it is tried on the candidate and on nobody else.
func (g Gate) candidateAlone() bool {
	_, ok := g.Source.(rollout.CandidateOnly)
	return ok
}

func (g Gate) compares() bool {
	_, ok := g.Source.(rollout.Comparing)
	return ok
}

// Delay returns how late the gate's data are: 0 unless its source says so.
func (g Gate) Delay(ctx context.Context, of rollout.Subject) (time.Duration, error) {
	late, ok := g.Source.(rollout.Delayed)
	if !ok {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, oneGate)
	defer cancel()
	return late.Delay(ctx, of)
}

// lag says how late data are, "" where they are not.
func lag(delay time.Duration) string {
	if delay <= 0 {
		return ""
	}
	return "its data arrive " + rollout.Short(delay) + " late"
}

// baseline measures what serves before anything is written: a gate that it
// fails too says nothing about the candidate, and people should know. It
// reports whether the rollout may go on: a gate that decides and can never be
// measured stops it here, before users see the candidate.
func (p *process) baseline() bool {
	if p.res.Baseline != nil {
		return true
	}
	of := p.subject(p.s.Home)
	if of == nil && p.s.Home != "" { // it could not be described just now
		return true
	}
	p.res.Baseline = []rollout.Verdict{}
	if of == nil {
		p.alone()
		return true
	}
	errs := p.looks(*of)
	for i, v := range p.res.Baseline {
		err := errs[i]
		switch {
		case v.Outcome == rollout.Fail || v.Breaching:
			p.tell("measure", fmt.Sprintf("%s, which serves now, fails it too: %s", p.s.Home, v.Why), nil)
		case Lasting(err) && v.Decides():
			p.res.Err = err
			if p.s.Shows.Routing.Split[p.s.Candidate] > 0 { // it is no news about who has traffic already
				p.end(engine.NothingMoved, v.Why+"; nothing was written: "+p.s.Shows.Routing.String())
				return false
			}
			p.stop(engine.Stop{Kind: engine.Denied, Why: v.Why})
			return false
		case err != nil:
			p.tell("measure", fmt.Sprintf("of %s, which serves now, %s", p.s.Home, v.Why), nil)
		}
	}
	return true
}

// looks evaluates all gates at once on what serves now.
func (p *process) looks(of rollout.Subject) []error {
	errs := make([]error, len(p.judges))
	p.res.Baseline = make([]rollout.Verdict, len(p.judges))
	var all sync.WaitGroup
	for i := range p.judges {
		all.Go(func() { p.res.Baseline[i], errs[i] = p.judges[i].Look(p.ctx, p.Clock, of) })
	}
	all.Wait()
	return errs
}

// alone says which gates have nobody to compare with.
func (p *process) alone() {
	for i := range p.judges {
		if j := &p.judges[i]; !p.applies(j) {
			p.tell("measure", fmt.Sprintf("gate %q is not judged: nobody is promoted with whom the candidate could be compared", j.Name), nil)
		}
	}
}

// Lasting reports whether an error of a source is none that time mends: the
// question or a permission is wrong.
func Lasting(err error) bool {
	return errors.Is(err, rollout.ErrInvalid) || errors.Is(err, rollout.ErrDenied)
}

// Look evaluates the gate once on what serves now, without regard to any split.
// The error is what kept it from being measured. Absence says nothing about what
// serves: it is never a breach, whatever OnNoData is to the candidate. Of a
// source that may change something its harmless part alone is asked.
func (g Gate) Look(ctx context.Context, clock rollout.Clock, of rollout.Subject) (rollout.Verdict, error) {
	at, judged := clock.Now(), g.Gate
	if s, ok := g.Source.(rollout.Intrusive); ok {
		if g.Source = s.Harmless(); g.Source == nil {
			return rollout.Verdict{Gate: judged, Why: fmt.Sprintf("gate %q is tried on the candidate alone", g.Name)}, nil
		}
	}
	if g.compares() { // with itself it agrees
		return rollout.Verdict{Gate: judged, Why: fmt.Sprintf("gate %q is tried on the candidate alone", g.Name)}, nil
	}
	judged.OnNoData = rollout.AbsenceWaits
	tally := engine.NewTally(judged, at.Add(-24*time.Hour-g.Window))
	w, m, err := g.reading(ctx, &tally, of, nil, at)
	v := tally.Add(at, w, m, err).Verdict()
	v.Gate = g.Gate
	return v, err
}

// remember keeps the verdict that stopped the rollout, for the message.
func (p *process) remember(stop engine.Stop) {
	if stop.Kind != engine.Failed && stop.Kind != engine.Unverified {
		return
	}
	for _, v := range append(append([]rollout.Verdict{}, p.s.Gates...), p.s.Probes...) {
		if v.Decides() && v.Outcome != rollout.Pass && p.res.Failing == nil && !v.At.IsZero() &&
			(stop.Kind == engine.Unverified || v.Outcome == rollout.Fail) {
			p.res.Failing = &v
		}
	}
}
