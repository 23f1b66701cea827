package provider

import (
	"testing"
	"time"

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
		"as the issue has it":    {forecast{whole: 120, least: 100}, "about 1 of 100 samples at 1 %", "about 1 at 1 %, about 12 at 10 %, about 60 at 50 %", "Widen window to 1h24m or more, with a bake or wait_for of 1h28m or more; or lower min_samples to 1; or begin with a step of 84 % or more"},
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
