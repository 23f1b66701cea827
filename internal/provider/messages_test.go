package provider_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// particular is a name in a message that its use fills in.
var particular = regexp.MustCompile(`\{([a-z_]+)\}`)

// asksNothing lists the warnings that need nothing done, so that they have no
// Fix: a plan tells what its apply will do, and an apply what it has done. What
// could be done otherwise stands in the sentence.
var asksNothing = []string{
	"requires.not_asked_at_plan", "requirement.deferred", "requirement.nobody_asked", "barrier.would_close", "retry.nothing", "retry.something_else",
	"plan.waits", "plan.watch_beyond", "plan.does_not_serve", "plan.nothing_will_move",
	"plan.watch_repeated", "plan.undone", "plan.undone_first", "plan.watch_left", "plan.returns",
	"plan.goes_on", "plan.goes_on_since", "plan.unattended", "plan.target_gone", "plan.destroyed", "plan.split_destroyed",
	"rollout.adopted",
}

// unquoted leaves out what a text says of placeholders in configuration, which
// stand between two braces on each side.
func unquoted(text string) string {
	text = strings.NewReplacer("{{{{", "", "{{{", "{", "}}}", "}").Replace(text)
	return doubled.ReplaceAllString(text, "")
}

// part tells the sentences that stand within other messages.
func part(id string) bool {
	area, _, _ := strings.Cut(id, ".")
	return slices.Contains([]string{"now", "todo", "way_home"}, area)
}

func TestMessagesAreWhole(t *testing.T) {
	form, seen := regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`), map[string]bool{}
	for _, m := range provider.Messages() {
		switch {
		case !form.MatchString(m.ID):
			t.Errorf("%q is no ID", m.ID)
		case seen[m.ID]:
			t.Errorf("%s stands in the table twice", m.ID)
		case part(m.ID):
			if m.What != "" || (m.Why == "") == (m.Fix == "") {
				t.Errorf("%s is a sentence within a message, and is not one text", m.ID)
			}
		case m.Why == "":
			t.Errorf("%s does not say why", m.ID)
		case strings.Contains(strings.ReplaceAll(m.Fix, "\n  gcloud ", ""), "gcloud ") && !strings.Contains(m.Fix, "gcloud auth "):
			t.Errorf("%s has a command that Terraform may break in two: it needs a line of its own, which begins with two spaces", m.ID)
		case m.Fix == "" && !slices.Contains(asksNothing, m.ID):
			t.Errorf("%s does not say what to do", m.ID)
		case m.Fix != "" && slices.Contains(asksNothing, m.ID):
			t.Errorf("%s says what to do, and is listed as one that does not", m.ID)
		}
		seen[m.ID] = true
	}
	for _, id := range asksNothing {
		if !seen[id] {
			t.Errorf("%s is listed, and is no message", id)
		}
	}
}

// TestMessagesStandInTables reads the code of the provider: what a person is told
// comes from a table, every table is part of provider.Messages, and whoever uses
// a message gives the particulars that it names, no more and no less.
func TestMessagesStandInTables(t *testing.T) {
	s := sources{T: t, files: token.NewFileSet(), rows: map[string]map[string]rollout.Message{}}
	s.read("..")
	inTable := map[string]bool{}
	for _, m := range provider.Messages() {
		inTable[m.ID] = true
	}
	inCode := map[string]bool{}
	for _, rows := range s.rows {
		for _, m := range rows {
			inCode[m.ID] = true
			if !inTable[m.ID] {
				t.Errorf("%s is in no list of messages", m.ID)
			}
		}
	}
	for id := range inTable {
		_, last, _ := strings.Cut(id, ".")
		if !inCode[id] && !s.made["."+last] {
			t.Errorf("%s is not in the code", id)
		}
	}
	if len(inCode) < 150 {
		t.Errorf("%d messages in the code", len(inCode))
	}
	for _, f := range s.parsed {
		s.literals(f)
		s.uses(f)
	}
}

// TestMessageRulesCatch proves that the reader of the code finds what it is for.
func TestMessageRulesCatch(t *testing.T) {
	const head = `package x
var msgOne = rollout.Message{ID: "x.one", What: "{a} is", Why: "{b} was.", Fix: "Do."}
var msgTwo = rollout.Message{ID: "x.two", Why: "{a}", Fix: "Do."}
func f(d D, err error, flag bool, g rollout.Finding) {
`
	for body, wants := range map[string]int{
		`d.AddError(x, y)`:                                                       1,
		`d.AddAttributeWarning(at, x, y)`:                                        1,
		`_ = rollout.Problem{What: what}`:                                        1,
		`_ = &rollout.Problem{At: "a"}`:                                          0,
		`_ = []rollout.Problem{{Fix: "Do."}}`:                                    1,
		`_ = rollout.Finding{Check: "a", Fix: "Do."}`:                            1,
		`g.Fix = "Do."`:                                                          1,
		`g.Why, g.Fix = "a", fmt.Sprintf("Do %s.", x)`:                           1,
		`g.Fix += "\n\n" + text`:                                                 0,
		`g.Fix = p.Fix`:                                                          0,
		`_ = msgOne.With("a", 1, "b", 2)`:                                        0,
		`_ = msgOne.Found("a", 1)`:                                               1,
		`_ = msgOne.With("a", 1, "b", 2, "c", 3)`:                                1,
		`_ = g.Because(msgTwo, "a", 1)`:                                          0,
		`_ = g.Because(msgTwo)`:                                                  1,
		`_ = helper(x, msgTwo, "a", 1)`:                                          0,
		`m := msgOne; if flag { m = msgTwo }; m.With("a", 1)`:                    1,
		`m := msgOne; if flag { m = msgTwo }; m.With("a", 1, "b", 2)`:            0,
		`add := func(m rollout.Message) { m.With("a", 1, "b", 2) }; add(msgOne)`: 0,
		`add := func(m rollout.Message) { m.With("a", 1) }; add(msgOne)`:         1,
		`_ = function.NewFuncError("it failed")`:                                 1,
		`_ = fmt.Errorf("could not: %w", err)`:                                   0,
	} {
		s := sources{T: t, files: token.NewFileSet(), rows: map[string]map[string]rollout.Message{}, quiet: true}
		s.parse("x/x.go", head+body+"\n}\n")
		s.literals(s.parsed[0])
		s.uses(s.parsed[0])
		if s.found != wants {
			t.Errorf("%s: %d findings, want %d", body, s.found, wants)
		}
	}
}

// sources is the code of the provider.
type sources struct {
	*testing.T
	files   *token.FileSet
	parsed  []source
	rows    map[string]map[string]rollout.Message // by folder and name
	helpers map[string]map[string][]ast.Expr      // by folder and name: the particulars that a function gives
	made    map[string]bool                       // ends of the IDs of messages that are made for each of several kinds
	quiet   bool
	found   int
}

type source struct {
	path string
	*ast.File
}

func (s *sources) wrong(at token.Pos, format string, args ...any) {
	s.found++
	if !s.quiet {
		s.Errorf("%s: %s", s.files.Position(at), fmt.Sprintf(format, args...))
	}
}

// outside are the folders whose code tells users of the provider nothing.
var outside = []string{"sandbox", "demo", "livetraffic", "tools", "cmd", "schemajson", "terraformbin", "bench"}

func (s *sources) read(root string) {
	s.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains(outside, d.Name()) || d.Name() == "testdata"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			s.parse(path, nil)
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

func (s *sources) parse(path string, text any) {
	s.Helper()
	f, err := parser.ParseFile(s.files, path, text, parser.SkipObjectResolution)
	if err != nil {
		s.Fatal(err)
	}
	s.parsed = append(s.parsed, source{path, f})
	folder := filepath.Dir(path)
	s.helping(folder, f)
	s.making(f)
	if s.rows[folder] == nil {
		s.rows[folder] = map[string]rollout.Message{}
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				continue
			}
			if c, ok := v.Values[0].(*ast.CompositeLit); ok && typeName(c.Type) == "Message" {
				s.rows[folder][v.Names[0].Name] = messageOf(c)
			}
		}
	}
}

// making remembers the rows that a function makes for each of several kinds: their
// IDs end alike.
func (s *sources) making(f *ast.File) {
	if s.made == nil {
		s.made = map[string]bool{}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if !ok || typeName(c.Type) != "Message" {
			return true
		}
		for _, e := range c.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok || fmt.Sprint(kv.Key) != "ID" {
				continue
			}
			if sum, ok := kv.Value.(*ast.BinaryExpr); ok {
				s.made[literal(sum.Y)] = true
			}
		}
		return true
	})
}

func messageOf(c *ast.CompositeLit) rollout.Message {
	var m rollout.Message
	for _, e := range c.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		text := literal(kv.Value)
		switch fmt.Sprint(kv.Key) {
		case "ID":
			m.ID = text
		case "What":
			m.What = text
		case "Why":
			m.Why = text
		case "Fix":
			m.Fix = text
		case "At":
			m.At = text
		}
	}
	return m
}

func literal(e ast.Expr) string {
	if sum, ok := e.(*ast.BinaryExpr); ok && sum.Op == token.ADD {
		return literal(sum.X) + literal(sum.Y)
	}
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		text, _ := strconv.Unquote(l.Value)
		return text
	}
	return ""
}

// typeName is the last word of a type: Problem of rollout.Problem.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	case *ast.ArrayType:
		return typeName(e.Elt)
	}
	return ""
}

// speaks reports whether an expression holds words of its own.
func speaks(e ast.Node) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && strings.TrimSpace(literal(l)) != "" {
			found = true
		}
		return !found
	})
	return found
}

// literals refuses words outside of tables.
func (s *sources) literals(f source) {
	if strings.Contains(f.path, "/rollout/") {
		return // where the types are
	}
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if strings.HasSuffix(f.path, "provider/values.go") && slices.Contains([]string{"addError", "addWarning"}, n.Name.Name) {
				return false // the two ways to print something
			}
		case *ast.CompositeLit:
			s.composite(n)
		case *ast.CallExpr:
			s.call(n)
		case *ast.AssignStmt:
			s.assignment(n)
		}
		return true
	})
}

func (s *sources) composite(c *ast.CompositeLit) {
	kind := typeName(c.Type)
	if kind != "Problem" && kind != "Finding" {
		return
	}
	ast.Inspect(c, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		switch key := fmt.Sprint(kv.Key); {
		case kind == "Problem" && slices.Contains([]string{"What", "Why", "Fix"}, key), kind == "Finding" && key == "Fix" && speaks(kv.Value):
			s.wrong(kv.Pos(), "%s of a %s stands outside of the table of messages", key, kind)
			return false
		}
		return true
	})
}

func (s *sources) call(c *ast.CallExpr) {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	switch f.Sel.Name {
	case "AddError", "AddWarning", "AddAttributeError", "AddAttributeWarning":
		s.wrong(c.Pos(), "%s is called past addError and addWarning", f.Sel.Name)
	case "NewFuncError", "NewArgumentFuncError":
		if speaks(c) {
			s.wrong(c.Pos(), "the error of a function stands outside of the table of messages")
		}
	}
}

func (s *sources) assignment(a *ast.AssignStmt) {
	for i, to := range a.Lhs {
		field, ok := to.(*ast.SelectorExpr)
		if !ok || field.Sel.Name != "Fix" && field.Sel.Name != "What" {
			continue
		}
		if speaks(a.Rhs[min(i, len(a.Rhs)-1)]) {
			s.wrong(a.Pos(), "%s is given words outside of the table of messages", field.Sel.Name)
		}
	}
}

// uses holds every use of a message against the particulars that it names.
func (s *sources) uses(f source) {
	rows := s.rows[filepath.Dir(f.path)]
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		may := chosen(fn, rows)
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if of, ok := c.Fun.(*ast.SelectorExpr); ok && (of.Sel.Name == "With" || of.Sel.Name == "Found") {
				s.given(c, c.Args, may[fmt.Sprint(of.X)], false)
				return true
			}
			for i, arg := range c.Args {
				name, ok := arg.(*ast.Ident)
				if !ok || len(may[name.Name]) == 0 || isAppend(c) {
					continue
				}
				own, helps := s.helpers[filepath.Dir(f.path)][typeName(c.Fun)]
				s.given(c, slices.Concat(own, c.Args[i+1:]), may[name.Name], helps)
			}
			return true
		})
	}
}

func isAppend(c *ast.CallExpr) bool {
	return slices.Contains([]string{"append", "Concat"}, typeName(c.Fun))
}

// helping remembers the functions that are given a message, and give it the
// particulars themselves.
func (s *sources) helping(folder string, f *ast.File) {
	if s.helpers == nil {
		s.helpers = map[string]map[string][]ast.Expr{}
	}
	if s.helpers[folder] == nil {
		s.helpers[folder] = map[string][]ast.Expr{}
	}
	look := func(name string, of *ast.FuncType, body *ast.BlockStmt) {
		for _, p := range of.Params.List {
			if typeName(p.Type) != "Message" || body == nil {
				continue
			}
			if pairs, ok := handedTo(p.Names[0].Name, body); ok {
				s.helpers[folder][name] = pairs
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			look(n.Name.Name, n.Type, n.Body)
		case *ast.AssignStmt:
			if lit, ok := n.Rhs[0].(*ast.FuncLit); ok {
				look(fmt.Sprint(n.Lhs[0]), lit.Type, lit.Body)
			}
		}
		return true
	})
}

// handedTo returns the particulars that a function gives to its parameter of its
// own, before those that it hands on.
func handedTo(parameter string, body *ast.BlockStmt) (pairs []ast.Expr, ok bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		c, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		if of, is := c.Fun.(*ast.SelectorExpr); is && fmt.Sprint(of.X) == parameter {
			pairs, ok = spread(c, c.Args), true
		}
		if len(c.Args) > 0 && fmt.Sprint(c.Args[0]) == parameter {
			pairs, ok = spread(c, c.Args[1:]), true
		}
		return true
	})
	return pairs, ok
}

// chosen are the messages that each name within a function may stand for.
func chosen(fn *ast.FuncDecl, rows map[string]rollout.Message) map[string][]rollout.Message {
	may := map[string][]rollout.Message{}
	for name, m := range rows {
		may[name] = []rollout.Message{m}
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, e := range a.Rhs {
			from, ok1 := e.(*ast.Ident)
			to, ok2 := a.Lhs[i].(*ast.Ident)
			if ok1 && ok2 && len(may[from.Name]) > 0 {
				may[to.Name] = append(may[to.Name], may[from.Name]...)
			}
		}
		return true
	})
	return may
}

// spread returns what a call gives by name: of append(pairs, "a", 1)... the part
// that is its own.
func spread(c *ast.CallExpr, args []ast.Expr) []ast.Expr {
	if !c.Ellipsis.IsValid() {
		return args
	}
	sum, ok := args[len(args)-1].(*ast.CallExpr)
	if !ok || len(sum.Args) == 0 {
		return nil
	}
	if own, ok := sum.Args[0].(*ast.CompositeLit); ok {
		return own.Elts
	}
	return sum.Args[1:]
}

// given compares the names that a call gives with those that a message has. Of
// several messages each has to find its own, and none may be for nobody. helps: a
// function of several gives what some of them need.
func (s *sources) given(c *ast.CallExpr, pairs []ast.Expr, messages []rollout.Message, helps bool) {
	if c.Ellipsis.IsValid() || len(messages) == 0 {
		return // handed on: whoever called gave them
	}
	given, wanted := map[string]bool{}, map[string]bool{}
	for i := 0; i < len(pairs); i += 2 {
		given[literal(pairs[i])] = true
	}
	for _, m := range messages {
		for _, p := range particular.FindAllStringSubmatch(unquoted(m.What+" "+m.Why+" "+m.Fix+" "+m.At), -1) {
			wanted[p[1]] = true
			if !given[p[1]] {
				s.wrong(c.Pos(), "%s is not given %s", m.ID, p[1])
			}
		}
	}
	for name := range given {
		if !wanted[name] && !helps {
			s.wrong(c.Pos(), "%q is given, and %s does not name it", name, strings.Join(ids(messages), " or "))
		}
	}
}

func ids(messages []rollout.Message) []string {
	out := map[string]bool{}
	for _, m := range messages {
		out[m.ID] = true
	}
	return slices.Sorted(maps.Keys(out))
}
