package migration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// mariadb is a server of its own, on a socket alone.
type mariadb struct {
	*testing.T
	socket string
	n      int
	is     Version
	wrong  []string // told at the end: the reader of cases stops at the first error
}

func startMariaDB(t *testing.T) *mariadb {
	t.Helper()
	for _, name := range []string{"mariadbd", "mysql_install_db", "mariadb"} {
		if _, err := exec.LookPath(name); err != nil {
			live(t, name)
		}
	}
	dir, err := os.MkdirTemp("", "review") //nolint:usetesting // t.TempDir is too long for the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // another user runs the server
		t.Fatal(err)
	}
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "s")
	install := asServer(t, dir, "mysql_install_db", "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mysql_install_db: %v\n%s", err, out)
	}
	server := asServer(t, dir, "mariadbd", "--no-defaults", "--datadir="+data, "--socket="+socket, "--skip-networking", "--skip-log-bin",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	db := &mariadb{T: t, socket: socket}
	t.Cleanup(func() {
		_, _ = db.run("", "SHUTDOWN")
		_ = server.Wait() // however it ends
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for t.Context().Err() == nil {
		if _, err := db.run("", "SELECT 1"); err == nil {
			return db
		}
	}
	t.Fatal("the server does not answer")
	return nil
}

// run runs statements in a database. Its error has what the server says.
func (db *mariadb) run(database, sql string) (string, error) {
	cmd := exec.Command("mariadb", "--no-defaults", "-S", db.socket, "-u", "root", "-N", database) //nolint:noctx // it also ends the server, after the test's context
	cmd.Stdin = strings.NewReader(sql)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return string(out), nil
}

// fresh makes a database with the tables of the schema, each with a row.
func (db *mariadb) fresh(schema string) string {
	db.Helper()
	db.n++
	name := fmt.Sprintf("d%d", db.n)
	const rows = `;INSERT INTO customers VALUES (1, 'somebody'); INSERT INTO orders (id, customer, kind, place) VALUES (1, 1, 'shop', POINT(1, 1)); INSERT INTO plain VALUES (1, 1, 'b'); INSERT INTO computed (id, a) VALUES (1, 1);`
	if _, err := db.run("", "CREATE DATABASE "+name+"; USE "+name+"; SET sql_mode = 'STRICT_ALL_TABLES';"+schema+rows); err != nil {
		db.Fatal(err)
	}
	return name
}

// cheapest asks the server, from the cheapest way on, whether it accepts a
// statement in that way. It returns "" where it takes it in none.
func (db *mariadb) cheapest(schema, before, statement string) string {
	db.Helper()
	for _, way := range []string{"INSTANT NONE", "NOCOPY NONE", "NOCOPY SHARED", "NOCOPY EXCLUSIVE", "INPLACE NONE", "INPLACE SHARED", "COPY NONE", "COPY SHARED", "COPY EXCLUSIVE"} {
		algorithm, lock, _ := strings.Cut(way, " ")
		clauses := "ALGORITHM=" + algorithm + ", LOCK=" + lock
		sql := statement + ", " + clauses
		switch {
		case strings.HasPrefix(statement, "CREATE"):
			sql = statement + " " + strings.ReplaceAll(clauses, ",", "")
		case strings.Contains(statement, "PARTITION BY"):
			sql = strings.Replace(statement, "PARTITION BY", clauses+" PARTITION BY", 1)
		}
		name := db.fresh(schema)
		_, err := db.run(name, "SET sql_mode = 'STRICT_ALL_TABLES'; "+before+sql)
		if _, gone := db.run("", "DROP DATABASE "+name); gone != nil {
			db.Fatal(gone)
		}
		if err == nil {
			return way
		}
	}
	return ""
}

// claimed is what a review says, in the words of the server.
func claimed(t *touch) []string {
	switch {
	case t == nil, t.lasts == Unknown:
		return nil
	case t.lock == lockExclusive:
		return []string{"NOCOPY EXCLUSIVE"}
	}
	lock := map[bool]string{true: "SHARED", false: "NONE"}[t.lock.writesWait()]
	switch t.lasts {
	case Instant:
		return []string{"INSTANT " + lock}
	case Metadata:
		return []string{"INSTANT " + lock, "NOCOPY " + lock}
	case Scan:
		return []string{"NOCOPY " + lock}
	case Rewrite:
		return []string{"INPLACE " + lock, "NOCOPY SHARED"}
	case Copy, Unknown:
	}
	return []string{"COPY " + lock}
}

// TestMariaDBAgrees asks a live server for the cheapest way in which it does each
// change of a table of the cases, and holds that against what the review said.
func TestMariaDBAgrees(t *testing.T) {
	db := startMariaDB(t)
	text, err := db.run("", "SELECT version()")
	number, _, _ := strings.Cut(text, "-")
	is, ok := ReadVersion(number)
	if err != nil || !ok || !MariaDB.Known(is) {
		live(t, "a version of MariaDB that is reviewed, instead of "+text)
	}
	db.is = is
	schema, judged := schemaOf(t, MariaDB), 0
	files, _ := filepath.Glob("testdata/mariadb_*.txt") // the pattern is well formed
	for _, file := range files {
		datadriven.RunTest(t, file, func(_ *testing.T, c *datadriven.TestData) string {
			if !c.HasArg("version") && db.judge(schema, c) {
				judged++
			}
			return c.Expected
		})
	}
	for _, w := range db.wrong {
		t.Error(w)
	}
	t.Logf("%d statements were held against the server", judged)
	if judged < 45 {
		t.Errorf("only %d statements were held against the server", judged)
	}
}

// judge compares the last statement of a case, if it is one of which a server can
// be asked how it does it.
func (db *mariadb) judge(schema string, c *datadriven.TestData) bool {
	db.Helper()
	pieces := scan(c.Input, true)
	last := strings.TrimSpace(pieces[len(pieces)-1].text)
	index := strings.HasPrefix(last, "CREATE INDEX") || strings.HasPrefix(last, "CREATE UNIQUE INDEX")
	if !strings.HasPrefix(last, "ALTER TABLE") && !index || strings.Contains(last, "ALGORITHM") || strings.Contains(last, "LOCK=") {
		return false
	}
	r := &review{options: Options{Dialect: MariaDB, Version: db.is}, state: newState(), expanded: map[string]bool{}}
	r.migration(Migration{text: schema})
	r.state.step, r.pending = 1, true
	r.begin(false)
	before := ""
	for _, p := range pieces[:len(pieces)-1] {
		r.mysql(p.text)
		before += p.text + "; "
	}
	table := strings.Fields(strings.ReplaceAll(last, "CREATE UNIQUE", "CREATE"))[2]
	if i := strings.Index(last, " ON "); index && i > 0 {
		table = strings.FieldsFunc(last[i+4:], func(r rune) bool { return r == ' ' || r == '(' })[0]
	}
	there := r.state.tables[table] != nil && r.state.tables[table].made
	e := r.mysql(last)
	want := claimed(longest(e.touches, table))
	if want == nil || !there || r.isNew(table) {
		return false
	}
	got := db.cheapest(schema, before, last)
	for _, w := range want {
		if w == got {
			return true
		}
	}
	db.wrong = append(db.wrong, fmt.Sprintf("%s: %s\n  the review says %q, the server does %q", c.Pos, last, want, got))
	return true
}
