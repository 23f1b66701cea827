package targetgroup

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var amazon = preflight.OfAmazon(name, "Elastic Load Balancing", "target group", "aws_lb_target_group.x.arn")

var (
	msgNoGroup = rollout.Message{
		ID:   "target_group.no_group",
		What: "The group of a target_group is neither an ARN nor a name",
		Why:  `"{group}" has to be like arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api/0123456789abcdef, or like api.`,
		Fix:  "Use aws_lb_target_group.x.arn.",
	}
	msgNoType = rollout.Message{
		ID:   "target_group.no_type",
		What: "type is not a type of targets",
		Why:  `"{type}" is none of instance, ip, lambda and alb.`,
		Fix:  "Write it as target_type of aws_lb_target_group has it, or leave it out for any.",
	}
	msgNoPort = rollout.Message{
		ID:   "target_group.no_port",
		What: "port is not a port",
		Why:  "{port} is not between 1 and 65535.",
		Fix:  "Write it as port of aws_lb_target_group has it, or leave it out for any.",
	}
	msgNoPath = rollout.Message{
		ID:   "target_group.no_path",
		What: "health_check_path is not a path",
		Why:  `"{path}" has to begin with /.`,
		Fix:  "Write it as path of health_check has it, or leave it out for any.",
	}
	msgOtherType = rollout.Message{
		ID:  "target_group.other_type",
		Why: "its targets are of type {found}, not {type}",
		Fix: "Correct type, or name another group: one cannot change its type.",
	}
	msgOtherPort = rollout.Message{
		ID:  "target_group.other_port",
		Why: "its port is {found}, not {port}",
		Fix: "Correct port, or name another group: one cannot change its port.",
	}
	msgUnchecked = rollout.Message{
		ID:  "target_group.unchecked",
		Why: "its health checks are off",
		Fix: "Switch them on, in health_check of aws_lb_target_group, or leave health_check_path out.",
	}
	msgOtherPath = rollout.Message{
		ID:  "target_group.other_path",
		Why: "its health checks ask for {found}, not for {path}",
		Fix: "Correct health_check_path, or path in health_check of aws_lb_target_group.",
	}
	msgNotAttached = rollout.Message{
		ID:  "target_group.not_attached",
		Why: "no listener and no rule names it, so it gets no requests, and its targets are not checked",
		Fix: "Name it in a listener or in a rule, at weight 0 where it is not to have requests yet.",
	}
	msgAttached = rollout.Message{
		ID:  "target_group.attached",
		Why: "it is attached to {balancers}",
		Fix: "Take it out of the listeners and rules that name it, or correct attached.",
	}
)

func messages() []rollout.Message {
	return amazon.Messages(msgNoGroup, msgNoType, msgNoPort, msgNoPath, msgOtherType, msgOtherPort, msgUnchecked, msgOtherPath, msgNotAttached, msgAttached)
}
