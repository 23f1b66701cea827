package migration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cockroachdb/datadriven"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func schemaOf(t *testing.T, d Dialect) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + string(d) + "_schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// reviewed reviews one file that is pending beside a schema.
func reviewed(t *testing.T, o Options, text string) Report {
	t.Helper()
	o.Now, o.Format = today, SQL
	r, err := Review(fstest.MapFS{"1.sql": {Data: []byte(text)}}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var words3 = []struct {
	is   Hazard
	word string
}{
	{Blocks, "blocks"}, {Rewrites, "rewrites"}, {Scans, "scans"}, {LosesData, "loses data"},
	{BreaksOld, "breaks old"}, {BreaksNew, "breaks new"}, {StaysBroken, "stays broken"},
}

func (h Hazard) String() string {
	var out []string
	for _, w := range words3 {
		if h&w.is != 0 {
			out = append(out, w.word)
		}
	}
	return strings.Join(out, ", ")
}

// said is a finding in one line.
func said(f Finding) string {
	out := fmt.Sprintf("%d: %s %s, %s", f.Line, f.Rule.ID, f.Level, f.Object)
	for _, part := range []string{strings.TrimSpace(f.Lock + " " + f.Lasts.String()), f.Hazard.String(), f.Estimate, f.Detail} {
		if part != "" {
			out += " | " + part
		}
	}
	if f.Allowed != "" {
		out += " | allowed: " + f.Allowed
	}
	return out + "\n"
}

func all(r Report) string {
	out := ""
	for _, f := range r.Findings {
		out += said(f)
	}
	if out == "" {
		return "nothing\n"
	}
	return out
}

// TestRules reads as what each statement meets. Read the difference before it is
// rewritten.
func TestRules(t *testing.T) {
	for _, d := range []Dialect{Postgres, MySQL, MariaDB} {
		schema := schemaOf(t, d)
		files, _ := filepath.Glob("testdata/" + string(d) + "_*.txt") // the pattern is well formed
		if len(files) == 0 {
			t.Errorf("there are no cases of %s", d)
		}
		for _, file := range files {
			datadriven.RunTest(t, file, func(t *testing.T, c *datadriven.TestData) string {
				version := map[Dialect]string{Postgres: "15.0", MySQL: "8.0.36", MariaDB: "10.11.14"}[d]
				c.MaybeScanArgs(t, "version", &version)
				v, ok := ReadVersion(version)
				if !ok {
					t.Fatalf("%s is no version", version)
				}
				return all(reviewed(t, Options{Dialect: d, Version: v, Schema: schema}, c.Input))
			})
		}
	}
}
