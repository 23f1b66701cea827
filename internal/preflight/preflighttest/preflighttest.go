package preflighttest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// State is what the world is like for a check.
type State int

// The states. A fresh Harness is Good. Every kind knows Good and Missing; those
// that ask somebody know Babbles and Hangs as well.
const (
	Good    State = iota // the thing is there, and usable
	Missing              // it is not there
	Denied               // the caller may not look
	Busy                 // the vendor throttles at first
	Babbles              // something else answers in its place, with Secrets in it
	Hangs                // nobody ever answers
)

// Harness is one kind and its world. Each test of the exam gets a fresh one.
type Harness interface {
	// Open returns the check, opened through the kind's block. It makes no call.
	Open(t *testing.T) rollout.Check
	// Become changes the world, before Open. It returns false where there is no
	// such state.
	Become(t *testing.T, s State) bool
	// Subjects are a candidate and a live revision; the candidate has the thing
	// unless the world is Missing it.
	Subjects() (candidate, live *rollout.Subject)
	// Permission is the one that a Denied caller lacks.
	Permission() string
	// Calls counts the questions that reached the vendor, Writes the changes.
	Calls() int
	Writes() int
	// Secrets are texts that must not stand in any finding: what the vendor
	// answers in bodies, and values that the check must never have read.
	Secrets() []string
}

// generous bounds what would otherwise hang; no test asserts how long anything
// takes.
const generous = 30 * time.Second

// exam is one promise being examined.
type exam struct {
	*testing.T
	kind preflight.Kind
	h    Harness
}

// Run examines a kind. fresh returns a harness whose world is Good.
func Run(t *testing.T, k preflight.Kind, fresh func(t *testing.T) Harness) {
	t.Helper()
	t.Run("TheBlockIsDescribed", func(t *testing.T) { described(t, k) })
	for _, promise := range []struct {
		name string
		keep func(exam)
	}{
		{"OpenMakesNoCall", exam.openMakesNoCall},
		{"PassesOnTheGoodThing", exam.passesOnTheGoodThing},
		{"FailsOnTheMissingThing", exam.failsOnTheMissingThing},
		{"DeniedIsSkippedAndNamesThePermission", exam.deniedIsSkipped},
		{"ThrottlingIsWaitedOut", exam.throttlingIsWaitedOut},
		{"AnOddAnswerNeverPasses", exam.oddAnswerNeverPasses},
		{"CancelReturnsAndNeverPasses", exam.cancelReturns},
		{"WithoutCandidate", exam.withoutCandidate},
		{"SameQuestionSameAnswer", exam.sameQuestion},
		{"WhatDependsOnTheBlockAloneIsShared", exam.shares},
	} {
		t.Run(promise.name, func(t *testing.T) {
			x := exam{t, k, fresh(t)}
			promise.keep(x)
			if n := x.h.Writes(); n > 0 {
				t.Errorf("a check made %d writes", n)
			}
		})
	}
}

// run runs the check, and looks at the form of each finding.
func (x exam) run(ctx context.Context, c rollout.Check, candidate, live *rollout.Subject) []rollout.Finding {
	x.Helper()
	findings := c.Run(ctx, candidate, live)
	if len(findings) == 0 {
		x.Error("a check said nothing")
	}
	for _, f := range findings {
		switch {
		case f.Check != x.kind.Name || f.Object == "" || f.Why == "":
			x.Errorf("a finding does not say of what it is, or why: %+v", f)
		case f.Status == rollout.Failed || f.Status == rollout.Skipped:
			if f.Fix == "" {
				x.Errorf("a finding does not say what to do: %+v", f)
			}
		case f.Advisory || f.Retry:
			x.Errorf("nothing is wrong, and it warns or is to be tried again: %+v", f)
		}
		said := fmt.Sprintf("%+v", f)
		for _, secret := range x.h.Secrets() {
			if strings.Contains(said, secret) {
				x.Errorf("a secret stands in a finding:\n%s", strings.ReplaceAll(said, secret, "<THE SECRET>"))
			}
		}
	}
	return findings
}

func (x exam) now(c rollout.Check) []rollout.Finding {
	x.Helper()
	candidate, live := x.h.Subjects()
	return x.run(x.Context(), c, candidate, live)
}

func stops(f rollout.Finding) bool { return f.Stops() }

func (x exam) openMakesNoCall() {
	x.h.Open(x.T)
	if n := x.h.Calls(); n > 0 {
		x.Errorf("opening made %d calls", n)
	}
}

func (x exam) passesOnTheGoodThing() {
	for _, f := range x.now(x.h.Open(x.T)) {
		if f.Status != rollout.Passed {
			x.Errorf("got %+v", f)
		}
	}
}

func (x exam) failsOnTheMissingThing() {
	if !x.h.Become(x.T, Missing) {
		x.Fatal("everything can be missing")
	}
	findings := x.now(x.h.Open(x.T))
	if !slices.ContainsFunc(findings, func(f rollout.Finding) bool { return f.Status == rollout.Failed && f.Stops() }) {
		x.Errorf("nothing stops: %+v", findings)
	}
}

// deniedIsSkipped: what could not be looked at is Skipped, which stops an apply,
// and never Failed.
func (x exam) deniedIsSkipped() {
	if !x.h.Become(x.T, Denied) {
		x.Skip("there is nothing that a caller could be denied")
	}
	findings := x.now(x.h.Open(x.T))
	named := func(f rollout.Finding) bool {
		return f.Status == rollout.Skipped && f.Stops() && strings.Contains(f.Why, x.h.Permission())
	}
	failed := func(f rollout.Finding) bool { return f.Status == rollout.Failed }
	if !slices.ContainsFunc(findings, named) || slices.ContainsFunc(findings, failed) {
		x.Errorf("want skipped for %s, got %+v", x.h.Permission(), findings)
	}
}

func (x exam) throttlingIsWaitedOut() {
	if !x.h.Become(x.T, Busy) {
		x.Skip("it asks nobody who throttles")
	}
	for _, f := range x.now(x.h.Open(x.T)) {
		if f.Status != rollout.Passed {
			x.Errorf("got %+v", f)
		}
	}
}

func (x exam) oddAnswerNeverPasses() {
	if !x.h.Become(x.T, Babbles) {
		x.Skip("it asks nobody")
	}
	findings := x.now(x.h.Open(x.T))
	for _, f := range findings {
		if f.Status == rollout.Passed {
			x.Errorf("got %+v", f)
		}
	}
	if !slices.ContainsFunc(findings, stops) {
		x.Errorf("nothing stops: %+v", findings)
	}
}

// cancelReturns: before a question is asked, and while it is not answered.
func (x exam) cancelReturns() {
	if !x.h.Become(x.T, Hangs) {
		x.Skip("it asks nobody")
	}
	c := x.h.Open(x.T)
	limit, stop := context.WithTimeout(x.Context(), generous)
	defer stop()
	for _, when := range []string{"before", "meanwhile"} {
		ctx, cancel := context.WithCancel(x.Context())
		defer cancel()
		if when == "before" {
			cancel()
		}
		asked := x.h.Calls()
		done := make(chan []rollout.Finding, 1)
		go func() {
			candidate, live := x.h.Subjects()
			done <- x.run(ctx, c, candidate, live)
		}()
		for when == "meanwhile" && x.h.Calls() == asked && limit.Err() == nil {
			runtime.Gosched()
		}
		cancel()
		select {
		case findings := <-done:
			for _, f := range findings {
				if f.Status != rollout.Skipped || !strings.Contains(f.Why, "interrupted") {
					x.Errorf("cancelled %s: %+v", when, f)
				}
			}
		case <-limit.Done():
			x.Fatalf("cancelled %s, it did not return", when)
		}
	}
}

// withoutCandidate: at plan nobody has been made yet. What needs a candidate is
// Deferred, which is never Passed; what does not is looked at all the same.
func (x exam) withoutCandidate() {
	_, live := x.h.Subjects()
	want := rollout.Passed
	if x.kind.NeedsCandidate {
		want = rollout.Deferred
	}
	c := x.h.Open(x.T)
	for _, l := range []*rollout.Subject{nil, live} {
		for _, f := range x.run(x.Context(), c, nil, l) {
			if f.Status != want {
				x.Errorf("want %s, got %+v", want, f)
			}
		}
	}
	candidate, _ := x.h.Subjects()
	for _, f := range x.run(x.Context(), c, candidate, nil) { // a first deployment
		if f.Status != rollout.Passed {
			x.Errorf("nobody is live: %+v", f)
		}
	}
}

// shares: a plan with many resources asks once about what they all require,
// unless the answer depends on whose rollout it is, and when that is.
func (x exam) shares() {
	_, ahead := x.h.Open(x.T).(rollout.Foresighted)
	if want := !x.kind.NeedsCandidate && !ahead; x.kind.Alone != want {
		x.Errorf("Alone is %t, want %t", x.kind.Alone, want)
	}
}

func (x exam) sameQuestion() {
	x.h.Become(x.T, Missing)
	c := x.h.Open(x.T)
	if first, second := x.now(c), x.now(c); !slices.Equal(first, second) {
		x.Errorf("first %+v\nthen  %+v", first, second)
	}
}
