package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// grace is how long an interrupted apply goes on confirming that traffic is
// home. The write itself goes out at once; CI kills 7.5 s after the first
// signal (microsoft/azure-pipelines-agent#4364).
const grace = 6 * time.Second

// application is one Create or Update of a deployment.
type application struct {
	*core
	d       deployment
	before  place
	create  bool
	timeout time.Duration

	opened  platform.Place
	look    look // what requirements are looked at for
	waited  bool // a requirement was waited for, before anything else
	gates   []runner.Gate
	begun   bool              // the barrier was passed, and a job attended to
	planned string            // the rollout in one line
	secrets map[string]string // the versions that the candidate is made with
	home    rollout.Revision  // whom the way home leads to, as far as is known
	live    rollout.Routing
	beyond  bool // the point of no return lies behind
	events  []rollout.Event
	record  record
	diags   diag.Diagnostics
}

// run rolls out what is configured. It ends with a record of what is live, and
// with an error unless the wanted revision serves.
func (a *application) run(ctx context.Context) {
	if a.core == nil {
		a.fail(msgNotConfigured.With())
		return
	}
	ctx = cloud.Unhurried(ctx)
	before, after, ok := a.opens(ctx)
	if !ok {
		return
	}
	began := a.clock.Now()
	a.look = look{begin: began, end: began.Add(a.d.length())}
	o, candidate, err := a.survey(ctx)
	for err != nil && a.waits(ctx) { // what cannot be surveyed may be what is waited for
		o, candidate, err = a.survey(ctx)
	}
	if err != nil {
		a.unsurveyed(ctx, err)
		return
	}
	a.record = a.record.of(o)
	c := a.d.course(o, &a.record, candidate, a.create || a.d.asksAnew(a.before, &a.record))
	c.heed(o, candidate, a.opened.Resume)
	c.outlast(ctx, a, o, candidate)
	c.spares(a, o, candidate)
	c.strands(&a.d, o, engine.HomeOf(o.Routing, candidate, a.record.memory(c.home, o)), candidate, a.opened)
	if err := c.begun(ctx, a, o, candidate, after); err != nil {
		a.fail(msgNotRolledOut.With("why", sentence(err.Error())))
		return
	}
	a.live, a.beyond = o.Routing, c.stranded || a.d.beyond(o.Routing, candidate)
	a.home = a.homeOf(c, o.Routing, candidate)
	a.sayWayHome(ctx, o)
	if a.ends(ctx, c, o, candidate) {
		return
	}
	if c.restore {
		a.restores(ctx, candidate)
	} else {
		a.hand().lose(ctx, &a.record, o, candidate)
	}
	r := a.rollout(ctx, c, o)
	r.JobsBefore, r.JobsAfter = before, after
	a.finish(ctx, r.Run(ctx))
}

// opens opens what is configured: the target, gates, and the jobs before the candidate
// and after its promotion. ok is false where that ends the apply.
func (a *application) opens(ctx context.Context) (before, after []runner.Job, ok bool) {
	opened, err := a.d.open(ctx, a.core)
	if err != nil {
		a.fail(msgTargetUnopened.With("why", sentence(err.Error())))
		return nil, nil, false
	}
	a.record.slots = a.d.kind.Slots
	a.d.way = a.d.wayBack(ctx, a.clients, false)
	a.opened, a.planned = opened, a.d.summary(&a.record, opened)
	a.record.ID, a.record.Console = types.StringValue(opened.ID), known(opened.Console)
	gates, err := a.d.openGates(ctx, a.core)
	if err != nil {
		a.fail(msgGateUnopenedInApply.With("why", sentence(err.Error())))
		return nil, nil, false
	}
	a.gates = gates
	before, err = a.openJobs(ctx, beforeBlock)
	after, more := a.openJobs(ctx, afterBlock)
	if err = cmp.Or(err, more); err != nil {
		a.fail(msgJobUnopenedInApply.With("why", sentence(err.Error())))
		return nil, nil, false
	}
	if a.opened.Secrets != nil { // before anybody resolves them: what is added later is a later rollout's
		a.secrets, _ = a.opened.Secrets(ctx) // one that cannot be resolved is for the requirements to tell
	}
	return before, after, true
}

// homeOf is who is home for the first event and for a refusal: where a merge was
// reverted beyond the point of no return, it is who is wanted again.
func (a *application) homeOf(c course, live rollout.Routing, candidate rollout.Revision) rollout.Revision {
	if c.stranded && live.Home == candidate {
		return candidate
	}
	return engine.HomeOf(live, candidate, engine.Memory{Configured: c.home, Promoted: rollout.Revision(a.record.Promoted.ValueString())})
}

// fail ends with the way home, as soon as somebody has looked at what is live.
func (a *application) fail(p rollout.Problem) {
	if len(a.events) > 0 {
		p = withWayHome(p, a.opened, a.home, a.live, a.beyond)
	}
	addError(&a.diags, a.d.line(), p)
}

// survey looks at what is live, and whether the wanted revision exists.
func (a *application) survey(ctx context.Context) (rollout.Observation, rollout.Revision, error) {
	o, err := a.opened.Target.Observe(ctx)
	if err != nil {
		return o, "", err
	}
	if a.d.newest() {
		var p *rollout.Problem
		if a.opened.Candidate, p = a.record.toCome(o); p != nil {
			return o, "", *p
		}
	}
	if a.opened.Maker == nil {
		return o, a.opened.Candidate, nil
	}
	candidate, err := a.opened.Maker.Find(ctx)
	return o, candidate, err
}

// waits lets some time pass if a requirement is not met that configuration gives
// time. It reports whether it did.
func (a *application) waits(ctx context.Context) bool {
	first, d := again(a.d.requires.run(ctx, a.core, a.look, nil, nil))
	if first == nil {
		return false
	}
	if !a.waited { // nobody has looked at what is live: it is no line of the timeline
		a.waited = true
		a.progress.tell(ctx, a.opened.ID, awaited(*first, a.clock.Now()))
	}
	return a.clock.Sleep(ctx, d) == nil
}

// unsurveyed says why nobody knows what to do. What a requirement says about it
// is clearer than the error that came of it.
func (a *application) unsurveyed(ctx context.Context, err error) {
	var problem rollout.Problem
	if errors.As(err, &problem) {
		a.fail(problem)
		return
	}
	for _, f := range a.require(ctx, nil, nil) {
		if f.Stops() {
			a.fail(found(f, msgNothingWritten.With().Why))
		}
	}
	if !a.diags.HasError() {
		a.fail(msgNotRolledOut.With("why", sentence(err.Error())))
	}
}

// ends carries out a course that needs no rollout.
func (a *application) ends(ctx context.Context, c course, o rollout.Observation, candidate rollout.Revision) bool {
	switch {
	case c.refuse != nil:
		a.observe(ctx, o)
		a.record.Outcome = known(engine.NothingMoved.String())
		p := *c.refuse
		p.Why += " " + msgNothingWritten.With().Why
		a.fail(p)
		a.say(ctx, "finish", p.What+": "+p.Why, o)
	case c.adopt:
		a.hand().lose(ctx, &a.record, o, candidate) // it may be another one than what is configured: nobody goes back to it
		a.record.block(candidate, contentOf(ctx, a.opened, a.record.slots, candidate), "somebody took traffic off it by hand, and that was adopted")
		a.observe(ctx, o)
		if sole := o.Routing.Split.Sole(); sole != "" {
			a.record.promote(sole)
		}
		a.record.Revision, a.record.Outcome, a.record.Rollout = known(candidate), known(adopted), types.StringValue(a.planned)
		a.record.leave(&madeRecord{a.record.Observed.Template, a.record.Observed.SecretVersions})
		addWarning(&a.diags, a.d.line(), msgAdopted.With("adoption", adoption(o.Routing, &a.record, candidate)))
		a.say(ctx, "finish", fmt.Sprintf("what is live was adopted: %s", o.Routing), o)
	default:
		return false
	}
	a.sayWayHome(ctx, o)
	a.record.Timeline = timeline(a.events)
	return true
}

// restores lifts the block on what is configured: it is what was asked for, in
// this apply and in those that go on with it.
func (a *application) restores(ctx context.Context, candidate rollout.Revision) {
	content := contentOf(ctx, a.opened, a.record.slots, candidate)
	a.record.unblock(a.record.who(candidate, content), content)
}

// contentOf is the content that is wanted: of a place what the block says, else
// what is made. "" where it cannot be told: then the revision's name has to do.
func contentOf(ctx context.Context, opened platform.Place, slots bool, candidate rollout.Revision) string {
	content := ""
	if opened.Maker != nil {
		content, _ = opened.Maker.Content(ctx)
	}
	if !slots {
		return content
	}
	if of, err := opened.Target.Subject(ctx, candidate); err == nil {
		content = of.Facts["content"]
	}
	return content
}

// rollout puts together everything that the runner needs.
func (a *application) rollout(ctx context.Context, c course, o rollout.Observation) runner.Rollout {
	retried, lifted := a.record.retries(a.d.retry)
	if lifted {
		a.record.Retried = append(a.record.Retried, a.d.retry.ValueString())
		content := retried.Content.ValueString()
		a.record.unblock(a.record.who(rollout.Revision(retried.Revision.ValueString()), content), content)
	}
	blocked := a.record.Blocked
	r := runner.Rollout{
		Target: a.opened.Target, Maker: a.opened.Maker, Candidate: a.opened.Candidate,
		Limits: a.d.kind.Limits, Ladder: a.d.ladder, Point: a.d.way.Ends, Gates: a.gates, Require: a.require,
		Create: a.create, Memory: a.record.memory(c.home, o), Before: a.record.before(),
		Blocked: func(r rollout.Revision, content string) bool {
			for _, b := range blocked {
				if b.is(a.record.who(r, content), content) {
					return true
				}
			}
			return false
		},
		Deadline: a.clock.Now().Add(a.timeout - reserve(a.timeout, o)), Grace: grace, Clock: a.clock,
		Say: func(e rollout.Event) { a.tell(ctx, e) },
	}
	if !a.create {
		r.Left = &rollout.Routing{Split: splitOf(a.record.Traffic), Default: o.Routing.Default}
	}
	if a.d.ladder.OneStep {
		r.Since, r.Raising, r.Unattended = a.record.since(o), rollout.Revision(a.record.Revision.ValueString()), a.d.unattended
	}
	return r
}

// reserve is how long the way home may take at the end of a timeout.
func reserve(timeout time.Duration, o rollout.Observation) time.Duration {
	return min(timeout/2, 2*time.Minute+o.Pinned)
}

func (a *application) say(ctx context.Context, kind, why string, o rollout.Observation) {
	a.tell(ctx, rollout.Event{At: a.clock.Now(), Kind: kind, Why: why, Traffic: o.Routing.Split})
}

// sayWayHome is the first event and the last.
func (a *application) sayWayHome(ctx context.Context, o rollout.Observation) {
	why := "way home: not known; choose the revision that is good: " + a.opened.WayHome(goodOne)
	switch {
	case a.home != "" && a.beyond:
		why = fmt.Sprintf("way home: closed; only once %s can serve again: %s", a.home, a.opened.WayHome(a.home))
	case a.home != "":
		why = "way home" + untilWhen(a.d.way.Ends) + ": " + a.opened.WayHome(a.home)
	}
	a.say(ctx, "way_home", why, o)
}

func (a *application) tell(ctx context.Context, e rollout.Event) {
	a.events = append(a.events, e)
	a.progress.tell(ctx, a.opened.ID, e)
}

// require runs everything that must be there: what the platform itself wants, the
// jobs, and what a person wrote. What is asked for is enforced.
func (a *application) require(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding {
	var out []rollout.Finding
	for _, c := range a.opened.Requires {
		out = append(out, c.Run(ctx, candidate, live)...)
	}
	out = append(out, a.inspectJobs(ctx, candidate)...)
	l := a.look
	if stopping(out) == nil {
		l.tell = func(what string) { a.tell(ctx, enforced(what, a.clock.Now())) }
	}
	return append(out, a.d.requires.run(ctx, a.core, l, candidate, live)...)
}

// observe takes what is live into the record.
func (a *application) observe(ctx context.Context, o rollout.Observation) {
	a.record.observe(o, a.record.beside(ctx, a.opened, o))
}

// finish turns the result into a record and a message.
func (a *application) finish(ctx context.Context, res runner.Result) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if res.Seen {
		a.observe(ctx, res.Shows)
	}
	if sole := res.Home; a.record.Promoted.IsNull() && sole != "" {
		a.record.Promoted = known(sole) // what served before the first rollout is what a return goes back to
	}
	a.record.take(res)
	if res.Seen {
		a.home, a.live, a.beyond = homeOf(res), res.Shows.Routing, res.Beyond
	}
	a.sayWayHome(ctx, rollout.Observation{Routing: a.live})
	a.record.Timeline = timeline(a.events)
	var made *madeRecord
	if res.Outcome.Success() {
		a.record.Rollout = types.StringValue(a.planned)
		made = &madeRecord{known(res.Template), a.secrets}
		if made.secrets == nil && a.record.Observed != nil {
			made.secrets = a.record.Observed.SecretVersions
		}
	}
	a.record.leave(made)
	switch {
	case a.beyond:
		a.record.WayHome = types.StringNull()
	case a.home != "":
		a.record.WayHome = known(a.opened.WayHome(a.home))
	}
	a.warn(ctx, res.Findings)
	if !res.Outcome.Success() {
		a.fail(explain(res, a.opened, &a.record, a.create, a.d.way.Why))
		return
	}
	if res.Outcome == engine.Held {
		a.held(res)
	}
}

// warn passes on what the requirements said that stopped nothing.
func (a *application) warn(ctx context.Context, findings []rollout.Finding) {
	a.d.requires.enforcedBy(&a.diags)
	for _, f := range findings {
		if f.Status != rollout.Passed && !f.Stops() && f.Status != rollout.Deferred {
			addWarning(&a.diags, a.d.requires.at(ctx, f, a.d.line()), found(f, ""))
		}
	}
}

// held says that nobody watches from here on, and when to come back.
func (a *application) held(res runner.Result) {
	w := res.Shows.Routing.Split[res.Candidate]
	a.record.Left.Since = types.StringValue(res.Since.UTC().Format(time.RFC3339))
	if !a.d.ladder.OneStep {
		addWarning(&a.diags, a.d.line(), msgHeld.With("revision", res.Candidate, "weight", w, "live", res.Shows.Routing, "way_home", a.opened.WayHome(res.Home)))
		return
	}
	next := res.Since.Add(a.d.bakeAt(w)).UTC().Format(time.RFC3339)
	a.record.NextApplyAfter = types.StringValue(next)
	addWarning(&a.diags, a.d.line(), msgOneStep.With("revision", res.Candidate, "weight", w, "live", res.Shows.Routing,
		"next", next, "most", rollout.Short(a.d.unattended), "way_home", a.opened.WayHome(res.Home)))
}

// bakeAt is how long a step is watched.
func (d *deployment) bakeAt(w rollout.Weight) time.Duration {
	var out time.Duration
	for _, s := range d.ladder.Steps {
		if s.Weight <= w {
			out = s.Bake
		}
	}
	return out
}

// defaultTimeout is what a rollout takes at most, with what its requirements may
// be waited for, and an hour.
func (d *deployment) defaultTimeout() time.Duration {
	_, most := d.budget()
	var within time.Duration
	for _, r := range d.requires.list {
		within = max(within, r.within)
	}
	looks := len(d.ladder.Steps) + 2 // before the first write, each step and the promotion
	return most + within*time.Duration(looks) + spareTime
}
