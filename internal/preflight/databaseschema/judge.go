package databaseschema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// want is what a database has to have.
type want struct {
	engine  string // "" for any
	version []int
	least   string // the version as it is configured
	tables  []wantTable
	ledgers []wantLedger
}

type wantTable struct {
	schema, name string // schema "": the connection's
	columns      []wantColumn
	indexes      []string
}

type wantColumn struct {
	name, typ string // typ "": any
	nullable  *bool
}

type wantLedger struct {
	tool      tool
	schema    string // "": the tool's own, or else the connection's
	table     string
	version   string
	directory string // of Alembic's revisions
}

// found is what one look saw.
type found struct {
	server server
	tables map[name]table
	// ledgers are what was read of each that is asked about.
	ledgers []ledger
}

// ledger is what a migration tool keeps.
type ledger struct {
	// rows are those of its table, and lock those of its lock, where it has one.
	rows, lock []row
	// unread is why they could not be read.
	unread error
}

// judge compares. It says everything that is wrong, and one thing where nothing
// is.
func (c check) judge(f rollout.Finding, saw found) []rollout.Finding {
	f.Status = rollout.Failed
	out := c.judgeServer(f, saw.server)
	for _, w := range c.want.tables {
		out = append(out, c.judgeTable(f, w, saw)...)
	}
	for i, l := range c.want.ledgers {
		out = append(out, c.judgeLedger(f, l, saw, saw.ledgers[i])...)
	}
	if len(out) == 0 {
		f.Status, f.Why = rollout.Passed, c.praise(saw.server)
		return []rollout.Finding{f}
	}
	return out
}

func (c check) judgeServer(f rollout.Finding, s server) []rollout.Finding {
	switch {
	case c.want.engine != "" && s.engine != c.want.engine:
		return []rollout.Finding{f.Because(c.says.otherEngine, "found", called(s.engine), "version", s.text, "engine", called(c.want.engine))}
	case older(s.version, c.want.version):
		return []rollout.Finding{f.Because(c.says.older, "found", s.text, "version", c.want.least)}
	}
	return nil
}

func (c check) judgeTable(f rollout.Finding, w wantTable, saw found) []rollout.Finding {
	has := saw.tables[c.named(w.schema, w.name, saw.server)]
	shown := c.shown(w.schema, w.name)
	if has.columns == nil {
		return []rollout.Finding{f.Because(c.says.noTable, "table", shown)}
	}
	var out []rollout.Finding
	for _, wanted := range w.columns {
		out = append(out, c.judgeColumn(f, wanted, has, shown, c.schemaOf(w.schema, saw.server))...)
	}
	for _, wanted := range w.indexes {
		i, ok := c.dialect.index(has, wanted)
		switch {
		case !ok:
			out = append(out, f.Because(c.says.noIndex, "table", shown, "index", wanted))
		case i.fault != "":
			out = append(out, f.Because(c.says.badIndex, "index", wanted, "table", shown, "fault", i.fault))
		}
	}
	return out
}

func (c check) judgeColumn(f rollout.Finding, w wantColumn, has table, shown, schema string) []rollout.Finding {
	got, ok := c.dialect.column(has, w.name)
	at := shown + "." + w.name
	if !ok {
		return []rollout.Finding{f.Because(c.says.noColumn, "table", shown, "column", w.name)}
	}
	var out []rollout.Finding
	if w.typ != "" && !c.dialect.sameType(got.typ, w.typ, schema) {
		out = append(out, f.Because(c.says.otherType, "column", at, "found", got.typ, "type", w.typ))
	}
	if w.nullable != nil && got.nullable != *w.nullable {
		out = append(out, f.Because(c.says.nullability, "column", at, "found", nullable(got.nullable), "wanted", nullable(*w.nullable)))
	}
	return out
}

func nullable(may bool) string {
	if may {
		return "nullable"
	}
	return "NOT NULL"
}

// praise says what was found where everything was.
func (c check) praise(s server) string {
	text := fmt.Sprintf("it is %s %s", called(s.engine), s.text)
	var has []string
	switch n := len(c.want.tables); n {
	case 0:
	case 1:
		has = append(has, "1 table")
	default:
		has = append(has, fmt.Sprintf("%d tables", n))
	}
	for _, l := range c.want.ledgers {
		has = append(has, "the migration "+l.version)
	}
	if len(has) > 0 {
		text += " and has " + strings.Join(has, " and ") + " as wanted"
	}
	if s.doubt {
		text += "; nobody verified that it is the right server, as its sslmode says"
	}
	return text
}

// called is what people call an engine.
func called(engine string) string {
	switch engine {
	case postgres:
		return "PostgreSQL"
	case mariadb:
		return "MariaDB"
	}
	return "MySQL"
}

// schemaOf is where a table is that names a schema or none.
func (c check) schemaOf(schema string, s server) string {
	if schema != "" {
		return schema
	}
	return s.schema
}

func (c check) named(schema, table string, s server) name {
	return name{c.schemaOf(schema, s), table}
}

// shown is a table for people. A schema that configuration does not name is that
// of the connection, which may be nobody's to see.
func (c check) shown(schema, table string) string {
	if schema == "" {
		schema = c.schema
	}
	if schema == "" {
		return table
	}
	return schema + "." + table
}

// names are the tables that are looked at.
func (c check) names(s server) []name {
	var out []name
	add := func(n name) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, w := range c.want.tables {
		add(c.named(w.schema, w.name, s))
	}
	for _, l := range c.want.ledgers {
		add(c.named(l.schema, l.table, s))
	}
	return out
}
