// Package securitygrouppath is the preflight kind "security_group_path": the
// rules of two security groups let what has the one reach a port of what has the
// other.
//
// Both ends count: what leaves is limited by the rules for egress of from, what
// arrives by those for ingress of to. Answers need no rule, for security groups
// remember connections. Each end passes by a rule that names the other group, or
// every address.
//
// A rule that names some addresses, or a prefix list, may let it through or not:
// which addresses the members of a group have is not looked at. That is a warning,
// which stops nothing.
//
// # What it cannot do
//
// It does not know of routes, of network ACLs, of firewalls, or of whether
// anybody listens: a requirement "http" does, from where Terraform runs.
//
// # Where the rules come from
//
//   - DescribeSecurityGroups: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
//   - Rules, their protocols and ports: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
//   - Rules that name groups, and what tracking means: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
package securitygrouppath
