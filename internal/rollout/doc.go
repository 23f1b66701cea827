// Package rollout holds the nouns of a rollout and the small interfaces that
// everything else meets: what a revision is, how traffic is divided, what a
// platform shows, what a gate measured, what a check found.
//
// It imports the standard library only, does no I/O and knows no clock.
// The decision what to do next lives in package engine, the loop that does it
// in package runner, and the clouds behind Target, Maker, Source and Check in
// folders of their own.
//
//	Target ──Observe──► Observation ──► engine.Next ──► Decision ──► Target.Apply
//	Source ──Measure──► Measurement ──► Gate.Judge  ──► Verdict ──┘
//	Check  ──Run──────► Finding
package rollout
