package engine

import (
	"fmt"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// explain renders a verdict as a sentence with its numbers and limits:
//
//	gate "errors" measured 9.1 % over 14:02:00–14:04:00 UTC (limit 1 %, 1,204 samples)
func explain(v rollout.Verdict, err error) string {
	g := v.Gate
	switch {
	case err != nil:
		return fmt.Sprintf("gate %q could not be measured: %v", g.Name, err)
	case v.Samples == 0:
		return fmt.Sprintf("gate %q has no data %s%s", g.Name, v.Window, note(v.Note))
	case v.Samples < g.MinSamples && !(g.Count && g.Exceeds(v.Value)):
		return fmt.Sprintf("gate %q has %s of %s samples %s", g.Name, rollout.Count(v.Samples), rollout.Count(g.MinSamples), v.Window)
	case g.Probe && v.Value == 0:
		return fmt.Sprintf("gate %q passed %s%s", g.Name, v.Window, note(v.Note))
	case g.Probe:
		return fmt.Sprintf("gate %q failed %s%s", g.Name, v.Window, note(v.Note))
	}
	limit := g.Limit()
	if g.Level(v.Value) == rollout.Between && g.Goal() != "" {
		limit = g.Goal()
	}
	return fmt.Sprintf("gate %q measured %s %s (%s, %s)%s", g.Name, g.Format(v.Value), v.Window, limit, samples(v.Samples), note(v.Note))
}

func samples(n int) string {
	if n == 1 {
		return "1 sample"
	}
	return rollout.Count(n) + " samples"
}

func note(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}
