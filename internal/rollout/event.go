package rollout

import "time"

// Event is one thing that happened in a rollout: a line of the log, of the
// progress file and of the timeline in state. It holds no secret.
type Event struct {
	At time.Time
	// Kind is what happened:
	//
	//	check     what comes next, while what it requires is looked at: an intent
	//	job       a job was begun, or has ended
	//	make      the candidate was made, or may have been: the answer was lost
	//	apply     a change of traffic was taken, or may have been: the answer was lost
	//	refused   a write was refused for good, and nothing has changed
	//	measure   gates are evaluated
	//	wait      something is waited for, or is decided anew
	//	stop      the first reason to stop was found
	//	finish    the rollout has ended
	//	way_home  how a person takes all traffic home: the first event and the last
	Kind string
	// Why is the sentence for it.
	Why string
	// Traffic is what users get as far as was seen then; of an apply what was
	// asked for.
	Traffic Split
	// Err is what a platform said to it, where Why says the same in words for
	// people. It is for the log alone.
	Err error
}
