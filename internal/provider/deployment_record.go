package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// maxBefore is how many earlier promotions are remembered.
const maxBefore = 5

// record is everything that the provider writes of a deployment: what is live,
// and what a later apply has to remember.
type record struct {
	ID             types.String
	Rollout        types.String
	Revision       types.String
	Promoted       types.String
	Before         []string
	Traffic        map[string]float64
	Left           *leftRecord
	Observed       *observedRecord
	Outcome        types.String
	FailedRevision types.String
	Blocked        []blockedRecord
	Retried        []string
	Findings       []findingRecord
	Timeline       []string
	WayHome        types.String
	NextApplyAfter types.String
	Console        types.String

	shows *rollout.Routing // what was observed last in this process; it is not part of state
	slots bool             // revisions are places, as platform.Kind has it; nor is this
}

type leftRecord struct {
	Traffic        map[string]float64 `tfsdk:"traffic"`
	Home           types.String       `tfsdk:"home"`
	Kept           []string           `tfsdk:"kept"`
	Object         types.String       `tfsdk:"object"`
	Template       types.String       `tfsdk:"template"`
	SecretVersions map[string]string  `tfsdk:"secret_versions"`
	Behind         map[string]string  `tfsdk:"behind"`
	Since          types.String       `tfsdk:"since"`
}

type observedRecord struct {
	Object         types.String      `tfsdk:"object"`
	Newest         types.String      `tfsdk:"newest"`
	Template       types.String      `tfsdk:"template"`
	Unserved       types.String      `tfsdk:"unserved"`
	SecretVersions map[string]string `tfsdk:"secret_versions"`
	Behind         map[string]string `tfsdk:"behind"`
	Abort          types.String      `tfsdk:"abort"`
}

type blockedRecord struct {
	Revision types.String `tfsdk:"revision"`
	Content  types.String `tfsdk:"content"`
	Why      types.String `tfsdk:"why"`
}

type findingRecord struct {
	Check  types.String `tfsdk:"check"`
	Object types.String `tfsdk:"object"`
	Status types.String `tfsdk:"status"`
	Why    types.String `tfsdk:"why"`
	Fix    types.String `tfsdk:"fix"`
}

// fields pairs each attribute with its place in the record.
func (r *record) fields() map[string]any {
	return map[string]any{
		"id": &r.ID, "rollout": &r.Rollout, "revision": &r.Revision, "promoted": &r.Promoted, "promoted_before": &r.Before, "traffic": &r.Traffic,
		"left": &r.Left, "observed": &r.Observed, "outcome": &r.Outcome, "failed_revision": &r.FailedRevision,
		"blocked": &r.Blocked, "retried": &r.Retried, "findings": &r.Findings, "timeline": &r.Timeline,
		"way_home": &r.WayHome, "next_apply_after": &r.NextApplyAfter, "console": &r.Console,
	}
}

// readRecord reads what an earlier apply wrote. Lists that are null read as
// nothing.
func readRecord(ctx context.Context, src source) (record, diag.Diagnostics) {
	var r record
	var diags diag.Diagnostics
	for name, to := range r.fields() {
		diags.Append(src.GetAttribute(ctx, path.Root(name), to)...)
	}
	return r, diags
}

// sink is what values are written to: a state or a plan.
type sink interface {
	SetAttribute(ctx context.Context, p path.Path, value any) diag.Diagnostics
}

func (r *record) write(ctx context.Context, to sink) diag.Diagnostics {
	var diags diag.Diagnostics
	r.Before, r.Retried, r.Timeline = some(r.Before), some(r.Retried), some(r.Timeline)
	r.Blocked, r.Findings = some(r.Blocked), some(r.Findings)
	if r.Traffic == nil {
		r.Traffic = map[string]float64{}
	}
	for name, v := range r.fields() {
		diags.Append(to.SetAttribute(ctx, path.Root(name), v)...)
	}
	return diags
}

// some is an empty list rather than none: what is computed is known, also
// where there is nothing.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// known turns "" into null.
func known[T ~string](s T) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(string(s))
}

// observe takes in what the platform shows now, beside its traffic what settings
// and places stand for.
func (r *record) observe(o rollout.Observation, of besides) {
	r.Traffic, r.shows = percents(o.Routing.Split), &o.Routing
	r.Observed = &observedRecord{Object: known(o.Object), Newest: known(o.Newest), Template: known(o.Template), Unserved: known(o.Unserved), SecretVersions: of.secrets, Behind: of.behind, Abort: known(o.Abort)}
}

// leave remembers what this apply ended with. made is what was rolled out, nil
// where nothing was: then a later plan must see the difference again.
func (r *record) leave(made *madeRecord) {
	left := leftRecord{Kept: []string{}}
	if r.Left != nil {
		left = *r.Left
	}
	left.Since = types.StringNull()
	if r.shows != nil {
		left.Traffic, left.Object, left.Home = r.Traffic, r.Observed.Object, known(r.shows.Home)
		left.Kept = []string{}
		for _, k := range r.shows.Keep {
			left.Kept = append(left.Kept, string(k))
		}
	}
	if made != nil {
		left.Template, left.SecretVersions = made.template, made.secrets
	}
	if r.Observed != nil {
		left.Behind = fingerprints(left.Behind, r.Observed.Behind, made != nil)
	}
	r.Left = &left
}

// fingerprints are what was behind each revision that serves when its rollout ended
// well. A rollout that failed is no reason to take what is there by now for that.
func fingerprints(before, now map[string]string, well bool) map[string]string {
	out := maps.Clone(now)
	for r := range out {
		if was, ok := before[r]; ok && !well {
			out[r] = was
		}
	}
	return out
}

// madeRecord is what a candidate was made with. What changes while it is rolled
// out is not part of it.
type madeRecord struct {
	template types.String
	secrets  map[string]string
}

// leftRouting is what the last apply or import ended with; nil if there was
// none, or if it was about another object of the same name.
func (r *record) leftRouting(shows rollout.Observation) *rollout.Routing {
	if r.Left == nil || r.replaced(shows) {
		return nil
	}
	left := rollout.Routing{Split: splitOf(r.Left.Traffic), Default: shows.Routing.Default, Home: rollout.Revision(r.Left.Home.ValueString())}
	for _, k := range r.Left.Kept {
		left.Keep = append(left.Keep, rollout.Revision(k))
	}
	return &left
}

// replaced: what is remembered is about another object of the same name.
func (r *record) replaced(shows rollout.Observation) bool {
	return r.Left != nil && r.Left.Object.ValueString() != "" && r.Left.Object.ValueString() != shows.Object
}

// of returns what is remembered of this object: nothing, if it is another one
// than before.
func (r *record) of(shows rollout.Observation) record {
	if !r.replaced(shows) {
		return *r
	}
	return record{ID: r.ID, Console: r.Console, Traffic: r.Traffic, Observed: r.Observed, shows: r.shows, slots: r.slots}
}

// promote remembers a promotion. Nobody returns to a place that may hold something
// else by then.
func (r *record) promote(candidate rollout.Revision) {
	if r.slots {
		r.Promoted, r.Before = known(candidate), nil
		return
	}
	old := r.Promoted.ValueString()
	if old != "" && old != string(candidate) {
		r.Before = append([]string{old}, slices.DeleteFunc(slices.Clone(r.Before), func(s string) bool { return s == old })...)
	}
	r.Before = slices.DeleteFunc(slices.Clone(r.Before), func(s string) bool { return s == string(candidate) })
	r.Before = r.Before[:min(len(r.Before), maxBefore)]
	r.Promoted = known(candidate)
}

// before is what was promoted earlier, for the engine.
func (r *record) before() []rollout.Revision {
	var out []rollout.Revision
	for _, s := range r.Before {
		out = append(out, rollout.Revision(s))
	}
	return out
}

// block remembers that content is not to be tried again.
func (r *record) block(revision rollout.Revision, content, why string) {
	if revision == "" && content == "" {
		return
	}
	r.unblock(r.who(revision, content), content) // the newest reason counts
	r.Blocked = append(r.Blocked, blockedRecord{Revision: known(revision), Content: known(content), Why: known(why)})
}

// who is the name by which something is blocked: none for what is in a place, where
// it is known.
func (r *record) who(revision rollout.Revision, content string) rollout.Revision {
	if r.slots && content != "" {
		return ""
	}
	return revision
}

// blocks reports whether a revision is not to be tried again.
func (r *record) blocks(revision rollout.Revision) bool {
	return slices.ContainsFunc(r.Blocked, func(b blockedRecord) bool { return b.is(revision, "") })
}

// memory is what is remembered for the question who home is.
func (r *record) memory(configured rollout.Revision, shows rollout.Observation) engine.Memory {
	promoted := rollout.Revision(r.Promoted.ValueString())
	left := r.leftRouting(shows)
	return engine.Memory{
		Configured: configured, Promoted: promoted,
		Shunned: !r.slots && r.blocks(promoted) || left != nil && shows.Routing.Split[promoted] < left.Split[promoted],
	}
}

// promotedThere is who was promoted last on the object that is there now,
// decided from state alone.
func (r *record) promotedThere() string {
	if r.Left != nil && r.Observed != nil && !r.Left.Object.Equal(r.Observed.Object) {
		return ""
	}
	return r.Promoted.ValueString()
}

func (r *record) unblock(revision rollout.Revision, content string) {
	r.Blocked = slices.DeleteFunc(slices.Clone(r.Blocked), func(b blockedRecord) bool { return b.is(revision, content) })
}

func (b blockedRecord) is(revision rollout.Revision, content string) bool {
	return content != "" && b.Content.ValueString() == content || revision != "" && b.Revision.ValueString() == string(revision)
}

// retries returns the entry that a value of retry lifts: it names its
// revision, and has not been used before.
func (r *record) retries(retry types.String) (blockedRecord, bool) {
	v := retry.ValueString()
	if v == "" || slices.Contains(r.Retried, v) {
		return blockedRecord{}, false
	}
	name, _, _ := strings.Cut(v, "#")
	for _, b := range slices.Backward(r.Blocked) { // what was in a place last is meant
		if b.Revision.ValueString() == name {
			return b, true
		}
	}
	return blockedRecord{}, false
}

// nextRetry is the value of retry that lifts the block on a revision now: its
// name, or its name with a number where that is spent.
func (r *record) nextRetry(revision string) string {
	next := revision
	for n := 2; slices.Contains(r.Retried, next); n++ {
		next = fmt.Sprintf("%s#%d", revision, n)
	}
	return next
}

// since is when the live split settled, if the last apply left it in the middle
// of a rollout on purpose, and nobody has moved it since.
func (r *record) since(shows rollout.Observation) time.Time {
	left := r.leftRouting(shows)
	if left == nil || !left.Same(shows.Routing) || r.Outcome.ValueString() != engine.Held.String() {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, r.Left.Since.ValueString())
	if err != nil {
		return time.Time{}
	}
	return t
}

func findingRecords(findings []rollout.Finding) []findingRecord {
	out := []findingRecord{}
	for _, f := range findings {
		out = append(out, findingRecord{
			Check: known(f.Check), Object: known(f.Object), Status: known(f.Status.String()), Why: known(f.Why), Fix: known(inALine(f.Fix)),
		})
	}
	return out
}

// maxTimeline is how many lines of a timeline state keeps.
const maxTimeline = 40

// timeline keeps what was done, and not every look: that is in the log and the
// progress file, and each line here is one more line in the next plan.
func timeline(events []rollout.Event) []string {
	out := []string{}
	for _, e := range brief(events) {
		if e.Kind != "measure" && e.Kind != "wait" && e.Kind != "check" {
			out = append(out, e.At.UTC().Format(time.RFC3339)+" "+e.Why)
		}
	}
	if n := len(out) - maxTimeline; n > 0 {
		out = append(slices.Clone(out[:maxTimeline/2]), out[len(out)-maxTimeline/2:]...)
	}
	return out
}

// unknowns lists the attributes that are not known before a rollout, with the
// value that says so.
func unknowns() map[string]attr.Value {
	list := types.ListUnknown(types.StringType)
	return map[string]attr.Value{
		"rollout": types.StringUnknown(), "revision": types.StringUnknown(), "promoted": types.StringUnknown(), "promoted_before": list,
		"traffic": types.MapUnknown(types.Float64Type), "outcome": types.StringUnknown(), "failed_revision": types.StringUnknown(),
		"retried": list, "timeline": list, "way_home": types.StringUnknown(), "next_apply_after": types.StringUnknown(),
		"left":     types.ObjectUnknown(objectTypes(leftAttribute().Attributes)),
		"observed": types.ObjectUnknown(objectTypes(observedMembers())),
		"blocked":  types.ListUnknown(types.ObjectType{AttrTypes: objectTypes(blockedAttribute().NestedObject.Attributes)}),
		"findings": types.ListUnknown(types.ObjectType{AttrTypes: objectTypes(findingAttributes())}),
	}
}

// take folds the result of a rollout into the record.
func (r *record) take(res runner.Result) {
	r.Outcome = known(res.Outcome.String())
	r.Findings = findingRecords(res.Findings)
	r.Revision = known(res.Candidate)
	r.NextApplyAfter = types.StringNull()
	switch {
	case res.Outcome == engine.Promoted, res.Outcome == engine.Unchanged:
		r.promote(res.Candidate)
		r.FailedRevision = types.StringNull()
		r.unblock(r.who(res.Candidate, res.Content), res.Content)
	case res.Outcome.Success():
	case res.Stop != nil && blocks(res):
		r.FailedRevision = known(res.Candidate)
		r.block(res.Candidate, res.Content, res.Stop.Why)
	case res.Moved || res.Stop != nil:
		r.FailedRevision = known(res.Candidate)
	}
	if res.Outcome == engine.Halted && tookOff(res) {
		r.block(res.Candidate, res.Content, "somebody took traffic off it in the middle of its rollout")
	}
}

// tookOff reports whether a person moved traffic off the candidate by hand.
func tookOff(res runner.Result) bool {
	return res.Asked != nil && res.Stop == nil && res.Shows.Routing.Split[res.Candidate] < res.Asked.Split[res.Candidate]
}

// blocks reports whether what failed is not to be tried again by itself.
func blocks(res runner.Result) bool {
	switch res.Stop.Kind {
	case engine.Failed:
		return true
	case engine.Aborted: // what it kept from beginning was not what it was about
		return res.Begun
	case engine.Broken:
		return res.Shows.Health[res.Candidate].State == rollout.Broken
	case engine.Interrupted, engine.Unverified, engine.OutOfTime, engine.Denied, engine.Unmet, engine.JobFailed:
		return false
	}
	return false
}
