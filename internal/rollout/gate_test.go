package rollout_test

import (
	"math"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func limit(v float64) *float64 { return &v }

func TestGateLevel(t *testing.T) {
	const (
		good    = rollout.Good
		between = rollout.Between
		breach  = rollout.Breach
	)
	for name, c := range map[string]struct {
		gate rollout.Gate
		want map[float64]rollout.Level
	}{
		"fails above": {
			rollout.Gate{FailAbove: limit(5)},
			map[float64]rollout.Level{-1: good, 0: good, 5: good, math.Nextafter(5, 6): breach, math.Inf(1): breach},
		},
		"fails below": {
			rollout.Gate{FailBelow: limit(5)},
			map[float64]rollout.Level{9: good, 5: good, math.Nextafter(5, 4): breach, math.Inf(-1): breach},
		},
		"passes below": {
			rollout.Gate{PassBelow: limit(5)},
			map[float64]rollout.Level{0: good, 5: good, math.Nextafter(5, 6): breach},
		},
		"passes above": {
			rollout.Gate{PassAbove: limit(5)},
			map[float64]rollout.Level{9: good, 5: good, math.Nextafter(5, 4): breach},
		},
		"waits between what passes and what fails above": {
			rollout.Gate{FailAbove: limit(5), PassBelow: limit(1)},
			map[float64]rollout.Level{0: good, 1: good, math.Nextafter(1, 2): between, 5: between, math.Nextafter(5, 6): breach},
		},
		"waits between what passes and what fails below": {
			rollout.Gate{FailBelow: limit(90), PassAbove: limit(99)},
			map[float64]rollout.Level{100: good, 99: good, 98: between, 90: between, 89: breach},
		},
		"passes within": {
			rollout.Gate{PassAbove: limit(1), PassBelow: limit(5)},
			map[float64]rollout.Level{0: breach, 1: good, 3: good, 5: good, 6: breach},
		},
		"fails outside": {
			rollout.Gate{FailBelow: limit(1), FailAbove: limit(5)},
			map[float64]rollout.Level{0: breach, 1: good, 3: good, 5: good, 6: breach},
		},
		"all four": {
			rollout.Gate{FailBelow: limit(1), PassAbove: limit(2), PassBelow: limit(4), FailAbove: limit(5)},
			map[float64]rollout.Level{0: breach, 1: between, 2: good, 4: good, 5: between, 6: breach},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for v, want := range c.want {
				if got := c.gate.Level(v); got != want {
					t.Errorf("%v is %d, want %d", v, got, want)
				}
			}
			for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				if c.gate.Level(v) == good {
					t.Errorf("%v is good", v)
				}
			}
		})
	}
}

func TestGateExceeds(t *testing.T) {
	for name, c := range map[string]struct {
		gate rollout.Gate
		want map[float64]bool
	}{
		"fails above":            {rollout.Gate{FailAbove: limit(2)}, map[float64]bool{0: false, 2: false, 3: true}},
		"passes below":           {rollout.Gate{PassBelow: limit(2)}, map[float64]bool{0: false, 2: false, 3: true}},
		"waits between":          {rollout.Gate{FailAbove: limit(5), PassBelow: limit(2)}, map[float64]bool{2: false, 3: false, 5: false, 6: true}},
		"fails below":            {rollout.Gate{FailBelow: limit(2)}, map[float64]bool{0: false, 1: false, 2: false, 3: false}},
		"passes above":           {rollout.Gate{PassAbove: limit(2)}, map[float64]bool{0: false, 3: false}},
		"fails outside":          {rollout.Gate{FailBelow: limit(2), FailAbove: limit(5)}, map[float64]bool{0: false, 2: false, 6: true}},
		"passes within":          {rollout.Gate{PassAbove: limit(2), PassBelow: limit(5)}, map[float64]bool{0: false, 2: false, 6: true}},
		"waits above the second": {rollout.Gate{FailBelow: limit(2), PassBelow: limit(5)}, map[float64]bool{0: false, 3: false, 6: false}},
	} {
		for v, want := range c.want {
			if got := c.gate.Exceeds(v); got != want {
				t.Errorf("%s: that %v exceeds is %v, want %v", name, v, got, want)
			}
		}
	}
}

func TestGateLimit(t *testing.T) {
	for want, g := range map[string]rollout.Gate{
		"":                            {Unit: "%"},
		"limit 5 %":                   {Unit: "%", FailAbove: limit(5), PassBelow: limit(1)},
		"limit 1 %":                   {Unit: "%", PassBelow: limit(1)},
		"at least 99.9 %":             {Unit: "%", FailBelow: limit(99.9), PassAbove: limit(99.99)},
		"at least 99.99 %":            {Unit: "%", PassAbove: limit(99.99)},
		"limit 500 ms, at least 1 ms": {Unit: "ms", FailAbove: limit(500), FailBelow: limit(1)},
		"limit 3":                     {FailAbove: limit(3)},
		"at least 1, limit 4":         {FailBelow: limit(1), PassBelow: limit(4)},
		"limit 0 %":                   {Unit: "%", FailAbove: limit(0)},
		"limit 3 %, at least 2 %":     {Unit: "%", PassBelow: limit(3), PassAbove: limit(2)},
	} {
		if got := g.Limit(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestGateFormat(t *testing.T) {
	for _, c := range []struct {
		unit  string
		value float64
		want  string
	}{
		{"", 3, "3"},
		{"%", 0, "0 %"},
		{"%", 9.1, "9.1 %"},
		{"%", 100.0 / 3, "33.33 %"},
		{"%", 0.005, "0.005 %"},
		{"%", 0.00123456, "0.0012 %"},
		{"%", -0.00123456, "-0.0012 %"},
		{"%", 0.01, "0.01 %"},
		{"%", 0.014, "0.01 %"},
		{"ms", 99.994, "99.99 ms"},
		{"ms", 366.66, "366.7 ms"},
		{"ms", -366.66, "-366.7 ms"},
		{"ms", 100, "100 ms"},
		{"ms", 1204, "1204 ms"},
		{"", 1e9, "1000000000"},
		{"", math.NaN(), "NaN"},
		{"", math.Inf(1), "+Inf"},
	} {
		if got := (rollout.Gate{Unit: c.unit}).Format(c.value); got != c.want {
			t.Errorf("%v: %q, want %q", c.value, got, c.want)
		}
	}
}

func TestVerdictDecides(t *testing.T) {
	for _, o := range []rollout.Outcome{rollout.Pending, rollout.Pass, rollout.Fail, rollout.NoData, rollout.Error} {
		if v := (rollout.Verdict{Outcome: o}); !v.Decides() {
			t.Errorf("%s does not decide", o)
		}
		if v := (rollout.Verdict{Outcome: o, Gate: rollout.Gate{DryRun: true}}); v.Decides() {
			t.Errorf("%s of a dry run decides", o)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 1204: "1,204", 12345: "12,345", 999999: "999,999", 1000000: "1,000,000",
		-7: "-7", -999: "-999", -1204: "-1,204", -123456: "-123,456", -1234567: "-1,234,567",
	} {
		if got := rollout.Count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s":       0,
		"1ms":      time.Millisecond,
		"500ms":    500 * time.Millisecond,
		"2.5s":     2500 * time.Millisecond,
		"1.234s":   1234*time.Millisecond + 400*time.Microsecond,
		"10s":      10 * time.Second,
		"59.999s":  59*time.Second + 999*time.Millisecond,
		"1m":       time.Minute,
		"1m30s":    90 * time.Second,
		"1m31s":    90*time.Second + 600*time.Millisecond,
		"10m":      10 * time.Minute,
		"20m":      20 * time.Minute,
		"1h":       time.Hour,
		"1h30m":    90 * time.Minute,
		"1h0m30s":  time.Hour + 30*time.Second,
		"1h10m":    70 * time.Minute,
		"10h":      10 * time.Hour,
		"720h":     30 * 24 * time.Hour,
		"1h30m10s": 90*time.Minute + 10*time.Second,
		"-5m":      -5 * time.Minute,
	} {
		if got := rollout.Short(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
	for _, d := range []time.Duration{400 * time.Microsecond, 1} {
		if got := rollout.Short(d); got != "0s" {
			t.Errorf("%d ns: %q", d, got)
		}
	}
	if got := rollout.Short(59*time.Second + 999900*time.Microsecond); got != "1m" {
		t.Errorf("almost a minute: %q", got)
	}
}

// FuzzShort holds Short to what configuration can read again.
func FuzzShort(f *testing.F) {
	for _, d := range []time.Duration{0, 1, time.Millisecond, 90 * time.Second, 90 * time.Minute, 100 * time.Hour, -time.Hour} {
		f.Add(int64(d))
	}
	f.Fuzz(func(t *testing.T, ns int64) {
		d := time.Duration(ns)
		if d.Abs() > 1000*24*time.Hour {
			t.Skip("nobody waits that long")
		}
		back, err := time.ParseDuration(rollout.Short(d))
		if err != nil {
			t.Fatal(err)
		}
		if off := (back - d).Abs(); off > 500*time.Millisecond || d.Abs() < time.Minute && off > 500*time.Microsecond {
			t.Errorf("%s is written %q", d, rollout.Short(d))
		}
	})
}

func TestWindow(t *testing.T) {
	east := noon.In(time.FixedZone("east", 2*60*60))
	for name, c := range map[string]struct {
		window rollout.Window
		length time.Duration
		want   string
	}{
		"two minutes":         {rollout.Window{Start: noon.Add(2 * time.Minute), End: noon.Add(4 * time.Minute)}, 2 * time.Minute, "over 12:02:00–12:04:00 UTC"},
		"a moment":            {rollout.Window{Start: noon, End: noon}, 0, "at 12:00:00 UTC"},
		"one that runs back":  {rollout.Window{Start: noon.Add(time.Minute), End: noon}, 0, "at 12:00:00 UTC"},
		"one of another zone": {rollout.Window{Start: east, End: east.Add(time.Second)}, time.Second, "over 12:00:00–12:00:01 UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.window.Length(); got != c.length {
				t.Errorf("%s long, want %s", got, c.length)
			}
			if got := c.window.String(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if got := rollout.Clocktime(east); got != "12:00:00 UTC" {
		t.Errorf("%q", got)
	}
}
