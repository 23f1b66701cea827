package migrationreview

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

type values = preflighttest.Values

// secret is a value in a statement, which no finding may show.
const secret = "s3cret-of-a-row"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return fresh(t) })
}

// harness is a folder. There is nobody to ask.
type harness struct {
	dir   string
	block values
}

func fresh(t *testing.T) *harness {
	h := &harness{dir: t.TempDir()}
	h.block = values{"directory": h.dir, "dialect": "postgres", "version": "15"}
	h.put(t, "1_a.up.sql", "SET lock_timeout = '1s'; ALTER TABLE orders ADD COLUMN note text DEFAULT '"+secret+"';")
	return h
}

func (h *harness) put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (h *harness) Open(t *testing.T) rollout.Check {
	t.Helper()
	clients := cloud.New(cloud.Config{Clock: clocktest.New(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))})
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(t *testing.T, s preflighttest.State) bool {
	if s == preflighttest.Missing {
		h.put(t, "2_b.up.sql", "DELETE FROM orders; UPDATE orders SET note = '"+secret+"'; syntax '"+secret+"' error;")
	}
	return s <= preflighttest.Missing
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return "" }
func (h *harness) Calls() int         { return 0 }
func (h *harness) Writes() int        { return 0 }
func (h *harness) Secrets() []string  { return []string{secret} }

func (h *harness) run(t *testing.T) []rollout.Finding {
	t.Helper()
	return h.Open(t).Run(t.Context(), nil, nil)
}

func TestRun(t *testing.T) {
	const column = "SET lock_timeout = '1s'; ALTER TABLE orders ADD COLUMN note text;"
	for name, c := range map[string]struct {
		block values
		files []string
		want  []string // how each finding begins
	}{
		"nothing to say":   {nil, []string{"1_a.up.sql", column}, []string{"passed: nothing in 2 statements of 1 migration harms anybody"}},
		"all is applied":   {values{"applied_through": "1"}, []string{"1_a.up.sql", "DROP TABLE a;"}, []string{"passed: nothing is pending"}},
		"a drop":           {nil, []string{"1_a.up.sql", "SET lock_timeout = '1s'; DROP TABLE a;", "1_a.down.sql", ""}, []string{"failed: what serves now may fail while the candidate rises: 1_a.up.sql:1 PG011 a: Drops a table"}},
		"unread":           {values{"unread_since": map[string]any{"a": "2026-11-01"}}, []string{"1_a.up.sql", "SET lock_timeout = '1s'; DROP TABLE a;", "1_a.down.sql", ""}, []string{"passed"}},
		"unread too short": {values{"unread_since": map[string]any{"a": "2026-11-01"}, "retention": "30d"}, []string{"1_a.up.sql", "SET lock_timeout = '1s'; DROP TABLE a;", "1_a.down.sql", ""}, []string{"failed: what serves now may fail while the candidate rises: 1_a.up.sql:1 PG011 a"}},
		"worth a look":     {nil, []string{"1_a.up.sql", "ALTER TABLE orders ADD COLUMN note text;"}, []string{"passed", "failed: some statements are worth a look:\n  1_a.up.sql:1 PG060 orders"}},
		"the tool limits":  {values{"lock_timeout": true}, []string{"1_a.up.sql", "ALTER TABLE orders ADD COLUMN note text;"}, []string{"passed"}},
		"allowed":          {nil, []string{"1_a.up.sql", "-- rollout:allow PG040 it is small\nCREATE INDEX i ON a (b);"}, []string{"passed: nothing in 1 statement of 1 migration harms anybody", "failed: some statements are allowed, each for the reason beside it:\n  1_a.up.sql:2 PG040 a.i: it is small"}},
		"no such folder":   {values{"directory": "nowhere"}, nil, []string{"failed: . cannot be read: no such file or directory"}},
		"no such schema":   {values{"schema_file": "nowhere.sql"}, []string{"1_a.up.sql", column}, []string{"failed: nowhere.sql cannot be read: no such file or directory"}},
		"no files":         {nil, nil, []string{"failed: no file in it is a migration"}},
		"two tools":        {nil, []string{"1_a.up.sql", column, "V1__a.sql", column}, []string{"failed: its files are like those of several tools"}},
		"no such version":  {values{"pending": []any{"9"}}, []string{"1_a.up.sql", column}, []string{"failed: no migration has the version 9"}},
		"MySQL": {
			values{"dialect": "mysql", "version": "8.0.36"},
			[]string{"1_a.up.sql", "SET lock_wait_timeout = 5; ALTER TABLE a DROP PRIMARY KEY;"},
			[]string{"failed: 1_a.up.sql:1 MY014 a: Drops the primary key"},
		},
	} {
		h := &harness{dir: t.TempDir(), block: values{"directory": "", "dialect": "postgres", "version": "15"}}
		h.block["directory"] = h.dir
		for k, v := range c.block {
			h.block[k] = v
		}
		for i := 0; i < len(c.files); i += 2 {
			h.put(t, c.files[i], c.files[i+1])
		}
		got := h.run(t)
		ok := len(got) == len(c.want)
		for i := range min(len(got), len(c.want)) {
			ok = ok && strings.HasPrefix(got[i].Status.String()+": "+got[i].Why, strings.TrimSuffix(c.want[i], ":"))
		}
		if !ok {
			t.Errorf("%s: got %+v\nwant %q", name, got, c.want)
		}
	}
}

// TestWayBack: what cannot come back ends the way home, and so does what cannot be
// reviewed; what somebody has allowed does not.
func TestWayBack(t *testing.T) {
	const limit = "SET lock_timeout = '1s'; "
	for name, c := range map[string]struct {
		block values
		text  string
		want  rollout.WayBack
	}{
		"nothing":           {text: limit + "ALTER TABLE orders ADD COLUMN note text;"},
		"all is applied":    {block: values{"applied_through": "1"}, text: "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;"},
		"only worth a look": {text: "ALTER TABLE orders ADD COLUMN note text;"},
		"allowed":           {text: limit + "\n-- rollout:allow PG019 every reader takes NULL\nALTER TABLE orders ALTER COLUMN note DROP NOT NULL;"},
		"NULL from now on": {
			text: limit + "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;",
			want: rollout.WayBack{Ends: rollout.AtPromotion, Why: "1_a.up.sql:1 PG019 orders.note: Rows with NULL stay, and the former revision may choke on them; 1_a.up.sql:1 XX003 orders.note: Nothing brings it back but a backup"},
		},
		"what is refused anyway": {
			text: limit + "DROP TABLE a;",
			want: rollout.WayBack{Ends: rollout.AtPromotion, Why: "1_a.up.sql:1 PG011 a: What was in it is gone; the former revision fails until it is restored; 1_a.up.sql:1 XX003 a: Nothing brings it back but a backup"},
		},
		"many": {
			text: limit + strings.Repeat("ALTER TYPE kind ADD VALUE 'new';\n", 5),
			want: rollout.WayBack{Ends: rollout.AtPromotion, Why: "1_a.up.sql:1 PG015 kind.new: Rows with the new value stay; 1_a.up.sql:2 PG015 kind.new: Rows with the new value stay; 1_a.up.sql:3 PG015 kind.new: Rows with the new value stay; and 2 more"},
		},
		"a ledger, which forgets": {
			block: values{"url_env": "DATABASE_URL", "migrations": []any{values{"tool": "golang_migrate"}}}, text: "SELECT 1;",
			want: rollout.WayBack{Ends: rollout.AtPromotion, Why: msgLedgerForgets.Why + ". With applied_through in the place of migrations the files tell, and a way home that they leave stays open"},
		},
		"nobody can tell": {
			block: values{"pending": []any{"9"}}, text: "SELECT 1;",
			want: rollout.WayBack{Ends: rollout.AtPromotion, Unsure: true, Why: "whether the migrations leave a way home is not known: no migration has the version 9, so nobody can tell what is pending"},
		},
	} {
		h := &harness{dir: t.TempDir(), block: values{"directory": "", "dialect": "postgres", "version": "15"}}
		h.block["directory"] = h.dir
		for k, v := range c.block {
			h.block[k] = v
		}
		h.put(t, "1_a.up.sql", c.text)
		clients := cloud.New(cloud.Config{Clock: clocktest.New(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))})
		if got := Kind().WayBack(t.Context(), preflighttest.Block(t, Kind(), h.block), clients); got != c.want {
			t.Errorf("%s: got %+v\nwant %+v", name, got, c.want)
		}
	}
}

// Many findings are not one message each.
func TestMany(t *testing.T) {
	h := fresh(t)
	h.put(t, "2_b.up.sql", strings.Repeat("CREATE INDEX ON orders (note);", 23))
	got := h.run(t)
	if last := got[shown].Why; len(got) != shown+1 || last != "there are 3 findings more" {
		t.Errorf("%d findings, the last of which is %q", len(got), last)
	}
	h.put(t, "2_b.up.sql", strings.Repeat("ALTER TYPE kind ADD VALUE 'new';\n", 23))
	if got = h.run(t); len(got) != 2 || !got[1].Advisory || strings.Count(got[1].Why, "\n  2_b") != shown || strings.HasSuffix(got[1].Why, "\n") {
		t.Errorf("got %+v", got)
	}
}

func TestValidate(t *testing.T) {
	with := func(pairs ...any) values {
		v := values{"directory": "x", "dialect": "postgres", "version": "15"}
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i].(string)] = pairs[i+1]
		}
		return v
	}
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"good":                  {with("format", "goose", "retention", "36h", "unread_since", map[string]any{"a.b": "2026-01-31"}), nil},
		"unknown":               {with("dialect", preflighttest.Unknown, "version", preflighttest.Unknown, "format", preflighttest.Unknown, "retention", preflighttest.Unknown), nil},
		"unknown dialect":       {with("dialect", preflighttest.Unknown, "version", "nine"), nil},
		"another dialect":       {with("dialect", "oracle"), []string{"dialect"}},
		"a version with a word": {with("version", "15beta"), []string{"version"}},
		"an old version":        {with("version", "11"), []string{"version"}},
		"a version to come":     {with("version", "19"), []string{"version"}},
		"5.6":                   {with("dialect", "mysql", "version", "5.6"), nil},
		"8.4.3":                 {with("dialect", "mysql", "version", "8.4.3"), nil},
		"9.0":                   {with("dialect", "mysql", "version", "9.0"), []string{"version"}},
		"10.11":                 {with("dialect", "mariadb", "version", "10.11.6"), nil},
		"11.4":                  {with("dialect", "mariadb", "version", "11.4"), []string{"version"}},
		"another format":        {with("format", "liquibase"), []string{"format"}},
		"both":                  {with("applied_through", "1", "pending", []any{"2"}), []string{"pending"}},
		"no time":               {with("retention", "7"), []string{"retention"}},
		"no day":                {with("unread_since", map[string]any{"a": "2026-02-30"}), []string{"unread_since"}},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
