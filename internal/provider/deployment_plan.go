package provider

import (
	"context"

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
		addWarning(&resp.Diagnostics, path.Empty(), msgDestroyed.With())
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
		p.before, _ = decodeWanted(ctx, req.State, &resp.Diagnostics)
	}
	p.prior.slots = p.d.kind != nil && p.d.kind.Slots
	p.opened, p.located = p.open(ctx, &resp.Diagnostics)
	if p.d.newest() { // a plan is for what its refresh found; a create has nothing to go by
		p.opened.Candidate = rollout.Revision(p.prior.newest())
	}
	p.decide(ctx, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	p.values(ctx, resp)
	if r.ready() {
		p.look(ctx, resp)
	} else if r.core != nil {
		addWarning(&resp.Diagnostics, path.Empty(), msgNobodyAsked.With())
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
	// shows is what is live, if it could be seen.
	shows  rollout.Observation
	seen   bool
	create bool
	moves  bool
	// sought is the wanted revision, once it was looked for.
	sought *sought
}

// sought is what came of looking for the wanted revision.
type sought struct {
	found rollout.Revision
	err   error
}

// open opens the place if the target is known and somebody can be asked.
func (p *planning) open(ctx context.Context, diags *diag.Diagnostics) (platform.Place, bool) {
	if !p.ready() || !p.d.located(ctx) {
		return platform.Place{}, false
	}
	opened, err := p.d.open(ctx, p.core)
	if err != nil {
		addError(diags, p.d.line(), msgTargetUnopened.With("why", sentence(err.Error())))
		return platform.Place{}, false
	}
	return opened, true
}

// decide settles whether traffic would move, and whether this is about another
// target than before.
func (p *planning) decide(ctx context.Context, resp *resource.ModifyPlanResponse) {
	if p.create {
		p.moves = true // the first rollout
		return
	}
	p.moves = p.d.moves(p.before, &p.prior)
	id := p.d.id(ctx)
	switch {
	case id == "":
		// Whoever replaces the target replaces this as well: what is remembered
		// is about the old one, and its destruction makes no call.
		p.moves = true
		addWarning(&resp.Diagnostics, p.d.line(), msgTargetUnknown.With())
	case p.prior.ID.ValueString() == "" || id == p.prior.ID.ValueString():
		return
	default:
		p.moves = true // it is about another target
	}
	resp.RequiresReplace.Append(p.d.locators()...)
}

// moves decides from configuration and prior state alone whether there is
// something to roll out.
func (d *deployment) moves(before place, prior *record) bool {
	left, live := prior.Left, prior.Observed
	_, retries := prior.retries(d.retry)
	return d.asksAnew(before, prior) || retries ||
		left == nil || live == nil || // nothing is known of the last rollout
		!splitOf(left.Traffic).Equal(splitOf(prior.Traffic)) || // somebody moved traffic
		!left.Object.Equal(live.Object) || // another target of the same name
		d.resumes(prior)
}

// resumes decides whether what the last apply left is to go on, where nobody
// asks for anything new.
func (d *deployment) resumes(prior *record) bool {
	switch prior.Outcome.ValueString() {
	case engine.Held.String():
		return !d.holdsStill(prior) || prior.Observed.Abort.ValueString() != "" // a person wants it home
	case adopted:
		return false
	case engine.Promoted.String(), engine.Unchanged.String():
		return d.drifted(prior) || d.makes() && d.tracks() && !sameVersions(prior.Left.SecretVersions, prior.Observed.SecretVersions)
	}
	return true // it ended in the middle, or failed
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
	if !p.moves {
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
	set("preview_version", previewVersion)
	if !p.d.ladderKnown || !p.d.gatesShown || !p.d.jobsShown {
		set("preview", types.ListUnknown(previewAttribute().NestedObject.Type()))
		return
	}
	set("preview", p.d.preview())
	if p.moves && p.d.known() {
		set("rollout", types.StringValue(p.d.summary(&p.prior)))
	}
}

// look asks the world: requirements become errors or warnings, and what is
// live becomes warnings about what an apply will do.
func (p *planning) look(ctx context.Context, resp *resource.ModifyPlanResponse) {
	if p.located {
		p.observe(ctx)
	}
	// Terraform refreshes and plans before it destroys: an error over what is gone
	// would keep it from that.
	_, gone := p.gone.Load(p.opened.ID)
	if gone {
		addWarning(&resp.Diagnostics, p.d.line(), msgTargetGone.With())
	}
	if p.preflight != modeOff {
		p.report(&resp.Diagnostics, p.requirements(ctx), p.moves && !gone, func(f rollout.Finding) path.Path { return p.at(ctx, f) })
	}
	if resp.Diagnostics.HasError() || !p.located {
		return
	}
	p.exposes(ctx, &resp.Diagnostics)
	p.spare(ctx, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	p.foresee(ctx, &resp.Diagnostics)
}

// observe looks at what is live, and at the revisions that configuration names.
func (p *planning) observe(ctx context.Context) {
	var named []rollout.Revision
	for _, r := range []rollout.Revision{p.opened.Candidate, rollout.Revision(p.d.home.ValueString())} {
		if r != "" {
			named = append(named, r)
		}
	}
	o, err := p.opened.Target.Observe(ctx, named...)
	if err == nil && p.create && p.d.newest() {
		p.opened.Candidate = o.Newest
		o, err = p.opened.Target.Observe(ctx, append(named, o.Newest)...)
	}
	p.shows, p.seen = o, err == nil
}

// at is where a finding is shown.
func (p *planning) at(ctx context.Context, f rollout.Finding) path.Path {
	switch {
	case f.Check == checkHome:
		return path.Root("home")
	case f.Check == checkRevision:
		return p.d.attribute("revision")
	case p.d.kind != nil && f.Check == p.d.kind.Name:
		return p.d.setting(f.Object)
	}
	if at, ok := p.d.jobAt(f); ok {
		return at
	}
	return p.d.requires.at(ctx, f, p.d.line())
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
	l := look{planning: true, moves: p.moves, begin: p.clock.Now()}
	if p.d.ladderKnown && p.d.gatesKnown {
		l.end = l.begin.Add(p.d.length())
	}
	if !p.located {
		out = append(out, p.inspectJobs(ctx, nil)...)
		return append(out, p.d.requires.run(ctx, p.core, l, nil, nil)...)
	}
	out = append(out, p.named()...)
	if !p.moves { // what serves is what has to have what it needs
		return append(out, p.d.requires.run(ctx, p.core, l, p.serving(ctx), nil)...)
	}
	candidate := p.candidate(ctx)
	out = append(out, p.inspectJobs(ctx, candidate)...)
	return append(out, p.d.requires.run(ctx, p.core, l, candidate, p.serving(ctx))...)
}

// What findings about revisions that configuration names are called.
const (
	checkRevision = "revision"
	checkHome     = "home"
)

// named says which of the revisions that configuration names are not there, or
// cannot serve.
func (p *planning) named() []rollout.Finding {
	if !p.moves || !p.seen {
		return nil
	}
	var out []rollout.Finding
	add := func(check string, r rollout.Revision, m rollout.Message) {
		h, asked := p.shows.Health[r]
		found, why := rollout.Finding{Check: check, Object: string(r), Status: rollout.Failed}, ""
		newest := check == checkRevision && p.d.newest()
		switch {
		case r == "" || !asked:
			return
		case newest && h.State == rollout.Missing:
			m = msgNewestMissing
		case newest && h.State == rollout.Broken:
			m, why = msgNewestBroken, reasonOf(h)
		case h.State == rollout.Missing:
			why = "it does not exist"
		case h.State == rollout.Broken:
			why = "it cannot serve" + reasonOf(h)
		default:
			return
		}
		out = append(out, found.Because(m, "why", why))
	}
	add(checkRevision, p.opened.Candidate, msgRevisionOfNoUse)
	add(checkHome, rollout.Revision(p.d.home.ValueString()), msgNoHome)
	return out
}

// serving describes who has all traffic now; nil if nobody has, or nobody can
// tell.
func (p *planning) serving(ctx context.Context) *rollout.Subject {
	sole := p.shows.Routing.Split.Sole()
	if !p.seen || sole == "" {
		return nil
	}
	of, err := p.opened.Target.Subject(ctx, sole)
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

// wanted is the wanted revision, "" if it does not exist yet or is not known. It is
// looked for once.
func (p *planning) wanted(ctx context.Context) rollout.Revision {
	if p.opened.Maker == nil || !p.d.known() {
		return p.opened.Candidate
	}
	if p.sought == nil {
		p.sought = &sought{}
		p.sought.found, p.sought.err = p.opened.Maker.Find(ctx)
	}
	return p.sought.found
}

// unfound says that nobody could look whether the wanted revision exists already.
// Where it is not even known what is wanted, requirements say why.
func (p *planning) unfound(ctx context.Context, diags *diag.Diagnostics) {
	if p.sought == nil || p.sought.err == nil {
		return
	}
	if _, err := p.opened.Maker.Content(ctx); err == nil {
		addWarning(diags, p.d.line(), msgUnfound.With("why", sentence(p.sought.err.Error())))
	}
}
