package databaseschema

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// tool is a migration tool: the table in which it keeps what was applied, and how
// that is read.
type tool struct {
	name, table string
	// schema is the table's own, "" where it is the app's.
	schema string
	// columns are those that are read. A table that lacks one is another tool's,
	// and so is one that has one of never.
	columns, never []string
	// lock is the table in which it says that it is at work.
	lock string
	// form is what a version is, for people.
	form  string
	valid func(version string) bool
	read  func(rows []row, version string) state
}

// state is what a ledger says of one migration.
type state struct {
	applied bool
	latest  string // of those that are applied
	dirty   string // what is not finished, "" for nothing
	heads   []string
}

// The names of the tools, as configuration writes them.
func toolNames() []string {
	return []string{"alembic", "atlas", "dbmate", "django", "ecto", "flyway", "goose", "golang_migrate", "liquibase", "prisma", "rails", "sqlx"}
}

// toolOf returns a tool by its name. Liquibase writes the names of its tables in
// capitals, which PostgreSQL folds and MySQL keeps.
func toolOf(name string, capitals bool) (tool, bool) {
	const numbered = "a number, like 20260301120000"
	t := tool{name: name, form: numbered, valid: number.MatchString}
	switch name {
	case "rails", "dbmate":
		t.table, t.columns, t.never, t.read = "schema_migrations", []string{"version"}, []string{"dirty", "inserted_at"}, listed("version", sameNumber)
	case "ecto":
		t.table, t.columns, t.read = "schema_migrations", []string{"version", "inserted_at"}, listed("version", sameNumber)
	case "golang_migrate":
		t.table, t.columns, t.read = "schema_migrations", []string{"version", "dirty"}, golangMigrate
	case "alembic":
		t.table, t.columns, t.read = "alembic_version", []string{"version_num"}, alembic
		t.form, t.valid = "the id of a revision, like 1975ea83b712", word.MatchString
	case "flyway":
		t.table, t.columns, t.read = "flyway_schema_history", []string{"installed_rank", "version", "type", "success"}, flyway
		t.form, t.valid = "a version without V, like 2.1 or 20260301", flywayVersion.MatchString
	case "django":
		t.table, t.columns, t.read = "django_migrations", []string{"app", "name"}, django
		t.form, t.valid = "app.name, like orders.0007_total", djangoName.MatchString
	case "atlas":
		t.table, t.schema, t.columns, t.read = "atlas_schema_revisions", "atlas_schema_revisions", []string{"version", "type", "applied", "total", "error"}, atlas
		t.form, t.valid = "a version, like 20260301120000", word.MatchString
	case "goose":
		t.table, t.columns, t.read = "goose_db_version", []string{"id", "version_id", "is_applied"}, goose
	case "prisma":
		t.table, t.columns, t.read = "_prisma_migrations", []string{"migration_name", "started_at", "finished_at", "rolled_back_at"}, prisma
		t.form, t.valid = "the name of a folder, like 20260301120000_add_total", word.MatchString
	case "liquibase":
		t.table, t.lock, t.columns, t.read = "databasechangelog", "databasechangeloglock", []string{"id", "author", "filename", "exectype", "orderexecuted"}, liquibase
		t.form, t.valid = "filename::id::author, as Liquibase prints it", liquibaseName.MatchString
		if capitals {
			t.table, t.lock = strings.ToUpper(t.table), strings.ToUpper(t.lock)
		}
	case "sqlx":
		t.table, t.columns, t.read = "_sqlx_migrations", []string{"version", "success"}, sqlx
	default:
		return tool{}, false
	}
	return t, true
}

var (
	number        = lazyregexp.New(`^[0-9]+$`)
	word          = lazyregexp.New(`^[A-Za-z0-9][^\s/]*$`)
	flywayVersion = lazyregexp.New(`^[0-9]+([._][0-9]+)*$`)
	djangoName    = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z0-9_]+$`)
	liquibaseName = lazyregexp.New(`^.+::.+::.+$`)
)

// lacks says why a table is not the tool's, "" if it is.
func (t tool) lacks(d dialect, has table) string {
	for _, c := range t.columns {
		if _, ok := d.column(has, c); !ok {
			return "it has no column " + c
		}
	}
	for _, c := range t.never {
		if _, ok := d.column(has, c); ok {
			return "it has a column " + c + ", as that of " + writes(c) + " has"
		}
	}
	return ""
}

func writes(column string) string {
	if column == "dirty" {
		return "golang_migrate"
	}
	return "ecto"
}

// judgeLedger says what the tool's table says.
func (c check) judgeLedger(f rollout.Finding, l wantLedger, saw found, read ledger) []rollout.Finding {
	if kept := c.unusable(f, l, saw, read); kept != nil {
		return []rollout.Finding{*kept}
	}
	s := l.tool.read(read.rows, l.version)
	if !s.applied && len(s.heads) > 0 {
		return c.judgeHeads(f, l, s.heads)
	}
	if !s.applied {
		return []rollout.Finding{f.Because(c.says.notApplied, "version", l.version, "tool", l.tool.name, "latest", cmp.Or(s.latest, "none"))}
	}
	return nil
}

// unusable says why a tool's table does not tell what is applied; nil where it
// does.
func (c check) unusable(f rollout.Finding, l wantLedger, saw found, read ledger) *rollout.Finding {
	has, shown := saw.tables[c.named(l.schema, l.table, saw.server)], c.shown(l.schema, l.table)
	var d denial
	switch lacks := l.tool.lacks(c.dialect, has); {
	case has.columns == nil:
		f = f.Because(c.says.noLedger, "table", shown, "tool", l.tool.name)
		return &f
	case lacks != "":
		f = f.Because(c.says.otherLedger, "table", shown, "tool", l.tool.name, "lacks", lacks)
		return &f
	case errors.As(read.unread, &d):
		f.Status = rollout.Skipped
		f = f.Because(c.says.denied, "permission", d.permission, "grant", d.grant)
		return &f
	}
	s := l.tool.read(read.rows, l.version)
	if slices.ContainsFunc(read.lock, func(r row) bool { return truth(r["locked"]) }) {
		s.dirty = "its lock is held"
	}
	if s.dirty != "" {
		f.Retry = true // while a migration runs, it looks the same
		f = f.Because(c.says.dirty, "tool", l.tool.name, "what", s.dirty)
		return &f
	}
	return nil
}

// truth reads a boolean as PostgreSQL (t), MySQL (1) and its BIT(1) write it.
func truth(text string) bool { return text == "t" || text == "true" || text == "1" || text == "\x01" }

// trimmed is a number without zeros in front: Rails keeps 001_x.rb as 1 or 001.
func trimmed(n string) string { return cmp.Or(strings.TrimLeft(n, "0"), "0") }

func sameNumber(a, b string) bool { return compareNumbers(a, b) == 0 }

// compareNumbers compares numbers of any length.
func compareNumbers(a, b string) int {
	a, b = trimmed(a), trimmed(b)
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// listed reads a ledger of one row for each migration that is applied.
func listed(column string, same func(a, b string) bool) func([]row, string) state {
	return func(rows []row, version string) state {
		var s state
		for _, r := range rows {
			s.applied = s.applied || same(r[column], version)
			if s.latest == "" || compareNumbers(r[column], s.latest) > 0 {
				s.latest = r[column]
			}
		}
		return s
	}
}

// golangMigrate: one row with the version at which the schema is, or which
// broke.
func golangMigrate(rows []row, version string) state {
	var s state
	for _, r := range rows {
		s.latest = r["version"]
		s.applied = compareNumbers(r["version"], version) >= 0
		if truth(r["dirty"]) {
			s.dirty = "version " + r["version"] + " is marked dirty"
		}
	}
	return s
}

// flyway: rows in the order of their rank say what was done to a version last.
// What lies at or below a baseline counts as applied.
func flyway(rows []row, version string) state {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b row) int { return compareNumbers(a["installed_rank"], b["installed_rank"]) })
	var s state
	last, base := map[string]bool{}, ""
	for _, r := range rows {
		v, versioned := r["version"]
		switch {
		case !truth(r["success"]):
			s.dirty = "version " + v + " failed"
			if !versioned {
				s.dirty = "a repeatable migration failed"
			}
		case !versioned:
		case strings.HasSuffix(r["type"], "BASELINE"):
			base = later(base, v)
		default:
			last[dotted(v)] = !strings.HasPrefix(r["type"], "UNDO") && r["type"] != "DELETE"
		}
	}
	s.latest = base
	for v, applied := range last {
		if applied {
			s.latest = later(s.latest, v)
		}
	}
	applied, there := last[dotted(version)]
	s.applied = applied || !there && base != "" && compareDotted(version, base) <= 0
	return s
}

// later returns the later of two versions, of which the first may be none.
func later(a, b string) string {
	if a == "" || compareDotted(b, a) > 0 {
		return b
	}
	return a
}

// dotted is a version of Flyway's in one form: 1_02.0 is 1.2.
func dotted(version string) string {
	parts := strings.Split(strings.ReplaceAll(version, "_", "."), ".")
	for i, p := range parts {
		parts[i] = trimmed(p)
	}
	for len(parts) > 1 && parts[len(parts)-1] == "0" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}

func compareDotted(a, b string) int {
	return slices.CompareFunc(strings.Split(dotted(a), "."), strings.Split(dotted(b), "."), compareNumbers)
}

func django(rows []row, version string) state {
	app, _, _ := strings.Cut(version, ".")
	var s state
	for _, r := range rows {
		s.applied = s.applied || r["app"]+"."+r["name"] == version
		if full := r["app"] + "." + r["name"]; r["app"] == app && full > s.latest {
			s.latest = full
		}
	}
	return s
}

// What the bits of an Atlas revision's type mean.
const (
	atlasBaseline = 1
	atlasResolved = 4
)

// atlas: what was applied in part is dirty, unless a person resolved it. Rows
// whose versions begin with a dot are notes of Atlas's own.
func atlas(rows []row, version string) state {
	var s state
	for _, r := range rows {
		v := r["version"]
		if strings.HasPrefix(v, ".") {
			continue
		}
		kind, err := strconv.Atoi(r["type"])
		whole := r["applied"] == r["total"] && r["error"] == ""
		if err != nil || !whole && kind&atlasResolved == 0 {
			s.dirty = fmt.Sprintf("version %s stands at %s of %s statements", v, r["applied"], r["total"])
			continue
		}
		s.latest = max(s.latest, v)
		s.applied = s.applied || v == version || kind&atlasBaseline != 0 && version <= v
	}
	return s
}

// goose: the last row of a version says whether it is applied.
func goose(rows []row, version string) state {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b row) int { return compareNumbers(a["id"], b["id"]) })
	last := map[string]bool{}
	for _, r := range rows {
		last[trimmed(r["version_id"])] = truth(r["is_applied"])
	}
	s := state{applied: last[trimmed(version)]}
	for v, applied := range last {
		if applied && v != "0" && (s.latest == "" || compareNumbers(v, s.latest) > 0) {
			s.latest = v
		}
	}
	return s
}

// prisma: what was started and neither finished nor rolled back is dirty.
func prisma(rows []row, version string) state {
	var s state
	for _, r := range rows {
		_, finished := r["finished_at"]
		_, back := r["rolled_back_at"]
		switch {
		case back:
		case !finished:
			s.dirty = r["migration_name"] + " was begun and is not finished"
		default:
			s.applied = s.applied || r["migration_name"] == version
			s.latest = max(s.latest, r["migration_name"])
		}
	}
	return s
}

func liquibase(rows []row, version string) state {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int { return compareNumbers(a["orderexecuted"], b["orderexecuted"]) })
	var s state
	for _, r := range rows {
		set := r["filename"] + "::" + r["id"] + "::" + r["author"]
		switch r["exectype"] {
		case "EXECUTED", "RERAN", "MARK_RAN":
			s.applied, s.latest = s.applied || set == version, set
		case "FAILED":
			s.dirty = set + " failed"
		}
	}
	return s
}

func sqlx(rows []row, version string) state {
	var s state
	for _, r := range rows {
		if !truth(r["success"]) {
			s.dirty = "version " + r["version"] + " did not succeed"
			continue
		}
		s.applied = s.applied || sameNumber(r["version"], version)
		if s.latest == "" || compareNumbers(r["version"], s.latest) > 0 {
			s.latest = r["version"]
		}
	}
	return s
}
