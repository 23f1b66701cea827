package alb

import "github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"

// What a permission is about
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html).
// What describes load balancing, Auto Scaling and metrics knows no resource.
const (
	onListener = "arn:{partition}:elasticloadbalancing:{region}:{account}:listener/app/{balancer}"
	onRule     = "arn:{partition}:elasticloadbalancing:{region}:{account}:listener-rule/app/{balancer}"
	onService  = "arn:{partition}:ecs:{region}:{account}:service/{cluster}/*"
	onTask     = "arn:{partition}:ecs:{region}:{account}:task/{cluster}/*"
	onAll      = "*"
)

const (
	withECS     = "with `ecs_cluster`"
	withScaling = "with targets of Auto Scaling"
	inSlot      = ", for data `rollout_slot`"
)

// permissions are all that is asked of an account.
func permissions() []cloud.Permission {
	return []cloud.Permission{
		{Action: "elasticloadbalancing:DescribeListeners", Resource: onAll, Phase: cloud.AtPlan},
		{Action: "elasticloadbalancing:DescribeRules", Resource: onAll, Phase: cloud.AtPlan, Where: "for a `rule`"},
		{Action: "elasticloadbalancing:DescribeLoadBalancers", Resource: onAll, Phase: cloud.AtPlan},
		{Action: "elasticloadbalancing:DescribeLoadBalancerAttributes", Resource: onAll, Phase: cloud.AtPlan},
		{Action: "elasticloadbalancing:DescribeTargetGroups", Resource: onAll, Phase: cloud.AtPlan},
		{Action: "elasticloadbalancing:DescribeTargetGroupAttributes", Resource: onAll, Phase: cloud.AtPlan},
		{Action: "elasticloadbalancing:DescribeTargetHealth", Resource: onAll, Phase: cloud.AtPlan},
		{Action: "ecs:ListServices", Resource: onAll, Phase: cloud.AtPlan, Where: withECS},
		{Action: "ecs:DescribeServices", Resource: onService, Phase: cloud.AtPlan, Where: withECS},
		{Action: "ecs:ListTasks", Resource: onAll, Phase: cloud.AtPlan, Where: withECS},
		{Action: "ecs:DescribeTasks", Resource: onTask, Phase: cloud.AtPlan, Where: withECS},
		{Action: "ecs:DescribeTaskDefinition", Resource: onAll, Phase: cloud.AtPlan, Where: withECS + inSlot},
		{Action: "application-autoscaling:DescribeScalableTargets", Resource: onAll, Phase: cloud.AtPlan, Where: withECS},
		{Action: "autoscaling:DescribeAutoScalingGroups", Resource: onAll, Phase: cloud.AtPlan, Where: withScaling},
		{Action: "autoscaling:DescribePolicies", Resource: onAll, Phase: cloud.AtPlan, Where: withScaling},
		{Action: "autoscaling:DescribeScalingActivities", Resource: onAll, Phase: cloud.AtPlan, Where: withScaling},
		{Action: "ec2:DescribeLaunchTemplateVersions", Resource: onAll, Phase: cloud.AtPlan, Where: withScaling + inSlot},
		{Action: "cloudwatch:GetMetricData", Resource: onAll, Phase: cloud.AtApply, Where: "with `quiet`"},
		{Action: "elasticloadbalancing:ModifyListener", Resource: onListener, Phase: cloud.AtApply, Where: "for a `listener`"},
		{Action: "elasticloadbalancing:ModifyRule", Resource: onRule, Phase: cloud.AtApply, Where: "for a `rule`"},
	}
}
