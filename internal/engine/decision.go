package engine

import (
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Decision is the one thing to do now, and why.
type Decision struct {
	Row    int // of the table in the package's documentation
	At     time.Time
	Action Action
	// Why is the sentence that becomes the log line, the event and the error.
	Why string
	// Stop is set when this decision found the reason to stop; whoever carries
	// the decision out remembers it.
	Stop *Stop
}

// Action is one of Make, Run, Apply, Measure, Wait and Finish.
//
//sumtype:decl
type Action interface{ action() }

// Make asks for the candidate to be made at weight 0.
type Make struct{}

// Run asks for the job that is owed: to begin it where it was not begun, and to
// look at it where it was.
type Run struct {
	// After: it is one after promotion.
	After bool
}

// Apply asks the platform to show Want, on condition of the last token.
type Apply struct{ Want rollout.Routing }

// Measure asks for the gates that are due to be evaluated on Of.
type Measure struct {
	Of rollout.Revision
	// Gates: those on users' traffic too; else the probes alone.
	Gates bool
	// Until is when the time that is owed here is over; zero if it is, and only
	// a verdict is missing.
	Until time.Time
	// For names what is waited for beside the verdicts.
	For Waiting
}

// Wait asks to look again later: at Until, or after a moment if that is zero.
type Wait struct {
	For   Waiting
	Until time.Time
}

// Finish ends the rollout in this process.
type Finish struct{ Outcome Outcome }

func (Make) action()    {}
func (Run) action()     {}
func (Apply) action()   {}
func (Measure) action() {}
func (Wait) action()    {}
func (Finish) action()  {}

// Outcome is how a rollout ended.
type Outcome int

// The outcomes; only the first three are success.
const (
	Promoted     Outcome = iota // the candidate has all traffic, and every gate that was owed passed
	Unchanged                   // it had all traffic before, and nothing was done
	Held                        // it waits at a rung, as configured
	RolledBack                  // traffic is home again
	NothingMoved                // failed before any traffic moved
	Stayed                      // failed, and traffic stays where it is, as configured
	NotVerified                 // it has all traffic, and evidence that was owed is missing
	Halted                      // traffic is not touched any more; a person has to choose
)

// Success reports whether Terraform may call the apply complete.
func (o Outcome) Success() bool { return o == Promoted || o == Unchanged || o == Held }

// String returns the word for the outcome, as it stands in state and events.
func (o Outcome) String() string {
	switch o {
	case Promoted:
		return "promoted"
	case Unchanged:
		return "unchanged"
	case Held:
		return "held"
	case RolledBack:
		return "rolled_back"
	case NothingMoved:
		return "failed"
	case Stayed:
		return "stayed"
	case NotVerified:
		return "unverified"
	case Halted:
		return "halted"
	}
	return "unknown"
}
