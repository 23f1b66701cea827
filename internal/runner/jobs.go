package runner

import (
	"errors"
	"fmt"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// unsure is how long nobody begins a job anew after an answer was lost: what was
// begun shows by then.
const unsure = 15 * time.Second

// Job is something that is to run once for each content.
type Job struct {
	rollout.Job

	Name string
	// Errand is what it is to do for this content, and the candidate that has it
	// ("" before that exists).
	Errand func(content string, candidate rollout.Revision) (rollout.Errand, error)
	// Timeout is how long it is waited for.
	Timeout time.Duration
	// By is how a person looks at an execution: a command, in which {id} stands for it.
	By string
}

// Ran is what became of a job.
type Ran struct {
	Name string
	// After: it is one after promotion.
	After bool
	// Earlier: an earlier apply began it.
	Earlier bool
	By      string // as in Job
	rollout.Execution
}

// errand is a job that is owed, as far as it has come.
type errand struct {
	Job

	after  bool
	id     string    // of the execution that is waited for; "" while there is none
	done   bool      // it has succeeded
	mine   bool      // begun here, so that it is not begun again
	since  time.Time // when it was first attended to
	lost   time.Time // when an answer to beginning it was lost
	known  string    // the newest execution before that
	lately time.Duration
	shown  rollout.Execution
}

// errands are all of them, in their order.
func errandsOf(r Rollout) []*errand {
	var out []*errand
	for _, j := range r.JobsBefore {
		out = append(out, &errand{Job: j})
	}
	for _, j := range r.JobsAfter {
		out = append(out, &errand{Job: j, after: true})
	}
	return out
}

// owe tells the situation which job comes next.
func (p *process) owe() {
	p.s.OwesBefore, p.s.OwesAfter = "", ""
	for _, e := range p.errands {
		next := &p.s.OwesBefore
		if e.after {
			next = &p.s.OwesAfter
		}
		if !e.done && *next == "" {
			*next = e.Name
		}
	}
}

// recall looks, where the candidate has traffic, for jobs after promotion that an
// earlier process began: from then on there is no way back.
func (p *process) recall(o rollout.Observation) error {
	defer p.owe()
	if c := p.s.Candidate; c == "" || o.Routing.Split[c] == 0 && o.Routing.Default != c {
		return nil
	}
	for _, e := range p.errands {
		if !e.after {
			continue
		}
		asked, err := e.Errand(p.content, p.s.Candidate)
		if err != nil {
			return fmt.Errorf("job %q: %w", e.Name, err)
		}
		found, err := e.Find(p.ctx, asked.Key)
		if err != nil {
			return fmt.Errorf("job %q: %w", e.Name, err)
		}
		if len(found) > 0 {
			p.s = p.s.Began()
			e.shown, e.done = found[0], found[0].State == rollout.JobSucceeded
		}
	}
	return nil
}

// run attends to the job that is owed: begins it, or looks at it.
func (p *process) run(a engine.Run, why string) {
	for _, e := range p.errands {
		if e.done || e.after != a.After {
			continue
		}
		if e.since.IsZero() {
			e.since = p.Clock.Now()
			p.tell("job", why, nil)
		}
		p.attend(e)
		p.owe()
		return
	}
}

// attend does the next thing about a job.
func (p *process) attend(e *errand) {
	x, err := p.advance(e)
	switch {
	case err == nil:
		p.ends(e, x)
	case p.interrupting(err):
	case errors.Is(err, rollout.ErrConflict):
		p.retry(err)
	case final(err):
		p.res.Err = err
		p.fails(e, fmt.Sprintf("job %q could not be run: %v", e.Name, err))
	default:
		p.res.Err = err
		p.tell("wait", fmt.Sprintf("job %q could not be looked at, and is asked again: %v", e.Name, err), nil)
		p.pause(e)
	}
}

// advance finds what was begun for this content, begins it, or looks at it.
func (p *process) advance(e *errand) (rollout.Execution, error) {
	if e.id != "" {
		return e.Look(p.ctx, e.id)
	}
	asked, err := e.Errand(p.content, p.s.Candidate)
	if err != nil {
		return rollout.Execution{}, err
	}
	found, err := e.Find(p.ctx, asked.Key)
	if err != nil {
		return rollout.Execution{}, err
	}
	if len(found) > 0 && (found[0].State != rollout.JobFailed || !e.lost.IsZero() && found[0].ID != e.known) {
		p.tells(e, found[0])
		return p.whole(e, found[0])
	}
	if now := p.Clock.Now(); !e.lost.IsZero() && now.Sub(e.lost) < unsure {
		return rollout.Execution{State: rollout.JobRunning}, nil
	}
	x, err := p.begin(e, asked, found)
	if err != nil {
		return x, err
	}
	return p.whole(e, x)
}

// whole is an execution with what only a look tells of one that has failed.
func (p *process) whole(e *errand, x rollout.Execution) (rollout.Execution, error) {
	if x.State != rollout.JobFailed {
		return x, nil
	}
	e.id = x.ID
	return e.Look(p.ctx, x.ID)
}

// begin begins a job. Once one after promotion may have begun, there is no way back.
func (p *process) begin(e *errand, asked rollout.Errand, before []rollout.Execution) (rollout.Execution, error) {
	if e.after {
		p.s = p.s.Began()
	}
	again := ""
	if e.known = ""; len(before) > 0 {
		e.known = before[0].ID
	}
	x, err := e.Start(p.ctx, asked)
	switch {
	case err == nil:
		if len(before) > 0 {
			again = fmt.Sprintf("; an earlier one %s (execution %s)", Ended(before[0]), before[0].ID)
		}
		e.mine, e.lost = true, time.Time{}
		p.tell("job", fmt.Sprintf("job %q has begun (execution %s)%s", e.Name, x.ID, again), nil)
	case !final(err) && !errors.Is(err, rollout.ErrConflict):
		e.lost = p.Clock.Now()
		err = fmt.Errorf("the answer to beginning it was lost: %w", err)
	}
	return x, err
}

// tells says that somebody else began what is found.
func (p *process) tells(e *errand, x rollout.Execution) {
	switch {
	case !e.lost.IsZero():
		e.mine = true
		p.tell("job", fmt.Sprintf("job %q had begun, though the answer was lost (execution %s)", e.Name, x.ID), nil)
	case x.State == rollout.JobRunning:
		p.tell("job", fmt.Sprintf("job %q is running already, and is waited for (execution %s)", e.Name, x.ID), nil)
	}
}

// ends takes in what an execution shows.
func (p *process) ends(e *errand, x rollout.Execution) {
	if x.ID != "" {
		e.id, e.shown = x.ID, x
	}
	waited := p.Clock.Now().Sub(e.since)
	switch {
	case x.State == rollout.JobSucceeded && e.mine:
		e.done = true
		p.tell("job", fmt.Sprintf("job %q %s (execution %s)", e.Name, Ended(x), x.ID), nil)
	case x.State == rollout.JobSucceeded:
		e.done = true
		p.tell("job", fmt.Sprintf("job %q of an earlier apply %s (execution %s): it is not run again for this content", e.Name, Ended(x), x.ID), nil)
	case x.State == rollout.JobRunning && e.Timeout > 0 && waited >= e.Timeout:
		p.fails(e, fmt.Sprintf("job %q has not ended within %s (execution %s)", e.Name, rollout.Short(e.Timeout), x.ID))
	case x.State == rollout.JobRunning:
		p.pause(e)
	case x.State == rollout.JobFailed:
		p.fails(e, fmt.Sprintf("job %q %s (execution %s)%s", e.Name, bare(x), x.ID, because(x.Why)))
	default:
		p.fails(e, fmt.Sprintf("nobody can tell what became of job %q (execution %s)%s", e.Name, x.ID, because(x.Why)))
	}
}

// fails ends the rollout for a job.
func (p *process) fails(e *errand, why string) {
	p.res.FailedJob = &Ran{Name: e.Name, After: e.after, Earlier: !e.mine, By: e.By, Execution: e.shown}
	p.stop(engine.Stop{Kind: engine.JobFailed, Why: why})
}

// pause lets some time pass before the next look at a job: a moment at first.
func (p *process) pause(e *errand) {
	if e.lately == 0 {
		e.lately = firstLook
	}
	p.sleep(e.lately)
	e.lately = min(lookOut, e.lately*2)
}

// ran lists what has begun of the jobs, for whoever has to know what stays applied.
func (p *process) ran() []Ran {
	var out []Ran
	for _, e := range p.errands {
		if e.shown.ID != "" {
			out = append(out, Ran{Name: e.Name, After: e.after, Earlier: !e.mine, By: e.By, Execution: e.shown})
		}
	}
	return out
}

// Ended says what became of an execution, and when: "succeeded after 34s", "ended
// with exit code 1 after 34s".
func Ended(x rollout.Execution) string { return bare(x) + because(x.Why) }

// bare is Ended without the platform's words.
func bare(x rollout.Execution) string {
	out := x.State.String()
	switch {
	case x.State == rollout.JobFailed && x.Exit != nil:
		out = fmt.Sprintf("ended with exit code %d", *x.Exit)
	case x.State == rollout.JobFailed:
		out = "failed"
	}
	if !x.Began.IsZero() && x.Ended.After(x.Began) {
		out += " after " + rollout.Short(x.Ended.Sub(x.Began).Round(time.Second))
	}
	return out
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
