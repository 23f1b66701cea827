package livetraffic

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Kind is what a user does.
type Kind string

// The kinds of requests.
const (
	Short  Kind = "short"
	Long   Kind = "long"
	Stream Kind = "stream"
	Socket Kind = "socket"
	Visit  Kind = "visit"
)

// Kinds lists them in the order in which they are told.
func Kinds() []Kind { return []Kind{Short, Long, Stream, Socket, Visit} }

// Counts are requests by what became of them.
type Counts struct{ Started, Served, Failed, Abandoned int }

// UnderWay counts those that have not ended.
func (c Counts) UnderWay() int { return c.Started - c.Served - c.Failed - c.Abandoned }

// Revisions counts requests that were served, by the revision that served them.
type Revisions map[string]int

// Since is what came on top of an earlier count.
func (r Revisions) Since(earlier Revisions) Revisions {
	out := Revisions{}
	for name, n := range r {
		if n -= earlier[name]; n > 0 {
			out[name] = n
		}
	}
	return out
}

// Total adds them up.
func (r Revisions) Total() int {
	sum := 0
	for _, n := range r {
		sum += n
	}
	return sum
}

// Share is the share of a revision in percent; 0 where there is nothing.
func (r Revisions) Share(name string) float64 {
	if r.Total() == 0 {
		return 0
	}
	return 100 * float64(r[name]) / float64(r.Total())
}

// A Report is what became of requests up to a moment.
type Report struct {
	ByKind map[Kind]Counts
	Causes map[Kind]map[Cause]int // of those that failed
	// ShortBy is the short ones that were served: at any moment they show the
	// split, which long ones show as it was when they began.
	ShortBy Revisions
	// Examples are the first failures of each kind, in words.
	Examples []string
}

// Total adds all kinds up.
func (r Report) Total() Counts {
	var sum Counts
	for _, c := range r.ByKind {
		sum.Started += c.Started
		sum.Served += c.Served
		sum.Failed += c.Failed
		sum.Abandoned += c.Abandoned
	}
	return sum
}

// String is a line for each kind that was at work, and the first failures.
func (r Report) String() string {
	var b strings.Builder
	for _, k := range Kinds() {
		c := r.ByKind[k]
		if c.Started == 0 {
			continue
		}
		fmt.Fprintf(&b, "%-7s %8s served, %s failed", k, Grouped(c.Served), Grouped(c.Failed))
		if c.Abandoned > 0 {
			fmt.Fprintf(&b, ", %s abandoned", Grouped(c.Abandoned))
		}
		if n := c.UnderWay(); n > 0 {
			fmt.Fprintf(&b, ", %s under way", Grouped(n))
		}
		for _, cause := range slices.Sorted(maps.Keys(r.Causes[k])) {
			fmt.Fprintf(&b, "; %s: %s", cause, Grouped(r.Causes[k][cause]))
		}
		b.WriteString("\n")
	}
	for _, e := range r.Examples {
		b.WriteString("  " + e + "\n")
	}
	return b.String()
}

// Grouped writes a number as people read it: 51,204.
func Grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// examples is how many failures of each kind are kept in words.
const examples = 3

// tally counts.
type tally struct {
	mu       sync.Mutex
	byKind   map[Kind]Counts
	causes   map[Kind]map[Cause]int
	shortBy  Revisions
	examples []string
}

func (t *tally) start(kind Kind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKind == nil {
		t.byKind, t.causes, t.shortBy = map[Kind]Counts{}, map[Kind]map[Cause]int{}, Revisions{}
	}
	c := t.byKind[kind]
	c.Started++
	t.byKind[kind] = c
}

// end puts a request into its one bucket.
func (t *tally) end(kind Kind, revision string, err error, brokenOff bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.byKind[kind]
	switch {
	case err == nil:
		c.Served++
		if kind == Short {
			t.shortBy[revision]++
		}
	case brokenOff:
		c.Abandoned++
	default:
		c.Failed++
		if t.causes[kind] == nil {
			t.causes[kind] = map[Cause]int{}
		}
		t.causes[kind][causeOf(err)]++
		if c.Failed <= examples {
			t.examples = append(t.examples, fmt.Sprintf("%s of %s: %v", kind, cmp.Or(revision, "nobody"), err))
		}
	}
	t.byKind[kind] = c
}

func (t *tally) report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	causes := map[Kind]map[Cause]int{}
	for k, m := range t.causes {
		causes[k] = maps.Clone(m)
	}
	return Report{ByKind: maps.Clone(t.byKind), Causes: causes, ShortBy: maps.Clone(t.shortBy), Examples: slices.Clone(t.examples)}
}
