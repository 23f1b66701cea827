package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	firstLook = 50 * time.Millisecond // after a write; doubled with each look, up to poll
	poll      = time.Second           // between looks at a platform that is busy
	lookOut   = 10 * time.Second      // between looks while nothing is due
	// sameTrouble is how far apart two lost or refused writes may be and still
	// count as one trouble.
	sameTrouble = time.Minute
	// passingTrouble is how long a requirement that was met before the first
	// write may fail before a rise, where it may pass by itself.
	passingTrouble = time.Minute
	oneGate        = 30 * time.Second // longest that one evaluation may take
	minGrace       = 5 * time.Second
)

// Rows of the engine's table whose end has a message of its own.
const (
	rowForeign = 2
	rowBlocked = 11
)

// process is one run of a rollout.
type process struct {
	Rollout
	s      engine.Situation
	parent context.Context // ends when Terraform is told to stop
	ctx    context.Context // what calls are made with: parent, until that ends
	cancel context.CancelFunc

	looked      bool // the situation holds an observation
	stale       bool // something was written, or lost, since then
	interrupted bool
	required    bool      // the checks ran before the first write
	lacking     time.Time // since when a requirement that was met is not
	lacks       string    // the requirement that is waited for, "" where none is
	done        bool
	outcome     engine.Outcome
	why         string

	awaited  time.Time     // the deadline of what is waited for
	lately   time.Duration // how long the next look at it is away
	trouble  time.Time     // since when the platform has not answered as it should
	again    int           // how often in a row a write was refused for now, or lost
	since    time.Time     // since when
	last     time.Time     // and when last
	content  string
	template string // the target's, when the candidate was made or found
	judges   []judge
	errands  []*errand
	said     string
	res      Result
}

func begin(ctx context.Context, r Rollout) *process {
	if r.Grace == 0 {
		r.Grace = minGrace
	}
	p := &process{Rollout: r, parent: ctx, ctx: ctx, cancel: func() {}}
	p.s = engine.Situation{
		Candidate: r.Candidate, Create: r.Create, Ladder: r.Ladder, Settle: r.Limits.Settle,
		Promoted: r.Memory.Promoted, Before: r.Before, Since: r.Since,
	}
	for _, g := range r.Gates {
		p.judges = append(p.judges, judge{Gate: g})
	}
	p.errands = errandsOf(r)
	return p
}

func (p *process) release() { p.cancel() }

// look brings the situation up to date, and reports whether there is something
// to decide. An interrupt is acted on with what was last seen: a look would
// take time that is not there.
func (p *process) look() bool {
	p.s.Now = p.Clock.Now()
	if p.parent.Err() != nil && !p.interrupted {
		p.interrupt()
		return !p.done
	}
	o, err := p.observe()
	switch {
	case err == nil:
		p.trouble = time.Time{}
		p.fold(o)
	case p.parent.Err() != nil && !p.interrupted: // this error is the interrupt
		return false
	default:
		p.unseen(err)
		return false
	}
	return !p.done
}

// observe asks the platform. The first time it settles who is who as well, and
// asks again until it knows the health of everyone who matters.
func (p *process) observe() (rollout.Observation, error) {
	for {
		o, err := p.Target.Observe(p.ctx, p.asks()...)
		if err != nil || p.looked {
			return o, err
		}
		if err := p.identify(o); err != nil {
			return o, err
		}
		if p.covers(o) {
			return o, nil
		}
	}
}

func (p *process) covers(o rollout.Observation) bool {
	for _, r := range p.asks() {
		if _, ok := o.Health[r]; !ok {
			return false
		}
	}
	return true
}

// asks lists whose health matters.
func (p *process) asks() []rollout.Revision {
	var out []rollout.Revision
	for _, r := range []rollout.Revision{p.s.Candidate, p.s.Home} {
		if r != "" {
			out = append(out, r)
		}
	}
	return out
}

// identify settles, at the first observation, who the candidate and who home
// is. Home is never computed again.
func (p *process) identify(o rollout.Observation) error {
	if p.Maker != nil {
		content, err := p.Maker.Content(p.ctx)
		if err != nil {
			return err
		}
		found, err := p.Maker.Find(p.ctx)
		if err != nil {
			return err
		}
		p.content, p.s.Candidate = content, found
	} else {
		of, err := p.Target.Subject(p.ctx, p.s.Candidate)
		if err != nil && !errors.Is(err, rollout.ErrGone) {
			return err
		}
		p.content = of.Facts["content"]
	}
	if p.Raising != p.s.Candidate {
		p.s.Since = time.Time{} // that time was another one's
	}
	p.s.Home = engine.HomeOf(o.Routing, p.s.Candidate, p.Memory)
	p.s.Blocked = p.Blocked != nil && p.Blocked(p.s.Candidate, p.content)
	return p.recall(o)
}

// fold takes an observation into the situation, and everything that follows
// from the time alone.
func (p *process) fold(o rollout.Observation) {
	first, seen := !p.looked, p.s.Seen
	p.s = p.s.Observed(o, p.Clock.Now())
	if p.s.Seen && !seen {
		p.again = 0 // a lost answer was about a write that was taken
	}
	p.looked, p.stale = true, false
	if p.template == "" && p.s.Candidate != "" {
		p.template = o.Template
	}
	p.s.Gates, p.s.Probes = p.verdicts()
	p.res.Begun = p.res.Begun || p.s.Moved || p.s.Candidate != "" && o.Routing.Keeps(p.s.Candidate) && o.Routing.Home != ""
	switch {
	case first && p.Left != nil && !o.Routing.Same(*p.Left):
		p.res.Outdated = true
		p.end(engine.NothingMoved, fmt.Sprintf("traffic changed between plan and apply: the plan was made for %s, and %s is live; nothing was written",
			p.Left, o.Routing))
	case p.s.Stop == nil:
		p.fromOutside(o)
	}
}

// fromOutside finds the reasons to stop that no row of the table finds: a
// person's word, and the end of a time.
func (p *process) fromOutside(o rollout.Observation) {
	aborted, aborts := p.s.Aborts()
	switch {
	case aborts:
		p.stop(aborted)
	case !p.Deadline.IsZero() && !p.s.Now.Before(p.Deadline):
		p.stop(engine.Stop{Kind: engine.OutOfTime, Why: "the time that Terraform allows (timeouts) is over"})
	case p.Unattended > 0 && !p.s.Since.IsZero() && p.s.Now.Sub(p.Since) > p.Unattended:
		p.stop(engine.Stop{Kind: engine.Unverified, Why: fmt.Sprintf("nobody has watched %s for %s, longer than max_unattended (%s)",
			o.Routing, rollout.Short(p.s.Now.Sub(p.Since)), rollout.Short(p.Unattended))})
	}
}

// interrupt answers the end of the parent context: from here on calls are made
// on a context of our own.
func (p *process) interrupt() {
	p.interrupted = true
	p.ctx, p.cancel = context.WithTimeout(context.WithoutCancel(p.parent), p.Grace)
	if !p.looked {
		p.end(engine.NothingMoved, "this apply was interrupted before it had looked at the target; nothing was written")
		return
	}
	p.s.Settle, p.s.Waiting = p.Grace, engine.ForNothing
	p.stop(engine.Stop{Kind: engine.Interrupted, Why: "this apply was interrupted"})
	p.stale = true
}

// unseen deals with a platform that cannot be observed: no write is made
// meanwhile, and at the limit the rollout ends with what is known.
func (p *process) unseen(err error) {
	p.res.Err = err
	now := p.Clock.Now()
	if p.trouble.IsZero() {
		p.trouble = now
	}
	over := now.Sub(p.trouble) >= p.s.Settle || p.interrupted && p.ctx.Err() != nil // no call is answered any more
	lasting := final(err)
	switch {
	case !p.looked && (lasting || over):
		p.end(engine.NothingMoved, fmt.Sprintf("the target could not be observed: %v; nothing was written", err))
	case lasting || over:
		p.end(engine.Halted, fmt.Sprintf("the target cannot be observed any more: %v; it last showed %s", err, p.s.Shows.Routing))
	default:
		p.tell("wait", fmt.Sprintf("the target could not be observed, and is asked again: %v", err), nil)
		p.sleep(poll)
	}
}

// stop takes in a reason to stop. It does not replace an earlier one.
func (p *process) stop(s engine.Stop) {
	first := p.s.Stop == nil
	p.s = p.s.Stopped(s)
	if first {
		p.forget()
		p.tell("stop", s.Why, nil)
	}
}

func (p *process) forget() {
	for i := range p.judges {
		p.judges[i].begun = false
	}
}

func (p *process) end(o engine.Outcome, why string) {
	p.done, p.outcome, p.why = true, o, why
	p.tell("finish", why, nil)
}

// sleep waits on the clock; an interrupt ends it early, and the next look sees
// that.
func (p *process) sleep(d time.Duration) {
	_ = p.Clock.Sleep(p.ctx, d) // the only error is the context's, which look asks for
}

// note remembers a stop that a decision found, and tells what was decided. What
// is to be written is told once it is known what became of it.
func (p *process) note(d engine.Decision) {
	if d.Stop != nil {
		p.remember(*d.Stop)
		p.stop(*d.Stop)
	}
	switch a := d.Action.(type) {
	case engine.Make, engine.Apply, engine.Run:
	case engine.Measure:
		p.tell("measure", d.Why, nil)
	case engine.Wait:
		p.tell("wait", d.Why, nil)
	case engine.Finish:
		p.res.Blocked = d.Row == rowBlocked
		p.res.Outdated = d.Row == rowForeign && a.Outcome == engine.NothingMoved
		p.end(a.Outcome, d.Why)
	}
}

// tell passes an event on, unless it says what the last one said. traffic is
// what is asked for; nil stands for what is shown.
func (p *process) tell(kind, why string, traffic rollout.Split) {
	p.tellError(kind, why, traffic, nil)
}

// tellError is tell, with what the platform said beside it.
func (p *process) tellError(kind, why string, traffic rollout.Split, err error) {
	if why == p.said {
		return
	}
	p.said = why
	if traffic == nil {
		traffic = p.s.Shows.Routing.Split
	}
	e := rollout.Event{At: p.Clock.Now(), Kind: kind, Why: why, Traffic: traffic, Err: err}
	p.res.Timeline = append(p.res.Timeline, e)
	if p.Say != nil {
		p.Say(e)
	}
}

// result is told to whoever asked for the rollout. What was written or lost
// since the last look is looked at once more, so that state holds the truth.
func (p *process) result() Result {
	if p.stale && p.looked {
		if p.ctx.Err() != nil {
			p.cancel()
			p.ctx, p.cancel = context.WithTimeout(context.WithoutCancel(p.parent), minGrace)
		}
		if o, err := p.Target.Observe(p.ctx, p.s.Candidate, p.s.Home); err == nil {
			p.s = p.s.Observed(o, p.Clock.Now())
		}
	}
	if p.ctx.Err() == nil && p.s.Stop != nil && p.s.Stop.Kind == engine.Failed {
		p.beside()
	}
	r := p.res
	r.Outcome, r.Why, r.Stop = p.outcome, p.why, p.s.Stop
	r.Candidate, r.Home, r.Content, r.Template, r.Made, r.Moved = p.s.Candidate, p.s.Home, p.content, p.template, p.s.Made, p.s.Moved
	r.Shows, r.Seen, r.Asked = p.s.Shows, p.looked, p.s.Asked
	r.Since, _ = p.judgedSince()
	r.Ran = p.ran()
	return r
}
