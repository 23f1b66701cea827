package rollout_test

import (
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestPointCloses(t *testing.T) {
	for _, c := range []struct {
		point rollout.Point
		open  []rollout.Weight
		shut  []rollout.Weight
	}{
		{rollout.NoPoint, []rollout.Weight{0, 1, 9999, rollout.Whole}, nil},
		{rollout.AtPromotion, []rollout.Weight{0, 1, 9999}, []rollout.Weight{rollout.Whole}},
		{rollout.AtFirstShare, []rollout.Weight{0}, []rollout.Weight{1, 9999, rollout.Whole}},
	} {
		for _, w := range c.open {
			if c.point.Closes(w) {
				t.Errorf("%d closes the way home at %s", c.point, w)
			}
		}
		for _, w := range c.shut {
			if !c.point.Closes(w) {
				t.Errorf("%d leaves the way home open at %s", c.point, w)
			}
		}
	}
}

func TestWayBackAnd(t *testing.T) {
	for name, c := range map[string]struct{ a, b, want rollout.WayBack }{
		"nothing":       {},
		"one":           {rollout.WayBack{}, rollout.WayBack{Ends: rollout.AtPromotion, Why: "b"}, rollout.WayBack{Ends: rollout.AtPromotion, Why: "b"}},
		"the earlier":   {rollout.WayBack{Ends: rollout.AtFirstShare, Why: "a"}, rollout.WayBack{Ends: rollout.AtPromotion, Why: "b"}, rollout.WayBack{Ends: rollout.AtFirstShare, Why: "a; b"}},
		"one is unsure": {rollout.WayBack{Unsure: true}, rollout.WayBack{Ends: rollout.AtPromotion, Why: "b"}, rollout.WayBack{Ends: rollout.AtPromotion, Why: "b", Unsure: true}},
	} {
		if got := c.a.And(c.b); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
