package runner_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

func passes(*rollout.Subject, int) rollout.Finding {
	return rollout.Finding{Check: "secret", Object: "STRIPE_KEY", Status: rollout.Passed}
}

func TestRequirementsRunBeforeTheFirstWriteAndBeforeEachRise(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Require = s.checks(passes)
	s.run(r, engine.Promoted)
	s.expect(s.did("check", "apply"),
		"check api-2 beside api-1", "apply api-1 100 %, home api-1",
		"check api-2 beside api-1", "apply api-1 90 %, api-2 10 %, home api-1",
		"check api-2 beside api-1", "apply api-1 50 %, api-2 50 %, home api-1",
		"check api-2 beside api-1", "apply api-2 100 %, home api-1",
		"apply api-2 100 %")
}

func TestRequirementsNeverRunOnTheWayHome(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Require = s.checks(passes)
	s.after = func(_ ctx, op string, _ int) error {
		if op == "apply" && s.live.Split["api-2"] == 5000 {
			s.health["api-2"] = rollout.Health{State: rollout.Broken, Reason: "it ran out of memory"}
		}
		return nil
	}
	s.run(r, engine.RolledBack)
	all := s.did("check", "apply")
	s.expect(all[len(all)-3:], "apply api-1 50 %, api-2 50 %, home api-1", "apply api-1 100 %, home api-1", "apply api-1 100 %")
}

func TestRequirementThatIsNotMet(t *testing.T) {
	for name, c := range map[string]struct {
		finding rollout.Finding
		from    int // which run of the checks finds it
		want    engine.Outcome
		applies int
	}{
		"at the first look nothing is written":   {rollout.Finding{Status: rollout.Failed}, 1, engine.NothingMoved, 0},
		"skipped existence stops as well":        {rollout.Finding{Status: rollout.Skipped}, 1, engine.NothingMoved, 0},
		"before the first rise the mark is gone": {rollout.Finding{Status: rollout.Failed}, 2, engine.NothingMoved, 2},
		"before the second rise it goes home":    {rollout.Finding{Status: rollout.Failed}, 3, engine.RolledBack, 4},
		"an advisory one warns":                  {rollout.Finding{Status: rollout.Failed, Advisory: true}, 1, engine.Promoted, 5},
		"a permission that could not be asked":   {rollout.Finding{Status: rollout.Skipped, Permission: true}, 1, engine.Promoted, 5},
		"a permission that is missing":           {rollout.Finding{Status: rollout.Failed, Permission: true}, 1, engine.NothingMoved, 0},
		"deferred though the candidate exists":   {rollout.Finding{Status: rollout.Deferred}, 1, engine.NothingMoved, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			r := s.rollout()
			c.finding.Check, c.finding.Object, c.finding.Why = "gcp_secret", "STRIPE_KEY", "there is no such version"
			r.Require = s.checks(func(of *rollout.Subject, nth int) rollout.Finding {
				if nth >= c.from {
					return c.finding
				}
				return passes(of, nth)
			})
			res := s.run(r, c.want)
			if got := s.did("apply"); len(got) != c.applies {
				t.Errorf("wrote %q, want %d writes", got, c.applies)
			}
			if len(res.Findings) != 1 || res.Findings[0] != c.finding {
				t.Errorf("findings are %+v", res.Findings)
			}
			if c.want == engine.Promoted {
				return
			}
			if res.Stop.Kind != engine.Unmet || !strings.Contains(res.Why, "gcp_secret STRIPE_KEY: there is no such version") {
				t.Errorf("it ended for %d, %s", res.Stop.Kind, res.Why)
			}
		})
	}
}

func TestDeferredIsForLaterOnlyAsLongAsThereIsNoCandidate(t *testing.T) {
	deferred := func(of *rollout.Subject, nth int) rollout.Finding {
		if of == nil {
			return rollout.Finding{Check: "env", Object: "A", Status: rollout.Deferred}
		}
		return passes(of, nth)
	}
	s := newStage(t)
	delete(s.health, "api-2")
	r := s.rollout()
	r.Candidate, r.Maker, r.Require = "", s, s.checks(deferred)
	res := s.run(r, engine.Promoted)
	if !res.Made || res.Candidate != "api-2" || res.Content != "content of api-2" {
		t.Errorf("made: %v, candidate %q of %q", res.Made, res.Candidate, res.Content)
	}
	s.expect(s.did("check", "make", "apply")[:6],
		"check nobody beside api-1", "make api-2",
		"apply api-1 100 %, home api-1", // the mark of the way home is no rise
		"check api-2 beside api-1", "apply api-1 90 %, api-2 10 %, home api-1",
		"check api-2 beside api-1")
}

func TestDeferredStopsOnceTheCandidateExists(t *testing.T) {
	s := newStage(t)
	delete(s.health, "api-2")
	r := s.rollout()
	r.Candidate, r.Maker = "", s
	r.Require = s.checks(func(*rollout.Subject, int) rollout.Finding {
		return rollout.Finding{Check: "env", Object: "A", Status: rollout.Deferred, Why: "it is not known"}
	})
	res := s.run(r, engine.NothingMoved)
	if !strings.Contains(res.Why, "env A: it is not known") {
		t.Errorf("it says %s", res.Why)
	}
	if got := s.did("apply"); s.live.Split.Sole() != "api-1" || s.live.Home != "" || len(got) == 0 {
		t.Errorf("left is %s, marked %q, after %q", s.live, s.live.Home, got)
	}
}

// One bad answer of a dependency takes nobody home: what may pass by itself is
// looked at again, for a minute, and gates go on meanwhile.
func TestRequirementThatFailsForAMoment(t *testing.T) {
	for name, c := range map[string]struct {
		finding rollout.Finding
		times   int // how often it fails, from the second rise on
		want    engine.Outcome
	}{
		"once":                      {rollout.Finding{Status: rollout.Failed, Retry: true}, 1, engine.Promoted},
		"for half a minute":         {rollout.Finding{Status: rollout.Skipped, Retry: true}, 20, engine.Promoted},
		"for longer than a minute":  {rollout.Finding{Status: rollout.Failed, Retry: true}, 1000, engine.RolledBack},
		"what does not pass itself": {rollout.Finding{Status: rollout.Failed}, 1, engine.RolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			r := s.rollout()
			r.Gates = []runner.Gate{s.gate()}
			r.Require = s.checks(func(of *rollout.Subject, nth int) rollout.Finding {
				if nth >= 3 && nth < 3+c.times {
					return c.finding
				}
				return passes(of, nth)
			})
			s.run(r, c.want)
		})
	}
}

// Gates are judged while a requirement is waited for: users are not left alone
// with the candidate.
func TestGatesGoOnWhileARequirementFails(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	r.Require = s.checks(func(of *rollout.Subject, nth int) rollout.Finding {
		if nth < 3 {
			return passes(of, nth)
		}
		s.values["api-2"] = 9
		return rollout.Finding{Check: "http", Status: rollout.Failed, Retry: true}
	})
	if res := s.run(r, engine.RolledBack); res.Stop.Kind != engine.Failed {
		t.Errorf("it stopped for %d, %s", res.Stop.Kind, res.Why)
	}
}

// What needs the candidate is owed once there is one, also where the platform
// does not describe it.
func TestCandidateThatCannotBeDescribedPassesNothing(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Require = s.checks(func(*rollout.Subject, int) rollout.Finding {
		return rollout.Finding{Check: "env", Status: rollout.Deferred}
	})
	s.before = func(_ ctx, op string, _ int) error {
		if op == "subject" {
			return errDown
		}
		return nil
	}
	s.run(r, engine.NothingMoved)
}

// Configuration may give a requirement time of its own: before the first write,
// and before each rise.
func TestRequirementThatIsGivenTime(t *testing.T) {
	waits := rollout.Finding{Check: "secret", Object: "A", Status: rollout.Failed, Why: "there is none", Again: 5 * time.Second}
	over := waits
	over.Again = 0
	for name, c := range map[string]struct {
		from, times int // which look fails first, and how many do
		then        func(*rollout.Subject, int) rollout.Finding
		want        engine.Outcome
	}{
		"before the first write":            {1, 30, passes, engine.Promoted},
		"before a rise, longer than others": {3, 100, passes, engine.Promoted},
		"until it is over, nothing written": {1, 30, func(*rollout.Subject, int) rollout.Finding { return over }, engine.NothingMoved},
		"until it is over, before a rise":   {3, 30, func(*rollout.Subject, int) rollout.Finding { return over }, engine.RolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			r := s.rollout()
			r.Gates = []runner.Gate{s.gate()}
			r.Require = s.checks(func(of *rollout.Subject, nth int) rollout.Finding {
				switch {
				case nth < c.from:
					return passes(of, nth)
				case nth < c.from+c.times:
					if c.from == 1 && len(s.did("apply", "measure api-2")) > 0 {
						t.Errorf("while it is waited for before the first write: %q", s.did("apply", "measure"))
					}
					f := waits
					f.Why = fmt.Sprintf("there was none at look %d", nth)
					return f
				}
				return c.then(of, nth)
			})
			s.run(r, c.want)
			if n := s.waits("secret A"); n != 1 {
				t.Errorf("the wait was told %d times", n)
			}
		})
	}
}

// waits counts the events that say that something is waited for.
func (s *stage) waits(what string) (n int) {
	for _, e := range s.told {
		if e.Kind == "wait" && strings.Contains(e.Why, what) {
			n++
		}
	}
	return n
}

// One that has time waits beside one that has none.
func TestRequirementWithoutTimeIsNotWaitedFor(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Require = func(context.Context, *rollout.Subject, *rollout.Subject) []rollout.Finding {
		return []rollout.Finding{
			{Check: "secret", Object: "A", Status: rollout.Failed, Again: 5 * time.Second},
			{Check: "secret", Object: "B", Status: rollout.Failed},
		}
	}
	s.run(r, engine.NothingMoved)
	if n := s.waits("secret"); n > 0 {
		t.Errorf("it was waited for %d times", n)
	}
}

// A candidate that nobody has reached yet is not judged while something is
// waited for: it may have no address.
func TestNobodyIsJudgedBeforeTheFirstWrite(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	g := s.gate()
	g.Probe, g.Window = true, 0
	r.Gates = []runner.Gate{g}
	r.Require = s.checks(func(of *rollout.Subject, nth int) rollout.Finding {
		if nth > 20 {
			return passes(of, nth)
		}
		for _, line := range s.did("measure") {
			if strings.HasPrefix(line, "measure api-2") {
				t.Errorf("before the first write: %s", line)
			}
		}
		return rollout.Finding{Check: "secret", Object: "A", Status: rollout.Failed, Again: 5 * time.Second}
	})
	s.run(r, engine.Promoted)
}

// An interrupt ends the wait, and what is next is the way home.
func TestInterruptEndsTheWaitForARequirement(t *testing.T) {
	for name, from := range map[string]int{"before the first write": 1, "before a rise": 3} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := s.rollout()
			r.Require = s.checks(func(of *rollout.Subject, nth int) rollout.Finding {
				if nth < from {
					return passes(of, nth)
				}
				if nth == from+3 {
					cancel()
				}
				return rollout.Finding{Check: "secret", Object: "A", Status: rollout.Failed, Again: time.Hour}
			})
			res := r.Run(ctx)
			if res.Stop == nil || res.Stop.Kind != engine.Interrupted || s.live.Split.Sole() != "api-1" {
				t.Errorf("ended %s: %s; live is %s", res.Outcome, res.Why, s.live)
			}
		})
	}
}

// What is advisory stops nothing, also where it needs a candidate that cannot be
// described.
func TestAdvisoryRequirementThatNeedsTheCandidate(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Require = s.checks(func(*rollout.Subject, int) rollout.Finding {
		return rollout.Finding{Check: "env", Status: rollout.Deferred, Advisory: true}
	})
	s.run(r, engine.Promoted)
}
