// Package targetgroup is the preflight kind "target_group": a target group of
// Elastic Load Balancing is there, is as the revision expects it, and is attached
// to a load balancer.
//
// A group that no listener and no rule names has no load balancer, and its targets
// are not checked: whoever waits for them to become healthy waits for ever.
//
// # What it cannot do
//
// It does not look at the targets: the platform that divides traffic does.
//
// # Where the rules come from
//
//   - DescribeTargetGroups: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
//   - Its fields, LoadBalancerArns among them: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html
//   - Groups that are not used are not checked: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
package targetgroup
