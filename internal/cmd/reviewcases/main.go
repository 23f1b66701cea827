// Command reviewcases holds the reviews of migrations against the judgements of
// others, such as the test cases of another linter, which stay outside of the
// repository:
//
//	go run ./internal/cmd/reviewcases [-all] FILE…
//
// A file holds cases one after the other, each behind such a line:
//
//	== NAME DIALECT VERSION VERDICT [agreed because …]
//
// VERDICT is what the author of the case says: "unsafe", or "safe". What a person
// found out about a case on which the two do not agree stands behind "agreed
// because": whoever reads the case with the server's manual agrees with the
// review. A line "--- applied" or "--- pending" begins a migration; without one
// the case is a single migration that is pending.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing/fstest"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/migration"
)

func main() {
	all := flag.Bool("all", false, "show every case")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "reviewcases: usage: reviewcases [-all] FILE…")
		os.Exit(2)
	}
	sum := figures{all: *all}
	for _, file := range flag.Args() {
		text, err := os.ReadFile(file) //nolint:gosec // whoever runs it names the file
		if err == nil {
			err = sum.add(os.Stdout, string(text))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "reviewcases:", file+":", err)
			os.Exit(1)
		}
	}
	sum.print(os.Stdout)
	if sum.missed > 0 {
		os.Exit(1)
	}
}

// figures count cases.
type figures struct {
	all                   bool
	unsafe, found, missed int // unsafe for their authors, and of these: told, and not
	safe, silent, falsely int // safe for their authors, and of these: let through, and refused
	milder, sterner       int // those that a person has looked at, among missed and refused
}

// add reviews the cases of a file, and prints those about which nobody agrees yet.
func (f *figures) add(w io.Writer, text string) error {
	for _, part := range strings.Split("\n"+text, "\n== ")[1:] {
		c, err := read(part)
		if err != nil {
			return err
		}
		findings, err := c.review()
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		f.count(w, c, findings)
	}
	return nil
}

func (f *figures) count(w io.Writer, c testCase, findings []migration.Finding) {
	told, refused := false, false
	for _, x := range findings {
		told = told || x.Counts()
		refused = refused || x.Counts() && x.Level == migration.Harms
	}
	if f.all {
		show(w, map[bool]string{true: "unsafe", false: "safe"}[c.unsafe], c, findings)
	}
	switch {
	case c.unsafe && told:
		f.unsafe, f.found = f.unsafe+1, f.found+1
	case c.unsafe && c.agreed:
		f.unsafe, f.milder = f.unsafe+1, f.milder+1
	case c.unsafe:
		f.unsafe, f.missed = f.unsafe+1, f.missed+1
		show(w, "missed", c, findings)
	case !refused:
		f.safe, f.silent = f.safe+1, f.silent+1
	case c.agreed:
		f.safe, f.sterner = f.safe+1, f.sterner+1
	default:
		f.safe, f.falsely = f.safe+1, f.falsely+1
		show(w, "refused", c, findings)
	}
}

func (f *figures) print(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%d unsafe: %d told, %d rightly not, %d missed\n", f.unsafe, f.found, f.milder, f.missed)
	_, _ = fmt.Fprintf(w, "%d safe: %d let through, %d rightly refused, %d wrongly refused\n", f.safe, f.silent, f.sterner, f.falsely)
	if told := f.found + f.sterner + f.falsely; told > 0 {
		_, _ = fmt.Fprintf(w, "precision %.1f %%\n", 100*float64(f.found+f.sterner)/float64(told))
	}
}

func show(w io.Writer, what string, c testCase, findings []migration.Finding) {
	_, _ = fmt.Fprintf(w, "%s: %s\n", what, c.name)
	for _, x := range findings {
		_, _ = fmt.Fprintf(w, "  %s:%d %s %s %s: %s %s\n", x.File, x.Line, x.Rule.ID, x.Level, x.Object, x.Hazard, x.Detail)
	}
}

// testCase is what somebody wrote, and thinks of it.
type testCase struct {
	name           string
	options        migration.Options
	unsafe, agreed bool
	files          fstest.MapFS
}

var errHeader = errors.New("a case begins with == NAME DIALECT VERSION safe|unsafe")

func read(text string) (testCase, error) {
	head, body, _ := strings.Cut(text, "\n")
	words := strings.Fields(head)
	if len(words) < 4 || words[3] != "safe" && words[3] != "unsafe" {
		return testCase{}, fmt.Errorf("%s: %w", head, errHeader)
	}
	v, ok := migration.ReadVersion(words[2])
	if !ok {
		return testCase{}, fmt.Errorf("%s: %w", head, errHeader)
	}
	c := testCase{
		name: words[0], unsafe: words[3] == "unsafe", agreed: strings.Contains(head, " agreed because "), files: fstest.MapFS{},
		// Whether there is a limit for locks is a question of its own.
		options: migration.Options{Dialect: migration.Dialect(words[1]), Version: v, Format: migration.SQL, LockTimeout: true},
	}
	c.divide(body)
	return c, nil
}

// divide makes a migration of each part.
func (c *testCase) divide(body string) {
	if !strings.HasPrefix(body, "--- ") {
		body = "--- pending\n" + body
	}
	for i, part := range strings.Split("\n"+body, "\n--- ")[1:] {
		kind, sql, _ := strings.Cut(part, "\n")
		version := fmt.Sprintf("%03d", i+1)
		c.files[version+".sql"] = &fstest.MapFile{Data: []byte(sql)}
		if strings.TrimSpace(kind) == "applied" {
			c.options.AppliedThrough = version
		}
	}
}

func (c *testCase) review() ([]migration.Finding, error) {
	r, err := migration.Review(c.files, c.options)
	if err != nil {
		return nil, err
	}
	var out []migration.Finding
	for _, f := range r.Findings {
		// Several rules ask for clauses and timeouts wherever they are not written,
		// which says nothing about the statement.
		if f.Rule.ID != "MY025" && f.Rule.ID != "PG060" && f.Rule.ID != "MY028" {
			out = append(out, f)
		}
	}
	return out, nil
}
