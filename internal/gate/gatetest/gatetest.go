package gatetest

import (
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Trouble is what can be wrong with a vendor.
type Trouble int

// The troubles. Those from Refuses to Hangs happen to every vendor.
const (
	// Refuses: every question is answered with an error.
	Refuses Trouble = iota
	// Denies: the caller may not ask, or has no credential.
	Denies
	// Babbles: something else answers in its place, with Secrets in it.
	Babbles
	// Hangs: no question is ever answered.
	Hangs
	// NotANumber: the answer is NaN.
	NotANumber
	// Infinite: the answer is an infinity.
	Infinite
)

// Reading is what a source should measure.
type Reading struct {
	Value, Within float64 // within so much of value
	Samples       int
}

// Harness is one kind and its vendor. Each test of the exam gets a fresh one.
type Harness interface {
	// Open returns the source, opened through the kind's block.
	Open(t *testing.T) rollout.Source
	// Clock is the vendor's, and the source's. Sleeping moves it.
	Clock() rollout.Clock
	// Subject describes a revision that exists. The exam asks for two.
	Subject(r rollout.Revision) rollout.Subject
	// Serve lets a revision answer requests at a moment, well and badly. The
	// vendor of a probe lets it answer so from now on; the exam keeps to four
	// then.
	Serve(r rollout.Revision, at time.Time, good, bad int)
	// Expect is what the source should say of such answers.
	Expect(good, bad int) Reading
	// Break brings trouble, before Open. It returns false where the vendor
	// cannot have it.
	Break(t *testing.T, trouble Trouble) bool
	// Calls counts the questions that have reached the vendor.
	Calls() int
	// Missing is the permission or the credential that the error names where
	// the vendor Denies.
	Missing() string
	// Secrets are texts that must not stand in anything that a source says:
	// credentials that it holds, and what its vendor answers in bodies.
	Secrets() []string
}

// Lagging is a Harness whose vendor shows data late. Kinds whose source is a
// rollout.Delayed need it.
type Lagging interface {
	// Lag makes data visible only so long after the fact.
	Lag(d time.Duration)
}

// Tallying is a Harness whose source can count things. Kinds whose source is a
// rollout.Counting need it.
type Tallying interface {
	// OpenCount returns a source, opened through the kind's block, that counts bad
	// answers. Where there are none the vendor has no series of them.
	OpenCount(t *testing.T) rollout.Counting
}

// Coarse is a Harness whose vendor keeps what happened by whole periods of the
// clock. The windows of the exam begin with one; what of a window that does not
// is seen is the kind's own to test.
type Coarse interface {
	Period() time.Duration
}

// Writing is a Harness whose vendor could be changed.
type Writing interface {
	// Writes counts the changes that were made through the API.
	Writes() int
}

// minute is the window that the exam measures over.
const minute = time.Minute

// Run examines a kind. fresh returns a harness whose vendor knows of nothing.
func Run(t *testing.T, k gate.Kind, fresh func(t *testing.T) Harness) {
	t.Helper()
	t.Run("TheBlockIsDescribed", func(t *testing.T) { described(t, k) })
	for _, promise := range []struct {
		name string
		keep func(exam)
		not  bool // does not concern probes
		past bool // does not concern what knows no past
	}{
		{"OpenMakesNoCall", exam.openMakesNoCall, false, false},
		{"MeasuresWhatHappened", exam.measuresWhatHappened, false, false},
		{"SubjectsDoNotMix", exam.subjectsDoNotMix, false, false},
		{"WindowHonouredExactly", exam.windowHonouredExactly, true, true},
		{"AdjacentWindowsShareNothing", exam.adjacentWindows, true, true},
		{"NoDataIsNoValue", exam.noDataIsNoValue, false, false},
		{"NothingCountedIsNoneOnlyBesideRequests", exam.nothingCounted, true, false},
		{"LateDataIsWaitedFor", exam.lateDataIsWaitedFor, true, false},
		{"AnErrorIsNotAnEmptyAnswer", exam.anErrorIsNotEmpty, false, false},
		{"NotANumberIsNoData", exam.notANumberIsNoData, true, false},
		{"DeniedNamesWhatIsMissing", exam.deniedNamesWhatIsMissing, false, false},
		{"CancelReturns", exam.cancelReturns, false, false},
	} {
		if promise.not && k.Probe || promise.past && k.Now {
			continue
		}
		t.Run(promise.name, func(t *testing.T) { promise.keep(exam{t, k, fresh(t)}) })
	}
}
