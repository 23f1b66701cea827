package cloudmonitoring

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/promql"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// query is a query of the user's own. It implements rollout.Source and
// rollout.Delayed.
type query struct {
	promql.Queries
	*timings // of Cloud Run's count of requests, where delay is not given

	given bool
	delay time.Duration
}

// Delay returns how long after the fact the query can be answered.
func (q *query) Delay(ctx context.Context, of rollout.Subject) (time.Duration, error) {
	t, err := q.timing(ctx, of)
	return t.sample + t.ingest, err
}

// timing is what is given, or how late Cloud Run's own metrics are.
func (q *query) timing(ctx context.Context, of rollout.Subject) (timing, error) {
	if q.given {
		sample := min(q.delay, shortest) // Google samples its own metrics once a minute
		return timing{sample: sample, ingest: q.delay - sample}, nil
	}
	who, err := subjectOf(of)
	if err != nil {
		return timing{}, err
	}
	return q.in(ctx, who.project)
}

// Measure evaluates the query over the samples that begin in the window: those
// that end up to one period later.
func (q *query) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return q.ask(ctx, of, w, promql.Engine.Measure)
}

// Count implements rollout.Counting.
func (q *query) Count(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return q.ask(ctx, of, w, promql.Engine.Count)
}

// evaluate is Measure or Count of an engine.
type evaluate func(promql.Engine, context.Context, promql.Queries, rollout.Subject, time.Time, time.Duration) (rollout.Measurement, error)

func (q *query) ask(ctx context.Context, of rollout.Subject, w rollout.Window, by evaluate) (rollout.Measurement, error) {
	who, err := subjectOf(of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	t, err := q.timing(ctx, of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	if w.Length() < shortest {
		return rollout.Measurement{Note: tooShort}, nil
	}
	engine, err := q.engine(ctx, who.project)
	if err != nil {
		return rollout.Measurement{}, err
	}
	end := w.End.Add(t.sample - time.Millisecond).Truncate(time.Millisecond) // as it is sent
	return by(engine, ctx, q.Queries, of, end, w.Length())
}

// engine is where a project's metrics are asked for in PromQL.
func (q *query) engine(ctx context.Context, project string) (promql.Engine, error) {
	reader, err := q.clients.PromQL(ctx)
	if err != nil {
		return promql.Engine{}, err
	}
	client := *reader.Client
	client.Transport = promql.Bounded(reader.Transport)
	to, err := api.NewClient(api.Config{Address: reader.Endpoint + "/v1/projects/" + project + "/location/global/prometheus", Client: &client})
	if err != nil {
		return promql.Engine{}, fmt.Errorf("reach Cloud Monitoring for project %s: %w", project, err)
	}
	return promql.Engine{
		Client: to, Name: "Cloud Monitoring for project " + project, Page: "the Metrics Explorer, in PromQL", Plain400: true,
		Denied: func(status int) string {
			if status == http.StatusUnauthorized {
				return "the credentials are not valid any more"
			}
			return "it needs monitoring.timeSeries.list"
		},
	}, nil
}
