package environment

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	describeListeners = "elasticloadbalancing:DescribeListeners"
	describeRules     = "elasticloadbalancing:DescribeRules"
)

// balanced reads a listener or a rule, and the service of Amazon ECS behind the
// group that it gives most traffic.
func (p place) balanced(ctx context.Context, clients *cloud.Clients) (deployed, trouble) {
	actions, t := p.actions(ctx, clients)
	if t != nil {
		return deployed{}, t
	}
	total, most := 0, cloud.GroupShare{}
	serving := 0
	for _, g := range cloud.GroupShares(actions) {
		total += g.Weight
		if g.Weight > 0 {
			serving++
		}
		if g.Weight > most.Weight {
			most = g
		}
	}
	if most.Weight == 0 {
		return deployed{}, p.says(rollout.Failed, msgNobody)
	}
	s, t := p.behind(ctx, clients, most.ARN)
	if t != nil {
		return deployed{}, t
	}
	out, t := p.serviceOf(ctx, clients, s)
	switch {
	case t != nil:
		return deployed{}, t
	case serving > 1:
		out.moving = "several target groups have traffic"
	case isMark(total):
		out.moving = "a rollout of it is not over: its mark stands in the weights"
	}
	return out, nil
}

// isMark tells the totals of weights that rollouts write while they go on
// (platform alb): from 800 on, and below 1000, which routings at rest may have.
func isMark(total int) bool { return total >= 800 && total < 1000 }

// actions are those of the listener or of the rule.
func (p place) actions(ctx context.Context, clients *cloud.Clients) ([]types.Action, trouble) {
	permission := describeListeners
	if p.sort == ofRule {
		permission = describeRules
	}
	client, err := clients.LoadBalancers(ctx, p.region)
	if err != nil {
		return nil, p.unread(permission, err)
	}
	limited, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	if p.sort == ofRule {
		out, err := client.DescribeRules(limited, &elb.DescribeRulesInput{RuleArns: []string{p.at}})
		if err != nil {
			return nil, p.unread(permission, err)
		}
		for _, r := range out.Rules {
			if aws.ToString(r.RuleArn) == p.at {
				return r.Actions, nil
			}
		}
		return nil, p.says(rollout.Skipped, msgOdd)
	}
	out, err := client.DescribeListeners(limited, &elb.DescribeListenersInput{ListenerArns: []string{p.at}})
	if err != nil {
		return nil, p.unread(permission, err)
	}
	for i := range out.Listeners {
		if aws.ToString(out.Listeners[i].ListenerArn) == p.at {
			return out.Listeners[i].DefaultActions, nil
		}
	}
	return nil, p.says(rollout.Skipped, msgOdd)
}

// behind is the service that registers its tasks in a group
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html).
func (p place) behind(ctx context.Context, clients *cloud.Clients, group string) (service, trouble) {
	const page = 10 // as many as one call describes
	for token := ""; ; {
		var list struct {
			Arns []string `json:"serviceArns"`
			Next string   `json:"nextToken"`
		}
		in := map[string]any{"cluster": p.cluster, "maxResults": page}
		if token != "" {
			in["nextToken"] = token
		}
		if err := p.ecs(ctx, clients, "ListServices", in, &list); err != nil {
			if cloud.AWSGone(err) { // the listener is there
				return service{}, p.says(rollout.Failed, msgNoClusterThere, "cluster", p.cluster, "sort", p.sort)
			}
			return service{}, p.unread(listServices, err)
		}
		if len(list.Arns) > 0 {
			found, t := p.services(ctx, clients, p.cluster, list.Arns...)
			if t != nil {
				return service{}, t
			}
			for _, s := range found {
				for _, b := range s.LoadBalancers {
					if b.Group == group && s.Status == "ACTIVE" {
						return s, nil
					}
				}
			}
		}
		if token = list.Next; token == "" {
			return service{}, p.says(rollout.Failed, msgNoService, "group", group, "cluster", p.cluster)
		}
	}
}
