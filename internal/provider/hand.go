package provider

import (
	"context"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// hand is what it takes to tell what a person did to traffic since the last apply.
type hand struct {
	*core
	d      *deployment
	before place
	opened platform.Place
}

func (a *application) hand() hand { return hand{a.core, &a.d, a.before, a.opened} }
func (p *planning) hand() hand    { return hand{p.core, &p.d, p.before, p.opened} }

// lose blocks what a person took traffic off by hand, be it promoted or held in
// the middle of its rollout: it is not to come back with an unrelated merge.
// Where the wanted revision has everything, it took it: perhaps in an apply
// that died before it could write that down.
func (h hand) lose(ctx context.Context, rec *record, o rollout.Observation, candidate rollout.Revision) {
	left := rec.leftRouting(o)
	if left == nil || o.Routing.HasAll(candidate) || engine.OriginOf(o.Routing, left, h.d.ladder) != engine.Foreign {
		return
	}
	for _, r := range []rollout.Revision{rollout.Revision(rec.Promoted.ValueString()), rollout.Revision(rec.Revision.ValueString())} {
		if r == "" || r == left.Home || o.Routing.Split[r] >= left.Split[r] {
			continue
		}
		if of, err := h.leftIn(ctx, rec, r).Subject(ctx, r); err == nil {
			rec.block(r, of.Facts["content"], "somebody took traffic off it by hand")
		}
	}
}

// leftIn tells what the last apply left in a revision: of a place, the block of
// that apply says it, and the one of this apply what is to be in it next.
func (h hand) leftIn(ctx context.Context, rec *record, r rollout.Revision) rollout.Target {
	if rec.slots && h.before.kind != nil && h.before.kind.Name == h.d.kind.Name {
		if was, err := h.before.open(ctx, h.core); err == nil && was.Candidate == r {
			return was.Target
		}
	}
	return h.opened.Target
}
