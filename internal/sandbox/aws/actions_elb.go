package aws

import "fmt"

// elbActions: what changes a thing needs it by its ARN, what describes needs "*"
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html).
var elbActions = map[string]action{
	"DescribeListeners":     {do: (*Sandbox).recalled, mapped: true},
	"DescribeRules":         {do: (*Sandbox).recalled, mapped: true},
	"DescribeTargetGroups":  {do: (*Sandbox).describeTargetGroups, mapped: true},
	"DescribeTargetHealth":  {do: (*Sandbox).describeTargetHealth, mapped: true},
	"DescribeLoadBalancers": anywhere, "DescribeLoadBalancerAttributes": anywhere, "DescribeTargetGroupAttributes": anywhere,
	"DescribeListenerAttributes": anywhere, "DescribeTags": anywhere, "DescribeAccountLimits": anywhere,

	"ModifyListener":              {on: onParameter("ListenerArn"), also: describePool, do: (*Sandbox).remembered, mapped: true},
	"ModifyRule":                  {on: onParameter("RuleArn"), also: describePool, do: (*Sandbox).remembered, mapped: true},
	"CreateListener":              {on: onParameter("LoadBalancerArn"), do: (*Sandbox).route, mapped: true},
	"CreateRule":                  {on: onParameter("ListenerArn"), do: (*Sandbox).route, mapped: true},
	"DeleteListener":              {on: onParameter("ListenerArn"), do: (*Sandbox).moved, mapped: true},
	"DeleteRule":                  {on: onParameter("RuleArn"), do: (*Sandbox).moved, mapped: true},
	"DeleteTargetGroup":           {on: onParameter("TargetGroupArn"), mapped: true},
	"RegisterTargets":             {on: onParameter("TargetGroupArn"), do: (*Sandbox).registerTargets, mapped: true},
	"DeregisterTargets":           {on: onParameter("TargetGroupArn"), do: (*Sandbox).deregisterTargets, mapped: true},
	"ModifyTargetGroupAttributes": {on: onParameter("TargetGroupArn"), mapped: true},
	"DeleteLoadBalancer":          {on: onParameter("LoadBalancerArn"), do: (*Sandbox).moved, mapped: true},
	"AddTags":                     {on: onList("ResourceArns"), mapped: true},
	"RemoveTags":                  {on: onList("ResourceArns"), mapped: true},
}

// describePool is needed by who writes actions that authenticate users with Amazon
// Cognito
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#cognito-requirements).
func describePool(_ *Sandbox, r *request) []need {
	var out []need
	for _, field := range []string{"Actions", "DefaultActions"} {
		for i := 1; r.form.Has(fmt.Sprintf("%s.member.%d.Type", field, i)); i++ {
			if pool := r.form.Get(fmt.Sprintf("%s.member.%d.AuthenticateCognitoConfig.UserPoolArn", field, i)); pool != "" {
				out = append(out, need{"cognito-idp:DescribeUserPoolClient", pool})
			}
		}
	}
	return out
}
