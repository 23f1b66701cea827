package rollout

import "time"

// Event is one thing that happened in a rollout: a line of the log, of the
// progress file and of the timeline in state. It holds no secret.
type Event struct {
	At time.Time
	// Kind is what was done: make, apply, measure, wait, check, finish; or
	// way_home, which comes first and last.
	Kind string
	// Why is the sentence for it.
	Why string
	// Traffic is what users get as far as was seen then.
	Traffic Split
}
