package engine_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// A look is one evaluation: when, in seconds after the split, what it saw, and
// what the gate says then.
type look struct {
	after   int
	value   float64
	samples int
	err     error
	want    rollout.Outcome
	breach  bool // a breach that is forgiven so far
	more    bool // there may be more than value
}

var (
	noon      = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	errBroken = errors.New("connection refused")
)

func limit(v float64) *float64 { return &v }

func TestTally(t *testing.T) {
	for name, c := range map[string]struct {
		gate  rollout.Gate
		looks []look
	}{
		"a good value passes once the window is full, and a bad one fails before": {
			gate: rollout.Gate{FailAbove: limit(1), Window: time.Minute},
			looks: []look{
				{after: 30, value: 0.5, samples: 10, want: rollout.Pending},
				{after: 59, value: 0.5, samples: 10, want: rollout.Pending},
				{after: 60, value: 0.5, samples: 10, want: rollout.Pass},
				{after: 70, value: 1, samples: 10, want: rollout.Pass},
				{after: 80, value: 1.1, samples: 10, want: rollout.Fail},
			},
		},
		"a bad value in a window that is not full": {
			gate:  rollout.Gate{FailAbove: limit(1), Window: time.Minute},
			looks: []look{{after: 10, value: 9, samples: 1, want: rollout.Fail}},
		},
		"a gate on a moment passes at once": {
			gate:  rollout.Gate{FailAbove: limit(1)},
			looks: []look{{after: 0, value: 0, samples: 1, want: rollout.Pass}},
		},
		"no data is neither": {
			gate: rollout.Gate{FailAbove: limit(1), Window: time.Minute},
			looks: []look{
				{after: 60, value: 9, samples: 0, want: rollout.NoData},
				{after: 70, err: errBroken, want: rollout.Error},
				{after: 80, value: 0, samples: 5, want: rollout.Pass},
				{after: 90, want: rollout.NoData},
			},
		},
		"too few samples are no data, exactly enough are": {
			gate: rollout.Gate{FailAbove: limit(1), Window: time.Minute, MinSamples: 100},
			looks: []look{
				{after: 60, value: 9, samples: 99, want: rollout.NoData}, {after: 70, value: 9, samples: 100, want: rollout.Fail},
			},
		},
		"absence fails: an error at once, no data only over a full window": {
			gate: rollout.Gate{FailAbove: limit(1), Window: time.Minute, OnNoData: rollout.AbsenceFails},
			looks: []look{
				{after: 30, want: rollout.NoData},
				{after: 40, value: 9, samples: 0, want: rollout.NoData},
				{after: 60, want: rollout.Fail},
				{after: 70, value: 0, samples: 1, want: rollout.Pass},
				{after: 80, err: errBroken, want: rollout.Fail},
			},
		},
		"absence fails: an error in a window that is not full": {
			gate:  rollout.Gate{FailAbove: limit(1), Window: time.Minute, OnNoData: rollout.AbsenceFails},
			looks: []look{{after: 5, err: errBroken, want: rollout.Fail}},
		},
		"for: a spike is forgiven, and begins anew": {
			gate: rollout.Gate{FailAbove: limit(1), For: time.Minute},
			looks: []look{
				{after: 0, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 59, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 59, value: 0, samples: 1, want: rollout.Pass},
				{after: 60, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 119, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 120, value: 9, samples: 1, want: rollout.Fail},
			},
		},
		"for: each look stands for an interval, though it comes late": {
			gate: rollout.Gate{FailAbove: limit(1), For: time.Minute, Interval: 20 * time.Second},
			looks: []look{
				{after: 0, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 21, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 42, value: 0, samples: 1, want: rollout.Pass},
				{after: 63, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 82, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 101, value: 9, samples: 1, want: rollout.Fail}, // 38 s after the first, which is two intervals
			},
		},
		"for: no data in between neither ends nor proves a breach": {
			gate: rollout.Gate{FailAbove: limit(1), For: time.Minute},
			looks: []look{
				{after: 0, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 30, want: rollout.NoData},
				{after: 90, value: 9, samples: 1, want: rollout.Fail},
			},
		},
		"failures_allowed: two in a row, and a good one begins anew": {
			gate: rollout.Gate{FailAbove: limit(0), FailuresAllowed: 2, Probe: true},
			looks: []look{
				{after: 0, value: 1, samples: 1, want: rollout.Pending, breach: true},
				{after: 10, value: 1, samples: 1, want: rollout.Pending, breach: true},
				{after: 20, value: 0, samples: 1, want: rollout.Pass},
				{after: 30, value: 1, samples: 1, want: rollout.Pending, breach: true},
				{after: 40, value: 1, samples: 1, want: rollout.Pending, breach: true},
				{after: 50, value: 1, samples: 1, want: rollout.Fail},
			},
		},
		"between the limits: waits, and forgets the breach": {
			gate: rollout.Gate{FailAbove: limit(5), PassBelow: limit(1), For: 20 * time.Second},
			looks: []look{
				{after: 0, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 10, value: 3, samples: 1, want: rollout.Pending},
				{after: 30, value: 9, samples: 1, want: rollout.Pending, breach: true},
				{after: 40, value: 1, samples: 1, want: rollout.Pass},
			},
		},
		"a count: one too many fails at once, however few the requests and however short the window": {
			gate: rollout.Gate{FailAbove: limit(0), Window: time.Minute, MinSamples: 100, Count: true},
			looks: []look{
				{after: 10, value: 0, samples: 7, want: rollout.NoData},
				{after: 20, value: 0, samples: 200, want: rollout.Pending},
				{after: 60, value: 0, samples: 99, want: rollout.NoData},
				{after: 70, value: 0, samples: 100, want: rollout.Pass},
				{after: 80, value: 1, samples: 1, want: rollout.Fail},
				{after: 90, samples: 0, want: rollout.NoData},
			},
		},
		"a count: what it has to reach it may reach until the window is full": {
			gate: rollout.Gate{FailBelow: limit(10), Window: time.Minute, Count: true},
			looks: []look{
				{after: 10, value: 2, samples: 20, want: rollout.Pending},
				{after: 50, value: 12, samples: 90, want: rollout.Pending},
				{after: 60, value: 12, samples: 100, want: rollout.Pass},
				{after: 70, value: 9, samples: 100, want: rollout.Fail},
			},
		},
		"what counting did not end at may be a breach and is never a pass": {
			gate: rollout.Gate{FailAbove: limit(100), Window: time.Minute},
			looks: []look{
				{after: 60, value: 90, samples: 9, want: rollout.Pass},
				{after: 70, value: 90, samples: 9, more: true, want: rollout.Pending},
				{after: 80, value: 101, samples: 9, more: true, want: rollout.Fail},
			},
		},
		"what counting did not end at may yet reach a floor": {
			gate: rollout.Gate{FailBelow: limit(100), Window: time.Minute},
			looks: []look{
				{after: 60, value: 90, samples: 9, more: true, want: rollout.Pending},
				{after: 70, value: 90, samples: 9, want: rollout.Fail},
			},
		},
		"a rate that is too low is a breach before its window is full": {
			gate:  rollout.Gate{FailBelow: limit(10), Window: time.Minute},
			looks: []look{{after: 10, value: 2, samples: 20, want: rollout.Fail}},
		},
		"a floor: less is worse": {
			gate: rollout.Gate{FailBelow: limit(95), PassAbove: limit(99)},
			looks: []look{
				{after: 0, value: 99, samples: 1, want: rollout.Pass},
				{after: 1, value: 97, samples: 1, want: rollout.Pending},
				{after: 2, value: 95, samples: 1, want: rollout.Pending},
				{after: 3, value: 94.9, samples: 1, want: rollout.Fail},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tally := engine.NewTally(c.gate, noon)
			for _, l := range c.looks {
				at := noon.Add(time.Duration(l.after) * time.Second)
				tally = tally.Add(at, tally.Window(at, 0), rollout.Measurement{Value: l.value, Samples: l.samples, AtLeast: l.more}, l.err)
				if v := tally.Verdict(); v.Outcome != l.want || v.Breaching != l.breach || !v.At.Equal(at) {
					t.Errorf("after %d s it is %s (forgiven: %v) at %s, want %s (%v): %s", l.after, v.Outcome, v.Breaching, v.At, l.want, l.breach, v.Why)
				}
			}
		})
	}
}

// TestWindowFromBeforeTheSplit: whoever measures a window of his own, a pass
// stands only on one that began after the split.
func TestWindowFromBeforeTheSplit(t *testing.T) {
	for name, c := range map[string]struct {
		start time.Duration
		value float64
		want  rollout.Outcome
	}{
		"good and full, and before": {-time.Second, 0, rollout.Pending},
		"bad and before":            {-time.Second, 9, rollout.Fail},
		"good and after":            {0, 0, rollout.Pass},
	} {
		w := rollout.Window{Start: noon.Add(c.start), End: noon.Add(c.start + 2*time.Minute)}
		tally := engine.NewTally(rollout.Gate{FailAbove: limit(1), Window: time.Minute}, noon)
		if got := tally.Add(w.End, w, rollout.Measurement{Value: c.value, Samples: 1}, nil).Verdict().Outcome; got != c.want {
			t.Errorf("%s: it is %s, want %s", name, got, c.want)
		}
	}
}

// TestVerdictsAreLookedAtTwice: Next does not believe a pass that it is handed
// if it stands on a window from before the split.
func TestVerdictsAreLookedAtTwice(t *testing.T) {
	for name, c := range map[string]struct {
		start time.Duration
		at    time.Duration
		want  string
	}{
		"a pass since the split":       {0, time.Minute, "engine.Apply"},
		"a pass from before the split": {-time.Second, time.Minute, "engine.Measure"},
	} {
		s := engine.Situation{
			Candidate: "api-2", Home: "api-1", Settle: time.Hour,
			Ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1000, Bake: time.Minute}}},
		}
		s = s.Observed(rollout.Observation{
			Routing: rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}},
			Health:  map[rollout.Revision]rollout.Health{"api-1": {State: rollout.Ready}, "api-2": {State: rollout.Ready}},
			Room:    map[rollout.Revision]rollout.Weight{"api-2": rollout.Whole}, Settled: true,
		}, noon)
		s.Now = noon.Add(c.at)
		s.Gates = []rollout.Verdict{{
			Gate: rollout.Gate{Name: "errors", WaitFor: time.Hour}, Outcome: rollout.Pass, At: s.Now,
			Window: rollout.Window{Start: noon.Add(c.start), End: s.Now},
		}}
		if got := fmt.Sprintf("%T", engine.Next(s).Action); got != c.want {
			t.Errorf("%s: it is %s, want %s: %s", name, got, c.want, engine.Next(s).Why)
		}
	}
}

func TestTallyBeforeAnybodyLooked(t *testing.T) {
	v := engine.NewTally(rollout.Gate{Name: "errors"}, noon).Verdict()
	if v.Outcome != rollout.Pending || !v.At.IsZero() || v.Gate.Name != "errors" {
		t.Errorf("an unasked gate says %s at %s (%q)", v.Outcome, v.At, v.Gate.Name)
	}
}

func TestWindows(t *testing.T) {
	minute := rollout.Gate{Window: time.Minute}
	for name, c := range map[string]struct {
		gate       rollout.Gate
		unattended bool
		looked     bool
		after      time.Duration
		delay      time.Duration
		want       string
	}{
		"a full window":                          {gate: minute, after: 5 * time.Minute, want: "over 12:04:00–12:05:00 UTC"},
		"never from before the split":            {gate: minute, after: 20 * time.Second, want: "over 12:00:00–12:00:20 UTC"},
		"as late as the data":                    {gate: minute, after: 5 * time.Minute, delay: 2 * time.Minute, want: "over 12:02:00–12:03:00 UTC"},
		"no data has arrived yet":                {gate: minute, after: time.Minute, delay: 2 * time.Minute, want: "at 12:00:00 UTC"},
		"a probe looks at the moment":            {gate: rollout.Gate{Probe: true, Window: time.Minute}, after: time.Minute, want: "at 12:01:00 UTC"},
		"nobody looked: all of it":               {gate: minute, unattended: true, after: time.Hour, want: "over 12:00:00–13:00:00 UTC"},
		"nobody looked, less what is not there":  {gate: minute, unattended: true, after: time.Hour, delay: time.Minute, want: "over 12:00:00–12:59:00 UTC"},
		"nobody looked, but for the last moment": {gate: minute, unattended: true, looked: true, after: time.Hour, want: "over 12:59:00–13:00:00 UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			tally := engine.NewTally(c.gate, noon)
			tally.Unattended = c.unattended
			if c.looked {
				tally = tally.Add(noon.Add(time.Minute), rollout.Window{}, rollout.Measurement{}, nil)
			}
			if got := tally.Window(noon.Add(c.after), c.delay).String(); got != c.want {
				t.Errorf("looks %s, want %s", got, c.want)
			}
		})
	}
}

// TestUnattendedBreachIsAsOldAsItsWindow: what was bad over the whole night
// was bad for longer than `for`.
func TestUnattendedBreachIsAsOldAsItsWindow(t *testing.T) {
	for _, unattended := range []bool{false, true} {
		tally := engine.NewTally(rollout.Gate{FailAbove: limit(1), For: 5 * time.Minute, Window: time.Minute}, noon)
		tally.Unattended = unattended
		at := noon.Add(time.Hour)
		got := tally.Add(at, tally.Window(at, 0), rollout.Measurement{Value: 9, Samples: 100}, nil).Verdict().Outcome
		want := rollout.Pending
		if unattended {
			want = rollout.Fail
		}
		if got != want {
			t.Errorf("unattended: %v: it is %s, want %s", unattended, got, want)
		}
	}
}

func TestVerdictsExplainThemselves(t *testing.T) {
	full := rollout.Window{Start: noon, End: noon.Add(time.Minute)}
	for name, c := range map[string]struct {
		gate rollout.Gate
		m    rollout.Measurement
		err  error
		want string
	}{
		"numbers, limits and samples": {
			gate: rollout.Gate{Name: "errors", FailAbove: limit(1), Unit: "%"}, m: rollout.Measurement{Value: 9.1, Samples: 1204},
			want: `gate "errors" measured 9.1 % over 12:00:00–12:01:00 UTC (limit 1 %, 1,204 samples)`,
		},
		"between what passes and what fails": {
			gate: rollout.Gate{Name: "errors", FailAbove: limit(5), PassBelow: limit(0.1), Unit: "%"}, m: rollout.Measurement{Value: 1, Samples: 1204},
			want: `gate "errors" measured 1 % over 12:00:00–12:01:00 UTC (passes at 0.1 % or less, 1,204 samples)`,
		},
		"a breach of both": {
			gate: rollout.Gate{Name: "errors", FailAbove: limit(5), PassBelow: limit(0.1), Unit: "%"}, m: rollout.Measurement{Value: 6, Samples: 1204},
			want: `gate "errors" measured 6 % over 12:00:00–12:01:00 UTC (limit 5 %, 1,204 samples)`,
		},
		"between, where more is better": {
			gate: rollout.Gate{Name: "orders", FailBelow: limit(1), PassAbove: limit(5)}, m: rollout.Measurement{Value: 3, Samples: 7},
			want: `gate "orders" measured 3 over 12:00:00–12:01:00 UTC (passes at 5 or more, 7 samples)`,
		},
		"a note": {
			gate: rollout.Gate{Name: "depth", FailAbove: limit(5)}, m: rollout.Measurement{Value: 7, Samples: 3, Note: "of orders"},
			want: `gate "depth" measured 7 over 12:00:00–12:01:00 UTC (limit 5, 3 samples): of orders`,
		},
		"one sample": {
			gate: rollout.Gate{Name: "depth", FailAbove: limit(5)}, m: rollout.Measurement{Value: 7, Samples: 1},
			want: `gate "depth" measured 7 over 12:00:00–12:01:00 UTC (limit 5, 1 sample)`,
		},
		"an error":    {gate: rollout.Gate{Name: "errors"}, err: errBroken, want: `gate "errors" could not be measured: connection refused`},
		"no data":     {gate: rollout.Gate{Name: "errors"}, want: `gate "errors" has no data over 12:00:00–12:01:00 UTC`},
		"few samples": {gate: rollout.Gate{Name: "errors", MinSamples: 1000}, m: rollout.Measurement{Samples: 7}, want: `gate "errors" has 7 of 1,000 samples over 12:00:00–12:01:00 UTC`},
		"a count of few requests": {
			gate: rollout.Gate{Name: "payments", FailAbove: limit(0), MinSamples: 100, Count: true}, m: rollout.Measurement{Value: 1, Samples: 3},
			want: `gate "payments" measured 1 over 12:00:00–12:01:00 UTC (limit 0, 3 samples)`,
		},
		"a count of none among few requests": {
			gate: rollout.Gate{Name: "payments", FailAbove: limit(0), MinSamples: 100, Count: true}, m: rollout.Measurement{Samples: 3},
			want: `gate "payments" has 3 of 100 samples over 12:00:00–12:01:00 UTC`,
		},
		"a passed probe": {gate: rollout.Gate{Name: "health", Probe: true}, m: rollout.Measurement{Samples: 1}, want: `gate "health" passed over 12:00:00–12:01:00 UTC`},
		"a failed probe": {
			gate: rollout.Gate{Name: "health", Probe: true}, m: rollout.Measurement{Value: 1, Samples: 1, Note: "GET / answered 503"},
			want: `gate "health" failed over 12:00:00–12:01:00 UTC: GET / answered 503`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := engine.NewTally(c.gate, noon).Add(noon, full, c.m, c.err).Verdict().Why
			if got != c.want {
				t.Errorf("it says\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
