package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestLadderValidate(t *testing.T) {
	ten, eleven := rollout.Weight(1000), rollout.Weight(1100)
	for name, c := range map[string]struct {
		ladder engine.Ladder
		limits rollout.Limits
		want   []rollout.Problem
	}{
		"no step at all": {},
		"a good ladder from zero": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 0, Bake: time.Minute}, {Weight: 1000}, {Weight: 5000}}, HoldAt: &ten, Watch: time.Hour},
			limits: rollout.Limits{Grain: 100, MaxCanary: 9900},
		},
		"the finest step of a platform": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 100}, {Weight: 9900}}}, limits: rollout.Limits{Grain: 100, MaxCanary: 9900},
		},
		"a step of 100 %": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1000}, {Weight: rollout.Whole}}}, limits: rollout.Limits{MaxCanary: 9900},
			want: []rollout.Problem{{
				What: "Step 2: promotion is not a step",
				Why:  "Everything moves after the last step by itself.",
				Fix:  "Remove the step with weight 100; use watch for what is watched after promotion.",
			}},
		},
		"steps that descend": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 5000}, {Weight: 1000}}},
			want: []rollout.Problem{{
				What: "Step 2: steps do not ascend", Why: "10 % follows 50 %.", Fix: "Order the steps by weight, each above the one before.",
			}},
		},
		"the same step twice": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1000}, {Weight: 1000}}},
			want: []rollout.Problem{{
				What: "Step 2: steps do not ascend", Why: "10 % follows 10 %.", Fix: "Order the steps by weight, each above the one before.",
			}},
		},
		"zero in second place": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 0}, {Weight: 0}}},
			want: []rollout.Problem{{
				What: "Step 2: steps do not ascend", Why: "0 % follows 0 %.", Fix: "Order the steps by weight, each above the one before.",
			}},
		},
		"finer than the platform divides": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1250}}}, limits: rollout.Limits{Grain: 100},
			want: []rollout.Problem{{
				What: "Step 1: finer than the platform divides", Why: "12.5 % is not a multiple of 1 %.", Fix: "Use multiples of 1 %.",
			}},
		},
		"more than a candidate may take": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1500}, {Weight: 1501}}}, limits: rollout.Limits{MaxCanary: 1500},
			want: []rollout.Problem{{
				What: "Step 2: more than the platform gives a candidate", Why: "15.01 % is above 15 %.",
				Fix: "Keep the steps at or below 15 %; the rest comes with promotion.",
			}},
		},
		"a negative bake": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1000, Bake: -time.Minute}}},
			want: []rollout.Problem{{
				What: "Step 1: the bake is negative", Why: "bake is -1m.", Fix: "Give how long the step is watched.",
			}},
		},
		"a negative watch": {
			ladder: engine.Ladder{Watch: -time.Second},
			want: []rollout.Problem{{
				What: "The watch is negative", Why: "watch is -1s.", Fix: "Give how long gates go on after promotion, or leave it out.",
			}},
		},
		"hold_at between two steps": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1000}, {Weight: 5000}}, HoldAt: &eleven},
			want: []rollout.Problem{{
				What: "hold_at is not a step", Why: "hold_at is 11 %, and no step has that weight.",
				Fix: "Name the weight of one of the steps, at which the apply shall end and wait for a person.",
			}},
		},
		"hold_at without a step": {
			ladder: engine.Ladder{HoldAt: &ten},
			want: []rollout.Problem{{
				What: "hold_at is not a step", Why: "hold_at is 10 %, and no step has that weight.",
				Fix: "Name the weight of one of the steps, at which the apply shall end and wait for a person.",
			}},
		},
		"several at once, one problem each": {
			ladder: engine.Ladder{Steps: []engine.Step{{Weight: 5000, Bake: -time.Second}, {Weight: 1000}}, Watch: -time.Second, HoldAt: &ten},
			want: []rollout.Problem{
				{What: "Step 1: the bake is negative", Why: "bake is -1s.", Fix: "Give how long the step is watched."},
				{What: "Step 2: steps do not ascend", Why: "10 % follows 50 %.", Fix: "Order the steps by weight, each above the one before."},
				{What: "The watch is negative", Why: "watch is -1s.", Fix: "Give how long gates go on after promotion, or leave it out."},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.ladder.Validate(c.limits)
			for i := range got {
				got[i].At = "" // where it stands is for the provider's tests
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("problems are\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

func TestOutcomeWordsAndSuccess(t *testing.T) {
	for outcome, want := range map[engine.Outcome]struct {
		word    string
		success bool
	}{
		engine.Promoted: {"promoted", true}, engine.Unchanged: {"unchanged", true}, engine.Held: {"held", true},
		engine.RolledBack: {"rolled_back", false}, engine.NothingMoved: {"failed", false}, engine.Stayed: {"stayed", false},
		engine.NotVerified: {"unverified", false}, engine.Halted: {"halted", false}, engine.Outcome(99): {"unknown", false},
	} {
		if outcome.String() != want.word || outcome.Success() != want.success {
			t.Errorf("outcome %d is %q (success: %v), want %q (%v)", outcome, outcome, outcome.Success(), want.word, want.success)
		}
	}
}
