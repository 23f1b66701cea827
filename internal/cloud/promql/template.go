package promql

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// placeholders are what a query may name. Those but window and revision are
// facts of a Subject; a platform may lack some.
var placeholders = []string{"window", "revision", "service", "location", "project", "content", "image"}

var (
	placeholder = lazyregexp.New(`\{\{\s*([^{}]*?)\s*\}\}`)
	quoted      = lazyregexp.New("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`")
	zeroAtLast  = lazyregexp.New(`\bor\s+vector\s*\(\s*0(?:\.0*)?\s*\)\s*$`)
	fixedRange  = lazyregexp.New(`\[\s*[0-9]`)
)

// Check says what is wrong with a query as it is written in the attribute name.
func Check(name, query string) []rollout.Problem {
	var out []rollout.Problem
	for _, m := range placeholder.FindAllStringSubmatch(query, -1) {
		if !slices.Contains(placeholders, m[1]) {
			out = append(out, msgUnknownPlaceholder.With("attribute", name, "placeholder", "{{"+m[1]+"}}", "placeholders", "{{"+strings.Join(placeholders, "}}, {{")+"}}"))
		}
	}
	rest := placeholder.ReplaceAllString(query, "")
	switch {
	case strings.TrimSpace(query) == "":
		out = append(out, msgEmptyQuery.With("attribute", name))
	case strings.Contains(rest, "{{"), strings.Contains(rest, "}}"):
		out = append(out, msgOpenPlaceholder.With("attribute", name, "example", "{{revision}}"))
	case fixedRange.MatchString(quoted.ReplaceAllString(query, `""`)) && !hasWindow(query):
		out = append(out, msgFixedRange.With("attribute", name, "window", "{{window}}"))
	}
	for i := range out {
		out[i].At = name
	}
	return out
}

// CheckAbsence refuses a query that answers 0 where there is nothing, for a gate
// that does not ask for samples.
func CheckAbsence(name, query string) []rollout.Problem {
	if !zeroAtLast.MatchString(query) {
		return nil
	}
	p := msgAbsentIsZero.With("attribute", name, "window", "{{window}}")
	p.At = name
	return []rollout.Problem{p}
}

func hasWindow(query string) bool { return has(query, "window") }

// OfEverybody reports whether nothing in a query tells one revision from another.
func OfEverybody(query string) bool { return !has(query, rollout.OwnFacts...) }

func has(query string, names ...string) bool {
	return slices.ContainsFunc(placeholder.FindAllStringSubmatch(query, -1), func(m []string) bool { return slices.Contains(names, m[1]) })
}

// render fills in a query. Values come from a platform, within quotes as a rule:
// one that could end a string is refused.
func render(query string, of rollout.Subject, window time.Duration) (string, error) {
	facts := maps.Clone(of.Facts)
	if facts == nil {
		facts = map[string]string{}
	}
	facts["revision"] = string(of.Revision)
	facts["window"] = strconv.FormatInt(int64(window/time.Second), 10) + "s"
	var missing string
	out := placeholder.ReplaceAllStringFunc(query, func(text string) string {
		name := placeholder.FindStringSubmatch(text)[1]
		if facts[name] == "" || strings.ContainsAny(facts[name], "\"'`\\\n") {
			missing = name
		}
		return facts[name]
	})
	if missing != "" {
		return "", fmt.Errorf("fill in the query: the platform does not say what {{%s}} is for %s", missing, of.Revision)
	}
	return out, nil
}
