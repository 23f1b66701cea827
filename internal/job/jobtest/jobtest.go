// Package jobtest is the exam of a job kind: what every job promises, asked of each
// of them over its vendor's real wire.
//
//	func TestExam(t *testing.T) { jobtest.Run(t, Kind(), newHarness) }
//
// A kind brings a Harness: a vendor whose executions do as they are told, and a job
// that was opened through the kind's block. The exam knows no kind and no vendor.
// The names of its tests are the promises.
package jobtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/job"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Trouble is what can be wrong with a vendor.
type Trouble int

// The troubles.
const (
	// Missing: there is no such job.
	Missing Trouble = iota
	// Unreadable: the caller may not look at the job.
	Unreadable
	// Forbidden: the caller may look at it, and may not run it.
	Forbidden
	// LosesAnswers: what is begun takes effect, and the answer to it does not come.
	LosesAnswers
	// Hangs: no question is ever answered.
	Hangs
	// Silent: the caller may not read the log.
	Silent
)

// Harness is one kind and its vendor. Each test of the exam gets a fresh one, whose
// executions take a minute and succeed.
type Harness interface {
	// Open returns the job, opened through the kind's block.
	Open(t *testing.T) rollout.Job
	// WithImage returns one that has to run the candidate's image, and two images
	// that are the candidate's by turns; nil where the kind has no such thing. Which
	// image an execution has is told by Image.
	WithImage(t *testing.T) (j rollout.Job, one, other string)
	Image(id string) string
	// Clock is the vendor's, and the job's. Sleeping moves it.
	Clock() rollout.Clock
	// Behave says what executions do from now on: how long they take, what they end
	// with, and what they print.
	Behave(takes time.Duration, exit int, lines ...string)
	// Begun counts the executions that the vendor has begun.
	Begun() int
	// Told is what a variable of an execution says.
	Told(id, variable string) string
	// Break brings trouble, before Open, which ends with the test t where it can. It
	// returns false where the vendor cannot have it.
	Break(t *testing.T, trouble Trouble) bool
	// Permission is the one that is missing in a trouble.
	Permission(trouble Trouble) string
	// Calls counts the questions that have reached the vendor.
	Calls() int
}

// Reserved is a Harness of a vendor that tells less than others.
type Reserved interface {
	Lacks() Reserve
}

// Reserve is what a vendor does not tell.
type Reserve struct {
	// Foresight: that who may look at a job may not run it, before it is run.
	Foresight bool
	// Exit: with which code an execution has ended.
	Exit bool
	// Past: of a key, more than the last execution.
	Past bool
}

// lacks is what the vendor does not tell.
func (x exam) lacks() Reserve {
	if r, ok := x.h.(Reserved); ok {
		return r.Lacks()
	}
	return Reserve{}
}

// generous bounds what would otherwise hang; no test asserts how long anything
// takes.
const generous = 30 * time.Second

// exam is one promise being examined.
type exam struct {
	*testing.T
	kind job.Kind
	h    Harness
}

// Run examines a kind.
func Run(t *testing.T, k job.Kind, fresh func(t *testing.T) Harness) {
	t.Helper()
	t.Run("TheBlockIsDescribed", func(t *testing.T) { described(t, k) })
	for _, promise := range []struct {
		name string
		keep func(exam)
	}{
		{"OpenMakesNoCall", exam.openMakesNoCall},
		{"InspectPassesOnTheGoodThing", exam.inspectPasses},
		{"InspectSaysWhatIsWrong", exam.inspectSaysWhatIsWrong},
		{"NothingIsFoundBeforeItWasBegun", exam.nothingIsFound},
		{"WhatWasBegunIsFoundByItsKeyAlone", exam.foundByItsKey},
		{"NeverASecondBesideARunningOne", exam.neverASecond},
		{"OneThatHasEndedMayBeBegunAgain", exam.mayBeBegunAgain},
		{"SuccessIsSeen", exam.successIsSeen},
		{"FailureHasAnExitCodeAndTheLastLines", exam.failureIsExplained},
		{"FailureIsSeenWithoutItsLog", exam.failureWithoutItsLog},
		{"ALostAnswerIsFound", exam.lostAnswer},
		{"DeniedBeginsNothing", exam.deniedBeginsNothing},
		{"ItIsToldWhatItIsFor", exam.told},
		{"NeverAnotherImage", exam.neverAnotherImage},
		{"CancelReturns", exam.cancelReturns},
	} {
		t.Run(promise.name, func(t *testing.T) { promise.keep(exam{t, k, fresh(t)}) })
	}
}

const key = "0123456789abcdef"

func (x exam) errand() rollout.Errand {
	return rollout.Errand{Key: key, Env: map[string]string{"ROLLOUT_REVISION": "api-42"}}
}

func (x exam) open() rollout.Job {
	x.Helper()
	return x.h.Open(x.T)
}

func (x exam) start(j rollout.Job, e rollout.Errand) rollout.Execution {
	x.Helper()
	out, err := j.Start(x.Context(), e)
	if err != nil {
		x.Fatal(err)
	}
	if out.ID == "" || out.State != rollout.JobRunning {
		x.Errorf("what was begun is %+v", out)
	}
	return out
}

func (x exam) find(j rollout.Job, key string) []rollout.Execution {
	x.Helper()
	out, err := j.Find(x.Context(), key)
	if err != nil {
		x.Fatal(err)
	}
	return out
}

func (x exam) pass(d time.Duration) {
	x.Helper()
	if err := x.h.Clock().Sleep(x.Context(), d); err != nil {
		x.Fatal(err)
	}
}

// ended looks until an execution has ended.
func (x exam) ended(j rollout.Job, id string) rollout.Execution {
	x.Helper()
	for range 100 {
		out, err := j.Look(x.Context(), id)
		if err != nil {
			x.Fatal(err)
		}
		if out.State != rollout.JobRunning {
			return out
		}
		x.pass(5 * time.Second)
	}
	x.Fatal("it does not end")
	return rollout.Execution{}
}

func (x exam) openMakesNoCall() {
	x.open()
	if n := x.h.Calls(); n > 0 {
		x.Errorf("opening made %d calls", n)
	}
}

func (x exam) inspectPasses() {
	findings := x.open().Inspect(x.Context(), "")
	if len(findings) == 0 {
		x.Error("it says nothing")
	}
	for _, f := range findings {
		if f.Status != rollout.Passed || f.Check != x.kind.Name || f.Object == "" || f.Why == "" {
			x.Errorf("got %+v", f)
		}
	}
	if n := x.h.Begun(); n > 0 {
		x.Errorf("looking at it has begun %d executions", n)
	}
}

func (x exam) inspectSaysWhatIsWrong() {
	for _, c := range []struct {
		trouble Trouble
		want    rollout.Status
	}{{Unreadable, rollout.Skipped}, {Forbidden, rollout.Failed}, {Missing, rollout.Failed}} {
		x.Run(c.want.String()+" "+x.h.Permission(c.trouble), func(t *testing.T) {
			x := exam{t, x.kind, x.h}
			if c.trouble == Forbidden && x.lacks().Foresight || !x.h.Break(t, c.trouble) {
				t.Skip("its vendor cannot have that")
			}
			findings := x.open().Inspect(t.Context(), "")
			if !slices.ContainsFunc(findings, func(f rollout.Finding) bool {
				return f.Status == c.want && f.Stops() && f.Fix != "" && strings.Contains(f.Why, x.h.Permission(c.trouble))
			}) {
				t.Errorf("want %s for %q, got %+v", c.want, x.h.Permission(c.trouble), findings)
			}
		})
	}
}

func (x exam) nothingIsFound() {
	if found := x.find(x.open(), key); len(found) > 0 {
		x.Errorf("found %+v", found)
	}
}

func (x exam) foundByItsKey() {
	j := x.open()
	begun := x.start(j, x.errand())
	other := x.errand()
	other.Key = "another"
	x.start(j, other)
	found := x.find(j, key)
	if len(found) != 1 || found[0].ID != begun.ID || found[0].State != rollout.JobRunning {
		x.Errorf("found %+v, begun was %+v", found, begun)
	}
}

func (x exam) neverASecond() {
	j := x.open()
	first := x.start(j, x.errand())
	if second := x.start(x.open(), x.errand()); second.ID != first.ID || x.h.Begun() != 1 {
		x.Errorf("%s and then %s: %d executions have begun", first.ID, second.ID, x.h.Begun())
	}
}

func (x exam) mayBeBegunAgain() {
	x.h.Behave(time.Minute, 1)
	j := x.open()
	first := x.start(j, x.errand())
	x.ended(j, first.ID)
	x.h.Behave(time.Minute, 0)
	x.pass(time.Second)
	second := x.start(j, x.errand())
	found := x.find(j, key)
	if x.lacks().Past && len(found) == 1 && found[0].ID == second.ID && found[0].State == rollout.JobRunning {
		return
	}
	if len(found) != 2 || found[0].ID != second.ID || found[1].State != rollout.JobFailed {
		x.Errorf("found %+v, newest should be %s", found, second.ID)
	}
}

func (x exam) successIsSeen() {
	j := x.open()
	begun := x.start(j, x.errand())
	out := x.ended(j, begun.ID)
	if out.State != rollout.JobSucceeded || out.ID != begun.ID || out.Ended.Sub(out.Began) < time.Minute {
		x.Errorf("it ended as %+v", out)
	}
	if found := x.find(j, key); len(found) != 1 || found[0].State != rollout.JobSucceeded {
		x.Errorf("found %+v", found)
	}
}

func (x exam) failureIsExplained() {
	x.h.Behave(time.Minute, 3, "first", "no such \x1b[31mcolumn", strings.Repeat("long ", 500), "last")
	j := x.open()
	out := x.ended(j, x.start(j, x.errand()).ID)
	if out.State != rollout.JobFailed || x.lacks().Exit && out.Why == "" || !x.lacks().Exit && (out.Exit == nil || *out.Exit != 3) {
		x.Errorf("it ended as %+v", out)
	}
	if n := len(out.Log); n < 2 || out.Log[n-1] != "last" || strings.ContainsAny(strings.Join(out.Log, ""), "\x1b\n") || len(out.Log[n-2]) > 1000 {
		x.Errorf("of its log it shows %q", out.Log)
	}
}

func (x exam) failureWithoutItsLog() {
	x.h.Behave(time.Minute, 3, "a line")
	if !x.h.Break(x.T, Silent) {
		x.Skip("who may look may read its log")
	}
	j := x.open()
	out := x.ended(j, x.start(j, x.errand()).ID)
	if out.State != rollout.JobFailed || len(out.Log) > 0 || !strings.Contains(out.Why, x.h.Permission(Silent)) {
		x.Errorf("it ended as %+v", out)
	}
}

func (x exam) lostAnswer() {
	if !x.h.Break(x.T, LosesAnswers) {
		x.Skip("its vendor loses no answers")
	}
	j := x.open()
	_, err := j.Start(x.Context(), x.errand())
	if err == nil || errors.Is(err, rollout.ErrDenied) || errors.Is(err, rollout.ErrInvalid) || errors.Is(err, rollout.ErrGone) || errors.Is(err, rollout.ErrConflict) {
		x.Errorf("got %v, which says that nothing was begun", err)
	}
	if found := x.find(j, key); len(found) != 1 || x.h.Begun() != 1 {
		x.Errorf("found %+v of %d", found, x.h.Begun())
	}
}

func (x exam) deniedBeginsNothing() {
	if !x.h.Break(x.T, Forbidden) {
		x.Skip("whoever may look may run it")
	}
	_, err := x.open().Start(x.Context(), x.errand())
	if !errors.Is(err, rollout.ErrDenied) || !strings.Contains(err.Error(), x.h.Permission(Forbidden)) || x.h.Begun() > 0 {
		x.Errorf("got %v, and %d have begun", err, x.h.Begun())
	}
}

func (x exam) told() {
	j := x.open()
	begun := x.start(j, x.errand())
	if got := x.h.Told(begun.ID, "ROLLOUT_REVISION"); got != "api-42" {
		x.Errorf("it was told %q", got)
	}
}

// neverAnotherImage: what was begun for an image has it, or nothing was begun.
func (x exam) neverAnotherImage() {
	j, one, other := x.h.WithImage(x.T)
	if j == nil {
		x.Skip("it runs what it has")
	}
	began := 0
	for i, image := range []string{one, other} {
		e := rollout.Errand{Key: fmt.Sprint("image", i), Image: image}
		out, err := j.Start(x.Context(), e)
		switch {
		case err == nil:
			began++
			if got := x.h.Image(out.ID); got != image {
				x.Errorf("begun for %s, it has %s", image, got)
			}
		case !errors.Is(err, rollout.ErrInvalid):
			x.Errorf("for %s: %v", image, err)
		case len(x.find(j, e.Key)) > 0:
			x.Errorf("refused for %s, and begun all the same", image)
		}
	}
	if began == 0 {
		x.Error("it was run with neither of them")
	}
}

func (x exam) cancelReturns() {
	if !x.h.Break(x.T, Hangs) {
		x.Fatal("every vendor can hang")
	}
	limit, stop := context.WithTimeout(x.Context(), generous)
	defer stop()
	j := x.open()
	for name, ask := range map[string]func(context.Context) error{
		"Find":  func(ctx context.Context) error { _, err := j.Find(ctx, key); return err },
		"Look":  func(ctx context.Context) error { _, err := j.Look(ctx, "x"); return err },
		"Start": func(ctx context.Context) error { _, err := j.Start(ctx, x.errand()); return err },
		"Inspect": func(ctx context.Context) error {
			for _, f := range j.Inspect(ctx, "") {
				if f.Status == rollout.Passed {
					return nil
				}
			}
			return context.Canceled
		},
	} {
		ctx, cancel := context.WithCancel(x.Context())
		asked := x.h.Calls()
		done := make(chan error, 1)
		go func() { done <- ask(ctx) }()
		for x.h.Calls() == asked && limit.Err() == nil {
			runtime.Gosched()
		}
		cancel()
		select {
		case err := <-done:
			if err == nil {
				x.Errorf("%s was cancelled, and says that it went well", name)
			}
		case <-limit.Done():
			x.Fatalf("%s was cancelled, and did not return", name)
		}
	}
}
