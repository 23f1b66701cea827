package alb

import "github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"

// What a permission is about
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html).
// What describes load balancing, Auto Scaling and metrics knows no resource, and
// neither do lists of ECS
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html).
// Nobody knows the ids in the ARN of a listener before it is made.
const (
	onListener = "arn:{partition}:elasticloadbalancing:{region}:{account}:listener/app/{balancer}/*"
	onRule     = "arn:{partition}:elasticloadbalancing:{region}:{account}:listener-rule/app/{balancer}/*"
	onPool     = "arn:{partition}:cognito-idp:{region}:{account}:userpool/{user_pool}"
	onService  = "arn:{partition}:ecs:{region}:{account}:service/{cluster}/*"
	onTask     = "arn:{partition}:ecs:{region}:{account}:task/{cluster}/*"
	onAll      = "*"
)

const (
	withECS     = "with `ecs_cluster`"
	withScaling = "with targets of Auto Scaling"
	// What explains trouble stands in the way of nothing.
	explainsECS     = withECS + ", to tell why tasks stopped"
	explainsScaling = withScaling + ", to tell why instances did not start"
	inSlot          = ", for data `rollout_slot`"
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
		{Action: "ecs:ListTasks", Resource: onAll, Phase: cloud.AtPlan, Where: explainsECS},
		{Action: "ecs:DescribeTasks", Resource: onTask, Phase: cloud.AtPlan, Where: explainsECS},
		{Action: "ecs:DescribeTaskDefinition", Resource: onAll, Phase: cloud.AtPlan, Where: withECS + inSlot},
		{Action: "application-autoscaling:DescribeScalableTargets", Resource: onAll, Phase: cloud.AtPlan, Where: withECS + "; without it a plan warns"},
		{Action: "autoscaling:DescribeAutoScalingGroups", Resource: onAll, Phase: cloud.AtPlan, Where: withScaling},
		{Action: "autoscaling:DescribePolicies", Resource: onAll, Phase: cloud.AtPlan, Where: withScaling + "; without it a plan warns"},
		{Action: "autoscaling:DescribeScalingActivities", Resource: onAll, Phase: cloud.AtPlan, Where: explainsScaling},
		{Action: "ec2:DescribeLaunchTemplateVersions", Resource: onAll, Phase: cloud.AtPlan, Where: withScaling + inSlot},
		{Action: "cloudwatch:GetMetricData", Resource: onAll, Phase: cloud.AtPlan, Where: "with `quiet`; without it a plan warns, and the whole delay is waited for"},
		{Action: "elasticloadbalancing:ModifyListener", Resource: onListener, Phase: cloud.AtApply, Where: "for a `listener`"},
		{Action: "elasticloadbalancing:ModifyRule", Resource: onRule, Phase: cloud.AtApply, Where: "for a `rule`"},
		{Action: "cognito-idp:DescribeUserPoolClient", Resource: onPool, Phase: cloud.AtApply, Where: "where an action authenticates users with Amazon Cognito"},
	}
}
