package alb

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// health says whether a group can serve
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
// One that nothing names is not checked: it is ready to be attached, and has no
// room. At weight 0 what fails its checks may still be starting. With traffic,
// nothing healthy is broken, and so is what holds something else than was asked for:
// it was never judged. A candidate that was broken stays so for this process, also
// when its targets recover without traffic.
func (t *balancer) health(ctx context.Context, r rollout.Revision, shown rollout.Routing) rollout.Health {
	g, weight := t.groups[r], shown.Split[r]
	if g == nil {
		return rollout.Health{State: rollout.Missing}
	}
	if h := t.holds(ctx, r, g, shown); h.State != rollout.Ready {
		return h
	}
	named := weight > 0 || shown.Home == r || shown.Keeps(r)
	switch {
	case g.healthy() > 0, !named && !g.checked():
		return rollout.Health{State: rollout.Ready}
	case weight > 0 && !g.has(types.TargetHealthStateEnumInitial):
		h := rollout.Health{State: rollout.Broken, Reason: g.count() + t.says(ctx, g)}
		if r == t.settings.wanted() {
			t.broke = h.Reason
		}
		return h
	}
	return rollout.Health{State: rollout.Starting, Reason: g.count() + t.says(ctx, g)}
}

// holds says whether a group has what it is to have, as far as that can be told, and
// was not broken before.
func (t *balancer) holds(ctx context.Context, r rollout.Revision, g *group, shown rollout.Routing) rollout.Health {
	switch {
	case shown.Split[r] > 0:
		if why := t.swapped(ctx, g); why != "" {
			t.broke = why
			return rollout.Health{State: rollout.Broken, Reason: why}
		}
	case r == t.settings.wanted() && t.broke != "":
		return rollout.Health{State: rollout.Broken, Reason: t.broke}
	case r != shown.Home:
		return t.behind(ctx, g)
	}
	return rollout.Health{State: rollout.Ready}
}

// behind looks at what registers the targets of a group that has no traffic: until
// that has brought what is wanted, healthy targets may be the ones from before.
func (t *balancer) behind(ctx context.Context, g *group) rollout.Health {
	if t.settings.cluster != "" {
		s, err := t.service(ctx, g)
		if err != nil {
			return rollout.Health{State: rollout.Starting, Reason: "what Amazon ECS does cannot be seen: " + err.Error()}
		}
		if s != nil {
			return t.rolled(ctx, g, s)
		}
	}
	if g.TargetType != types.TargetTypeEnumInstance {
		return rollout.Health{State: rollout.Ready}
	}
	a, err := t.scaler(ctx, g)
	switch {
	case err != nil:
		return rollout.Health{State: rollout.Starting, Reason: "what Auto Scaling does cannot be seen: " + err.Error()}
	case a == nil:
		return rollout.Health{State: rollout.Ready}
	}
	if wants := t.settings.brings(g); a.startsOther(wants) {
		return rollout.Health{State: rollout.Starting, Reason: fmt.Sprintf("%s starts instances from %s, and is to start them from %s", a.Name, a.template(), wants)}
	}
	if n := a.outdated(); n > 0 {
		return rollout.Health{State: rollout.Starting, Reason: fmt.Sprintf("%d of %d instances of %s were not started from version %s of its launch template", n, len(a.Instances), a.Name, a.version())}
	}
	return rollout.Health{State: rollout.Ready}
}

// swapped is what was brought into a group past the rollout, in the place of what is
// wanted there; "" where nothing was, or nobody can tell.
func (t *balancer) swapped(ctx context.Context, g *group) string {
	wants := t.settings.brings(g)
	if wants == "" {
		return ""
	}
	s, a, err := t.owner(ctx, g)
	switch {
	case err != nil:
		return ""
	case s != nil:
		if has := s.definitions(); len(has) > 0 && !isCalled(has[0], wants) {
			return fmt.Sprintf("somebody brought something else there: %s runs %s, and was to run %s", s.Name, short(has[0]), short(wants))
		}
	case a != nil && a.startsOther(wants):
		return fmt.Sprintf("somebody brought something else there: %s starts instances from %s, and was to start them from %s", a.Name, a.template(), wants)
	}
	return ""
}

// says is what the platform behind a group says of its trouble, "" where it says
// nothing.
func (t *balancer) says(ctx context.Context, g *group) string {
	if t.settings.cluster != "" {
		if s, err := t.service(ctx, g); err == nil && s != nil {
			return t.serviceSays(ctx, s)
		}
	}
	if g.TargetType == types.TargetTypeEnumInstance {
		if a, err := t.scaler(ctx, g); err == nil && a != nil {
			return t.scalerSays(ctx, a)
		}
	}
	return ""
}
