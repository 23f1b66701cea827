package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A logTest says whether an entry, by its fields, is admitted.
type logTest func(fields map[string]string) bool

// logFields are what the sandbox's entries have; a filter on others may be a
// good one, which the sandbox cannot answer.
var logFields = []string{
	"logName", "resource.type", "resource.labels.project_id", "resource.labels.location", "resource.labels.service_name",
	"resource.labels.revision_name", "resource.labels.configuration_name", "severity", "timestamp", "httpRequest.status", "textPayload",
	"resource.labels.job_name", executionLabel,
}

// A logToken is a piece of a filter and where it stands.
type logToken struct {
	text         string
	line, column int
}

var logPiece = regexp.MustCompile(`^(?:labels\."[^"]*"|"(?:[^"\\]|\\.)*"|>=|<=|!=|=~|!~|[=<>:(),]|[^\s"=<>:(),!]+)`)

// logFilter reads the part of the Logging query language that the sandbox knows
// (docs, Logging query language): comparisons, text alone, log_id(), NOT and -,
// OR, AND written or not, parentheses, comments. NOT binds first, then OR, then
// AND.
type logFilter struct {
	tokens []logToken
	end    logToken
}

// parseLogFilter reads a filter; an empty one admits everything.
func parseLogFilter(text string) (logTest, error) {
	if len(text) > 20_000 {
		return nil, invalid("filter", "the filter is longer than 20000 characters")
	}
	f := &logFilter{}
	if err := f.scan(text); err != nil {
		return nil, err
	}
	if len(f.tokens) == 0 {
		return func(map[string]string) bool { return true }, nil
	}
	out, err := f.and()
	if err == nil && len(f.tokens) > 0 {
		err = unparseable(f.tokens[0])
	}
	return out, err
}

// unparseable is Google's refusal (its form seen in public threads).
func unparseable(t logToken) error {
	return status.Errorf(codes.InvalidArgument, "Unparseable filter: syntax error at line %d, column %d, token '%s'", t.line, t.column, t.text)
}

func (f *logFilter) scan(text string) error {
	for i, line := range strings.Split(text, "\n") {
		for at := 0; at < len(line); {
			rest := line[at:]
			switch piece := logPiece.FindString(rest); {
			case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
				at++
			case strings.HasPrefix(rest, "--"):
				at = len(line)
			case piece == "":
				return unparseable(logToken{rest[:1], i + 1, at + 1})
			default:
				f.tokens = append(f.tokens, logToken{piece, i + 1, at + 1})
				at += len(piece)
			}
		}
		f.end = logToken{"EOF", i + 1, len(line) + 1}
	}
	return nil
}

// peek returns the next token; next takes it.
func (f *logFilter) peek() logToken {
	if len(f.tokens) == 0 {
		return f.end
	}
	return f.tokens[0]
}

func (f *logFilter) next() logToken {
	t := f.peek()
	f.tokens = f.tokens[min(1, len(f.tokens)):]
	return t
}

func (f *logFilter) and() (logTest, error) {
	out, err := f.or()
	for err == nil && len(f.tokens) > 0 && f.peek().text != ")" {
		if f.peek().text == "AND" {
			f.next()
		}
		var more logTest
		before := out
		if more, err = f.or(); err == nil {
			out = func(e map[string]string) bool { return before(e) && more(e) }
		}
	}
	return out, err
}

func (f *logFilter) or() (logTest, error) {
	out, err := f.not()
	for err == nil && f.peek().text == "OR" {
		f.next()
		var more logTest
		before := out
		if more, err = f.not(); err == nil {
			out = func(e map[string]string) bool { return before(e) || more(e) }
		}
	}
	return out, err
}

func (f *logFilter) not() (logTest, error) {
	t := f.peek()
	switch {
	case t.text == "NOT":
		f.next()
	case strings.HasPrefix(t.text, "-") && len(t.text) > 1:
		f.tokens[0] = logToken{t.text[1:], t.line, t.column + 1}
	case t.text == "-":
		f.next()
	default:
		return f.term()
	}
	inner, err := f.term()
	return func(e map[string]string) bool { return !inner(e) }, err
}

func (f *logFilter) term() (logTest, error) {
	t := f.next()
	switch {
	case t.text == "(":
		out, err := f.and()
		if err != nil {
			return nil, err
		}
		if end := f.next(); end.text != ")" {
			return nil, unparseable(end)
		}
		return out, nil
	case t == f.end, slices.Contains([]string{"AND", "OR", "NOT", ")", ",", "=", ":", "<", ">", "<=", ">=", "!=", "=~", "!~"}, t.text):
		return nil, unparseable(t)
	case f.peek().text == "(" && t.text[0] != '"':
		return f.call(t)
	case slices.Contains([]string{"=", ":", "<", ">", "<=", ">=", "!=", "=~", "!~"}, f.peek().text):
		return f.comparison(t)
	}
	return anywhere(word(t.text)), nil
}

// call reads log_id("…"); other functions are not emulated.
func (f *logFilter) call(name logToken) (logTest, error) {
	if name.text != "log_id" {
		return nil, status.Errorf(codes.Unimplemented, "the filter function %s is not emulated", name.text)
	}
	f.next()
	id := f.next()
	if end := f.next(); end.text != ")" || id.text[0] != '"' {
		return nil, unparseable(id)
	}
	return func(e map[string]string) bool { return e["log_id"] == word(id.text) }, nil
}

// anywhere is a text alone: some field has it.
func anywhere(text string) logTest {
	return func(e map[string]string) bool {
		for _, v := range e {
			if has(v, text) {
				return true
			}
		}
		return false
	}
}

// word is a value without its quotes.
func word(text string) string {
	if out, err := strconv.Unquote(text); err == nil {
		return out
	}
	return text
}

// has: "String comparisons aren't case sensitive".
func has(v, text string) bool { return strings.Contains(strings.ToLower(v), strings.ToLower(text)) }

func (f *logFilter) comparison(field logToken) (logTest, error) {
	name, op, value := field.text, f.next(), f.next()
	if value == f.end || slices.Contains([]string{"AND", "OR", "NOT", ")", "=", ":", ","}, value.text) {
		return nil, unparseable(value)
	}
	if !slices.Contains(logFields, name) {
		return nil, status.Errorf(codes.Unimplemented, "filters on %s are not emulated", name)
	}
	if value.text == "(" {
		return nil, status.Error(codes.Unimplemented, "filters with several values in parentheses are not emulated")
	}
	if slices.Contains([]string{"!=", "!~"}, op.text) && slices.Contains([]string{"httpRequest.status", "textPayload"}, name) {
		return nil, status.Errorf(codes.Unimplemented, "%s on a field that an entry may lack is not emulated", op.text)
	}
	text := word(value.text)
	switch op.text {
	case ":":
		return func(e map[string]string) bool { return has(e[name], text) }, nil
	case "=~", "!~":
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, unparseable(value)
		}
		return func(e map[string]string) bool {
			v, there := e[name]
			return there && re.MatchString(v) == (op.text == "=~")
		}, nil
	}
	order, err := ordered(name, value)
	if err != nil {
		return nil, err
	}
	return func(e map[string]string) bool {
		v, there := e[name]
		return there && holds(op.text, order(v))
	}, nil
}

// ordered returns how a field's value stands to another: by time, by severity,
// by number or by text.
func ordered(name string, value logToken) (func(string) int, error) {
	text := word(value.text)
	switch name {
	case "timestamp":
		want, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, unparseable(value)
		}
		return func(v string) int {
			at, _ := time.Parse(time.RFC3339Nano, v) // it was formatted so
			return at.Compare(want)
		}, nil
	case "severity":
		want, known := severities[strings.ToUpper(text)]
		if !known {
			return nil, unparseable(value)
		}
		return func(v string) int { return severities[v] - want }, nil
	case "httpRequest.status":
		want, err := strconv.Atoi(text)
		if err != nil {
			return nil, unparseable(value)
		}
		return func(v string) int {
			n, _ := strconv.Atoi(v) // it was formatted so
			return n - want
		}, nil
	}
	return func(v string) int { return strings.Compare(strings.ToLower(v), strings.ToLower(text)) }, nil
}

func holds(op string, order int) bool {
	switch op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}
