package engine

import (
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// The names that stand for the two sides in a preview, where neither is known.
const (
	PreviewCandidate rollout.Revision = "candidate"
	PreviewHome      rollout.Revision = "home"
)

// Preview returns what Next decides, run ahead from 0 where all goes well: the
// bakes, the rises and how it ends. At counts from the zero time. A ladder
// that ends in between, for a person or at the end of an apply, is followed
// into the applies after it, but not beyond hold_at.
//
// Time that nobody chooses is not in it: what a platform needs to start a
// revision and to settle a change, and how late measurements are.
func Preview(l Ladder) []Decision {
	s := Situation{
		Candidate: PreviewCandidate, Home: PreviewHome, Ladder: l, Settle: time.Hour,
	}
	shows := rollout.Observation{
		Object: "preview", Settled: true,
		Routing: rollout.Routing{Split: rollout.All(PreviewHome), Home: PreviewHome, Keep: []rollout.Revision{PreviewCandidate}},
		Health:  map[rollout.Revision]rollout.Health{PreviewHome: {State: rollout.Ready}, PreviewCandidate: {State: rollout.Ready}},
		Room:    map[rollout.Revision]rollout.Weight{PreviewHome: rollout.Whole, PreviewCandidate: rollout.Whole},
	}
	var out []Decision
	now := time.Time{}.Add(time.Nanosecond) // the zero time means "not yet"
	for range 4*len(l.Steps) + 8 {
		s = s.Observed(shows, now)
		d := Next(s)
		d.At = d.At.Add(-time.Nanosecond)
		switch a := d.Action.(type) {
		case Apply:
			s = s.Wrote(a.Want, false)
			shows.Routing = a.Want
		case Wait:
			now = a.Until
		case Measure:
			now = a.Until
		case Make, Run:
		case Finish:
			if a.Outcome != Held || l.HoldAt != nil && l.holds(s.weight()) {
				return append(out, d)
			}
			s.Asked, s.Replaced, s.Seen, s.Found = nil, nil, false, nil
			s.SettledAt = now
		}
		out = append(out, d)
	}
	return out
}
