package alb

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/platformtest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	sandbox "github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) {
	for name, v := range map[string]string{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} {
		_ = os.Setenv(name, v) // the sandbox's own, and nobody's account
	}
	_, _ = os.Unsetenv("AWS_SESSION_TOKEN"), os.Unsetenv("AWS_PROFILE")
	os.Exit(awstest.Main(m))
}

func TestConformance(t *testing.T) {
	for _, of := range []string{"listener", "rule"} {
		t.Run(of, func(t *testing.T) {
			platformtest.Run(t, func(t *testing.T) platformtest.Harness {
				t.Helper()
				return newHarness(t, of == "rule")
			})
		})
	}
}

// harness is a load balancer on the sandbox with two groups, in each of which a
// service of ECS has registered four targets. Users stay with a group for twenty
// seconds, and who leaves has thirty. The listener's default action, or that of a
// rule behind an action that authenticates, forwards to both.
type harness struct {
	clock    *clocktest.Clock
	box      *sandbox.Sandbox
	clients  *cloud.Clients
	balancer sandbox.Balancer
	rule     string // its ARN, "" for the listener
	services map[string]string
	made     int

	machinesOf map[string]string // target groups of Auto Scaling, by slot
}

const (
	secret  = "hunter2-that-must-stay-secret" //nolint:gosec // invented
	cluster = "main"
	fourth  = 4
)

func newHarness(t *testing.T, rule bool) *harness {
	t.Helper()
	h := newBareHarness(t)
	h.group(t, "blue")
	h.group(t, "green")
	if rule {
		h.addRule(t)
	}
	h.set(t, map[rollout.Revision]int{"blue": 100, "green": 0})
	h.clock.Advance(time.Minute)
	return h
}

// newBareHarness has a load balancer, and groups without targets.
func newBareHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), services: map[string]string{}}
	h.box = awstest.New(t, sandbox.Options{Now: h.clock.Now, HealthChecks: 10 * time.Second, Deployments: 10 * time.Second, PageSize: 2})
	h.clients = cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: h.box.URL(), Region: h.box.Region()}, Clock: h.clock, UserAgent: "test"})
	var err error
	h.balancer, err = h.box.CreateBalancer(t.Context(), "front", "blue", "green")
	h.must(t, err)
	h.json(t, "CreateCluster", map[string]any{"clusterName": cluster}, nil)
	h.json(t, "RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{map[string]any{"name": "app", "image": "app", "memory": 128, "cpu": 1}}}, nil)
	return h
}

func (h *harness) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *harness) json(t *testing.T, action string, in, out any) {
	t.Helper()
	h.must(t, h.box.JSON(t.Context(), "ecs", "AmazonEC2ContainerServiceV20141113."+action, in, out))
}

func (h *harness) query(t *testing.T, form url.Values) string {
	t.Helper()
	out, err := h.box.Query(t.Context(), "elasticloadbalancing", form)
	h.must(t, err)
	return out
}

func (h *harness) sdk(t *testing.T) *elb.Client {
	t.Helper()
	c, err := h.clients.LoadBalancers(t.Context(), h.box.Region())
	h.must(t, err)
	return c
}

// group gives a group a service of ECS, and what that registers.
func (h *harness) group(t *testing.T, of string) {
	t.Helper()
	arn := h.balancer.Groups[of]
	if arn == "" {
		out := h.query(t, url.Values{"Action": {"CreateTargetGroup"}, "Name": {of}, "Protocol": {"HTTP"}, "Port": {"8080"}, "VpcId": {h.balancer.VPC}, "TargetType": {"ip"}})
		arn = regexp.MustCompile(`<TargetGroupArn>(.*?)</TargetGroupArn>`).FindStringSubmatch(out)[1]
		h.balancer.Groups[of] = arn
	}
	h.must(t, h.box.SetAttribute(t.Context(), arn, "deregistration_delay.timeout_seconds", "30"))
	var made struct {
		Service struct {
			Arn string `json:"serviceArn"`
		} `json:"service"`
	}
	h.json(t, "CreateService", map[string]any{
		"cluster": cluster, "serviceName": of, "taskDefinition": "app:1", "desiredCount": fourth,
		"loadBalancers": []any{map[string]any{"targetGroupArn": arn, "containerName": "app", "containerPort": 8080}},
	}, &made)
	h.services[of] = made.Service.Arn
	h.must(t, h.box.Register(t.Context(), arn, h.addresses(of)...))
	h.clock.Advance(time.Minute)
}

func (h *harness) addresses(of string) []string {
	at := slices.Index(slices.Sorted(keys(h.services)), of)
	var out []string
	for i := range fourth {
		out = append(out, fmt.Sprintf("10.0.%d.%d", 10+at+len(of)*5, i+4))
	}
	return out
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (h *harness) addRule(t *testing.T) {
	t.Helper()
	out := h.query(t, url.Values{
		"Action": {"CreateRule"}, "ListenerArn": {h.balancer.Listener}, "Priority": {"5"},
		"Conditions.member.1.Field": {"host-header"}, "Conditions.member.1.HostHeaderConfig.Values.member.1": {"shop.example.com"},
		"Conditions.member.2.Field": {"path-pattern"}, "Conditions.member.2.PathPatternConfig.Values.member.1": {"/api/*"},
		"Actions.member.1.Type": {"authenticate-oidc"}, "Actions.member.1.Order": {"1"},
		"Actions.member.1.AuthenticateOidcConfig.Issuer":                {"https://login.example.com"},
		"Actions.member.1.AuthenticateOidcConfig.AuthorizationEndpoint": {"https://login.example.com/auth"},
		"Actions.member.1.AuthenticateOidcConfig.TokenEndpoint":         {"https://login.example.com/token"},
		"Actions.member.1.AuthenticateOidcConfig.UserInfoEndpoint":      {"https://login.example.com/me"},
		"Actions.member.1.AuthenticateOidcConfig.ClientId":              {"shop"},
		"Actions.member.1.AuthenticateOidcConfig.ClientSecret":          {secret},
		"Actions.member.2.Type":                                         {"forward"}, "Actions.member.2.Order": {"2"},
		"Actions.member.2.ForwardConfig.TargetGroups.member.1.TargetGroupArn": {h.balancer.Groups["blue"]},
	})
	h.rule = regexp.MustCompile(`<RuleArn>(.*?)</RuleArn>`).FindStringSubmatch(out)[1]
}

// actions are those that are there now.
func (h *harness) actions(t *testing.T) ([]types.Action, []types.RuleCondition) {
	t.Helper()
	if h.rule == "" {
		out, err := h.sdk(t).DescribeListeners(t.Context(), &elb.DescribeListenersInput{ListenerArns: []string{h.balancer.Listener}})
		h.must(t, err)
		return out.Listeners[0].DefaultActions, nil
	}
	out, err := h.sdk(t).DescribeRules(t.Context(), &elb.DescribeRulesInput{RuleArns: []string{h.rule}})
	h.must(t, err)
	return out.Rules[0].Actions, out.Rules[0].Conditions
}

// set is another writer, with weights of its own.
func (h *harness) set(t *testing.T, weights map[rollout.Revision]int) {
	t.Helper()
	actions, _ := h.actions(t)
	for i, a := range actions {
		if a.AuthenticateOidcConfig != nil {
			a.AuthenticateOidcConfig.UseExistingClientSecret = aws.Bool(true)
			continue
		}
		f := &types.ForwardActionConfig{TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(20)}}
		for _, r := range []rollout.Revision{"blue", "green", "more-1", "more-2", "more-3"} {
			if w, ok := weights[r]; ok {
				f.TargetGroups = append(f.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String(h.balancer.Groups[string(r)]), Weight: aws.Int32(int32(w))}) //nolint:gosec // small
			}
		}
		actions[i].ForwardConfig, actions[i].TargetGroupArn = f, nil
	}
	var err error
	if h.rule == "" {
		_, err = h.sdk(t).ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &h.balancer.Listener, DefaultActions: actions})
	} else {
		_, err = h.sdk(t).ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: &h.rule, Actions: actions})
	}
	h.must(t, err)
}

func (h *harness) place(t *testing.T) place {
	t.Helper()
	arn := h.balancer.Listener
	if h.rule != "" {
		arn = h.rule
	}
	p, err := parse(arn)
	h.must(t, err)
	return p
}

func (h *harness) open(t *testing.T, s settings) *balancer {
	t.Helper()
	return &balancer{place: h.place(t), clients: h.clients, settings: s}
}

func (h *harness) Limits() rollout.Limits    { return limits }
func (h *harness) Clock() platformtest.Clock { return h.clock }
func (h *harness) Old() rollout.Revision     { return "blue" }
func (h *harness) New() rollout.Revision     { return "green" }
func (h *harness) Secret() string            { return secret }
func (h *harness) Target(t *testing.T) rollout.Target {
	t.Helper()
	return h.open(t, settings{cluster: cluster})
}

func (h *harness) Permissions() (write, read string) {
	if h.rule == "" {
		return "elasticloadbalancing:ModifyListener", "elasticloadbalancing:DescribeListeners"
	}
	return "elasticloadbalancing:ModifyRule", "elasticloadbalancing:DescribeRules"
}

func (h *harness) Nowhere(t *testing.T) rollout.Target {
	t.Helper()
	b := h.open(t, settings{})
	b.listener = "0123456789abcdef"
	if b.rule != "" {
		b.rule = "0123456789abcdef"
	}
	return b
}

func (h *harness) Maker(t *testing.T, _ bool) (rollout.Target, rollout.Maker) {
	t.Helper()
	return h.Target(t), nil
}

func (h *harness) More(t *testing.T, n int) []rollout.Revision {
	t.Helper()
	var out []rollout.Revision
	for range n {
		h.made++
		r := fmt.Sprintf("more-%d", h.made)
		h.group(t, r)
		out = append(out, rollout.Revision(r))
	}
	return out
}

// Truth reads the weights in the XML, and rounds what users get to tenths of a
// percent.
func (h *harness) Truth(t *testing.T) rollout.Split {
	t.Helper()
	form := url.Values{"Action": {"DescribeListeners"}, "ListenerArns.member.1": {h.balancer.Listener}}
	if h.rule != "" {
		form = url.Values{"Action": {"DescribeRules"}, "RuleArns.member.1": {h.rule}}
	}
	sum, weights := 0, map[string]int{}
	for _, m := range regexp.MustCompile(`<TargetGroupArn>[^<]*:targetgroup/([^/]*)/[^<]*</TargetGroupArn>\s*<Weight>(\d+)</Weight>`).FindAllStringSubmatch(h.query(t, form), -1) {
		n, err := strconv.Atoi(m[2])
		h.must(t, err)
		weights[m[1]], sum = n, sum+n
	}
	out := rollout.Split{}
	for r, n := range weights {
		if n > 0 {
			out[rollout.Revision(r)] = rollout.Weight((n*1000+sum/2)/sum) * 10
		}
	}
	return out
}

func (h *harness) Writes() int {
	n := 0
	for _, c := range h.box.Calls() {
		if c.Effect {
			n++
		}
	}
	return n
}

func (h *harness) Meddle(t *testing.T, s rollout.Split) {
	t.Helper()
	weights := map[rollout.Revision]int{"blue": 0, "green": 0}
	for r, w := range s {
		weights[r] = int(w) / 100
	}
	h.set(t, weights)
}

func (h *harness) Break(t *testing.T, r rollout.Revision) {
	t.Helper()
	for _, at := range h.addresses(string(r)) {
		h.must(t, h.box.SetHealth(h.balancer.Groups[string(r)], at, "Target.ResponseCodeMismatch"))
	}
	h.box.FailDeployment(h.services[string(r)], "essential container exited")
	h.json(t, "UpdateService", map[string]any{"cluster": cluster, "service": string(r), "forceNewDeployment": true}, nil)
	h.box.StopTask(h.services[string(r)], "EssentialContainerExited", "Essential container in task exited")
	h.clock.Advance(time.Minute)
}

func (h *harness) Recreate(t *testing.T) {
	t.Helper()
	t.Fatal("a listener that is made anew has another ARN, and is another target")
}

// Foreign is everything but the weights.
func (h *harness) Foreign(t *testing.T) string {
	t.Helper()
	actions, conditions := h.actions(t)
	for _, a := range actions {
		if a.ForwardConfig != nil {
			a.ForwardConfig.TargetGroups = nil
		}
	}
	out := asJSON(actions)
	if h.rule != "" {
		kept, err := h.box.ClientSecrets(t.Context(), h.rule)
		h.must(t, err)
		out += strings.Join(kept, ",")
	}
	for _, c := range conditions {
		out += "; " + aws.ToString(c.Field)
		if c.HostHeaderConfig != nil {
			out += strings.Join(c.HostHeaderConfig.Values, ",")
		}
		if c.PathPatternConfig != nil {
			out += strings.Join(c.PathPatternConfig.Values, ",")
		}
	}
	return out
}

func (h *harness) Fault(t *testing.T, f platformtest.Fault) (remove func()) {
	t.Helper()
	write, read := h.Permissions()
	on := sandbox.Fault{Action: write}
	switch f {
	case platformtest.ThrottleTwice:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.Throttle, Action: "elasticloadbalancing:", Times: 2})
	case platformtest.UnavailableTwice:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.Unavailable, Action: read, Times: 2})
	case platformtest.LoseTheAnswer:
		on.Kind, on.Times = sandbox.LostAnswer, 1
	case platformtest.DropTheWrite:
		on.Kind, on.Times = sandbox.DropBefore, 1
	case platformtest.DenyWrites:
		on.Kind = sandbox.Denied
	case platformtest.DenyReads:
		on.Kind, on.Action = sandbox.Denied, read
	case platformtest.SettleLate:
		panic("weights are settled at once")
	case platformtest.ShowThePast:
		on.Kind, on.Action, on.D = sandbox.StaleRead, read, time.Minute
	case platformtest.WriteInBetween:
		on.Kind, on.Do = sandbox.Before, func() {
			h.must(t, h.box.SetAttribute(t.Context(), h.balancer.Groups["green"], "slow_start.duration_seconds", "30"))
		}
	case platformtest.MoveInBetween:
		on.Kind, on.Do = sandbox.Before, func() { h.Meddle(t, rollout.All("blue")) }
	case platformtest.HangReads:
		on.Kind, on.Action = sandbox.Hang, read
	}
	return h.box.Fault(on)
}

func (h *harness) Traits() platformtest.Traits {
	return platformtest.Traits{AlwaysKept: true, InFlight: 30 * time.Second, Pinned: 20 * time.Second, AtOnce: true, Nameless: true}
}
