package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// newRows is the attribute that ends the way home at the first share.
const newRows = "promoted_cannot_read_new_rows"

// wayBack is where the way home ends by what is required. What a plan does not
// look at, and what is not known yet, it is not sure of.
func (r requirements) wayBack(ctx context.Context, clients *cloud.Clients, planning bool) rollout.WayBack {
	notYet := rollout.WayBack{Ends: rollout.AtPromotion, Why: "it is not known yet what is reviewed", Unsure: true}
	var out rollout.WayBack
	if r.mayEnd {
		out = notYet
	}
	for _, one := range r.list {
		switch {
		case one.kind.WayBack == nil:
		case !one.known, clients == nil, planning && one.atPlan == planSkips:
			out = out.And(notYet)
		default:
			out = out.And(one.kind.WayBack(ctx, one.block, clients))
		}
	}
	return out
}

// wayBack is where the way home of the rollout ends. There is nothing before the
// first share, so where that is declared, nothing else is to be found out.
func (d *deployment) wayBack(ctx context.Context, clients *cloud.Clients, planning bool) rollout.WayBack {
	out := d.requires.wayBack(ctx, clients, planning)
	if d.newRows {
		out = rollout.WayBack{Ends: rollout.AtFirstShare, Why: "what serves now cannot read what the candidate writes (" + newRows + ")"}
	}
	return out
}

// checkPoint holds the steps against a way home that ends at the first share:
// before it, and there alone, a bad candidate harms nobody; and nothing may keep
// both serving for longer than an apply.
func (d *deployment) checkPoint() {
	at := path.Root(newRows)
	if !d.startsAtZero() || d.gatesKnown && !d.probes() {
		d.fault(at, msgNoGatedZero.With())
	}
	switch {
	case d.ladder.OneStep:
		d.fault(at, msgLingers.With("setting", `advance = "one_step"`))
	case d.ladder.HoldAt != nil && *d.ladder.HoldAt > 0:
		d.fault(at, msgLingers.With("setting", fmt.Sprintf("hold_at = %v", d.ladder.HoldAt.Float())))
	}
}

// beyond reports whether the candidate has what closes the way home.
func (d *deployment) beyond(live rollout.Routing, candidate rollout.Revision) bool {
	return candidate != "" && d.way.Ends.Closes(live.Split[candidate])
}

// closing is the first weight of the preview at which the way home is closed.
func (d *deployment) closing() (w rollout.Weight, closes bool) {
	for _, step := range d.preview() {
		if w, err := rollout.Percent(step.Weight); err == nil && d.way.Ends.Closes(w) {
			return w, true
		}
	}
	return 0, false
}

// wayBack is where the way home of what is planned ends. Where nothing moves it
// is what the last rollout had.
func (p *planning) wayBack(ctx context.Context, prior source) rollout.WayBack {
	switch {
	case !p.moves:
		return p.d.promised(ctx, prior)
	case !p.ready():
		return p.d.wayBack(ctx, nil, true)
	}
	return p.d.wayBack(ctx, p.clients, true)
}

// closes warns of a way home that ends.
func (p *planning) closes(diags *diag.Diagnostics) {
	if !p.moves || p.d.way.Unsure || !p.d.ladderKnown {
		return
	}
	switch p.d.way.Ends {
	case rollout.AtPromotion:
		addWarning(diags, path.Root("requires"), msgEndsAtPromotion.With("why", sentence(p.d.way.Why)))
	case rollout.AtFirstShare:
		addWarning(diags, path.Root(newRows), msgEndsAtFirstShare.With("why", sentence(p.d.way.Why)))
	case rollout.NoPoint:
	}
}

// promised is the point where nothing moves: what is declared, and else what the
// preview in state shows, whatever has become of the migrations since.
func (d *deployment) promised(ctx context.Context, prior source) rollout.WayBack {
	var steps []previewRecord
	var declared types.Bool
	diags := prior.GetAttribute(ctx, path.Root("preview"), &steps)
	diags.Append(prior.GetAttribute(ctx, path.Root(newRows), &declared)...)
	switch {
	case d.newRows:
		return rollout.WayBack{Ends: rollout.AtFirstShare}
	case diags.HasError(), declared.ValueBool(): // it was taken back
		return rollout.WayBack{}
	}
	for _, step := range steps {
		if step.NoWayBack != nil {
			return rollout.WayBack{Ends: rollout.AtPromotion}
		}
	}
	return rollout.WayBack{}
}

// foretold puts into state what no plan could know of the preview.
func (d *deployment) foretold(ctx context.Context, planned tfsdk.Plan, to sink) diag.Diagnostics {
	var preview types.List
	diags := planned.GetAttribute(ctx, path.Root("preview"), &preview)
	if preview.IsUnknown() {
		diags.Append(to.SetAttribute(ctx, path.Root("preview"), d.preview())...)
	}
	return diags
}

// strands refuses to take away what somebody has beyond the point of no return, be
// it an earlier candidate or the one whose merge was reverted.
func (c *course) strands(d *deployment, o rollout.Observation, home, candidate rollout.Revision, place platform.Place) {
	if c.decided() || d.way.Unsure {
		return
	}
	s := engine.Situation{Candidate: candidate, Home: home, Point: d.way.Ends, Shows: o, Found: &o}
	r := s.Stranded()
	if r == "" {
		return
	}
	c.stranded = true
	p := msgStranded.With("revision", r, "live", o.Routing, "why", sentence(d.way.Why), "command", place.WayHome(r))
	if o.Routing.Home == candidate && candidate != "" {
		p = msgReverted.With("revision", r, "live", o.Routing, "why", sentence(d.way.Why), "wanted", candidate, "command", place.WayHome(candidate))
	}
	c.refuses(&p)
}

// decided reports whether nothing is rolled out whoever is where.
func (c *course) decided() bool { return c.refuse != nil || c.adopt }

// begun refuses to undo a rollout whose jobs after promotion have begun: what served
// before may not suit any more what such a job has changed.
func (c *course) begun(ctx context.Context, a *application, o rollout.Observation, candidate rollout.Revision, after []runner.Job) error {
	undone := undoneBy(o.Routing, candidate)
	if c.decided() || undone == "" {
		return nil
	}
	of, err := a.opened.Target.Subject(ctx, undone)
	if err != nil && !errors.Is(err, rollout.ErrGone) {
		return err
	}
	for _, j := range after {
		ran, err := j.Find(ctx, errandKey(a.opened.ID, afterBlock, j.Name, of.Facts["content"], undone))
		if err != nil {
			return fmt.Errorf("whether job %q has begun for %s: %w", j.Name, undone, err)
		}
		if len(ran) > 0 {
			why := msgBegunForIt.With("job", j.Name, "revision", undone, "execution", ran[0].ID, "state", ran[0].State, "home", candidate).Why
			c.stranded = true
			p := msgReverted.With("revision", undone, "live", o.Routing, "why", sentence(why), "wanted", candidate, "command", a.opened.WayHome(candidate))
			c.refuses(&p)
			return nil
		}
	}
	return nil
}

// undoneBy is who has everything, though the merge that brought it was reverted in
// the middle of its rollout; "" if nobody. Jobs after promotion begin nowhere else.
func undoneBy(live rollout.Routing, candidate rollout.Revision) rollout.Revision {
	if all := live.Split.Sole(); candidate != "" && live.Home == candidate && all != candidate {
		return all
	}
	return ""
}

// unlessBegun ends what a plan says of a way home that a job after promotion may
// have closed: whether one has begun is found out by an apply.
func (d *deployment) unlessBegun(r rollout.Revision) string {
	jobs := d.jobNames(afterBlock)
	if len(jobs) == 0 || r == "" {
		return ""
	}
	return " " + msgUnlessBegun.With("jobs", strings.Join(jobs, ", "), "revision", r).Why
}

// closed reports whether nothing led home any more when the last apply ended.
func (r *record) closed() bool {
	switch r.Outcome.ValueString() {
	case engine.Promoted.String(), engine.Stayed.String():
		return r.WayHome.IsNull()
	}
	return false
}

// untilWhen says how long the way home is open, for the first event.
func untilWhen(p rollout.Point) string {
	switch p {
	case rollout.AtPromotion:
		return ", until promotion"
	case rollout.AtFirstShare:
		return ", until the first share"
	case rollout.NoPoint:
	}
	return ""
}

var (
	msgNoGatedZero = rollout.Message{
		ID:   "way_back.no_gated_zero",
		What: "There is no gated step at weight 0",
		Why:  "promoted_cannot_read_new_rows makes the first share of traffic the point of no return: only at weight 0 a bad candidate harms nobody and can be taken back.",
		Fix:  "Begin with a step of weight 0, and add a gate with an http block, which asks the candidate there.",
	}
	msgLingers = rollout.Message{
		ID:   "way_back.lingers",
		What: "{setting} has no place beside promoted_cannot_read_new_rows",
		Why:  "It would leave what serves now beside a candidate whose rows it cannot read, until somebody applies again.",
		Fix:  "Do the whole rollout in one apply. To have a person decide, wait at weight 0: hold_at = 0.",
	}
	msgEndsAtPromotion = rollout.Message{
		ID:   "way_back.ends_at_promotion",
		What: "Promotion is the point of no return",
		Why:  "{why} Up to promotion a failure takes traffic home. Beyond it traffic stays, and the apply fails: what served before may not be able to serve any more.",
		Fix:  "Have a fix ready that can be rolled out instead, and a backup. Where statements are named, the same in steps, over more releases, keeps the way home open: the data source rollout_migration_review has them.",
	}
	msgEndsAtFirstShare = rollout.Message{
		ID:   "way_back.ends_at_first_share",
		What: "The first share of traffic is the point of no return",
		Why:  "{why} At weight 0 a failure harms nobody. From the first share on traffic stays, and the apply fails.",
		Fix:  "Have a fix ready that can be rolled out instead, and a backup. As long as both serve, what serves now meets rows that it cannot read: keep steps above 0 few and short, and remove the setting in the release after this one.",
	}
	msgStranded = rollout.Message{
		ID:   "way_back.stranded",
		What: "{revision} is beyond the point of no return, and not what is wanted",
		Why:  "Live is {live}. {why} Who served before would have to get everything first, and may not be able to serve any more.",
		Fix:  "Give {revision} everything by hand, and apply again: what is wanted climbs from there.\n  {command}",
	}
	msgReverted = rollout.Message{
		ID:   "way_back.reverted",
		What: "A merge was reverted beyond the point of no return",
		Why:  "Live is {live}, and {wanted}, which served before, is wanted again. {why}",
		Fix:  "Configure what {revision} has again, or a revision that mends it. Only once {wanted} can serve again, such as after the database was restored, give it everything by hand, and apply:\n  {command}",
	}
	msgBegunForIt = rollout.Message{
		ID:  "now.begun_after",
		Why: `job "{job}" has begun for {revision} (execution {execution}, {state}), and what {home} needs may be gone`,
	}
	msgUnlessBegun = rollout.Message{
		ID:  "now.unless_begun",
		Why: "Unless a job after promotion ({jobs}) has begun for {revision}: then there is no way home, and apply takes nobody there.",
	}
	msgReturnsBeyond = rollout.Message{
		ID:   "way_back.returns",
		What: "A return from beyond the point of no return",
		Why:  "{revision} was promoted before. Since then a migration, or a job after promotion, has closed the way back from {live}: what {revision} needs may be gone. After its probes passed, everything returns to it at once all the same, and no job is run.",
		Fix:  "Apply only if {revision} can serve with the database as it is now, such as after that was restored. Otherwise configure a revision that mends what is wrong: it climbs from what serves.",
	}
	msgAbortBeyond = rollout.Message{
		ID: "abort.beyond", What: "A person asked for the rollout to stop",
		Why: `On the service stands: "{why}". Live is {live}, beyond the point of no return. An apply stops there, blocks what was rolled out, and takes nobody home.`,
		Fix: "To go on instead, take it back first:\n  {command}",
	}
	msgBlockedBeyond = rollout.Message{
		ID:   "blocked.planned_beyond",
		What: "{revision} is blocked",
		Why:  "{why} It is beyond the point of no return: apply will leave traffic as it is, and fail; other resources go on.",
		Fix:  `Apply a revision that mends it, or set retry = "{retry}" to watch it again.`,
	}
	msgWatchBeyond = rollout.Message{
		ID:   "plan.watch_beyond",
		What: "An unfinished watch is repeated",
		Why:  "{revision} has all traffic, and the apply that promoted it did not end: its watch is taken from the beginning. It is beyond the point of no return: what fails takes nobody home.",
	}
	todoBeyond = rollout.Message{
		ID:  "todo.beyond",
		Fix: "Beyond the point of no return nothing takes traffic home: {why}\n\n{forward}\n\n{todo}",
	}
	todoForward = rollout.Message{
		ID:  "todo.forward",
		Fix: "A revision that mends it climbs from {revision}, which is home from now on.",
	}
	todoForwardFromSplit = rollout.Message{
		ID:  "todo.forward_from_split",
		Fix: "Before a revision that mends it can climb, {revision} has to have everything, by hand:\n  {command}",
	}
	msgWayHomeClosed = rollout.Message{
		ID:  "way_home.closed",
		Fix: "The way home is closed. Only once {home} can serve again, such as after the database was restored, by hand:\n  {command}",
	}
)

// wayBackMessages are those about a way home that ends.
func wayBackMessages() []rollout.Message {
	return []rollout.Message{
		msgNoGatedZero, msgLingers, msgEndsAtPromotion, msgEndsAtFirstShare, msgStranded, msgReverted, msgBegunForIt, msgUnlessBegun, msgReturnsBeyond, msgAbortBeyond, msgBlockedBeyond, msgWatchBeyond,
		todoBeyond, todoForward, todoForwardFromSplit, msgWayHomeClosed,
	}
}
