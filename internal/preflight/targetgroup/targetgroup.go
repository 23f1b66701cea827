package targetgroup

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const describe = "elasticloadbalancing:DescribeTargetGroups"

// check implements rollout.Check.
type check struct {
	clients    *cloud.Clients
	group      cloud.AWSName
	sort, path string // "" for any
	port       int64  // 0 for any
	attached   *bool  // nil for either
}

// Run asks for the group.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.group.Given}
	region := c.clients.AWSRegion(ctx, c.group.Region)
	found, err := c.get(ctx, region)
	switch {
	case err != nil || ctx.Err() != nil:
		f = amazon.Unread(ctx, f, err, describe, " in "+region)
	case len(found) == 0:
		f = amazon.Gone(f, " in "+region)
	default:
		f = c.judge(f, found[0])
	}
	return []rollout.Finding{f}
}

func (c check) get(ctx context.Context, region string) ([]types.TargetGroup, error) {
	client, err := c.clients.LoadBalancers(ctx, region)
	if err != nil {
		return nil, err
	}
	in := &elasticloadbalancingv2.DescribeTargetGroupsInput{Names: []string{c.group.Name}}
	if c.group.Account != "" {
		in = &elasticloadbalancingv2.DescribeTargetGroupsInput{TargetGroupArns: []string{c.group.Given}}
	}
	out, err := client.DescribeTargetGroups(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("describe the target group: %w", err)
	}
	return out.TargetGroups, nil
}

// judge reads a group. An answer about another one is no answer. A group of
// functions has neither port nor protocol.
func (c check) judge(f rollout.Finding, found types.TargetGroup) rollout.Finding {
	f.Status = rollout.Failed
	port := int64(aws.ToInt32(found.Port))
	switch {
	case aws.ToString(found.TargetGroupArn) != c.group.Given && aws.ToString(found.TargetGroupName) != c.group.Name:
		return amazon.Odd(f)
	case c.sort != "" && string(found.TargetType) != c.sort:
		return f.Because(msgOtherType, "found", found.TargetType, "type", c.sort)
	case c.port != 0 && port != c.port:
		return f.Because(msgOtherPort, "found", port, "port", c.port)
	case c.path != "" && !aws.ToBool(found.HealthCheckEnabled):
		return f.Because(msgUnchecked)
	case c.path != "" && aws.ToString(found.HealthCheckPath) != c.path:
		return f.Because(msgOtherPath, "found", aws.ToString(found.HealthCheckPath), "path", c.path)
	}
	return c.used(f, found)
}

// used looks whether something names the group: only then it has a balancer.
func (c check) used(f rollout.Finding, found types.TargetGroup) rollout.Finding {
	attached := len(found.LoadBalancerArns) > 0
	switch {
	case c.attached == nil, *c.attached == attached:
	case attached:
		return f.Because(msgAttached, "balancers", strings.Join(found.LoadBalancerArns, ", "))
	default:
		f.Retry = true
		return f.Because(msgNotAttached)
	}
	f.Status, f.Why = rollout.Passed, "it exists, for targets of type "+string(found.TargetType)
	return f
}
