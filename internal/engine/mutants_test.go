package engine_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A mutant is one mistake that somebody could make in the engine or in the
// runner: in file (from this folder), old is replaced by new. breaks says what
// users would lose.
type mutant struct{ file, old, new, breaks string }

// TestMutants makes every mistake of the list in turn, and has the stories and tables
// here and the tests and walks of the runner judge it: one that nobody notices is a
// promise that nobody holds. Then add the story or the assertion that is missing, and
// keep the mutant.
//
// All mistakes are compiled at once, through the compiler's overlay: each into a copy
// of its function, which the function calls where the environment says so. A mistake
// outside of any function is compiled by itself.
//
//	go test ./internal/engine -run 'TestMutants/what_was_taken' -v
func TestMutants(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Fatalf("needs the go command: %v", err)
	}
	readAll(t)
	lab := laboratory{T: t, tool: tool, dir: t.TempDir()}
	alone := lab.breed()
	turns := make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))
	t.Run("what is tested passes", func(t *testing.T) {
		lab := lab.in(t)
		for _, s := range suites {
			if killed := lab.run(s, lab.binary(s), ""); killed != "" {
				t.Fatalf("no mutant can be judged, for %s fails as it is: %s", s.folder, killed)
			}
		}
	})
	for i, m := range mutants {
		t.Run(m.breaks, func(t *testing.T) {
			t.Parallel()
			turns <- struct{}{}
			defer func() { <-turns }()
			lab.in(t).judge(i, m, alone[i])
		})
	}
}

// A suite is what judges: a package's tests.
type suite struct {
	folder string
	flags  []string
}

var suites = []suite{
	{".", []string{"-test.skip=^(TestMutants|TestEveryRowMatters)$"}},
	{"../runner", []string{"-walks=3000"}},
}

// laboratory is where mutants are made and judged. dir has what was compiled.
type laboratory struct {
	*testing.T
	tool, dir string
}

func (l laboratory) in(t *testing.T) laboratory {
	l.T = t
	return l
}

// breed compiles the suites with every mutant that is in a function, and returns
// those that are not.
func (l laboratory) breed() (alone map[int]bool) {
	l.Helper()
	alone = map[int]bool{}
	replace, packages := map[string]string{}, map[string]string{}
	byFile := map[string][]int{}
	for i, m := range mutants {
		byFile[m.file] = append(byFile[m.file], i)
	}
	for _, name := range slices.Sorted(maps.Keys(byFile)) {
		text, left := l.bred(name, byFile[name])
		for _, i := range left {
			alone[i] = true
		}
		replace[name] = text
		packages[filepath.Dir(name)] = filepath.Base(filepath.Dir(l.abs(name)))
	}
	for folder, name := range packages {
		replace[filepath.Join(folder, "mutant_now.go")] = "package " + name + "\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\nvar mutantNow, mutantErr = strconv.Atoi(os.Getenv(\"MUTANT\"))\n\nvar _ = mutantErr // without one nobody is\n"
	}
	overlay := l.overlay(l.dir, replace)
	for _, s := range suites {
		l.compile(s, overlay, l.binary(s))
	}
	return alone
}

// bred is a file with a copy of a function for each of its mutants, and the mutants
// that are in none that can be copied.
func (l laboratory) bred(name string, those []int) (text string, alone []int) {
	l.Helper()
	original := l.read(name)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, original, parser.SkipObjectResolution)
	if err != nil {
		l.Fatal(err)
	}
	cases, copies := map[*ast.FuncDecl]string{}, ""
	for _, i := range those {
		l.once(mutants[i], original)
		at := strings.Index(original, mutants[i].old)
		f := around(set, file, at, at+len(mutants[i].old))
		call, ok := calling(f, fmt.Sprintf("Mutant%d", i+1))
		if !ok {
			alone = append(alone, i)
			continue
		}
		begin, named, end := set.Position(f.Pos()).Offset, set.Position(f.Name.End()).Offset, set.Position(f.End()).Offset
		copies += "\n" + original[begin:named] + fmt.Sprintf("Mutant%d", i+1) + strings.Replace(original[named:end], mutants[i].old, mutants[i].new, 1) + "\n"
		cases[f] += fmt.Sprintf("case %d: %s; ", i+1, call)
	}
	for _, d := range slices.Backward(file.Decls) {
		if f, ok := d.(*ast.FuncDecl); ok && cases[f] != "" {
			at := set.Position(f.Body.Lbrace).Offset + 1
			original = original[:at] + " switch mutantNow { " + cases[f] + "}; " + original[at:]
		}
	}
	return original + copies, alone
}

// around is the function in the body of which a text is, nil if there is none.
func around(set *token.FileSet, file *ast.File, from, to int) *ast.FuncDecl {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Body != nil && set.Position(f.Body.Lbrace).Offset < from && to <= set.Position(f.Body.Rbrace).Offset {
			return f
		}
	}
	return nil
}

// calling is how a function calls its copy with what it was called with. ok is false
// where something of that has no name.
func calling(f *ast.FuncDecl, suffix string) (call string, ok bool) {
	if f == nil || f.Type.TypeParams != nil {
		return "", false
	}
	call = f.Name.Name + suffix
	if f.Recv != nil {
		if len(f.Recv.List[0].Names) == 0 {
			return "", false
		}
		call = f.Recv.List[0].Names[0].Name + "." + call
	}
	var with []string
	for _, p := range f.Type.Params.List {
		for _, n := range p.Names {
			if n.Name == "_" {
				return "", false
			}
			arg := n.Name
			if _, variadic := p.Type.(*ast.Ellipsis); variadic {
				arg += "..."
			}
			with = append(with, arg)
		}
		if len(p.Names) == 0 {
			return "", false
		}
	}
	call += "(" + strings.Join(with, ", ") + ")"
	if f.Type.Results == nil {
		return call + "; return", true
	}
	return "return " + call, true
}

// judge has the suites run with a mutant. One that is alone is compiled first.
func (l laboratory) judge(i int, m mutant, alone bool) {
	l.Helper()
	overlay := ""
	if alone {
		text := l.read(m.file)
		l.once(m, text)
		overlay = l.overlay(l.TempDir(), map[string]string{m.file: strings.Replace(text, m.old, m.new, 1)})
	}
	for _, s := range suites {
		if s.folder == "." && filepath.Dir(m.file) != "." {
			continue // the runner's mistakes cannot be seen here
		}
		binary, now := l.binary(s), fmt.Sprint(i+1)
		if alone {
			binary, now = filepath.Join(l.TempDir(), "suite.test"), ""
			l.compile(s, overlay, binary)
		}
		if killed := l.run(s, binary, now); killed != "" {
			l.Logf("%s: %s", s.folder, killed)
			return
		}
	}
	l.Errorf("%s: nobody notices that\n  %s\nbecomes\n  %s", m.file, m.old, m.new)
}

// once fails the test where a mutant is not of the code any more.
func (l laboratory) once(m mutant, text string) {
	l.Helper()
	if n := strings.Count(text, m.old); n != 1 {
		l.Fatalf("%s holds %d times, not once:\n  %s\nIt was rewritten: rewrite the mutant as well.", m.file, n, m.old)
	}
}

func (l laboratory) read(name string) string {
	l.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		l.Fatal(err)
	}
	return string(text)
}

func (l laboratory) abs(name string) string {
	l.Helper()
	out, err := filepath.Abs(name)
	if err != nil {
		l.Fatal(err)
	}
	return out
}

// overlay writes files into a folder, and what tells the compiler to take them.
func (l laboratory) overlay(dir string, files map[string]string) string {
	l.Helper()
	replace := map[string]string{}
	for name, text := range files {
		replace[l.abs(name)] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		l.write(replace[l.abs(name)], []byte(text))
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		l.Fatal(err)
	}
	l.write(filepath.Join(dir, "overlay.json"), list)
	return filepath.Join(dir, "overlay.json")
}

func (l laboratory) write(path string, text []byte) {
	l.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		l.Fatal(err)
	}
}

// binary is the suite with the mutants that are in functions.
func (l laboratory) binary(s suite) string {
	return filepath.Join(l.dir, filepath.Base(l.abs(s.folder))+".test")
}

// compile compiles a suite. A mutant that does not compile is a mistake in the list.
func (l laboratory) compile(s suite, overlay, binary string) {
	l.Helper()
	build := exec.CommandContext(l.Context(), l.tool, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+overlay, "-o", binary, "./"+s.folder)
	if out, err := build.CombinedOutput(); err != nil {
		l.Fatalf("a mutant does not compile (the number behind Mutant is its place in the list): %s", out)
	}
}

// run runs one suite with a mutant, or with none. It returns the first failure, "" if
// there is none.
func (l laboratory) run(s suite, binary, now string) string {
	l.Helper()
	test := exec.CommandContext(l.Context(), binary, append([]string{"-test.failfast", "-test.timeout=5m"}, s.flags...)...)
	test.Dir = s.folder
	test.Env = append(os.Environ(), "GOGC=400", "MUTANT="+now)
	out, err := test.CombinedOutput()
	if err == nil {
		return ""
	}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "--- FAIL") && strings.Contains(line, "/") || strings.HasPrefix(line, "panic:") {
			return line
		}
	}
	return strings.TrimSpace(string(out))
}

// readAll reads what the mutants and their judges are made of, so that a result
// in the test cache ends when one of these files changes.
func readAll(t *testing.T) {
	t.Helper()
	for _, pattern := range []string{"*.go", "testdata/*", "../runner/*.go", "../rollout/*.go", "../clock/clocktest/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			if _, err := os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}
