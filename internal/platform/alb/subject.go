package alb

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// front is the load balancer itself.
type front struct {
	dns  string
	idle time.Duration
}

// usualIdle is the idle timeout that nobody has set otherwise
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html).
const usualIdle = time.Minute

// fronted reads the load balancer, once.
func (t *balancer) fronted(ctx context.Context) (*front, error) {
	if t.front != nil {
		return t.front, nil
	}
	arn := t.balancerARN()
	out, err := call(ctx, t, "read the load balancer "+arn, func(ctx context.Context, c *elb.Client) (*elb.DescribeLoadBalancersOutput, error) {
		return c.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
	})
	if err != nil {
		return nil, err
	}
	attributes, err := call(ctx, t, "read the attributes of "+arn, func(ctx context.Context, c *elb.Client) (*elb.DescribeLoadBalancerAttributesOutput, error) {
		return c.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
	})
	if err != nil {
		return nil, err
	}
	f := &front{idle: usualIdle}
	for _, b := range out.LoadBalancers {
		f.dns = aws.ToString(b.DNSName)
	}
	for _, a := range attributes.Attributes {
		if n, err := strconv.Atoi(aws.ToString(a.Value)); err == nil && aws.ToString(a.Key) == "idle_timeout.timeout_seconds" {
			f.idle = time.Duration(n) * time.Second
		}
	}
	t.front = f
	return f, nil
}

// Subject implements rollout.Target. A group has no address of its own but the one
// that the block gives the candidate.
func (t *balancer) Subject(ctx context.Context, r rollout.Revision) (rollout.Subject, error) {
	if t.last == nil || t.groups[r] == nil {
		if _, err := t.Observe(ctx, r); err != nil {
			return rollout.Subject{}, err
		}
	}
	g := t.groups[r]
	if g == nil {
		return rollout.Subject{}, fmt.Errorf("the target group %s %w", r, rollout.ErrGone)
	}
	of := rollout.Subject{Revision: r, Facts: t.facts(r, g)}
	if r == t.settings.wanted() {
		of.URL = t.settings.preview
	}
	if shown, _ := fromNative(t.last.shares()); shown.HasAll(r) {
		of.ServiceURL = t.address
	}
	return of, nil
}

// facts name a group as ARNs and CloudWatch do. What is in it, the block says of
// the one that is wanted: an image by digest, or whatever else.
func (t *balancer) facts(r rollout.Revision, g *group) map[string]string {
	content := g.arn
	if r == t.settings.wanted() && t.settings.content != "" {
		content = t.settings.content
	}
	out := map[string]string{
		"account": t.account, "region": t.region, "revision": string(r), "content": content,
		"load_balancer": t.balancer, "listener": t.listenerARN(), "target_group": dimension(g.arn), "target_group_arn": g.arn,
	}
	if strings.Contains(content, "@sha256:") { // who names content by its image says which one runs
		out["image"] = content
	}
	return out
}

// address is the users' own way in: the host that a rule is for, or the name of the
// load balancer.
func (t *balancer) address(ctx context.Context) (string, error) {
	if t.settings.url != "" {
		return t.settings.url, nil
	}
	f, err := t.fronted(ctx)
	if err != nil {
		return "", err
	}
	protocol, port := t.last.protocol, t.last.port
	if t.rule != "" {
		l, err := t.readListener(ctx)
		if err != nil {
			return "", err
		}
		protocol, port = l.Protocol, aws.ToInt32(l.Port)
	}
	host := t.last.host(f.dns)
	if port != map[types.ProtocolEnum]int32{types.ProtocolEnumHttp: 80, types.ProtocolEnumHttps: 443}[protocol] {
		host += ":" + strconv.Itoa(int(port))
	}
	return strings.ToLower(string(protocol)) + "://" + host, nil
}

// host is the one that a rule asks for, where it asks for a single one.
func (r *routed) host(otherwise string) string {
	for _, c := range r.conditions {
		if c.HostHeaderConfig == nil || len(c.HostHeaderConfig.Values) != 1 {
			continue
		}
		if h := c.HostHeaderConfig.Values[0]; !strings.ContainsAny(h, "*?") {
			return h
		}
	}
	return otherwise
}

// wayHome is the command with which a person takes all traffic back to r. It
// replaces all actions, so it has them all, as they were read.
func (t *balancer) wayHome(r rollout.Revision) string {
	from := t.last
	if from == nil {
		from = (&routed{actions: []types.Action{{Type: types.ActionTypeEnumForward}}}).found()
	}
	if shares := from.shares(); len(shares) > 0 && !groupName.MatchString(string(r)) {
		return t.command(from.toChoose(shares, strings.Trim(string(r), "<>")))
	}
	shares, known := from.shares(), t.arns()
	if w := t.settings.wanted(); known[w] == "" {
		known[w] = t.settings.group
	}
	if known[r] == "" { // only its id is missing
		known[r] = fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:targetgroup/%s/ID", t.partition, t.region, t.account, r)
	}
	for i := range shares { // a name stands for one group
		known[name(shares[i].arn)] = shares[i].arn
	}
	var actions []types.Action
	groups, err := toNative(rollout.Routing{Split: rollout.All(r)}, shares, known)
	if err == nil {
		actions, err = from.with(groups)
	}
	if err != nil { // five others are attached, or nothing forwards: then it forwards to r alone
		actions = []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(known[r])}}
	}
	return t.command(asJSON(actions))
}

// toChoose are the actions with a blank for each weight: who is to have everything is
// for a person to say.
func (r *routed) toChoose(shares []share, who string) string {
	var blanks []string
	for i := range shares {
		shares[i].weight = -1 - i // nobody has that
		blanks = append(blanks, fmt.Sprintf(`"Weight":%d}`, shares[i].weight), fmt.Sprintf(`"Weight":<100 if %s is %s, otherwise 0>}`, name(shares[i].arn), who))
	}
	actions, err := r.with(shares)
	if err != nil {
		actions = []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String("<ARN of " + who + ">")}}
	}
	return strings.NewReplacer(blanks...).Replace(asJSON(actions))
}

func (t *balancer) command(actions string) string {
	verb, which := "modify-listener", "--listener-arn %s --default-actions"
	if t.rule != "" {
		verb, which = "modify-rule", "--rule-arn %s --actions"
	}
	return fmt.Sprintf("aws elbv2 %s --region %s "+which+" '%s'", verb, t.region, t, strings.ReplaceAll(actions, "'", `'\''`))
}

// asJSON writes actions as AWS's own tools read them: members of the SDK's types
// have the names of the API, and what is not set is left out.
func asJSON(actions []types.Action) string {
	text, _ := json.Marshal(actions) // plain structs
	var plain any
	_ = json.Unmarshal(text, &plain) // it was written a moment ago
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // a person reads it
	_ = e.Encode(set(plain))
	return strings.TrimSpace(out.String())
}

func set(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member == nil || member == "" {
				delete(v, name)
				continue
			}
			v[name] = set(member)
		}
	case []any:
		for i := range v {
			v[i] = set(v[i])
		}
	}
	return v
}

func (t *balancer) console() string {
	kind, arn := "listener", t.listenerARN()
	if t.rule != "" {
		kind, arn = "rule", t.String()
	}
	return fmt.Sprintf("https://%s.console.aws.amazon.com/ec2/home?region=%s#ELBListenerDetailsPage:%sArn=%s", t.region, t.region, kind, arn)
}
