package provider_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/neon"
)

// engine is a database of one of the two kinds in a world, and who may read it.
type engine struct {
	*world
	kind           string
	addr           string
	db, role       string
	url            func(user, password, database string) string
	exec           func(ctx context.Context, database, statements string) error
	passwordOf     string // the variable that holds the reader's password
	postgres       bool
	name, schema   string // as people call it; where tables are
	grantee        string
	connectsNobody string // keeps the reader from connecting
	connectsAgain  string
}

const readersPassword = "s3cret of the reader"

// engines are a database on PostgreSQL and one on MariaDB. The reader may connect,
// and see definitions.
func (w *world) engines() []*engine {
	w.Helper()
	p, m := databasestest.Postgres(w.T), databasestest.MariaDB(w.T)
	db, role := databasestest.Name("app"), databasestest.Name("reader")
	w.must(p.Exec(w.Context(), "postgres", "CREATE DATABASE "+db+"; "))
	w.must(p.Exec(w.Context(), db, "CREATE ROLE "+role+" LOGIN PASSWORD '"+readersPassword+"'"))
	w.must(m.Exec(w.Context(), "", "CREATE DATABASE "+db+"; CREATE USER "+role+" IDENTIFIED BY '"+readersPassword+"'; GRANT REFERENCES ON "+db+".* TO "+role))
	variable := strings.ToUpper("PASSWORD_OF_" + role)
	w.setenv(variable, readersPassword)
	return []*engine{
		{
			world: w, kind: "postgres_schema", addr: p.Addr(), db: db, role: role, url: p.URL, exec: p.Exec, passwordOf: variable, postgres: true, name: "PostgreSQL", schema: "public", grantee: role,
			connectsNobody: "ALTER ROLE " + role + " CONNECTION LIMIT 0", connectsAgain: "ALTER ROLE " + role + " CONNECTION LIMIT -1",
		},
		{
			world: w, kind: "mysql_schema", addr: m.Addr(), db: db, role: role, url: m.URL, exec: m.Exec, passwordOf: variable, name: "MariaDB", schema: db, grantee: role,
			connectsNobody: "ALTER USER " + role + " WITH MAX_CONNECTIONS_PER_HOUR 1", connectsAgain: "ALTER USER " + role + " WITH MAX_CONNECTIONS_PER_HOUR 0",
		},
	}
}

func (e *engine) sql(statements string) {
	e.Helper()
	e.must(e.exec(e.Context(), e.db, statements))
}

// block is a requirement whose address is in parts, of which some are others.
func (e *engine) block(more string, other ...string) string {
	host, port, err := net.SplitHostPort(e.addr)
	e.must(err)
	parts := map[string]string{"host": host, "port": port, "database": e.db, "user": e.role, "password_env": e.passwordOf}
	for i := 0; i+1 < len(other); i += 2 {
		parts[other[i]] = other[i+1]
	}
	text := ""
	for _, name := range []string{"host", "port", "database", "user", "password_env"} {
		text += fmt.Sprintf("      %s = %q\n", name, parts[name])
	}
	return e.whole(text + indented(more))
}

// whole is a requirement with an address of any sort.
func (e *engine) whole(text string) string { return "    " + e.kind + " {\n" + text + "    }\n" }

func indented(text string) string {
	if text == "" {
		return ""
	}
	return "      " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n      ") + "\n"
}

// onDatabases is a remedy for both kinds at once. says are the last parts of the
// messages' names.
func onDatabases(says, more string, provoke func(w *world, all []*engine) string, fix func(w *world, all []*engine, s said, out string)) remedy {
	ids := ""
	for _, last := range strings.Fields(says) {
		ids += "postgres_schema." + last + " mysql_schema." + last + " "
	}
	var all []*engine
	return remedy{
		says: ids + more,
		provoke: func(w *world) string {
			all = w.engines()
			return provoke(w, all)
		},
		fix: func(w *world, s said, out string) { fix(w, all, s, out) },
	}
}

// requiring writes a deployment with requirements of every engine.
func (w *world) requiringOf(all []*engine, block func(e *engine) string) {
	w.Helper()
	text := ""
	for _, e := range all {
		text += block(e)
	}
	w.simple("", "  requires {\n"+text+"  }\n")
}

// migrated are tables of an app that are as they are wanted, and ledgers that have
// what is wanted.
func migrated(e *engine) string {
	return e.block(minVersion(e, "10") + `
table {
  name    = "users"
}
table {
  name    = "orders"
  columns = ["sum"]
  indexes = ["orders_note", "orders_total"]
  column {
    name = "total"
    type = "numeric(12,2)"
  }
  column {
    name     = "note"
    nullable = false
  }
}
migrations {
  tool    = "goose"
  version = "7"
}
migrations {
  tool    = "rails"
  version = "7"
}
migrations {
  tool    = "django"
  version = "orders.0007_total"
}
migrations {
  tool    = "sqlx"
  version = "7"
}`)
}

func minVersion(e *engine, version string) string {
	if e.postgres {
		return "min_version = \"" + version + "\"\n"
	}
	return "engine = \"mariadb\"\nmin_version = \"" + version + "\"\n"
}

var databaseRemedies = []remedy{
	onDatabases("no_table no_column other_type nullability no_index bad_index no_ledger other_ledger not_applied dirty", "requirement.unmet todo.see_the_plan", func(w *world, all []*engine) string {
		for _, e := range all {
			e.sql("CREATE TABLE orders (id BIGINT PRIMARY KEY, total NUMERIC(10,2), note VARCHAR(20))")
			e.sql("CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, dirty BOOLEAN); CREATE TABLE django_migrations (app VARCHAR(255), name VARCHAR(255)); CREATE TABLE _sqlx_migrations (version BIGINT, success BOOLEAN); INSERT INTO _sqlx_migrations VALUES (7, false)")
			for _, ledger := range []string{"schema_migrations", "django_migrations", "_sqlx_migrations"} {
				e.sql("GRANT SELECT ON " + ledger + " TO " + e.role)
			}
			if e.postgres {
				e.sql("INSERT INTO orders VALUES (1, 2, 'a'), (2, 2, 'a')")
				if err := e.exec(w.Context(), e.db, "CREATE UNIQUE INDEX CONCURRENTLY orders_total ON orders (total)"); err == nil {
					w.Fatal("the index is valid")
				}
			} else {
				e.sql("CREATE INDEX orders_total ON orders (total); ALTER TABLE orders ALTER INDEX orders_total IGNORED")
			}
		}
		w.requiringOf(all, migrated)
		return w.planned()
	}, func(w *world, all []*engine, _ said, _ string) {
		for _, e := range all { // the migrations run
			change := "ALTER TABLE orders MODIFY total NUMERIC(12,2), MODIFY note VARCHAR(20) NOT NULL"
			if e.postgres {
				change = "ALTER TABLE orders ALTER total TYPE NUMERIC(12,2), ALTER note SET NOT NULL"
			}
			drop := "DROP INDEX orders_total ON orders"
			if e.postgres {
				drop = "DROP INDEX orders_total"
			}
			e.sql(drop + "; CREATE TABLE users (id INT); ALTER TABLE orders ADD sum INT; " + change + "; CREATE INDEX orders_total ON orders (total); CREATE INDEX orders_note ON orders (note)")
			e.sql("CREATE TABLE goose_db_version (id INT, version_id BIGINT, is_applied BOOLEAN); INSERT INTO goose_db_version VALUES (1, 7, true); GRANT SELECT ON goose_db_version TO " + e.role)
			e.sql("DROP TABLE schema_migrations; CREATE TABLE schema_migrations (version VARCHAR(255)); INSERT INTO schema_migrations VALUES ('7'); GRANT SELECT ON schema_migrations TO " + e.role)
			e.sql("INSERT INTO django_migrations VALUES ('orders', '0007_total'); UPDATE _sqlx_migrations SET success = true")
		}
	}),

	onDatabases("older", "mysql_schema.other_engine", func(w *world, all []*engine) string {
		w.requiringOf(all, func(e *engine) string {
			out := e.block(minVersion(e, "99"))
			if !e.postgres {
				out += e.block("engine = \"mysql\"\nmin_version = \"5.7\"")
			}
			return out
		})
		return w.planned()
	}, func(w *world, all []*engine, _ said, _ string) {
		w.requiringOf(all, func(e *engine) string { return e.block(minVersion(e, "10")) })
	}),

	onDatabases("unset no_url unreachable refused no_database busy", "requirement.unverified todo.verify", func(w *world, all []*engine) string {
		for _, e := range all {
			e.sql(strings.ReplaceAll(e.connectsNobody, e.role, e.other()))
			if !e.postgres { // the one of this hour
				_ = e.as(e.other())
			}
			w.setenv(strings.ToUpper(e.kind+e.role), "nothing that is an address")
		}
		w.requiringOf(all, func(e *engine) string {
			gone := databasestest.Name("late")
			if !e.postgres {
				e.sql("GRANT REFERENCES ON " + gone + ".* TO " + e.role)
			}
			return e.whole("      url_env = \"URL_OF_NOBODY_"+strings.ToUpper(e.role+e.kind)+"\"\n") +
				e.whole("      url_env = \""+strings.ToUpper(e.kind+e.role)+"\"\n") +
				e.block("", "port", "1", "host", "127.0.0.2") +
				e.block("", "user", "nobody", "host", "127.0.0.3") +
				e.block("", "database", gone) +
				e.block("", "user", e.other(), "host", "127.0.0.4")
		})
		return w.planned()
	}, func(w *world, all []*engine, _ said, out string) {
		text := w.read()
		for _, e := range all {
			e.sql(strings.ReplaceAll(e.connectsAgain, e.role, e.other()))
			for _, variable := range []string{"URL_OF_NOBODY_" + strings.ToUpper(e.role+e.kind), strings.ToUpper(e.kind + e.role)} {
				w.has(out, variable)
				w.setenv(variable, e.url(e.role, readersPassword, e.db))
			}
			_, port, err := net.SplitHostPort(e.addr)
			w.must(err)
			text = strings.Replace(text, "port = \"1\"", "port = \""+port+"\"", 1)
			text = strings.Replace(text, "user = \"nobody\"", "user = \""+e.role+"\"", 1)
			for _, m := range regexp.MustCompile(`database = "(late_\d+)"`).FindAllStringSubmatch(text, -1) {
				_ = e.exec(w.Context(), e.db, "CREATE DATABASE "+m[1]) // the other server's is of no use, and does no harm
			}
		}
		w.provided(w.configured(), resourceOf(text))
	}),

	onDatabases("denied late unasked heads no_graph", "", func(w *world, all []*engine) string {
		for _, e := range all {
			for _, ledger := range []string{"denied", "held"} {
				e.sql("CREATE TABLE " + ledger + " (version BIGINT PRIMARY KEY, dirty BOOLEAN); INSERT INTO " + ledger + " VALUES (7, false)")
			}
			e.sql("CREATE TABLE two (v BIGINT); INSERT INTO two VALUES (1), (2); CREATE VIEW broken AS SELECT (SELECT v FROM two) AS version, false AS dirty")
			e.sql("CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('b2')")
			for _, ledger := range []string{"held", "broken", "alembic_version"} {
				e.sql("GRANT SELECT ON " + ledger + " TO " + e.role)
			}
		}
		w.requiringOf(all, func(e *engine) string {
			n := 1
			at := func(migrations string) string { // whose titles are alike, Terraform prints as one
				n++
				return e.block("migrations {\n"+migrations+"}", "host", fmt.Sprintf("127.0.0.%d", n))
			}
			golang := func(ledger string) string {
				return at("  tool = \"golang_migrate\"\n  table = \"" + ledger + "\"\n  version = \"7\"\n")
			}
			return golang("denied") + golang("held") + golang("broken") + at("  tool = \"alembic\"\n  version = \"a1\"\n") +
				at("  tool = \"alembic\"\n  version = \"a1\"\n  directory = \""+filepath.Join(w.dir, "versions")+"\"\n")
		})
		defer w.holding(all, "held")()
		return w.planned()
	}, func(w *world, all []*engine, _ said, out string) {
		for _, e := range all {
			e.sql("DROP VIEW broken; CREATE TABLE broken (version BIGINT PRIMARY KEY, dirty BOOLEAN); INSERT INTO broken VALUES (7, false); GRANT SELECT ON broken TO " + e.role)
		}
		given := regexp.MustCompile(`(?m)^[│ ]*  (GRANT SELECT ON (TABLE )?.*;)`).FindAllStringSubmatch(out, -1)
		for _, g := range given {
			e := all[1]
			if g[2] != "" {
				e = all[0]
			}
			e.sql(strings.ReplaceAll(g[1], "<account>", e.role))
		}
		if len(given) != 2 {
			w.Errorf("it prints %d grants:\n%s", len(given), out)
		}
		dir := filepath.Join(w.dir, "versions")
		w.must(os.MkdirAll(dir, 0o700))
		w.must(os.WriteFile(filepath.Join(dir, "a1.py"), []byte("revision = 'a1'\ndown_revision = None\n"), 0o600))
		w.must(os.WriteFile(filepath.Join(dir, "b2.py"), []byte("revision = 'b2'\ndown_revision = 'a1'\n"), 0o600))
		w.provided(w.configured(), resourceOf(strings.ReplaceAll(w.read(), "version = \"a1\"\n      }", "version = \"a1\"\n        directory = \""+dir+"\"\n      }")))
	}),
}

// resourceOf is what a configuration has behind its provider.
func resourceOf(text string) string { return text[strings.Index(text, "resource \""):] }

// other is another reader, who may connect.
func (e *engine) other() string {
	name := e.role + "_2"
	if e.postgres {
		_ = e.exec(e.Context(), e.db, "CREATE ROLE "+name+" LOGIN PASSWORD '"+readersPassword+"'") // it may be there
	} else {
		_ = e.exec(e.Context(), "", "CREATE USER "+name+" IDENTIFIED BY '"+readersPassword+"'; GRANT REFERENCES ON "+e.db+".* TO "+name)
	}
	return name
}

// as connects somebody once.
func (e *engine) as(user string) error {
	c := e.client(user, readersPassword)
	defer func() { _ = c.Close() }()
	return c.PingContext(e.Context())
}

// client is one of MariaDB.
func (e *engine) client(user, password string) *sql.DB {
	e.Helper()
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd, c.DBName, c.Logger = "tcp", e.addr, user, password, e.db, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	e.must(err)
	return sql.OpenDB(connector)
}

// holding keeps everybody from a table until the function that it returns is
// called.
func (w *world) holding(all []*engine, table string) (end func()) {
	w.Helper()
	ctx := context.WithoutCancel(w.Context())
	var ends []func()
	for _, e := range all {
		if e.postgres {
			c, err := pgconn.Connect(ctx, e.url(databases.Owner, databases.Password, e.db))
			w.must(err)
			w.must(c.Exec(ctx, "BEGIN; LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE").Close())
			ends = append(ends, func() { _ = c.Close(ctx) })
			continue
		}
		db := e.client(databases.Owner, databases.Password)
		c, err := db.Conn(ctx)
		w.must(err)
		_, err = c.ExecContext(ctx, "LOCK TABLES "+table+" WRITE")
		w.must(err)
		ends = append(ends, func() { _, _ = c.Close(), db.Close() })
	}
	return func() {
		for _, end := range ends {
			end()
		}
	}
}

// Neon.

const onNeon = "shiny-wind-028834"

// neonBlock requires that an endpoint is as all of them should be.
func neonBlock(endpoint, more string) string {
	return "    neon_endpoint {\n      project  = \"" + onNeon + "\"\n      endpoint = \"" + endpoint + "\"\n" + indented(more) + "    }\n"
}

const sized = "min_cu = 0.5\nmax_cu = 4\nsuspend_timeout = \"never\"\nstate = \"active\""

var wellSized = neon.Settings{MinCU: 0.5, MaxCU: 4, Suspend: -1, State: "active"}

// onNeonAlone is a remedy on Neon, which the environment says where it is.
func onNeonAlone(says string, provoke func(w *world, box *neon.Sandbox) string, fix func(w *world, box *neon.Sandbox)) remedy {
	var box *neon.Sandbox
	return remedy{
		says: says, alone: true,
		provoke: func(w *world) string {
			box = w.neon()
			return provoke(w, box)
		},
		fix: func(w *world, _ said, _ string) { fix(w, box) },
	}
}

// neon is Neon, with a key in the environment.
func (w *world) neon() *neon.Sandbox {
	w.Helper()
	box, err := neon.Start(neon.Options{Now: w.clock.Now, Key: "napi_everything"})
	w.must(err)
	w.Cleanup(func() {
		box.Close()
		for _, v := range box.Violations() {
			w.Errorf("the sandbox of Neon saw: %s", v)
		}
	})
	w.setenv("ROLLOUT_NEON_ENDPOINT", box.URL())
	w.setenv("NEON_API_KEY", box.KeyOf(onNeon))
	return box
}

var neonRemedies = []remedy{
	onNeonAlone("neon_endpoint.gone neon_endpoint.other_size neon_endpoint.other_suspend neon_endpoint.disabled neon_endpoint.becoming neon_endpoint.other_state neon_endpoint.busy", func(w *world, box *neon.Sandbox) string {
		box.Endpoint(onNeon, "ep-small", neon.Settings{MinCU: 0.25, MaxCU: 2, State: "active"})
		box.Endpoint(onNeon, "ep-off", neon.Settings{MinCU: 0.5, MaxCU: 4, Suspend: -1, State: "idle", Disabled: true})
		box.Endpoint(onNeon, "ep-waking", neon.Settings{MinCU: 0.5, MaxCU: 4, Suspend: -1, State: "idle", Pending: "active"})
		box.Endpoint(onNeon, "ep-idle", neon.Settings{MinCU: 0.5, MaxCU: 4, Suspend: -1, State: "idle"})
		box.Endpoint(onNeon, "ep-busy", wellSized)
		w.must(box.Change(onNeon, "ep-busy", 0.5, 4))
		text := ""
		for _, endpoint := range []string{"ep-none", "ep-small", "ep-off", "ep-waking", "ep-idle", "ep-busy"} {
			text += neonBlock(endpoint, sized)
		}
		w.simple("", "  requires {\n"+text+"  }\n")
		return w.planned()
	}, func(w *world, box *neon.Sandbox) {
		for _, endpoint := range []string{"ep-none", "ep-small", "ep-off", "ep-waking", "ep-idle"} {
			box.Endpoint(onNeon, endpoint, wellSized)
		}
		w.clock.Advance(5 * time.Minute)
	}),

	onNeonAlone("neon_endpoint.no_key neon_endpoint.unauthenticated neon_endpoint.denied neon_endpoint.unasked neon_endpoint.unreadable", func(w *world, box *neon.Sandbox) string {
		for _, endpoint := range []string{"ep-one", "ep-two", "ep-three", "ep-four", "ep-five"} {
			box.Endpoint(onNeon, endpoint, wellSized)
		}
		w.setenv("KEY_THAT_ENDED", "napi_ended")
		defer box.Fault(neon.Fault{Status: http.StatusForbidden, Path: "ep-three"})()
		defer box.Fault(neon.Fault{Status: http.StatusTeapot, Path: "ep-four"})()
		defer box.Fault(neon.Fault{Status: neon.Cut, Path: "ep-five"})()
		w.simple("", "  requires {\n"+neonBlock("ep-one", "api_key_env = \"KEY_OF_NOBODY\"")+neonBlock("ep-two", "api_key_env = \"KEY_THAT_ENDED\"")+neonBlock("ep-three", "")+neonBlock("ep-four", "")+neonBlock("ep-five", "")+"  }\n")
		return w.planned()
	}, func(w *world, box *neon.Sandbox) {
		w.setenv("KEY_OF_NOBODY", box.KeyOf(onNeon))
		w.setenv("KEY_THAT_ENDED", box.KeyOf(onNeon))
	}),

	onNeonAlone("neon_endpoint.no_address", func(w *world, box *neon.Sandbox) string {
		box.Endpoint(onNeon, "ep-one", wellSized)
		w.setenv("ROLLOUT_NEON_ENDPOINT", "http://example.com")
		w.simple("", "  requires {\n"+neonBlock("ep-one", "")+"  }\n")
		return w.planned()
	}, func(w *world, box *neon.Sandbox) { w.setenv("ROLLOUT_NEON_ENDPOINT", box.URL()) }),
}

// TestNobodyTellsSecrets: neither plan nor state nor what is printed has the
// password, however it was given.
func TestNobodyTellsSecretsOfDatabases(t *testing.T) {
	w := newWorld(t)
	w.suits(`  required_version = ">= 1.11"` + "\n")
	all := w.engines()
	whole := func(more string) {
		text := ""
		for _, e := range all {
			w.env = append(w.env, "TF_VAR_"+e.kind+"="+e.url(e.role, readersPassword, e.db))
			text += e.whole(indented("url_wo = var."+e.kind)) + more
		}
		w.simple("", "  requires {\n"+text+"  }\n")
		w.put("variables.tf", "variable \"postgres_schema\" {\n  ephemeral = true\n}\nvariable \"mysql_schema\" {\n  ephemeral = true\n}\n")
	}
	whole(all[0].block("", "user", "nobody") + all[1].block("", "user", "nobody"))
	out, _ := w.terraform("plan", "-no-color", "-input=false", "-out=plan.bin")
	shown, _ := w.terraform("show", "-json", "plan.bin")
	failed := w.fails("does not accept the credentials")
	whole("")
	done := w.applies()
	state, _ := w.terraform("show", "-json")
	for what, text := range map[string]string{"the plan": out, "the saved plan": shown, "the apply that failed": failed, "the apply": done, "the state": state} {
		if strings.Contains(text, "s3cret") || strings.Contains(text, "://"+all[0].role) || !strings.Contains(text, "url_wo") {
			t.Errorf("%s tells it, or nothing:\n%s", what, text)
		}
	}
	// The same in a barrier, which takes it from the configuration too.
	text := ""
	for _, e := range all {
		text += e.whole(indented("url_wo = var." + e.kind))
	}
	w.write("resource \"rollout_preflight\" \"ready\" {\n  requires {\n" + text + "  }\n}\n")
	w.applies()
	w.quiet()
}

// hasDatabases makes what the example about databases names.
func (w *world) hasDatabases() {
	w.Helper()
	all := w.engines()
	all[0].sql("CREATE TABLE orders (id BIGINT, customer_id BIGINT, total NUMERIC(12,2) NOT NULL); CREATE INDEX orders_total_idx ON orders (total)")
	all[0].sql("CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, dirty BOOLEAN NOT NULL); INSERT INTO schema_migrations VALUES (8, false); GRANT SELECT ON schema_migrations TO " + all[0].role)
	const reports = "DROP DATABASE IF EXISTS reports; DROP USER IF EXISTS rollout"
	e := all[1]
	e.must(e.exec(w.Context(), "", reports+"; CREATE DATABASE reports; CREATE TABLE reports.daily (day DATE, revenue DECIMAL(12,2)); CREATE USER rollout IDENTIFIED BY '"+readersPassword+"'; GRANT REFERENCES ON reports.* TO rollout"))
	w.Cleanup(func() { _ = e.exec(context.Background(), "", reports) })
	host, port, err := net.SplitHostPort(e.addr)
	w.must(err)
	w.setenv("DATABASE_URL", all[0].url(all[0].role, readersPassword, all[0].db))
	w.setenv("MYSQL_PASSWORD", readersPassword)
	w.neon().Endpoint(onNeon, "ep-main", wellSized)
	w.others = map[string]string{"mysql_host": host, "mysql_port": port, "neon_project": onNeon, "neon_endpoint": "ep-main"}
}

// TestReportOnDatabases: the data source looks by environment variables alone.
func TestReportOnDatabases(t *testing.T) {
	w := newWorld(t)
	all := w.engines()
	text := ""
	for _, e := range all {
		e.sql("CREATE TABLE orders (id BIGINT)")
		text += e.block("table {\n  name = \"orders\"\n}")
	}
	w.write("data \"rollout_preflight\" \"databases\" {\n  requires {\n" + text + "  }\n}\noutput \"passed\" {\n  value = data.rollout_preflight.databases.passed\n}\n")
	w.has(w.applies(), "passed = true")
	all[0].sql("DROP TABLE orders")
	w.has(w.applies(), "passed = false")
	w.write("data \"rollout_preflight\" \"databases\" {\n  requires {\n    postgres_schema {\n      url_wo = \"x\"\n    }\n  }\n}\n")
	if out, code := w.terraform("validate", "-no-color"); code == 0 || !strings.Contains(out, "\"url_wo\" is not expected here") {
		t.Errorf("it takes what would stand in state:\n%s", out)
	}
}

// TestWriteOnlyThatIsNotKnown: an address that an apply makes is asked in that
// apply, and not before.
func TestWriteOnlyThatIsNotKnown(t *testing.T) {
	w := newWorld(t)
	w.suits(`  required_version = ">= 1.11"` + "\n")
	e := w.engines()[0]
	w.write("resource \"terraform_data\" \"late\" {\n  input = \"" + e.url(e.role, readersPassword, e.db) + "\"\n}\n" +
		"resource \"rollout_preflight\" \"ready\" {\n  requires {\n" + e.whole(indented("url_wo = terraform_data.late.output")) + "  }\n}\n")
	w.has(w.planned(), "Some requirements are looked at in apply", "postgres_schema: it is not known before apply")
	w.applies()
	w.quiet()
}
