package gatetest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/blocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
)

// Values is a block as configuration writes it.
type Values = blocktest.Values

// Unknown stands for a value that is known after apply.
var Unknown = blocktest.Unknown

// Block returns the block of a kind with these values, as the provider hands it
// to Validate, Describe and Open.
func Block(t testing.TB, k gate.Kind, values Values) types.Object {
	t.Helper()
	return schemaOf(k).Object(t, values)
}

func schemaOf(k gate.Kind) blocktest.Schema {
	return blocktest.Schema{Name: k.Name, Doc: k.Doc, Attributes: k.Attributes, Blocks: k.Blocks}
}

// described asks that a block says what everything in it is, and takes values
// that are not known yet for what they are.
func described(t *testing.T, k gate.Kind) {
	t.Helper()
	for _, o := range schemaOf(k).Described(t) {
		if problems := k.Validate(t.Context(), o); len(problems) > 0 {
			t.Errorf("what is not known yet is called wrong: %q", problems)
		}
		k.Describe(t.Context(), o)
	}
}
