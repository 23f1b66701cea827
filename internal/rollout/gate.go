package rollout

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Window is the stretch of time that a measurement covers: [Start, End).
type Window struct{ Start, End time.Time }

// Length returns how long the window is; never negative.
func (w Window) Length() time.Duration { return max(0, w.End.Sub(w.Start)) }

// Measurement is what a Source saw of one revision in one window.
type Measurement struct {
	// Value has no meaning where Samples is 0.
	Value float64
	// Samples is how many requests, or points, the value stands on. 0 means no
	// data, which is never a value of 0.
	Samples int
	// AtLeast: there may be more than Value, which is where counting ended. It may
	// be a breach, and is never a pass.
	AtLeast bool
	// Note says what a number cannot, in a few words: "GET /healthz answered
	// 503". It holds no secret.
	Note string
}

// Source measures one thing about a revision. It never judges.
type Source interface {
	// Measure covers exactly the window that it is given. No data is a
	// Measurement with Samples 0 and no error; an error means that it could
	// not measure. NaN and infinities are no data.
	Measure(ctx context.Context, of Subject, w Window) (Measurement, error)
}

// Counting is a Source whose value can be a number of things: payment errors,
// reports. Vendors have no series of what never happened, which looks like no data.
type Counting interface {
	Source
	// Count measures as Measure does, for a gate that counts. Where the vendor has
	// no series of the things in the window, the value is 0 if the same revision
	// reported requests in that window, which are the samples; if it did not, or
	// nobody knows, it is no data. Things that are there, one or more, are a value
	// also where no request was reported: they stand on one sample at least. A 0
	// that the vendor says itself stands on the samples that Measure has for it.
	Count(ctx context.Context, of Subject, w Window) (Measurement, error)
}

// Delayed is a Source whose data arrive late.
type Delayed interface {
	// Delay returns how long after the fact a measurement of this revision is
	// complete.
	Delay(ctx context.Context, of Subject) (time.Duration, error)
}

// Intrusive is a Source that may change something where it measures, such as by
// a POST. What serves is measured by its harmless part alone until the
// candidate is there to be asked.
type Intrusive interface {
	// Harmless returns a source of those measurements that change nothing; nil
	// if there are none.
	Harmless() Source
}

// CandidateOnly is an Intrusive source that tries a candidate, and is never asked of
// anybody else: neither of what serves now nor of whom traffic went back to.
type CandidateOnly interface {
	Intrusive
	// CandidateOnly does nothing.
	CandidateOnly()
}

// Comparing is a Source that measures a revision against the one to which
// traffic would go home: whether a session that began there goes on here. Where
// nobody is home it has nothing to say, and is not owed.
type Comparing interface {
	// MeasureBeside is Measure beside home, which may be the revision itself.
	MeasureBeside(ctx context.Context, of, home Subject, w Window) (Measurement, error)
}

// Absence says what becomes of an evaluation that found no data or an error.
type Absence int

// What absent evidence does.
const (
	AbsenceWaits Absence = iota // wait for data, for WaitFor at most
	AbsenceFails                // count it as a breach
)

// Gate is a condition on a measurement, as a person wrote it.
type Gate struct {
	Name string
	// Probe: the gate asks the revision itself, at every weight. Other gates
	// measure the traffic of users, of which there is none at weight 0.
	Probe bool
	// Unit follows the value in messages: "%", "ms", "".
	Unit string

	// A value above FailAbove, or below FailBelow, is a breach; one at or below
	// PassBelow, or at or above PassAbove, passes; between the two the gate
	// waits. Where only one of a pair is given, its other side passes or fails.
	FailAbove, PassBelow *float64
	FailBelow, PassAbove *float64

	// Count: the value is a number of things, and is measured by Counting. More
	// things than are allowed are a breach however few the samples are and
	// however short the window is so far; fewer than are asked for are none until
	// the window is full.
	Count bool

	// For is how long a value must be a breach at every evaluation to fail.
	For time.Duration
	// FailuresAllowed is how many consecutive breaches do not fail yet.
	FailuresAllowed int
	// Window is what one evaluation looks at; 0 for a moment.
	Window time.Duration
	// Interval is how often it is evaluated.
	Interval time.Duration
	// MinSamples is how many samples a value must stand on to count at all.
	MinSamples int
	OnNoData   Absence
	// WaitFor is how long, from the split on, a gate may take to pass; where it
	// is shorter than the bake, the bake counts.
	WaitFor time.Duration
	// DryRun measures and reports, and never decides.
	DryRun bool
}

// Level is what one value is to a gate.
type Level int

// The levels.
const (
	Good Level = iota
	Between
	Breach
)

// Level judges a value alone, without regard to time or samples. What is not a
// finite number is never Good.
func (g Gate) Level(v float64) Level {
	fail := g.FailAbove != nil && v > *g.FailAbove || g.FailBelow != nil && v < *g.FailBelow
	pass := (g.PassBelow == nil || v <= *g.PassBelow) && (g.PassAbove == nil || v >= *g.PassAbove)
	onlyPass := g.FailAbove == nil && g.FailBelow == nil
	switch {
	case fail, onlyPass && !pass:
		return Breach
	case pass && !math.IsNaN(v) && !math.IsInf(v, 0):
		return Good
	}
	return Between
}

// Exceeds reports whether a value is a breach that a larger one would be too: of
// a count, that it will not mend by what is counted later.
func (g Gate) Exceeds(v float64) bool {
	if g.FailAbove != nil && v > *g.FailAbove {
		return true
	}
	return g.Level(v) == Breach && g.PassBelow != nil && v > *g.PassBelow
}

// Limit renders the threshold that matters for a value: "limit 1 %".
func (g Gate) Limit() string {
	var parts []string
	add := func(word string, p *float64) {
		if p != nil {
			parts = append(parts, word+g.Format(*p))
		}
	}
	add("limit ", g.FailAbove)
	add("at least ", g.FailBelow)
	if g.FailAbove == nil {
		add("limit ", g.PassBelow)
	}
	if g.FailBelow == nil {
		add("at least ", g.PassAbove)
	}
	return strings.Join(parts, ", ")
}

// Goal renders what passes, where that is another threshold than what fails:
// "passes at 0.1 % or less". A value between the two has missed that one.
func (g Gate) Goal() string {
	var parts []string
	if g.PassBelow != nil {
		parts = append(parts, "passes at "+g.Format(*g.PassBelow)+" or less")
	}
	if g.PassAbove != nil {
		parts = append(parts, "passes at "+g.Format(*g.PassAbove)+" or more")
	}
	return strings.Join(parts, ", ")
}

// Format renders a value of this gate with its unit: "9.1 %", "366.7 ms", "3".
func (g Gate) Format(v float64) string {
	s := strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	if math.Abs(v) >= 100 {
		s = strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	}
	if v != 0 && math.Abs(v) < 0.01 {
		s = strconv.FormatFloat(v, 'g', 2, 64)
	}
	if g.Unit == "" {
		return s
	}
	return s + " " + g.Unit
}

// Outcome is what a gate says now.
type Outcome int

// The outcomes. Only Pass lets a rollout rise; only Fail sends it home.
const (
	// Pending: not judged yet: the window is not full, the value lies between
	// the limits, or a breach is younger than the gate allows for.
	Pending Outcome = iota
	Pass
	Fail
	NoData // too few samples to say anything
	Error  // it could not be measured
)

// String returns the word for the outcome, as it stands in state and events.
func (o Outcome) String() string {
	switch o {
	case Pending:
		return "pending"
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	case NoData:
		return "no_data"
	case Error:
		return "error"
	}
	return "unknown"
}

// Verdict is what one gate says of the split that is live.
type Verdict struct {
	Gate    Gate
	Outcome Outcome
	// At is when it was last evaluated; zero if never since the split.
	At     time.Time
	Window Window
	Measurement
	// Breaching: the last evaluation was a breach, which is younger than the
	// gate allows for.
	Breaching bool
	// Why is the sentence for it, numbers and limits included.
	Why string
}

// Decides reports whether the verdict may move or hold back traffic.
func (v Verdict) Decides() bool { return !v.Gate.DryRun }

// Count renders a number of samples as people read it: "1,204".
func Count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		if s[i-1] == '-' {
			break
		}
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Short renders a duration as configuration writes it: "5m", "1h30m", "2.5s".
func Short(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	d = d.Round(time.Millisecond)
	if d >= time.Minute {
		d = d.Round(time.Second)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Clocktime renders a moment for messages: "14:02:11 UTC".
func Clocktime(t time.Time) string { return t.UTC().Format(time.TimeOnly + " UTC") }

// String renders the stretch of time for messages: "over 14:02:00–14:04:00 UTC".
func (w Window) String() string {
	if w.Length() == 0 {
		return "at " + Clocktime(w.End)
	}
	return fmt.Sprintf("over %s–%s", w.Start.UTC().Format(time.TimeOnly), Clocktime(w.End))
}
