package alb

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// taking is platform.Kind.Slot.
func taking() *platform.Slot {
	text := func(doc string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return &platform.Slot{
		Attributes: map[string]schema.Attribute{
			"target_groups": schema.MapAttribute{
				ElementType: types.StringType, Required: true,
				MarkdownDescription: "The two target groups that take turns, by the names of their slots: `{ blue = aws_lb_target_group.blue.arn, green = aws_lb_target_group.green.arn }`.",
			},
			"ecs_cluster": text("The cluster (ARN or name) whose Amazon ECS services register their tasks in the groups: what a group holds is the image in the task definition of its service. Without it, groups of instances are looked for in Auto Scaling: what one holds is the image in its launch template (`ami-…`)."),
			"container":   text("The container of the task definitions whose image is the content, where they have several."),
			"label":       text("Where a release is more than an image: the docker label of the container, or the tag that the launch template gives its instances, that has the content. Write `contents` of the slot there; it may be any text, such as `jsonencode` of image and settings together."),
		},
		Validate: validateSlot,
		Choose:   chooseSlot,
	}
}

func chooseSlot(ctx context.Context, block types.Object, content string, clients *cloud.Clients) (platform.Choice, error) {
	p, err := locate(block)
	if err != nil {
		return platform.Choice{}, err
	}
	t := &balancer{place: p, clients: clients, settings: settings{cluster: text(block, "ecs_cluster")}}
	return t.choose(ctx, turns{groups: texts(block, "target_groups"), container: text(block, "container"), label: text(block, "label")}, content)
}

func validateSlot(block types.Object) []rollout.Problem {
	out := append(validatePlace(block), validateCluster(block)...)
	groups, ok := block.Attributes()["target_groups"].(types.Map)
	if !ok || groups.IsNull() || groups.IsUnknown() {
		return out
	}
	if n := len(groups.Elements()); n != 2 { //nolint:mnd // a way there and a way home
		return append(out, msgSlotTwo.With("n", strconv.Itoa(n)))
	}
	p, err := locate(block)
	known := texts(block, "target_groups")
	for _, key := range slices.Sorted(maps.Keys(known)) {
		out = append(out, validateGroupARN(known[key], "target_groups", p, err == nil)...)
	}
	if arns := slices.Sorted(maps.Values(known)); len(slices.Compact(arns)) == 1 && len(known) > 1 {
		out = append(out, msgSlotSame.With("arn", arns[0]))
	}
	return out
}

// exposed implements platform.Kind.Exposed.
func exposed(block types.Object, live rollout.Routing, holds map[rollout.Revision]platform.Held) *rollout.Problem {
	m, ok := block.Attributes()["behind"].(types.Map)
	if !ok || m.IsNull() {
		return nil
	}
	for _, r := range live.Split.Revisions() {
		has, held := holds[r]
		if !held {
			continue // nothing is there yet, or nothing that has a name
		}
		next, named := m.Elements()[string(r)].(types.String)
		switch {
		case m.IsUnknown(), named && next.IsUnknown():
			return msgBehindUnknown.Found("group", r, "weight", live.Split[r], "by", has.By, "had", short(has.Content))
		case !named || next.IsNull():
			return msgBehindMissing.Found("group", r, "weight", live.Split[r])
		case !isCalled(has.Content, next.ValueString()):
			return msgBehindChanges.Found("group", r, "weight", live.Split[r], "by", has.By, "had", short(has.Content), "next", short(next.ValueString()))
		}
	}
	return nil
}

func decode(block types.Object) settings {
	s := settings{
		group: text(block, "target_group"), content: text(block, "content"), cluster: text(block, "ecs_cluster"),
		url: text(block, "url"), preview: text(block, "preview_url"), websockets: truth(block, "websockets"),
	}
	s.behind = texts(block, "behind")[string(s.wanted())]
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

// texts are the known texts of a map.
func texts(block types.Object, key string) map[string]string {
	out := map[string]string{}
	m, ok := block.Attributes()[key].(types.Map)
	if !ok {
		return out
	}
	for name, v := range m.Elements() {
		if s, ok := v.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			out[name] = s.ValueString()
		}
	}
	return out
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
