package databaseschema

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// made is how the tools make their tables, and how they write a row into them.
// golang-migrate's is what its own drivers create; the others are as their
// documents have them.
var made = map[string]struct{ create, insert string }{
	"rails":          {"CREATE TABLE schema_migrations (version VARCHAR(255) NOT NULL PRIMARY KEY)", "INSERT INTO schema_migrations VALUES "},
	"dbmate":         {"CREATE TABLE schema_migrations (version VARCHAR(128) PRIMARY KEY)", "INSERT INTO schema_migrations VALUES "},
	"ecto":           {"CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, inserted_at TIMESTAMP)", "INSERT INTO schema_migrations (version) VALUES "},
	"golang_migrate": {"CREATE TABLE schema_migrations (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL)", "INSERT INTO schema_migrations VALUES "},
	"alembic":        {"CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)", "INSERT INTO alembic_version VALUES "},
	"flyway": {
		"CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY KEY, version VARCHAR(50), description VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, checksum INT, installed_by VARCHAR(100), installed_on TIMESTAMP NULL, execution_time INT, success BOOLEAN NOT NULL)",
		"INSERT INTO flyway_schema_history (description, script, installed_rank, version, type, success) VALUES ",
	},
	"django": {"CREATE TABLE django_migrations (id {id}, app VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL, applied TIMESTAMP NULL)", "INSERT INTO django_migrations (app, name) VALUES "},
	"atlas": {
		"CREATE SCHEMA atlas_schema_revisions; CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (version VARCHAR(255) NOT NULL PRIMARY KEY, description VARCHAR(255), type BIGINT NOT NULL DEFAULT 2, applied BIGINT NOT NULL DEFAULT 0, total BIGINT NOT NULL DEFAULT 0, executed_at TIMESTAMP NULL, execution_time BIGINT, error TEXT, error_stmt TEXT, hash VARCHAR(255), partial_hashes TEXT, operator_version VARCHAR(255))",
		"INSERT INTO atlas_schema_revisions.atlas_schema_revisions (version, type, applied, total, error) VALUES ",
	},
	"goose":  {"CREATE TABLE goose_db_version (id {id}, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP NULL)", "INSERT INTO goose_db_version (version_id, is_applied) VALUES "},
	"prisma": {"CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64), finished_at TIMESTAMP NULL, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMP NULL, started_at TIMESTAMP NULL, applied_steps_count INT)", "INSERT INTO _prisma_migrations (id, migration_name, finished_at, rolled_back_at) VALUES "},
	"liquibase": {
		"CREATE TABLE {log} (ID VARCHAR(255) NOT NULL, AUTHOR VARCHAR(255) NOT NULL, FILENAME VARCHAR(255) NOT NULL, DATEEXECUTED TIMESTAMP NULL, ORDEREXECUTED INT NOT NULL, EXECTYPE VARCHAR(10) NOT NULL, MD5SUM VARCHAR(35)); CREATE TABLE {lock} (ID INT PRIMARY KEY, LOCKED {bit} NOT NULL, LOCKGRANTED TIMESTAMP NULL, LOCKEDBY VARCHAR(255)); INSERT INTO {lock} (ID, LOCKED) VALUES (1, {false})",
		"INSERT INTO {log} (ID, AUTHOR, FILENAME, ORDEREXECUTED, EXECTYPE) VALUES ",
	},
	"sqlx": {"CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NULL, success BOOLEAN NOT NULL, checksum {bytes}, execution_time BIGINT)", "INSERT INTO _sqlx_migrations (description, version, success) VALUES "},
}

// ledgers are rows, and what they say of a migration.
var ledgers = []struct {
	tool, rows, version string
	want                string // "" where it is applied
}{
	{"rails", "('20260101000000'), ('20260301120000')", "20260301120000", ""},
	{"rails", "('20260101000000'), ('20260401000000')", "20260301120000", "the migration 20260301120000 is not applied; the latest that rails has is 20260401000000"},
	{"rails", "('1'), ('2')", "002", ""},
	{"rails", "", "1", "the migration 1 is not applied; the latest that rails has is none"},
	{"dbmate", "('20260301120000')", "20260301120000", ""},
	{"ecto", "(20260301120000)", "20260301120000", ""},
	{"ecto", "(20260301120000)", "20260401000000", "the migration 20260401000000 is not applied; the latest that ecto has is 20260301120000"},
	{"golang_migrate", "(7, false)", "7", ""},
	{"golang_migrate", "(8, false)", "7", ""},
	{"golang_migrate", "(10, false)", "9", ""},
	{"golang_migrate", "(6, false)", "7", "the migration 7 is not applied; the latest that golang_migrate has is 6"},
	{"golang_migrate", "(7, true)", "7", "golang_migrate has not finished: version 7 is marked dirty"},
	{"golang_migrate", "(8, true)", "7", "golang_migrate has not finished: version 8 is marked dirty"},
	{"golang_migrate", "", "7", "the migration 7 is not applied; the latest that golang_migrate has is none"},
	{"alembic", "('b2')", "b2", ""},
	{"alembic", "('b2'), ('c3')", "c3", ""},
	{"alembic", "", "c3", "the migration c3 is not applied; the latest that alembic has is none"},
	{"flyway", "('', '', 1, '1', 'SQL', true), ('', '', 2, '2.1', 'SQL', true)", "2_1", ""},
	{"flyway", "('', '', 1, '1', 'SQL', true), ('', '', 2, '3', 'JDBC', true)", "2", "the migration 2 is not applied; the latest that flyway has is 3"},
	{"flyway", "('', '', 1, '1.0', 'SQL', true)", "1", ""},
	{"flyway", "('', '', 1, '5', 'BASELINE', true)", "4.9", ""},
	{"flyway", "('', '', 1, '5', 'BASELINE', true)", "5.1", "the migration 5.1 is not applied; the latest that flyway has is 5"},
	{"flyway", "('', '', 1, '5', 'SQL_BASELINE', true)", "5", ""},
	{"flyway", "('', '', 1, '2', 'SQL', true), ('', '', 2, '2', 'UNDO_SQL', true)", "2", "the migration 2 is not applied; the latest that flyway has is none"},
	{"flyway", "('', '', 2, '2', 'UNDO_SQL', true), ('', '', 1, '2', 'SQL', true), ('', '', 3, '2', 'SQL', true)", "2", ""},
	{"flyway", "('', '', 1, '2', 'SQL', true), ('', '', 2, '2', 'DELETE', true)", "2", "the migration 2 is not applied; the latest that flyway has is none"},
	{"flyway", "('', '', 1, '2', 'SQL', true), ('', '', 2, '3', 'SQL', false)", "2", "flyway has not finished: version 3 failed"},
	{"flyway", "('', '', 1, '2', 'SQL', true), ('', '', 2, NULL, 'SQL', false)", "2", "flyway has not finished: a repeatable migration failed"},
	{"flyway", "('', '', 1, NULL, 'SCHEMA', true), ('', '', 2, '2', 'SQL', true), ('', '', 3, NULL, 'SQL', true)", "2", ""},
	{"django", "('orders', '0001_initial'), ('orders', '0007_total')", "orders.0007_total", ""},
	{"django", "('orders', '0001_initial'), ('users', '0007_total')", "orders.0007_total", "the migration orders.0007_total is not applied; the latest that django has is orders.0001_initial"},
	{"atlas", "('.atlas_cloud_identifier', 2, 0, 1, 'x'), ('20260301', 2, 3, 3, NULL)", "20260301", ""},
	{"atlas", "('20260301', 2, 3, 3, '')", "20260301", ""},
	{"atlas", "('20260301', 1, 0, 0, NULL)", "20260101", ""},
	{"atlas", "('20260301', 1, 0, 0, NULL)", "20260401", "the migration 20260401 is not applied; the latest that atlas has is 20260301"},
	{"atlas", "('20260301', 2, 1, 3, NULL)", "20260301", "atlas has not finished: version 20260301 stands at 1 of 3 statements"},
	{"atlas", "('20260301', 2, 3, 3, 'broken')", "20260301", "atlas has not finished: version 20260301 stands at 3 of 3 statements"},
	{"atlas", "('20260301', 6, 1, 3, 'broken')", "20260301", ""},
	{"goose", "(0, true), (7, true)", "7", ""},
	{"goose", "(0, true), (7, true), (7, false)", "7", "the migration 7 is not applied; the latest that goose has is none"},
	{"goose", "(7, true), (7, false), (7, true)", "7", ""},
	{"goose", "(0, true), (8, true)", "7", "the migration 7 is not applied; the latest that goose has is 8"},
	{"prisma", "('a', '1_init', NOW(), NULL), ('b', '2_total', NOW(), NULL)", "2_total", ""},
	{"prisma", "('a', '1_init', NOW(), NULL), ('b', '2_total', NULL, NULL)", "1_init", "prisma has not finished: 2_total was begun and is not finished"},
	{"prisma", "('a', '1_init', NOW(), NULL), ('b', '2_total', NULL, NOW())", "2_total", "the migration 2_total is not applied; the latest that prisma has is 1_init"},
	{"prisma", "('b', '2_total', NULL, NOW()), ('c', '2_total', NOW(), NULL)", "2_total", ""},
	{"liquibase", "('1', 'me', 'a.xml', 1, 'EXECUTED')", "a.xml::1::me", ""},
	{"liquibase", "('1', 'me', 'a.xml', 1, 'MARK_RAN'), ('2', 'me', 'a.xml', 2, 'RERAN')", "a.xml::2::me", ""},
	{"liquibase", "('1', 'me', 'a.xml', 1, 'EXECUTED')", "a.xml::1::you", "the migration a.xml::1::you is not applied; the latest that liquibase has is a.xml::1::me"},
	{"liquibase", "('1', 'me', 'a.xml', 1, 'SKIPPED')", "a.xml::1::me", "the migration a.xml::1::me is not applied; the latest that liquibase has is none"},
	{"liquibase", "('1', 'me', 'a.xml', 1, 'EXECUTED'), ('2', 'me', 'a.xml', 2, 'FAILED')", "a.xml::1::me", "liquibase has not finished: a.xml::2::me failed"},
	{"sqlx", "('', 20260301120000, true)", "20260301120000", ""},
	{"sqlx", "('', 20260301120000, true), ('', 20260401000000, false)", "20260301120000", "sqlx has not finished: version 20260401000000 did not succeed"},
	{"sqlx", "('', 20260301120000, true)", "20260401000000", "the migration 20260401000000 is not applied; the latest that sqlx has is 20260301120000"},
}

// log writes what Liquibase calls its tables, which folds on PostgreSQL.
func (w *world) log(sql string) string {
	return strings.NewReplacer("{log}", "DATABASECHANGELOG", "{lock}", "DATABASECHANGELOGLOCK").Replace(sql)
}

// TestLedgers puts the rows of each tool into tables as it makes them.
func TestLedgers(t *testing.T) {
	tried := map[string]bool{}
	both(t, func(w *world) {
		last := ""
		for _, c := range ledgers {
			tried[c.tool] = true
			at, _ := toolOf(c.tool, !w.isPostgres())
			if c.tool != last {
				w.newLedger(c.tool, at)
				last = c.tool
			} else if c.tool == "atlas" {
				w.sql("DELETE FROM atlas_schema_revisions.atlas_schema_revisions")
			} else {
				w.sql("DELETE FROM " + at.table)
			}
			if c.rows != "" {
				w.sql(w.log(made[c.tool].insert) + c.rows)
			}
			found := w.finds(values{"migrations": []any{values{"tool": c.tool, "version": c.version}}})
			if len(found) != 1 || (found[0].Status == rollout.Passed) != (c.want == "") || c.want != "" && found[0].Why != c.want {
				t.Errorf("%s: %s of %s:\n%+v\nwant %q", c.tool, c.version, c.rows, found, c.want)
			}
			if found[0].Retry != strings.Contains(c.want, "not finished") {
				t.Errorf("%s may pass: %t", c.want, found[0].Retry)
			}
		}
	})
	for _, name := range toolNames() {
		if !tried[name] {
			t.Errorf("nobody tried %s", name)
		}
	}
}

// newLedger makes the table of a tool in place of whatever is there.
func (w *world) newLedger(name string, at tool) {
	w.Helper()
	w.sql("DROP TABLE IF EXISTS " + at.table)
	if name == "atlas" && !w.isPostgres() {
		w.sql("DROP SCHEMA IF EXISTS atlas_schema_revisions")
	}
	w.sql(w.log(made[name].create))
	switch {
	case name == "atlas" && !w.isPostgres():
		w.Cleanup(func() { _ = w.exec(w.Context(), "", "DROP SCHEMA IF EXISTS atlas_schema_revisions") })
		w.sql("GRANT SELECT, REFERENCES ON atlas_schema_revisions.* TO " + w.role)
	case name == "atlas":
		w.reads("atlas_schema_revisions.atlas_schema_revisions")
	default:
		w.reads(at.table)
	}
	if at.lock != "" {
		w.reads(at.lock)
	}
}

func TestLockOfLiquibase(t *testing.T) {
	both(t, func(w *world) {
		at, _ := toolOf("liquibase", !w.isPostgres())
		w.newLedger("liquibase", at)
		w.sql(w.log(made["liquibase"].insert) + "('1', 'me', 'a.xml', 1, 'EXECUTED')")
		block := values{"migrations": []any{values{"tool": "liquibase", "version": "a.xml::1::me"}}}
		w.expectPassed(w.finds(block))
		w.sql(w.log("UPDATE {lock} SET LOCKED = {true}"))
		w.expect(w.finds(block), "failed, may pass: liquibase has not finished: its lock is held")
	})
}

// TestWhoseLedger: three tools call their tables alike.
func TestWhoseLedger(t *testing.T) {
	both(t, func(w *world) {
		shown := "public.schema_migrations"
		if !w.isPostgres() {
			shown = w.db + ".schema_migrations"
		}
		for is, says := range map[string]map[string]string{
			"rails":          {"rails": "", "dbmate": "", "golang_migrate": "it has no column dirty", "ecto": "it has no column inserted_at"},
			"golang_migrate": {"rails": "it has a column dirty, as that of golang_migrate has", "dbmate": "it has a column dirty, as that of golang_migrate has", "ecto": "it has no column inserted_at", "golang_migrate": ""},
			"ecto":           {"rails": "it has a column inserted_at, as that of ecto has", "golang_migrate": "it has no column dirty", "ecto": ""},
		} {
			at, _ := toolOf(is, false)
			w.newLedger(is, at)
			rows := map[string]string{"rails": "('1')", "golang_migrate": "(1, false)", "ecto": "(1)"}
			w.sql(made[is].insert + rows[is])
			for tool, lacks := range says {
				found := w.finds(values{"migrations": []any{values{"tool": tool, "version": "1"}}})
				if lacks == "" {
					w.expectPassed(found)
					continue
				}
				w.expect(found, "failed: "+shown+" is not the table of "+tool+": "+lacks)
			}
		}
		w.sql("DROP TABLE schema_migrations")
		w.expect(w.finds(values{"migrations": []any{values{"tool": "rails", "version": "1"}}}), "failed: it has no table "+shown+", in which rails keeps what was applied")
		other := "public.other"
		if !w.isPostgres() {
			other = w.db + ".other"
		}
		w.expect(w.finds(values{"migrations": []any{values{"tool": "goose", "table": "other", "version": "1"}}}), "failed: it has no table "+other+", in which goose keeps what was applied")
	})
}

// TestAncestorsOfAlembic: a revision that is no head was applied if it lies
// behind one, by the files.
func TestAncestorsOfAlembic(t *testing.T) {
	w := newPostgres(t)
	at, _ := toolOf("alembic", false)
	w.newLedger("alembic", at)
	dir := filepath.Join(t.TempDir(), "versions")
	put := func(file, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	finds := func(version, in string) []rollout.Finding {
		t.Helper()
		of := values{"tool": "alembic", "version": version}
		if in != "" {
			of["directory"] = in
		}
		return w.finds(values{"migrations": []any{of}})
	}
	w.sql("INSERT INTO alembic_version VALUES ('e5')")
	w.expect(finds("a1", dir), "skipped: the revisions in "+dir+" cannot be read: there is no such folder")
	put("README", "revision = 'x'\n")
	w.expect(finds("a1", dir), "skipped: the revisions in "+dir+" cannot be read: no file there has a revision")
	put("a1.py", "\"\"\"first\n\nRevises:\n\"\"\"\nrevision = 'a1'\ndown_revision = None\nbranch_labels = None\ndepends_on = None\n")
	put("b2.py", "revision: str = \"b2\"\ndown_revision: Union[str, Sequence[str], None] = \"a1\"\n")
	put("more/c3.py", "revision = 'c3'\ndown_revision = 'a1'\ndepends_on = ('z9',)\n")
	put("z9.py", "revision = 'z9'\ndown_revision = None\n")
	put("d4.py", "revision = 'd4'\ndown_revision = (\n    'b2',\n    'c3',\n)\n")
	put("e5.py", "revision = 'e5'\ndown_revision = 'd4'\n")
	put("f6.py", "revision = 'f6'\ndown_revision = 'e5'\n")
	put("env.py", "from alembic import context\n")
	for _, version := range []string{"a1", "b2", "c3", "d4", "e5", "z9"} {
		w.expectPassed(finds(version, dir))
	}
	w.expectPassed(finds("e5", ""))
	w.expect(finds("f6", dir), "failed: the migration f6 is not applied; the latest that alembic has is e5")
	w.expect(finds("a1", ""), "skipped: its head is e5, and the files do not tell whether a1 comes before it")
	w.sql("INSERT INTO alembic_version VALUES ('g7')") // of a newer checkout
	w.expectPassed(finds("a1", dir))
	w.expect(finds("f6", dir), "skipped: its head is g7, and the files do not tell whether f6 comes before it")
	for name, text := range map[string]string{
		"h8.py": "revision = 'h8'\ndown_revision = before()\n",
		"i9.py": "revision = the_id\ndown_revision = 'a1'\n",
	} {
		put(name, text)
		w.expect(finds("a1", dir), "skipped: the revisions in "+dir+" cannot be read: "+name+" does not say what it comes after in a form that is known")
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDotted(t *testing.T) {
	in := []string{"1", "1.0.1", "1.2", "1_10", "2", "10", "20260301"}
	if got := slices.SortedFunc(slices.Values([]string{"10", "1_10", "20260301", "1", "2", "1.0.1", "1.2"}), compareDotted); !slices.Equal(got, in) {
		t.Errorf("the order is %q", got)
	}
	if dotted("01_2.0.0") != "1.2" || dotted("0") != "0" || compareNumbers("007", "7") != 0 {
		t.Error("zeros matter")
	}
}
