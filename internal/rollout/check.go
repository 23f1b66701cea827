package rollout

import (
	"context"
	"time"
)

// Status is the result of one check.
type Status int

// The statuses. Deferred and Skipped never count as Passed, and the zero value is
// none of them: a Finding that says nothing stops an apply.
const (
	Passed   Status = iota + 1 // it is there, and usable
	Failed                     // it is not
	Deferred                   // not known yet: an input is unknown until apply
	Skipped                    // it could not run; Why says what kept it
)

// String returns the word for the status, as it stands in state and reports.
func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	case Deferred:
		return "deferred"
	case Skipped:
		return "skipped"
	}
	return "unknown"
}

// Finding is what one check says of one thing.
type Finding struct {
	Check  string // the kind, as it is written in configuration: gcp_secret
	Object string // the thing, without any secret value
	Status Status
	Why    string // what was seen
	Fix    string // what to do, unless Passed
	// Advisory: a Failed or Skipped finding that warns and stops nothing.
	Advisory bool
	// Permission marks a finding about somebody's permissions, which can be
	// simulated but not proven: Skipped stops nothing then, in apply neither.
	Permission bool
	// Retry: a Failed finding that a moment may mend, such as a grant that has
	// not reached everyone.
	Retry bool
	// Again: a finding that stops, and is not to be acted upon yet: it is looked
	// at again after this long, because configuration gives it time (within).
	// 0 stands for now.
	Again time.Duration
	// Enforceable: a Failed finding that Enforce is for, if the check is an Enforcer.
	Enforceable bool
	// Lenient: a plan that finds it Failed warns, where it would be refused
	// otherwise.
	Lenient bool
}

// Stops reports whether the finding stops an apply: what is not there does, and
// so does what could not be looked at, unless it is about permissions. What is
// Deferred is for a later look to say.
func (f Finding) Stops() bool {
	if f.Advisory || f.Permission && f.Status == Skipped {
		return false
	}
	return f.Status != Passed && f.Status != Deferred
}

// Check is one thing that must be there, and usable, before anything moves.
type Check interface {
	// Run reads, and changes nothing. candidate and live are nil where they
	// are not known yet. It never reads a secret's value. It returns no error:
	// a check that could not run says so in a Finding.
	Run(ctx context.Context, candidate, live *Subject) []Finding
}

// Enforcer is a Check that can bring about what it finds missing.
type Enforcer interface {
	Check
	// Enforce brings it about as far as that can be begun now, and does not wait for
	// it: Run shows what comes of it. It looks anew before it changes anything, and
	// calling it again changes no more than is missing still. It is called in apply
	// alone, where configuration asks for it and once nothing else is missing. did
	// says what was done, for people, "" where nothing was. trouble is why it was not
	// done, or not wholly; one without Retry is not worth waiting for.
	Enforce(ctx context.Context) (did string, trouble *Finding)
}

// Foresighted is a Check that looks ahead, at what is to come while a rollout
// goes on.
type Foresighted interface {
	// During returns the check for what goes on from begin to end, as planned.
	// Without it, a check looks ahead as far as it thinks right.
	During(begin, end time.Time) Check
}
