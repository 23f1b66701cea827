package platformtest

import (
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// wholeRollout runs the engine on the platform: promoted; back at once by
// hand-made stop; and undone when the candidate breaks in the middle.
func wholeRollout(s *sitting) {
	res := s.rollout(nil)
	if res.Outcome != engine.Promoted {
		s.Fatalf("ended %s: %s\n%v", res.Outcome, res.Why, res.Err)
	}
	o := s.settled(s.h.Target(s.T))
	s.shows(o, s.share(rollout.Whole))
	if o.Routing.Home != "" {
		s.Errorf("our mark is left on the platform: %q", o.Routing.Home)
	}

	s.apply(s.h.Target(s.T), s.unmarked(s.share(0)))
	broken, looking := false, false
	res = s.rollout(func() {
		if looking { // a driver may wait on the clock while it asks
			return
		}
		looking = true
		defer func() { looking = false }()
		if o := s.observe(s.h.Target(s.T)); o.Routing.Split[s.h.New()] > 0 && !broken {
			broken = true
			s.h.Break(s.T, s.h.New())
		}
	})
	if res.Outcome != engine.RolledBack || res.Stop.Kind != engine.Broken {
		s.Fatalf("with a candidate that breaks in the middle it ended %s: %s", res.Outcome, res.Why)
	}
	if truth := s.h.Truth(s.T); truth.Sole() != s.h.Old() {
		s.Fatalf("users get %s", truth)
	}
}

func (s *sitting) unmarked(r rollout.Routing) rollout.Routing {
	r.Home, r.Keep = "", nil
	return r
}

func (s *sitting) rollout(meanwhile func()) runner.Result {
	limits := s.h.Limits()
	steps := []engine.Step{{Weight: max(100, limits.Grain), Bake: time.Minute}, {Weight: 1000, Bake: time.Minute}}
	steps = slices.DeleteFunc(steps, func(st engine.Step) bool { return limits.MaxCanary > 0 && st.Weight > limits.MaxCanary })
	if meanwhile != nil {
		s.h.Clock().Every(10*time.Second, func(time.Time) { meanwhile() })
	}
	return runner.Rollout{
		Target: s.h.Target(s.T), Candidate: s.h.New(), Limits: limits, Clock: s.h.Clock(),
		Ladder: engine.Ladder{Steps: steps, Watch: time.Minute},
	}.Run(s.ctx())
}
