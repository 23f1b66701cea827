package web

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Template is a text in which {{name}} stands for a value that is known later,
// and {{{{ for {{ itself. Closing braces mean nothing of their own, so that JSON
// may end as it does. The text may be a secret: no format verb shows it.
type Template struct {
	names []string
	fill  func(values map[string]string, escape func(string) string) string
}

var slot = regexp.MustCompile(`\{\{\{\{|\{\{ *([a-z][a-z0-9_]*) *\}\}`)

// ParseTemplate reads a text; ok is false where something stands between {{ and
// }} that is no name, or where {{ is not closed.
func ParseTemplate(text string) (t Template, ok bool) {
	type part struct{ text, name string }
	var parts []part
	rest, ok := text, true
	literal := func(s string) {
		ok = ok && !strings.Contains(s, "{{")
		parts = append(parts, part{text: s})
	}
	for loc := slot.FindStringSubmatchIndex(rest); loc != nil; loc = slot.FindStringSubmatchIndex(rest) {
		literal(rest[:loc[0]])
		if loc[2] < 0 {
			parts = append(parts, part{text: "{{"})
		} else {
			name := rest[loc[2]:loc[3]]
			parts = append(parts, part{name: name})
			if !slices.Contains(t.names, name) {
				t.names = append(t.names, name)
			}
		}
		rest = rest[loc[1]:]
	}
	literal(rest)
	t.fill = func(values map[string]string, escape func(string) string) string {
		var out strings.Builder
		for _, p := range parts {
			out.WriteString(p.text)
			if p.name != "" {
				out.WriteString(escape(values[p.name]))
			}
		}
		return out.String()
	}
	return t, ok
}

// Names are the names that the text has, each once.
func (t Template) Names() []string { return t.names }

// Fill returns the text with the values in it, each escaped for where it stands.
// A name that has no value is left empty: callers look at Lacks first.
func (t Template) Fill(values map[string]string, escape func(string) string) string {
	if t.fill == nil {
		return ""
	}
	return t.fill(values, escape)
}

// Lacks reports whether the text has a name that has no value.
func (t Template) Lacks(values map[string]string) bool {
	return slices.ContainsFunc(t.names, func(name string) bool {
		_, found := values[name]
		return !found
	})
}

// Plainly is an escape that changes nothing.
func Plainly(value string) string { return value }

// InJSON escapes a value for the inside of a JSON string. A number, true and
// false stay as they are, so that they may stand outside of one.
func InJSON(value string) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(text), `"`), `"`)
}
