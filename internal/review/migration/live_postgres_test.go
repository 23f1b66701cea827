package migration

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// live skips a test where a server is not installed, but not in CI.
func live(t *testing.T, missing string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not here, and CI has to have it", missing)
	}
	t.Skipf("%s is not here: what the rules claim is not held against a server", missing)
}

// binary finds a program of PostgreSQL, where Debian keeps several versions.
func binary(t *testing.T, name string) string {
	t.Helper()
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well formed
	if path, err := exec.LookPath(name); err == nil {
		versions = append(versions, path)
	}
	if len(versions) == 0 {
		live(t, name+" of PostgreSQL")
	}
	return versions[0]
}

// asServer returns a command that runs as somebody whom PostgreSQL lets run a
// server, which root is not.
func asServer(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() == 0 {
		if err := exec.CommandContext(t.Context(), "chown", "-R", "nobody", dir).Run(); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"-u", "nobody", "--", name}, args...)
		name = "runuser"
	}
	return exec.CommandContext(t.Context(), name, args...)
}

// startPostgres starts a server of its own, which listens on a socket alone.
func startPostgres(t *testing.T) string {
	t.Helper()
	initdb, ctl := binary(t, "initdb"), binary(t, "pg_ctl")
	dir, err := os.MkdirTemp("", "review") //nolint:usetesting // t.TempDir is too long for the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // another user runs the server
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	if out, err := asServer(t, dir, initdb, "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	start := asServer(t, dir, ctl, "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", "-c listen_addresses='' -k "+dir+" -F -c autovacuum=off -c timezone=UTC", "start")
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("pg_ctl: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		stop := exec.Command(ctl, "-D", data, "-m", "immediate", "stop") //nolint:noctx // the test's context has ended
		if os.Geteuid() == 0 {
			stop = exec.Command("runuser", "-u", "nobody", "--", ctl, "-D", data, "-m", "immediate", "stop") //nolint:noctx // as above
		}
		if out, err := stop.CombinedOutput(); err != nil {
			t.Errorf("pg_ctl stop: %v\n%s", err, out)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// session is psql, which is asked one thing after the other.
type session struct {
	*testing.T
	in  io.WriteCloser
	out *bufio.Reader
}

func connect(t *testing.T, at, database string) *session {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "psql", "-XAtq", "-h", at, "-U", "tester", "-d", database)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		live(t, "psql")
	}
	s := &session{t, in, bufio.NewReader(out)}
	t.Cleanup(func() {
		_ = in.Close() // ends psql
		_ = cmd.Wait() // however it ends
	})
	return s
}

// send begins to run statements, of which nobody waits for the end.
func (s *session) send(sql string) {
	s.Helper()
	if _, err := fmt.Fprintf(s.in, "%s\n;\n\\echo -END-\n", sql); err != nil {
		s.Fatal(err)
	}
}

// lines are what comes until the end of what was sent.
func (s *session) lines() []string {
	s.Helper()
	var out []string
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.Fatalf("psql ended: %v", err)
		}
		if line = strings.TrimRight(line, "\n"); line == "-END-" {
			return out
		}
		out = append(out, line)
	}
}

func (s *session) ask(sql string) []string {
	s.Helper()
	s.send(sql)
	return s.lines()
}

// must is ask for what has to succeed.
func (s *session) must(sql string) []string {
	s.Helper()
	out := s.ask(sql)
	if i := slices.IndexFunc(out, func(l string) bool { return strings.HasPrefix(l, "ERROR:") }); i >= 0 {
		s.Fatalf("%s\n%s", sql, strings.Join(out, "\n"))
	}
	return out
}

// filling gives every table some rows, so that reading and writing them shows.
const filling = `
INSERT INTO customers SELECT n, 'somebody' FROM generate_series(1, 500) n;
INSERT INTO orders SELECT n, n, 'note', 'e' || n, n::text, 1, 1, n, 'shop', now(), now(), '10.0.0.1', '10.0.0.0/8', '{}', n FROM generate_series(1, 500) n;
INSERT INTO sales SELECT n, 1 FROM generate_series(1, 500) n;
INSERT INTO events SELECT '2025-05-05', 'x' FROM generate_series(1, 500);
INSERT INTO events_2026 SELECT date '2026-01-01' + n % 365, 'x' FROM generate_series(0, 364) n;
INSERT INTO events_2027 SELECT '2027-05-05', 'x' FROM generate_series(1, 500);
INSERT INTO visits SELECT '2025-05-05', 'x' FROM generate_series(1, 500);
INSERT INTO visits_2030 SELECT '2030-05-05', 'x' FROM generate_series(1, 500);
INSERT INTO levels SELECT n, 1, 'x' FROM generate_series(1, 500) n;
CREATE UNIQUE INDEX totals_once ON totals (customer);
REFRESH MATERIALIZED VIEW totals;
`

// inSchema asks for the tables of the schema: what is new belongs to nobody yet.
const inSchema = `SELECT oid, relname, relfilenode FROM pg_class WHERE relkind IN ('r', 'm', 'p') AND relnamespace = 'public'::regnamespace ORDER BY relname`

// observed is what a server did to one table.
type observed struct {
	lock  lock
	lasts Lasts
}

// TestPostgresAgrees runs every case of testdata on a live server, statement by
// statement, and holds the locks, the files and the rows that were read against
// what the review said. It may say that it does not know; it may not say less than
// what happened, nor more.
func TestPostgresAgrees(t *testing.T) {
	at := startPostgres(t)
	admin := connect(t, at, "postgres")
	version, err := strconv.Atoi(admin.must("SHOW server_version_num")[0])
	is := Version{Major: version / 10000, Minor: version % 10000}
	if err != nil || !Postgres.Known(is) {
		live(t, "a version of PostgreSQL that is reviewed, instead of "+strconv.Itoa(version))
	}
	schema := schemaOf(t, Postgres)
	admin.must("CREATE DATABASE model")
	connect(t, at, "model").must(schema + filling)
	admin.must("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'model'")
	n, judged := 0, 0
	var wrong []string
	files, _ := filepath.Glob("testdata/postgres_*.txt") // the pattern is well formed
	for _, file := range files {
		datadriven.RunTest(t, file, func(_ *testing.T, c *datadriven.TestData) string {
			if n++; c.HasArg("version") {
				return c.Expected
			}
			database := "case" + strconv.Itoa(n)
			admin.must("CREATE DATABASE " + database + " TEMPLATE model")
			o := &oracle{T: t, at: at, database: database, where: c.Pos, is: is}
			judged += o.judge(schema, c.Input)
			wrong = append(wrong, o.wrong...)
			admin.must("DROP DATABASE " + database + " WITH (FORCE)")
			return c.Expected
		})
	}
	for _, w := range wrong {
		t.Error(w)
	}
	t.Logf("%d statements were held against the server", judged)
	if judged < 100 {
		t.Errorf("only %d statements were held against the server", judged)
	}
}

type oracle struct {
	*testing.T
	at, database, where string
	is                  Version
	// wrong is told at the end: the reader of cases stops at the first error.
	wrong []string
}

// judge runs the statements of a case and compares. It returns how many it could.
func (o *oracle) judge(schema, text string) int {
	o.Helper()
	r := &review{options: Options{Dialect: Postgres, Version: o.is}, state: newState(), expanded: map[string]bool{}}
	r.migration(Migration{text: schema})
	r.state.step, r.pending = 1, true
	r.begin(false)
	s := connect(o.T, o.at, o.database)
	judged, there := 0, map[string]bool{}
	for _, b := range o.look(s, "") {
		there[b.name] = true
	}
	for _, p := range scan(text, false) {
		e := r.postgres(p.text)
		if blind(e) {
			return judged
		}
		if !e.ddl || e.alone && r.tx.open {
			s.ask(p.text)
			continue
		}
		var got map[string]observed
		var ok bool
		switch {
		case e.alone:
			got, ok = o.concurrently(s, p.text)
		case r.tx.open:
			got, ok = o.inside(s, p.text)
		default:
			s.must("BEGIN")
			got, ok = o.inside(s, p.text)
			s.ask("COMMIT")
		}
		if ok {
			judged++
			for name := range got {
				if !there[name] { // the case made it: nobody else uses it
					delete(got, name)
				}
			}
			o.compare(p.text, e, got)
		}
	}
	return judged
}

func blind(e effect) bool {
	return slices.ContainsFunc(e.hits, func(h hit) bool { return h.rule == "PG063" })
}

type before struct {
	name string
	file string
	read int
	lock lock
}

// look asks for files and rows read so far, by the oid of a table.
func (o *oracle) look(s *session, oids string) map[string]before {
	o.Helper()
	out := map[string]before{}
	for _, line := range s.must(inSchema) {
		parts := strings.Split(line, "|")
		if oids == "" || strings.Contains(oids, ","+parts[0]+",") {
			out[parts[0]] = before{name: parts[1], file: parts[2]}
		}
	}
	for _, line := range s.must("SELECT relid, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_all_tables WHERE schemaname = 'public'") {
		parts := strings.Split(line, "|")
		if b, ok := out[parts[0]]; ok {
			b.read, _ = strconv.Atoi(parts[1])
			out[parts[0]] = b
		}
	}
	for _, line := range s.must("SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted") {
		parts := strings.Split(line, "|")
		if b, ok := out[parts[0]]; ok {
			b.lock = max(b.lock, mode(parts[1]))
			out[parts[0]] = b
		}
	}
	return out
}

func mode(text string) lock {
	for l := accessShare; l <= accessExclusive; l++ {
		if strings.ReplaceAll(strings.ToLower(l.String()), " ", "")+"lock" == strings.ToLower(text) {
			return l
		}
	}
	return 0
}

// inside runs a statement in the transaction that is open.
func (o *oracle) inside(s *session, sql string) (map[string]observed, bool) {
	o.Helper()
	was := o.look(s, "")
	if out := s.ask(sql); slices.ContainsFunc(out, func(l string) bool { return strings.HasPrefix(l, "ERROR:") }) {
		o.Logf("%s: the server refuses it: %s", sql, strings.Join(out, " "))
		return nil, false
	}
	now := o.look(s, "")
	got := map[string]observed{}
	for oid, b := range was {
		a, still := now[oid]
		if !still { // it was dropped, and is still locked
			for _, line := range s.must("SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = " + oid) {
				a.lock = max(a.lock, mode(line))
			}
			a.file = b.file
		}
		seen := observed{lock: a.lock, lasts: Metadata}
		if b.lock >= a.lock && b.lock > 0 {
			seen.lock = 0 // the transaction held it before
		}
		switch {
		case a.file != b.file && !strings.HasPrefix(sql, "TRUNCATE"):
			seen.lasts = Rewrite
		case a.read-b.read >= 300:
			seen.lasts = Scan
		}
		got[b.name] = seen
	}
	return got, true
}

// concurrently runs a statement that no transaction may hold, while others keep it
// waiting so that its locks can be seen: one has written to the tables, which holds
// up its first phase; the other holds partitions and the materialized view, which
// holds up what it does after the first has gone.
func (o *oracle) concurrently(s *session, sql string) (map[string]observed, bool) {
	o.Helper()
	w := watch{oracle: o, looker: connect(o.T, o.at, o.database), pid: s.must("SELECT pg_backend_pid()")[0], got: map[string]observed{}}
	w.before = w.looker.must(w.about("query_start"))[0]
	writer, holder := connect(o.T, o.at, o.database), connect(o.T, o.at, o.database)
	first, second := writer.must("SELECT pg_backend_pid()")[0], holder.must("SELECT pg_backend_pid()")[0]
	writer.must("BEGIN; LOCK TABLE orders, events, customers IN ROW EXCLUSIVE MODE")
	holder.must("BEGIN; REFRESH MATERIALIZED VIEW totals; LOCK TABLE events_2025, events_2026 IN ACCESS SHARE MODE")
	s.send(sql)
	w.until(first, second)
	writer.must("ROLLBACK")
	w.until(second)
	holder.must("ROLLBACK")
	out := s.lines()
	return w.got, !slices.ContainsFunc(out, func(l string) bool { return strings.HasPrefix(l, "ERROR:") })
}

// watch looks at what a statement of another session holds and asks for.
type watch struct {
	*oracle
	looker      *session
	pid, before string
	got         map[string]observed
}

func (w *watch) about(column string) string {
	return "SELECT " + column + " FROM pg_stat_activity WHERE pid = " + w.pid
}

// until looks until the statement ended or waits for one of those sessions.
func (w *watch) until(blockers ...string) {
	w.Helper()
	for {
		now := w.looker.must(w.about("state = 'idle', query_start, pg_blocking_pids(pid) && '{" + strings.Join(blockers, ",") + "}'"))[0]
		for _, line := range w.looker.must("SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE l.pid = " + w.pid + " AND c.relkind IN ('r', 'p', 'm') AND c.relnamespace = 'public'::regnamespace") {
			parts := strings.Split(line, "|")
			w.got[parts[0]] = observed{lock: max(w.got[parts[0]].lock, mode(parts[1]))}
		}
		parts := strings.Split(now, "|")
		if ended := parts[0] == "t" && parts[1] != w.before; ended || parts[2] == "t" {
			return
		}
	}
}

// compare holds what a review says against what happened.
func (o *oracle) compare(sql string, e effect, got map[string]observed) {
	o.Helper()
	said := map[string]touch{}
	for _, t := range e.touches {
		was := said[t.table]
		said[t.table] = touch{t.table, max(was.lock, t.lock), max(was.lasts, t.lasts)}
	}
	for _, name := range sorted(got) {
		seen, claim := got[name], said[name]
		if held := seen.lock == 0; !held && claim.lock != seen.lock && (seen.lock >= shareUpdateExclusive || claim.lock >= shareUpdateExclusive) {
			o.wrong = append(o.wrong, fmt.Sprintf("%s: %s\n  on %s the review says %q, the server takes %q", o.where, sql, name, claim.lock, seen.lock))
		}
		if seen.lasts == 0 || claim.lasts == Unknown || claim.lock == 0 && seen.lock < shareUpdateExclusive {
			continue
		}
		if claim.lasts != seen.lasts && (claim.lock >= share || seen.lock >= share) {
			o.wrong = append(o.wrong, fmt.Sprintf("%s: %s\n  on %s the review says %q, the server does %q", o.where, sql, name, claim.lasts, seen.lasts))
		}
	}
}
