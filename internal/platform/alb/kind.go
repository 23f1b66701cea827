package alb

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

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
