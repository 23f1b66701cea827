package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// shortest is how long every session of AWS lasts at least
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html): of
// one that does not tell when it ends, nothing is said for shorter rollouts.
const shortest = 15 * time.Minute

// takes is how long an apply may need its credentials, the way home included.
// Who was promoted before comes back without steps, unless they are asked for.
func (d *deployment) takes(returns bool, home time.Duration) time.Duration {
	if !returns || d.ladder.ReturnBySteps || d.ladder.OneStep {
		return d.length() + home
	}
	only := *d
	only.ladder.Steps = nil
	return only.length() + home
}

// returns reports whether a revision was promoted before.
func (r *record) returns(candidate rollout.Revision) bool {
	for _, before := range append(r.before(), rollout.Revision(r.Promoted.ValueString())) {
		if candidate != "" && candidate == before {
			return true
		}
	}
	return false
}

// endsTooSoon returns how long credentials last, where that is not long enough.
func endsTooSoon(end cloud.End, now time.Time, takes time.Duration) (left time.Duration, soon bool) {
	if end.At.IsZero() || !end.At.Before(now.Add(takes)) {
		return 0, false
	}
	return max(0, end.At.Sub(now)), true
}

// endOf asks when the credentials of a place end. Where that cannot be asked,
// neither can anything else, which says so itself.
func endOf(ctx context.Context, p platform.Place) cloud.End {
	if p.Ends == nil {
		return cloud.End{}
	}
	end, err := p.Ends(ctx)
	if err != nil {
		return cloud.End{}
	}
	return end
}

// outlast refuses to begin a rollout that would lose its credentials on the way:
// traffic would stay where it is then, and nobody could take it home. What is
// under way goes on, for who refuses that does not take it home either.
func (c *course) outlast(ctx context.Context, a *application, o rollout.Observation, candidate rollout.Revision) {
	if c.refuse != nil || c.adopt || underWay(o.Routing, candidate) || o.Routing.HasAll(candidate) {
		return
	}
	now, takes := a.clock.Now(), a.d.takes(a.record.returns(candidate), reserve(a.timeout, o))
	if left, soon := endsTooSoon(endOf(ctx, a.opened), now, takes); soon {
		c.refuse = msgCredentialsEnd.Found("takes", rollout.Short(takes), "left", rollout.Short(left.Truncate(time.Second)))
	}
}

// lasts warns of credentials that end too soon. Those of an apply may be others.
func (p *planning) lasts(ctx context.Context, candidate rollout.Revision, diags *diag.Diagnostics) {
	if !p.d.ladderKnown || !p.d.gatesKnown || p.shows.Routing.HasAll(candidate) {
		return
	}
	end := endOf(ctx, p.opened)
	takes := p.d.takes(p.prior.returns(candidate), reserve(p.d.defaultTimeout(), p.shows))
	if left, soon := endsTooSoon(end, p.clock.Now(), takes); soon {
		addWarning(diags, p.d.line(), msgCredentialsOfPlanEnd.With("takes", rollout.Short(takes), "left", rollout.Short(left.Truncate(time.Second))))
	} else if end.Unknown && takes > shortest {
		addWarning(diags, p.d.line(), msgCredentialsEndUnknown.With("takes", rollout.Short(takes)))
	}
}
