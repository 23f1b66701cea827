package databaseschema

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/databases/databasestest"
)

// table is a block of that name with these values.
func aTable(v values) values { return values{"table": []any{v}} }

func TestWhatIsThere(t *testing.T) {
	both(t, func(w *world) {
		w.shop()
		public, server, elsewhere := "public.", "it is PostgreSQL ", "failed: it has no table other.orders"
		if !w.isPostgres() { // what one has no right on is hidden
			public, server, elsewhere = w.db+".", "it is MariaDB ", "skipped: REFERENCES on the database is denied"
		}
		found := w.finds(wants())
		if len(found) != 1 || found[0].Status != rollout.Passed || !strings.HasPrefix(found[0].Why, server) || !strings.HasSuffix(found[0].Why, " and has 1 table and the migration 7 as wanted") {
			t.Errorf("found %+v", found)
		}
		if found[0].Object != "127.0.0.1/"+w.db {
			t.Errorf("object %q", found[0].Object)
		}
		for _, c := range []struct {
			block values
			want  []string
		}{
			{aTable(values{"name": "order"}), []string{"failed: it has no table " + public + "order"}},
			{aTable(values{"name": "orders", "schema": "other"}), []string{elsewhere}},
			{aTable(values{"name": "orders", "columns": []any{"sum", "id"}}), []string{"failed: " + public + "orders has no column sum"}},
			{aTable(values{"name": "orders", "column": []any{values{"name": "sum", "type": "text"}}}), []string{"failed: " + public + "orders has no column sum"}},
			{aTable(values{"name": "orders", "column": []any{values{"name": "note", "nullable": false}}}), []string{"failed: " + public + "orders.note is nullable, not NOT NULL"}},
			{aTable(values{"name": "orders", "column": []any{values{"name": "id", "nullable": true}}}), []string{"failed: " + public + "orders.id is NOT NULL, not nullable"}},
			{aTable(values{"name": "orders", "indexes": []any{"orders_note"}}), []string{"failed: " + public + "orders has no index orders_note"}},
			{
				aTable(values{"name": "orders", "columns": []any{"a"}, "indexes": []any{"b"}}),
				[]string{"failed: " + public + "orders has no column a", "failed: " + public + "orders has no index b"},
			},
		} {
			w.expect(w.finds(c.block), c.want...)
		}
	})
}

func TestTypesThatDiffer(t *testing.T) {
	both(t, func(w *world) {
		w.shop()
		found := w.finds(aTable(values{"name": "orders", "column": []any{values{"name": "total", "type": "numeric(10,2)"}}}))
		want := "failed: public.orders.total is numeric(12,2), not numeric(10,2)"
		if !w.isPostgres() {
			want = "failed: " + w.db + ".orders.total is decimal(12,2), not numeric(10,2)"
		}
		w.expect(found, want)
	})
}

// TestTypesOnPostgres declares each column by the type that people write, and asks for
// it in the same words.
func TestTypesOnPostgres(t *testing.T) {
	w := newPostgres(t)
	w.sql("CREATE TYPE mood AS ENUM ('good'); CREATE TYPE \"Mood\" AS ENUM ('good'); CREATE SCHEMA other; CREATE TYPE other.mood AS ENUM ('bad')")
	for i, typ := range []string{
		"int", "INTEGER", "int4", "int8", "bigint", "smallint", "int2", "bool", "text", "varchar", "varchar(20)", "character varying(20)", "char", "char(3)", "bpchar",
		"numeric", "numeric(12, 2)", "decimal(5)", "real", "float4", "float8", "double  precision", "timestamp", "timestamp(3)", "timestamptz", "timestamptz(3)",
		"timestamp with time zone", "timestamp(3) without time zone", "time", "timetz", "date", "interval", "uuid", "json", "jsonb", "bytea", "inet", "cidr",
		"bit(3)", "varbit(3)", "text[]", "int[][]", "varchar(5)[]", "timestamptz[]", "mood", "public.mood", "other.mood", `"Mood"`, "mood[]", "xml", "tsvector", "int4range", "bigserial",
	} {
		t.Run(typ, func(t *testing.T) {
			name := databasestest.Name("t")
			w.sql("CREATE TABLE " + name + " (c " + typ + ")")
			in := w.finds(aTable(values{"name": name, "column": []any{values{"name": "c", "type": typ}}}))
			if typ == "int[][]" { // PostgreSQL keeps no dimensions
				w.expect(in, "failed: public."+name+".c is integer[], not int[][]")
				return
			}
			if len(in) != 1 || in[0].Status != rollout.Passed {
				t.Errorf("%d: %+v", i, in)
			}
			if out := w.finds(aTable(values{"name": name, "column": []any{values{"name": "c", "type": "oid"}}})); out[0].Status != rollout.Failed {
				t.Errorf("it passes for another type: %+v", out)
			}
		})
	}
	w.sql("CREATE TABLE moods (c other.mood, d varchar(20), e timestamp)")
	for column, typ := range map[string]string{"c": "mood", "d": "varchar", "e": "timestamptz"} {
		if found := w.finds(aTable(values{"name": "moods", "column": []any{values{"name": column, "type": typ}}})); found[0].Status != rollout.Failed {
			t.Errorf("%s passes for %s: %+v", column, typ, found)
		}
	}
}

// TestTypesOnMariaDB is TestTypesOnPostgres there.
func TestTypesOnMariaDB(t *testing.T) {
	w := newMariaDB(t)
	for _, typ := range []string{
		"int", "INTEGER", "int(11)", "int unsigned", "INT(10) UNSIGNED", "bigint", "bigint(20) unsigned zerofill", "tinyint(1)", "bool", "boolean", "smallint",
		"decimal(12, 2)", "numeric(12,2)", "double", "double precision", "float", "varchar(20)", "char(3)", "text", "longtext", "datetime", "datetime(6)", "timestamp", "date",
		"enum('a', 'B  c')", "set('a','b')", "blob", "varbinary(16)", "bit(3)", "year(4)",
	} {
		t.Run(typ, func(t *testing.T) {
			name := databasestest.Name("t")
			w.sql("CREATE TABLE " + name + " (c " + typ + ")")
			if in := w.finds(aTable(values{"name": name, "column": []any{values{"name": "C", "type": typ}}})); len(in) != 1 || in[0].Status != rollout.Passed {
				t.Errorf("%+v", in)
			}
			if out := w.finds(aTable(values{"name": name, "column": []any{values{"name": "c", "type": "varchar(7)"}}})); out[0].Status != rollout.Failed {
				t.Errorf("it passes for another type: %+v", out)
			}
		})
	}
	for found, wanted := range map[string]string{"int(10) unsigned": "int", "enum('a','b')": "enum('a','B')", "decimal(12,2)": "decimal(12,3)", "varchar(20)": "varchar"} {
		if (my{}).sameType(found, wanted, "") {
			t.Errorf("%s is %s", found, wanted)
		}
	}
	if !(my{}).sameType("int unsigned", "int(10)  UNSIGNED", "") { // as MySQL 8.4 shows it
		t.Error("a width matters")
	}
}

func TestIndexesThatAreOfNoUse(t *testing.T) {
	both(t, func(w *world) {
		w.shop()
		if w.isPostgres() {
			w.sql("INSERT INTO orders VALUES (1, 2, 'a'), (2, 2, 'a')")
			if err := w.exec(t.Context(), w.db, "CREATE UNIQUE INDEX CONCURRENTLY orders_note ON orders (note)"); err == nil {
				t.Fatal("the index is not invalid")
			}
			w.expect(w.finds(aTable(values{"name": "orders", "indexes": []any{"orders_note"}})), "failed: the index orders_note of public.orders is not valid: creating it broke off, or goes on")
			return
		}
		w.sql("ALTER TABLE orders ALTER INDEX orders_total IGNORED")
		w.expect(w.finds(aTable(values{"name": "orders", "indexes": []any{"ORDERS_TOTAL"}})), "failed: the index ORDERS_TOTAL of "+w.db+".orders is ignored: no query uses it")
	})
}

func TestVersions(t *testing.T) {
	both(t, func(w *world) {
		engine, other := values{}, values{}
		if !w.isPostgres() {
			engine, other = values{"engine": "mariadb"}, values{"engine": "mysql", "min_version": "5.7"}
		}
		for version, ok := range map[string]bool{"9.6": true, "10": true, "10.0.0": true, "99": false, "99.1": false} {
			engine["min_version"] = version
			found := w.finds(engine)
			if passed := found[0].Status == rollout.Passed; passed != ok || !ok && !strings.HasSuffix(found[0].Why, ", older than "+version) {
				t.Errorf("%s: %+v", version, found)
			}
		}
		if len(other) > 0 {
			if found := w.finds(other); found[0].Status != rollout.Failed || !strings.HasSuffix(found[0].Why, ", not MySQL") {
				t.Errorf("found %+v", found)
			}
		}
	})
	for text, want := range map[string][]int{"10.11.14-MariaDB-0+deb12u2": {10, 11, 14}, "8.4.0": {8, 4, 0}, "8.0.35-27": {8, 0, 35}, "x": nil, "": nil, "15beta1": {15}} {
		if got := numbers(text); !slices.Equal(got, want) {
			t.Errorf("%s is %v", text, got)
		}
	}
}

// TestAddresses asks by each way to say where the server is.
func TestAddresses(t *testing.T) {
	both(t, func(w *world) {
		w.shop()
		whole := w.url(w.role, password, w.db)
		t.Setenv("DATABASE_OF_A_TEST", whole)
		t.Setenv("PASSWORD_OF_A_TEST", password)
		host, port, _ := net.SplitHostPort(w.addr)
		own := []string{"host=" + host + " port=" + port + " dbname=" + w.db + " user=" + w.role + " password='" + strings.ReplaceAll(password, "'", `\'`) + "'", whole + "?pgbouncer=true&schema=public&connection_limit=5"}
		if !w.isPostgres() {
			own = []string{w.role + ":" + password + "@tcp(" + w.addr + ")/" + w.db, strings.Replace(whole, "mysql:", "mysql2:", 1) + "?pool=5&reconnect=true"}
		}
		for _, text := range own {
			w.passes(values{"url_wo": text}, "of url_wo")
		}
		w.passes(values{"url_wo": whole + "\n"}, "of url_wo")
		w.passes(values{"url_env": "DATABASE_OF_A_TEST"}, "of DATABASE_OF_A_TEST")
		w.passes(w.block(values{"password_wo": nil, "password_env": "PASSWORD_OF_A_TEST"}), host+"/"+w.db)
		w.passes(w.block(values{"sslmode": "require"}), host+"/"+w.db)
		w.passes(w.block(values{"sslmode": "verify-full", "ca_certificate": w.ca}), host+"/"+w.db)
		w.passes(w.block(values{"sslmode": "disable"}), host+"/"+w.db)
	})
}

// passes runs a check that finds the shop, whatever the address.
func (w *world) passes(block values, object string) {
	w.Helper()
	for name, v := range wants() {
		block[name] = v
	}
	found := w.runs(block)
	if len(found) != 1 || found[0].Status != rollout.Passed || found[0].Object != object || strings.Contains(found[0].Why, "verified") {
		w.Errorf("found %+v", found)
	}
}

// TestTLS: a server that is not this machine has to show who it is, unless a
// person says otherwise; and then a finding repeats it.
func TestTLS(t *testing.T) {
	both(t, func(w *world) {
		if w.elsewhere == "" {
			t.Skip("this machine has no address but loopback")
		}
		w.shop()
		w.addr = w.elsewhere
		whole := strings.Replace(w.url(w.role, password, w.db), "127.0.0.1", strings.Split(w.elsewhere, ":")[0], 1)
		const invalid = "skipped: it could not be asked: its certificate is not valid"
		doubt := func(found []rollout.Finding) {
			t.Helper()
			if len(found) != 1 || found[0].Status != rollout.Passed || !strings.HasSuffix(found[0].Why, "; nobody verified that it is the right server, as its sslmode says") {
				t.Errorf("found %+v", found)
			}
		}
		sure := func(found []rollout.Finding) {
			t.Helper()
			if len(found) != 1 || found[0].Status != rollout.Passed || strings.Contains(found[0].Why, "verified") {
				t.Errorf("found %+v", found)
			}
		}
		w.expect(w.finds(nil), invalid)
		w.expect(w.finds(values{"sslmode": "verify-ca"}), invalid)
		sure(w.finds(values{"ca_certificate": w.ca}))
		sure(w.finds(values{"ca_certificate": w.ca, "sslmode": "verify-ca"}))
		sure(w.finds(values{"ca_certificate": w.ca, "sslmode": "require"})) // as libpq has it
		doubt(w.finds(values{"sslmode": "require"}))
		doubt(w.finds(values{"sslmode": "disable"}))
		w.expect(w.runs(values{"url_wo": whole}), invalid)
		sure(w.runs(values{"url_wo": whole, "ca_certificate": w.ca}))
		doubt(w.runs(values{"url_wo": whole + "?sslmode=require"}))
		doubt(w.runs(values{"url_wo": whole + "?sslmode=disable"}))
		doubt(w.runs(values{"url_wo": whole + "?sslmode=prefer"}))
		words := []string{"host=" + strings.Split(w.elsewhere, ":")[0] + " port=" + strings.Split(w.elsewhere, ":")[1] + " dbname=" + w.db + " user=" + w.role + " password='" + strings.ReplaceAll(password, "'", `\'`) + "'", " sslmode=require"}
		if !w.isPostgres() {
			words = []string{w.role + ":" + password + "@tcp(" + w.elsewhere + ")/" + w.db, "?tls=skip-verify"}
			doubt(w.runs(values{"url_wo": words[0] + "?tls=preferred"}))
			doubt(w.runs(values{"url_wo": words[0] + "?tls=false"}))
			w.expect(w.runs(values{"url_wo": words[0] + "?tls=true"}), invalid)
			sure(w.runs(values{"url_wo": words[0] + "?tls=true", "ca_certificate": w.ca}))
			doubt(w.runs(values{"url_wo": whole + "?ssl-mode=REQUIRED"}))
			w.expect(w.runs(values{"url_wo": whole + "?ssl-mode=VERIFY_IDENTITY"}), invalid)
		}
		w.expect(w.runs(values{"url_wo": words[0]}), invalid)
		doubt(w.runs(values{"url_wo": words[0] + words[1]}))
		t.Setenv("PGSSLMODE", "disable") // the environment of another program is nobody's word on this
		w.expect(w.runs(values{"url_wo": whole}), invalid)
	})
}

func TestWhatKeepsItFromLooking(t *testing.T) {
	both(t, func(w *world) {
		w.shop()
		t.Setenv("UNSET_OF_A_TEST", "")
		t.Setenv("ODD_OF_A_TEST", "s3cr :// odd\x7f")
		gone := "127.0.0.1"
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", gone+":0")
		if err != nil {
			t.Fatal(err)
		}
		_, closed, _ := net.SplitHostPort(l.Addr().String())
		_ = l.Close()
		port := 0
		for _, d := range closed {
			port = port*10 + int(d-'0')
		}
		w.expect(w.runs(values{"url_env": "UNSET_OF_A_TEST"}), "skipped: url_env names UNSET_OF_A_TEST, which is empty here")
		w.expect(w.runs(w.block(values{"password_wo": nil, "password_env": "UNSET_OF_A_TEST"})), "skipped: password_env names UNSET_OF_A_TEST, which is empty here")
		people := "PostgreSQL"
		if !w.isPostgres() {
			people = "MySQL or MariaDB"
		}
		w.expect(w.runs(values{"url_env": "ODD_OF_A_TEST"}), "skipped: what ODD_OF_A_TEST holds is no address of a "+people+" server, or names a file that cannot be read")
		w.expect(w.finds(values{"port": port}), "skipped: it could not be asked: the connection was refused")
		w.expect(w.finds(values{"password_wo": "another"}), "skipped: it does not accept the credentials, or nobody from this machine, or nobody without TLS")
		w.expect(w.finds(values{"host": "nobody.invalid"}), "skipped: it could not be asked: its host name is not known here")
		if w.isPostgres() {
			w.expect(w.finds(values{"database": "nothing"}), "failed: there is no such database")
		} else {
			w.sql("GRANT REFERENCES ON `nothing`.* TO " + w.role)
			w.expect(w.finds(values{"database": "nothing"}), "failed: there is no such database")
		}
		babble := databasestest.Through(t, "", databasestest.Saying("HTTP/1.1 400 Bad Request\r\n\r\ns3cr"))
		w.addr = babble.Addr
		odd := "what answers there does not speak as PostgreSQL does"
		if !w.isPostgres() {
			odd = "the connection was cut"
		}
		w.expect(w.finds(nil), "skipped: it could not be asked: "+odd)
		if w.isPostgres() { // "N": no TLS
			w.addr = databasestest.Through(t, "", databasestest.Saying("N")).Addr
			w.expect(w.finds(values{"sslmode": "require"}), "skipped: it could not be asked: it does not speak TLS, as sslmode, or the default for other machines than this one, asks for")
		}
		silent := databasestest.Through(t, "", databasestest.Silent)
		w.addr = silent.Addr
		w.expect(w.finds(values{"timeout": "50ms"}), "skipped: it did not tell in time")
	})
}

// TestUnderALock: on PostgreSQL the look waits for nobody, not even for who holds
// ACCESS EXCLUSIVE; but for the ledger's rows, which are no catalog.
func TestUnderALock(t *testing.T) {
	w := newPostgres(t)
	w.shop()
	hold := w.holds("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	w.expectPassed(w.finds(wants()))
	hold()
	hold = w.holds("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
	w.expect(w.finds(wants()), "skipped: it did not tell in time")
	hold()
	w.expectPassed(w.finds(wants()))
}

func (w *world) expectPassed(found []rollout.Finding) {
	w.Helper()
	if len(found) != 1 || found[0].Status != rollout.Passed {
		w.Errorf("found %+v", found)
	}
}

func TestValidate(t *testing.T) {
	for _, k := range []preflight.Kind{Postgres(), MySQL()} {
		parts := func(more values) values {
			out := values{"host": "db", "database": "app", "user": "u"}
			for name, v := range more {
				out[name] = v
			}
			return out
		}
		migrations := func(tool, version string) values {
			return parts(values{"migrations": []any{values{"tool": tool, "version": version}}})
		}
		for name, c := range map[string]struct {
			block values
			want  []string
		}{
			"parts":               {parts(nil), nil},
			"an unknown host":     {values{"host": preflighttest.Unknown, "database": "app", "user": "u", "password_wo": preflighttest.Unknown}, nil},
			"a variable":          {values{"url_env": "DATABASE_URL"}, nil},
			"write-only":          {values{"url_wo": "x"}, nil},
			"no address":          {values{}, []string{""}},
			"two":                 {values{"url_env": "A", "url_wo": "x"}, []string{""}},
			"no user":             {values{"host": "db", "database": "app"}, []string{"host"}},
			"nothing beside host": {values{"host": "db"}, []string{"host", "host"}},
			"beside a whole":      {values{"url_env": "A", "user": "u", "sslmode": "disable", "password_wo": "x"}, []string{"user", "sslmode", ""}},
			"two passwords":       {parts(values{"password_env": "A", "password_wo": "x"}), []string{"password_env"}},
			"no variable":         {values{"url_env": "postgres://u:s3cr@h/db"}, []string{""}},
			"no password's":       {parts(values{"password_env": "a-b"}), []string{""}},
			"sslmode":             {parts(values{"sslmode": "prefer"}), []string{"sslmode"}},
			"no certificate":      {parts(values{"ca_certificate": "x"}), []string{"ca_certificate"}},
			"no version":          {parts(values{"min_version": "15.x"}), []string{"min_version"}},
			"no time":             {parts(values{"timeout": "0s"}), []string{"timeout"}},
			"too long":            {parts(values{"timeout": "61s"}), []string{"timeout"}},
			"no tool":             {migrations("make", "1"), []string{"migrations"}},
			"rails":               {migrations("rails", "20260301120000"), nil},
			"no number":           {migrations("goose", "v1"), []string{"migrations"}},
			"flyway":              {migrations("flyway", "2_1.3"), nil},
			"V of flyway":         {migrations("flyway", "V2"), []string{"migrations"}},
			"django":              {migrations("django", "orders.0007_total"), nil},
			"no app":              {migrations("django", "0007_total"), []string{"migrations"}},
			"liquibase":           {migrations("liquibase", "db/1.xml::1::me"), nil},
			"no author":           {migrations("liquibase", "1"), []string{"migrations"}},
			"no version of it":    {migrations("alembic", ""), []string{"migrations"}},
			"a folder":            {parts(values{"migrations": []any{values{"tool": "rails", "version": "1", "directory": "x"}}}), []string{"migrations"}},
		} {
			if k.Name == kindMySQL && name == "no version" {
				c.block["engine"] = "mysql"
			}
			if got := preflighttest.Faulty(t, k, c.block); !slices.Equal(got, c.want) {
				t.Errorf("%s, %s: at %q", k.Name, name, got)
			}
			for _, p := range k.Validate(t.Context(), preflighttest.Block(t, k, c.block)) {
				if strings.Contains(p.Error(), "s3cr") {
					t.Errorf("%s tells it: %s", name, p)
				}
			}
			if _, err := k.Open(t.Context(), preflighttest.Block(t, k, c.block), cloud.New(cloud.Config{})); (err == nil) != (len(c.want) == 0) {
				t.Errorf("%s: opened with %v", name, err)
			}
		}
	}
	if got := preflighttest.Faulty(t, MySQL(), values{"url_env": "A", "min_version": "8"}); !slices.Equal(got, []string{"min_version"}) {
		t.Errorf("a version of nobody: at %q", got)
	}
	if got := preflighttest.Faulty(t, MySQL(), values{"url_env": "A", "engine": "tidb"}); !slices.Equal(got, []string{"engine"}) {
		t.Errorf("another engine: at %q", got)
	}
}
