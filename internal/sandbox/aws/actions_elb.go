package aws

// elbActions: what changes a thing needs it by its ARN, what describes needs "*"
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html).
var elbActions = map[string]action{
	"DescribeListeners": anywhere, "DescribeRules": anywhere, "DescribeTargetGroups": anywhere, "DescribeTargetHealth": anywhere,
	"DescribeLoadBalancers": anywhere, "DescribeLoadBalancerAttributes": anywhere, "DescribeTargetGroupAttributes": anywhere,
	"DescribeListenerAttributes": anywhere, "DescribeTags": anywhere, "DescribeAccountLimits": anywhere,

	"ModifyListener":              {on: onParameter("ListenerArn"), mapped: true},
	"ModifyRule":                  {on: onParameter("RuleArn"), mapped: true},
	"CreateListener":              {on: onParameter("LoadBalancerArn"), mapped: true},
	"CreateRule":                  {on: onParameter("ListenerArn"), mapped: true},
	"DeleteListener":              {on: onParameter("ListenerArn"), mapped: true},
	"DeleteRule":                  {on: onParameter("RuleArn"), mapped: true},
	"DeleteTargetGroup":           {on: onParameter("TargetGroupArn"), mapped: true},
	"RegisterTargets":             {on: onParameter("TargetGroupArn"), mapped: true},
	"DeregisterTargets":           {on: onParameter("TargetGroupArn"), mapped: true},
	"ModifyTargetGroupAttributes": {on: onParameter("TargetGroupArn"), mapped: true},
	"AddTags":                     {on: onList("ResourceArns"), mapped: true},
	"RemoveTags":                  {on: onList("ResourceArns"), mapped: true},
}
