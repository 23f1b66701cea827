package rollout_test

import (
	"slices"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestOrder(t *testing.T) {
	for c, want := range map[rollout.Change][]rollout.Role{
		rollout.Add:    {rollout.Schema, rollout.Worker, rollout.API, rollout.Frontend},
		rollout.Remove: {rollout.Frontend, rollout.API, rollout.Worker, rollout.Schema},
	} {
		if got := c.Order(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c, got, want)
		}
		for i, first := range want {
			for n, second := range want {
				if got := c.Before(first, second); got != (i < n) {
					t.Errorf("%s: %s before %s is %t", c, first, second, got)
				}
			}
		}
	}
}
