package web

import (
	"encoding/json"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// Template is a text in which {{name}} stands for a value that is known later,
// and {{{{ for {{ itself. Closing braces mean nothing of their own, so that JSON
// may end as it does. The text may be a secret: no format verb shows it.
type Template struct {
	names []string
	fill  func(values map[string]string, escape func(string) string) string
}

var slot = lazyregexp.New(`\{\{\{\{|\{\{ *([a-z][a-z0-9_]*) *\}\}`)

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
// A name that has no value is left empty: callers look first.
func (t Template) Fill(values map[string]string, escape func(string) string) string {
	if t.fill == nil {
		return ""
	}
	return t.fill(values, escape)
}

// Lacks returns a name of the text that has no value, "" if each has one.
func (t Template) Lacks(values map[string]string) string {
	for _, name := range t.names {
		if values[name] == "" {
			return name
		}
	}
	return ""
}

// TypeOf is the type of a body, as which it is sent unless a person says another.
func TypeOf(body Template) string {
	filled := strings.TrimSpace(body.Fill(nil, func(string) string { return "1" }))
	if (strings.HasPrefix(filled, "{") || strings.HasPrefix(filled, "[")) && json.Valid([]byte(filled)) {
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

// EscapeFor returns how a value is written into a body of a type.
func EscapeFor(contentType string) func(string) string {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return InJSON
	case kind == "application/x-www-form-urlencoded":
		return url.QueryEscape
	}
	return Plainly
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
