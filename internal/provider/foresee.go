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
	if p.moves && p.seen {
		p.moving(ctx, diags)
		return
	}
	p.retry(diags)
	if !p.moves {
		p.resting(diags)
		p.aborts(course{}, "", diags)
	}
}

// moving warns of what a rollout will find and do.
func (p *planning) moving(ctx context.Context, diags *diag.Diagnostics) {
	candidate := p.wanted(ctx)
	p.unfound(ctx, diags)
	p.foreseeNewest(diags)
	changed := p.create || p.d.asksAnew(p.before, &p.prior)
	c := p.d.course(p.shows, &p.prior, candidate, changed)
	c.heed(p.shows, candidate, p.opened.Resume)
	c.strands(&p.d, p.shows, p.homeOf(c, candidate), candidate, p.opened)
	aborts := p.aborts(c, candidate, diags)
	if c.refuse == nil && !c.restore && !c.adopt { // as apply will
		p.hand().lose(ctx, &p.prior, p.shows, candidate)
	}
	p.retry(diags)
	if p.ends(ctx, c, candidate, diags) {
		p.notes(c, diags)
		return
	}
	blocked := !c.restore && p.blocked(ctx, candidate, diags)
	if blocked { // nothing goes on then
		c.note = nil
		if c.moved != "" {
			c.note = msgMovedAndBlocked.Found("seen", c.moved)
		}
	}
	p.notes(c, diags)
	if !changed && !blocked && !p.shows.Routing.HasAll(candidate) {
		p.unasked(candidate, diags)
	}
	if !blocked && !aborts {
		p.begins(ctx, c, candidate, diags)
	}
	p.tryGates(ctx, candidate, diags)
}

// homeOf is whom an apply would take for home.
func (p *planning) homeOf(c course, candidate rollout.Revision) rollout.Revision {
	return engine.HomeOf(p.shows.Routing, candidate, p.prior.memory(c.home, p.shows))
}

// notes says what is done about what somebody else made of traffic.
func (p *planning) notes(c course, diags *diag.Diagnostics) {
	if c.note != nil {
		addWarning(diags, p.d.line(), *c.note)
	}
}

// begins warns of what stands before a rollout that an apply does.
func (p *planning) begins(ctx context.Context, c course, candidate rollout.Revision, diags *diag.Diagnostics) {
	p.lasts(ctx, candidate, diags)
	if c.note == nil { // what a person left is told already
		p.ahead(candidate, func(m rollout.Problem) { addWarning(diags, p.d.line(), m) })
	}
}

// ends reports whether an apply ends before a rollout.
func (p *planning) ends(ctx context.Context, c course, candidate rollout.Revision, diags *diag.Diagnostics) bool {
	if c.heeds { // taking the word back does not lift the block
		p.blocked(ctx, candidate, diags)
	}
	return c.refuse != nil || c.adopt
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
	if len(words) == 0 {
		addWarning(diags, path.Root("retry"), msgNothingToRetry.With("retry", v))
		return
	}
	addWarning(diags, path.Root("retry"), msgNotToRetry.With("retry", v, "words", quoted(words)))
}

// blocked warns that the wanted content is not tried again, and reports whether
// it is so.
func (p *planning) blocked(ctx context.Context, candidate rollout.Revision, diags *diag.Diagnostics) bool {
	content := ""
	if p.prior.slots || p.d.known() { // one that cannot be told blocks nothing at plan
		content = contentOf(ctx, p.opened, p.prior.slots, candidate)
	}
	if _, lifted := p.prior.retries(p.d.retry); lifted {
		return false
	}
	for _, b := range p.prior.Blocked {
		if !b.is(p.prior.who(candidate, content), content) {
			continue
		}
		at, m := p.d.line(), msgBlocked
		if p.shows.Routing.Split[candidate] > 0 {
			m = msgBlockedWithShare
		}
		if p.d.beyond(p.shows.Routing, candidate) {
			m = msgBlockedBeyond
		}
		if !p.d.retry.IsNull() {
			at = path.Root("retry")
		}
		addWarning(diags, at, m.With("revision", b.Revision.ValueString(), "why", sentenceOf(b.Why.ValueString()), "retry", p.prior.nextRetry(b.Revision.ValueString())))
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
	wish := p.d.asked("newest")
	problem := msgNewestOfApply.With("newest", p.shows.Newest, "attribute", wish)
	if !p.create {
		if p.prior.newest() == string(p.shows.Newest) {
			return
		}
		problem = msgNewestOld.With("planned", p.prior.newest(), "newest", p.shows.Newest)
	}
	addWarning(diags, p.d.attribute(wish), problem)
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
		problem := msgUnservedUntold.With("does", does, "template", p.d.kind.Made())
		if unserved := p.prior.Observed.Unserved.ValueString(); unserved != "" {
			problem = msgUnserved.With("unserved", unserved, "does", does, "template", p.d.kind.Made())
		}
		addWarning(diags, p.d.line(), problem)
	}
	if changes := p.d.versions(&p.prior); changes != "" && p.d.tracks() {
		problem := msgVersions.With("changes", changes, "does", does)
		addWarning(diags, p.d.attribute("secrets"), problem)
	}
}

// resting says what a plan without changes would otherwise hide.
func (p *planning) resting(diags *diag.Diagnostics) {
	switch p.prior.Outcome.ValueString() {
	case engine.Held.String():
		addWarning(diags, path.Root("hold_at"), msgWaits.With("live", splitOf(p.prior.Traffic)))
	case adopted:
		addWarning(diags, p.d.line(), msgDoesNotServe.With("adoption",
			adoption(rollout.Routing{Split: splitOf(p.prior.Traffic)}, &p.prior, rollout.Revision(p.prior.Revision.ValueString()))))
	}
}

// ahead says where the rollout begins, if that is not at 0.
func (p *planning) ahead(candidate rollout.Revision, warn func(rollout.Problem)) {
	live := p.shows.Routing
	w := live.Split[candidate]
	sole := live.Split.Sole()
	switch {
	case live.HasAll(candidate) && (live.Home == "" || live.Home == candidate):
		warn(msgNothingWillMove.With("revision", candidate))
	case live.HasAll(candidate):
		warn(p.watchedAgain(candidate))
	case candidate != "" && live.Home == candidate:
		warn(msgUndone.With("live", live, "revision", candidate))
	case p.third(candidate) != "":
		warn(msgUndoneFirst.With("live", live, "how", p.whoLeftIt(), "revision", p.third(candidate), "home", live.Home))
	case live.Home != "" && sole != "" && sole != live.Home:
		warn(msgWatchLeft.With("revision", sole))
	case candidate == "":
	case w > 0:
		p.goesOn(candidate, w, warn)
	case p.returns(candidate):
		warn(msgReturns.With("revision", candidate))
	}
}

// watchedAgain says what a watch that is repeated can still do.
func (p *planning) watchedAgain(candidate rollout.Revision) rollout.Problem {
	if p.d.beyond(p.shows.Routing, candidate) {
		return msgWatchBeyond.With("revision", candidate)
	}
	return msgWatchRepeated.With("revision", candidate, "home", p.shows.Routing.Home)
}

// whoLeftIt says how a share came about that no finished rollout left.
func (p *planning) whoLeftIt() string {
	switch {
	case p.prior.Outcome.ValueString() == engine.Held.String():
		return "the last apply waited there"
	case p.prior.Outcome.ValueString() == importedMidway:
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
func (p *planning) goesOn(candidate rollout.Revision, w rollout.Weight, warn func(rollout.Problem)) {
	live, since := p.shows.Routing, p.prior.since(p.shows)
	alone := p.clock.Now().Sub(since)
	switch {
	case !p.d.ladder.OneStep || since.IsZero() || p.prior.Revision.ValueString() != string(candidate):
		warn(msgGoesOn.With("weight", w, "live", live, "how", p.whoLeftIt()))
	case alone > p.d.unattended:
		warn(msgUnattended.With("weight", w, "live", live, "how", p.whoLeftIt(), "alone", rollout.Short(alone), "most", rollout.Short(p.d.unattended)))
	default:
		warn(msgGoesOnSince.With("weight", w, "live", live, "how", p.whoLeftIt(), "since", rollout.Clocktime(since)))
	}
}

func (p *planning) returns(candidate rollout.Revision) bool {
	return !p.d.ladder.ReturnBySteps && string(candidate) != p.prior.Promoted.ValueString() && slices.Contains(p.prior.before(), candidate)
}
