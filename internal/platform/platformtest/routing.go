package platformtest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func observeIsReadOnly(s *sitting) {
	target, before := s.h.Target(s.T), s.h.Writes()
	for range 3 {
		s.shows(s.observe(target), s.withDefault(rollout.Routing{Split: rollout.All(s.h.Old())}, false))
	}
	if _, err := target.Subject(s.ctx(), s.h.New()); err != nil {
		s.Fatal(err)
	}
	if n := s.h.Writes() - before; n != 0 {
		s.Fatalf("observing wrote %d times", n)
	}
}

func observeAgreesWithApply(s *sitting) {
	limits := s.h.Limits()
	most := limits.MaxCanary
	if most == 0 {
		most = rollout.Whole - limits.Grain
	}
	target := s.h.Target(s.T)
	for _, w := range []rollout.Weight{limits.Grain, 100, 500, 1000, most, 0} {
		if w > most || limits.Grain > 0 && w%limits.Grain != 0 {
			continue
		}
		s.shows(s.apply(target, s.share(w)), s.share(w))
	}
}

func refusesFinerThanGrain(s *sitting) {
	if s.h.Limits().Grain <= 1 {
		s.Log("this platform divides as finely as we do")
		return
	}
	target, before := s.h.Target(s.T), s.h.Writes()
	o := s.observe(target)
	s.is(target.Apply(s.ctx(), s.share(s.h.Limits().Grain+1), o.Token), rollout.ErrInvalid)
	if s.h.Writes() != before {
		s.Fatal("a refused split was written")
	}
}

func refusesTooManyShares(s *sitting) {
	n := s.h.Limits().MaxShares
	if n == 0 {
		s.Fatal("the platform has to say how many revisions may share traffic")
	}
	split := rollout.Split{}
	for i := range n + 1 {
		split[rollout.Revision(strings.Repeat("r", i+1))] = 1
	}
	split["r"] += rollout.Whole - rollout.Weight(len(split))
	target := s.h.Target(s.T)
	o := s.observe(target)
	s.is(target.Apply(s.ctx(), rollout.Routing{Split: split}, o.Token), rollout.ErrInvalid)
}

func staleTokenConflicts(s *sitting) {
	mine, theirs := s.h.Target(s.T), s.h.Target(s.T)
	old := s.settled(mine)
	s.apply(theirs, s.share(1000))
	before := s.h.Writes()
	s.is(mine.Apply(s.ctx(), s.share(5000), old.Token), rollout.ErrConflict)
	if s.h.Writes() != before {
		s.Fatal("a stale write took effect")
	}
	s.shows(s.settled(mine), s.share(1000))
}

func tokenSurvivesReads(s *sitting) {
	target := s.h.Target(s.T)
	a := s.settled(target)
	for range 3 {
		if b := s.observe(target); a.Token != b.Token {
			s.Fatalf("reading changed the token from %s to %s", a.Token, b.Token)
		}
	}
	if err := target.Apply(s.ctx(), s.share(1000), a.Token); err != nil {
		s.Fatal(err)
	}
	if b := s.settled(target); a.Token == b.Token {
		s.Fatal("a write did not change the token")
	}
}

func promoteAndBack(s *sitting) {
	target := s.h.Target(s.T)
	o := s.apply(target, s.share(rollout.Whole))
	if !o.Routing.HasAll(s.h.New()) || o.Partial {
		s.Fatalf("after a promotion it shows %s (partial: %v)", o.Routing, o.Partial)
	}
	s.shows(o, s.share(rollout.Whole))
	o = s.apply(target, s.share(0))
	if !o.Routing.HasAll(s.h.Old()) {
		s.Fatalf("after the way back it shows %s", o.Routing)
	}
	s.shows(o, s.share(0))
}

func marksTravel(s *sitting) {
	target := s.h.Target(s.T)
	o := s.settled(target)
	before := s.h.Writes()
	if err := target.Apply(s.ctx(), s.share(1000), o.Token); err != nil {
		s.Fatal(err)
	}
	if n := s.h.Writes() - before; n != 1 && !s.h.Traits().Torn {
		s.Fatalf("a split with its marks took %d writes", n)
	}
	o = s.settled(s.h.Target(s.T)) // another process sees them as well
	if o.Routing.Home != s.h.Old() {
		s.Fatalf("the mark of the way home is %q, want %q", o.Routing.Home, s.h.Old())
	}
	if !o.Routing.Keeps(s.h.New()) && !s.h.Traits().AlwaysKept {
		s.Fatalf("kept are %v, want %q among them", o.Routing.Keep, s.h.New())
	}
}

func marksGo(s *sitting) {
	target := s.h.Target(s.T)
	s.apply(target, s.share(rollout.Whole))
	want := s.share(rollout.Whole)
	want.Home, want.Keep = "", nil
	o := s.apply(target, want)
	if o.Routing.Home != "" || len(o.Routing.Keep) > 0 && !s.h.Traits().AlwaysKept {
		s.Fatalf("marks are left: home %q, kept %v", o.Routing.Home, o.Routing.Keep)
	}
	s.shows(o, want)
}

func applyTwiceIsOnce(s *sitting) {
	target := s.h.Target(s.T)
	s.apply(target, s.share(1000))
	s.shows(s.apply(target, s.share(1000)), s.share(1000))
}

func lostAnswer(s *sitting) {
	target := s.h.Target(s.T)
	o := s.settled(target)
	remove := s.h.Fault(s.T, LoseTheAnswer)
	err := target.Apply(s.ctx(), s.share(1000), o.Token)
	remove()
	if err == nil || errors.Is(err, rollout.ErrConflict) || errors.Is(err, rollout.ErrDenied) || errors.Is(err, rollout.ErrInvalid) {
		s.Fatalf("a lost answer is reported as %v: that says that nothing has changed", err)
	}
	s.clean(err)
	s.shows(s.settled(target), s.share(1000))
}

func droppedWrite(s *sitting) {
	target := s.h.Target(s.T)
	o := s.settled(target)
	remove := s.h.Fault(s.T, DropTheWrite)
	err := target.Apply(s.ctx(), s.share(1000), o.Token)
	remove()
	if err == nil {
		s.Fatal("a dropped write is reported as done")
	}
	s.clean(err)
	s.shows(s.settled(target), s.share(0))
}

func writeInBetween(s *sitting) {
	target := s.h.Target(s.T)
	o := s.settled(target)
	remove := s.h.Fault(s.T, WriteInBetween)
	err := target.Apply(s.ctx(), s.share(1000), o.Token)
	remove()
	if s.h.Limits().Guard == rollout.Atomic {
		s.is(err, rollout.ErrConflict)
		s.shows(s.settled(target), s.share(0))
	}
	s.shows(s.apply(target, s.share(1000)), s.share(1000)) // with the fresh token it goes on
}

func meddler(s *sitting) {
	if s.h.Limits().Guard != rollout.Atomic {
		s.Log("this platform has a window between check and act, which its documentation states")
		return
	}
	target := s.h.Target(s.T)
	s.apply(target, s.share(1000))
	o := s.settled(target)
	remove := s.h.Fault(s.T, MoveInBetween)
	err := target.Apply(s.ctx(), s.share(5000), o.Token)
	remove()
	s.is(err, rollout.ErrConflict)
	if truth := s.h.Truth(s.T); truth.Sole() != s.h.Old() {
		s.Fatalf("a meddler was overwritten: %s", truth)
	}
}

func settledComesLast(s *sitting) {
	if s.h.Traits().AtOnce {
		s.Log("nothing on this platform tells how far a change has got")
		return
	}
	target := s.h.Target(s.T)
	o := s.settled(target)
	defer s.h.Fault(s.T, SettleLate)()
	if err := target.Apply(s.ctx(), s.share(1000), o.Token); err != nil {
		s.Fatal(err)
	}
	if o := s.observe(target); o.Settled {
		s.Fatalf("settled while users get %s", s.h.Truth(s.T))
	}
	o = s.settled(target)
	s.shows(o, s.share(1000))
}

func staleReads(s *sitting) {
	target := s.h.Target(s.T)
	o := s.settled(target)
	remove := s.h.Fault(s.T, ShowThePast)
	if err := target.Apply(s.ctx(), s.share(1000), o.Token); err != nil {
		s.Fatal(err)
	}
	past := s.observe(target)
	if past.Routing.Same(s.share(1000)) {
		s.Fatal("the harness does not show the past")
	}
	if err := target.Apply(s.ctx(), s.share(5000), past.Token); !errors.Is(err, rollout.ErrConflict) && s.h.Limits().Guard == rollout.Atomic {
		s.Fatalf("a write on the token of the past: %v", err)
	}
	remove()
	s.h.Clock().Advance(2 * time.Minute)
	s.shows(s.settled(target), s.share(1000))
}

func keepsForeign(s *sitting) {
	target := s.h.Target(s.T)
	before := s.h.Foreign(s.T)
	for _, w := range []rollout.Weight{1000, 5000, rollout.Whole, 0} {
		s.apply(target, s.share(w))
		if after := s.h.Foreign(s.T); after != before {
			s.Fatalf("at %s what is not ours changed\nfrom %s\nto   %s", w, before, after)
		}
	}
}

func cancelReturns(s *sitting) {
	target := s.h.Target(s.T)
	o := s.settled(target)
	remove := s.h.Fault(s.T, HangReads)
	ctx, cancel := context.WithCancel(s.ctx())
	done := make(chan error, 1)
	go func() {
		_, err := target.Observe(ctx)
		done <- err
	}()
	cancel()
	if err := <-done; err == nil { // a driver that ignores the context hangs here until the test's own limit
		s.Fatal("a cancelled observation succeeded")
	}
	remove()
	ctx, cancel = context.WithCancel(s.ctx())
	cancel()
	before := s.h.Writes()
	if err := target.Apply(ctx, s.share(1000), o.Token); err == nil {
		s.Fatal("a write on a context that has ended succeeded")
	}
	if s.h.Writes() != before {
		s.Fatal("a write went out on a context that had ended")
	}
}
