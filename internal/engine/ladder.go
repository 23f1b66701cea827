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
		out = append(out, msgNegativeWatch.With("watch", rollout.Short(l.Watch)))
	}
	if l.HoldAt != nil && !l.isRung(*l.HoldAt) {
		out = append(out, msgHoldAtNoStep.With("weight", *l.HoldAt))
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
	add := func(of string, m rollout.Message, pairs ...any) {
		p := m.With(pairs...)
		p.At = fmt.Sprintf("%d.%s", i, of)
		out = append(out, p)
	}
	switch {
	case st.Weight == rollout.Whole:
		add("weight", msgStepAtAll, "step", i+1)
	case st.Weight <= before:
		add("weight", msgStepsDescend, "step", i+1, "weight", st.Weight, "before", before)
	case limits.Grain > 0 && st.Weight%limits.Grain != 0:
		add("weight", msgStepTooFine, "step", i+1, "weight", st.Weight, "grain", limits.Grain)
	case limits.MaxCanary > 0 && st.Weight > limits.MaxCanary:
		add("weight", msgStepTooMuch, "step", i+1, "weight", st.Weight, "most", limits.MaxCanary)
	}
	if st.Bake < 0 {
		add("bake", msgNegativeBake, "step", i+1, "bake", rollout.Short(st.Bake))
	}
	return out
}
