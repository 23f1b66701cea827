package configsync

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// script is a text of which parts stand for something that is known later: what
// GitHub or Cloud Build puts in before a shell sees it, and variables that the
// script does not set itself. A mark that no shell takes for anything stands in
// their place.
type script struct {
	marks []mark
	// sets: it sets variables of later steps, of which nobody knows which.
	sets bool
}

// mark is what stands in the place of something.
type mark struct {
	sort string // expression, variable, substitution
	text string // secrets.KEY, KEY, _KEY
}

const (
	expression   = "expression"
	variable     = "variable"
	substitution = "substitution"
)

var marked = lazyregexp.New(`xMARKx([0-9]+)x`)

// put returns the mark for something.
func (s *script) put(sort, text string) string {
	s.marks = append(s.marks, mark{sort, text})
	return markOf(len(s.marks) - 1)
}

func markOf(n int) string { return fmt.Sprintf("xMARKx%dx", n) }

// within are the marks of a text.
func (s *script) within(text string) []mark {
	var out []mark
	for _, m := range marked.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil && n < len(s.marks) {
			out = append(out, s.marks[n])
		}
	}
	return out
}

// shown is a text with what its marks stand for, as its author wrote it.
func (s *script) shown(text string) string {
	for i := len(s.marks) - 1; i >= 0; i-- {
		m := s.marks[i]
		as := "${" + m.text + "}"
		if m.sort == expression {
			as = "${{ " + m.text + " }}"
		}
		text = strings.ReplaceAll(text, markOf(i), as)
	}
	return text
}

// word is one of a command. opaque is why nobody knows it.
type word struct{ text, opaque string }

// nested bounds what a parser goes down into, which it does by calling itself.
const nested = 5000

var errNested = errors.New("there are more parentheses in it than in any script")

// command is one that a script calls.
type command struct {
	line  int
	words []word
}

// commands reads a script of bash. vars are variables that are known when it
// begins.
func (s *script) commands(text string, vars map[string]word) ([]command, error) {
	if strings.Count(text, "(")+strings.Count(text, "{") > nested {
		return nil, errNested
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	e := &evaluation{script: s, vars: vars}
	for _, stmt := range file.Stmts {
		e.statement(stmt)
	}
	return e.out, nil
}

// evaluation goes through a script from above, and knows what its variables are
// as long as it goes straight on.
type evaluation struct {
	*script
	vars map[string]word
	out  []command
}

func (e *evaluation) statement(stmt *syntax.Stmt) {
	straight := map[*syntax.Assign]bool{}
	var own []*syntax.Assign
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			own = c.Assigns
		}
	case *syntax.DeclClause:
		own = c.Args
	}
	for _, a := range own {
		straight[a] = true
	}
	syntax.Walk(stmt, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			e.call(n)
			if len(n.Args) == 0 {
				e.forget(n.Assigns, straight)
			}
		case *syntax.DeclClause:
			e.forget(n.Args, straight)
		case *syntax.WordIter:
			e.vars[n.Name.Value] = word{opaque: "it is set in a loop"}
		case *syntax.Redirect:
			e.sets = e.sets || n.Word != nil && strings.Contains(e.word(n.Word).text, e.github())
		}
		return true
	})
	for _, a := range own {
		e.assign(a)
	}
}

// github is what stands for the file by which a step sets variables of later ones.
func (e *evaluation) github() string {
	for i, m := range e.marks {
		if m.text == "GITHUB_ENV" || m.text == "github.env" {
			return markOf(i)
		}
	}
	return "\x00"
}

// forget makes variables unknown that are set in a condition, a loop or a command
// within a command.
func (e *evaluation) forget(assigns []*syntax.Assign, straight map[*syntax.Assign]bool) {
	for _, a := range assigns {
		if a.Name != nil && !straight[a] {
			e.vars[a.Name.Value] = word{opaque: "it is set in a condition, a loop or a command"}
		}
	}
}

func (e *evaluation) assign(a *syntax.Assign) {
	switch {
	case a.Name == nil || a.Naked:
	case a.Array != nil || a.Index != nil:
		e.vars[a.Name.Value] = word{opaque: "it is a list"}
	case a.Append:
		was, known := e.vars[a.Name.Value]
		more := e.word(a.Value)
		if !known {
			was = word{text: e.put(variable, a.Name.Value)}
		}
		e.vars[a.Name.Value] = was.and(more)
	case a.Value == nil:
		e.vars[a.Name.Value] = word{}
	default:
		e.vars[a.Name.Value] = e.word(a.Value)
	}
}

func (e *evaluation) call(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		return
	}
	out := command{line: int(c.Pos().Line())}
	for _, w := range c.Args {
		out.words = append(out.words, e.fields(w)...)
	}
	if len(out.words) > 0 {
		e.out = append(e.out, out)
	}
}

// fields are the words that one becomes: a shell divides a variable that stands
// alone, without quotes.
func (e *evaluation) fields(w *syntax.Word) []word {
	whole := e.word(w)
	if len(w.Parts) != 1 || whole.opaque != "" {
		return []word{whole}
	}
	if _, alone := w.Parts[0].(*syntax.ParamExp); !alone {
		return []word{whole}
	}
	var out []word
	for _, f := range strings.Fields(whole.text) {
		out = append(out, word{text: f})
	}
	return out
}

// word is what a word of a script is, as far as that is known.
func (e *evaluation) word(w *syntax.Word) word {
	if w == nil {
		return word{}
	}
	return e.parts(w.Parts)
}

func (e *evaluation) parts(parts []syntax.WordPart) word {
	var out word
	for _, p := range parts {
		var more word
		switch p := p.(type) {
		case *syntax.Lit:
			more.text = unescaped(p.Value)
		case *syntax.SglQuoted:
			more.text = p.Value
			if p.Dollar {
				more.opaque = "it is written with $''"
			}
		case *syntax.DblQuoted:
			more = e.parts(p.Parts)
		case *syntax.ParamExp:
			more = e.parameter(p)
		default:
			more.opaque = "it is what a command gives"
		}
		out = out.and(more)
	}
	return out
}

// longest is how long a word is read: variables that hold each other double with
// each line.
const longest = 1 << 16

func (w word) and(more word) word {
	if len(w.text)+len(more.text) > longest {
		return word{opaque: "it is longer than any list of settings"}
	}
	return word{w.text + more.text, first(w.opaque, more.opaque)}
}

// unescaped takes the backslashes out that a shell takes out.
func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// parameter is a variable. Only the plain forms are known.
func (e *evaluation) parameter(p *syntax.ParamExp) word {
	plain := !p.Excl && !p.Length && !p.Width && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Exp == nil && p.Param != nil && p.NestedParam == nil
	if !plain {
		return word{opaque: "it is made out of a variable"}
	}
	if known, ok := e.vars[p.Param.Value]; ok {
		return known
	}
	if !identifier.MatchString(p.Param.Value) {
		return word{opaque: "it is an argument of the script"}
	}
	return word{text: e.put(variable, p.Param.Value)}
}

var (
	identifier = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
	envName    = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_.]*$`)
)

// dictionary splits what gcloud takes for a list of KEY=VALUE: at commas, or at
// what stands between two ^ at its beginning (gcloud topic escaping).
// https://cloud.google.com/sdk/gcloud/reference/topic/escaping
func dictionary(of string) (entries []string, why string) {
	between := ","
	if rest, other := strings.CutPrefix(of, "^"); other {
		by, list, closed := strings.Cut(rest, "^")
		if !closed || by == "" {
			return nil, "the shell ends the command behind ^: the whole list needs quotes"
		}
		between, of = by, list
	}
	for _, entry := range strings.Split(of, between) {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries, ""
}

// scripts are the words by which a script calls another.
func callsScript(words []word) (string, bool) {
	name := words[0].text
	switch {
	case words[0].opaque != "", name == "eval", marked.MatchString(name) && !strings.Contains(name, "/"):
		return first(name, "$(…)"), true
	case strings.HasPrefix(name, "./"), strings.HasPrefix(name, "../"), strings.HasSuffix(name, ".sh"):
		return name, true
	case slices.Contains([]string{"bash", "sh", "source", "."}, name) && len(words) > 1 && !strings.HasPrefix(words[1].text, "-"):
		return words[1].text, true
	case slices.Contains([]string{"make", "just", "task", "npm", "yarn", "pnpm"}, name):
		for _, w := range words[1:] {
			if strings.Contains(w.text, "deploy") {
				return name + " " + w.text, true
			}
		}
	}
	return "", false
}
