package targetgroup

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	sandbox "github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness {
		w, _ := start(t)
		return w
	})
}

func TestPermissions(t *testing.T) {
	preflighttest.Permissions(t, Kind(), func(t *testing.T) *preflighttest.OnAWS {
		w, _ := start(t)
		return w
	})
}

const passes = "passed: it exists, for targets of type ip"

// start is an account with a listener that forwards to blue, and with green, which
// nothing names.
func start(t *testing.T) (w *preflighttest.OnAWS, groups map[string]string) {
	w = preflighttest.NewOnAWS(t, Kind())
	b, err := w.CreateBalancer(t.Context(), "shop", "blue", "green")
	if err != nil {
		t.Fatal(err)
	}
	w.Block = values{"group": b.Groups["blue"], "type": "ip", "port": 8080, "health_check_path": "/", "attached": true, "region": w.Region()}
	w.Gone = func() { w.Block["group"] = "none" }
	return w, b.Groups
}

func TestGroup(t *testing.T) {
	w, groups := start(t)
	for given, why := range map[string]string{
		"blue":          passes,
		groups["green"]: passes,
		"none":          "failed, may pass: there is no such target group in eu-central-1",
		w.ARN("elasticloadbalancing", "targetgroup/none/0123456789abcdef"): "failed, may pass: there is no such target group in eu-central-1",
	} {
		w.Block = values{"group": given}
		preflighttest.Expect(t, w.Run(), why)
	}
	for at, c := range map[string]struct {
		given any
		why   string
	}{
		"type":              {"instance", "failed: its targets are of type ip, not instance"},
		"port":              {80, "failed: its port is 8080, not 80"},
		"health_check_path": {"/healthz", "failed: its health checks ask for /, not for /healthz"},
		"attached":          {true, "failed, may pass: no listener and no rule names it, so it gets no requests, and its targets are not checked"},
	} {
		w.Block = values{"group": "green", at: c.given}
		preflighttest.Expect(t, w.Run(), c.why)
	}
}

// A group is attached by a rule as well, at weight 0 too.
func TestAttached(t *testing.T) {
	w, groups := start(t)
	w.Block = values{"group": "green", "attached": false}
	preflighttest.Expect(t, w.Run(), passes)
	shown := struct {
		Listener string `xml:"DescribeListenersResult>Listeners>member>ListenerArn"`
		Balancer string `xml:"DescribeListenersResult>Listeners>member>LoadBalancerArn"`
	}{}
	var balancers struct {
		ARN string `xml:"DescribeLoadBalancersResult>LoadBalancers>member>LoadBalancerArn"`
	}
	w.Query("elasticloadbalancing", "2015-12-01", "DescribeLoadBalancers", &balancers)
	w.Query("elasticloadbalancing", "2015-12-01", "DescribeListeners", &shown, "LoadBalancerArn", balancers.ARN)
	if _, err := w.CreateRule(t.Context(), shown.Listener, 10, "/api/*", sandbox.Share{Group: groups["blue"], Weight: 100}, sandbox.Share{Group: groups["green"], Weight: 0}); err != nil {
		t.Fatal(err)
	}
	preflighttest.Expect(t, w.Run(), "failed: it is attached to "+balancers.ARN)
	w.Block["attached"] = true
	preflighttest.Expect(t, w.Run(), passes)
}

func TestUnchecked(t *testing.T) {
	c := check{path: "/"}
	preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, types.TargetGroup{HealthCheckEnabled: aws.Bool(false)})}, "failed: its health checks are off")
	c.group.Name, c.group.Given = "another", "another"
	preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, types.TargetGroup{TargetGroupName: aws.String("green")})}, "skipped: Elastic Load Balancing answered with something else than that target group")
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/blue/0123456789abcdef"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":          {values{"group": arn, "type": "lambda", "port": 65535, "health_check_path": "/", "attached": false, "region": "eu-west-1"}, nil},
		"unknown":      {values{"group": preflighttest.Unknown, "type": preflighttest.Unknown, "port": preflighttest.Unknown, "health_check_path": preflighttest.Unknown, "attached": preflighttest.Unknown}, nil},
		"a balancer":   {values{"group": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/0123456789abcdef"}, []string{"group"}},
		"an address":   {values{"group": "blue.example.com"}, []string{"group"}},
		"nothing":      {values{"group": ""}, []string{"group"}},
		"another type": {values{"group": "blue", "type": "ecs"}, []string{"type"}},
		"no ports":     {values{"group": "blue", "port": 0}, []string{"port"}},
		"a high port":  {values{"group": "blue", "port": 65536}, []string{"port"}},
		"no path":      {values{"group": "blue", "health_check_path": "healthz"}, []string{"health_check_path"}},
		"two regions":  {values{"group": arn, "region": "eu-west-2"}, []string{"region"}},
	})
}
