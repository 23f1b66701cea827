package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// ModifyPlan implements resource.ResourceWithModifyPlan. It runs at plan, also
// where nothing changes, and again in apply with everything known: what is
// unknown now is looked at then. Planned values come from configuration and
// prior state alone, so that the two agree; what is live goes into warnings.
func (r *safeDeployment) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.AddWarning("Traffic stays as it is",
			"Destroying this resource makes no call: what serves now goes on serving, and nobody watches over it any more.")
		return
	}
	d, diags := decodeDeployment(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || len(d.faults) > 0 {
		return // ValidateConfig has said so
	}
	p := planning{safeDeployment: r, d: d, create: req.State.Raw.IsNull()}
	if !p.create {
		p.prior, diags = readRecord(ctx, req.State)
		resp.Diagnostics.Append(diags...)
		p.before, _ = decodePlace(ctx, req.State, &resp.Diagnostics)
	}
	p.opened, p.located = p.open(ctx, &resp.Diagnostics)
	p.decide(ctx, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	p.values(ctx, resp)
	if r.ready() {
		p.look(ctx, resp)
	} else if r.core != nil {
		resp.Diagnostics.AddWarning("Requirements are looked at in apply",
			"The provider's own configuration is not known yet, so nothing can be asked. Apply looks before anything moves.")
	}
}

// planning is one call of ModifyPlan.
type planning struct {
	*safeDeployment
	d      deployment
	prior  record
	before place
	opened platform.Place
	// located: the target is known, and opened.
	located bool
	create  bool
	moves   bool
	why     string // what makes it move
}

// open opens the place if the target is known and somebody can be asked.
func (p *planning) open(ctx context.Context, diags *diag.Diagnostics) (platform.Place, bool) {
	if !p.ready() || !p.d.located(ctx) {
		return platform.Place{}, false
	}
	opened, err := p.d.open(ctx, p.core)
	if err != nil {
		diags.AddAttributeError(p.d.line(), "The target cannot be opened", err.Error())
		return platform.Place{}, false
	}
	return opened, true
}

// decide settles whether traffic would move, and whether this is about another
// target than before.
func (p *planning) decide(ctx context.Context, resp *resource.ModifyPlanResponse) {
	if p.create {
		p.moves, p.why = true, "this is the first rollout"
		return
	}
	p.moves, p.why = p.d.moves(p.before, &p.prior)
	id := p.d.id(ctx)
	switch {
	case id == "":
		// Whoever replaces the target replaces this as well: what is remembered
		// is about the old one, and its destruction makes no call.
		p.moves, p.why = true, "the target is not known before apply"
		resp.Diagnostics.AddAttributeWarning(p.d.line(), "The target is not known before apply",
			"It may be another one, so this is planned as a replacement. Traffic stays where it is until the rollout; what is remembered of earlier rollouts (what is blocked, what was promoted before) is forgotten.\n\nIf the target is not about to be replaced, give its name in a way that is known at plan.")
	case p.prior.ID.ValueString() == "" || id == p.prior.ID.ValueString():
		return
	default:
		p.moves, p.why = true, "it is about another target"
	}
	resp.RequiresReplace.Append(p.d.locators()...)
}

// moves decides from configuration and prior state alone whether there is
// something to roll out.
func (d *deployment) moves(before place, prior *record) (bool, string) {
	left, live := prior.Left, prior.Observed
	_, retries := prior.retries(d.retry)
	switch {
	case d.makingChanged(before):
		return true, "what is wanted changed"
	case retries:
		return true, "a retry is asked for"
	case left == nil || live == nil:
		return true, "nothing is known of the last rollout"
	case !splitOf(left.Traffic).Equal(splitOf(prior.Traffic)):
		return true, fmt.Sprintf("traffic was moved since the last apply: it left %s, live is %s", splitOf(left.Traffic), splitOf(prior.Traffic))
	case !left.Object.Equal(live.Object):
		return true, "the target was replaced by another one of the same name"
	}
	return d.resumes(prior)
}

// resumes decides whether what the last apply left is to go on, where nobody
// asks for anything new.
func (d *deployment) resumes(prior *record) (bool, string) {
	left, live := prior.Left, prior.Observed
	switch outcome := prior.Outcome.ValueString(); {
	case outcome == engine.Held.String() && d.holdsStill(prior), outcome == adopted:
		return false, ""
	case outcome == engine.Held.String():
		return true, "the rollout goes on"
	case outcome != engine.Promoted.String() && outcome != engine.Unchanged.String():
		return true, fmt.Sprintf("the last rollout ended as %s", outcome)
	case d.makes() && !left.Template.Equal(live.Template):
		return true, "the template was changed by another tool, and serves nobody yet"
	case d.makes() && !sameVersions(left.SecretVersions, live.SecretVersions):
		return true, "a secret has another version"
	}
	return false, ""
}

// makes reports whether the revision is made here, so that the template counts.
func (d *deployment) makes() bool {
	return d.kind != nil && d.kind.Makes(d.block)
}

// holdsStill reports whether the last apply ended where this configuration
// wants to wait.
func (d *deployment) holdsStill(prior *record) bool {
	w := splitOf(prior.Traffic)[rollout.Revision(prior.Revision.ValueString())]
	return !d.ladder.OneStep && d.ladder.HoldAt != nil && w >= *d.ladder.HoldAt
}

func sameVersions(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// values sets what is known of the computed attributes: everything where
// nothing moves, the preview always, the rest after the rollout.
func (p *planning) values(ctx context.Context, resp *resource.ModifyPlanResponse) {
	set := func(name string, v any) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), v)...)
	}
	if !p.create && !p.moves {
		resp.Diagnostics.Append(p.prior.write(ctx, &resp.Plan)...)
	} else {
		for name, v := range unknowns() {
			set(name, v)
		}
		set("id", types.StringUnknown())
		set("console", types.StringUnknown())
	}
	if id := p.d.id(ctx); id != "" {
		set("id", types.StringValue(id))
	}
	if p.located {
		set("console", known(p.opened.Console))
	}
	if p.moves && p.located && p.opened.Candidate != "" {
		set("revision", known(p.opened.Candidate))
	}
	if p.d.ladderKnown && p.d.gatesKnown {
		set("preview", p.d.preview())
	} else {
		set("preview", types.ListUnknown(previewAttribute().NestedObject.Type()))
	}
}

// look asks the world: requirements become errors or warnings, and what is
// live becomes warnings about what an apply will do.
func (p *planning) look(ctx context.Context, resp *resource.ModifyPlanResponse) {
	if p.preflight == modeOff {
		return
	}
	findings := p.requirements(ctx)
	p.report(&resp.Diagnostics, findings, p.moves, func(f rollout.Finding) path.Path { return p.d.requires.at(ctx, f, p.d.line()) })
	if resp.Diagnostics.HasError() || !p.located {
		return
	}
	p.foresee(ctx, &resp.Diagnostics)
}

func (p *planning) requirements(ctx context.Context) []rollout.Finding {
	var out []rollout.Finding
	for _, c := range p.opened.Requires {
		out = append(out, c.Run(ctx, nil, nil)...)
	}
	if p.d.kind != nil && !p.d.known() {
		what := "what is to be made is not known before apply"
		if !p.located {
			what = "the target is not known before apply"
		}
		out = append(out, rollout.Finding{Check: p.d.kind.Name, Status: rollout.Deferred, Why: what})
	}
	if !p.located {
		return append(out, p.d.requires.run(ctx, p.core, nil, nil)...)
	}
	if !p.moves { // what serves is what has to have what it needs
		return append(out, p.d.requires.run(ctx, p.core, p.serving(ctx), nil)...)
	}
	return append(out, p.d.requires.run(ctx, p.core, p.candidate(ctx), p.serving(ctx))...)
}

// serving describes who has all traffic now; nil if nobody has, or nobody can
// tell.
func (p *planning) serving(ctx context.Context) *rollout.Subject {
	o, err := p.opened.Target.Observe(ctx)
	if err != nil || o.Routing.Split.Sole() == "" {
		return nil
	}
	of, err := p.opened.Target.Subject(ctx, o.Routing.Split.Sole())
	if err != nil {
		return nil
	}
	return &of
}

// candidate describes the wanted revision: as it is if it exists already, else
// as it would be made.
func (p *planning) candidate(ctx context.Context) *rollout.Subject {
	describe := p.opened.Planned
	if r := p.wanted(ctx); r != "" {
		describe = func(ctx context.Context) (rollout.Subject, error) { return p.opened.Target.Subject(ctx, r) }
	}
	if describe == nil || !p.d.known() {
		return nil
	}
	of, err := describe(ctx)
	if err != nil {
		return nil
	}
	return &of
}

// wanted is the wanted revision, "" if it does not exist yet or is not known.
func (p *planning) wanted(ctx context.Context) rollout.Revision {
	if p.opened.Maker == nil || !p.d.known() {
		return p.opened.Candidate
	}
	r, err := p.opened.Maker.Find(ctx)
	if err != nil {
		return ""
	}
	return r
}

// foresee warns of what an apply will find and do. It never fails a plan: what
// cannot be seen now is seen in apply.
func (p *planning) foresee(ctx context.Context, diags *diag.Diagnostics) {
	warn := func(what, why string) { diags.AddAttributeWarning(p.d.line(), what, why) }
	if !p.moves {
		p.resting(warn)
		return
	}
	o, err := p.opened.Target.Observe(ctx)
	if err != nil {
		return
	}
	candidate := p.wanted(ctx)
	content := ""
	if p.opened.Maker != nil && p.d.known() {
		content, _ = p.opened.Maker.Content(ctx) // one that cannot be told blocks nothing at plan
	}
	for _, b := range p.prior.Blocked {
		if _, lifted := p.prior.retries(p.d.retry); b.is(candidate, content) && !lifted {
			warn(fmt.Sprintf("%s is blocked", b.Revision.ValueString()), fmt.Sprintf(
				"%s Apply will fail at it before any write; other resources go on.\n\nApply another revision, or set retry = %q to try it again.",
				sentenceOf(b.Why.ValueString()), b.Revision.ValueString()))
		}
	}
	if !p.create && !p.d.makingChanged(p.before) && p.prior.Outcome.ValueString() != engine.Held.String() {
		p.unasked(o, warn)
	}
	c := p.d.course(o, &p.prior, candidate, p.create || p.d.makingChanged(p.before))
	if c.note != nil {
		warn(c.note.What, c.note.Detail())
	}
	if c.refuse == nil && !c.adopt {
		p.ahead(o, candidate, warn)
		p.baseline(ctx, o, warn)
	}
}

// unasked says why a rollout is planned though the configuration asks for
// nothing new. Traffic that somebody moved has its own message.
func (p *planning) unasked(o rollout.Observation, warn func(what, why string)) {
	left := p.prior.leftRouting(o)
	if left == nil || !left.Same(o.Routing) {
		return
	}
	why := p.why
	if changes := versionChanges(p.prior.Left.SecretVersions, p.prior.Observed.SecretVersions); changes != "" {
		why += " (" + changes + ")"
	}
	warn("A rollout is planned that the configuration did not ask for", sentence(why))
}

func versionChanges(before, now map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if before[name] != now[name] {
			out = append(out, fmt.Sprintf("%s: %s → %s", name, before[name], now[name]))
		}
	}
	return strings.Join(out, ", ")
}

// resting says what a plan without changes would otherwise hide.
func (p *planning) resting(warn func(what, why string)) {
	switch p.prior.Outcome.ValueString() {
	case engine.Held.String():
		warn("A rollout waits, and nobody watches", fmt.Sprintf("Live is %s, as hold_at wants it. Gates are judged again when an apply goes on: remove hold_at to do so.", splitOf(p.prior.Traffic)))
	case adopted:
		warn("What is configured does not serve", fmt.Sprintf("Live is %s, which was adopted when somebody moved traffic by hand. Configure other content, or set on_foreign_change = \"restore\" and retry.", splitOf(p.prior.Traffic)))
	}
}

// ahead says where the rollout begins, if that is not at 0.
func (p *planning) ahead(o rollout.Observation, candidate rollout.Revision, warn func(what, why string)) {
	w := o.Routing.Split[candidate]
	switch {
	case candidate == "" || p.why == "":
	case o.Routing.HasAll(candidate) && o.Routing.Home == "":
		warn("Nothing will move", fmt.Sprintf("%s is what is wanted, and has all traffic already.", candidate))
	case o.Routing.HasAll(candidate):
		warn("An unfinished watch is repeated", fmt.Sprintf("%s has all traffic, and the apply that promoted it did not end: its watch is taken from the beginning. The way home is %s.", candidate, o.Routing.Home))
	case w > 0:
		left := "an apply that did not end left it there"
		if p.prior.Outcome.ValueString() == engine.Held.String() {
			left = "the last apply waited there"
		}
		warn(fmt.Sprintf("The rollout goes on from %s", w), fmt.Sprintf("Live is %s: %s. That step is judged and baked in full before it rises.", o.Routing, left))
	case p.returns(candidate):
		warn("A return does not climb", fmt.Sprintf("%s was promoted before: after its probes passed, everything returns to it at once. on_return = \"steps\" makes it climb.", candidate))
	}
}

func (p *planning) returns(candidate rollout.Revision) bool {
	if p.d.ladder.ReturnBySteps || string(candidate) == p.prior.Promoted.ValueString() {
		return false
	}
	for _, b := range p.prior.before() {
		if b == candidate {
			return true
		}
	}
	return false
}

// baseline measures what serves now with the gates that will judge the
// candidate: one that fails it too says nothing about the candidate.
func (p *planning) baseline(ctx context.Context, o rollout.Observation, warn func(what, why string)) {
	sole := o.Routing.Split.Sole()
	if sole == "" || !p.d.gatesKnown {
		return
	}
	gates, err := p.d.openGates(ctx, p.core)
	if err != nil {
		return
	}
	of, err := p.opened.Target.Subject(ctx, sole)
	if err != nil {
		return
	}
	for _, g := range gates {
		if v := g.Look(ctx, p.clock, of); v.Outcome == rollout.Fail || v.Breaching {
			warn(fmt.Sprintf("%s, which serves now, fails gate %q", sole, g.Name),
				sentence(v.Why)+"\n\nA gate that fails what serves today will fail the candidate whatever it is like. Look at it before you apply.")
		}
	}
}

func sentenceOf(why string) string {
	if why == "" {
		return "An earlier rollout of it failed."
	}
	return sentence(why)
}
