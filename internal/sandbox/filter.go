package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A term is one comparison of a monitoring filter. The sandbox knows terms that
// are joined by AND, which is what Google's own examples for a revision use.
type term struct {
	selector string
	negated  bool
	accepts  func(string) bool
	equal    string // the text of an equality, "" for others
}

// selectors are the parts of a Cloud Run time series that a filter can name.
var selectors = []string{
	"project", "metric.type", "resource.type",
	"metric.labels.response_code", "metric.labels.response_code_class", "metric.labels.container_name",
	"resource.labels.project_id", "resource.labels.location", "resource.labels.service_name",
	"resource.labels.revision_name", "resource.labels.configuration_name",
}

var filterToken = regexp.MustCompile(`^\s*("(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_.]*|!=|>=|<=|[=:()<>,-])`)

// parseFilter reads a filter (monitoring docs, "Monitoring filters").
func parseFilter(text string) ([]term, error) {
	tokens, err := tokenize(text)
	if err != nil {
		return nil, err
	}
	var out []term
	for len(tokens) > 0 {
		if len(out) > 0 && tokens[0] == "AND" {
			tokens = tokens[1:]
		}
		var t term
		if t, tokens, err = parseTerm(tokens); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func tokenize(text string) ([]string, error) {
	var out []string
	for rest := text; strings.TrimSpace(rest) != ""; {
		m := filterToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, badFilter("cannot read %q", rest)
		}
		out = append(out, m[1])
		rest = rest[len(m[0]):]
	}
	return out, nil
}

func badFilter(format string, args ...any) error {
	return invalid("filter", "The provided filter is invalid: "+format, args...)
}

func parseTerm(tokens []string) (term, []string, error) {
	if len(tokens) > 0 && slices.Contains([]string{"OR", "NOT", "(", "-"}, tokens[0]) {
		return term{}, nil, status.Errorf(codes.Unimplemented, "filters with %s are not emulated", tokens[0])
	}
	if len(tokens) < 3 {
		return term{}, nil, badFilter("it ends too early")
	}
	t := term{selector: plural(tokens[0])}
	if !slices.Contains(selectors, t.selector) {
		return term{}, nil, badFilter("%q is not a field of a Cloud Run time series", tokens[0])
	}
	switch tokens[1] {
	case "=":
	case "!=":
		t.negated = true
	default:
		return term{}, nil, status.Errorf(codes.Unimplemented, "filters with %s are not emulated", tokens[1])
	}
	return t.value(tokens[2:])
}

// plural turns "metric.label.x" into "metric.labels.x"; both are documented.
func plural(selector string) string {
	for _, one := range []string{"metric.label.", "resource.label."} {
		if rest, ok := strings.CutPrefix(selector, one); ok {
			return strings.TrimSuffix(one, ".") + "s." + rest
		}
	}
	return selector
}

// value reads what a selector is compared with: a string or a function of strings.
func (t term) value(tokens []string) (term, []string, error) {
	if text, err := strconv.Unquote(tokens[0]); err == nil {
		t.accepts = func(v string) bool { return v == text }
		if !t.negated {
			t.equal = text
		}
		return t, tokens[1:], nil
	}
	name, rest := tokens[0], tokens[1:]
	var args []string
	if len(rest) == 0 || rest[0] != "(" {
		return t, nil, badFilter("%q must be quoted", name)
	}
	for rest = rest[1:]; len(rest) > 0 && rest[0] != ")"; rest = rest[1:] {
		if text, err := strconv.Unquote(rest[0]); err == nil {
			args = append(args, text)
		}
	}
	if len(rest) == 0 || len(args) == 0 {
		return t, nil, badFilter("%s( is not closed or is empty", name)
	}
	var err error
	t.accepts, err = matcher(name, args)
	return t, rest[1:], err
}

// matcher makes the test that a filter function stands for.
func matcher(name string, args []string) (func(string) bool, error) {
	switch name {
	case "starts_with":
		return func(v string) bool { return strings.HasPrefix(v, args[0]) }, nil
	case "ends_with":
		return func(v string) bool { return strings.HasSuffix(v, args[0]) }, nil
	case "has_substring":
		return func(v string) bool { return strings.Contains(v, args[0]) }, nil
	case "one_of":
		return func(v string) bool { return slices.Contains(args, v) }, nil
	case "monitoring.regex.full_match":
		re, err := regexp.Compile("^(?:" + args[0] + ")$")
		if err != nil {
			return nil, badFilter("%v", err)
		}
		return re.MatchString, nil
	}
	return nil, status.Errorf(codes.Unimplemented, "the filter function %s is not emulated", name)
}

// admits reports whether a series passes every term.
func admits(terms []term, labels map[string]string) bool {
	for _, t := range terms {
		if t.accepts(labels[t.selector]) == t.negated {
			return false
		}
	}
	return true
}
