// Package runner carries out what package engine decides: it observes, asks
// engine.Next and acts, until a decision ends the rollout. It meets platforms,
// gates and checks only through the interfaces of package rollout.
package runner

import (
	"context"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Gate is a condition, and what measures it.
type Gate struct {
	rollout.Gate
	Source rollout.Source
}

// Rollout is what is to be done, and everything that it takes.
type Rollout struct {
	Target rollout.Target
	// Maker makes the candidate; nil where Candidate names one made elsewhere.
	Maker     rollout.Maker
	Candidate rollout.Revision
	Limits    rollout.Limits
	Ladder    engine.Ladder
	Gates     []Gate
	// Require runs every check: with nil for what is not known yet. It runs
	// before the first write and before every rise.
	Require func(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding
	// JobsBefore run in order before the candidate is made, once the checks have
	// passed, JobsAfter once it is promoted and the watch is over; each once for a
	// content.
	JobsBefore, JobsAfter []Job

	// What is remembered of earlier rollouts.
	Create bool
	Memory engine.Memory
	Before []rollout.Revision
	// Blocked reports whether this content is not to be tried again.
	Blocked func(r rollout.Revision, content string) bool
	// Left, where known, is the routing that this rollout was planned on: what
	// is observed first must be it.
	Left *rollout.Routing
	// Since is when the live split settled, if an earlier apply left it there
	// on purpose while it raised Raising; Unattended is how long that may be.
	Since      time.Time
	Raising    rollout.Revision
	Unattended time.Duration

	// Deadline is when the way home must begin, so that it ends in time.
	Deadline time.Time
	// Grace is how long an interrupted process goes on confirming that traffic
	// is home; the write itself goes out at once.
	Grace time.Duration
	Clock rollout.Clock
	// Say is told every event as it happens.
	Say func(rollout.Event)
}

// Result is how a rollout ended, and what is live.
type Result struct {
	Outcome engine.Outcome
	Why     string
	Stop    *engine.Stop

	Candidate, Home rollout.Revision
	Content         string
	// Template is the target's template as it was when the candidate was made
	// or found: what changes later is not part of this rollout.
	Template string
	Made     bool
	// Blocked: it ended because the content is not to be tried again. Outdated:
	// it ended because traffic was changed since the plan. Nothing was written.
	Blocked, Outdated bool
	// Moved: the candidate had traffic while this process was here. Begun: its
	// rollout was under way, here or in an earlier process that did not end.
	Moved, Begun bool
	// Asked is the last routing that was asked for, nil if none was.
	Asked *rollout.Routing
	// Shows is the last observation; Seen is false if there is none.
	Shows rollout.Observation
	Seen  bool
	// Since is when the live split settled.
	Since time.Time

	// Failing is the verdict that stopped the rollout, and Beside what the same
	// gate measured on home in the same window.
	Failing *rollout.Verdict
	Beside  *rollout.Verdict
	// Baseline is what the gates said of what served before the first write,
	// Looked what the probes said of home after traffic went back.
	Baseline, Looked []rollout.Verdict
	Findings         []rollout.Finding
	// Ran are the jobs that were begun for this content, here or earlier, in their
	// order; FailedJob the one that stopped the rollout.
	Ran       []Ran
	FailedJob *Ran
	Timeline  []rollout.Event
	// Err is the last error of the platform that mattered.
	Err error
}

// Run carries the rollout out. It returns when the rollout has ended; when ctx
// ends, it makes one conditional write home, or none if that was not chosen,
// and returns what is live as far as it can still be seen. A cancelled request
// is not an interrupt: only ctx is.
func (r Rollout) Run(ctx context.Context) Result {
	p := begin(ctx, r)
	defer p.release()
	for !p.done {
		if p.look() {
			d := engine.Next(p.s)
			p.note(d)
			p.carryOut(d)
		}
	}
	return p.result()
}
