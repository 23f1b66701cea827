package aws_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// front is a balancer with two groups, of which the first is attached.
func (w *world) front() (aws.Balancer, *elb.Client) {
	w.t.Helper()
	b, err := w.CreateBalancer(w.t.Context(), "front", "blue", "green")
	if err != nil {
		w.t.Fatal(err)
	}
	return b, elb.NewFromConfig(w.config(w.Admin()))
}

// states lists targets as "10.0.0.1:8080 healthy", with the reason where there is one.
func states(ctx context.Context, t *testing.T, c *elb.Client, group string, ask ...string) string {
	t.Helper()
	in := &elb.DescribeTargetHealthInput{TargetGroupArn: &group}
	for _, a := range ask {
		in.Targets = append(in.Targets, types.TargetDescription{Id: &a})
	}
	out := ok[*elb.DescribeTargetHealthOutput](t)(c.DescribeTargetHealth(ctx, in))
	var all []string
	for _, d := range out.TargetHealthDescriptions {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s:%d %s %s", *d.Target.Id, *d.Target.Port, d.TargetHealth.State, d.TargetHealth.Reason)))
	}
	return strings.Join(all, ", ")
}

func TestTargetsBecomeHealthyAndDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	b, c := w.front()
	ctx, blue, green := t.Context(), b.Groups["blue"], b.Groups["green"]
	expect := func(what, group, want string, ask ...string) {
		t.Helper()
		if got := states(ctx, t, c, group, ask...); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	for _, g := range []string{blue, green} {
		if err := w.Register(ctx, g, "10.0.0.1", "10.0.0.1:9090"); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.elapse(time.Minute)
	expect("checked", blue, "10.0.0.1:8080 healthy, 10.0.0.1:9090 healthy")
	expect("not attached", green, "10.0.0.1:8080 unused Target.NotInUse, 10.0.0.1:9090 unused Target.NotInUse")
	if err := w.Forward(ctx, b.Listener, aws.Share{Group: blue, Weight: 100}, aws.Share{Group: green, Weight: 0}); err != nil {
		t.Fatal(err)
	}
	expect("just attached", green, "10.0.0.1:8080 initial Elb.RegistrationInProgress", "10.0.0.1")
	w.clock.elapse(20 * time.Second)
	expect("being checked", green, "10.0.0.1:8080 initial Elb.InitialHealthChecking", "10.0.0.1")
	w.clock.elapse(10 * time.Second)
	expect("at weight 0", green, "10.0.0.1:8080 healthy, 10.0.0.1:9090 healthy")
	if err := w.SetHealth(green, "10.0.0.1:9090", "Target.ResponseCodeMismatch"); err != nil {
		t.Fatal(err)
	}
	expect("bad", green, "10.0.0.1:8080 healthy, 10.0.0.1:9090 unhealthy Target.ResponseCodeMismatch")
	if err := w.SetAttribute(ctx, blue, "deregistration_delay.timeout_seconds", "60"); err != nil {
		t.Fatal(err)
	}
	_, err := c.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &blue, Targets: []types.TargetDescription{{Id: sdk.String("10.0.0.1")}}})
	if err != nil {
		t.Fatal(err)
	}
	expect("leaving", blue, "10.0.0.1:8080 draining Target.DeregistrationInProgress, 10.0.0.1:9090 healthy")
	_, err = c.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &blue, Targets: []types.TargetDescription{{Id: sdk.String("10.0.0.1")}}})
	refused(t, err, "InvalidTarget")
	w.clock.elapse(time.Minute)
	expect("left", blue, "10.0.0.1:9090 healthy")
	expect("left, and asked for", blue, "10.0.0.1:8080 unused Target.NotRegistered", "10.0.0.1")
	if err := w.Forward(ctx, b.Listener, aws.Share{Group: green, Weight: 1}); err != nil {
		t.Fatal(err)
	}
	expect("detached", blue, "10.0.0.1:9090 unused Target.NotInUse")
}

func TestListenersRefuseWhatAWSRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	b, c := w.front()
	set := func(weights ...int32) error {
		f := &types.ForwardActionConfig{}
		for i, n := range weights {
			arn := b.Groups[[]string{"blue", "green"}[i%2]]
			if i > 1 {
				arn += fmt.Sprint(i)
			}
			f.TargetGroups = append(f.TargetGroups, types.TargetGroupTuple{TargetGroupArn: &arn, Weight: sdk.Int32(n)})
		}
		_, err := c.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &b.Listener, DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: f}}})
		return err
	}
	refused(t, set(1000, 1), "ValidationError")
	refused(t, set(1, -1), "ValidationError")
	refused(t, set(1, 1, 1), "TargetGroupNotFound")
	refused(t, set(1, 1, 1, 1, 1, 1), "TooManyTargetGroups")
	if err := set(999, 0); err != nil {
		t.Fatal(err)
	}
	rules := ok[*elb.DescribeRulesOutput](t)(c.DescribeRules(t.Context(), &elb.DescribeRulesInput{ListenerArn: &b.Listener}))
	_, err := c.ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: rules.Rules[0].RuleArn, Actions: rules.Rules[0].Actions})
	refused(t, err, "OperationNotPermitted")
	rule, err := w.CreateRule(t.Context(), b.Listener, 5, "/api/*", aws.Share{Group: b.Groups["green"], Weight: 3})
	if err != nil {
		t.Fatal(err)
	}
	got := ok[*elb.DescribeRulesOutput](t)(c.DescribeRules(t.Context(), &elb.DescribeRulesInput{RuleArns: []string{rule}}))
	if n := *got.Rules[0].Actions[0].ForwardConfig.TargetGroups[0].Weight; n != 3 {
		t.Errorf("the weight is %d", n)
	}
}

func TestGroupsKnowWhoNamesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	b, c := w.front()
	ctx := t.Context()
	named := func(in *elb.DescribeTargetGroupsInput) string {
		t.Helper()
		var all []string
		for _, g := range ok[*elb.DescribeTargetGroupsOutput](t)(c.DescribeTargetGroups(ctx, in)).TargetGroups {
			all = append(all, fmt.Sprintf("%s %d", *g.TargetGroupName, len(g.LoadBalancerArns)))
		}
		return strings.Join(all, ", ")
	}
	if got := named(&elb.DescribeTargetGroupsInput{}); got != "blue 1, green 0" {
		t.Errorf("at first: %s", got)
	}
	if err := w.Forward(ctx, b.Listener, aws.Share{Group: b.Groups["green"], Weight: 0}); err != nil {
		t.Fatal(err)
	}
	if got := named(&elb.DescribeTargetGroupsInput{}); got != "blue 0, green 1" {
		t.Errorf("moved: %s", got)
	}
	if got := named(&elb.DescribeTargetGroupsInput{LoadBalancerArn: &b.ARN}); got != "green 1" {
		t.Errorf("of the balancer: %s", got)
	}
	other, err := w.CreateBalancer(ctx, "other", "red")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &other.Listener, DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: sdk.String(b.Groups["green"])}}})
	refused(t, err, "TargetGroupAssociationLimit")
}
