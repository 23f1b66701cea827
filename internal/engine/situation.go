package engine

import (
	"fmt"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// OnStop says what a stop does to traffic.
type OnStop int

// What a stop does.
const (
	RollBack OnStop = iota
	Stay
)

// Step is a rung of the ladder: how much, and for how long it is watched.
type Step struct {
	Weight rollout.Weight
	Bake   time.Duration
}

// Ladder is the rollout as a person wrote it.
type Ladder struct {
	Steps []Step // strictly ascending, below Whole; the first may be 0
	Watch time.Duration
	// HoldAt is the rung at which an apply ends and waits for a person.
	HoldAt *rollout.Weight
	// OneStep: one rung per apply.
	OneStep     bool
	OnFailure   OnStop
	OnInterrupt OnStop
	// ReturnBySteps: a revision that was promoted before climbs like any other.
	ReturnBySteps bool
}

// StopKind says why a rollout does not go on.
type StopKind int

// The kinds of stop.
const (
	Failed      StopKind = iota // a gate failed
	Broken                      // the platform says that the candidate cannot serve
	Aborted                     // a person asked for it
	Interrupted                 // this process was told to end
	Unverified                  // evidence that was owed did not come
	OutOfTime                   // the time that Terraform, a credential or the platform allows is over
	Denied                      // a write was refused for good
	Unmet                       // a requirement is no longer met
	JobFailed                   // a job that is owed failed, or nobody can tell what became of it
)

// Stop is the first reason to stop; later ones do not replace it.
type Stop struct {
	Kind StopKind
	Why  string
	// At is when it was found, Weight what the candidate had then.
	At     time.Time
	Weight rollout.Weight
	// Refused: the way home was refused as well.
	Refused bool
}

// Waiting names what a Wait is for. The deadline belongs to it.
type Waiting int

// What can be waited for.
const (
	ForNothing  Waiting = iota
	ForArrival          // a write to show
	ForSettling         // a change to reach everyone
	ForReady            // the candidate to become ready
	ForHome             // home to become ready
	ForRoom             // room for the next share
	ForBake             // time to pass at a step, or in the watch
	ForDrain            // pinned requests to end
)

// Situation is all that a decision depends on. It is a value: the methods that
// fold an event into it return the next one.
type Situation struct {
	Candidate rollout.Revision // "" until it is found or made
	Made      bool             // this process made it
	Create    bool             // Terraform has no state of this rollout
	Ladder    Ladder
	Settle    time.Duration // rollout.Limits.Settle of the platform

	Shows          rollout.Observation
	Home, Promoted rollout.Revision
	Before         []rollout.Revision // promoted earlier, newest first
	Blocked        bool               // the candidate's content is not to be tried again
	NoWayBack      bool
	// OwesBefore and OwesAfter name the job that is owed next, before the candidate
	// and after its promotion; "" where none is. AfterBegun: one of those after
	// promotion was begun for this content, by this process or an earlier one.
	OwesBefore, OwesAfter string
	AfterBegun            bool

	Found           *rollout.Observation // what this process observed first
	Asked, Replaced *rollout.Routing     // this process's last write, and what it replaced
	Lost            bool                 // nobody knows whether the platform took it
	Against         rollout.Token        // what the write was conditional on
	Seen            bool                 // what was asked for has been observed once
	Gates, Probes   []rollout.Verdict    // on the split that is live
	Moved           bool                 // the candidate has had traffic while this process was here
	Stop            *Stop
	Hurried         bool // this process was told to end: there is time for the one write home

	// SettledAt is when what is shown was first seen settled, with the
	// candidate ready; zero while it is not. A bake counts from here. Taking
	// our marks away does not change it.
	SettledAt time.Time
	// Since is when the live split settled according to state, where an
	// earlier process left it on purpose (OneStep); else zero.
	Since time.Time
	// Deadline ends the wait for Waiting.
	Deadline time.Time
	Waiting  Waiting
	Now      time.Time
}

// Observed folds a fresh observation into the situation.
func (s Situation) Observed(o rollout.Observation, now time.Time) Situation {
	s.Now, s.Shows = now, o
	if s.Found == nil {
		s.Found = &o
	}
	if s.Asked != nil && o.Routing.Same(*s.Asked) {
		s.Seen = true
	}
	s.Moved = s.Moved || !s.idle()
	still := (o.Settled || s.unmarking()) && o.Routing.Same(s.expected()) &&
		(s.Stop != nil || s.Candidate == "" || o.Health[s.Candidate].State == rollout.Ready)
	switch {
	case !still:
		s.SettledAt = time.Time{}
	case s.SettledAt.IsZero():
		s.SettledAt = now
	}
	return s
}

// Wrote folds in that want was asked for. It is called as well where the
// answer was lost, for the write may have taken effect; not after an error
// that guarantees that nothing has changed.
func (s Situation) Wrote(want rollout.Routing, lost bool) Situation {
	repeated := s.Asked != nil && !s.Seen && s.Asked.Same(want)
	if !want.Same(s.Shows.Routing) {
		s.SettledAt, s.Since = time.Time{}, time.Time{}
		s = s.unjudged()
	}
	if !repeated {
		shown := s.Shows.Routing
		s.Replaced = &shown
		s.Waiting, s.Deadline = ForArrival, s.Now.Add(s.Settle)
	}
	s.Asked, s.Seen, s.Lost, s.Against = &want, false, lost, s.Shows.Token
	s.Moved = s.Moved || want.Split[s.Candidate] > 0
	return s
}

// MadeCandidate folds in that the candidate was made at weight 0. It counts as
// a write; the routing that it leaves is the one asked for.
func (s Situation) MadeCandidate(r rollout.Revision) Situation {
	want := s.Shows.Routing
	want.Keep = append([]rollout.Revision{r}, want.Keep...)
	s = s.Wrote(want, false)
	s.Candidate, s.Made = r, true
	s.SettledAt = time.Time{}
	return s
}

// Waits folds in that a wait was decided. The first wait for a thing sets its
// deadline; going on waiting for it does not move the deadline.
func (s Situation) Waits(w Waiting) Situation {
	if s.Waiting == w || s.Waiting == ForArrival && w == ForSettling {
		s.Waiting = w
		return s
	}
	s.Waiting, s.Deadline = w, s.Now.Add(s.Settle)
	return s
}

// Stopped folds in the first reason to stop. What gates and probes said until
// then was about going on; from here on they speak of going home.
//
// An interrupt hurries the way home that an earlier reason has begun.
func (s Situation) Stopped(stop Stop) Situation {
	s.Hurried = s.Hurried || stop.Kind == Interrupted
	if s.Stop != nil {
		return s
	}
	stop.At, stop.Weight = s.Now, s.weight()
	s.Stop = &stop
	return s.unjudged()
}

// Aborts returns the stop that a person's word is, and false where there is
// nothing to stop: everything is where it belongs already, or on its way there
// because an earlier rollout is being undone.
func (s Situation) Aborts() (Stop, bool) {
	if s.Shows.Abort == "" || s.Stop != nil || s.undoes() {
		return Stop{}, false
	}
	for _, quiet := range []func(Situation) (Decision, bool){nothingToDo, outsider} {
		if _, ok := quiet(s); ok {
			return Stop{}, false
		}
	}
	return Stop{Kind: Aborted, Why: fmt.Sprintf("a person asked for the rollout to stop: %q", s.Shows.Abort)}, true
}

// Began folds in that a job after promotion was begun, here or by an earlier
// process: what served before may not be able to serve any more.
func (s Situation) Began() Situation {
	s.AfterBegun, s.NoWayBack = true, true
	return s
}

// unfinished reports whether a release has come to its jobs after promotion, and not
// to its end.
func (s Situation) unfinished() bool {
	return s.AfterBegun && (s.OwesAfter != "" || s.Candidate != s.Promoted)
}

// released reports whether this content had its release already: a return owes no
// job, for what it needed it needed then, and a way back waits for nothing.
func (s Situation) released() bool {
	return s.undoes() || s.Candidate != "" && (s.Candidate == s.Promoted || contains(s.Before, s.Candidate))
}

// unjudged forgets what gates and probes said, and not that they exist: a gate
// without a verdict is owed one, and never counts as passed.
func (s Situation) unjudged() Situation {
	forget := func(in []rollout.Verdict) []rollout.Verdict {
		out := make([]rollout.Verdict, len(in))
		for i, v := range in {
			out[i] = rollout.Verdict{Gate: v.Gate}
		}
		return out
	}
	s.Gates, s.Probes = forget(s.Gates), forget(s.Probes)
	return s
}

// unmarking: the last write took our marks away. It moved nobody, so the time
// that was owed before it is not owed again while it settles.
func (s Situation) unmarking() bool {
	return s.wrote() && s.Asked.Home == "" && len(s.Asked.Keep) == 0 && s.Asked.Same(*s.Replaced)
}

// marked reports whether there is a mark of ours to take away.
func (s Situation) marked() bool {
	return s.Shows.Routing.Home != "" || len(s.Shows.Routing.Keep) > 0 || s.Shows.Marked
}

// expected is what must be shown unless somebody else moved traffic.
func (s Situation) expected() rollout.Routing {
	switch {
	case s.Asked != nil:
		return *s.Asked
	case s.Found != nil:
		return s.Found.Routing
	}
	return s.Shows.Routing
}

func (s Situation) weight() rollout.Weight { return s.Shows.Routing.Split[s.Candidate] }

func (s Situation) wrote() bool { return s.Asked != nil }

func (s Situation) arrived() bool { return s.Shows.Routing.Same(s.expected()) }

// overdue reports whether the wait for w has reached its limit.
func (s Situation) overdue(w Waiting) bool {
	return s.Waiting == w && !s.Now.Before(s.Deadline)
}

func (s Situation) candidateHasAll() bool { return s.Shows.Routing.HasAll(s.Candidate) }

func (s Situation) homeHasAll() bool { return s.Shows.Routing.HasAll(s.Home) }

// idle reports whether no user can reach the candidate by its share.
func (s Situation) idle() bool {
	return s.Candidate == "" || s.weight() == 0 && s.Shows.Routing.Default != s.Candidate
}

func (s Situation) homeState() rollout.State { return s.Shows.Health[s.Home].State }

// since is when the time that is owed at this split began to count.
func (s Situation) since() time.Time {
	if !s.Since.IsZero() {
		return s.Since
	}
	return s.SettledAt
}

// serving is what users get, for a sentence.
func (s Situation) serving() string { return s.Shows.Routing.String() }
