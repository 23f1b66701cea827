package sandbox

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/api/distribution"
)

// telemetry is what the proxy measured, by second. Both ways of asking,
// ListTimeSeries and PromQL, read from it.
type telemetry struct {
	now func() time.Time

	mu       sync.Mutex
	lag      time.Duration // after its sample, data is invisible for this long
	sampling time.Duration // samples are taken at multiples of this
	off      bool
	series   counts
	uses     map[string]counts       // by what is used: useCPU, useMemory
	read     map[seriesKey]time.Time // when the instance of a revision was last read
}

// counts are tallies by the second in which things ended, rounded up.
type counts map[seriesKey]map[int64]*tally

// What instances use a share of.
const (
	useCPU    = "cpu"
	useMemory = "memory"
)

// seriesKey is one time series of Cloud Run: metric label response_code and
// resource labels service_name and revision_name. What instances use has no code.
type seriesKey struct {
	service, revision string
	code              int
}

// A tally counts values and spreads them over buckets: the latencies of requests
// in ms, or the shares that instances use.
type tally struct {
	n       int64
	sum     float64
	buckets map[int]int64
	scale   *scale
}

// put adds n times a value.
func (t *tally) put(value float64, n int) {
	if t.buckets == nil {
		t.buckets = map[int]int64{}
	}
	t.n += int64(n)
	t.sum += value * float64(n)
	t.buckets[t.scale.of(value)] += int64(n)
}

func (t *tally) add(o *tally) {
	t.n += o.n
	t.sum += o.sum
	t.scale = o.scale
	if t.buckets == nil {
		t.buckets = map[int]int64{}
	}
	for i, n := range o.buckets {
		t.buckets[i] += n
	}
}

// A scale cuts values into buckets.
type scale struct {
	finite  int // buckets between the first, below everything, and the last, above it
	of      func(value float64) int
	upper   func(bucket int) float64 // where a bucket ends; the last one has no end
	options *distribution.Distribution_BucketOptions
}

// The latency buckets grow exponentially, as those of Cloud Run's distribution
// do; its real factor could not be found, so percentiles are as coarse as 20 %.
const (
	growth      = 1.2
	bucketCount = 84 // finite ones: up to 1.2^84 ms, over an hour
)

var latencies = &scale{
	finite: bucketCount,
	of: func(ms float64) int { // 0 is below 1 ms, i is [1.2^(i-1), 1.2^i)
		if ms < 1 {
			return 0
		}
		return min(1+int(math.Log(ms)/math.Log(growth)+1e-9), bucketCount+1)
	},
	upper: func(bucket int) float64 {
		if bucket > bucketCount {
			return math.Inf(1)
		}
		return math.Pow(growth, float64(bucket))
	},
	options: &distribution.Distribution_BucketOptions{Options: &distribution.Distribution_BucketOptions_ExponentialBuckets{
		ExponentialBuckets: &distribution.Distribution_BucketOptions_Exponential{NumFiniteBuckets: bucketCount, GrowthFactor: growth, Scale: 1},
	}},
}

// The buckets of shares are a percent wide (modelled: Cloud Run's could not be
// found either).
const percents = 100

var shares = &scale{
	finite: percents,
	of: func(share float64) int { // 0 is below 0, i is [(i-1) %, i %)
		return max(0, min(1+int(math.Floor(share*percents+1e-9)), percents+1))
	},
	upper: func(bucket int) float64 {
		if bucket > percents {
			return math.Inf(1)
		}
		return float64(bucket) / percents
	},
	options: &distribution.Distribution_BucketOptions{Options: &distribution.Distribution_BucketOptions_LinearBuckets{
		LinearBuckets: &distribution.Distribution_BucketOptions_Linear{NumFiniteBuckets: percents, Width: 1. / percents},
	}},
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
			lower = t.scale.upper(i - 1)
		}
		end := t.scale.upper(i)
		if math.IsInf(end, 1) {
			return lower
		}
		return lower + (end-lower)*(rank-seen)/in
	}
	return 0
}

func newTelemetry(now func() time.Time) *telemetry {
	return &telemetry{
		now: now, sampling: time.Second, series: counts{},
		uses: map[string]counts{useCPU: {}, useMemory: {}}, read: map[seriesKey]time.Time{},
	}
}

// horizon is how many seconds of one series are kept before the oldest half goes.
const horizon = 100_000

func (t *telemetry) add(service, revision string, code, count int, latency time.Duration, at time.Time) {
	if count <= 0 || code == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.series.put(seriesKey{service, revision, code}, at, latencies, float64(latency)/float64(time.Millisecond), count)
}

// use adds a reading of what each of n instances uses.
func (t *telemetry) use(service, revision string, cpu, memory float64, n int, at time.Time) {
	if n <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.useLocked(seriesKey{service: service, revision: revision}, cpu, memory, n, at)
}

func (t *telemetry) useLocked(key seriesKey, cpu, memory float64, n int, at time.Time) {
	t.uses[useCPU].put(key, at, shares, cpu, n)
	t.uses[useMemory].put(key, at, shares, memory, n)
}

// glance reads the one instance of a revision, unless it was read for the same
// sample before.
func (t *telemetry) glance(service, revision string, cpu, memory float64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key, due := seriesKey{service: service, revision: revision}, roundUp(at, t.sampling)
	if t.read[key].Equal(due) {
		return
	}
	t.read[key] = due
	t.useLocked(key, cpu, memory, 1, at)
}

// put adds n times a value that became known at a moment.
func (c counts) put(key seriesKey, at time.Time, by *scale, value float64, n int) {
	if c[key] == nil {
		c[key] = map[int64]*tally{}
	}
	second := roundUp(at, time.Second).Unix()
	if c[key][second] == nil {
		c[key][second] = &tally{scale: by}
	}
	c[key][second].put(value, n)
	if len(c[key]) > horizon {
		seconds := slices.Sorted(maps.Keys(c[key]))
		for _, s := range seconds[:horizon/2] {
			delete(c[key], s)
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

// visible returns, for each series of requests, its samples in the order of time
// that can be seen now.
func (t *telemetry) visible() map[seriesKey][]sample { return t.samples(t.series) }

// used does so for what instances use.
func (t *telemetry) used(what string) map[seriesKey][]sample { return t.samples(t.uses[what]) }

func (t *telemetry) samples(of counts) map[seriesKey][]sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[seriesKey][]sample{}
	if t.off {
		return out
	}
	limit := t.now().Add(-t.lag)
	for key, slots := range of {
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
// a revision that ended at a time with a class such as "2xx" after latency. The
// request log has them too, and the instance of the revision is read, if there
// is one.
func (s *Sandbox) Record(service, revision, class string, count int, latency time.Duration, at time.Time) {
	codes := map[string]int{"1xx": 101, "2xx": 200, "3xx": 302, "4xx": 404, "5xx": 500}
	s.telemetry.add(service, revision, codes[class], count, latency, at)
	s.logs.request(service, revision, codes[class], count, at)
	if r := s.revision(service, revision); r != nil && count > 0 {
		b := r.behaviour.get()
		s.telemetry.glance(service, revision, b.CPU, b.Memory, at)
	}
}

// RecordUse adds a reading of n instances of a revision, which use these shares
// of their CPU and memory.
func (s *Sandbox) RecordUse(service, revision string, cpu, memory float64, n int, at time.Time) {
	s.telemetry.use(service, revision, cpu, memory, n, at)
}
