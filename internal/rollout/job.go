package rollout

import (
	"context"
	"time"
)

// JobState is how far an execution of a job has come.
type JobState int

// The states of an execution. The zero value is the one that nothing follows from.
const (
	// JobUnclear: it is there, and nobody can tell what became of it. It counts
	// neither as succeeded nor as one that may be run again.
	JobUnclear JobState = iota
	JobRunning
	JobSucceeded
	JobFailed
)

// String returns the word for the state, as it stands in events and messages.
func (s JobState) String() string {
	switch s {
	case JobRunning:
		return "running"
	case JobSucceeded:
		return "succeeded"
	case JobFailed:
		return "failed"
	case JobUnclear:
		return "unclear"
	}
	return "unknown"
}

// Errand is what a job is to do once.
type Errand struct {
	// Key names the errand for good: short, of letters, digits and hyphens. Equal
	// keys are the same errand, whichever process asks.
	Key string
	// Image is the candidate's image, by digest, where the job has to run that one;
	// "" for whatever the job has. A kind puts it in place of the job's own, or
	// refuses a job that has another (ErrInvalid); it never runs another.
	Image string
	// Env is told to the job beside what it has: the names begin with ROLLOUT_. No
	// secret is among them.
	Env map[string]string
}

// Execution is one run of a job.
type Execution struct {
	// ID names it, for Look and for people.
	ID    string
	State JobState
	// Exit is the code that its process ended with; nil where there is none, as
	// while it runs, and where it never began.
	Exit *int
	// Why says in the platform's words what became of it, where an exit code does
	// not: "the image could not be pulled". It holds no secret.
	Why string
	// Say is a command with which a person says what became of one that is unclear:
	// that it succeeded, or with "failed" in that place that it failed and may be run
	// again. "" where the kind has no place for that.
	Say string
	// Log is the last lines that the job has printed, oldest first, each fit to be
	// shown (OneLine); only of one that has failed. What a job prints is shown to
	// whoever reads the apply, so the documents ask that it prints no secret. Lines
	// that could not be read are none: Why says so then, and State stays what it is.
	Log []string
	// Began and Ended are zero where it has not, or nobody knows when.
	Began, Ended time.Time
}

// Inspected is what says before it is used whether it could be.
type Inspected interface {
	// Inspect says whether a job exists and may be run, and what of its errand it
	// cannot do. It reads only, may be called at plan, and returns no error: what
	// could not be looked at is Skipped. image is what it will have to run, "" where
	// that is not known yet or not asked for: what Terraform is still to change
	// before an apply gets here is nothing to complain about in a plan.
	Inspect(ctx context.Context, image string) []Finding
}

// Job is something that runs to its end inside the user's network. One that is
// started is never stopped from here: half a migration is worse than a late one.
type Job interface {
	Inspected
	// Find returns what was begun for this key, whoever began it, newest first;
	// none if there is nothing. It reads only, but that a kind whose platform forgets
	// may note how an execution has ended, in a place of its own. What the platform does not show any
	// more cannot be found; a kind whose platform forgets says for how long it
	// remembers. It returns an error where it cannot tell.
	Find(ctx context.Context, key string) ([]Execution, error)
	// Start begins an execution, and returns as soon as the platform has accepted
	// it. It is re-entrant: where one of this key is running it returns that one.
	// One that has ended does not keep it from beginning another: whether that is
	// wanted, the caller decides by Find. After an error that wraps ErrDenied,
	// ErrInvalid, ErrGone or ErrConflict nothing was begun; after any other one may
	// have been, and Find shows it.
	Start(ctx context.Context, e Errand) (Execution, error)
	// Look returns what became of an execution. It reads only, but as Find. Errors as for
	// Target.Observe.
	Look(ctx context.Context, id string) (Execution, error)
}
