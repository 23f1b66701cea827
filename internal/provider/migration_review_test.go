package provider_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
)

// TestMigrationReviewReports: the report has every finding in full; what is
// allowed stays visible and counts for nothing; no text of a statement is written
// down anywhere.
func TestMigrationReviewReports(t *testing.T) {
	const secret = "s3cret-of-a-row"
	w := newWorld(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"0001_a.up.sql": "CREATE TABLE orders (id bigint, kind varchar(10));",
		"0002_b.up.sql": "SET lock_timeout = '1s';\n\nALTER TABLE orders ALTER COLUMN id TYPE int;\n",
		"0003_c.up.sql": "-- rollout:allow PG040 nobody orders at night\nCREATE INDEX by_kind ON orders (kind);\n",
		"0004_d.up.sql": "UPDATE orders SET kind = '" + secret + "' WHERE id = 1;\n",
	} {
		w.must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	config := `data "rollout_migration_review" "db" {
  directory       = "` + dir + `"
  dialect         = "postgres"
  version         = "15"
  applied_through = "1"
  rows            = { orders = 60000000 }
}

output "report" {
  value = data.rollout_migration_review.db
}
`
	w.write(config)
	w.applies()
	out, code := w.terraform("output", "-json", "report")
	if code != 0 {
		t.Fatal(out)
	}
	type finding struct {
		Rule, Level, File, Object, Lock, Lasts, Estimate, Migration, Source string
		Old                                                                 string `json:"old_revision"`
		Allowed                                                             *string
		Line                                                                int
		Instead                                                             []string
	}
	var got struct {
		Passed       bool
		RollbackSafe bool `json:"rollback_safe"`
		BlocksWrites bool `json:"blocks_writes"`
		Breaks       bool `json:"breaks_promoted"`
		Reviewed     []string
		Statements   int
		Findings     []finding
	}
	w.must(json.Unmarshal([]byte(out), &got))
	if got.Passed || got.RollbackSafe || !got.BlocksWrites || !got.Breaks || strings.Join(got.Reviewed, " ") != "0002 0003 0004" || got.Statements != 4 || len(got.Findings) != 3 {
		t.Fatalf("got %+v", got)
	}
	rewrite := got.Findings[0]
	if rewrite.Rule != "PG016" || rewrite.Level != "error" || rewrite.File != "0002_b.up.sql" || rewrite.Line != 3 || rewrite.Migration != "0002" || rewrite.Object != "orders.id" ||
		rewrite.Lock != "ACCESS EXCLUSIVE on orders" || rewrite.Lasts != "rewrite" || rewrite.Estimate != "40s to 20m0s for 60000000 rows" || rewrite.Old == "" || len(rewrite.Instead) != 3 ||
		!strings.HasPrefix(rewrite.Source, "https://www.postgresql.org/") {
		t.Errorf("got %+v", rewrite)
	}
	if index := got.Findings[1]; index.Rule != "PG040" || index.Allowed == nil || *index.Allowed != "nobody orders at night" {
		t.Errorf("got %+v", index)
	}
	w.quiet()
	if strings.Contains(w.everything(), secret) {
		t.Error("the text of a statement is written down")
	}

	// Once nothing but what is allowed is left, it passes.
	w.must(os.Remove(filepath.Join(dir, "0002_b.up.sql")))
	w.applies()
	out, _ = w.terraform("output", "-json", "report")
	w.must(json.Unmarshal([]byte(out), &got))
	if !got.Passed || !got.RollbackSafe || got.BlocksWrites || got.Breaks {
		t.Errorf("got %+v", got)
	}

	// What keeps the review from being made is an error, and no report.
	w.write(strings.Replace(config, `"1"`, `"9"`, 1))
	if said, code := w.plan(); code != 1 || !strings.Contains(said, "no migration has the version 9") && !strings.Contains(said, "No migration has the version 9") {
		t.Errorf("got %d:\n%s", code, said)
	}
}

// TestMigrationReviewAsksADatabase: sizes and what is applied come from the
// database, with a password that stands nowhere; where nobody answers, it says so.
func TestMigrationReviewAsksADatabase(t *testing.T) {
	w := newWorld(t)
	all := w.engines()
	for _, e := range all {
		dialect, version, fills := "mariadb", "10.11", "INSERT INTO orders SELECT seq, 'x' FROM seq_1_to_200000; ANALYZE TABLE orders; "
		if e.postgres {
			dialect, version = "postgres", strings.Split(serverOf(w, databasestest.Postgres(t)), ".")[0]
			fills = "INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 200000) n; ANALYZE orders; "
		}
		e.sql("CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20)); " + fills +
			"CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (1, false); GRANT SELECT ON schema_migrations TO " + e.grantee)
		dir := filepath.Join(w.dir, dialect)
		w.must(os.MkdirAll(dir, 0o750))
		w.must(os.WriteFile(filepath.Join(dir, "1_a.up.sql"), []byte("DROP TABLE somebody;"), 0o600))
		w.must(os.WriteFile(filepath.Join(dir, "2_b.up.sql"), []byte("CREATE FULLTEXT INDEX by_note ON orders (note);\n"), 0o600))
		if e.postgres {
			w.must(os.WriteFile(filepath.Join(dir, "2_b.up.sql"), []byte("ALTER TABLE orders ALTER COLUMN id TYPE int;\n"), 0o600))
		}
		address := strings.ReplaceAll(e.block(""), e.kind, "data \"rollout_migration_review\" \"db\"")
		config := strings.TrimSuffix(strings.TrimSpace(address), "}") + "  directory = \"" + dir + "\"\n  dialect = \"" + dialect + "\"\n  version = \"" + version + "\"\n"
		ends := "}\noutput \"report\" {\n  value = data.rollout_migration_review.db\n}\n"
		w.write(config + "  migrations {\n    tool = \"golang_migrate\"\n  }\n" + ends)
		w.applies()
		out, code := w.terraform("output", "-json", "report")
		if code != 0 || !strings.Contains(out, `"reviewed":["2"]`) || !strings.Contains(out, " rows, ") || !strings.Contains(out, " MB a second") || strings.Contains(w.everything(), readersPassword) {
			t.Errorf("%s: the report is\n%s", e.kind, out)
		}
		e.must(e.exec(e.Context(), e.db, "DROP TABLE schema_migrations"))
		w.fails("It has no table")
		w.write(strings.ReplaceAll(config, e.addr[strings.LastIndex(e.addr, ":")+1:], "1") + ends)
		if out := w.applies(); !strings.Contains(out, "Nobody knows how large") {
			t.Errorf("%s: nobody answers, and it says\n%s", e.kind, out)
		}
	}
}
