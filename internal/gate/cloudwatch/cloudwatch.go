package cloudwatch

import (
	"context"
	"math"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// sample is how long a datum of a service's own metric stands for, and usual
	// how late it can be seen then.
	sample = time.Minute
	usual  = 2 * time.Minute

	nothing   = "CloudWatch has nothing of it in that time"
	noSamples = "samples found nothing"
	tooShort  = "no minute begins in that time"
)

// source implements rollout.Source and rollout.Delayed.
type source struct {
	clients *cloud.Clients
	region  string // "": where the revision is
	what    string // of the block, for messages
	given   *time.Duration
	queries []templated
	slow    bool
	measure func(found map[string]float64) rollout.Measurement
}

// counter is a source that has samples of its own. It implements rollout.Counting.
type counter struct {
	*source
	count func(found map[string]float64) rollout.Measurement
}

// templated is a query whose dimensions name the revision.
type templated struct {
	cloud.MetricQuery
	dimensions map[string]web.Template
}

// Delay returns how long after the fact everything can be seen: the minute has to
// end, and to arrive. Lambda counts what it ran in the minute in which it began
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html), so
// that whatever takes as long as it may has to have ended.
func (s *source) Delay(_ context.Context, of rollout.Subject) (time.Duration, error) {
	if s.given != nil {
		return *s.given, nil
	}
	out := sample + usual
	if d, err := time.ParseDuration(of.Facts["timeout"]); s.slow && err == nil && d > 0 {
		out += d
	}
	return out, nil
}

// Measure asks for the minutes that begin in the window.
func (s *source) Measure(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return s.ask(ctx, of, w, s.measure)
}

// Count implements rollout.Counting.
func (c counter) Count(ctx context.Context, of rollout.Subject, w rollout.Window) (rollout.Measurement, error) {
	return c.ask(ctx, of, w, c.count)
}

func (s *source) ask(ctx context.Context, of rollout.Subject, w rollout.Window, read func(map[string]float64) rollout.Measurement) (rollout.Measurement, error) {
	queries, err := s.filled(of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	delay, err := s.Delay(ctx, of)
	if err != nil {
		return rollout.Measurement{}, err
	}
	span := cloud.MetricSpan{Start: whole(w.Start), End: whole(w.End), Late: delay - sample}
	if !span.Start.Before(span.End) {
		return rollout.Measurement{Note: tooShort}, nil
	}
	region := s.region
	if region == "" {
		region = of.Facts["region"]
	}
	found, err := s.clients.MetricData(ctx, region, span, queries)
	if err != nil {
		return rollout.Measurement{}, err
	}
	for _, v := range found {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return rollout.Measurement{Note: "CloudWatch answered what is no number"}, nil
		}
	}
	return read(found), nil
}

// whole is the beginning of the first minute that begins at that time or later.
func whole(t time.Time) time.Time {
	begun := t.Truncate(time.Minute)
	if begun.Before(t) {
		return begun.Add(time.Minute)
	}
	return begun
}

// filled are the queries for one revision.
func (s *source) filled(of rollout.Subject) ([]cloud.MetricQuery, error) {
	facts := cloud.AWSFacts(of)
	out := make([]cloud.MetricQuery, len(s.queries))
	for i, q := range s.queries {
		out[i] = q.MetricQuery
		if q.Expression != "" {
			continue
		}
		out[i].Dimensions = map[string]string{}
		for name, value := range q.dimensions {
			if lacks := value.Lacks(facts); lacks != "" {
				return nil, msgNoFact.With("revision", of.Revision, "fact", lacks, "what", s.what)
			}
			out[i].Dimensions[name] = value.Fill(facts, web.Plainly)
		}
	}
	return out, nil
}

// chosen are the ids of a question of the user's own.
type chosen struct{ value, samples string }

// measure is the value as it was found, on samples if they are asked for.
func (a chosen) measure(found map[string]float64) rollout.Measurement {
	v, ok := found[a.value]
	n, sampled := 1, a.samples != ""
	if sampled {
		n = count(found[a.samples])
	}
	switch {
	case !ok:
		return rollout.Measurement{Note: nothing}
	case n == 0:
		return rollout.Measurement{Note: noSamples}
	}
	return rollout.Measurement{Value: v, Samples: n}
}

// count is a number of things, which is 0 where there is none and there were
// requests.
func (a chosen) count(found map[string]float64) rollout.Measurement {
	things, n := math.Round(found[a.value]), count(found[a.samples])
	if things > 0 {
		n = max(n, 1)
	}
	switch {
	case things < 0:
		return rollout.Measurement{Note: "the value is less than none, which is no number of things"}
	case n == 0:
		return rollout.Measurement{Note: noSamples}
	}
	return rollout.Measurement{Value: things, Samples: n}
}
