// Package blocktest writes the blocks of kinds for their exams, as the provider
// hands them over, and asks of each that it says what everything in it is.
package blocktest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Values is a block as configuration writes it: attributes are strings, numbers,
// booleans, []any and Values (a map), blocks are []any of Values. What is absent is null.
type Values = map[string]any

// Unknown stands for a value that is known after apply.
var Unknown any = tftypes.UnknownValue

// A Schema is what the block of a kind may hold.
type Schema struct {
	Name, Doc  string
	Attributes map[string]schema.Attribute
	Blocks     map[string]schema.Block
}

// Object returns the block with these values.
func (s Schema) Object(t testing.TB, values Values) types.Object {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	typ := schema.NestedBlockObject{Attributes: s.Attributes, Blocks: s.Blocks}.Type()
	v, err := typ.ValueFromTerraform(ctx, terraform(t, typ.TerraformType(ctx), values))
	if err != nil {
		t.Fatalf("block %s: %v", s.Name, err)
	}
	object, ok := v.(basetypes.ObjectValue)
	if !ok {
		t.Fatalf("block %s is a %T", s.Name, v)
	}
	return object
}

// terraform writes a value in Terraform's own terms.
func terraform(t testing.TB, typ tftypes.Type, v any) tftypes.Value {
	t.Helper()
	switch typ := typ.(type) {
	case tftypes.Object:
		given, ok := v.(Values)
		if !ok {
			return tftypes.NewValue(typ, v)
		}
		out := map[string]tftypes.Value{}
		for name, inner := range typ.AttributeTypes {
			out[name] = terraform(t, inner, given[name])
		}
		for name := range given {
			if _, known := out[name]; !known {
				t.Fatalf("the block has no %s, only %s", name, strings.Join(slices.Sorted(maps.Keys(out)), ", "))
			}
		}
		return tftypes.NewValue(typ, out)
	case tftypes.Map:
		given, ok := v.(Values)
		if !ok {
			return tftypes.NewValue(typ, v)
		}
		out := map[string]tftypes.Value{}
		for name, inner := range given {
			out[name] = terraform(t, typ.ElementType, inner)
		}
		return tftypes.NewValue(typ, out)
	case tftypes.List:
		given, ok := v.([]any)
		if !ok {
			return tftypes.NewValue(typ, v)
		}
		out := []tftypes.Value{}
		for _, inner := range given {
			out = append(out, terraform(t, typ.ElementType, inner))
		}
		return tftypes.NewValue(typ, out)
	}
	return tftypes.NewValue(typ, v)
}

// Described fails the test unless the block says what everything in it is. It
// returns the block as a plan may hand it over: with values that are not known
// yet, as a whole not known yet, and absent.
func (s Schema) Described(t *testing.T) []types.Object {
	t.Helper()
	if s.Name == "" || s.Doc == "" {
		t.Errorf("the kind %q has no name or no description", s.Name)
	}
	unknown := Values{}
	for name, a := range s.Attributes {
		unknown[name] = Unknown
		if a.GetMarkdownDescription() == "" {
			t.Errorf("%s.%s has no description", s.Name, name)
		}
	}
	for name, b := range s.Blocks {
		unknown[name] = Unknown
		if _, list := b.(schema.ListNestedBlock); !list || b.GetMarkdownDescription() == "" {
			t.Errorf("%s.%s is no list of blocks, or has no description", s.Name, name)
		}
	}
	block := s.Object(t, unknown)
	typ := block.AttributeTypes(t.Context())
	return []types.Object{block, types.ObjectUnknown(typ), types.ObjectNull(typ)}
}
