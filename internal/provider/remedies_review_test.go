package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
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

// besideDatabase plans a deployment whose migrations are reviewed beside a
// database, of which version and port may be others than they are.
func besideDatabase(w *world, version, port string) string {
	w.Helper()
	p := databasestest.Postgres(w.T)
	if version == "" {
		version = strings.Split(serverOf(w, p), ".")[0]
	}
	at := strings.Split(p.Addr(), ":")
	if port == "" {
		port = at[1]
	}
	dir := filepath.Join(w.dir, "migrations")
	w.must(os.MkdirAll(dir, 0o750))
	w.must(os.WriteFile(filepath.Join(dir, "1_a.up.sql"), []byte(addsColumn), 0o600))
	w.setenv("PASSWORD_OF_OWNER", databases.Password)
	w.simple("", fmt.Sprintf("  requires {\n    migration_review {\n      directory = %q\n      dialect = \"postgres\"\n      version = %q\n      host = %q\n      port = %s\n      database = \"postgres\"\n      user = %q\n      password_env = \"PASSWORD_OF_OWNER\"\n    }\n  }\n",
		dir, version, at[0], port, databases.Owner))
	return w.planned()
}

// serverOf is the version of a server, as it says it.
func serverOf(w *world, p *databases.Postgres) string {
	w.Helper()
	c, err := pgconn.Connect(w.Context(), p.URL(databases.Owner, databases.Password, "postgres"))
	w.must(err)
	defer func() { _ = c.Close(w.Context()) }()
	return c.ParameterStatus("server_version")
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
		says:    "migration_review.other_server",
		provoke: func(w *world) string { return besideDatabase(w, "12", "") },
		fix: func(w *world, _ said, out string) {
			found := regexp.MustCompile(`is PostgreSQL ([0-9]+)`).FindStringSubmatch(out)
			if found == nil {
				w.Fatalf("it does not say which server it is:\n%s", out)
			}
			besideDatabase(w, found[1], "")
		},
	},
	{
		says: "migration_review.unasked", provoke: func(w *world) string { return besideDatabase(w, "15", "1") },
		fix: func(w *world, _ said, _ string) { besideDatabase(w, "", "") },
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "Nobody knows how large") {
				w.Errorf("the database answers, and it says\n%s", out)
			}
		},
	},
	{
		says: "migration_review.unreadable", provoke: reviewing("      schema_file = \"nowhere/structure.sql\"\n", "1_a.up.sql", addsColumn),
		fix: harmless("", "1_a.up.sql", addsColumn),
	},
}
