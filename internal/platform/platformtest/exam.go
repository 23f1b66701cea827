package platformtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Run holds a platform to its promises. newHarness is called once a subtest.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	exam := []struct {
		name string
		run  func(*sitting)
	}{
		{"ObserveIsReadOnly", observeIsReadOnly},
		{"ObserveAgreesWithApply", observeAgreesWithApply},
		{"RefusesFinerThanGrain", refusesFinerThanGrain},
		{"RefusesTooManyShares", refusesTooManyShares},
		{"StaleTokenConflicts", staleTokenConflicts},
		{"TokenSurvivesReads", tokenSurvivesReads},
		{"PromoteAndBack", promoteAndBack},
		{"MarksTravelInTheSameWrite", marksTravel},
		{"MarksCanBeRemoved", marksGo},
		{"ApplyTwiceIsOnce", applyTwiceIsOnce},
		{"LostAnswerIsSeenAfterwards", lostAnswer},
		{"DroppedWriteIsSeenAfterwards", droppedWrite},
		{"WriteInBetweenConflicts", writeInBetween},
		{"MeddlerIsNotOverwritten", meddler},
		{"SettledComesLast", settledComesLast},
		{"PastIsNotTheFuture", staleReads},
		{"KeepsWhatIsNotOurs", keepsForeign},
		{"MissingRevision", missing},
		{"BrokenRevision", broken},
		{"HealthAndRoomOfSeveral", several},
		{"GlanceShowsWhatALookShows", glance},
		{"ObjectIsAnIdentity", object},
		{"InFlightAndPinned", inFlight},
		{"GoneTarget", gone},
		{"DeniedNamesThePermission", denied},
		{"ThrottledRetries", throttled},
		{"CancelReturns", cancelReturns},
		{"SubjectDescribes", subject},
		{"MakesAtZero", makesAtZero},
		{"MakesOnce", makesOnce},
		{"MakesOnceThoughTheAnswerIsLost", makesOnceLost},
		{"NeverReusesBrokenContent", makesAgain},
		{"WholeRollout", wholeRollout},
	}
	for _, e := range exam {
		t.Run(e.name, func(t *testing.T) {
			e.run(&sitting{T: t, h: newHarness(t)})
		})
	}
}

// sitting is one subtest at work.
type sitting struct {
	*testing.T
	h Harness
}

func (s *sitting) ctx() context.Context { return s.Context() }

func (s *sitting) observe(t rollout.Target, ask ...rollout.Revision) rollout.Observation {
	s.Helper()
	o, err := t.Observe(s.ctx(), append(ask, s.h.Old(), s.h.New())...)
	if err != nil {
		s.Fatalf("observe: %v", err)
	}
	if err := o.Routing.Split.Validate(); err != nil {
		s.Fatalf("an invalid split is shown: %v", err)
	}
	return o
}

// settled observes until the platform has settled, on the harness's clock.
func (s *sitting) settled(t rollout.Target, ask ...rollout.Revision) rollout.Observation {
	s.Helper()
	for range 1000 {
		o := s.observe(t, ask...)
		if o.Settled {
			return o
		}
		s.h.Clock().Advance(time.Second)
	}
	s.Fatal("the platform does not settle")
	return rollout.Observation{}
}

// apply asks for a routing from a settled state, and waits until it is settled.
func (s *sitting) apply(t rollout.Target, want rollout.Routing) rollout.Observation {
	s.Helper()
	o := s.settled(t)
	if err := t.Apply(s.ctx(), want, o.Token); err != nil {
		s.Fatalf("apply %s: %v", want, err)
	}
	return s.settled(t)
}

// share is the routing in which New has w.
func (s *sitting) share(w rollout.Weight) rollout.Routing {
	r := rollout.Routing{Split: rollout.Split{}, Home: s.h.Old(), Keep: []rollout.Revision{s.h.New()}}
	if w > 0 {
		r.Split[s.h.New()] = w
	}
	if w < rollout.Whole {
		r.Split[s.h.Old()] = rollout.Whole - w
	}
	return s.withDefault(r, w == rollout.Whole)
}

// withDefault sets the platform's default where it has one.
func (s *sitting) withDefault(r rollout.Routing, promoted bool) rollout.Routing {
	if o := s.observe(s.h.Target(s.T)); o.Routing.Default != "" {
		r.Default = s.h.Old()
		if promoted {
			r.Default = s.h.New()
		}
	}
	return r
}

func (s *sitting) shows(o rollout.Observation, want rollout.Routing) {
	s.Helper()
	if !o.Routing.Same(want) {
		s.Fatalf("shows %s, want %s", o.Routing, want)
	}
	if truth := s.h.Truth(s.T); !truth.Equal(o.Routing.Split) {
		s.Fatalf("shows %s, and users get %s", o.Routing.Split, truth)
	}
}

// is fails unless err wraps what it has to, and carries no secret.
func (s *sitting) is(err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Fatalf("error is %v, want one that wraps %q", err, want)
	}
	s.clean(err)
}

func (s *sitting) clean(err error) {
	s.Helper()
	if err != nil && s.h.Secret() != "" && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), s.h.Secret()) {
		s.Fatalf("an error carries a secret: %v", err)
	}
}
