package aws

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// logPattern reads a filter pattern
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
// Patterns of space-delimited events, which begin with [, are not emulated.
func logPattern(p string) (func(string) bool, error) {
	p = strings.TrimSpace(p)
	switch {
	case p == "":
		return func(string) bool { return true }, nil
	case p[0] == '[':
		return nil, unknownRequest{"FilterLogEvents: a pattern of space-delimited events, " + p}
	case p[0] == '{':
		return jsonPattern(p)
	}
	return termPattern(p)
}

func badPattern(p string) error {
	return fail(http.StatusBadRequest, "InvalidParameterException", "Invalid filter pattern: %s", p)
}

// A term is one word of an unstructured pattern. With a question mark one of those
// that have it is enough, with a minus it must not be there.
type term struct {
	mark  byte
	match func(string) bool
}

var termForm = regexp.MustCompile(`^([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([A-Za-z0-9_]+))(?:\s+|$)`)

func termPattern(p string) (func(string) bool, error) {
	var terms []term
	for rest := p; rest != ""; {
		m := termForm.FindStringSubmatch(rest)
		if m == nil {
			return nil, badPattern(p) // what is not a letter, a digit or _ has to be quoted
		}
		rest = rest[len(m[0]):]
		t := term{match: func(s string) bool { return strings.Contains(s, m[4]) }}
		if m[1] != "" {
			t.mark = m[1][0]
		}
		switch {
		case m[3] != "":
			re, err := regexp.Compile(m[3])
			if err != nil {
				return nil, badPattern(p)
			}
			t.match = re.MatchString
		case m[4] == "":
			phrase := strings.ReplaceAll(m[2], `\"`, `"`)
			t.match = func(s string) bool { return strings.Contains(s, phrase) }
		}
		terms = append(terms, t)
	}
	return func(s string) bool { return allTerms(terms, s) }, nil
}

// allTerms: a pattern that has other terms beside those with a question mark
// ignores these (FilterAndPatternSyntax.html, "Match any term").
func allTerms(terms []term, s string) bool {
	optional, found, others := false, false, false
	for _, t := range terms {
		hit := t.match(s)
		switch t.mark {
		case '?':
			optional, found = true, found || hit
		case '-':
			others = true
			if hit {
				return false
			}
		default:
			others = true
			if !hit {
				return false
			}
		}
	}
	return !optional || found || others
}

// jsonPattern reads { $.level = "ERROR" && ($.code >= 500 || $.path = "/api/*") }.
func jsonPattern(p string) (func(string) bool, error) {
	inner, ok := strings.CutSuffix(p[1:], "}")
	if !ok {
		return nil, badPattern(p)
	}
	tokens, err := patternTokens(inner)
	if err != nil {
		return nil, badPattern(p)
	}
	parser := &patternParser{tokens: tokens, whole: p}
	test, err := parser.or()
	if err == nil && len(parser.tokens) > 0 {
		err = badPattern(p)
	}
	if err != nil {
		return nil, err
	}
	return func(s string) bool {
		var doc any
		return json.Unmarshal([]byte(s), &doc) == nil && test(doc)
	}, nil
}

var patternToken = regexp.MustCompile(`^\s*(\$[A-Za-z0-9_.\[\]-]*|"(?:[^"\\]|\\.)*"|%[^%]+%|&&|\|\||!=|<=|>=|[()=<>]|-?[0-9.]+|[A-Za-z0-9_*]+)\s*`)

func patternTokens(s string) ([]string, error) {
	var out []string
	for strings.TrimSpace(s) != "" {
		m := patternToken.FindStringSubmatch(s)
		if m == nil {
			return nil, fmt.Errorf("no token at %q", s)
		}
		out, s = append(out, m[1]), s[len(m[0]):]
	}
	return out, nil
}

type patternParser struct {
	tokens []string
	whole  string
}

type jsonTest func(doc any) bool

func (p *patternParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *patternParser) take() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *patternParser) or() (jsonTest, error) {
	left, err := p.and()
	for err == nil && p.peek() == "||" {
		p.take()
		a, b := left, jsonTest(nil)
		b, err = p.and()
		left = func(d any) bool { return a(d) || b(d) }
	}
	return left, err
}

func (p *patternParser) and() (jsonTest, error) {
	left, err := p.test()
	for err == nil && p.peek() == "&&" {
		p.take()
		a, b := left, jsonTest(nil)
		b, err = p.test()
		left = func(d any) bool { return a(d) && b(d) }
	}
	return left, err
}

func (p *patternParser) test() (jsonTest, error) {
	if p.peek() == "(" {
		p.take()
		inner, err := p.or()
		if err == nil && p.take() != ")" {
			err = badPattern(p.whole)
		}
		return inner, err
	}
	path, operator := p.take(), p.take()
	if !strings.HasPrefix(path, "$.") {
		return nil, badPattern(p.whole)
	}
	switch operator {
	case "IS", "NOT":
		return p.state(path, operator)
	case "=", "!=", "<", "<=", ">", ">=":
		return p.comparison(path, operator, p.take())
	}
	return nil, badPattern(p.whole)
}

// state is IS NULL, IS TRUE, IS FALSE, or NOT EXISTS.
func (p *patternParser) state(path, operator string) (jsonTest, error) {
	test := map[string]func(v any, there bool) bool{
		"IS NULL":    func(v any, there bool) bool { return there && v == nil },
		"IS TRUE":    func(v any, _ bool) bool { return v == true },
		"IS FALSE":   func(v any, _ bool) bool { return v == false },
		"NOT EXISTS": func(_ any, there bool) bool { return !there },
	}[operator+" "+p.take()]
	if test == nil {
		return nil, badPattern(p.whole)
	}
	return func(d any) bool { return test(at(d, path)) }, nil
}

func (p *patternParser) comparison(path, operator, want string) (jsonTest, error) {
	if want == "" {
		return nil, badPattern(p.whole)
	}
	n, err := strconv.ParseFloat(want, 64)
	if err == nil {
		return func(d any) bool {
			v, _ := at(d, path)
			have, ok := v.(float64)
			if !ok {
				return false
			}
			return map[string]bool{"=": have == n, "!=": have != n, "<": have < n, "<=": have <= n, ">": have > n, ">=": have >= n}[operator]
		}, nil
	}
	if operator != "=" && operator != "!=" {
		return nil, badPattern(p.whole)
	}
	match := func(s string) bool { return like(strings.Trim(want, `"`), s) }
	if want[0] == '%' {
		re, err := regexp.Compile(strings.Trim(want, "%"))
		if err != nil {
			return nil, badPattern(p.whole)
		}
		match = re.MatchString
	}
	return func(d any) bool {
		v, _ := at(d, path)
		s, ok := v.(string)
		return ok && match(s) == (operator == "=")
	}, nil
}

// at follows $.a.b[0] into a document.
func at(doc any, path string) (any, bool) {
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "$."), ".") {
		name, index, indexed := strings.Cut(part, "[")
		m, ok := doc.(map[string]any)
		if !ok {
			return nil, false
		}
		if doc, ok = m[name]; !ok {
			return nil, false
		}
		if indexed {
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			items, isList := doc.([]any)
			if err != nil || !isList || i < 0 || i >= len(items) {
				return nil, false
			}
			doc = items[i]
		}
	}
	return doc, true
}
