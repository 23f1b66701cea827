package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// foresee warns of what an apply will find and do. What cannot be seen now is
// seen in apply.
func (p *planning) foresee(ctx context.Context, diags *diag.Diagnostics) {
	if p.seen {
		p.prior = p.prior.of(p.shows)
	}
	p.retry(diags)
	if !p.moves {
		p.resting(diags)
		p.aborts(course{}, "", diags)
		return
	}
	if !p.seen {
		return
	}
	candidate := p.wanted(ctx)
	p.foreseeNewest(diags)
	changed := p.create || p.d.asksAnew(p.before, &p.prior)
	c := p.d.course(p.shows, &p.prior, candidate, changed)
	c.heed(p.shows, candidate, p.opened.Resume)
	aborts := p.aborts(c, candidate, diags)
	if c.note != nil {
		diags.AddAttributeWarning(p.d.line(), c.note.What, c.note.Detail())
	}
	if c.refuse != nil || c.adopt {
		return
	}
	blocked := !c.restore && p.blocked(ctx, candidate, diags)
	if !changed && !blocked && !p.shows.Routing.HasAll(candidate) {
		p.unasked(candidate, diags)
	}
	if !blocked && !aborts && c.note == nil { // what a person left is told above
		p.ahead(candidate, func(what, why string) { diags.AddAttributeWarning(p.d.line(), what, why) })
	}
	p.tryGates(ctx, p.shows, diags)
}

// retry says that retry names nothing. A value that is spent is no mistake.
func (p *planning) retry(diags *diag.Diagnostics) {
	v := p.d.retry.ValueString()
	if _, lifts := p.prior.retries(p.d.retry); v == "" || lifts || slices.Contains(p.prior.Retried, v) {
		return
	}
	var words []string
	for _, b := range p.prior.Blocked {
		words = append(words, p.prior.nextRetry(b.Revision.ValueString()))
	}
	what := "Nothing is blocked."
	if len(words) > 0 {
		what = fmt.Sprintf("What is blocked is tried again with %s.", quoted(words))
	}
	diags.AddAttributeWarning(path.Root("retry"), "retry names nothing that is blocked",
		fmt.Sprintf("%s It is %q, and does nothing.", what, v))
}

// blocked warns that the wanted content is not tried again, and reports whether
// it is so.
func (p *planning) blocked(ctx context.Context, candidate rollout.Revision, diags *diag.Diagnostics) bool {
	content := ""
	if p.opened.Maker != nil && p.d.known() {
		content, _ = p.opened.Maker.Content(ctx) // one that cannot be told blocks nothing at plan
	}
	if _, lifted := p.prior.retries(p.d.retry); lifted {
		return false
	}
	for _, b := range p.prior.Blocked {
		if !b.is(candidate, content) {
			continue
		}
		at, then := p.d.line(), "Apply will fail at it before any write"
		if p.shows.Routing.Split[candidate] > 0 {
			then = "Apply will take its share home, and fail"
		}
		if !p.d.retry.IsNull() {
			at = path.Root("retry")
		}
		diags.AddAttributeWarning(at, fmt.Sprintf("%s is blocked", b.Revision.ValueString()), fmt.Sprintf(
			"%s %s; other resources go on.\n\nApply another revision, or set retry = %q to try it again.",
			sentenceOf(b.Why.ValueString()), then, p.prior.nextRetry(b.Revision.ValueString())))
		return true
	}
	return false
}

func sentenceOf(why string) string {
	if why == "" {
		return "An earlier rollout of it failed."
	}
	return sentence(why)
}

// foreseeNewest says which revision "newest" is, where the plan cannot promise it.
func (p *planning) foreseeNewest(diags *diag.Diagnostics) {
	if !p.d.newest() || p.shows.Newest == "" {
		return
	}
	problem := msgNewestOfApply.With("newest", p.shows.Newest)
	if !p.create {
		if p.prior.newest() == string(p.shows.Newest) {
			return
		}
		problem = msgNewestOld.With("planned", p.prior.newest(), "newest", p.shows.Newest)
	}
	diags.AddAttributeWarning(p.d.attribute("revision"), problem.What, problem.Detail())
}

// unasked says why a rollout is planned though the configuration asks for
// nothing new. Traffic that somebody moved has its own message.
func (p *planning) unasked(candidate rollout.Revision, diags *diag.Diagnostics) {
	routing := p.prior.leftRouting(p.shows)
	if routing == nil || !routing.Same(p.shows.Routing) {
		return
	}
	does := "makes a new revision and rolls it out"
	if candidate != "" {
		does = fmt.Sprintf("rolls out %s", candidate)
	}
	if p.d.drifted(&p.prior) {
		problem := msgUnservedUntold.With("does", does)
		if unserved := p.prior.Observed.Unserved.ValueString(); unserved != "" {
			problem = msgUnserved.With("unserved", unserved, "does", does)
		}
		diags.AddAttributeWarning(p.d.line(), problem.What, problem.Detail())
	}
	if changes := p.d.versions(&p.prior); changes != "" && p.d.tracks() {
		problem := msgVersions.With("changes", changes, "does", does)
		diags.AddAttributeWarning(p.d.attribute("secrets"), problem.What, problem.Detail())
	}
}

// resting says what a plan without changes would otherwise hide.
func (p *planning) resting(diags *diag.Diagnostics) {
	switch p.prior.Outcome.ValueString() {
	case engine.Held.String():
		diags.AddAttributeWarning(path.Root("hold_at"), "A rollout waits, and nobody watches", fmt.Sprintf("Live is %s, as hold_at wants it. Gates are judged again when an apply goes on: remove hold_at to do so.", splitOf(p.prior.Traffic)))
	case adopted:
		diags.AddAttributeWarning(p.d.line(), "What is configured does not serve",
			"Traffic was moved by hand, and that was adopted. "+adoption(rollout.Routing{Split: splitOf(p.prior.Traffic)}, &p.prior, rollout.Revision(p.prior.Revision.ValueString())))
	}
}

// ahead says where the rollout begins, if that is not at 0.
func (p *planning) ahead(candidate rollout.Revision, warn func(what, why string)) {
	live := p.shows.Routing
	w := live.Split[candidate]
	sole := live.Split.Sole()
	switch {
	case live.HasAll(candidate) && (live.Home == "" || live.Home == candidate):
		warn("Nothing will move", fmt.Sprintf("%s is what is wanted, and has all traffic already.", candidate))
	case live.HasAll(candidate):
		warn("An unfinished watch is repeated", fmt.Sprintf("%s has all traffic, and the apply that promoted it did not end: its watch is taken from the beginning. The way home is %s.", candidate, live.Home))
	case candidate != "" && live.Home == candidate:
		warn("An unfinished rollout is undone", fmt.Sprintf("Live is %s, and %s is marked as the way home. It is what is wanted again: everything goes back to it at once, without the steps.", live, candidate))
	case p.third(candidate) != "":
		warn("An unfinished rollout is undone first", fmt.Sprintf("Live is %s: %s. %s goes back to %s, the rollback target, before anything else.", live, p.whoLeftIt(), p.third(candidate), live.Home))
	case live.Home != "" && sole != "" && sole != live.Home:
		warn("An unfinished watch is left behind", fmt.Sprintf("%s has all traffic, and the apply that promoted it did not end. It becomes the rollback target of this rollout.", sole))
	case candidate == "":
	case w > 0:
		p.goesOn(candidate, w, warn)
	case p.returns(candidate):
		warn("A return does not climb", fmt.Sprintf("%s was promoted before: after its probes passed, everything returns to it at once. on_return = \"steps\" makes it climb.", candidate))
	}
}

// whoLeftIt says how a share came about that no finished rollout left.
func (p *planning) whoLeftIt() string {
	switch {
	case p.prior.Outcome.ValueString() == engine.Held.String():
		return "the last apply waited there"
	case p.prior.Outcome.ValueString() == unfinished:
		return "it was imported in the middle of a rollout"
	case engine.OriginOf(p.shows.Routing, p.prior.leftRouting(p.shows), p.d.ladder) == engine.Unfinished:
		return "an apply that did not end left it there"
	}
	return "it has that share already"
}

// third is a revision that has a share and is neither home nor wanted, "" if
// there is none.
func (p *planning) third(candidate rollout.Revision) rollout.Revision {
	live := p.shows.Routing
	if live.Home == "" || len(live.Split) < 2 {
		return ""
	}
	for _, r := range live.Split.Revisions() {
		if r != live.Home && r != candidate {
			return r
		}
	}
	return ""
}

// goesOn says what becomes of a candidate that has a share already.
func (p *planning) goesOn(candidate rollout.Revision, w rollout.Weight, warn func(what, why string)) {
	then := "That step is judged and baked in full before it rises"
	since := p.prior.since(p.shows)
	if p.d.ladder.OneStep && !since.IsZero() && p.prior.Revision.ValueString() == string(candidate) {
		then = fmt.Sprintf("The time since %s counts: gates look at all of it, what is left of the bake is waited for, and then it rises by one step", rollout.Clocktime(since))
		if alone := p.clock.Now().Sub(since); alone > p.d.unattended {
			then = fmt.Sprintf("Nobody has watched for %s, longer than max_unattended (%s): everything goes home", rollout.Short(alone), rollout.Short(p.d.unattended))
		}
	}
	warn(fmt.Sprintf("The rollout goes on from %s", w), fmt.Sprintf("Live is %s: %s. %s.", p.shows.Routing, p.whoLeftIt(), then))
}

func (p *planning) returns(candidate rollout.Revision) bool {
	return !p.d.ladder.ReturnBySteps && string(candidate) != p.prior.Promoted.ValueString() && slices.Contains(p.prior.before(), candidate)
}
