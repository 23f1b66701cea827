package alb

import (
	"fmt"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// place is the ARN of a listener or of a rule, taken apart.
type place struct {
	partition, region, account string
	balancer                   string // "app/NAME/ID"
	listener, rule             string // their ids; no rule: the listener's default actions
}

// What ARNs of Elastic Load Balancing look like stands at
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html.
var (
	listenerARN = lazyregexp.New(`^arn:(aws[a-z-]*):elasticloadbalancing:([a-z0-9-]+):(\d{12}):listener/(app/[^/:]+/[^/:]+)/([^/:]+)$`)
	ruleARN     = lazyregexp.New(`^arn:(aws[a-z-]*):elasticloadbalancing:([a-z0-9-]+):(\d{12}):listener-rule/(app/[^/:]+/[^/:]+)/([^/:]+)/([^/:]+)$`)
	groupARN    = lazyregexp.New(`^arn:(aws[a-z-]*):elasticloadbalancing:([a-z0-9-]+):(\d{12}):targetgroup/([a-zA-Z0-9-]{1,32})/([^/:]+)$`)
	groupName   = lazyregexp.New(`^[a-zA-Z0-9-]{1,32}$`)
	clusterARN  = lazyregexp.New(`^arn:aws[a-z-]*:ecs:([a-z0-9-]+):(\d{12}):cluster/[a-zA-Z0-9_-]{1,255}$`)
)

// parse reads the ARN of a listener or of a rule.
func parse(arn string) (place, error) {
	if m := listenerARN.FindStringSubmatch(arn); m != nil {
		return place{m[1], m[2], m[3], m[4], m[5], ""}, nil
	}
	if m := ruleARN.FindStringSubmatch(arn); m != nil {
		return place{m[1], m[2], m[3], m[4], m[5], m[6]}, nil
	}
	return place{}, fmt.Errorf("%q is not arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/app/NAME/ID/ID, and not that of a listener-rule", arn)
}

func (p place) arn(kind, rest string) string {
	return fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:%s/%s%s", p.partition, p.region, p.account, kind, p.balancer, rest)
}

// String is the ARN of the listener or of the rule.
func (p place) String() string {
	if p.rule == "" {
		return p.listenerARN()
	}
	return p.arn("listener-rule", "/"+p.listener+"/"+p.rule)
}

func (p place) listenerARN() string { return p.arn("listener", "/"+p.listener) }
func (p place) balancerARN() string { return p.arn("loadbalancer", "") }

// name is what a group is called: its name is unique within region and account.
func name(arn string) rollout.Revision {
	parts := strings.Split(arn, "/")
	if len(parts) != 3 {
		return rollout.Revision(arn)
	}
	return rollout.Revision(parts[1])
}

// dimension is what CloudWatch calls a group: "targetgroup/NAME/ID"
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
func dimension(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
