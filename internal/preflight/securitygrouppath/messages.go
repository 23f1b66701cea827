package securitygrouppath

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "EC2", "security group", "aws_security_group.x.arn")

var (
	msgNoGroup = rollout.Message{
		ID:   "security_group_path.no_group",
		What: "{at} is not a security group",
		Why:  `"{group}" has to be like sg-0123456789abcdef0, or the ARN of one.`,
		Fix:  "Use aws_security_group.x.id. (A name is not unique.)",
	}
	msgNoPort = rollout.Message{
		ID:   "security_group_path.no_port",
		What: "port is not a port",
		Why:  "{port} is not between 1 and 65535.",
		Fix:  "Write the port that has to be reached.",
	}
	msgNoProtocol = rollout.Message{
		ID:   "security_group_path.no_protocol",
		What: "protocol has no ports",
		Why:  `"{protocol}" is neither tcp nor udp.`,
		Fix:  "Write one of them, or leave it out for tcp.",
	}
	msgClosed = rollout.Message{
		ID:  "security_group_path.closed",
		Why: "no rule of {group} for {direction} lets {protocol} {port} {way} {other}",
		Fix: "Add one, in aws_vpc_security_group_{direction}_rule or by\n  aws ec2 authorize-security-group-{direction} --region {region} --group-id {group} --ip-permissions IpProtocol={protocol},FromPort={port},ToPort={port},UserIdGroupPairs=[{GroupId={other}}]",
	}
	msgByAddress = rollout.Message{
		ID:  "security_group_path.by_address",
		Why: "whether {group} lets {protocol} {port} {way} {other} is unknown: its rules for {direction} name {addresses}, and which addresses are behind {other} is not looked at",
		Fix: "See that these are its addresses, or add a rule that names {other}.",
	}
	msgApart = rollout.Message{
		ID:  "security_group_path.apart",
		Why: "{from} is in {one} and {to} in {two}, where rules that name groups need a peering, which is not looked at",
		Fix: "See that the two are connected, or name groups of one VPC.",
	}
)

func messages() []rollout.Message {
	return append([]rollout.Message{msgNoGroup, msgNoPort, msgNoProtocol, msgClosed, msgByAddress, msgApart}, amazon.Messages()...)
}
