package engine

import (
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Row 8. The way home, in the order that serves users: traffic first, then
// what is still pinned, then a look at what serves, then our marks.
func goHome(s Situation) (Decision, bool) {
	if s.Stop == nil {
		return none()
	}
	for _, part := range []func(Situation) (Decision, bool){moveHome, settleHome, drainHome, lookAtHome, unmarkHome} {
		if d, ok := part(s); ok {
			return d, true
		}
	}
	if !s.Moved {
		return do(Finish{NothingMoved}, "%s; no traffic had moved: %s", s.Stop.Why, s.serving())
	}
	if s.Stop.Kind == Unverified {
		return do(Finish{NotVerified}, "%s; %s has all traffic again", s.Stop.Why, s.Home)
	}
	return do(Finish{RolledBack}, "%s; %s has all traffic again", s.Stop.Why, s.Home)
}

// moveHome asks for home. Where a write of ours may still arrive, the way home
// is written even if home has everything already: that write takes the token
// which the other one needs.
func moveHome(s Situation) (Decision, bool) {
	shown := s.Shows.Routing
	if s.homeHasAll() {
		if !s.wrote() || s.Seen || s.Asked.HasAll(s.Home) {
			return none()
		}
		want := s.homeward(s.Home)
		want.Home, want.Keep = "", nil
		return do(Apply{want}, "%s; everything stays with %s, whatever was on its way", s.Stop.Why, s.Home)
	}
	room, has := s.Shows.Room[s.Home], shown.Split[s.Home]
	switch {
	case s.wrote() && !s.Seen && !s.Lost && s.Asked.Split[s.Home] > has:
		return do(Wait{For: ForArrival}, "%s; waiting for %s to show", s.Stop.Why, s.Asked)
	case room >= rollout.Whole:
		return do(Apply{s.homeward(s.Home)}, "%s; everything back to %s", s.Stop.Why, s.Home)
	case room > has && len(shown.Split) == 2:
		want := s.homeward(s.Home)
		want.Default = shown.Default
		want.Split = rollout.Split{s.Home: room, s.Candidate: rollout.Whole - room}
		return do(Apply{want}, "%s; %s back to %s, which is as much as it can take now", s.Stop.Why, room, s.Home)
	case s.overdue(ForRoom):
		return do(Finish{Halted}, "%s; %s has had room for %s only for %s: %s", s.Stop.Why, s.Home, room, rollout.Short(s.Settle), s.serving())
	}
	return do(Wait{For: ForRoom}, "%s; waiting for %s, which could take %s now", s.Stop.Why, s.Home, room)
}

func settleHome(s Situation) (Decision, bool) {
	if s.Shows.Settled {
		return none()
	}
	if s.overdue(ForSettling) {
		if !s.Moved {
			return do(Finish{NothingMoved}, "%s; no traffic had moved: %s", s.Stop.Why, s.serving())
		}
		return do(Finish{Halted}, "%s; everything was given back to %s, and the platform has not confirmed it within %s",
			s.Stop.Why, s.Home, rollout.Short(s.Settle))
	}
	return do(Wait{For: ForSettling}, "%s; waiting for %s to settle", s.Stop.Why, s.serving())
}

// drainHome waits for pinned requests. A process in a hurry has no time, and
// a candidate that never had traffic nothing to drain.
func drainHome(s Situation) (Decision, bool) {
	if s.Hurried || !s.Moved {
		return none()
	}
	end := s.SettledAt.Add(s.drain())
	if !s.Now.Before(end) {
		return none()
	}
	return do(Wait{For: ForDrain, Until: end}, "%s may still see requests until %s", s.Candidate, rollout.Clocktime(end))
}

// lookAtHome probes what serves once. It changes nothing any more: it goes
// into the message.
func lookAtHome(s Situation) (Decision, bool) {
	if s.Hurried || !s.Moved {
		return none()
	}
	for _, v := range s.Probes {
		if !v.At.After(s.Stop.At) && !v.Gate.DryRun {
			return do(Measure{Of: s.Home}, "probes on %s, which has all traffic again", s.Home)
		}
	}
	return none()
}

// unmarkHome removes our marks by their own write. A process in a hurry
// makes the one write home and no other.
func unmarkHome(s Situation) (Decision, bool) {
	if s.Hurried || s.Stop.Refused || !s.marked() {
		return none()
	}
	if !s.Moved {
		return unmark(s, "no traffic had moved")
	}
	return unmark(s, "everything is home")
}

// unmark asks for the live split without our marks. Where that does not show
// in time the rollout ends all the same: the marks harm nobody.
func unmark(s Situation, why string) (Decision, bool) {
	if s.wrote() && s.Asked.Home == "" && len(s.Asked.Keep) == 0 {
		if s.Shows.Routing.Home == "" && !s.Shows.Marked || s.overdue(ForArrival) { // who stays reachable by itself is no mark
			return none()
		}
		if s.dropped() {
			return do(Apply{*s.Asked}, "%s: our marks are removed, once more", why)
		}
		return do(Wait{For: ForArrival}, "%s: waiting for our marks to go", why)
	}
	want := s.Shows.Routing
	want.Home, want.Keep = "", nil
	return do(Apply{want}, "%s: our marks are removed", why)
}

// Row 17. Everything has moved: gates go on, and the way home stays open,
// until the watch is over.
func watch(s Situation) (Decision, bool) {
	if !s.candidateHasAll() {
		return none()
	}
	if s.Ladder.Watch > 0 {
		owed, gates := s.owed()
		if d, ok := s.watchFor(s.Ladder.Watch, owed, gates); ok {
			return d, true
		}
	}
	end := s.since().Add(s.drain())
	if s.Now.Before(end) {
		return do(Wait{For: ForDrain, Until: end}, "%s may still see requests until %s", s.Home, rollout.Clocktime(end))
	}
	if s.OwesAfter != "" && (s.AfterBegun || !s.released()) {
		return do(Run{After: true}, "run job %q, for %s has all traffic; from here on there is no way back", s.OwesAfter, s.Candidate)
	}
	if s.marked() {
		if d, ok := unmark(s, string(s.Candidate)+" is promoted"); ok {
			return d, true
		}
	}
	if len(s.Gates)+len(s.Probes) == 0 {
		return do(Finish{Promoted}, "%s has all traffic; no gate was asked for", s.Candidate)
	}
	return do(Finish{Promoted}, "%s has all traffic, and every gate that was owed passed", s.Candidate)
}
