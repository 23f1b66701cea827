package migration

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cockroachdb/datadriven"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// schemaOf is what was there before all migrations: MariaDB reads what MySQL does.
func schemaOf(t testing.TB, d Dialect) string {
	t.Helper()
	if d == MariaDB {
		d = MySQL
	}
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

// filesOf reads files from a text, each behind a line "== name".
func filesOf(text string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, part := range strings.Split("\n"+text, "\n== ")[1:] {
		name, content, _ := strings.Cut(part, "\n")
		out[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

// optionsOf reads what stands beside the command.
func optionsOf(t *testing.T, c *datadriven.TestData) Options {
	t.Helper()
	o := Options{
		Dialect: Postgres, Version: Version{15, 0, 0}, Schema: schemaOf(t, Postgres), Now: today, Retention: 7 * 24 * time.Hour,
		LockTimeout: c.HasArg("timeout"), Rows: map[string]int64{}, Unread: map[string]time.Time{},
	}
	var rows, unread, live, broken, applied string
	c.MaybeScanArgs(t, "format", (*string)(&o.Format))
	c.MaybeScanArgs(t, "applied", &o.AppliedThrough)
	c.MaybeScanArgs(t, "rows", &rows)
	c.MaybeScanArgs(t, "unread", &unread)
	c.MaybeScanArgs(t, "live", &live)
	c.MaybeScanArgs(t, "broken", &broken)
	if c.MaybeScanArgs(t, "ledger", &applied); c.HasArg("ledger") {
		o.Applied = func(version string) bool { return slices.Contains(strings.Split(applied, ","), version) }
	}
	for name, to := range map[string]*[]string{"pending": &o.Pending, "promoted": &o.PromotedReads, "candidate": &o.CandidateReads, "heads": &o.Heads} {
		var list string
		if c.MaybeScanArgs(t, name, &list); list != "" {
			*to = strings.Split(list, ",")
		}
	}
	if table, n, ok := strings.Cut(rows, ":"); ok {
		o.Rows[table], _ = strconv.ParseInt(n, 10, 64)
	}
	if c.HasArg("live") || c.HasArg("broken") {
		o.Live = &Live{Sizes: map[string]Size{}, Broken: map[string]string{}, Columns: map[string][]string{}}
	}
	for one := range strings.SplitSeq(live, ",") {
		if parts := strings.Split(one, ":"); len(parts) == 3 {
			n, _ := strconv.ParseInt(parts[1], 10, 64)
			bytes, _ := strconv.ParseInt(parts[2], 10, 64)
			o.Live.Sizes[parts[0]], o.Live.Columns[parts[0]] = Size{n, bytes}, []string{"more"}
		}
	}
	if index, table, ok := strings.Cut(broken, ":"); ok {
		o.Live.Broken[index] = table
	}
	if object, day, ok := strings.Cut(unread, "@"); ok {
		o.Unread[object], _ = time.Parse(time.DateOnly, day)
	}
	return o
}

// TestFiles shows folders of migrations, and what is said of them.
func TestFiles(t *testing.T) {
	for _, file := range []string{"testdata/formats.txt", "testdata/options.txt"} {
		datadriven.RunTest(t, file, func(t *testing.T, c *datadriven.TestData) string {
			r, err := Review(filesOf(c.Input), optionsOf(t, c))
			if err != nil {
				return err.Error() + "\n"
			}
			out := fmt.Sprintf("%s %s: %d statements", r.Format, strings.Join(r.Pending, " "), r.Statements)
			if !r.RollbackSafe {
				out += ", no way home"
			}
			if r.BlocksWrites {
				out += ", blocks writes"
			}
			if r.BreaksPromoted {
				out += ", breaks what serves"
			}
			out += "\n"
			for _, f := range r.Findings {
				out += f.File + " " + said(f)
			}
			return out
		})
	}
}

// TestSameFilesSameReport: a plan that is made twice says the same.
func TestSameFilesSameReport(t *testing.T) {
	files := filesOf("== 1_a.up.sql\nDROP TABLE orders, customers CASCADE;\nALTER DOMAIN positive SET NOT NULL;\n== 2_b.up.sql\nALTER TABLE levels DROP COLUMN level;")
	o := Options{Dialect: Postgres, Version: Version{15, 0, 0}, Schema: schemaOf(t, Postgres), Now: today}
	first, err := Review(files, o)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := Review(files, o)
		if err != nil || all(again) != all(first) {
			t.Fatalf("%v\nfirst\n%sthen\n%s", err, all(first), all(again))
		}
	}
}

// TestEveryRuleIsMet: no rule stands in the table that nothing meets, and each is
// met in a case and left alone in another.
func TestEveryRuleIsMet(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt") // the pattern is well formed
	cases, met := 0, map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range strings.Split(string(text), "\n----\n")[1:] {
			cases++
			result, _, _ := strings.Cut(c, "\n\n")
			for _, r := range Rules() {
				if strings.Contains(result, ": "+r.ID+" ") {
					met[r.ID]++
				}
			}
		}
	}
	for _, r := range Rules() {
		if met[r.ID] == 0 || met[r.ID] == cases {
			t.Errorf("%s is met in %d of %d cases", r.ID, met[r.ID], cases)
		}
	}
}

// TestRulesAreWhole: each says what happens, what to do instead, and where it is
// from.
func TestRulesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || r.Does == "" || !strings.HasPrefix(r.Source, "https://") || r.Level == 0 || r.Engine == "" {
			t.Errorf("%s stands twice, or says too little: %+v", r.ID, r)
		}
		if r.Level >= Warns && len(r.Instead) == 0 {
			t.Errorf("%s does not say what to do instead", r.ID)
		}
		if r.Hazard&BreaksOld != 0 && r.Old == "" || r.Hazard&BreaksNew != 0 && r.New == "" || r.Hazard&StaysBroken != 0 && r.Back == "" {
			t.Errorf("%s does not say whom it breaks", r.ID)
		}
		seen[r.ID] = true
	}
}

// FuzzReview: no text ends the provider, and none that is not empty passes
// without being read.
func FuzzReview(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txt") // the pattern is well formed
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for c := range strings.SplitSeq(string(text), "\nreview\n") {
			sql, _, _ := strings.Cut(c, "\n----\n")
			f.Add(sql)
		}
	}
	schemas := map[Dialect]string{}
	for _, d := range []Dialect{Postgres, MySQL} {
		schemas[d] = schemaOf(f, d)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for d, schema := range schemas {
			v := map[Dialect]Version{Postgres: {15, 0, 0}, MySQL: {8, 0, 36}}[d]
			reviewed(t, Options{Dialect: d, Version: v, Schema: schema}, text)
			joined := ""
			for _, p := range scan(text, d != Postgres) {
				if !strings.Contains(text, p.text) || p.line < 1 {
					t.Errorf("a statement that is not in the text: %q", p.text)
				}
				joined += p.text
			}
			if len(joined) > len(text) {
				t.Errorf("%q was read twice", text)
			}
		}
	})
}
