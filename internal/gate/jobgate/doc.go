// Package jobgate is the gate kind "job": a job that tries the candidate, whose end
// is the verdict.
//
//	succeeded  0 faults
//	failed     1 fault; the exit code and the last lines that it printed are the note
//	running    no data yet
//	unclear    an error
//
// # Once for a content
//
// The job runs once for a content, on the candidate alone: never on what serves now,
// neither in a plan nor before the first write nor on the way home. What it said
// holds at every later weight. The platform remembers it, as of jobs before and
// after a rollout; so a process that follows one that died waits for what was begun.
// One that had failed before this process began is run again: whoever applies
// blocked content again, by retry, wants another verdict.
//
// # What it is told
//
// ROLLOUT_REVISION, and ROLLOUT_URL, which is the candidate's own address where it has
// one.
package jobgate
