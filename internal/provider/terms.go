package provider

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// terms is what every requirement may say beside what its kind says: what comes
// of it if it is not met. Kinds know nothing of it.
type terms struct {
	advisory bool
	within   time.Duration
	atPlan   string // planChecks, planWarns, planSkips
	// enforce is after how long of waiting what is missing is brought about; nil where
	// nobody asks for that.
	enforce *time.Duration
}

// What a plan does about a requirement.
const (
	planChecks = "check"
	planWarns  = "warn"
	planSkips  = "skip"
)

// inARow is how often a requirement that was not met has to be met before it is
// believed: what has reached one server of a cloud may not have reached another.
const inARow = 3

// lookAgain is the time between two looks, where within leaves enough of it.
const lookAgain = 5 * time.Second

// termAttributes returns the attributes of every requirement. A report looks
// once, whenever it is read, so it has neither within nor at_plan.
func termAttributes(applies bool) map[string]schema.Attribute {
	advisory := "Whether it only warns: if it is not met, or could not be looked at, nothing is stopped."
	if !applies {
		advisory = "Whether it does not count in `passed`."
	}
	out := map[string]schema.Attribute{"advisory": schema.BoolAttribute{Optional: true, MarkdownDescription: advisory}}
	if !applies {
		return out
	}
	out["within"] = schema.StringAttribute{
		Optional: true, MarkdownDescription: "How long an apply waits for it to be met, such as `\"2m\"`: what was just granted or created takes time to reach everyone. " +
			"Once it was not met it is looked at again every few seconds, until it was met three times in a row. A plan does not wait: it warns. Default: an apply stops at the first look that fails.",
	}
	out["at_plan"] = schema.StringAttribute{
		Optional: true, MarkdownDescription: "What a plan does about it: `check` (the default) refuses a plan that would move something while it is not met; `warn` (the default beside `within`) warns; " +
			"`skip` does not ask, for whoever plans without the permission to. An apply always checks.",
	}
	return out
}

// kindAttributes returns the attributes of a kind's block, with those that all
// have.
func kindAttributes(k preflight.Kind, applies bool) map[string]schema.Attribute {
	out := termAttributes(applies)
	if k.Enforced != nil && applies {
		out[k.Enforced.Attribute] = schema.StringAttribute{Optional: true, MarkdownDescription: k.Enforced.Doc}
	}
	for name := range k.Attributes {
		if _, both := out[name]; both {
			panic(fmt.Sprintf("requirement %s: the attribute %s is one that every requirement has", k.Name, name))
		}
	}
	maps.Copy(out, k.Attributes)
	return out
}

// readTerms takes a block apart: what is said of every requirement, and what is
// the kind's own.
func readTerms(ctx context.Context, k preflight.Kind, block types.Object) (terms, types.Object, []rollout.Problem) {
	t := terms{advisory: boolOf(block, "advisory").ValueBool()}
	var problems []rollout.Problem
	add := func(at string, p *rollout.Problem) {
		if p != nil {
			p.At = at
			problems = append(problems, *p)
		}
	}
	within, atPlan := stringOf(block, "within"), stringOf(block, "at_plan")
	var problem *rollout.Problem
	t.within, problem = duration("within", within, 0)
	add("within", problem)
	if problem == nil && !within.IsNull() && !within.IsUnknown() && t.within == 0 {
		p := msgNoTime.With("kind", k.Name)
		add("within", &p)
	}
	t.atPlan, problem = word("at_plan", atPlan, planChecks, planWarns, planSkips)
	add("at_plan", problem)
	if t.atPlan == planChecks && t.within > 0 {
		if atPlan.ValueString() == planChecks {
			p := msgPlanLeavesNoTime.With("within", rollout.Short(t.within))
			add("at_plan", &p)
		}
		t.atPlan = planWarns
	}
	if k.Enforced != nil {
		p := t.enforces(k.Enforced.Attribute, stringOf(block, k.Enforced.Attribute), within)
		add(k.Enforced.Attribute, p)
	}
	return t, ownOf(ctx, k, block), problems
}

// enforces reads after how long what is missing is brought about. That takes time as
// well, so within has to be longer.
func (t *terms) enforces(name string, v, within types.String) *rollout.Problem {
	if v.IsNull() || v.IsUnknown() {
		return nil
	}
	d, problem := duration(name, v, 0)
	if problem != nil {
		return problem
	}
	if t.enforce = &d; !within.IsUnknown() && d >= t.within {
		p := msgEnforcedLate.With("attribute", name, "value", v.ValueString(), "within", cmp.Or(within.ValueString(), "not set"))
		return &p
	}
	return nil
}

// ownOf returns the block without what every requirement has, and with what a
// data source leaves out.
func ownOf(ctx context.Context, k preflight.Kind, block types.Object) types.Object {
	kinds, values := map[string]attr.Type{}, map[string]attr.Value{}
	for name, of := range block.AttributeTypes(ctx) {
		_, attribute := k.Attributes[name]
		if _, nested := k.Blocks[name]; attribute || nested {
			kinds[name], values[name] = of, block.Attributes()[name]
		}
	}
	for name, a := range k.Attributes {
		if _, has := kinds[name]; !has {
			kinds[name], values[name] = types.StringType, types.StringNull()
			if !a.GetType().Equal(types.StringType) {
				panic(fmt.Sprintf("requirement %s: a data source leaves out %s, which is no text", k.Name, name))
			}
		}
	}
	switch {
	case block.IsNull():
		return types.ObjectNull(kinds)
	case block.IsUnknown():
		return types.ObjectUnknown(kinds)
	}
	return types.ObjectValueMust(kinds, values)
}

// on applies the terms to what the kind's check said.
func (t terms) on(findings []rollout.Finding) []rollout.Finding {
	for i := range findings {
		f := &findings[i]
		f.Advisory = f.Advisory || t.advisory && f.Status != rollout.Passed
		f.Lenient = t.atPlan == planWarns
	}
	return findings
}

// patience is the memory of one requirement in one apply: since when it is not
// met, and how often in a row it was met since.
type patience struct {
	since, next time.Time
	met         int
	last        []rollout.Finding
	did         []string                     // what was brought about in this apply
	trouble     *rollout.Finding             // why what is missing could not be brought about
	kept        map[string][]rollout.Finding // by candidate: what passed for good
}

// keep remembers what passed, for a candidate of which it stays true.
func (p *patience) keep(candidate *rollout.Subject, found []rollout.Finding) {
	if of := made(candidate); of != "" && !slices.ContainsFunc(found, func(f rollout.Finding) bool { return f.Status != rollout.Passed }) {
		p.kept = map[string][]rollout.Finding{of: found}
	}
}

// keeps returns what passed for a candidate; nil where nothing has.
func (p *patience) keeps(candidate *rollout.Subject) []rollout.Finding {
	return p.kept[made(candidate)]
}

// made is what a candidate is, "" where nobody can tell.
func made(candidate *rollout.Subject) string {
	if candidate == nil || candidate.Facts["content"] == "" {
		return ""
	}
	return string(candidate.Revision) + " " + candidate.Facts["content"]
}

// due reports whether something has been missing for as long as that, and is waited
// for still.
func (p *patience) due(now time.Time, after *time.Duration) bool {
	first, _ := again(p.last)
	return after != nil && first != nil && p.met == 0 && now.Sub(p.since) >= *after
}

// early returns what was said last, where it is too early to look again.
func (p *patience) early(now time.Time) ([]rollout.Finding, bool) {
	if p.since.IsZero() || !now.Before(p.next) {
		return nil, false
	}
	return p.last, true
}

// take takes in what a look says, and returns what is made of it: what stops is
// to be looked at again while there is time, and what is met only after it was
// three times in a row. Time is over at a look that fails.
func (p *patience) take(now time.Time, within time.Duration, found []rollout.Finding) []rollout.Finding {
	failing := stopping(found) != nil
	if !failing {
		p.met++
	} else {
		p.met = 0
	}
	switch {
	case p.since.IsZero() && !failing, !failing && p.met >= inARow:
		*p = patience{kept: p.kept, did: p.did}
		return found
	case p.since.IsZero():
		p.since = now
	}
	over := failing && now.Sub(p.since) >= within
	pace := min(lookAgain, within/(inARow+1))
	for i := range found {
		f := &found[i]
		switch {
		case over && f.Stops():
			f.Retry = false // this was its time
			if p.trouble != nil {
				f.Why, f.Fix = p.trouble.Why, p.trouble.Fix
			}
			*f = f.Because(msgWithinOver, "why", f.Why, "fix", f.Fix, "waited", rollout.Short(now.Sub(p.since).Round(100*time.Millisecond)), "within", rollout.Short(within))
		case f.Stops():
			f.Again = pace
		case !failing && f.Status == rollout.Passed:
			f.Status, f.Again = rollout.Failed, pace
			*f = f.Because(msgNotYetBelieved, "why", f.Why, "times", p.met, "needed", inARow)
		}
	}
	p.next, p.last = now.Add(pace), found
	return found
}
