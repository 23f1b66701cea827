package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var points = map[string]struct {
	point  rollout.Point
	closes string // the first write that closes the way home
}{
	"promotion":   {rollout.AtPromotion, "apply api-2 100 %"},
	"first share": {rollout.AtFirstShare, "apply api-1 90 %, api-2 10 %"},
}

// TestStopAtEveryMoment: a rollout is interrupted, or a person asks for it to
// stop, before its nth operation, for every n there is. Before the point of no
// return everything is home at the end; beyond it nothing moves any more.
func TestStopAtEveryMoment(t *testing.T) {
	for of, p := range points {
		for _, how := range []string{"an interrupt", "a person's word"} {
			t.Run(of+", "+how, func(t *testing.T) {
				ahead, behind := 0, 0
				for nth := 1; ; nth++ {
					s, ended := stopped(t, p.point, how, nth)
					if !ended {
						break
					}
					if nth > endless {
						t.Fatalf("left alone, it does not end: %d operations, and one more", nth)
					}
					if s.beyond(p.closes) {
						behind++
					} else {
						ahead++
					}
				}
				if ahead < 3 || behind < 3 {
					t.Errorf("it was stopped %d times before the point of no return, and %d times beyond it", ahead, behind)
				}
			})
		}
	}
}

// stopped is a rollout that is stopped before its nth operation; false where it
// has less.
func stopped(t *testing.T, point rollout.Point, how string, nth int) (*stage, bool) {
	t.Helper()
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ops := 0
	s.before = func(context.Context, string, int) error {
		if ops++; ops != nth {
			return nil
		}
		s.note("stop")
		if how == "an interrupt" {
			cancel()
		} else {
			s.abort = "bad checkout"
			s.token++
		}
		return nil
	}
	r := s.rollout()
	r.Point, r.Gates = point, append(r.Gates, s.gate())
	res := r.Run(ctx)
	closed := point.Closes(s.live.Split["api-2"])
	if ops >= nth && res.Outcome != engine.Promoted && res.Beyond != closed {
		s.Errorf("at %d it ended %s with %s, and beyond is %v", nth, res.Outcome, s.live, res.Beyond)
	}
	return s, ops >= nth
}

// beyond reports whether the way home was closed, and holds what is live to that.
func (s *stage) beyond(closes string) bool {
	s.Helper()
	closed := ""
	for _, line := range s.did("apply") {
		switch {
		case closed != "" && strings.HasPrefix(line, "apply api-1 100 %"):
			s.Errorf("home is gone to beyond the point of no return:\n%s", strings.Join(s.log, "\n"))
		case strings.HasPrefix(line, closes):
			closed = line
		}
	}
	if closed == "" && !s.live.HasAll("api-1") {
		s.Errorf("it is not home: %s\n%s", s.live, strings.Join(s.log, "\n"))
	}
	return closed != ""
}

// TestLostPromotion: the answer to the promotion is lost, whether it was taken or
// not, and a gate fails, or the process is told to end. Only what was not taken
// is taken back.
func TestLostPromotion(t *testing.T) {
	lost := errors.New("the connection was lost")
	for name, taken := range map[string]bool{"taken": true, "not taken": false} {
		for _, interrupted := range []bool{true, false} {
			s := newStage(t)
			ctx, cancel := context.WithCancel(t.Context())
			lose := func(_ context.Context, op string, nth int) error {
				if op != "apply" || nth != 2 { // the first one marks
					return nil
				}
				if interrupted {
					cancel()
				} else {
					s.abort = "bad checkout"
				}
				return lost
			}
			if taken {
				s.after = lose
			} else {
				s.before = lose
			}
			r := s.rollout()
			r.Point, r.Ladder.Steps = rollout.AtPromotion, nil
			res := r.Run(ctx)
			cancel()
			if s.live.HasAll("api-2") != taken || res.Beyond != taken {
				t.Errorf("%s, interrupted %v: it ended %s with %s, and beyond is %v\n%s", name, interrupted, res.Outcome, s.live, res.Beyond, strings.Join(s.log, "\n"))
			}
		}
	}
}
