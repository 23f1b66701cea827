package runner_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// endless is more operations than any rollout of these tests has.
const endless = 1000

// TestAbortAtEveryMoment: a person asks for the rollout to stop just before its
// nth operation, for every n there is. Nothing rises once that was seen, home
// has everything at the end, and what was under way is told as such.
func TestAbortAtEveryMoment(t *testing.T) {
	ended := map[engine.Outcome]int{}
	for nth := 1; ; nth++ {
		s := newStage(t)
		s.settle = 5 * time.Second
		delete(s.health, "api-2")
		ops := 0
		s.before = func(context.Context, string, int) error {
			if ops++; ops == nth {
				s.abort = "bad checkout"
				s.token++
				s.note("abort")
			}
			return nil
		}
		r := s.rollout()
		r.Maker, r.Candidate = s, ""
		r.Gates = append(r.Gates, s.gate())
		res := r.Run(t.Context())
		if ops < nth {
			break
		}
		if nth > endless {
			t.Fatalf("left alone, it does not end: %d operations, and one more", nth)
		}
		ended[res.Outcome]++
		checkAborted(s, nth, res.Begun)
		if res.Stop == nil || res.Stop.Kind != engine.Aborted || !strings.Contains(res.Why, `"bad checkout"`) {
			t.Errorf("at %d: it ended %s: %s", nth, res.Outcome, res.Why)
		}
	}
	if ended[engine.RolledBack] < 10 || ended[engine.NothingMoved] < 3 || len(ended) > 2 {
		t.Errorf("it ended %v", ended)
	}
}

func checkAborted(s *stage, nth int, begun bool) {
	s.Helper()
	told, seen, made := false, false, false
	for _, line := range s.log {
		word, what, _ := strings.Cut(line, " ")
		switch {
		case word == "abort":
			told = true
		case word == "observe":
			seen = told
		case word == "make":
			made = true
			if seen {
				s.Errorf("at %d: made after a person's word", nth)
			}
		case word == "apply" && seen && !strings.HasPrefix(what, "api-1 100 %"):
			s.Errorf("at %d: after a person's word: %s", nth, line)
		}
	}
	if home := rollout.Revision("api-1"); !s.live.HasAll(home) {
		s.Errorf("at %d: live is %s\n%s", nth, s.live, strings.Join(s.log, "\n"))
	}
	if begun != made {
		s.Errorf("at %d: begun is %v, made %v", nth, begun, made)
	}
}

// TestAbortThatStands: nothing begins, and nothing that is finished is undone.
func TestAbortThatStands(t *testing.T) {
	t.Run("before the first write", func(t *testing.T) {
		s := newStage(t)
		s.abort = "bad checkout"
		res := s.run(s.rollout(), engine.NothingMoved)
		if res.Begun || len(s.did("apply", "make")) > 0 {
			t.Errorf("begun is %v, and it did %v", res.Begun, s.did("apply", "make"))
		}
	})
	t.Run("who was promoted stays", func(t *testing.T) {
		s := newStage(t)
		s.abort, s.live.Split = "bad checkout", rollout.All("api-2")
		r := s.rollout()
		r.Memory.Promoted = "api-2"
		s.run(r, engine.Unchanged)
	})
	t.Run("what a dead process left at 0 was under way", func(t *testing.T) {
		s := newStage(t)
		s.abort, s.live.Home, s.live.Keep = "bad checkout", "api-1", []rollout.Revision{"api-2"}
		if res := s.run(s.rollout(), engine.NothingMoved); !res.Begun {
			t.Error("it was under way, and is not told as such")
		}
	})
	t.Run("what a dead process left goes home", func(t *testing.T) {
		s := newStage(t)
		s.abort = "bad checkout"
		s.live = rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}}
		if res := s.run(s.rollout(), engine.RolledBack); !res.Begun {
			t.Error("it was under way, and is not told as such")
		}
		s.expect(s.did("apply"), "apply api-1 100 %, home api-1", "apply api-1 100 %")
	})
}
