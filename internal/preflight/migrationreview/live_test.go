package migrationreview

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/migration"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
)

func TestMain(m *testing.M) { os.Exit(databasestest.Main(m)) }

// password is the reader's, which nothing may tell.
const password = "s3cr'et/of@the reader"

// database is a folder of migrations, and a database beside it with a role that
// may connect and see definitions.
type database struct {
	*testing.T
	dir, addr, db, role string
	dialect, version    string
	exec                func(ctx context.Context, database, statements string) error
	writes              func() int
	path                *databasestest.Path
	before              int
}

func onPostgres(t *testing.T) *database {
	t.Helper()
	s := databasestest.Postgres(t)
	d := &database{T: t, dir: t.TempDir(), addr: s.Addr(), db: databasestest.Name("app"), role: databasestest.Name("reader"), dialect: "postgres", version: "15", exec: s.Exec, writes: s.Writes}
	d.does("postgres", "CREATE DATABASE "+d.db)
	d.sql("CREATE ROLE " + d.role + " LOGIN PASSWORD '" + strings.ReplaceAll(password, "'", "''") + "'")
	return d
}

func onMariaDB(t *testing.T) *database {
	t.Helper()
	s := databasestest.MariaDB(t)
	d := &database{T: t, dir: t.TempDir(), addr: s.Addr(), db: databasestest.Name("app"), role: databasestest.Name("reader"), dialect: "mariadb", version: "10.11", exec: s.Exec}
	d.writes = func() int {
		n, err := s.Writes(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Error(err)
		}
		return n
	}
	d.does("", "CREATE DATABASE "+d.db)
	d.sql("CREATE USER " + d.role + " IDENTIFIED BY '" + strings.ReplaceAll(password, "'", "''") + "'; GRANT REFERENCES ON " + d.db + ".* TO " + d.role)
	return d
}

func (d *database) does(in, statements string) {
	d.Helper()
	if err := d.exec(d.Context(), in, statements); err != nil {
		d.Fatal(err)
	}
}

func (d *database) sql(statements string) {
	d.Helper()
	d.does(d.db, statements)
}

func (d *database) put(name, text string) {
	d.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
}

// check is the review of the folder, with the address in parts.
func (d *database) check(more values) check {
	d.Helper()
	host, port, _ := net.SplitHostPort(d.addr) // an address of ours
	n, err := strconv.Atoi(port)
	if err != nil {
		d.Fatal(err)
	}
	block := values{
		"directory": d.dir, "dialect": d.dialect, "version": d.version, "lock_timeout": true,
		"host": host, "port": n, "database": d.db, "user": d.role, "password_wo": password,
	}
	for name, v := range more {
		block[name] = v
	}
	clients := cloud.New(cloud.Config{Clock: clocktest.New(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))})
	c, err := Kind().Open(d.Context(), preflighttest.Block(d, Kind(), block), clients)
	if err != nil {
		d.Fatal(err)
	}
	own, ok := c.(check)
	if !ok {
		d.Fatalf("the check is a %T", c)
	}
	return own
}

// finds runs it, and sees to it that no secret is told.
func (d *database) finds(more values) []rollout.Finding {
	d.Helper()
	found := d.check(more).Run(d.Context(), nil, nil)
	for _, f := range found {
		if text := fmt.Sprintf("%+v", f); strings.Contains(text, password) || strings.Contains(text, "s3cr") {
			d.Error("a finding tells the password")
		}
	}
	return found
}

// report is what the data source has.
func (d *database) report(more values) migration.Report {
	d.Helper()
	r, unasked, problem := d.check(more).Look(d.Context())
	if unasked != nil || problem != nil {
		d.Fatalf("there is no whole report: %+v %+v", unasked, problem)
	}
	return r
}

// expect compares how findings begin.
func (d *database) expect(found []rollout.Finding, want ...string) {
	d.Helper()
	ok := len(found) == len(want)
	for i := range min(len(found), len(want)) {
		advisory := map[bool]string{true: "advisory ", false: ""}[found[i].Advisory]
		ok = ok && strings.HasPrefix(advisory+found[i].Status.String()+": "+found[i].Why, want[i])
	}
	if !ok {
		d.Errorf("got %+v\nwant %q", found, want)
	}
}

// of returns the finding of a rule.
func of(t *testing.T, r migration.Report, rule, object string) migration.Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Rule.ID == rule && f.Object == object {
			return f
		}
	}
	t.Fatalf("no finding %s of %s in %+v", rule, object, r.Findings)
	return migration.Finding{}
}

const ledger = "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, dirty BOOLEAN NOT NULL); INSERT INTO schema_migrations VALUES (1, false)"

var byLedger = values{"migrations": []any{values{"tool": "golang_migrate"}}}

// TestSizesOnPostgres: sizes of tables are those of the server: what is small is a warning, what is
// large has an estimate, and a table that nobody has counted counts as large.
func TestSizesOnPostgres(t *testing.T) {
	d := onPostgres(t)
	d.sql("CREATE TABLE large (id bigint, note text); INSERT INTO large SELECT n, repeat('x', 200) FROM generate_series(1, 300000) n; ANALYZE large; " +
		"CREATE TABLE small (id bigint, note text); INSERT INTO small SELECT n, 'x' FROM generate_series(1, 1000) n; ANALYZE small; " +
		"CREATE TABLE uncounted (id bigint) WITH (autovacuum_enabled = false); INSERT INTO uncounted SELECT 1; " +
		"CREATE TABLE grown (id bigint) WITH (autovacuum_enabled = false); ANALYZE grown; " +
		"CREATE SCHEMA other; CREATE TABLE other.small (id bigint); INSERT INTO other.small SELECT 1; ANALYZE other.small; " +
		"CREATE TABLE parted (day date) PARTITION BY RANGE (day); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); " +
		"INSERT INTO parted SELECT date '2026-01-01' + n % 300 FROM generate_series(1, 2000) n; ANALYZE parted; ANALYZE parted_1")
	d.put("1_a.up.sql", "ALTER TABLE large ALTER COLUMN id TYPE int;\nCREATE INDEX a ON small (id);\nCREATE INDEX b ON uncounted (id);\nCREATE INDEX c ON other.small (id);\nCREATE INDEX e ON parted (day);\nCREATE INDEX f ON missing (id);\n")
	r := d.report(nil)
	if f := of(t, r, "PG016", "large.id"); f.Level != migration.Harms || !strings.HasPrefix(f.Estimate, "less than 1s to 6s for about 300000 rows, ") || !strings.HasSuffix(f.Estimate, " MB, at 20 to 400 MB a second") {
		t.Errorf("got %+v", f)
	}
	for object, level := range map[string]migration.Level{
		"small.a": migration.Warns, "uncounted.b": migration.Harms, "other.small.c": migration.Warns, "parted.e": migration.Warns, "missing.f": migration.Harms,
	} {
		if f := of(t, r, "PG040", object); f.Level != level || (f.Estimate != "") != (level == migration.Warns) {
			t.Errorf("%s: got %+v", object, f)
		}
	}
	// What somebody says counts where it is more.
	r = d.report(values{"rows": map[string]any{"small": 90000000, "large": 5}})
	if f := of(t, r, "PG040", "small.a"); f.Level != migration.Harms || !strings.HasPrefix(f.Estimate, "9s to 5m0s for about 90000000 rows") {
		t.Errorf("got %+v", f)
	}
	if f := of(t, r, "PG016", "large.id"); f.Estimate == "" || strings.Contains(f.Estimate, " 5 rows") {
		t.Errorf("got %+v", f)
	}
	// The schema of tables that name none may be another.
	r = d.report(values{"schema": "other"})
	if f := of(t, r, "PG040", "small.a"); !strings.HasPrefix(f.Estimate, "less than 1s for about 1 rows") {
		t.Errorf("got %+v", f)
	}
}

func TestSizesOnMariaDB(t *testing.T) {
	d := onMariaDB(t)
	d.sql("CREATE TABLE large (id bigint PRIMARY KEY, note varchar(300)); INSERT INTO large SELECT seq, repeat('x', 200) FROM seq_1_to_200000; ANALYZE TABLE large; " +
		"CREATE TABLE small (id bigint PRIMARY KEY); INSERT INTO small VALUES (1); ANALYZE TABLE small")
	d.put("1_a.up.sql", "ALTER TABLE large DROP PRIMARY KEY;\nALTER TABLE small DROP PRIMARY KEY;\nALTER TABLE missing DROP PRIMARY KEY;\n")
	r := d.report(nil)
	if f := of(t, r, "MY014", "large"); f.Level != migration.Harms || !strings.HasSuffix(f.Estimate, " MB, at 20 to 400 MB a second") {
		t.Errorf("got %+v", f)
	}
	if f := of(t, r, "MY014", "small"); f.Level != migration.Warns || !strings.HasPrefix(f.Estimate, "less than 1s for about 1 rows, 16 kB") && !strings.HasPrefix(f.Estimate, "less than 1s for about 1 rows, 17 kB") {
		t.Errorf("got %+v", f)
	}
	if f := of(t, r, "MY014", "missing"); f.Level != migration.Harms || f.Estimate != "" {
		t.Errorf("got %+v", f)
	}
}

// The table of the tool says what is applied: with gaps, and not where it is dirty
// or may not be read.
func TestLedger(t *testing.T) {
	for _, fresh := range []func(*testing.T) *database{onPostgres, onMariaDB} {
		t.Run("on", func(t *testing.T) {
			d := fresh(t)
			d.sql("CREATE TABLE schema_migrations (version VARCHAR(20) PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20260101000000'), ('20260103000000')")
			for _, day := range []string{"01", "02", "03", "04"} {
				d.put("202601"+day+"000000_a.sql", "-- migrate:up\nCREATE TABLE t"+day+" (id int);\n-- migrate:down\nDROP TABLE t"+day+";\n")
			}
			by := values{"migrations": []any{values{"tool": "dbmate"}}}
			d.expect(d.finds(by), "skipped: SELECT on ")
			d.sql("GRANT SELECT ON schema_migrations TO " + d.role)
			if d.dialect == "postgres" {
				d.sql("GRANT USAGE ON SCHEMA public TO " + d.role)
			}
			if got := strings.Join(d.report(by).Pending, " "); got != "20260102000000 20260104000000" {
				t.Errorf("pending is %s", got)
			}
			d.expect(d.finds(values{"migrations": []any{values{"tool": "golang_migrate"}}}), "failed: ")
			d.expect(d.finds(values{"migrations": []any{values{"tool": "goose"}}}), "failed: it has no table ")
			d.sql("DROP TABLE schema_migrations; " + ledger + "; GRANT SELECT ON schema_migrations TO " + d.role)
			d.sql("UPDATE schema_migrations SET dirty = true")
			d.expect(d.finds(byLedger), "failed: golang_migrate has not finished: version 1 is marked dirty")
		})
	}
}

// Alembic keeps its heads alone: what comes before one is applied, and a branch
// beside it is not.
func TestHeads(t *testing.T) {
	d := onPostgres(t)
	d.sql("CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('cc'); GRANT SELECT ON alembic_version TO " + d.role)
	d.put("all.sql", "-- Running upgrade  -> aa\n\nCREATE TABLE a (id int);\n\n-- Running upgrade aa -> bb\n\nDROP TABLE b;\n\n-- Running upgrade aa -> cc\n\nDROP TABLE c;\n\n-- Running upgrade bb, cc -> dd\n\nSELECT 1;\n")
	by := values{"migrations": []any{values{"tool": "alembic"}}}
	if got := strings.Join(d.report(by).Pending, " "); got != "bb dd" {
		t.Errorf("pending is %s", got)
	}
	d.sql("UPDATE alembic_version SET version_num = 'zz'")
	d.expect(d.finds(by), "failed: no migration has the version zz")
	d.sql("DELETE FROM alembic_version")
	if got := strings.Join(d.report(by).Pending, " "); got != "aa bb cc dd" {
		t.Errorf("pending is %s", got)
	}
}

// An index that a broken build left is told, and fails what stumbles over it.
func TestBrokenIndexes(t *testing.T) {
	d := onPostgres(t)
	d.sql("CREATE TABLE orders (id bigint, note text); INSERT INTO orders VALUES (1, 'x'), (1, 'y'); ANALYZE orders")
	if d.exec(d.Context(), d.db, "CREATE UNIQUE INDEX CONCURRENTLY once ON orders (id)") == nil {
		t.Fatal("equal rows were indexed")
	}
	d.put("1_a.up.sql", "SELECT 1;")
	d.expect(d.finds(nil), "passed", "advisory failed: some statements are worth a look:\n  PG044 orders.once")
	for text, want := range map[string]struct {
		level  migration.Level
		detail string
	}{
		"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS once ON orders (id);": {migration.Harms, "the database has it already, and it is not valid: this statement does nothing"},
		"CREATE UNIQUE INDEX CONCURRENTLY once ON orders (id);":               {migration.Harms, "the database has it already, and it is not valid: this statement fails"},
		"CREATE INDEX other ON orders (id);":                                  {migration.Warns, "the database has it: a build of it broke off, or goes on"},
	} {
		d.put("1_a.up.sql", text)
		if f := of(t, d.report(nil), "PG044", "orders.once"); f.Level != want.level || f.Detail != want.detail {
			t.Errorf("%s: got %+v", text, f)
		}
	}
	for _, text := range []string{"REINDEX INDEX CONCURRENTLY once;", "DROP INDEX CONCURRENTLY once;"} {
		d.put("1_a.up.sql", text)
		for _, f := range d.report(nil).Findings {
			if f.Rule.ID == "PG044" {
				t.Errorf("%s: got %+v", text, f)
			}
		}
	}
	d.put("1_a.up.sql", "CREATE INDEX CONCURRENTLY IF NOT EXISTS other ON orders (id);")
	if f := of(t, d.report(nil), "PG044", "orders.other"); f.Level != migration.Tells {
		t.Errorf("got %+v", f)
	}
}

// What the candidate reads may be in the database alone.
func TestCandidateReadsTheDatabase(t *testing.T) {
	d := onPostgres(t)
	d.sql("CREATE TABLE orders (id bigint, note text)")
	d.put("1_a.up.sql", "SELECT 1;")
	d.expect(d.finds(values{"candidate_reads": []any{"orders.note", "orders"}}), "passed")
	d.expect(d.finds(values{"candidate_reads": []any{"orders.sum", "carts"}}), "failed: XX002 orders.sum", "failed: XX002 carts")
}

// A server that is not of the version that was named is not reviewed for.
func TestAnotherServer(t *testing.T) {
	p, m := onPostgres(t), onMariaDB(t)
	for _, d := range []*database{p, m} {
		d.put("1_a.up.sql", "SELECT 1;")
		d.expect(d.finds(nil), "passed")
	}
	p.expect(p.finds(values{"version": "14"}), "failed: the database is PostgreSQL 15.")
	m.expect(m.finds(values{"version": "10.6"}), "failed: the database is MariaDB 10.11.")
	m.expect(m.finds(values{"dialect": "mysql", "version": "8.0"}), "failed: the database is MariaDB 10.11.")
}

// Without an answer every table is a large one, and without the ledger there is no
// review.
func TestNobodyAnswers(t *testing.T) {
	d := onPostgres(t)
	d.sql("CREATE TABLE small (id bigint); ANALYZE small; " + ledger + "; GRANT SELECT ON schema_migrations TO " + d.role)
	d.put("1_a.up.sql", "SELECT 1;")
	d.put("2_b.up.sql", "CREATE INDEX a ON small (id);\n")
	d.expect(d.finds(values{"applied_through": "1"}), "passed", "advisory failed: some statements are worth a look")
	d.expect(d.finds(byLedger), "passed", "advisory failed: some statements are worth a look")
	d.addr = databasestest.Through(t, "", databasestest.Saying("s3cr of somebody else\r\n")).Addr
	d.expect(d.finds(values{"applied_through": "1"}), "failed: 2_b.up.sql:1 PG040 small.a", "advisory failed: nobody knows how large the tables are, so that every one counts as a large one: it could not be asked")
	d.expect(d.finds(byLedger), "skipped: it could not be asked")
	if _, problem := d.check(byLedger).Review(); problem == nil {
		t.Error("the files alone say what is pending")
	}
}

// TestExamWithADatabase is the exam with a database that says what is applied.
func TestExamWithADatabase(t *testing.T) {
	for name, fresh := range map[string]func(*testing.T) *database{"postgres": onPostgres, "mariadb": onMariaDB} {
		t.Run(name, func(t *testing.T) {
			preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness {
				d := fresh(t)
				d.sql(ledger + "; GRANT SELECT ON schema_migrations TO " + d.role)
				d.put("1_a.up.sql", "SELECT 1;")
				d.put("2_b.up.sql", map[string]string{"postgres": addsNote, "mariadb": addsNote + ", ALGORITHM=INSTANT"}[d.dialect])
				d.path = databasestest.Through(t, d.addr, nil)
				return d
			})
		})
	}
}

const addsNote = "ALTER TABLE orders ADD COLUMN note varchar(20)"

// Open implements preflighttest.Harness.
func (d *database) Open(t *testing.T) rollout.Check {
	t.Helper()
	d.before = d.writes()
	d.addr = d.path.Addr
	return d.check(byLedger)
}

// Become implements preflighttest.Harness.
func (d *database) Become(t *testing.T, s preflighttest.State) bool {
	t.Helper()
	switch s {
	case preflighttest.Missing:
		d.sql("DROP TABLE schema_migrations")
	case preflighttest.Denied:
		d.sql("REVOKE SELECT ON schema_migrations FROM " + d.role)
	case preflighttest.Babbles:
		d.path = databasestest.Through(t, "", databasestest.Saying("s3cr of somebody else\r\n\r\n"))
	case preflighttest.Hangs:
		d.path = databasestest.Through(t, "", databasestest.Silent)
	case preflighttest.Busy:
		return false
	case preflighttest.Good:
	}
	return true
}

// Subjects implements preflighttest.Harness.
func (d *database) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{}, &rollout.Subject{}
}

// Permission implements preflighttest.Harness.
func (d *database) Permission() string { return "schema_migrations" }

// Calls implements preflighttest.Harness.
func (d *database) Calls() int { return d.path.Calls() }

// Writes implements preflighttest.Harness.
func (d *database) Writes() int {
	if d.before == 0 {
		return 0
	}
	return d.writes() - d.before
}

// Secrets implements preflighttest.Harness.
func (d *database) Secrets() []string { return []string{password, "s3cr"} }
