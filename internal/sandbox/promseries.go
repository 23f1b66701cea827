package sandbox

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// A counter is one cumulative Prometheus series over the telemetry.
type counter struct {
	labels  labels.Labels
	samples []sample
	of      func(*tally) float64
	grid    time.Duration
	until   time.Time
}

// source lists the counters of a dialect.
type source func() []counter

// googleSeries speaks as Cloud Monitoring: quoted UTF-8 names and the older
// mangled ones, resource and metric labels side by side (PromQL for Cloud
// Monitoring, mapping of metrics).
func (s *Sandbox) googleSeries() []counter {
	var out []counter
	s.counters(func(k seriesKey, c counter) {
		base := map[string]string{
			"monitored_resource": runRevision, "project_id": s.project, "location": s.location,
			"service_name": k.service, "revision_name": k.revision, "configuration_name": k.service,
			"response_code": strconv.Itoa(k.code), "response_code_class": class(k.code),
		}
		for _, name := range []string{requestCount, "run_googleapis_com:request_count"} {
			out = append(out, c.as(base, name))
		}
		for _, name := range []string{requestLatencies, "run_googleapis_com:request_latencies"} {
			out = append(out, c.histogram(base, name, 1)...)
		}
	})
	for what, names := range map[string][]string{
		useCPU:    {cpuUtilization, "run_googleapis_com:container_cpu_utilizations"},
		useMemory: {memoryUtilization, "run_googleapis_com:container_memory_utilizations"},
	} {
		s.countersOf(s.telemetry.used(what), func(k seriesKey, c counter) {
			base := map[string]string{
				"monitored_resource": runRevision, "project_id": s.project, "location": s.location,
				"service_name": k.service, "revision_name": k.revision, "configuration_name": k.service, "container_name": container(k.service),
			}
			for _, name := range names {
				out = append(out, c.histogram(base, name, 1)...)
			}
		})
	}
	return out
}

// plainSeries speaks as an application that exports its own metrics:
// rollout_requests_total and rollout_request_duration_seconds.
func (s *Sandbox) plainSeries() []counter {
	byClass := map[seriesKey]counter{} // it shows no codes, so those of a class are one series
	s.counters(func(k seriesKey, c counter) {
		k.code = k.code / 100 * 100
		c.samples = append(byClass[k].samples, c.samples...)
		slices.SortFunc(c.samples, func(a, b sample) int { return a.at.Compare(b.at) })
		byClass[k] = c
	})
	var out []counter
	for _, k := range sortedKeys(byClass) {
		base := map[string]string{"service": k.service, "revision": k.revision, "code_class": class(k.code)}
		out = append(out, byClass[k].as(base, "rollout_requests_total"))
		out = append(out, byClass[k].histogram(base, "rollout_request_duration_seconds", 1000)...)
	}
	return out
}

// counters calls give with the request count of every visible series.
func (s *Sandbox) counters(give func(seriesKey, counter)) { s.countersOf(s.telemetry.visible(), give) }

func (s *Sandbox) countersOf(seen map[seriesKey][]sample, give func(seriesKey, counter)) {
	t := s.telemetry
	t.mu.Lock()
	grid, until := t.sampling, t.now().Add(-t.lag)
	t.mu.Unlock()
	for _, k := range sortedKeys(seen) {
		give(k, counter{samples: seen[k], grid: grid, until: until, of: func(x *tally) float64 { return float64(x.n) }})
	}
}

func (c counter) as(base map[string]string, name string, more ...string) counter {
	b := labels.NewBuilder(labels.FromMap(base)).Set(model.MetricNameLabel, name)
	for i := 0; i+1 < len(more); i += 2 {
		b.Set(more[i], more[i+1])
	}
	c.labels = b.Labels()
	return c
}

// histogram makes _bucket, _sum and _count; scale divides milliseconds.
func (c counter) histogram(base map[string]string, name string, scale float64) []counter {
	out := []counter{c.as(base, name+"_count")}
	sum := c.as(base, name+"_sum")
	sum.of = func(t *tally) float64 { return t.sum / scale }
	out = append(out, sum)
	by := c.samples[0].scale
	for i := range by.finite + 2 {
		le := "+Inf"
		if end := by.upper(i) / scale; !math.IsInf(end, 1) {
			le = strconv.FormatFloat(end, 'g', 6, 64)
		}
		b := c.as(base, name+"_bucket", "le", le)
		b.of = func(t *tally) float64 {
			n := int64(0)
			for j, in := range t.buckets {
				if j <= i {
					n += in
				}
			}
			return float64(n)
		}
		out = append(out, b)
	}
	return out
}

// series renders a counter between two moments in ms: one point for every step
// of the grid, from zero just before its first sample, as a scraper would see it.
func (c counter) series(mint, maxt int64) storage.Series {
	grid := c.grid.Milliseconds()
	if wide := (maxt - mint) / 4000; wide > grid { // long ranges in bigger steps
		grid *= (wide + grid - 1) / grid
	}
	first := (c.samples[0].at.UnixMilli()/grid - 1) * grid
	from := max(mint, first)
	to := min(maxt, c.until.UnixMilli())
	var out []chunks.Sample
	total, next := 0.0, 0
	for at := (from + grid - 1) / grid * grid; at <= to; at += grid {
		for next < len(c.samples) && c.samples[next].at.UnixMilli() <= at {
			total += c.of(c.samples[next].tally)
			next++
		}
		out = append(out, point{at, total})
	}
	return storage.NewListSeries(c.labels, out)
}

// promStore is the telemetry as a storage of Prometheus.
type promStore struct {
	from       source
	mint, maxt int64
}

func (p *promStore) Querier(mint, maxt int64) (storage.Querier, error) {
	return &promStore{from: p.from, mint: mint, maxt: maxt}, nil
}

func (p *promStore) Select(_ context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	mint, maxt := p.mint, p.maxt
	if hints != nil {
		mint, maxt = hints.Start, hints.End
	}
	var found []storage.Series
	for _, c := range p.from() {
		fits := !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(c.labels.Get(m.Name)) })
		if fits {
			found = append(found, c.series(mint, maxt))
		}
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &seriesSet{all: found}
}

func (p *promStore) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil // no instant query asks
}

func (p *promStore) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (p *promStore) Close() error { return nil }

// seriesSet hands series out one by one.
type seriesSet struct {
	all []storage.Series
	cur storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.all) == 0 {
		return false
	}
	s.cur, s.all = s.all[0], s.all[1:]
	return true
}

func (s *seriesSet) At() storage.Series                { return s.cur }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// point is one float sample.
type point struct {
	t int64
	v float64
}

func (p point) T() int64                      { return p.t }
func (p point) ST() int64                     { return 0 }
func (p point) F() float64                    { return p.v }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }
