package alb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check adapts a function to rollout.Check.
type check func(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding

func (c check) Run(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding {
	return c(ctx, candidate, live)
}

const checkName = "alb"

// requires is what the platform itself wants to be true before anything moves.
func (t *balancer) requires() []rollout.Check { return []rollout.Check{check(t.usable)} }

func (t *balancer) found(object string, status rollout.Status) rollout.Finding {
	return rollout.Finding{Check: checkName, Object: object, Status: status}
}

// object is what findings about the listener or rule are about.
func (t *balancer) object() string {
	kind := "listener"
	if t.rule != "" {
		kind = "rule"
	}
	parts := strings.Split(t.balancer, "/")
	return kind + " of " + parts[1]
}

// usable looks at the listener or rule, at who serves, and at the group that is
// wanted.
func (t *balancer) usable(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	o, err := t.Observe(ctx)
	if err != nil {
		return []rollout.Finding{t.unread(err)}
	}
	out := t.shape()
	if len(out) == 0 {
		passed := t.found(t.object(), rollout.Passed)
		passed.Why = "it forwards to target groups, and can be read"
		out = append(out, passed)
	}
	if _, err := t.fronted(ctx); err != nil {
		out = append(out, t.unread(err))
	}
	out = append(out, t.fits(o)...)
	if w := t.settings.wanted(); w == "" || o.Routing.HasAll(w) && o.Routing.Home == "" {
		return out // nothing is to move
	}
	out = append(out, t.inTime()...)
	out = append(out, t.countable(ctx)...)
	return append(out, t.keepsCapacity(ctx, o)...)
}

// countable asks for the figures of who serves, which quiet goes by: where they
// cannot be had, the whole delay is waited for, and that is better known before.
func (t *balancer) countable(ctx context.Context) []rollout.Finding {
	serving := t.last.serving()
	if t.settings.quiet == 0 || len(serving) == 0 || t.groups[serving[0]] == nil {
		return nil
	}
	g, now := t.groups[serving[0]], t.clients.Clock().Now().Truncate(minute)
	_, _, err := t.requests(ctx, g, now.Add(-minute), now)
	if err == nil {
		return nil
	}
	f := t.found("quiet of "+string(serving[0]), rollout.Skipped)
	f.Advisory = true
	return []rollout.Finding{f.Because(msgQuietUnread, "group", serving[0], "why", err)}
}

func (t *balancer) unread(err error) rollout.Finding {
	f := t.found(t.object(), rollout.Skipped)
	f.Retry = true
	var problem rollout.Problem
	switch {
	case errors.As(err, &problem): // there is nothing to sign with, or AWS does not take it
		f.Why, f.Fix = problem.What+": "+problem.Why, problem.Fix
		return f
	case errors.Is(err, rollout.ErrGone):
		f.Status = rollout.Failed
		return f.Because(msgGone)
	case errors.Is(err, rollout.ErrDenied):
		return f.Because(msgDenied, "why", err)
	default:
		return f.Because(msgUnread, "why", err)
	}
}

// shape looks at the actions.
func (t *balancer) shape() []rollout.Finding {
	failed := t.found(t.object(), rollout.Failed)
	if t.last.at < 0 {
		var kinds []string
		for _, a := range t.last.actions {
			kinds = append(kinds, string(a.Type))
		}
		return []rollout.Finding{failed.Because(msgNoForward, "kinds", strings.Join(kinds, " and "))}
	}
	shares := t.last.shares()
	if _, err := t.last.with(shares); err != nil {
		return []rollout.Finding{failed.Because(msgUnknownAction, "why", err)}
	}
	w := t.settings.wanted()
	if w != "" && len(shares) >= maxShares && !slices.ContainsFunc(shares, func(s share) bool { return name(s.arn) == w }) {
		return []rollout.Finding{failed.Because(msgTooManyGroups, "group", w)}
	}
	return nil
}

// fits looks at the group that is wanted, beside who serves.
func (t *balancer) fits(o rollout.Observation) []rollout.Finding {
	w := t.settings.wanted()
	g := t.groups[w]
	if w == "" || g == nil {
		return nil // that it is missing is said of the revision
	}
	var out []rollout.Finding
	failed := t.found(string(w), rollout.Failed)
	elsewhere := slices.DeleteFunc(slices.Clone(g.LoadBalancerArns), func(arn string) bool { return arn == t.balancerARN() })
	switch {
	case g.arn != t.settings.group:
		out = append(out, failed.Because(msgOtherGroup, "arn", t.settings.group, "other", g.arn))
	case g.TargetType == types.TargetTypeEnumLambda:
		out = append(out, failed.Because(msgFunctions, "group", w))
	case len(elsewhere) > 0:
		out = append(out, failed.Because(msgElsewhere, "group", w, "balancer", strings.Join(elsewhere, ", ")))
	}
	pinned := o.Pinned > 0
	for _, r := range append(o.Routing.Split.Revisions(), w) {
		if one := t.groups[r]; one != nil && one.sticky && !pinned {
			f := t.found("stickiness of "+string(r), rollout.Failed) // Terraform shows one warning of each title
			f.Advisory = true
			return append(out, f.Because(msgStickyAlone, "group", r))
		}
	}
	return out
}

// tooLong is how much longer than the longest request a deregistration delay is,
// where that is worth a word.
const tooLong = 4

// inTime compares the deregistration delay with what is in flight.
func (t *balancer) inTime() []rollout.Finding {
	var out []rollout.Finding
	for _, r := range t.last.serving() {
		g := t.groups[r]
		if g == nil {
			continue
		}
		f := t.found("deregistration delay of "+string(r), rollout.Failed)
		delay, longest := g.delay, t.settings.longest
		switch {
		case t.settings.drain != nil && *t.settings.drain < longest:
			out = append(out, f.Because(msgDrainTooShort, "drain", rollout.Short(*t.settings.drain), "longest", rollout.Short(longest)))
		case delay < longest:
			out = append(out, f.Because(msgDelayTooShort, "group", r, "delay", rollout.Short(delay), "longest", rollout.Short(longest),
				"region", t.region, "arn", g.arn, "seconds", int(longest/time.Second)))
		case longest > 0 && delay > tooLong*longest && t.settings.drain == nil && t.settings.quiet == 0:
			f.Advisory = true
			out = append(out, f.Because(msgDelayTooLong, "group", r, "delay", rollout.Short(delay), "longest", rollout.Short(longest)))
		}
		out = append(out, t.stays(r, delay)...)
	}
	return out
}

// stays says who is not moved by a weight.
func (t *balancer) stays(r rollout.Revision, delay time.Duration) []rollout.Finding {
	var out []rollout.Finding
	if t.settings.websockets {
		f := t.found("websockets of "+string(r), rollout.Failed)
		f.Advisory = true
		out = append(out, f.Because(msgWebsockets, "group", r, "delay", rollout.Short(delay)))
	}
	if pinned := t.last.pinned(); pinned > 0 && r != t.settings.wanted() {
		f := t.found("users kept at "+string(r), rollout.Failed)
		f.Advisory = true
		out = append(out, f.Because(msgKept, "group", r, "pinned", rollout.Short(pinned)))
	}
	return out
}

// serving are the groups with traffic, the largest share first.
func (r *routed) serving() []rollout.Revision {
	shown, _ := fromNative(r.shares())
	return shown.Split.Revisions()
}

// keepsCapacity looks for what would take targets from who serves while a candidate
// takes their traffic: then the way home is done in rungs.
func (t *balancer) keepsCapacity(ctx context.Context, o rollout.Observation) []rollout.Finding {
	var out []rollout.Finding
	for _, r := range o.Routing.Split.Revisions() {
		g := t.groups[r]
		if g == nil || r == t.settings.wanted() {
			continue
		}
		least, now, who, err := t.shrinks(ctx, g)
		f := t.found("capacity of "+string(r), rollout.Failed)
		f.Advisory = true
		switch {
		case err != nil:
			f.Status = rollout.Skipped
			out = append(out, f.Because(msgScalingUnread, "group", r, "why", err))
		case who != "":
			out = append(out, f.Because(msgShrinks, "group", r, "who", who, "least", least, "now", now))
		}
	}
	return out
}

// shrinks says who may take targets from a group by a policy, and how few it may
// leave; who is "" where nobody may.
func (t *balancer) shrinks(ctx context.Context, g *group) (least, now int, who string, err error) {
	if t.settings.cluster != "" {
		s, err := t.service(ctx, g)
		if err != nil || s == nil {
			return 0, 0, "", err
		}
		return t.serviceShrinks(ctx, s)
	}
	if g.TargetType != types.TargetTypeEnumInstance {
		return 0, 0, "", nil
	}
	a, err := t.scaler(ctx, g)
	if err != nil || a == nil || a.Min >= a.Desired {
		return 0, 0, "", err
	}
	var out struct {
		Policies []struct {
			Name    string `xml:"PolicyName"`
			Enabled string `xml:"Enabled"`
		} `xml:"DescribePoliciesResult>ScalingPolicies>member"`
	}
	err = t.autoscaling(ctx, "DescribePolicies", url.Values{"AutoScalingGroupName": {a.Name}}, &out)
	for _, p := range out.Policies {
		if p.Enabled != "false" {
			return a.Min, a.Desired, fmt.Sprintf("the policy %s of the Auto Scaling group %s", p.Name, a.Name), err
		}
	}
	return 0, 0, "", err
}

// serviceShrinks asks Application Auto Scaling
// (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html).
func (t *balancer) serviceShrinks(ctx context.Context, s *service) (least, now int, who string, err error) {
	var out struct {
		Targets []struct {
			ID  string `json:"ResourceId"`
			Min int    `json:"MinCapacity"`
		} `json:"ScalableTargets"`
	}
	id := "service/" + t.settings.cluster[strings.LastIndexByte(t.settings.cluster, '/')+1:] + "/" + s.Name
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	err = t.clients.AWSJSON(ctx, t.region, "application-autoscaling", "AnyScaleFrontendService.DescribeScalableTargets",
		map[string]any{"ServiceNamespace": "ecs", "ResourceIds": []string{id}, "ScalableDimension": "ecs:service:DesiredCount"}, &out)
	if err != nil {
		return 0, 0, "", cloud.AWSError("read how "+s.Name+" is scaled", err)
	}
	for _, one := range out.Targets {
		if one.ID == id && one.Min < s.Desired {
			return one.Min, s.Desired, "autoscaling of the service " + s.Name, nil
		}
	}
	return 0, 0, "", nil
}

// unsafe says what a change of the block would do to users who are served by the
// group that it is about: other content in a group that serves reaches them without
// a step.
func unsafe(before, now map[string]string, unknown bool, live rollout.Routing) *rollout.Problem {
	r := name(now["target_group"])
	if now["target_group"] == "" || now["target_group"] != before["target_group"] || live.Split[r] == 0 {
		return nil
	}
	switch {
	case unknown:
		return msgContentUnknown.Found("group", r, "weight", live.Split[r], "had", before["content"])
	case before["content"] != "" && now["content"] != before["content"]:
		return msgServingChanges.Found("group", r, "weight", live.Split[r], "had", before["content"], "content", now["content"])
	}
	return nil
}
