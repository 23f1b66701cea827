package aws

import (
	"maps"
	"slices"
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
	regions map[string]map[figure]*series
}

// A figure is one metric: namespace, name and dimensions, in the order of names.
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
type series struct {
	unit string
	data []datum
}

// A datum is a value that was seen n times at a moment.
type datum struct {
	at    time.Time
	value float64
	n     float64
}

func (f *figures) add(region string, of figure, at time.Time, value float64, n int) {
	if n <= 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seriesLocked(region, of).data = append(f.seriesLocked(region, of).data, datum{at, value, float64(n)})
}

func (f *figures) seriesLocked(region string, of figure) *series {
	if f.regions == nil {
		f.regions = map[string]map[figure]*series{}
	}
	if f.regions[region] == nil {
		f.regions[region] = map[figure]*series{}
	}
	if f.regions[region][of] == nil {
		f.regions[region][of] = &series{}
	}
	return f.regions[region][of]
}
