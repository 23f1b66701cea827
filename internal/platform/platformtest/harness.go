// Package platformtest is the exam that every platform sits. The names of its
// subtests are the promises of a platform; package rollout states them as
// contracts. A platform's own test is one line:
//
//	func TestConformance(t *testing.T) { platformtest.Run(t, newHarness) }
//
// The harness connects the exam to an emulator that speaks the cloud's wire
// protocol, or to a real account.
package platformtest

import (
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Fault is trouble that the exam asks for.
type Fault int

// The faults. Each lasts until it is removed, but for those that say how often.
const (
	ThrottleTwice    Fault = iota // the next two calls are throttled
	UnavailableTwice              // the next two reads fail before any effect
	LoseTheAnswer                 // the next write takes effect and its answer is lost
	DropTheWrite                  // the next write fails before any effect, and nobody says so
	DenyWrites                    // the permission to write is missing
	DenyReads                     // the permission to read is missing
	SettleLate                    // changes take a minute to reach everyone
	ShowThePast                   // reads show the state before the last write for a minute
	WriteInBetween                // somebody else's write, which moves no traffic, lands just before the next one
	MoveInBetween                 // somebody else moves all traffic to Old just before the next write
	HangReads                     // a read is never answered
)

// Clock is a clock that moves when somebody sleeps, or says so: *clocktest.Clock.
type Clock interface {
	rollout.Clock
	// Advance moves it as sleeping does.
	Advance(d time.Duration)
	// Every has f called at every tick that passes.
	Every(tick time.Duration, f func(now time.Time))
}

// Harness is one target with two revisions, fresh for each subtest: Old has all
// traffic, New exists and has none.
type Harness interface {
	Limits() rollout.Limits
	Clock() Clock
	// Old and New name the two revisions, both ready.
	Old() rollout.Revision
	New() rollout.Revision
	// More makes n further revisions that are ready and have no traffic.
	More(t *testing.T, n int) []rollout.Revision
	// Target opens the target, as a new process would.
	Target(t *testing.T) rollout.Target
	// Nowhere opens a target that does not exist.
	Nowhere(t *testing.T) rollout.Target
	// Maker opens the target together with a wish for content that no revision
	// has yet; broken content never becomes ready. nil where the platform makes
	// nothing.
	Maker(t *testing.T, broken bool) (rollout.Target, rollout.Maker)
	// Truth is what users get, from the platform's own point of view.
	Truth(t *testing.T) rollout.Split
	// Writes counts what has changed something on the platform.
	Writes() int
	// Meddle moves traffic past our driver.
	Meddle(t *testing.T, s rollout.Split)
	// Break makes the platform say that a revision cannot serve any more.
	Break(t *testing.T, r rollout.Revision)
	// Recreate replaces the target by another one of the same name.
	Recreate(t *testing.T)
	// Foreign renders everything on the target that is not ours.
	Foreign(t *testing.T) string
	// Fault makes trouble, until remove is called.
	Fault(t *testing.T, f Fault) (remove func())
	// Permissions that a denied write and a denied read have to name.
	Permissions() (write, read string)
	// Secret is a credential or value that must stand in no error.
	Secret() string
	// Traits are what a platform has, as far as the exam has to know.
	Traits() Traits
}

// Traits are properties in which platforms differ on purpose.
type Traits struct {
	// AlwaysKept: every revision is reachable at weight 0; Keep is not shown.
	AlwaysKept bool
	// Torn: a promotion takes several writes, and Partial can be observed.
	Torn bool
	// AtOnce: nothing tells how far a change has got, so it is settled when shown.
	AtOnce bool
	// Nameless: there is no identity but the name, and revisions of what is made
	// anew under the same name have other names than those before.
	Nameless bool
	// InFlight is what the harness's target gives requests that have begun.
	InFlight time.Duration
	// Pinned is how long the harness's target keeps users where they are.
	Pinned time.Duration
}
