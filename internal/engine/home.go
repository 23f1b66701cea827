package engine

import (
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Memory is what remains of earlier rollouts when a process begins.
type Memory struct {
	Configured rollout.Revision // home = "api-41", by a person
	Promoted   rollout.Revision // state's
	// Shunned: Promoted is blocked, or somebody took traffic off it since. It is
	// nobody to go back to merely because it is in the split.
	Shunned bool
}

// HomeOf returns the revision to return to: the first that holds, and never
// the candidate. It is asked once, at the first observation.
//
//  1. the revision that has all traffic, whatever state says
//  2. the one given in configuration
//  3. our mark on the platform
//  4. the platform's default
//  5. the only other revision with traffic
//  6. state's promoted, if it is in the split and nobody shuns it
//
// Where our mark names the candidate itself, an unfinished rollout is being
// undone: what shares the traffic then is what nobody wants any more, and only
// the first two hold.
func HomeOf(shows rollout.Routing, candidate rollout.Revision, m Memory) rollout.Revision {
	var others []rollout.Revision
	for _, r := range shows.Split.Revisions() {
		if r != candidate {
			others = append(others, r)
		}
	}
	only, promoted := rollout.Revision(""), rollout.Revision("")
	if len(others) == 1 {
		only = others[0]
	}
	if contains(others, m.Promoted) && !m.Shunned {
		promoted = m.Promoted
	}
	ranked := []rollout.Revision{shows.Split.Sole(), m.Configured, shows.Home, shows.Default, only, promoted}
	if candidate != "" && shows.Home == candidate {
		ranked = ranked[:2]
	}
	for _, r := range ranked {
		if r != "" && r != candidate {
			return r
		}
	}
	return ""
}

// Origin says whose work a split is.
type Origin int

// The origins.
const (
	// AtRest: what our last apply or import ended with.
	AtRest Origin = iota
	// Unfinished: ours, left in the middle by a process that died.
	Unfinished
	// Foreign: somebody else's.
	Foreign
)

// OriginOf tells ours from foreign. left is the routing that our last apply or
// import ended with, marks included; nil on a create, where one revision with
// all traffic is simply what is there. l is the ladder that is climbed.
//
// Marks that our last apply left there itself prove nothing, for they stay when
// somebody moves traffic by hand. Beside them only a rise to a rung is ours:
// whoever took traffic off the candidate, a person or a process that died on
// its way home, did not want it to come back by itself.
func OriginOf(shows rollout.Routing, left *rollout.Routing, l Ladder) Origin {
	switch {
	case left != nil && shows.Same(*left):
		return AtRest
	case unfinished(shows) && (left == nil || !sameMarks(shows, *left) || l.climbed(*left, shows)):
		return Unfinished
	case left == nil && len(shows.Split) < 2:
		return AtRest
	}
	return Foreign
}

// unfinished: our mark names home, and nothing but home and one other serves,
// which is what we keep reachable where a platform can show that.
func unfinished(shows rollout.Routing) bool {
	if shows.Home == "" || len(shows.Split) > 2 {
		return false
	}
	for r := range shows.Split {
		if r != shows.Home && len(shows.Keep) > 0 && !shows.Keeps(r) {
			return false
		}
	}
	_, homeServes := shows.Split[shows.Home]
	return homeServes || len(shows.Split) < 2
}

func sameMarks(a, b rollout.Routing) bool {
	if a.Home != b.Home || len(a.Keep) != len(b.Keep) {
		return false
	}
	for _, r := range a.Keep {
		if !b.Keeps(r) {
			return false
		}
	}
	return true
}

// homeward returns the routing in which r has everything. The mark stays until
// it is removed by its own write. What cannot serve is not kept reachable: a
// platform may refuse a change of traffic that so much as names it.
func (s Situation) homeward(r rollout.Revision) rollout.Routing {
	want := rollout.Routing{Split: rollout.All(r), Home: s.Shows.Routing.Home}
	for _, v := range s.Shows.Routing.Keep {
		if s.Shows.Health[v].State == rollout.Ready {
			want.Keep = append(want.Keep, v)
		}
	}
	if s.Shows.Routing.Default != "" {
		want.Default = r
	}
	return want
}

// toCandidate returns the routing in which the candidate has w, and home the
// rest; marks and what is kept reachable travel in the same write.
func (s Situation) toCandidate(w rollout.Weight) rollout.Routing {
	want := rollout.Routing{Home: s.Home, Keep: []rollout.Revision{s.Candidate}, Default: s.Shows.Routing.Default}
	if w == rollout.Whole {
		want.Split = rollout.All(s.Candidate)
		if want.Default != "" {
			want.Default = s.Candidate
		}
		return want
	}
	want.Split = rollout.Split{s.Candidate: w, s.Home: rollout.Whole - w}
	return want
}

// waitForHome returns what to do while home is not ready; a rollout without a
// home has nothing to wait for.
func (s Situation) waitForHome(verdicts []rollout.Verdict, gates bool) (Decision, bool) {
	if s.Home == "" || s.homeState() == rollout.Ready {
		return none()
	}
	if s.noSuchHome() {
		return stop(Unmet, "%s, the way home, does not exist", s.Home)
	}
	reason := because(s.Shows.Health[s.Home].Reason)
	if s.overdue(ForHome) {
		return stop(OutOfTime, "%s, the way home, was %s for %s%s", s.Home, s.homeState(), rollout.Short(s.Settle), reason)
	}
	return s.meanwhile(ForHome, verdicts, gates, "waiting for %s, the way home, to become ready%s", s.Home, reason)
}

// noSuchHome: a person named one that is not there. In the middle of a rollout
// it may be a stale read, which a wait corrects.
func (s Situation) noSuchHome() bool {
	return s.Home != "" && s.homeState() == rollout.Missing && !s.wrote()
}

// waitForRoom returns what to do while the candidate cannot be given w: home
// is not ready, or the candidate could not take it. What was measured meanwhile
// counts, also where nothing was owed.
func (s Situation) waitForRoom(w rollout.Weight, verdicts []rollout.Verdict, gates bool) (Decision, bool) {
	for _, v := range verdicts {
		if v.Decides() && v.Outcome == rollout.Fail {
			return stop(Failed, "%s", v.Why)
		}
	}
	if d, ok := s.waitForHome(verdicts, gates); ok {
		return d, true
	}
	room := s.Shows.Room[s.Candidate]
	if room >= w {
		return none()
	}
	if s.overdue(ForRoom) {
		return stop(OutOfTime, "%s has room for %s of the %s that is due, for %s", s.Candidate, room, w, rollout.Short(s.Settle))
	}
	return s.meanwhile(ForRoom, verdicts, gates, "waiting for room: %s could take %s of %s", s.Candidate, room, w)
}

// meanwhile waits for something that has no end of its own; gates go on.
func (s Situation) meanwhile(w Waiting, verdicts []rollout.Verdict, gates bool, format string, args ...any) (Decision, bool) {
	if len(verdicts) > 0 {
		return do(Measure{Of: s.Candidate, Gates: gates, For: w}, format, args...)
	}
	return do(Wait{For: w}, format, args...)
}

// drain returns how long requests may still reach, or be cut at, what lost its
// traffic when the live split settled.
func (s Situation) drain() time.Duration {
	if s.Shows.Cuts {
		return s.Shows.Pinned + s.Shows.InFlight
	}
	return s.Shows.Pinned
}
