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

// compare compares every setting of two places, and then applies what is expected.
func compare(a, b deployed, expects []expect) []entry {
	both := [2]map[string]setting{byKey(a.settings), byKey(b.settings)}
	done := map[string]status{}
	var out []entry
	var look func(key string) status
	look = func(key string) status {
		if s, ok := done[key]; ok {
			return s
		}
		left, inLeft := both[0][key]
		right, inRight := both[1][key]
		e := entry{key: key, status: different, values: [2]string{shown(left), shown(right)}}
		parent := or(left.parent, right.parent)
		switch {
		case inLeft && inRight && left.unknown+right.unknown != "":
			e.status, e.why = unknown, or(left.unknown, right.unknown)
		case inLeft && inRight && left.value == right.value:
			e.status = same
		case inLeft && inRight:
		case parent != "" && look(parent) != same:
			e.status = "" // that is said of the other
		case inLeft && !b.has(key), inRight && !a.has(key):
			e.status = notCompared
		}
		done[key] = e.status
		if e.status != "" {
			out = append(out, e)
		}
		return e.status
	}
	for _, s := range slices.Concat(a.settings, b.settings) {
		look(s.key)
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return declared(out, expects)
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
