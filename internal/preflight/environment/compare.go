package environment

import (
	"slices"
	"strings"
)

// status is what is said of one setting.
type status string

// The statuses.
const (
	same        status = "same"
	different   status = "different"
	unknown     status = "unknown"      // nobody can tell
	expected    status = "expected"     // it differs, or nobody can tell, and that is declared
	notCompared status = "not_compared" // one of the two platforms has no such thing
	nothing     status = "expects_nothing"
)

// expect declares a difference.
type expect struct {
	key, reason string
	sometimes   bool // there may be none
}

// covers reports whether a key is meant: all of it, or up to a star at the end.
func (e expect) covers(key string) bool {
	if begin, ok := strings.CutSuffix(e.key, "*"); ok {
		return strings.HasPrefix(key, begin)
	}
	return e.key == key
}

// entry is one setting in both places.
type entry struct {
	key    string
	status status
	values [2]string // as they are shown; "" where it is not there
	why    string    // nobody can tell
	reason string    // of what is expected
}

// comparison goes through the settings of two places, each once.
type comparison struct {
	places [2]deployed
	by     [2]map[string]setting
	done   map[string]status
	out    []entry
}

// compare compares every setting of two places, and then applies what is expected.
func compare(a, b deployed, expects []expect) []entry {
	c := comparison{places: [2]deployed{a, b}, by: [2]map[string]setting{byKey(a.settings), byKey(b.settings)}, done: map[string]status{}}
	for _, s := range slices.Concat(a.settings, b.settings) {
		c.look(s.key)
	}
	slices.SortFunc(c.out, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return declared(c.out, expects)
}

// look returns what is said of a key, "" where another one says it already.
func (c *comparison) look(key string) status {
	if s, ok := c.done[key]; ok {
		return s
	}
	left, inLeft := c.by[0][key]
	right, inRight := c.by[1][key]
	e := entry{key: key, values: [2]string{shown(left), shown(right)}}
	if inLeft && inRight {
		e.status, e.why = both(left, right)
	} else {
		e.status = c.missing(key, or(left.parent, right.parent), inLeft)
	}
	c.done[key] = e.status
	if e.status != "" {
		c.out = append(c.out, e)
	}
	return e.status
}

// both compares what is there twice.
func both(left, right setting) (is status, why string) {
	switch {
	case left.unknown+right.unknown != "":
		return unknown, or(left.unknown, right.unknown)
	case left.value == right.value:
		return same, ""
	}
	return different, ""
}

// missing is for what one of the two has not.
func (c *comparison) missing(key, parent string, inLeft bool) status {
	without := c.places[0]
	if inLeft {
		without = c.places[1]
	}
	switch {
	case parent != "" && c.look(parent) != same:
		return "" // that is said of the other
	case !without.has(key):
		return notCompared
	}
	return different
}

// declared applies what is expected.
func declared(entries []entry, expects []expect) []entry {
	for _, x := range expects {
		used := false
		for i := range entries {
			e := &entries[i]
			if x.covers(e.key) && (e.status == different || e.status == unknown) {
				e.status, e.reason = expected, x.reason
			}
			used = used || x.covers(e.key) && e.status == expected
		}
		if !used && !x.sometimes {
			entries = append(entries, entry{key: x.key, status: nothing, reason: x.reason})
		}
	}
	return entries
}

// has reports whether a place could have a key, and has none.
func (d deployed) has(key string) bool {
	return slices.ContainsFunc(d.families, func(f string) bool { return strings.HasPrefix(key, f) })
}

func byKey(all []setting) map[string]setting {
	out := map[string]setting{}
	for _, s := range all {
		out[s.key] = s
	}
	return out
}

func shown(s setting) string {
	if s.hidden {
		return "set"
	}
	return s.value
}
