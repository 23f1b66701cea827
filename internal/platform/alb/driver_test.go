package alb

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// TestActionsThatAreNotKnown: what could not be written back as it is, is refused.
func TestActionsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	r := (&routed{actions: []types.Action{{Type: "teleport"}, {Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(arnOf("blue"))}}}).found()
	if _, err := r.with(r.shares()); !errors.Is(err, rollout.ErrInvalid) || !strings.Contains(err.Error(), "teleport") {
		t.Errorf("it is written back: %v", err)
	}
	b := &balancer{place: place{balancer: "app/front/1"}, last: r}
	if f := b.shape(); len(f) != 1 || f[0].Status != rollout.Failed || !strings.Contains(f[0].Why, "teleport") {
		t.Errorf("it is found %+v", f)
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		group group
		why   string
	}{
		"another of the name":    {group{arn: strings.Replace(arnOf("green"), "50dc", "60dc", 1)}, "Another target group of that name"},
		"of another balancer":    {group{arn: arnOf("green"), TargetGroup: types.TargetGroup{LoadBalancerArns: []string{"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/other/1"}}}, "belongs to another load balancer"},
		"of a function":          {group{arn: arnOf("green"), TargetGroup: types.TargetGroup{TargetType: types.TargetTypeEnumLambda}}, "Lambda function"},
		"as it should be":        {group{arn: arnOf("green")}, ""},
		"sticky without a group": {group{arn: arnOf("green"), sticky: true}, "keeps users at one target"},
	} {
		b := &balancer{
			place:  place{partition: "aws", region: "eu-west-1", account: "123456789012", balancer: "app/front/1"},
			groups: map[rollout.Revision]*group{"green": &c.group}, settings: settings{group: arnOf("green"), content: "2"},
		}
		found := b.fits(rollout.Observation{Routing: rollout.Routing{Split: rollout.All("blue")}})
		if c.why == "" && len(found) > 0 || c.why != "" && (len(found) != 1 || !strings.Contains(found[0].Why, c.why)) {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

func TestRoomIsWholeTargets(t *testing.T) {
	t.Parallel()
	healthy := func(n int) *group {
		g := &group{}
		for range n {
			g.targets = append(g.targets, types.TargetHealthDescription{TargetHealth: &types.TargetHealth{State: types.TargetHealthStateEnumHealthy}})
		}
		return g
	}
	for _, c := range []struct {
		fleet, has int
		room       rollout.Weight
	}{{10, 10, 10_000}, {10, 12, 10_000}, {10, 1, 1000}, {10, 0, 0}, {3, 1, 3330}, {3, 2, 6660}, {0, 1, 10_000}, {0, 0, 0}} {
		if got := (fleet{"blue", c.fleet}).room(healthy(c.has)); got != c.room {
			t.Errorf("%d of a fleet of %d have room for %s, want %s", c.has, c.fleet, got, c.room)
		}
	}
	// The fleet is that of who served at first, also after a promotion.
	f := fleet{}.with(rollout.Routing{Split: rollout.All("blue")}, map[rollout.Revision]*group{"blue": healthy(10)})
	f = f.with(rollout.Routing{Split: rollout.Split{"blue": 9000, "green": 1000}}, map[rollout.Revision]*group{"blue": healthy(8), "green": healthy(20)})
	f = f.with(rollout.Routing{Split: rollout.All("green"), Home: "blue"}, map[rollout.Revision]*group{"blue": healthy(8), "green": healthy(20)})
	if f.size != 10 || f.room(healthy(8)) != 8000 {
		t.Errorf("the fleet is %+v", f)
	}
}

// TestQuiet: the deregistration delay is waited for to its end, unless nothing has
// been asked of what lost its traffic for a while, and figures say so.
func TestQuiet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings settings
		asked    bool // somebody still reaches what lost its traffic
		silent   bool // nobody asks anything of anybody: no figure says anything
		want     time.Duration
	}{
		"without quiet":            {settings{}, false, false, 10 * time.Minute},
		"quiet":                    {settings{quiet: 2 * time.Minute}, false, false, 0},
		"somebody is still asking": {settings{quiet: 2 * time.Minute}, true, false, 10 * time.Minute},
		"no figures":               {settings{quiet: 2 * time.Minute}, false, true, 10 * time.Minute},
		"a long request":           {settings{quiet: 2 * time.Minute, longest: 8 * time.Minute}, false, false, 10 * time.Minute},
		"drain":                    {settings{drain: aws.Duration(time.Minute)}, false, false, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, false)
			h.must(t, h.box.SetAttribute(t.Context(), h.balancer.Groups["blue"], "deregistration_delay.timeout_seconds", "600"))
			b := h.open(t, c.settings)
			o, err := b.Observe(t.Context(), "blue", "green")
			h.must(t, err)
			h.must(t, b.Apply(t.Context(), rollout.Routing{Split: rollout.All("green")}, o.Token))
			_, err = b.Observe(t.Context(), "blue", "green")
			h.must(t, err)
			for range 6 {
				if !c.silent {
					_, err := h.box.LoadListener(t.Context(), h.balancer.Listener, "/", 20)
					h.must(t, err)
				}
				if c.asked {
					h.set(t, map[rollout.Revision]int{"blue": 1, "green": 0})
					_, err := h.box.LoadListener(t.Context(), h.balancer.Listener, "/", 1)
					h.must(t, err)
					h.set(t, map[rollout.Revision]int{"blue": 0, "green": 100})
				}
				h.clock.Advance(time.Minute)
			}
			if o, err = b.Observe(t.Context(), "blue", "green"); err != nil || o.InFlight != c.want {
				t.Errorf("in flight is %s (%v), want %s", o.InFlight, err, c.want)
			}
		})
	}
}

// TestDraining: where targets are being deregistered, they are waited for until they
// are unused.
func TestDraining(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	b := h.open(t, settings{quiet: time.Minute})
	o, err := b.Observe(t.Context())
	h.must(t, err)
	h.must(t, b.Apply(t.Context(), rollout.Routing{Split: rollout.All("green")}, o.Token))
	_, err = b.Observe(t.Context(), "blue")
	h.must(t, err)
	h.clock.Advance(25 * time.Second)
	h.must(t, h.box.Deregister(t.Context(), h.balancer.Groups["blue"], h.addresses("blue")...))
	if o, err = b.Observe(t.Context(), "blue"); err != nil || o.InFlight != 55*time.Second {
		t.Errorf("while targets leave, in flight is %s (%v), want 55s", o.InFlight, err)
	}
	h.clock.Advance(31 * time.Second)
	if o, err = b.Observe(t.Context(), "blue"); err != nil || o.InFlight != 30*time.Second {
		t.Errorf("after they left, in flight is %s (%v), want 30s", o.InFlight, err)
	}
}

// TestReasons: what Amazon ECS and Auto Scaling say stands in the reason.
func TestReasons(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	h.Break(t, "green")
	o, err := h.Target(t).Observe(t.Context(), "green")
	h.must(t, err)
	for _, want := range []string{"the deployment of green failed", "Amazon ECS says", "its last task stopped: Essential container in task exited"} {
		if got := o.Health["green"].Reason; !strings.Contains(got, want) {
			t.Errorf("the reason is %q, without %q", got, want)
		}
	}
	arn := strings.Replace(h.services["green"], ":service/main/green", ":task-definition/app:2", 1)
	h.json(t, "RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{map[string]any{"name": "app", "image": "app2", "memory": 128, "cpu": 1}}}, nil)
	h.json(t, "UpdateService", map[string]any{"cluster": cluster, "service": "green", "taskDefinition": "app:1", "forceNewDeployment": true}, nil)
	h.clock.Advance(time.Minute)
	o, err = h.open(t, settings{cluster: cluster, group: h.balancer.Groups["green"], content: arn}).Observe(t.Context())
	h.must(t, err)
	if got := o.Health["green"]; got.State != rollout.Starting || !strings.Contains(got.Reason, "green runs app:1, and is to run app:2") {
		t.Errorf("with another task definition it is %+v", got)
	}
}

// TestWhatIsBehindHasToBeWhatIsWanted: a deployment that is over says nothing where it
// is of something else, as after a circuit breaker has rolled back; and what holds
// something else than what was judged is broken.
func TestWhatIsBehindHasToBeWhatIsWanted(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	h.json(t, "RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{map[string]any{"name": "app", "image": "app2", "memory": 128, "cpu": 1}}}, nil)
	deploys := func(definition string) {
		h.json(t, "UpdateService", map[string]any{"cluster": cluster, "service": "green", "taskDefinition": definition, "forceNewDeployment": true}, nil)
		h.clock.Advance(time.Minute)
	}
	b := h.open(t, settings{cluster: cluster, group: h.balancer.Groups["green"], content: "two", behind: "app:2"})
	looks := func(state rollout.State, says string) {
		t.Helper()
		o, err := b.Observe(t.Context())
		h.must(t, err)
		if got := o.Health["green"]; got.State != state || !strings.Contains(got.Reason, says) {
			t.Errorf("it is %+v, want %s: %s", got, state, says)
		}
	}
	looks(rollout.Starting, "green runs app:1, and is to run app:2")
	deploys("app:2")
	looks(rollout.Ready, "")
	h.set(t, map[rollout.Revision]int{"blue": 90, "green": 10})
	looks(rollout.Ready, "")
	deploys("app:1")
	looks(rollout.Broken, "somebody brought something else there: green runs app:1, and was to run app:2")
	deploys("app:2")
	h.set(t, map[rollout.Revision]int{"blue": 100, "green": 0})
	looks(rollout.Broken, "green runs app:1") // who was broken stays so
}

// TestWayHomeIsACommandOrAForm: home need not be attached; and where a person has to
// choose, no weight is given to anybody by guessing.
func TestWayHomeIsACommandOrAForm(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	b := h.open(t, settings{})
	_, err := b.Observe(t.Context())
	h.must(t, err)
	blue, green := h.balancer.Groups["blue"], h.balancer.Groups["green"]
	for r, want := range map[rollout.Revision]string{
		"blue": `{"TargetGroupArn":"` + blue + `","Weight":100},{"TargetGroupArn":"` + green + `","Weight":0}]`,
		"grey": `{"TargetGroupArn":"` + blue + `","Weight":0},{"TargetGroupArn":"` + green + `","Weight":0},{"TargetGroupArn":"arn:aws:elasticloadbalancing:` +
			h.box.Region() + ":" + h.box.Account() + `:targetgroup/grey/ID","Weight":100}]`,
		"<the good one>": `{"TargetGroupArn":"` + blue + `","Weight":<100 if blue is the good one, otherwise 0>},{"TargetGroupArn":"` + green +
			`","Weight":<100 if green is the good one, otherwise 0>}]`,
	} {
		if got := b.wayHome(r); !strings.Contains(got, want) {
			t.Errorf("to %s it is\n%s\nwithout\n%s", r, got, want)
		}
	}
}

// TestScaling: instances of an Auto Scaling group whose launch template has another
// version are not what is wanted yet, its failures are told, and its policies are
// warned of.
func TestScaling(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	subnet, err := h.box.Query(t.Context(), "ec2", url.Values{"Action": {"DescribeSubnets"}, "Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {h.balancer.VPC}})
	h.must(t, err)
	_, subnet, _ = strings.Cut(subnet, "<subnetId>")
	subnet, _, _ = strings.Cut(subnet, "</subnetId>")
	for _, form := range []url.Values{
		{"Action": {"CreateLaunchConfiguration"}, "LaunchConfigurationName": {"app"}, "ImageId": {"ami-12c6146b"}, "InstanceType": {"t2.micro"}},
		{"Action": {"CreateAutoScalingGroup"}, "AutoScalingGroupName": {"other"}, "MinSize": {"0"}, "MaxSize": {"1"}, "DesiredCapacity": {"0"}, "LaunchConfigurationName": {"app"}, "VPCZoneIdentifier": {subnet}},
		{"Action": {"CreateAutoScalingGroup"}, "AutoScalingGroupName": {"blue"}, "MinSize": {"0"}, "MaxSize": {"2"}, "DesiredCapacity": {"1"}, "LaunchConfigurationName": {"app"}, "VPCZoneIdentifier": {subnet}, "TargetGroupARNs.member.1": {h.balancer.Groups["blue"]}},
		{"Action": {"PutScalingPolicy"}, "AutoScalingGroupName": {"blue"}, "PolicyName": {"cpu"}, "PolicyType": {"SimpleScaling"}, "AdjustmentType": {"ChangeInCapacity"}, "ScalingAdjustment": {"-1"}},
	} {
		_, err := h.box.Query(t.Context(), "autoscaling", form)
		h.must(t, err)
	}
	h.box.Activity("blue", "Failed", "Your quota allows for 0 more running instance(s).")
	b := h.open(t, settings{})
	of := &group{TargetGroup: types.TargetGroup{TargetType: types.TargetTypeEnumInstance}, arn: h.balancer.Groups["blue"]}
	least, now, who, err := b.shrinks(t.Context(), of)
	if err != nil || least != 0 || now != 1 || !strings.Contains(who, "the policy cpu of the Auto Scaling group blue") {
		t.Errorf("it shrinks from %d to %d by %q: %v", now, least, who, err)
	}
	if got := b.says(t.Context(), of); !strings.Contains(got, "blue of Auto Scaling says: Your quota allows for 0 more running instance(s). (Failed)") {
		t.Errorf("it says %q", got)
	}
	a := &scaler{Version: "7", Instances: []machine{{ID: "i-1", Version: "6"}, {ID: "i-2", Version: "7"}, {ID: "i-3"}}}
	if n := a.outdated(); n != 1 {
		t.Errorf("%d are outdated, want 1", n)
	}
	a.Template, a.Instances[1].Template = "lt-new", "lt-old" // made anew, its versions begin again
	if n := a.outdated(); n != 2 {
		t.Errorf("of another template, %d are outdated, want 2", n)
	}
	a.Others = []source{{"lt-old", "$Latest"}} // that some types of instances have
	if n := a.outdated(); n != 0 {
		t.Errorf("of a template of their type, %d are outdated, want 0", n)
	}
	a.Others = nil
	for words, other := range map[string]bool{"": false, "7": false, "lt-new:7": false, "6": true, "lt-old:7": true} {
		if a.startsOther(words) != other {
			t.Errorf("with %q behind it, instances are started from something else: %v", words, !other)
		}
	}
	if a.Version = "$Latest"; a.outdated() != 0 || a.startsOther("6") {
		t.Error("what is not known is told as outdated")
	}
}
