package databaseschema

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// guided are the statements of the guide that make the role of a kind, with the
// names of a test.
func (w *world) guided() []string {
	w.Helper()
	text, err := os.ReadFile("../../docs/templates/guides/databases.md.tmpl")
	if err != nil {
		w.Fatal(err)
	}
	block := regexp.MustCompile("(?s)<!-- grants: " + w.kind.Name + " -->\n```sql\n(.*?)```").FindStringSubmatch(string(text))
	if block == nil {
		w.Fatalf("the guide has no grants for %s", w.kind.Name)
	}
	sql := strings.NewReplacer("'rollout'", w.role, "rollout", w.role, "change me", strings.ReplaceAll(password, "'", "''"), "DATABASE app", "DATABASE "+w.db, " app.", " "+w.db+".").Replace(block[1])
	return strings.Split(strings.TrimSpace(sql), "\n")
}

// TestGrants makes the role as the guide says, where nobody has any right
// otherwise: then it passes. Without any one of the grants it says which is
// missing, and giving what it prints mends it.
func TestGrants(t *testing.T) {
	both(t, func(w *world) {
		w.shop()
		w.sql(w.noRole())
		if w.isPostgres() {
			w.sql("REVOKE ALL ON DATABASE " + w.db + " FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC")
		}
		statements := w.guided()
		if len(statements) < 3 {
			t.Fatalf("the guide has %q", statements)
		}
		for _, s := range statements {
			w.sql(s)
		}
		w.expectPassed(w.finds(wants()))
		for _, grant := range statements[1:] {
			on := strings.TrimSuffix(strings.TrimPrefix(grant, "GRANT "), ";")
			w.sql("REVOKE " + strings.Replace(on, " TO ", " FROM ", 1))
			found := w.finds(wants())
			if len(found) != 1 || found[0].Status != rollout.Skipped || !strings.HasSuffix(found[0].Why, "is denied") || !strings.Contains(found[0].Why, strings.Fields(on)[0]) {
				t.Fatalf("without %q: %+v", grant, found)
			}
			w.sql(strings.ReplaceAll(w.printed(found[0]), "<account>", w.role))
			w.expectPassed(w.finds(wants()))
		}
	})
}

// noRole takes the role away that a world has from the beginning.
func (w *world) noRole() string {
	if w.isPostgres() {
		return "DROP OWNED BY " + w.role + "; DROP ROLE " + w.role
	}
	return "DROP USER " + w.role
}

// printed is the statement that a finding tells to run: a line of its own.
func (w *world) printed(f rollout.Finding) string {
	w.Helper()
	for _, line := range strings.Split(f.Fix, "\n") {
		if strings.HasPrefix(line, "  GRANT ") {
			return line
		}
	}
	w.Fatalf("it prints no grant: %s", f.Fix)
	return ""
}

// TestRoleThatIsNobodys: the role of a connection string is not named.
func TestRoleThatIsNobodys(t *testing.T) {
	both(t, func(w *world) {
		w.shop()
		w.Become(t, preflighttest.Denied)
		block := wants()
		block["url_wo"] = w.url(w.role, password, w.db)
		found := w.runs(block)
		if len(found) != 1 || found[0].Status != rollout.Skipped || strings.Contains(found[0].Fix, w.role) || strings.Contains(found[0].Fix, w.db) {
			t.Errorf("found %+v", found)
		}
	})
}

// TestNothingCanBeChanged: who looks with that role can change nothing, even if the
// session were not read-only.
func TestNothingCanBeChanged(t *testing.T) {
	w := newPostgres(t)
	w.shop()
	w.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC; REVOKE TEMPORARY ON DATABASE " + w.db + " FROM PUBLIC")
	for _, s := range []string{"SELECT * FROM orders", "DELETE FROM schema_migrations", "CREATE TABLE t (c int)", "CREATE TEMP TABLE t (c int)"} {
		if err := w.as(s); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestItReadsOnly: a ledger that writes when it is read is not read, whoever looks.
func TestItReadsOnly(t *testing.T) {
	both(t, func(w *world) {
		w.sql("CREATE TABLE notes (n BIGINT)")
		create := "CREATE FUNCTION noted() RETURNS BIGINT LANGUAGE sql AS 'INSERT INTO public.notes VALUES (1) RETURNING 7'"
		if !w.isPostgres() {
			create = "CREATE FUNCTION noted() RETURNS BIGINT MODIFIES SQL DATA BEGIN INSERT INTO notes VALUES (1); RETURN 7; END"
		}
		w.sql(create)
		w.sql("CREATE VIEW schema_migrations AS SELECT noted() AS version, false AS dirty")
		w.reads("schema_migrations")
		want := "skipped: it answered with an error"
		if w.isPostgres() {
			w.sql("GRANT INSERT, SELECT ON notes TO " + w.role)
		} else { // such a view cannot even be opened, so that it is not among the tables
			w.sql("GRANT EXECUTE ON FUNCTION noted TO " + w.role)
			want = "failed: it has no table " + w.db + ".schema_migrations, in which golang_migrate keeps what was applied"
		}
		w.expect(w.finds(values{"migrations": []any{values{"tool": "golang_migrate", "version": "7"}}}), want)
	})
}

// TestNobodyStandsInForTheCatalog: functions of the app's own that are called as those
// of the catalog are not asked.
func TestNobodyStandsInForTheCatalog(t *testing.T) {
	w := newPostgres(t)
	w.shop()
	w.sql("CREATE SCHEMA evil; CREATE FUNCTION evil.format_type(oid, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'uuid' $$; " +
		"GRANT USAGE ON SCHEMA evil TO " + w.role + "; ALTER ROLE " + w.role + " SET search_path = evil, public, pg_catalog")
	w.expectPassed(w.finds(wants()))
}
