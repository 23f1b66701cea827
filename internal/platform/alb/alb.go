package alb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// oneCall is the longest that one request may take; the way home has seconds.
const oneCall = 30 * time.Second

// balancer is one listener, or one rule of it: where traffic is divided.
type balancer struct {
	place
	settings settings
	clients  *cloud.Clients

	last     *routed                     // as last observed
	groups   map[rollout.Revision]*group // that were looked at, as last observed
	kept     sync.Map                    // groups by ARN, whose attributes have been read
	fleet    fleet
	served   map[rollout.Revision]bool // who has had traffic while this process watched
	leaving  map[rollout.Revision]*leaving
	broke    string        // why the candidate was broken when it had traffic, "" if it was not
	replaced rollout.Token // what our last write replaced, until something else is seen
	front    *front        // the load balancer, once it was asked for
	services *services     // of the ECS cluster, once they were asked for
	scaling  map[string]*scaler
}

// routed is a listener or a rule, as it was read.
type routed struct {
	actions    []types.Action
	conditions []types.RuleCondition
	protocol   types.ProtocolEnum
	port       int32
	at         int // which action forwards; -1: none does
}

// Observe implements rollout.Target.
func (t *balancer) Observe(ctx context.Context, ask ...rollout.Revision) (rollout.Observation, error) {
	r, err := t.read(ctx)
	if err != nil {
		return rollout.Observation{}, err
	}
	o := t.observation(r)
	asked := slices.Concat(ask, o.Routing.Split.Revisions())
	if w := t.settings.wanted(); w != "" {
		asked = append(asked, w)
	}
	if o.Routing.Home != "" {
		asked = append(asked, o.Routing.Home)
	}
	if err := t.look(ctx, r, asked); err != nil {
		return rollout.Observation{}, err
	}
	t.last = r
	t.fleet = t.fleet.with(o.Routing, t.groups)
	for _, v := range asked {
		o.Health[v], o.Room[v] = t.health(ctx, v, o.Routing), t.fleet.room(t.groups[v])
	}
	o.InFlight = t.inFlight(ctx, o.Routing)
	return o, nil
}

// Glance implements rollout.Glancer: the actions tell where traffic goes.
func (t *balancer) Glance(ctx context.Context) (rollout.Observation, error) {
	r, err := t.read(ctx)
	if err != nil {
		return rollout.Observation{}, err
	}
	return t.observation(r), nil
}

// observation is what the listener or the rule itself tells. A change is settled
// as soon as it is shown: AWS tells nothing of how far it has got. The identity is
// the ARN, which has a random part: who is made anew has another.
//
// Cuts: at weight 0 nothing is cut yet, but whoever comes after us stops what has
// lost its traffic. So what is in flight is waited for while its targets are still
// registered.
func (t *balancer) observation(r *routed) rollout.Observation {
	o := rollout.Observation{
		Object: t.String(), Token: r.token(), Settled: true, Cuts: true, Pinned: r.pinned(),
		Health: map[rollout.Revision]rollout.Health{}, Room: map[rollout.Revision]rollout.Weight{},
	}
	o.Routing, o.Marked = fromNative(r.shares())
	if t.replaced != "" && t.replaced != o.Token {
		t.replaced = "" // what we wrote has been seen, or what somebody wrote since
	}
	return o
}

// call asks one action of load balancing, within the time that one request has.
func call[T any](ctx context.Context, t *balancer, doing string, ask func(context.Context, *elb.Client) (T, error)) (T, error) {
	var none T
	client, err := t.clients.LoadBalancers(ctx, t.region)
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	out, err := ask(ctx, client)
	if err != nil {
		return none, cloud.AWSError(doing, err)
	}
	return out, nil
}

// read reads the listener or the rule.
func (t *balancer) read(ctx context.Context) (*routed, error) {
	if t.rule == "" {
		l, err := t.readListener(ctx)
		if err != nil {
			return nil, err
		}
		return (&routed{actions: l.DefaultActions, protocol: l.Protocol, port: aws.ToInt32(l.Port)}).found(), nil
	}
	out, err := call(ctx, t, "read the rule "+t.String(), func(ctx context.Context, c *elb.Client) (*elb.DescribeRulesOutput, error) {
		return c.DescribeRules(ctx, &elb.DescribeRulesInput{RuleArns: []string{t.String()}})
	})
	if err != nil {
		return nil, err
	}
	for _, r := range out.Rules {
		if aws.ToString(r.RuleArn) == t.String() {
			return (&routed{actions: r.Actions, conditions: r.Conditions}).found(), nil
		}
	}
	return nil, fmt.Errorf("the rule %s %w", t, rollout.ErrGone)
}

func (t *balancer) readListener(ctx context.Context) (*types.Listener, error) {
	arn := t.listenerARN()
	out, err := call(ctx, t, "read the listener "+arn, func(ctx context.Context, c *elb.Client) (*elb.DescribeListenersOutput, error) {
		return c.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}})
	})
	if err != nil {
		return nil, err
	}
	for i := range out.Listeners {
		if aws.ToString(out.Listeners[i].ListenerArn) == arn {
			return &out.Listeners[i], nil
		}
	}
	return nil, fmt.Errorf("the listener %s %w", arn, rollout.ErrGone)
}

// found notes which action forwards: at most one does, and it is the last
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html).
func (r *routed) found() *routed {
	r.at = slices.IndexFunc(r.actions, func(a types.Action) bool { return a.Type == types.ActionTypeEnumForward })
	return r
}

// shares are the groups of the forward action.
func (r *routed) shares() []share {
	var out []share
	for _, g := range cloud.GroupShares(r.actions) {
		out = append(out, share{arn: g.ARN, weight: g.Weight})
	}
	return out
}

// pinned is how long a user stays with the group that answered first
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions).
func (r *routed) pinned() time.Duration {
	if r.at < 0 || r.actions[r.at].ForwardConfig == nil {
		return 0
	}
	s := r.actions[r.at].ForwardConfig.TargetGroupStickinessConfig
	if s == nil || !aws.ToBool(s.Enabled) {
		return 0
	}
	return time.Duration(aws.ToInt32(s.DurationSeconds)) * time.Second
}

// token is a digest of all that a write replaces. The order of the groups means
// nothing.
func (r *routed) token() rollout.Token {
	actions := slices.Clone(r.actions)
	if r.at >= 0 && actions[r.at].ForwardConfig != nil {
		f := *actions[r.at].ForwardConfig
		f.TargetGroups = slices.Clone(f.TargetGroups)
		slices.SortFunc(f.TargetGroups, func(a, b types.TargetGroupTuple) int {
			return strings.Compare(aws.ToString(a.TargetGroupArn), aws.ToString(b.TargetGroupArn))
		})
		actions[r.at].ForwardConfig = &f
	}
	text, _ := json.Marshal(actions) // plain structs
	sum := sha256.Sum256(text)
	return rollout.Token(hex.EncodeToString(sum[:]))
}

// with returns the actions with other groups in the forward action.
func (r *routed) with(groups []share) ([]types.Action, error) {
	if r.at < 0 {
		return nil, fmt.Errorf("%w: no action forwards to a target group", rollout.ErrInvalid)
	}
	out := slices.Clone(r.actions)
	for i, a := range out {
		if !slices.Contains(a.Type.Values(), a.Type) {
			return nil, fmt.Errorf("%w: there is an action of the type %q, which this version of the provider could not write back as it is", rollout.ErrInvalid, a.Type)
		}
		if a.AuthenticateOidcConfig != nil { // AWS does not tell the secret, and keeps it if it is asked to
			c := *a.AuthenticateOidcConfig
			c.ClientSecret, c.UseExistingClientSecret = nil, aws.Bool(true)
			out[i].AuthenticateOidcConfig = &c
		}
	}
	f := types.ForwardActionConfig{}
	if had := out[r.at].ForwardConfig; had != nil {
		f = *had
	}
	f.TargetGroups = nil
	for _, g := range groups {
		f.TargetGroups = append(f.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String(g.arn), Weight: aws.Int32(int32(g.weight))}) //nolint:gosec // at most 999
	}
	out[r.at].ForwardConfig, out[r.at].TargetGroupArn = &f, nil
	return out, nil
}

// Apply implements rollout.Target. Who has nothing yet, and could not take what is
// asked for, is attached at weight 0 instead, and that is an error.
func (t *balancer) Apply(ctx context.Context, want rollout.Routing, at rollout.Token) error {
	if err := limits.Validate(want); err != nil {
		return err
	}
	shown, err := t.shown(ctx, want, at)
	if err != nil {
		return err
	}
	for _, r := range want.Split.Revisions() {
		g := t.groups[r]
		if g == nil || shown.Split[r] > 0 || t.fleet.room(g) >= want.Split[r] {
			continue // toNative says that there is none; who serves may be given more
		}
		why := fmt.Errorf("%s cannot take %s of the traffic yet: %s", r, want.Split[r], g.count())
		if shown.Keeps(r) || shown.Home == r || len(shown.Split) == 0 {
			return why
		}
		shown.Keep = append(shown.Keep, r)
		if err := t.put(ctx, shown, at); err != nil {
			return err
		}
		return fmt.Errorf("%w; it was attached at weight 0, and its targets are being checked", why)
	}
	return t.put(ctx, want, at)
}

// shown is the routing that a token names, with a look at everybody who is to have
// something.
func (t *balancer) shown(ctx context.Context, want rollout.Routing, at rollout.Token) (rollout.Routing, error) {
	ask := slices.Concat(want.Split.Revisions(), want.Keep)
	unseen := func(r rollout.Revision) bool { return t.groups[r] == nil }
	if t.last == nil || t.last.token() != at || slices.ContainsFunc(ask, unseen) {
		if _, err := t.Observe(ctx, ask...); err != nil {
			return rollout.Routing{}, err
		}
	}
	if t.last.token() != at {
		return rollout.Routing{}, fmt.Errorf("%s: %w", t, rollout.ErrConflict)
	}
	shown, _ := fromNative(t.last.shares())
	return shown, nil
}

// put asks for a routing. The listener or rule is read again right before it is
// written, for AWS knows no precondition; what is done with what was read in between
// takes no time.
func (t *balancer) put(ctx context.Context, want rollout.Routing, at rollout.Token) error {
	r, err := t.read(ctx)
	if err != nil {
		return err
	}
	if r.token() != at || t.replaced == at { // what we replaced is a look at the past
		return fmt.Errorf("%s: %w", t, rollout.ErrConflict)
	}
	groups, err := toNative(want, r.shares(), t.arns())
	if err != nil {
		return err
	}
	actions, err := r.with(groups)
	if err != nil {
		return err
	}
	if err := t.write(ctx, actions); err != nil {
		return err
	}
	t.replaced = at
	return nil
}

func (t *balancer) write(ctx context.Context, actions []types.Action) error {
	if t.rule == "" {
		_, err := call(ctx, t, "modify the listener "+t.String(), func(ctx context.Context, c *elb.Client) (*elb.ModifyListenerOutput, error) {
			return c.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: aws.String(t.String()), DefaultActions: actions})
		})
		return err
	}
	_, err := call(ctx, t, "modify the rule "+t.String(), func(ctx context.Context, c *elb.Client) (*elb.ModifyRuleOutput, error) {
		return c.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: aws.String(t.String()), Actions: actions})
	})
	return err
}

// arns are those of the groups that were looked at.
func (t *balancer) arns() map[rollout.Revision]string {
	out := map[rollout.Revision]string{}
	for r, g := range t.groups {
		if g != nil {
			out[r] = g.arn
		}
	}
	return out
}
