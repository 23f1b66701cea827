package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// A plan pays for a preview of every deployment in it. What one rung costs must
// not grow with the number of rungs.
func BenchmarkPreview(b *testing.B) {
	for _, rungs := range []int{3, 30, 99} {
		var l engine.Ladder
		for i := range rungs {
			l.Steps = append(l.Steps, engine.Step{Weight: rollout.Weight(100 * (i + 1)), Bake: time.Minute})
		}
		b.Run(fmt.Sprintf("rungs=%d", rungs), func(b *testing.B) {
			for b.Loop() {
				engine.Preview(l)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rungs), "ns/rung")
		})
	}
}
