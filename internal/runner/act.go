package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// carryOut does what was decided. What the platform answers is folded into the
// situation; the next look shows what became of it.
func (p *process) carryOut(d engine.Decision) {
	switch a := d.Action.(type) {
	case engine.Make:
		if p.mayWrite(true, d.Why) {
			p.make(d.Why)
		}
	case engine.Run:
		if p.mayWrite(false, d.Why) {
			p.run(a, d.Why)
		}
	case engine.Apply:
		if p.mayWrite(p.raises(a.Want), d.Why) {
			p.apply(a.Want, d.Why)
		}
	case engine.Measure:
		p.s = p.s.Waits(a.For)
		if p.s.Stop != nil || p.s.Asked != nil || p.baseline() { // a share that an earlier apply left is not judged by a gate that cannot work
			p.measure(a)
		}
	case engine.Wait:
		p.s = p.s.Waits(a.For)
		p.wait(a)
	case engine.Finish: // note has ended the rollout
	}
}

func (p *process) make(why string) {
	made, err := p.Maker.Make(p.ctx, p.s.Shows.Token)
	p.stale = true
	p.became("make", why, nil, err)
	switch {
	case err == nil:
		p.taken()
		p.s = p.s.MadeCandidate(made)
		p.res.Begun = true
	case p.interrupting(err):
	case final(err):
		p.res.Err = err
		p.stop(engine.Stop{Kind: engine.Denied, Why: fmt.Sprintf("the candidate could not be made: %v", err)})
	default:
		p.retry(err) // Make is re-entrant: it finds what a lost answer made
	}
}

func (p *process) apply(want rollout.Routing, why string) {
	err := p.Target.Apply(p.ctx, want, p.s.Shows.Token)
	p.stale = true
	if !want.Same(p.s.Shows.Routing) {
		p.forget() // what was said of this split says nothing of the next one
	}
	p.became("apply", why, want.Split, err)
	switch {
	case err == nil:
		p.taken()
		p.s = p.s.Wrote(want, false)
	case errors.Is(err, rollout.ErrConflict):
		p.retry(err)
	case final(err):
		p.refused(err)
	default: // it may have taken effect: that counts as asked
		p.s = p.s.Wrote(want, true)
		if !p.interrupting(err) {
			p.retry(err)
		}
	}
}

// taken: a write was accepted, and what went wrong before it is over.
func (p *process) taken() {
	p.again = 0
	if p.s.Stop == nil {
		p.res.Err = nil
	}
}

// final: the platform has refused for good, and nothing has changed.
func final(err error) bool {
	return errors.Is(err, rollout.ErrDenied) || errors.Is(err, rollout.ErrInvalid) || errors.Is(err, rollout.ErrGone)
}

// became tells what became of a write, once that is known: only what was taken
// is told as done.
func (p *process) became(kind, why string, asked rollout.Split, err error) {
	switch {
	case err == nil:
		p.tell(kind, why, asked)
	case errors.Is(err, rollout.ErrConflict):
		p.tellError("wait", why+": not taken, because somebody else changed the target meanwhile; it is decided anew", nil, err)
	case final(err):
		p.tell("refused", fmt.Sprintf("%s: refused: %v", why, err), nil)
	default:
		p.tellError(kind, why+" (the answer was lost)", asked, err)
	}
}

// interrupting: the error is the interrupt, which the next look deals with.
func (p *process) interrupting(error) bool { return p.parent.Err() != nil && !p.interrupted }

// refused: a write was refused for good. The way home is tried once.
func (p *process) refused(err error) {
	p.res.Err = err
	if p.s.Stop == nil {
		p.stop(engine.Stop{Kind: engine.Denied, Why: fmt.Sprintf("a change of traffic was refused: %v", err)})
		return
	}
	stop := *p.s.Stop
	stop.Refused = true
	p.s.Stop = &stop
}

// retry lets a write that was refused for now, or lost, be decided anew after
// another look. It paces itself, and ends at the settle limit.
func (p *process) retry(err error) {
	p.res.Err = err
	now := p.Clock.Now()
	if p.again == 0 || now.Sub(p.last) > sameTrouble {
		p.since, p.again = now, 0
	}
	p.again++
	p.last = now
	if now.Sub(p.since) >= p.s.Settle {
		why := fmt.Sprintf("a change was tried for %s and never taken: %s", rollout.Short(p.s.Settle), said(err))
		if p.s.Stop != nil {
			p.end(engine.Halted, fmt.Sprintf("%s; %s; %s is live", p.s.Stop.Why, why, p.s.Shows.Routing))
			return
		}
		p.again = 0
		p.stop(engine.Stop{Kind: engine.OutOfTime, Why: why})
		return
	}
	if p.again > 1 {
		p.sleep(poll)
	}
}

// said is an error in words for people. What a platform says of a stale token
// names tokens, which tell nobody anything.
func said(err error) string {
	if errors.Is(err, rollout.ErrConflict) {
		return "somebody else kept changing the target"
	}
	return err.Error()
}

// raises reports whether want gives the candidate more than it has.
func (p *process) raises(want rollout.Routing) bool {
	c := p.s.Candidate
	return c != "" && want.Split[c] > p.s.Shows.Routing.Split[c]
}

// mayWrite runs the checks before the first write on the way up, and before
// every rise. The way home needs none. Checks may take long, and so may what
// they are for: what comes next is told before, as an intent.
func (p *process) mayWrite(up bool, why string) bool {
	if p.s.Stop != nil || p.required && !up {
		return true
	}
	if p.again == 0 && p.lacks == "" {
		p.tell("check", "next, once everything that is required is there: "+why, nil)
	}
	if !p.required && !p.baseline() {
		return false
	}
	candidate := p.subject(p.s.Candidate)
	if p.Require != nil {
		p.res.Findings = p.Require(p.ctx, candidate, p.subject(p.s.Home))
	}
	if p.interrupting(nil) {
		return false
	}
	unmet := p.unmet()
	if len(unmet) == 0 {
		p.required, p.lacking, p.lacks = true, time.Time{}, ""
		return true
	}
	first := fmt.Sprintf("%s %s: %s", unmet[0].Check, unmet[0].Object, unmet[0].Why)
	again, waits := p.patient(unmet, candidate != nil)
	if !waits {
		p.stop(engine.Stop{Kind: engine.Unmet, Why: first})
		return false
	}
	p.awaits(unmet[0], first, again)
	return false
}

// awaits lets some time pass before a requirement is looked at again. The
// candidate is judged meanwhile, if it is there to be judged. A wait is told
// once, whatever each look says.
func (p *process) awaits(f rollout.Finding, what string, d time.Duration) {
	if id := f.Check + " " + f.Object; p.lacks != id {
		p.lacks = id
		p.tell("wait", what+"; it is looked at again before the next step", nil)
	}
	seen := p.s.Shows.Routing.Split[p.s.Candidate] > 0
	if !seen && !p.required {
		p.sleep(d)
		return
	}
	p.measure(engine.Measure{Of: p.s.Candidate, Gates: seen, Until: p.Clock.Now().Add(d)})
	p.sleep(min(poll, d))
}

// unmet returns the requirements that stop, or that are to be waited for. What
// needs the candidate is owed as soon as there is one, also where it could not be
// described just now.
func (p *process) unmet() []rollout.Finding {
	var out []rollout.Finding
	for _, f := range p.res.Findings {
		if f.Stops() || f.Again > 0 || p.owed(f) {
			out = append(out, f)
		}
	}
	return out
}

func (p *process) owed(f rollout.Finding) bool {
	return f.Status == rollout.Deferred && p.s.Candidate != "" && !f.Advisory
}

// patient reports whether everything that is unmet may still be waited for, and
// when to look again. Configuration may give a requirement time of its own. One
// that was met before the first write and may pass by itself has a minute: one
// bad answer of a dependency is no reason to take everybody home.
func (p *process) patient(unmet []rollout.Finding, described bool) (again time.Duration, waits bool) {
	now := p.Clock.Now()
	again, passing := time.Hour, false
	for _, f := range unmet {
		if f.Again > 0 {
			again = min(again, f.Again)
			continue
		}
		if !p.required || !f.Retry && (!p.owed(f) || described) {
			return 0, false
		}
		again, passing = poll, true
	}
	switch {
	case !passing:
		p.lacking = time.Time{}
	case p.lacking.IsZero():
		p.lacking = now
	}
	return again, !passing || now.Sub(p.lacking) < passingTrouble
}

// subject describes a revision to checks and gates; nil if it cannot.
func (p *process) subject(r rollout.Revision) *rollout.Subject {
	if r == "" {
		return nil
	}
	of, err := p.Target.Subject(p.ctx, r)
	if err != nil {
		return nil
	}
	return &of
}

func (p *process) wait(a engine.Wait) {
	if a.Until.IsZero() {
		p.sleep(p.nextLook())
		return
	}
	p.sleep(min(lookOut, max(0, a.Until.Sub(p.s.Now))))
}

// nextLook is how long to wait for what is under way: a moment at first, and
// longer while it takes longer, so that what is quick is seen quickly and what
// is slow is not asked about all the time.
func (p *process) nextLook() time.Duration {
	if !p.awaited.Equal(p.s.Deadline) { // it is something else that is waited for
		p.awaited, p.lately = p.s.Deadline, firstLook
	}
	d := p.lately
	p.lately = min(poll, d*2)
	return d
}

// beside measures home in the window in which the candidate failed, so that
// the message can tell a bad candidate from a bad day.
func (p *process) beside() {
	v := p.res.Failing
	if v == nil || v.Gate.Probe || p.s.Home == "" {
		return
	}
	for _, j := range p.judges {
		if j.Name != v.Gate.Name {
			continue
		}
		of := p.subject(p.s.Home)
		if of == nil {
			return
		}
		m, err := j.over(p.ctx, *of, v.Window)
		if err == nil && m.Samples > 0 {
			p.res.Beside = &rollout.Verdict{Gate: v.Gate, Window: v.Window, Measurement: m}
		}
	}
}

// over measures a gate over a window that was chosen before.
func (g Gate) over(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	ctx, cancel := context.WithTimeout(ctx, oneGate)
	defer cancel()
	return g.Source.Measure(ctx, of, w)
}
