package prometheus

import (
	"context"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/promql"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// source implements rollout.Source and rollout.Counting.
type source struct {
	engine     promql.Engine
	queries    promql.Queries
	credential credential
}

// Measure evaluates the query at the end of the window.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return s.engine.Measure(ctx, s.queries, of, w.End, w.Length())
}

// Count implements rollout.Counting.
func (s *source) Count(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return s.engine.Count(ctx, s.queries, of, w.End, w.Length())
}
