package provider

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// enforce brings about what was waited for as long as configuration says. Where
// anything else is missing it does nothing: what is stopped for a release that does
// not come is stopped in vain.
func (r requirements) enforce(ctx context.Context, c *core, l look, results [][]rollout.Finding) {
	var due []int
	for i, one := range r.list {
		switch {
		case one.patience.due(c.clock.Now(), one.enforce):
			due = append(due, i)
		case stopping(results[i]) != nil:
			return
		}
	}
	for _, i := range due {
		if ctx.Err() == nil {
			results[i] = r.list[i].bring(ctx, c, l, results[i])
		}
	}
}

// bring brings about what a requirement found missing, and returns what is to be said
// of it now.
func (r requirement) bring(ctx context.Context, c *core, l look, found []rollout.Finding) []rollout.Finding {
	check, err := r.kind.Open(ctx, r.block, c.clients)
	if err != nil {
		return found // the next look says so
	}
	did, trouble := check.(rollout.Enforcer).Enforce(ctx) //nolint:forcetypeassert // a test holds every kind to it
	if did != "" {
		did = about(found[0]) + ": " + did
		r.patience.did = append(r.patience.did, did)
		l.tell(did)
	}
	if r.patience.trouble = trouble; trouble == nil {
		return found
	}
	if trouble.Retry {
		trouble.Again = found[0].Again
	}
	r.patience.last = r.on([]rollout.Finding{*trouble})
	return r.patience.last
}

// enforcedBy says in an apply what was brought about: it changed something that is not
// in any state.
func (r requirements) enforcedBy(d *diag.Diagnostics) {
	for _, one := range r.list {
		for _, what := range one.patience.did {
			at := in(one.at, anchor(one.kind.Attributes), rollout.Problem{}).at
			addWarning(d, at, msgEnforced.With("what", what, "attribute", one.kind.Enforced.Attribute))
		}
	}
}

// does says for plans what is brought about, of what, and after how long; "" where
// nothing is.
func (r requirement) does(ctx context.Context) string {
	if r.enforce == nil {
		return ""
	}
	object := cmp.Or(r.kind.Object(ctx, r.block), "what is not known yet")
	return strings.NewReplacer("{object}", object, "{after}", rollout.Short(*r.enforce)).Replace(r.kind.Enforced.Does)
}

// foretold is what a plan found, with what an apply does about it.
func (r requirement) foretold(ctx context.Context, found []rollout.Finding) []rollout.Finding {
	for i, f := range found {
		if f.Enforceable {
			found[i] = f.Because(msgEnforcedInApply, "why", f.Why, "within", rollout.Short(r.within), "does", r.does(ctx))
		}
	}
	return found
}

// enforced is the event that says what was brought about.
func enforced(what string, at time.Time) rollout.Event {
	return rollout.Event{At: at, Kind: "enforce", Why: what}
}
