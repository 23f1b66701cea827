package aws

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// figures are the metrics of CloudWatch. They are ours as a whole: moto knows no
// percentiles and no metric math, and takes one namespace for another.
type figures struct {
	now func() time.Time

	mu      sync.Mutex
	lag     time.Duration // a datum is visible only so long after its time
	off     bool
	regions map[string]map[figure]*series

	watch  sync.Mutex        // of the alarms; mu may be taken while it is held
	alarms map[string]*alarm // by ARN
}

// A figure is one metric: namespace, name and dimensions, in the order of names.
// Data with other dimensions are another metric
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension).
type figure struct{ namespace, name, dimensions string }

func figureOf(namespace, name string, dimensions map[string]string) figure {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(dimensions)) {
		parts = append(parts, k+"="+dimensions[k])
	}
	return figure{namespace, name, strings.Join(parts, "\x00")}
}

func (f figure) dims() map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(f.dimensions, "\x00") {
		if k, v, ok := strings.Cut(part, "="); ok {
			out[k] = v
		}
	}
	return out
}

// A series is what was put for one metric.
type series struct{ data []datum }

// A datum is a value that was seen n times at a moment, or, as a statistic set,
// what is left of n values.
type datum struct {
	at       time.Time
	n        float64
	value    float64
	set      bool // sum, low and high stand for values that are not known
	sum      float64
	low, top float64
	unit     string
}

// add counts a value n times. What is not of high resolution is kept by the minute
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html#high-resolution-metrics).
func (f *figures) add(region string, of figure, at time.Time, value float64, n int) {
	if n > 0 {
		f.put(region, of, datum{at: at.Truncate(time.Minute), value: value, n: float64(n)})
	}
}

func (f *figures) put(region string, of figure, d datum) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.regions == nil {
		f.regions = map[string]map[figure]*series{}
	}
	if f.regions[region] == nil {
		f.regions[region] = map[figure]*series{}
	}
	in := f.regions[region]
	if in[of] == nil {
		in[of] = &series{}
	}
	if !d.set {
		d.sum, d.low, d.top = d.value*d.n, d.value, d.value
	}
	in[of].data = append(in[of].data, d)
}

// visible are the data of a metric that can be seen now; nil if there has never
// been one.
func (f *figures) visible(region string, of figure) []datum {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.regions[region][of]
	if s == nil || f.off {
		return nil
	}
	limit := f.now().Add(-f.lag)
	out := []datum{}
	for _, d := range s.data {
		if !d.at.After(limit) {
			out = append(out, d)
		}
	}
	return out
}

// A line is a time series: values by the beginning of their period.
type line map[time.Time]float64

// statistic computes one value a period, for periods that have data
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html).
func statistic(data []datum, stat string, from, to time.Time, period time.Duration) (line, error) {
	value, err := aggregate(stat)
	if err != nil || data == nil {
		return nil, err
	}
	by := map[time.Time][]datum{}
	for _, d := range data {
		if d.at.Before(from) || !d.at.Before(to) {
			continue
		}
		begin := from.Add(d.at.Sub(from).Truncate(period))
		by[begin] = append(by[begin], d)
	}
	out := line{}
	for begin, in := range by {
		if v, ok := value(in); ok {
			out[begin] = v
		}
	}
	return out, nil
}

type aggregation func([]datum) (value float64, known bool)

func aggregate(stat string) (aggregation, error) {
	switch stat {
	case "Sum":
		return func(in []datum) (float64, bool) { return total(in, func(d datum) float64 { return d.sum }), true }, nil
	case "SampleCount":
		return func(in []datum) (float64, bool) { return total(in, func(d datum) float64 { return d.n }), true }, nil
	case "Average":
		return func(in []datum) (float64, bool) {
			return total(in, func(d datum) float64 { return d.sum }) / total(in, func(d datum) float64 { return d.n }), true
		}, nil
	case "Minimum":
		return func(in []datum) (float64, bool) {
			return slices.MinFunc(in, func(a, b datum) int { return int(math.Copysign(1, a.low-b.low)) }).low, true
		}, nil
	case "Maximum":
		return func(in []datum) (float64, bool) {
			return slices.MaxFunc(in, func(a, b datum) int { return int(math.Copysign(1, a.top-b.top)) }).top, true
		}, nil
	}
	if p, ok := strings.CutPrefix(stat, "p"); ok {
		if share, err := strconv.ParseFloat(p, 64); err == nil && share > 0 && share <= 100 {
			return func(in []datum) (float64, bool) { return percentile(in, share) }, nil
		}
	}
	for _, known := range []string{"tm", "wm", "tc", "ts", "TM", "WM", "TC", "TS", "PR", "IQM"} {
		if strings.HasPrefix(stat, known) {
			return nil, unknownRequest{"the statistic " + stat}
		}
	}
	return nil, fail(400, "ValidationError", "The value %s for parameter MetricDataQueries.member.1.MetricStat.Stat is not supported.", stat)
}

func total(in []datum, of func(datum) float64) float64 {
	sum := 0.0
	for _, d := range in {
		sum += of(d)
	}
	return sum
}

// percentile is the smallest value that as many do not exceed. Of a statistic set
// CloudWatch knows it only where all values are the same, or there is one
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html#Percentile-versus-Trimmed-Mean;
// the nearest rank is modelled).
func percentile(in []datum, share float64) (float64, bool) {
	sorted := slices.Clone(in)
	for _, d := range sorted {
		if d.set && d.low != d.top {
			return 0, false
		}
	}
	slices.SortFunc(sorted, func(a, b datum) int { return int(math.Copysign(1, a.low-b.low)) })
	rank, seen := total(in, func(d datum) float64 { return d.n })*share/100, 0.0
	for _, d := range sorted {
		if seen += d.n; seen >= rank-1e-9 {
			return d.low, true
		}
	}
	return 0, false
}

// Record puts n times a value of a metric, at a time, into the sandbox's region.
func (s *Sandbox) Record(namespace, metric string, dimensions map[string]string, value float64, n int, at time.Time) {
	s.figures.add(s.o.Region, figureOf(namespace, metric, dimensions), at, value, n)
}

// MetricsLag makes data visible only d after their time.
func (s *Sandbox) MetricsLag(d time.Duration) {
	s.figures.mu.Lock()
	defer s.figures.mu.Unlock()
	s.figures.lag = d
}

// DropMetrics makes all metrics disappear: answers are empty, not errors.
func (s *Sandbox) DropMetrics(on bool) {
	s.figures.mu.Lock()
	defer s.figures.mu.Unlock()
	s.figures.off = on
}
