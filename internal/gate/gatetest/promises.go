package gatetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	one rollout.Revision = "api-00001-one"
	two rollout.Revision = "api-00002-two"
	// near is how far from a border the exam stays: vendors count by seconds.
	near = 2 * time.Second
	// generous bounds what would otherwise hang; no test asserts how long
	// anything takes.
	generous = 30 * time.Second
)

// exam is one promise being examined.
type exam struct {
	*testing.T
	kind gate.Kind
	h    Harness
}

// measure asks the source, and looks at all that it says for secrets.
func (x exam) measure(s rollout.Source, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	facts := maps.Clone(of.Facts)
	m, err := s.Measure(x.Context(), of, w)
	x.silent(m, err)
	if !maps.Equal(facts, of.Facts) {
		x.Errorf("the source changed the facts, which other gates read meanwhile: %v", of.Facts)
	}
	return m, err
}

// silent fails if a secret stands in what a source says.
func (x exam) silent(m rollout.Measurement, err error) {
	said := fmt.Sprintf("%s\n%+v", m.Note, err)
	for _, secret := range x.h.Secrets() {
		if strings.Contains(said, secret) {
			x.Errorf("a secret stands in what the source says:\n%s", strings.ReplaceAll(said, secret, "<THE SECRET>"))
		}
	}
}

// wants measures and compares.
func (x exam) wants(s rollout.Source, of rollout.Revision, w rollout.Window, want Reading) {
	x.Helper()
	m, err := x.measure(s, x.h.Subject(of), w)
	switch {
	case err != nil:
		x.Errorf("%s %s: %v", of, w, err)
	case m.Samples != want.Samples:
		x.Errorf("%s %s: %d samples (%s), want %d", of, w, m.Samples, m.Note, want.Samples)
	case want.Samples > 0 && math.Abs(m.Value-want.Value) > want.Within:
		x.Errorf("%s %s: %v (%s), want %v", of, w, m.Value, m.Note, want.Value)
	}
}

// empty fails unless the measurement is no data.
func (x exam) empty(m rollout.Measurement, err error) {
	x.Helper()
	if err != nil || m.Samples != 0 {
		x.Errorf("%+v, %v; want no data", m, err)
	}
}

// span returns a minute that lies ahead, and what lets it pass until everything
// in it can be seen.
func (x exam) span(s rollout.Source) (w rollout.Window, pass func()) {
	now := x.now()
	w = rollout.Window{Start: now.Add(minute), End: now.Add(2 * minute)}
	return w, func() {
		x.Helper()
		until := w.End.Add(x.delay(s) + near)
		if err := x.h.Clock().Sleep(x.Context(), until.Sub(x.h.Clock().Now())); err != nil {
			x.Fatal(err)
		}
	}
}

// now is the present moment; where the vendor keeps periods, the beginning of the
// next.
func (x exam) now() time.Time {
	x.Helper()
	now := x.h.Clock().Now()
	if of, ok := x.h.(Coarse); ok {
		rest := now.Sub(now.Truncate(of.Period()))
		if err := x.h.Clock().Sleep(x.Context(), (of.Period()-rest)%of.Period()); err != nil {
			x.Fatal(err)
		}
	}
	return x.h.Clock().Now()
}

func (x exam) delay(s rollout.Source) time.Duration {
	x.Helper()
	late, ok := s.(rollout.Delayed)
	if !ok {
		return 0
	}
	d, err := late.Delay(x.Context(), x.h.Subject(one))
	if err != nil {
		x.Fatal(err)
	}
	return d
}

func (x exam) openMakesNoCall() {
	x.h.Open(x.T)
	if n := x.h.Calls(); n != 0 {
		x.Errorf("opening made %d calls", n)
	}
}

func (x exam) measuresWhatHappened() {
	s := x.h.Open(x.T)
	for _, c := range []struct{ good, bad int }{{4, 0}, {3, 1}, {0, 4}} {
		w, pass := x.span(s)
		x.h.Serve(one, w.Start.Add(minute/2), c.good, c.bad)
		pass()
		x.wants(s, one, w, x.h.Expect(c.good, c.bad))
	}
	if w, ok := x.h.(Writing); ok && w.Writes() > 0 {
		x.Errorf("measuring made %d writes", w.Writes())
	}
}

// subjectsDoNotMix asks for two at once, of one source, as often as it takes for
// a shared variable to show.
func (x exam) subjectsDoNotMix() {
	s := x.h.Open(x.T)
	w, pass := x.span(s)
	x.h.Serve(one, w.Start.Add(minute/2), 0, 4)
	x.h.Serve(two, w.Start.Add(minute/2), 4, 0)
	pass()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { x.wants(s, one, w, x.h.Expect(0, 4)) })
		all.Go(func() { x.wants(s, two, w, x.h.Expect(4, 0)) })
	}
	all.Wait()
}

// windowHonouredExactly: what happens close to a window and outside is not
// seen, what happens close to its borders and inside is.
func (x exam) windowHonouredExactly() {
	s := x.h.Open(x.T)
	w, pass := x.span(s)
	x.h.Serve(one, w.Start.Add(-near), 0, 40)
	x.h.Serve(one, w.Start.Add(near), 3, 1)
	x.h.Serve(one, w.End.Add(-near), 3, 1)
	x.h.Serve(one, w.End.Add(near), 0, 40)
	pass()
	x.wants(s, one, w, x.h.Expect(6, 2))
	longer := rollout.Window{Start: w.Start.Add(-minute), End: w.End}
	x.wants(s, one, longer, x.h.Expect(6, 42))
}

// adjacentWindows: nothing at the border between two windows is in both.
func (x exam) adjacentWindows() {
	s := x.h.Open(x.T)
	first, _ := x.span(s)
	next := rollout.Window{Start: first.End, End: first.End.Add(minute)}
	x.h.Serve(one, first.Start.Add(-minute/2), 1, 0)
	for _, at := range []time.Duration{-near, -near / 2, near / 2, near} {
		x.h.Serve(one, first.End.Add(at), 1, 1)
	}
	if err := x.h.Clock().Sleep(x.Context(), 3*minute+x.delay(s)+near); err != nil {
		x.Fatal(err)
	}
	a, err1 := x.measure(s, x.h.Subject(one), first)
	b, err2 := x.measure(s, x.h.Subject(one), next)
	if err1 != nil || err2 != nil || a.Samples+b.Samples > 8 || a.Samples < 2 || b.Samples < 2 {
		x.Errorf("%d and %d samples of 8 (%v, %v)", a.Samples, b.Samples, err1, err2)
	}
}

func (x exam) noDataIsNoValue() {
	s := x.h.Open(x.T)
	w, pass := x.span(s)
	x.h.Serve(two, w.Start.Add(minute/2), 4, 0)
	pass()
	of := x.h.Subject(one)
	if x.kind.Probe {
		of.URL, of.ServiceURL = "", nil
	}
	x.empty(x.measure(s, of, w))
}

// nothingCounted: things that are not there are none where the same revision
// reported requests, and no data where it did not.
func (x exam) nothingCounted() {
	h, ok := x.h.(Tallying)
	if !ok {
		if _, counts := x.h.Open(x.T).(rollout.Counting); counts {
			x.Fatal("the source is a rollout.Counting, so its harness has to be Tallying")
		}
		x.Skip("its values are no things that could be counted")
	}
	s := h.OpenCount(x.T)
	for _, c := range []struct{ good, bad, samples int }{{4, 0, 4}, {3, 1, 4}, {0, 3, 3}} {
		w, pass := x.span(s)
		x.h.Serve(one, w.Start.Add(minute/2), c.good, c.bad)
		pass()
		x.wants(counting{s}, one, w, Reading{Value: float64(c.bad), Samples: c.samples})
		x.empty(x.measure(counting{s}, x.h.Subject(two), w))
	}
	if !x.h.Break(x.T, Refuses) {
		x.Fatal("every vendor can refuse")
	}
	s = h.OpenCount(x.T)
	w, _ := x.span(s)
	if m, err := x.measure(counting{s}, x.h.Subject(one), w); err == nil || m.Samples != 0 {
		x.Errorf("%+v, %v; want an error", m, err)
	}
}

// counting measures by counting.
type counting struct{ rollout.Counting }

func (c counting) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return c.Count(ctx, of, w)
}

// lateDataIsWaitedFor: a window that ended Delay ago is complete, before the
// source has seen anything and after.
func (x exam) lateDataIsWaitedFor() {
	s := x.h.Open(x.T)
	if _, late := s.(rollout.Delayed); !late {
		x.Skip("its data are never late")
	}
	vendor, ok := x.h.(Lagging)
	if !ok {
		x.Fatal("the source is a rollout.Delayed, so its harness has to be Lagging")
	}
	const lag = 3 * time.Minute
	vendor.Lag(lag)
	for _, when := range []string{"at first", "later"} {
		delay := x.delay(s)
		if delay < lag || delay > 2*lag {
			x.Errorf("%s: data that come %s late are waited for %s", when, lag, delay)
		}
		begin := x.now()
		w := rollout.Window{Start: begin, End: begin.Add(minute)}
		x.h.Serve(one, w.Start.Add(near), 1, 1)
		x.h.Serve(one, w.End.Add(-near), 2, 0)
		if err := x.h.Clock().Sleep(x.Context(), minute+delay); err != nil {
			x.Fatal(err)
		}
		x.wants(s, one, w, x.h.Expect(3, 1))
	}
}

func (x exam) anErrorIsNotEmpty() {
	for _, trouble := range []Trouble{Refuses, Babbles} {
		if !x.h.Break(x.T, trouble) {
			x.Fatalf("every vendor can have trouble %d", trouble)
		}
		s := x.h.Open(x.T)
		w, _ := x.span(s)
		m, err := x.measure(s, x.h.Subject(one), w)
		if x.kind.Probe { // then the revision is the vendor, and a bad answer is what is measured
			if err != nil || m.Samples == 0 || int(m.Value) != m.Samples || m.Note == "" {
				x.Errorf("trouble %d: %+v, %v; want nothing but faults, and a note", trouble, m, err)
			}
			continue
		}
		if err == nil || m.Samples != 0 {
			x.Errorf("trouble %d: %+v, %v; want an error", trouble, m, err)
		}
	}
}

func (x exam) notANumberIsNoData() {
	some := false
	for _, trouble := range []Trouble{NotANumber, Infinite} {
		if !x.h.Break(x.T, trouble) {
			continue
		}
		some = true
		s := x.h.Open(x.T)
		w, pass := x.span(s)
		x.h.Serve(one, w.Start.Add(minute/2), 3, 1)
		pass()
		x.empty(x.measure(s, x.h.Subject(one), w))
	}
	if !some {
		x.Skip("its vendor answers numbers only")
	}
}

func (x exam) deniedNamesWhatIsMissing() {
	if !x.h.Break(x.T, Denies) {
		x.Fatal("every vendor can deny")
	}
	s := x.h.Open(x.T)
	w, _ := x.span(s)
	_, err := x.measure(s, x.h.Subject(one), w)
	if err == nil || !errors.Is(err, rollout.ErrDenied) || !strings.Contains(err.Error(), x.h.Missing()) {
		x.Errorf("got %v, want one that wraps ErrDenied and names %s", err, x.h.Missing())
	}
}

// cancelReturns: before a question is asked, and while it is not answered.
func (x exam) cancelReturns() {
	if !x.h.Break(x.T, Hangs) {
		x.Fatal("every vendor can hang")
	}
	s := x.h.Open(x.T)
	w, _ := x.span(s)
	limit, stop := context.WithTimeout(x.Context(), generous)
	defer stop()
	for _, when := range []string{"before", "meanwhile"} {
		ctx, cancel := context.WithCancel(x.Context())
		defer cancel()
		if when == "before" {
			cancel()
		}
		done := make(chan error, 1)
		asked := x.h.Calls()
		go func() {
			m, err := s.Measure(ctx, x.h.Subject(one), w)
			x.silent(m, err)
			done <- err
		}()
		for when == "meanwhile" && x.h.Calls() == asked && limit.Err() == nil {
			runtime.Gosched()
		}
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				x.Errorf("cancelled %s: %v", when, err)
			}
		case <-limit.Done():
			x.Fatalf("cancelled %s, it did not return", when)
		}
	}
}
