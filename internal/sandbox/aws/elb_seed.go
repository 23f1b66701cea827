package aws

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// A Balancer is an application load balancer that a test made.
type Balancer struct {
	ARN, Listener string
	Groups        map[string]string // ARNs by name
	VPC           string
}

// CreateBalancer makes a VPC, an application load balancer in it, a listener on
// port 80 and target groups of addresses on port 8080, checked every 30 seconds.
// The listener forwards everything to the first group; the others are not attached.
func (s *Sandbox) CreateBalancer(ctx context.Context, name string, groups ...string) (Balancer, error) {
	m := maker{s: s, ctx: ctx}
	b := Balancer{Groups: map[string]string{}}
	b.VPC = m.make("ec2", "vpcId", url.Values{"Action": {"CreateVpc"}, "CidrBlock": {"10.0.0.0/16"}})
	form := url.Values{"Action": {"CreateLoadBalancer"}, "Name": {name}}
	for i, zone := range []string{"a", "b"} {
		form.Set("Subnets.member."+strconv.Itoa(i+1), m.make("ec2", "subnetId", url.Values{
			"Action": {"CreateSubnet"}, "VpcId": {b.VPC}, "CidrBlock": {fmt.Sprintf("10.0.%d.0/24", i)}, "AvailabilityZone": {s.o.Region + zone},
		}))
	}
	b.ARN = m.make("elasticloadbalancing", "LoadBalancerArn", form)
	for _, g := range groups {
		b.Groups[g] = m.make("elasticloadbalancing", "TargetGroupArn", url.Values{
			"Action": {"CreateTargetGroup"}, "Name": {g}, "Protocol": {"HTTP"}, "Port": {"8080"}, "VpcId": {b.VPC}, "TargetType": {"ip"},
		})
	}
	if len(groups) > 0 {
		b.Listener = m.make("elasticloadbalancing", "ListenerArn", url.Values{
			"Action": {"CreateListener"}, "LoadBalancerArn": {b.ARN}, "Protocol": {"HTTP"}, "Port": {"80"},
			"DefaultActions.member.1.Type": {"forward"}, "DefaultActions.member.1.TargetGroupArn": {b.Groups[groups[0]]},
		})
	}
	return b, m.err
}

// A maker makes one thing after the other until something fails.
type maker struct {
	s   *Sandbox
	ctx context.Context
	err error
}

// make asks for a thing and returns a field of the answer.
func (m *maker) make(service, field string, form url.Values) string {
	if m.err != nil {
		return ""
	}
	out, err := m.s.call(m.ctx, service, m.s.o.Region, form)
	if err != nil {
		m.err = fmt.Errorf("%s: %w", form.Get("Action"), err)
	}
	return one(out, field)
}

// Forward is a foreign writer: it sets the weights of a listener, by the ARN of the
// groups, in the order of the arguments.
func (s *Sandbox) Forward(ctx context.Context, listener string, shares ...Share) error {
	form := url.Values{"Action": {"ModifyListener"}, "ListenerArn": {listener}}
	setForward(form, "DefaultActions", shares)
	_, err := s.call(ctx, "elasticloadbalancing", regionOf(listener), form)
	return err
}

// Weights are those of a listener's default action, by the ARN of the groups, as
// the data plane follows them.
func (s *Sandbox) Weights(listener string) map[string]int {
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	rules := s.balancing.routes[listener].rules
	out := map[string]int{}
	if len(rules) > 0 {
		for _, sh := range rules[len(rules)-1].shares {
			out[sh.Group] = sh.Weight
		}
	}
	return out
}

// A Share is a weight of a target group.
type Share struct {
	Group  string // ARN
	Weight int
}

func setForward(form url.Values, field string, shares []Share) {
	form.Set(field+".member.1.Type", "forward")
	for i, sh := range shares {
		at := fmt.Sprintf("%s.member.1.ForwardConfig.TargetGroups.member.%d.", field, i+1)
		form.Set(at+"TargetGroupArn", sh.Group)
		form.Set(at+"Weight", strconv.Itoa(sh.Weight))
	}
}

// CreateRule makes a rule of a listener for requests to a path pattern.
func (s *Sandbox) CreateRule(ctx context.Context, listener string, priority int, path string, shares ...Share) (arn string, err error) {
	form := url.Values{
		"Action": {"CreateRule"}, "ListenerArn": {listener}, "Priority": {strconv.Itoa(priority)},
		"Conditions.member.1.Field": {"path-pattern"}, "Conditions.member.1.PathPatternConfig.Values.member.1": {path},
	}
	setForward(form, "Actions", shares)
	out, err := s.call(ctx, "elasticloadbalancing", regionOf(listener), form)
	return one(out, "RuleArn"), err
}

// Register adds targets to a group, by address; Deregister takes them away.
func (s *Sandbox) Register(ctx context.Context, group string, addresses ...string) error {
	return s.setTargets(ctx, "RegisterTargets", group, addresses)
}

// Deregister begins the deregistration delay of targets.
func (s *Sandbox) Deregister(ctx context.Context, group string, addresses ...string) error {
	return s.setTargets(ctx, "DeregisterTargets", group, addresses)
}

func (s *Sandbox) setTargets(ctx context.Context, action, group string, addresses []string) error {
	form := url.Values{"Action": {action}, "TargetGroupArn": {group}}
	for i, a := range addresses {
		id, port, ok := strings.Cut(a, ":")
		form.Set(fmt.Sprintf("Targets.member.%d.Id", i+1), id)
		if ok {
			form.Set(fmt.Sprintf("Targets.member.%d.Port", i+1), port)
		}
	}
	_, err := s.call(ctx, "elasticloadbalancing", regionOf(group), form)
	return err
}

// SetHealth makes a target fail its checks from now on, with a reason such as
// "Target.ResponseCodeMismatch"; "" lets it pass them again.
func (s *Sandbox) SetHealth(group, address, reason string) error {
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	hit := false
	for _, t := range s.balancing.group(group).targets {
		if t.id == address || t.id+":"+t.port == address {
			t.bad, hit = reason, true
		}
	}
	if !hit {
		return fmt.Errorf("no target %s in %s", address, group)
	}
	return nil
}

// SetAttribute sets one of a target group's attributes, such as
// deregistration_delay.timeout_seconds.
func (s *Sandbox) SetAttribute(ctx context.Context, group, key, value string) error {
	_, err := s.call(ctx, "elasticloadbalancing", regionOf(group), url.Values{
		"Action": {"ModifyTargetGroupAttributes"}, "TargetGroupArn": {group}, "Attributes.member.1.Key": {key}, "Attributes.member.1.Value": {value},
	})
	return err
}

// regionOf is the region of an ARN.
func regionOf(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 4 {
		return ""
	}
	return parts[3]
}
