package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// harms says what a change of the platform's block would bring to users without a
// step, nil for nothing. Only what an apply remembers can be compared.
func (d *deployment) harms(before place, live rollout.Routing) *rollout.Problem {
	if d.kind == nil || d.kind.Unsafe == nil || before.kind == nil || before.kind.Name != d.kind.Name {
		return nil
	}
	return d.kind.Unsafe(before.block, d.block, live)
}

// overstays says that users, or what is in flight, stay with what lost its traffic
// for longer than an apply has left after its steps: it would end as out of time
// each time, and never as promoted.
func (d *deployment) overstays(o rollout.Observation, timeout time.Duration) *rollout.Problem {
	drain := o.Pinned
	if o.Cuts {
		drain += o.InFlight
	}
	if !d.ladderKnown {
		return nil
	}
	least, _ := d.budget()
	steps := least - d.ladder.Watch
	if d.ladder.OneStep {
		steps = 0 // promotion has an apply of its own
	}
	left := timeout - reserve(timeout, o) - steps
	if drain <= left {
		return nil
	}
	needed := steps + drain + reserve(2*(steps+drain), o)
	return msgOverstays.Found("pinned", rollout.Short(o.Pinned), "drain", rollout.Short(drain), "left", rollout.Short(max(0, left)),
		"timeout", rollout.Short(timeout), "needed", rollout.Short(needed))
}

// spare refuses a plan whose apply would do users harm.
func (p *planning) spare(ctx context.Context, resp *resource.ModifyPlanResponse) {
	candidate := p.opened.Candidate
	if !p.moves || !p.seen {
		return
	}
	if problem := p.d.harms(p.before, p.shows.Routing); problem != nil && !p.create {
		addError(&resp.Diagnostics, p.d.attribute(problem.At), *problem)
		return
	}
	if p.shows.Routing.HasAll(candidate) && candidate != "" {
		return
	}
	var limits timeouts.Value
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("timeouts"), &limits)...)
	read := limits.Update
	if p.create {
		read = limits.Create
	}
	timeout, diags := read(ctx, p.d.defaultTimeout())
	resp.Diagnostics.Append(diags...)
	if problem := p.d.overstays(p.shows, timeout); problem != nil {
		addError(&resp.Diagnostics, p.d.line(), *problem)
	}
}

// exposes says what is behind a revision that serves: where that is about to change,
// and where it has changed since it was rolled out.
func (p *planning) exposes(ctx context.Context, diags *diag.Diagnostics) {
	if p.opened.Holds == nil || !p.seen {
		return
	}
	holds, err := p.opened.Holds(ctx, p.shows.Routing.Split.Revisions()...)
	if err != nil {
		addWarning(diags, p.d.line(), msgBehindUnseen.With("why", sentence(err.Error())))
		return
	}
	if problem := p.d.kind.Exposed(p.d.block, p.shows.Routing, holds); problem != nil {
		tell := addError
		if p.preflight != modeError {
			tell = addWarning
		}
		tell(diags, p.d.attribute(problem.At), *problem)
	}
	prior := p.prior.of(p.shows)
	for _, r := range p.shows.Routing.Split.Revisions() {
		if had, now := prior.fingerprint(r), holds[r]; had != "" && now.Content != "" && had != now.Content {
			addWarning(diags, p.d.line(), msgBehindChanged.With("revision", r, "weight", p.shows.Routing.Split[r], "by", now.By, "had", had, "now", now.Content))
		}
	}
}

// fingerprint is what was behind a revision when it was rolled out, "" where that is
// not known.
func (r *record) fingerprint(of rollout.Revision) string {
	if r.Left == nil {
		return ""
	}
	return r.Left.Behind[string(of)]
}

// spares refuses, before any write, what a plan could not know.
func (c *course) spares(a *application, o rollout.Observation, candidate rollout.Revision) {
	if c.refuse != nil || c.adopt {
		return
	}
	if c.refuse = a.d.harms(a.before, o.Routing); c.refuse == nil && !underWay(o.Routing, candidate) && !o.Routing.HasAll(candidate) {
		c.refuse = a.d.overstays(o, a.timeout)
	}
}
