package gatetest

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

	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
)

// Values is a block as configuration writes it: attributes are strings, numbers,
// booleans and []any, blocks are []any of Values. What is absent is null.
type Values = map[string]any

// Unknown stands for a value that is known after apply.
var Unknown any = tftypes.UnknownValue

// Block returns the block of a kind with these values, as the provider hands it
// to Validate, Describe and Open.
func Block(t testing.TB, k gate.Kind, values Values) types.Object {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	typ := schema.NestedBlockObject{Attributes: k.Attributes, Blocks: k.Blocks}.Type()
	v, err := typ.ValueFromTerraform(ctx, terraform(t, typ.TerraformType(ctx), values))
	if err != nil {
		t.Fatalf("block %s: %v", k.Name, err)
	}
	object, ok := v.(basetypes.ObjectValue)
	if !ok {
		t.Fatalf("block %s is a %T", k.Name, v)
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

// described asks that a block says what everything in it is, and takes values
// that are not known yet for what they are.
func described(t *testing.T, k gate.Kind) {
	t.Helper()
	if k.Name == "" || k.Doc == "" {
		t.Errorf("the kind %q has no name or no description", k.Name)
	}
	unknown := Values{}
	for name, a := range k.Attributes {
		unknown[name] = Unknown
		if a.GetMarkdownDescription() == "" {
			t.Errorf("%s.%s has no description", k.Name, name)
		}
	}
	for name, b := range k.Blocks {
		unknown[name] = Unknown
		if _, list := b.(schema.ListNestedBlock); !list || b.GetMarkdownDescription() == "" {
			t.Errorf("%s.%s is no list of blocks, or has no description", k.Name, name)
		}
	}
	block := Block(t, k, unknown)
	if problems := k.Validate(t.Context(), block); len(problems) > 0 {
		t.Errorf("what is not known yet is called wrong: %q", problems)
	}
	k.Describe(t.Context(), block)
	k.Describe(t.Context(), types.ObjectUnknown(block.AttributeTypes(t.Context())))
}
