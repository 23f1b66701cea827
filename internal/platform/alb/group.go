package alb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// group is a target group, as it was looked at.
type group struct {
	types.TargetGroup
	arn     string
	targets []types.TargetHealthDescription
	delay   time.Duration // of deregistration
	sticky  bool          // to single targets
}

// look reads several groups at once: who does not exist is nil afterwards.
func (t *balancer) look(ctx context.Context, r *routed, names []rollout.Revision) error {
	known := map[rollout.Revision]string{}
	for _, s := range r.shares() {
		known[name(s.arn)] = s.arn
	}
	if t.settings.group != "" && known[t.settings.wanted()] == "" {
		known[t.settings.wanted()] = t.settings.group
	}
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		found = map[rollout.Revision]*group{}
		errs  = make([]error, len(names)) // in the order of the names, whoever answers first
	)
	for i, v := range names {
		if v == "" || slices.Index(names, v) != i {
			continue
		}
		all.Go(func() {
			g, err := t.group(ctx, v, known[v])
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				found[v] = g
			case !errors.Is(err, rollout.ErrGone):
				errs[i] = err
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	t.groups = found
	return nil
}

// group reads a group by its ARN, or by its name where that is not known.
func (t *balancer) group(ctx context.Context, r rollout.Revision, arn string) (*group, error) {
	in := &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}}
	if arn == "" {
		in = &elb.DescribeTargetGroupsInput{Names: []string{string(r)}}
	}
	out, err := call(ctx, t, "read the target group "+string(r), func(ctx context.Context, c *elb.Client) (*elb.DescribeTargetGroupsOutput, error) {
		return c.DescribeTargetGroups(ctx, in)
	})
	if err != nil {
		return nil, err
	}
	if len(out.TargetGroups) != 1 {
		return nil, fmt.Errorf("the target group %s %w", r, rollout.ErrGone)
	}
	g := &group{TargetGroup: out.TargetGroups[0], arn: aws.ToString(out.TargetGroups[0].TargetGroupArn)}
	health, err := call(ctx, t, "read the health of "+string(r), func(ctx context.Context, c *elb.Client) (*elb.DescribeTargetHealthOutput, error) {
		return c.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &g.arn})
	})
	if err != nil {
		return nil, err
	}
	g.targets = health.TargetHealthDescriptions
	return g, t.attributes(ctx, r, g)
}

// What a group that nobody has set otherwise waits for who leaves
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay).
const usualDelay = 300 * time.Second

// attributes of a group are read once: a rollout goes by what it began with.
func (t *balancer) attributes(ctx context.Context, r rollout.Revision, g *group) error {
	if known, ok := t.kept.Load(g.arn); ok {
		if was, ok := known.(*group); ok {
			g.delay, g.sticky = was.delay, was.sticky
			return nil
		}
	}
	out, err := call(ctx, t, "read the attributes of "+string(r), func(ctx context.Context, c *elb.Client) (*elb.DescribeTargetGroupAttributesOutput, error) {
		return c.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &g.arn})
	})
	if err != nil {
		return err
	}
	g.delay = usualDelay
	for _, a := range out.Attributes {
		switch aws.ToString(a.Key) {
		case "deregistration_delay.timeout_seconds":
			if n, err := strconv.Atoi(aws.ToString(a.Value)); err == nil {
				g.delay = time.Duration(n) * time.Second
			}
		case "stickiness.enabled":
			g.sticky = aws.ToString(a.Value) == "true"
		}
	}
	t.kept.Store(g.arn, g)
	return nil
}

// healthy counts the targets that can be given requests. One whose checks are
// switched off is taken at its word
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
func (g *group) healthy() int {
	n := 0
	for _, d := range g.targets {
		if s := state(d); s == types.TargetHealthStateEnumHealthy || s == types.TargetHealthStateEnumUnavailable && d.TargetHealth.Reason == types.TargetHealthReasonEnumHealthCheckDisabled {
			n++
		}
	}
	return n
}

func state(d types.TargetHealthDescription) types.TargetHealthStateEnum {
	if d.TargetHealth == nil {
		return ""
	}
	return d.TargetHealth.State
}

func (g *group) has(states ...types.TargetHealthStateEnum) bool {
	return slices.ContainsFunc(g.targets, func(d types.TargetHealthDescription) bool { return slices.Contains(states, state(d)) })
}

// draining reports whether targets are being deregistered.
func (g *group) draining() bool {
	return g.has(types.TargetHealthStateEnumDraining, types.TargetHealthStateEnumUnhealthyDraining)
}

// checked reports whether the load balancer checks the targets: it does not, as
// long as no listener and no rule names the group.
func (g *group) checked() bool {
	return slices.ContainsFunc(g.targets, func(d types.TargetHealthDescription) bool {
		return state(d) != types.TargetHealthStateEnumUnused
	})
}

// longestReason is how much of AWS's own words is kept; longestDenial of those that
// name an action and the ARN of what it is about.
const (
	longestReason = 200
	longestDenial = 600
)

// count says how many targets there are, and what AWS says of the others.
func (g *group) count() string {
	if len(g.targets) == 0 {
		return "no target is registered"
	}
	var others []string
	counts := map[string]int{}
	for _, d := range g.targets {
		if s := state(d); s != types.TargetHealthStateEnumHealthy {
			word := string(s)
			if d.TargetHealth != nil && d.TargetHealth.Reason != "" {
				word += ", " + string(d.TargetHealth.Reason)
				if text := aws.ToString(d.TargetHealth.Description); text != "" {
					word += ": " + rollout.OneLine(text, longestReason)
				}
			}
			if counts[word]++; counts[word] == 1 {
				others = append(others, word)
			}
		}
	}
	out := fmt.Sprintf("%d of %d targets are healthy", g.healthy(), len(g.targets))
	for i, word := range others {
		others[i] = fmt.Sprintf("%d %s", counts[word], word)
	}
	if len(others) > 0 {
		out += " (" + strings.Join(others, "; ") + ")"
	}
	return out
}

// fleet is how many targets carry all traffic: those of the group that had most of
// it when this process first looked, as many as it has had at once since. Who
// serves keeps them until the watch is over.
type fleet struct {
	of   rollout.Revision
	size int
}

func (f fleet) with(shown rollout.Routing, groups map[rollout.Revision]*group) fleet {
	serving := shown.Split.Revisions()
	if len(serving) == 0 {
		return f
	}
	most := serving[0]
	if shown.Split[shown.Home] == shown.Split[most] {
		most = shown.Home // of two halves
	}
	if f.of == "" {
		f.of = most
	}
	if g := groups[f.of]; g != nil && f.of == most {
		f.size = max(f.size, g.healthy())
	}
	return f
}

// room is how much of the traffic a group could take: a rise to a weight needs that
// part of the fleet, rounded up, in healthy targets.
func (f fleet) room(g *group) rollout.Weight {
	switch {
	case g == nil, g.healthy() == 0:
		return 0
	case f.size == 0, g.healthy() >= f.size: // nobody serves, or as many as do
		return rollout.Whole
	}
	room := rollout.Whole * rollout.Weight(g.healthy()) / rollout.Weight(f.size)
	return room - room%limits.Grain
}
