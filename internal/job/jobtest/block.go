package jobtest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/blocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
)

// Values is a block as configuration writes it.
type Values = blocktest.Values

// Unknown stands for a value that is known after apply.
var Unknown = blocktest.Unknown

// Block returns the block of a kind with these values, as the provider hands it
// over.
func Block(t testing.TB, k job.Kind, values Values) types.Object {
	t.Helper()
	return schemaOf(k).Object(t, values)
}

func schemaOf(k job.Kind) blocktest.Schema {
	return blocktest.Schema{Name: k.Name, Doc: k.Doc, Attributes: k.Attributes, Blocks: k.Blocks}
}

// described asks that a block says what everything in it is, and takes values that
// are not known yet for what they are.
func described(t *testing.T, k job.Kind) {
	t.Helper()
	for _, o := range schemaOf(k).Described(t) {
		if problems := k.Validate(t.Context(), o); len(problems) > 0 {
			t.Errorf("what is not known yet is called wrong: %q", problems)
		}
		if d := k.Describe(t.Context(), o); d.Object != "" || d.By != "" {
			t.Errorf("of a block that is not known it knows %+v", d)
		}
	}
}
