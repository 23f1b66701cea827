package alb

import (
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// settings is the block, decoded: what is wanted, and how it is looked at.
type settings struct {
	group   string // ARN of the wanted group, "" where the block says only where
	content string // what is in it
	cluster string // of ECS, whose services register targets; "" for none

	drain      *time.Duration // nil: the group's deregistration delay
	quiet      time.Duration  // 0: requests are not counted
	longest    time.Duration  // request; 0: not known
	websockets bool
	url        string // users' own way in, where it is not the balancer's name
	preview    string // a way to the candidate alone
}

func (s settings) wanted() rollout.Revision {
	if s.group == "" {
		return ""
	}
	return name(s.group)
}
