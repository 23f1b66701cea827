package rollout

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Revision is one deployable thing in its platform's own words: a Cloud Run
// revision, a Lambda version, the content behind a target group. It names
// content, not a place. The empty Revision means "not known" or "none".
type Revision string

// Weight is a share of traffic in basis points; Whole is all of it.
// Code never holds a share as a float: 0.1 % is 10, not 0.001.
type Weight int

// Whole is all traffic.
const Whole Weight = 10_000

// Percent returns the weight that is p percent of the traffic. It refuses what
// basis points cannot hold exactly, rather than rounding somebody's traffic.
func Percent(p float64) (Weight, error) {
	if math.IsNaN(p) || p < 0 || p > 100 {
		return 0, fmt.Errorf("a weight is a percentage between 0 and 100, not %v", p)
	}
	w := Weight(math.Round(p * 100))
	if w.Float() != p { // both are the number nearest to the same decimal, or p is another
		return 0, fmt.Errorf("%v %% is finer than 0.01 %%", p)
	}
	return w, nil
}

// Float returns the weight in percent, for configuration and state, where
// Terraform's number type holds it.
func (w Weight) Float() float64 { return float64(w) / 100 }

// String renders the weight as people read it: "12.5 %".
func (w Weight) String() string {
	return strconv.FormatFloat(w.Float(), 'f', -1, 64) + " %"
}

// Split says how traffic is divided: positive weights that sum to Whole.
// A nil or empty Split means that nothing serves.
type Split map[Revision]Weight

// All returns the split in which r has all traffic.
func All(r Revision) Split { return Split{r: Whole} }

// Validate returns an error unless the split is empty or its weights are
// positive and sum to Whole.
func (s Split) Validate() error {
	if len(s) == 0 {
		return nil
	}
	var sum Weight
	for _, r := range s.Revisions() {
		w := s[r]
		if r == "" {
			return errors.New("a share of the traffic has no revision")
		}
		if w <= 0 || w > Whole { // more than all of it could wrap the sum around
			return fmt.Errorf("%s has a share of %s", r, w)
		}
		sum += w
	}
	if sum != Whole {
		return fmt.Errorf("the shares add up to %s, not to 100 %%", sum)
	}
	return nil
}

// Equal reports whether both divide traffic alike.
func (s Split) Equal(t Split) bool {
	if len(s) != len(t) {
		return false
	}
	for r, w := range s {
		if t[r] != w {
			return false
		}
	}
	return true
}

// Revisions returns who serves, the largest share first.
func (s Split) Revisions() []Revision {
	out := make([]Revision, 0, len(s))
	for r := range s {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Revision) int {
		if s[a] != s[b] {
			return int(s[b] - s[a])
		}
		return strings.Compare(string(a), string(b))
	})
	return out
}

// Sole returns the one revision that has all traffic, or "".
func (s Split) Sole() Revision {
	if serving := s.Revisions(); len(serving) == 1 && s[serving[0]] == Whole {
		return serving[0]
	}
	return ""
}

// String renders the split, the largest share first: "api-41 90 %, api-42 10 %".
func (s Split) String() string {
	if len(s) == 0 {
		return "nothing"
	}
	parts := make([]string, 0, len(s))
	for _, r := range s.Revisions() {
		parts = append(parts, fmt.Sprintf("%s %s", r, s[r]))
	}
	return strings.Join(parts, ", ")
}

// Routing is everything about traffic that a platform can show, and everything
// that it can be asked for. One write carries all of it.
type Routing struct {
	// Default is the platform's own default: what gets the traffic that no
	// weight names. "" where the platform has none.
	Default Revision
	Split   Split
	// Home is our mark of the way home, "" where there is none. It stands in a
	// place on the platform that is ours, and travels in the same write.
	Home Revision
	// Keep lists who stays reachable at weight 0: by a tag, as an attached group.
	Keep []Revision
}

// Same reports whether both send users to the same places. Marks and what is
// merely kept reachable do not count: no user notices them.
func (r Routing) Same(o Routing) bool {
	return r.Default == o.Default && r.Split.Equal(o.Split)
}

// HasAll reports whether every user reaches v: it has the whole split, and the
// platform's default, where there is one, is it as well.
func (r Routing) HasAll(v Revision) bool {
	return v != "" && r.Split.Sole() == v && (r.Default == "" || r.Default == v)
}

// Keeps reports whether v stays reachable at weight 0.
func (r Routing) Keeps(v Revision) bool { return slices.Contains(r.Keep, v) }

// String renders what users get, and the default only where it says more.
func (r Routing) String() string {
	if r.Default != "" && r.Split.Sole() != r.Default {
		return fmt.Sprintf("%s (default %s)", r.Split, r.Default)
	}
	return r.Split.String()
}
