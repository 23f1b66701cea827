package engine_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A mutant is one mistake that somebody could make in the engine or in the
// runner: in file (from this folder), old is replaced by new. breaks says what
// users would lose.
type mutant struct{ file, old, new, breaks string }

// TestMutants makes every mistake of the list in turn, through the compiler's
// overlay, and has the stories and tables here and the tests and walks of the
// runner judge it: one that nobody notices is a promise that nobody holds.
// Then add the story or the assertion that is missing, and keep the mutant.
//
//	go test ./internal/engine -run 'TestMutants/what_was_taken' -v
func TestMutants(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Fatalf("needs the go command: %v", err)
	}
	readAll(t)
	turns := make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))
	lab := laboratory{tool: tool}
	t.Run("what is tested passes", func(t *testing.T) {
		lab.T = t
		for _, s := range suites {
			if killed := lab.run(s, ""); killed != "" {
				t.Fatalf("no mutant can be judged, for %s fails as it is: %s", s.folder, killed)
			}
		}
	})
	for _, m := range mutants {
		t.Run(m.breaks, func(t *testing.T) {
			t.Parallel()
			turns <- struct{}{}
			defer func() { <-turns }()
			laboratory{T: t, tool: tool}.judge(m)
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

// laboratory is one mutant under test.
type laboratory struct {
	*testing.T
	tool string
}

func (l laboratory) judge(m mutant) {
	l.Helper()
	overlay := l.overlay(m)
	for _, s := range suites {
		if s.folder == "." && filepath.Dir(m.file) != "." {
			continue // the runner's mistakes cannot be seen here
		}
		if killed := l.run(s, overlay); killed != "" {
			l.Logf("%s: %s", s.folder, killed)
			return
		}
	}
	l.Errorf("%s: nobody notices that\n  %s\nbecomes\n  %s", m.file, m.old, m.new)
}

// overlay writes the mutant, and what tells the compiler to take it.
func (l laboratory) overlay(m mutant) string {
	l.Helper()
	text, err := os.ReadFile(m.file)
	if err != nil {
		l.Fatal(err)
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		l.Fatalf("%s holds %d times, not once:\n  %s\nIt was rewritten: rewrite the mutant as well.", m.file, n, m.old)
	}
	dir := l.TempDir()
	mutated := filepath.Join(dir, "mutant.go")
	original, err := filepath.Abs(m.file)
	if err != nil {
		l.Fatal(err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: mutated}})
	if err != nil {
		l.Fatal(err)
	}
	l.write(mutated, []byte(strings.Replace(string(text), m.old, m.new, 1)))
	l.write(filepath.Join(dir, "overlay.json"), list)
	return filepath.Join(dir, "overlay.json")
}

func (l laboratory) write(path string, text []byte) {
	l.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		l.Fatal(err)
	}
}

// run builds and runs one suite. It returns the first failure, "" if there is
// none. A mutant that does not compile is a mistake in the list.
func (l laboratory) run(s suite, overlay string) string {
	l.Helper()
	binary := filepath.Join(l.TempDir(), "suite.test")
	build := exec.CommandContext(l.Context(), l.tool, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+overlay, "-o", binary, "./"+s.folder)
	if out, err := build.CombinedOutput(); err != nil {
		l.Fatalf("it does not compile: %s", out)
	}
	test := exec.CommandContext(l.Context(), binary, append([]string{"-test.failfast", "-test.timeout=5m"}, s.flags...)...)
	test.Dir = s.folder
	test.Env = append(os.Environ(), "GOGC=400")
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
