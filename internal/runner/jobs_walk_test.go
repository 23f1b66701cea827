package runner_test

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// chore is a job of the world. It draws from a source of its own, so that walks
// without jobs stay as they are.
type chore struct {
	*world
	name  string
	after bool
	rng   *rand.Rand
	runs  map[string][]*choreRun // by key, oldest first
	mine  map[string]bool        // begun by the process that is at work
}

type choreRun struct {
	id         string
	begun, end time.Time
	fails      bool
}

func (r *choreRun) shows(now time.Time) rollout.Execution {
	x := rollout.Execution{ID: r.id, State: rollout.JobRunning, Began: r.begun}
	if now.Before(r.end) {
		return x
	}
	x.State, x.Ended = rollout.JobSucceeded, r.end
	if r.fails {
		one := 1
		x.State, x.Exit = rollout.JobFailed, &one
	}
	return x
}

// newChores gives a third of the walks jobs: one or two before, one after.
func newChores(w *world) []*chore {
	if w.seed%3 != 0 {
		return nil
	}
	rng := rand.New(rand.NewSource(-w.seed)) //nolint:gosec // a walk is repeated from its seed
	out := []*chore{{name: "migrate"}, {name: "contract", after: true}}
	if rng.Intn(2) == 0 {
		out = append(out, &chore{name: "seed"})
	}
	for _, c := range out {
		c.world, c.rng, c.runs, c.mine = w, rng, map[string][]*choreRun{}, map[string]bool{}
	}
	return out
}

func (c *chore) odds(p float64) bool { return c.rng.Float64() < p*c.faults }

func (c *chore) job() runner.Job {
	return runner.Job{
		Job: c, Name: c.name, Timeout: 4 * time.Minute,
		Errand: func(content string, _ rollout.Revision) (rollout.Errand, error) {
			return rollout.Errand{Key: c.name + "-" + content}, nil
		},
	}
}

func (c *chore) key() string { return c.name + "-" + c.wanted }

func (c *chore) Inspect(context.Context, string) []rollout.Finding { return nil }

func (c *chore) Find(ctx context.Context, key string) ([]rollout.Execution, error) {
	c.op()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.odds(0.05) {
		return nil, errLost
	}
	var out []rollout.Execution
	for _, r := range slices.Backward(c.runs[key]) {
		out = append(out, r.shows(c.clock.Now()))
	}
	c.op()
	return out, nil
}

func (c *chore) Start(ctx context.Context, e rollout.Errand) (rollout.Execution, error) {
	c.op()
	switch {
	case ctx.Err() != nil:
		return rollout.Execution{}, ctx.Err()
	case c.denied && c.odds(0.3):
		return rollout.Execution{}, fmt.Errorf("run.jobs.run: %w", rollout.ErrDenied)
	case c.odds(0.05):
		return rollout.Execution{}, errLost
	}
	now := c.clock.Now()
	c.begins(e.Key, now)
	r := &choreRun{id: fmt.Sprintf("%s-%d", e.Key, len(c.runs[e.Key])), begun: now, fails: c.odds(0.3)}
	r.end = now.Add(time.Duration(c.rng.Intn(300)) * time.Second)
	c.runs[e.Key] = append(c.runs[e.Key], r)
	c.note("job %s begins (fails: %v)", r.id, r.fails)
	c.op() // a process that dies here has never heard of it
	if c.odds(0.1) {
		c.note("the answer is lost")
		return rollout.Execution{}, errLost
	}
	return r.shows(now), nil
}

func (c *chore) Look(ctx context.Context, id string) (rollout.Execution, error) {
	c.op()
	if err := ctx.Err(); err != nil {
		return rollout.Execution{}, err
	}
	if c.odds(0.05) {
		return rollout.Execution{}, errLost
	}
	for _, all := range c.runs {
		for _, r := range all {
			if r.id == id {
				return r.shows(c.clock.Now()), nil
			}
		}
	}
	return rollout.Execution{}, rollout.ErrGone
}

// begins holds the beginning of a job to the promises: exactly once for a content.
func (c *chore) begins(key string, now time.Time) {
	a := c.audit
	if n := len(c.runs[key]); n > 0 {
		switch last := c.runs[key][n-1]; {
		case now.Before(last.end):
			a.breach("job %s is begun beside one that is running", key)
		case !last.fails:
			a.breach("job %s is begun again, and it had succeeded", key)
		case c.mine[key]:
			a.breach("job %s is begun again by the process in which it failed", key)
		}
	}
	c.mine[key] = true
	switch shown := a.last.Routing; {
	case a.told || a.wentDown:
		a.breach("job %s is begun after a stop", key)
	case c.after && !shown.HasAll(a.candidate()):
		a.breach("job %s is begun before everything moved: %s", key, shown)
	case c.after && (a.settled.IsZero() || now.Sub(a.settled) < a.ladder.Watch):
		a.breach("job %s is begun before the watch is over", key)
	}
}

// done reports whether the job has succeeded for the content that is wanted.
func (c *chore) done() bool {
	all := c.runs[c.key()]
	return len(all) > 0 && !all[len(all)-1].fails && !c.clock.Now().Before(all[len(all)-1].end)
}

// owes says which job before the candidate has not succeeded, "" if none.
func (w *world) owes() string {
	for _, c := range w.chores {
		if !c.after && !c.done() {
			return c.name
		}
	}
	return ""
}

// committed: a job after promotion was begun for this content, by this process or
// where it found the candidate with traffic. A person who has moved everybody off
// it since has decided that home can serve.
func (w *world) committed(found bool) bool {
	return slices.ContainsFunc(w.chores, func(c *chore) bool { return c.after && len(c.runs[c.key()]) > 0 && (found || c.mine[c.key()]) })
}
