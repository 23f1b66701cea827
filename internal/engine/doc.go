// Package engine decides. Next looks at a Situation and returns the one thing
// to do now; Preview runs it ahead for terraform plan. Nothing here does I/O,
// reads a clock or remembers anything: package runner observes, asks Next and
// acts, and folds what happened back into the Situation.
//
// The platform is the only memory of traffic. A new process sees a split,
// finds its rung, and bakes that rung again on its own clock, so that after a
// crash a rollout is never bolder than one that starts afresh at that weight.
//
// # The table
//
// Next is this table, read from the top; the first row that matches decides.
// Routings are compared by default and split. "Has all" means the whole split,
// with no other default. A stop is the first reason to stop: a row finds it, or
// it comes from outside, as an interrupt, the end of the time, and a person's
// word that the platform shows (Situation.Aborts), which counts at every look.
//
//	 1  the driver recognises its own half-done change        wait for the rest; ask for it again where the answer was lost;
//	                                                          a new process finishes the promotion
//	 2  not what was asked for, and not what it replaced;     halt, no write, not even home
//	    or seen before and gone; or not there at the limit
//	 3  what the write replaced, no stop                      wait for it to show; ask for it again where the answer was lost
//	                                                          and nothing was written since
//	 4  stop, nothing written, candidate without traffic      failed: nothing to undo
//	 5  stop for absent evidence, candidate has all           unverified: no write
//	 6  stop, and staying is chosen or there is no way back   stayed
//	 7  stop, home unknown, not ready, or refused             halt
//	 8  stop                                                  home, as far as it has room; settled; drained; probed;
//	                                                          unmarked; rolled back
//	 9  unsettled, nothing written                            wait; at the limit failed: the target is busy
//	10  unsettled                                             wait; at the limit stop
//	11  blocked                                               failed; what it still has goes home first
//	12  several serve, home unknown                           halt: not ours to judge; but everything to the candidate if
//	                                                          our mark names it: a merge reverted in the middle
//	13  one that is neither home nor candidate serves         everything home
//	14  a job is owed before it; candidate unknown            run the job; make it
//	15  candidate missing or broken                           stop
//	16  candidate has all, nothing written, and it is         unmarked; unchanged
//	    promoted or this is a create without a mark, and no
//	    job after promotion was begun and is still owed
//	17  candidate has all                                     watch and drain; run what comes after; unmark; promoted
//	18  candidate not ready                                   wait; at the limit stop
//	19  home not marked, or candidate not reachable           mark
//	20  nobody serves                                         weight-0 bake and probes, then everything: a first deployment
//	21  candidate was promoted before, or is marked as home   probes, then everything: a return does not climb
//	22  one step an apply, and it was raised                  one look, then held
//	23  at or above hold_at                                   bake and gates, then held
//	24  bake not over, or gates not judged                    wait, measure
//	25  home not ready, or no room for the next rung          wait; at the limit stop
//	26  everything passed                                     the next rung strictly above; after the last, promote
//
// A job before the candidate (row 14) runs after everything that the first write
// waits for, and not for content that had its release already. One after
// promotion (row 17) is the end of the way back: from the moment when it is begun
// every stop stays (row 6), in later processes as well.
//
// The files in testdata are stories that follow the table, and read as
// documentation; the promises that hold over every story are checked by
// random walks in package runner.
package engine
