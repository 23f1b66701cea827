package sandbox

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"sync"
	"time"
)

// telemetry is what the proxy measured, by second. Both ways of asking,
// ListTimeSeries and PromQL, read from it.
type telemetry struct {
	now func() time.Time

	mu       sync.Mutex
	lag      time.Duration // after its sample, data is invisible for this long
	sampling time.Duration // samples are taken at multiples of this
	off      bool
	series   map[seriesKey]map[int64]*tally // by the second in which requests ended, rounded up
}

// seriesKey is one time series of Cloud Run: metric label response_code and
// resource labels service_name and revision_name.
type seriesKey struct {
	service, revision string
	code              int
}

// A tally counts requests and spreads their latencies over buckets.
type tally struct {
	n       int64
	sum     float64 // of latencies in ms
	buckets map[int]int64
}

func (t *tally) add(o *tally) {
	t.n += o.n
	t.sum += o.sum
	if t.buckets == nil {
		t.buckets = map[int]int64{}
	}
	for i, n := range o.buckets {
		t.buckets[i] += n
	}
}

// The latency buckets grow exponentially, as those of Cloud Run's distribution
// do; its real factor could not be found, so percentiles are as coarse as 20 %.
const (
	growth      = 1.2
	bucketCount = 84 // finite ones: up to 1.2^84 ms, over an hour
)

// bucketOf is the index of a latency: 0 is below 1 ms, i is [1.2^(i-1), 1.2^i).
func bucketOf(ms float64) int {
	if ms < 1 {
		return 0
	}
	return min(1+int(math.Log(ms)/math.Log(growth)+1e-9), bucketCount+1)
}

// upper is where a bucket ends, in ms; the last one has no end.
func upper(bucket int) float64 {
	if bucket > bucketCount {
		return math.Inf(1)
	}
	return math.Pow(growth, float64(bucket))
}

// quantile interpolates within a bucket, as Cloud Monitoring and Prometheus do.
func (t *tally) quantile(q float64) float64 {
	rank, seen := q*float64(t.n), 0.0
	for _, i := range slices.Sorted(maps.Keys(t.buckets)) {
		in := float64(t.buckets[i])
		if seen+in < rank || in == 0 {
			seen += in
			continue
		}
		lower := 0.0
		if i > 0 {
			lower = upper(i - 1)
		}
		end := upper(i)
		if math.IsInf(end, 1) {
			return lower
		}
		return lower + (end-lower)*(rank-seen)/in
	}
	return 0
}

func newTelemetry(now func() time.Time) *telemetry {
	return &telemetry{now: now, sampling: time.Second, series: map[seriesKey]map[int64]*tally{}}
}

// horizon is how many seconds of one series are kept before the oldest half goes.
const horizon = 100_000

func (t *telemetry) add(service, revision string, code, count int, latency time.Duration, at time.Time) {
	if count <= 0 || code == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := seriesKey{service, revision, code}
	if t.series[key] == nil {
		t.series[key] = map[int64]*tally{}
	}
	second := roundUp(at, time.Second).Unix()
	slot := t.series[key][second]
	if slot == nil {
		slot = &tally{buckets: map[int]int64{}}
		t.series[key][second] = slot
	}
	ms := float64(latency) / float64(time.Millisecond)
	slot.n += int64(count)
	slot.sum += ms * float64(count)
	slot.buckets[bucketOf(ms)] += int64(count)
	if len(t.series[key]) > horizon {
		seconds := slices.Sorted(maps.Keys(t.series[key]))
		for _, s := range seconds[:horizon/2] {
			delete(t.series[key], s)
		}
	}
}

func roundUp(at time.Time, d time.Duration) time.Time {
	down := at.Truncate(d)
	if down.Equal(at) {
		return down
	}
	return down.Add(d)
}

// A sample is what became known of one series at one moment.
type sample struct {
	at time.Time
	*tally
}

// visible returns, for each series, its samples in the order of time that can
// be seen now.
func (t *telemetry) visible() map[seriesKey][]sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[seriesKey][]sample{}
	if t.off {
		return out
	}
	limit := t.now().Add(-t.lag)
	for key, slots := range t.series {
		bySample := map[time.Time]*tally{}
		for second, slot := range slots {
			at := roundUp(time.Unix(second, 0), t.sampling).UTC()
			if at.After(limit) {
				continue
			}
			if bySample[at] == nil {
				bySample[at] = &tally{}
			}
			bySample[at].add(slot)
		}
		for at, sum := range bySample {
			out[key] = append(out[key], sample{at, sum})
		}
		slices.SortFunc(out[key], func(a, b sample) int { return a.at.Compare(b.at) })
	}
	return out
}

// period is how often samples are taken.
func (t *telemetry) period() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sampling
}

// sortedKeys lists series in a fixed order.
func sortedKeys[V any](m map[seriesKey]V) []seriesKey {
	return slices.SortedFunc(maps.Keys(m), func(a, b seriesKey) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.revision, b.revision), cmp.Compare(a.code, b.code))
	})
}

// MetricsLag makes data visible only d after its sample, in ListTimeSeries and
// PromQL; metric descriptors report it as the ingest delay.
func (s *Sandbox) MetricsLag(d time.Duration) {
	s.telemetry.mu.Lock()
	defer s.telemetry.mu.Unlock()
	s.telemetry.lag = d
}

// MetricsSampling takes samples only every d; a request counts in the sample
// that follows it. It is a second unless set; Cloud Run samples every minute.
func (s *Sandbox) MetricsSampling(d time.Duration) {
	s.telemetry.mu.Lock()
	defer s.telemetry.mu.Unlock()
	s.telemetry.sampling = max(d, time.Second)
}

// DropMetrics makes all telemetry disappear: answers are empty, not errors.
func (s *Sandbox) DropMetrics(on bool) {
	s.telemetry.mu.Lock()
	defer s.telemetry.mu.Unlock()
	s.telemetry.off = on
}

// Record adds requests to the telemetry that never happened: count requests of
// a revision that ended at a time with a class such as "2xx" after latency.
func (s *Sandbox) Record(service, revision, class string, count int, latency time.Duration, at time.Time) {
	codes := map[string]int{"1xx": 101, "2xx": 200, "3xx": 302, "4xx": 404, "5xx": 500}
	s.telemetry.add(service, revision, codes[class], count, latency, at)
}
