package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// migrations writes the files of a folder, each a name and a text, and a
// deployment that has them reviewed.
func (w *world) migrations(settings string, pairs ...string) {
	w.Helper()
	dir := filepath.Join(w.dir, "migrations")
	w.must(os.RemoveAll(dir))
	w.must(os.MkdirAll(dir, 0o750))
	for i := 0; i < len(pairs); i += 2 {
		w.must(os.WriteFile(filepath.Join(dir, pairs[i]), []byte(pairs[i+1]), 0o600))
	}
	w.simple("", "  requires {\n    migration_review {\n      directory = \""+dir+"\"\n      dialect = \"postgres\"\n      version = \"15\"\n"+settings+"    }\n  }\n")
}

// reviewing plans a deployment with such files.
func reviewing(settings string, pairs ...string) func(*world) string {
	return func(w *world) string {
		w.migrations(settings, pairs...)
		return w.planned()
	}
}

// harmless puts files into the place of others.
func harmless(settings string, pairs ...string) func(*world, said, string) {
	return func(w *world, _ said, _ string) { w.migrations(settings, pairs...) }
}

const (
	addsColumn = "SET lock_timeout = '1s';\nALTER TABLE orders ADD COLUMN note text;\n"
	buildsIt   = "CREATE INDEX by_note ON orders (note);\n"
)

var reviewRemedies = []remedy{
	{
		says: "migration_review.harm", provoke: reviewing("", "1_a.up.sql", buildsIt),
		fix: harmless("", "1_a.up.sql", "CREATE INDEX CONCURRENTLY by_note ON orders (note);\n"),
	},
	{
		says: "migration_review.worth_a_look", provoke: reviewing("", "1_a.up.sql", "ALTER TABLE orders ADD COLUMN note text;\n"),
		fix: harmless("", "1_a.up.sql", addsColumn),
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "Worth a look") {
				w.Errorf("the limit is there, and it says\n%s", out)
			}
		},
	},
	{
		says: "migration_review.more", provoke: func(w *world) string {
			many := ""
			for n := range 23 {
				many += fmt.Sprintf("CREATE INDEX i%d ON orders (note);\n", n)
			}
			return reviewing("", "1_a.up.sql", many)(w)
		},
		fix: harmless("", "1_a.up.sql", addsColumn),
	},
	{says: "migration_review.nothing", provoke: reviewing("", "README.sqlx", "none"), fix: harmless("", "1_a.up.sql", addsColumn)},
	{
		says: "migration_review.ambiguous", provoke: reviewing("", "1_a.up.sql", addsColumn, "V1__a.sql", "SELECT 1;"),
		fix: harmless("      format = \"golang_migrate\"\n", "1_a.up.sql", addsColumn, "V1__a.sql", "SELECT 1;"),
	},
	{
		says: "migration_review.no_such_version", provoke: reviewing("      applied_through = \"7\"\n", "1_a.up.sql", addsColumn),
		fix: harmless("      applied_through = \"1\"\n", "1_a.up.sql", addsColumn),
	},
	{
		says: "migration_review.twice", provoke: reviewing("", "1_a.up.sql", addsColumn, "01_b.up.sql", "SELECT 1;"),
		fix: harmless("", "1_a.up.sql", addsColumn, "2_b.up.sql", "SELECT 1;"),
	},
	{
		says: "migration_review.unreadable", provoke: reviewing("      schema_file = \"nowhere/structure.sql\"\n", "1_a.up.sql", addsColumn),
		fix: harmless("", "1_a.up.sql", addsColumn),
	},
}
