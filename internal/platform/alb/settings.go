package alb

import (
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// settings is the block, decoded: what is wanted, and how it is looked at.
type settings struct {
	group   string // ARN of the wanted group, "" where the block says only where
	content string // what is in it
	behind  string // the task definition or version of a launch template that it is to have; "" where nobody says
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

// brings is what has to be behind a group before it is what is wanted: what behind
// says of it, or content, where that is a task definition. "" where nobody says.
func (s settings) brings(g *group) string {
	switch {
	case s.group != g.arn:
		return ""
	case s.behind == "" && strings.Contains(s.content, ":task-definition/"):
		return s.content
	}
	return s.behind
}
