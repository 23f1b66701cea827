package alb

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

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

func decode(block types.Object) settings {
	s := settings{
		group: text(block, "target_group"), content: text(block, "content"), cluster: text(block, "ecs_cluster"),
		url: text(block, "url"), preview: text(block, "preview_url"), websockets: truth(block, "websockets"),
	}
	s.quiet, _ = time.ParseDuration(text(block, "quiet"))
	s.longest, _ = time.ParseDuration(text(block, "longest_request"))
	if isSet(block, "drain") {
		d, _ := time.ParseDuration(text(block, "drain")) // validate has read it
		s.drain = &d
	}
	return s
}

// What follows reads the block. Null and unknown read as nothing.

func text(block types.Object, key string) string {
	v, ok := block.Attributes()[key].(types.String)
	if !ok {
		return ""
	}
	return v.ValueString()
}

func truth(block types.Object, key string) bool {
	v, ok := block.Attributes()[key].(types.Bool)
	return ok && v.ValueBool()
}

func isSet(block types.Object, key string) bool {
	v, ok := block.Attributes()[key]
	return ok && !v.IsNull() && !v.IsUnknown()
}

// isGiven reports whether an attribute is written down, known or not.
func isGiven(block types.Object, key string) bool {
	v, ok := block.Attributes()[key]
	return ok && !v.IsNull()
}
