package provider

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// place is the one platform block of an object. kind is nil where none is
// given, or where it is not known yet which.
type place struct {
	kind  *platform.Kind
	block types.Object
	at    path.Path
	// triggers are what a new revision is wanted for, in a deployment.
	triggers types.Map
}

// decodePlace finds the platform block.
func decodePlace(ctx context.Context, src source, diags *diag.Diagnostics) (place, []fault) {
	out, faults := decodeOne(ctx, src, diags, catalog.Platforms())
	if out.kind != nil {
		faults = out.faults(out.kind.Validate(ctx, out.block))
	}
	return out, faults
}

// decodeOne finds the one block of several kinds, and does not look into it.
func decodeOne(ctx context.Context, src source, diags *diag.Diagnostics, kinds []platform.Kind) (place, []fault) {
	var out place
	var names []string
	unknown := false
	for i := range kinds {
		k := &kinds[i]
		var list types.List
		diags.Append(src.GetAttribute(ctx, path.Root(k.Name), &list)...)
		unknown = unknown || list.IsUnknown()
		for n, o := range objects(list) {
			names = append(names, k.Name)
			out = place{kind: k, block: o, at: path.Root(k.Name).AtListIndex(n)}
		}
	}
	switch {
	case len(names) == 1:
		return out, nil
	case len(names) > 1:
		return place{}, []fault{{path.Root(names[1]), msgTwoPlatforms.With("platforms", strings.Join(names, " and "))}}
	case unknown:
		return place{}, nil
	}
	var examples []string
	for _, k := range kinds {
		examples = append(examples, k.Example)
	}
	return place{}, []fault{{path.Empty(), msgNoPlatform.With("examples", strings.Join(examples, " or "))}}
}

// faults are problems of the block.
func (p place) faults(problems []rollout.Problem) []fault {
	var out []fault
	for _, problem := range problems {
		out = append(out, in(p.at, p.anchor(), problem))
	}
	return out
}

// anchor is an attribute that the block has, where messages about the block as a
// whole are shown: one that it always has, or else the one that says where. "" if
// there is none.
func (p place) anchor() string {
	if always := anchor(p.kind.Locate); always != "" {
		return always
	}
	for _, name := range slices.Sorted(maps.Keys(p.kind.Locate)) {
		if v, ok := p.block.Attributes()[name]; ok && !v.IsNull() {
			return name
		}
	}
	return ""
}

// anchor returns the first required attribute of a block, "" if it has none.
func anchor(attributes map[string]schema.Attribute) string {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if attributes[name].IsRequired() {
			return name
		}
	}
	return ""
}

// line is where messages about the target are shown.
func (p place) line() path.Path {
	if p.kind == nil {
		return path.Empty()
	}
	if p.anchor() == "" {
		return p.at
	}
	return p.at.AtName(p.anchor())
}

// attribute is where messages about one attribute of the block are shown, if
// it is given.
func (p place) attribute(name string) path.Path {
	if v, ok := p.block.Attributes()[name]; !ok || v.IsNull() {
		return p.line()
	}
	return p.at.AtName(name)
}

// asked is the attribute that has a value: the same wish has another name on each
// platform.
func (p place) asked(value string) string {
	for _, name := range slices.Sorted(maps.Keys(p.block.Attributes())) {
		if v, ok := p.block.Attributes()[name].(types.String); ok && v.ValueString() == value {
			return name
		}
	}
	return "revision"
}

// setting is where messages about what the platform found are shown: of an
// object "NAME = value", at the map of the block that has the name.
func (p place) setting(object string) path.Path {
	name, _, named := strings.Cut(object, " = ")
	if !named {
		return p.line()
	}
	for attribute, v := range p.block.Attributes() {
		if m, ok := v.(types.Map); ok && m.Elements()[name] != nil {
			return p.at.AtName(attribute)
		}
	}
	return p.line()
}

// id names the target, "" while the block does not say.
func (p place) id(ctx context.Context) string {
	if p.kind == nil {
		return ""
	}
	return p.kind.Identify(ctx, p.block)
}

// locators are the attributes that say which target it is.
func (p place) locators() path.Paths {
	var out path.Paths
	if p.kind != nil {
		for _, name := range slices.Sorted(maps.Keys(p.kind.Locate)) {
			out = append(out, p.at.AtName(name))
		}
	}
	return out
}

// known reports whether everything that says what is wanted is known. What a block
// foretells says nothing of that.
func (p place) known() bool {
	if p.kind == nil || unknownIn(p.triggers) {
		return false
	}
	for name, v := range p.block.Attributes() {
		if name != p.kind.Behind && unknownIn(v) {
			return false
		}
	}
	return true
}

// located reports whether at least the target itself is known.
func (p place) located(ctx context.Context) bool { return p.id(ctx) != "" }

// open opens the place. Where only the target is known, what is to be made is
// left out.
func (p place) open(ctx context.Context, c *core) (platform.Place, error) {
	if !p.located(ctx) {
		return platform.Place{}, errors.New("the target is not known yet")
	}
	return p.kind.Open(ctx, p.block, p.trigger(), c.clients)
}

// makingChanged reports whether two blocks want different content, or want it
// for other triggers. What is unknown counts as different.
func (p place) makingChanged(old place) bool {
	if p.kind == nil || old.kind == nil || p.kind.Name != old.kind.Name {
		return true
	}
	if unknownIn(p.triggers) || p.trigger() != old.trigger() {
		return true
	}
	for name := range p.kind.Make {
		if p.kind.Idle[name] {
			continue
		}
		now, before := p.block.Attributes()[name], old.block.Attributes()[name]
		if now == nil || before == nil || unknownIn(now) || !now.Equal(before) {
			return true
		}
	}
	return false
}
