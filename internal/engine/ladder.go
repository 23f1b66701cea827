package engine

import (
	"fmt"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// bake returns how long a split with the candidate at w is owed. Off the
// ladder it is what the highest rung not above w is owed.
func (l Ladder) bake(w rollout.Weight) time.Duration {
	var d time.Duration
	for _, st := range l.Steps {
		if st.Weight <= w {
			d = st.Bake
		}
	}
	return d
}

// next returns the rung strictly above w; after the last one, everything.
func (l Ladder) next(w rollout.Weight) rollout.Weight {
	for _, st := range l.Steps {
		if st.Weight > w {
			return st.Weight
		}
	}
	return rollout.Whole
}

// startsAtZero reports whether the candidate is watched before it has traffic.
func (l Ladder) startsAtZero() bool {
	return len(l.Steps) > 0 && l.Steps[0].Weight == 0
}

// climbed reports whether who is kept reachable has risen to a rung, or to
// everything.
func (l Ladder) climbed(from, to rollout.Routing) bool {
	for _, r := range to.Keep {
		if w := to.Split[r]; w > from.Split[r] && (w == rollout.Whole || l.isRung(w)) {
			return true
		}
	}
	return false
}

// holds reports whether w is where a person wants to be asked.
func (l Ladder) holds(w rollout.Weight) bool {
	return l.HoldAt != nil && w >= *l.HoldAt
}

// Validate returns what is wrong with the ladder on a platform with these
// limits, one problem an entry. At is "watch", "hold_at", or the index of a
// step and what of it: "0.weight".
func (l Ladder) Validate(limits rollout.Limits) []rollout.Problem {
	var out []rollout.Problem
	before := rollout.Weight(-1)
	for i, st := range l.Steps {
		out = append(out, st.validate(i, before, limits)...)
		before = st.Weight
	}
	if l.Watch < 0 {
		out = append(out, rollout.Problem{
			At: "watch", What: "The watch is negative", Why: fmt.Sprintf("watch is %s.", rollout.Short(l.Watch)),
			Fix: "Give how long gates go on after promotion, or leave it out.",
		})
	}
	if l.HoldAt != nil && !l.isRung(*l.HoldAt) {
		out = append(out, rollout.Problem{
			At: "hold_at", What: "hold_at is not a step",
			Why: fmt.Sprintf("hold_at is %s, and no step has that weight.", *l.HoldAt),
			Fix: "Name the weight of one of the steps, at which the apply shall end and wait for a person.",
		})
	}
	return out
}

func (l Ladder) isRung(w rollout.Weight) bool {
	for _, st := range l.Steps {
		if st.Weight == w {
			return true
		}
	}
	return false
}

func (st Step) validate(i int, before rollout.Weight, limits rollout.Limits) []rollout.Problem {
	var out []rollout.Problem
	of := "weight"
	add := func(what, why, fix string) {
		out = append(out, rollout.Problem{At: fmt.Sprintf("%d.%s", i, of), What: fmt.Sprintf("Step %d: %s", i+1, what), Why: why, Fix: fix})
	}
	switch {
	case st.Weight == rollout.Whole:
		add("promotion is not a step",
			"Everything moves after the last step by itself.",
			"Remove the step with weight 100; use watch for what is watched after promotion.")
	case st.Weight <= before:
		add("steps do not ascend",
			fmt.Sprintf("%s follows %s.", st.Weight, before),
			"Order the steps by weight, each above the one before.")
	case limits.Grain > 0 && st.Weight%limits.Grain != 0:
		add("finer than the platform divides",
			fmt.Sprintf("%s is not a multiple of %s.", st.Weight, limits.Grain),
			fmt.Sprintf("Use multiples of %s.", limits.Grain))
	case limits.MaxCanary > 0 && st.Weight > limits.MaxCanary:
		add("more than the platform gives a candidate",
			fmt.Sprintf("%s is above %s.", st.Weight, limits.MaxCanary),
			fmt.Sprintf("Keep the steps at or below %s; the rest comes with promotion.", limits.MaxCanary))
	}
	of = "bake"
	if st.Bake < 0 {
		add("the bake is negative", fmt.Sprintf("bake is %s.", rollout.Short(st.Bake)), "Give how long the step is watched.")
	}
	return out
}
