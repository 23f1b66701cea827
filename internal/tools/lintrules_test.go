package tools

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// linters are those whose rules .golangci.yml writes or narrows.
const linters = "cyclop,depguard,errcheck,exhaustive,forbidigo,funlen,gochecknoinits,gochecksumtype,nolintlint,wrapcheck"

var (
	moduleLine = regexp.MustCompile(`(?m)^module (\S+)`)
	wantPart   = regexp.MustCompile(`"[^"]*"`)
)

// TestLintRules runs the real configuration over the files of testdata: code that breaks its rules, and beside it code that
// may do the same thing. A comment `// want "…"` names a part of each message that its line must cause; a line without one
// must cause none.
func TestLintRules(t *testing.T) {
	gomod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	module := string(moduleLine.FindSubmatch(gomod)[1])
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}

	folder := t.TempDir()
	wants := map[string][]string{}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, file := range archive.Files {
			// One folder each, so that no file hides another and imports make no circle.
			name := fmt.Sprintf("%s-%02d/%s", strings.TrimSuffix(filepath.Base(name), ".txtar"), i+1, file.Name)
			source := expand(string(file.Data))
			put(t, filepath.Join(folder, name), source)
			for n, line := range strings.Split(source, "\n") {
				if _, want, found := strings.Cut(line, "// want "); found {
					wants[fmt.Sprintf("%s:%d", name, n+1)] = wantPart.FindAllString(want, -1)
				}
			}
		}
	}
	stub(t, folder, module)

	for place, messages := range lint(t, folder) {
		want := wants[place]
		delete(wants, place)
		for _, message := range messages {
			if !slices.ContainsFunc(want, func(part string) bool { return strings.Contains(message, strings.Trim(part, `"`)) }) {
				t.Errorf("%s: unexpected: %s", place, message)
			}
		}
		all := strings.Join(messages, "\n")
		for _, part := range want {
			if !strings.Contains(all, strings.Trim(part, `"`)) {
				t.Errorf("%s: nothing says %s, only: %s", place, part, all)
			}
		}
	}
	for place, want := range wants {
		t.Errorf("%s: nothing was reported, want %s", place, want)
	}
}

// lint returns what golangci-lint says about the module in folder, by file and line.
func lint(t *testing.T, folder string) map[string][]string {
	t.Helper()
	config, err := os.ReadFile("../../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(folder, ".golangci.yml"), string(config))
	linter, err := exec.CommandContext(t.Context(), "go", "tool", "-n", "golangci-lint").Output()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), strings.TrimSpace(string(linter)),
		"run", "--enable-only", linters, "--output.json.path", "stdout", "--show-stats=false", "--issues-exit-code", "0", "./...")
	command.Dir = folder
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("golangci-lint: %v\n%s", err, &stderr)
	}
	var report struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct {
				Filename string
				Line     int
			}
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	said := map[string][]string{}
	for _, issue := range report.Issues {
		if issue.FromLinter == "typecheck" {
			t.Fatalf("the fixtures do not compile: %s", issue.Text)
		}
		place := fmt.Sprintf("%s:%d", issue.Pos.Filename, issue.Pos.Line)
		said[place] = append(said[place], issue.FromLinter+": "+issue.Text)
	}
	return said
}

// stub makes folder a module in which every import of every file resolves to a package that is all but empty.
func stub(t *testing.T, folder, module string) {
	t.Helper()
	gomod := "module " + module + "\n\ngo 1.26.0\n"
	modules := map[string]bool{}
	for _, name := range imports(t, folder) {
		target, ours := strings.CutPrefix(name, module+"/")
		if !ours {
			target = filepath.Join("stubs", name)
			// Two elements of the path are module enough, and never carry a major version.
			foreign := strings.Join(strings.SplitN(name, "/", 3)[:2], "/")
			if !modules[foreign] {
				modules[foreign] = true
				put(t, filepath.Join(folder, "stubs", foreign, "go.mod"), "module "+foreign+"\n")
				gomod += fmt.Sprintf("require %s v0.0.0\nreplace %s => ./stubs/%s\n", foreign, foreign, foreign)
			}
		}
		put(t, filepath.Join(folder, target, "stub.go"), "package stub\n\nfunc Stub() error { return nil }\n")
	}
	put(t, filepath.Join(folder, "go.mod"), gomod)
}

// imports are those of all Go files below folder, without the standard library's.
func imports(t *testing.T, folder string) []string {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			if name := strings.Trim(spec.Path.Value, `"`); strings.Contains(name, ".") {
				found[name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found))
}

// expand writes out what would be tedious to read.
func expand(source string) string {
	source = strings.ReplaceAll(source, "61 LINES", strings.Repeat("n++\n", 60)+"n++")
	return strings.ReplaceAll(source, "15 BRANCHES", strings.Repeat("if n > 0 { n++ }\n", 15))
}

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
