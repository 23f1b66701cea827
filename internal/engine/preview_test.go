package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// TestPreview reads a preview as lines: the offset from the begin, what is
// done, and what it asks for.
func TestPreview(t *testing.T) {
	hold := func(w rollout.Weight) *rollout.Weight { return &w }
	for name, c := range map[string]struct {
		ladder engine.Ladder
		want   []string
	}{
		"no step: everything at once": {
			want: []string{"0s apply candidate 100 %", "0s apply candidate 100 %, unmarked", "0s promoted"},
		},
		"no step, and a watch": {
			ladder: engine.Ladder{Watch: 10 * time.Minute},
			want:   []string{"0s apply candidate 100 %", "0s wait until 10m", "10m apply candidate 100 %, unmarked", "10m promoted"},
		},
		"two steps and a watch": {
			ladder: engine.Ladder{Steps: []engine.Step{{1000, 5 * time.Minute}, {5000, 10 * time.Minute}}, Watch: time.Minute},
			want: []string{
				"0s apply home 90 %, candidate 10 %", "0s wait until 5m", "5m apply candidate 50 %, home 50 %", "5m wait until 15m",
				"15m apply candidate 100 %", "15m wait until 16m", "16m apply candidate 100 %, unmarked", "16m promoted",
			},
		},
		"a step at zero is baked before anybody is served": {
			ladder: engine.Ladder{Steps: []engine.Step{{0, time.Minute}, {1000, time.Minute}}},
			want: []string{
				"0s wait until 1m", "1m apply home 90 %, candidate 10 %", "1m wait until 2m", "2m apply candidate 100 %",
				"2m apply candidate 100 %, unmarked", "2m promoted",
			},
		},
		"steps without a bake follow each other": {
			ladder: engine.Ladder{Steps: []engine.Step{{1000, 0}, {5000, 0}}},
			want: []string{
				"0s apply home 90 %, candidate 10 %", "0s apply candidate 50 %, home 50 %", "0s apply candidate 100 %",
				"0s apply candidate 100 %, unmarked", "0s promoted",
			},
		},
		"the next step is just above": {
			ladder: engine.Ladder{Steps: []engine.Step{{1000, 0}, {1001, 0}}},
			want: []string{
				"0s apply home 90 %, candidate 10 %", "0s apply home 89.99 %, candidate 10.01 %", "0s apply candidate 100 %",
				"0s apply candidate 100 %, unmarked", "0s promoted",
			},
		},
		"hold_at ends it, after the bake of that rung": {
			ladder: engine.Ladder{Steps: []engine.Step{{1000, time.Minute}, {5000, time.Minute}}, HoldAt: hold(1000), Watch: time.Hour},
			want:   []string{"0s apply home 90 %, candidate 10 %", "0s wait until 1m", "1m held"},
		},
		"hold_at the second rung": {
			ladder: engine.Ladder{Steps: []engine.Step{{1000, time.Minute}, {5000, 2 * time.Minute}}, HoldAt: hold(5000)},
			want: []string{
				"0s apply home 90 %, candidate 10 %", "0s wait until 1m", "1m apply candidate 50 %, home 50 %", "1m wait until 3m", "3m held",
			},
		},
		"one step an apply is followed into the next applies": {
			ladder: engine.Ladder{Steps: []engine.Step{{1000, time.Hour}, {5000, time.Hour}}, OneStep: true, Watch: time.Minute},
			want: []string{
				"0s apply home 90 %, candidate 10 %", "0s held", "0s wait until 1h", "1h apply candidate 50 %, home 50 %", "1h held",
				"1h wait until 2h", "2h apply candidate 100 %", "2h wait until 2h1m", "2h1m apply candidate 100 %, unmarked", "2h1m promoted",
			},
		},
		"one step an apply, not beyond hold_at": {
			ladder: engine.Ladder{Steps: []engine.Step{{1000, time.Hour}, {5000, time.Hour}}, OneStep: true, HoldAt: hold(1000)},
			want:   []string{"0s apply home 90 %, candidate 10 %", "0s held"},
		},
		"many steps are previewed to the end": {
			ladder: engine.Ladder{Steps: []engine.Step{{100, 0}, {200, 0}, {300, 0}, {400, 0}, {500, 0}, {600, 0}, {700, 0}}},
			want: []string{
				"0s apply home 99 %, candidate 1 %", "0s apply home 98 %, candidate 2 %", "0s apply home 97 %, candidate 3 %",
				"0s apply home 96 %, candidate 4 %", "0s apply home 95 %, candidate 5 %", "0s apply home 94 %, candidate 6 %",
				"0s apply home 93 %, candidate 7 %", "0s apply candidate 100 %", "0s apply candidate 100 %, unmarked", "0s promoted",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lines(engine.Preview(c.ladder)); !slices.Equal(got, c.want) {
				t.Errorf("previewed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func lines(decisions []engine.Decision) []string {
	var out []string
	for _, d := range decisions {
		offset := func(t time.Time) string { return rollout.Short(t.Sub(time.Time{})) }
		line := offset(d.At) + " "
		if d.At.Sub(time.Time{})%time.Millisecond != 0 {
			line = d.At.Sub(time.Time{}).String() + ", which is not round "
		}
		switch a := d.Action.(type) {
		case engine.Apply:
			line += fmt.Sprintf("apply %s", a.Want)
			if a.Want.Home == "" {
				line += ", unmarked"
			}
		case engine.Run:
			line += "run a job"
		case engine.Wait:
			line += "wait until " + offset(a.Until)
		case engine.Measure:
			line += "measure until " + offset(a.Until)
		case engine.Make:
			line += "make"
		case engine.Finish:
			line += a.Outcome.String()
		}
		out = append(out, line)
	}
	return out
}

// TestPreviewSaysWhy: the sentences of a preview are those of the rollout.
func TestPreviewSaysWhy(t *testing.T) {
	d := engine.Preview(engine.Ladder{})
	if got, want := d[0].Why, "promote candidate: everything at once, for there is no step"; got != want {
		t.Errorf("the first line says %q, want %q", got, want)
	}
	if d[0].Row != 26 {
		t.Errorf("the first line is from row %d, want 26", d[0].Row)
	}
}
