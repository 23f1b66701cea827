package provider

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestForecasts(t *testing.T) {
	weights := []rollout.Weight{100, 1000, 5000, rollout.Whole}
	for name, c := range map[string]struct {
		forecast forecast
		first    string // "" if there is enough at every weight
		list     string
		ways     string
	}{
		"just enough":            {forecast{whole: 100, least: 1}, "", "", ""},
		"one too few":            {forecast{whole: 99, least: 1}, "less than 1 of 1 samples at 1 %", "less than 1 at 1 %", "Widen window to 2m or more, with a bake or wait_for of 6m or more; or begin with a step of 2 % or more"},
		"as the issue has it":    {forecast{whole: 120, least: 100}, "about 1 of 100 samples at 1 %", "about 1 at 1 %, about 12 at 10 %, about 60 at 50 %", "Widen window to 1h24m or more, with a bake or wait_for of 1h28m or more; or begin with a step of 84 % or more"},
		"never looks enough":     {forecast{whole: 9999, least: 100}, "about 99 of 100 samples at 1 %", "about 99 at 1 %", "Widen window to 2m or more, with a bake or wait_for of 6m or more; or lower min_samples to 99; or begin with a step of 2 % or more"},
		"not even at everything": {forecast{whole: 50, least: 2000}, "less than 1 of 2,000 samples at 1 %", "less than 1 at 1 %, about 5 at 10 %, about 25 at 50 %, about 50 at 100 %", "Apply when more users come, or let an http gate decide"},
	} {
		t.Run(name, func(t *testing.T) {
			f := c.forecast
			f.judge(weights)
			if len(f.short) == 0 || c.first == "" {
				if len(f.short) > 0 || c.first != "" {
					t.Errorf("short at %v", f.short)
				}
				return
			}
			if got := f.first(); got != c.first {
				t.Errorf("%q, want %q", got, c.first)
			}
			if got := f.list(); got != c.list {
				t.Errorf("%q, want %q", got, c.list)
			}
			if got := f.ways(time.Minute, 4*time.Minute); got != c.ways {
				t.Errorf("%q, want %q", got, c.ways)
			}
		})
	}
}

func TestShortWindowsAreWidenedBySeconds(t *testing.T) {
	f := forecast{whole: 40, least: 5}
	f.judge([]rollout.Weight{1000})
	if got, want := f.ways(5*time.Second, 0), "Widen window to 10s or more, with a bake or wait_for of 10s or more; or begin with a step of 13 % or more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWeightsThatAreJudged: nothing is said of a step that the rollout does not
// take.
func TestWeightsThatAreJudged(t *testing.T) {
	fifty := rollout.Weight(5000)
	ladder := engine.Ladder{Steps: []engine.Step{{Weight: 0}, {Weight: 1000}, {Weight: fifty}, {Weight: 8000}}, Watch: time.Minute}
	change := func(f func(*engine.Ladder)) engine.Ladder {
		l := ladder
		f(&l)
		return l
	}
	for name, c := range map[string]struct {
		ladder    engine.Ladder
		candidate rollout.Revision
		live      rollout.Split
		want      []rollout.Weight
	}{
		"one that does not exist yet":    {ladder, "", rollout.All("api-1"), []rollout.Weight{1000, fifty, 8000, rollout.Whole}},
		"one that exists":                {ladder, "api-2", rollout.All("api-1"), []rollout.Weight{1000, fifty, 8000, rollout.Whole}},
		"nobody watches after promotion": {change(func(l *engine.Ladder) { l.Watch = 0 }), "", rollout.All("api-1"), []rollout.Weight{1000, fifty, 8000}},
		"it ends at a hold":              {change(func(l *engine.Ladder) { l.HoldAt = &fifty }), "", rollout.All("api-1"), []rollout.Weight{1000, fifty}},
		"it goes on from a step":         {ladder, "api-2", rollout.Split{"api-1": fifty, "api-2": fifty}, []rollout.Weight{fifty, 8000, rollout.Whole}},
		"it has everything":              {ladder, "api-2", rollout.All("api-2"), []rollout.Weight{rollout.Whole}},
		"a return at once":               {ladder, "api-0", rollout.All("api-1"), []rollout.Weight{rollout.Whole}},
		"a return by steps":              {change(func(l *engine.Ladder) { l.ReturnBySteps = true }), "api-0", rollout.All("api-1"), []rollout.Weight{1000, fifty, 8000, rollout.Whole}},
		"as long as nobody comes":        {change(func(l *engine.Ladder) { l.OneStep = true }), "", rollout.All("api-1"), nil},
	} {
		p := planning{d: deployment{ladder: c.ladder}, prior: record{Promoted: types.StringValue("api-1"), Before: []string{"api-0"}}}
		p.shows.Routing.Split = c.live
		if got := p.judged(c.candidate); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestGatesThatAreForeseen: of a gate that does not decide, that counts no
// requests, or that had counted enough when it stopped, nothing is foretold.
func TestGatesThatAreForeseen(t *testing.T) {
	kind := gate.Kind{}
	for name, c := range map[string]struct {
		gate    gateConfig
		samples int
		want    string // how the title ends, "" where nothing is said
	}{
		"too few":                     {gateConfig{kind: &kind, counts: true}, 500, "about 50 of 100 samples at 10 %"},
		"enough":                      {gateConfig{kind: &kind, counts: true}, 1000, ""},
		"no data, which is told else": {gateConfig{kind: &kind, counts: true}, 0, ""},
		"a dry run":                   {gateConfig{kind: &kind, counts: true, Gate: rollout.Gate{DryRun: true}}, 500, ""},
		"a probe":                     {gateConfig{kind: &kind, counts: true, Gate: rollout.Gate{Probe: true}}, 500, ""},
		"readings of instances":       {gateConfig{kind: &kind}, 500, ""},
		"counted to the end":          {gateConfig{kind: &kind, counts: true, most: 600}, 500, "about 50 of 100 samples at 10 %"},
		"counted no further":          {gateConfig{kind: &kind, counts: true, most: 500}, 500, ""},
	} {
		c.gate.MinSamples = 100
		got := c.gate.tooFew(rollout.Verdict{Measurement: rollout.Measurement{Samples: c.samples}}, "api-1", rollout.Whole, 0, []rollout.Weight{1000})
		if (got == nil) != (c.want == "") || got != nil && !strings.HasSuffix(got.What, c.want) {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
	}
}
