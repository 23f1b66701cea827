package migration

import (
	"slices"
	"strings"
)

// state is what the files so far have made, as far as they tell. What is not known
// here may be there all the same.
type state struct {
	step    int // the migration that is being read; 0 is the schema before all
	tables  map[string]*table
	indexes map[string]*index
	types   map[string]typeSort // that users made
	others  map[string]int      // functions, views and types, and the migration that made each
}

// typeSort is what sort of type somebody made.
type typeSort int

const (
	plainType   typeSort = iota + 1 // an enumeration, a composite, a range
	looseDomain                     // a domain without constraints
	boundDomain                     // a domain with constraints
)

type table struct {
	step        int    // the migration that made it; 0: it was there, or nobody knows
	made        bool   // by these files
	whole       bool   // all its columns and constraints are known
	restOf      string // the table whose default partition it is
	generated   bool   // it has stored generated columns (MySQL: what takes INSTANT away)
	columns     map[string]*column
	constraints map[string]*constraint
}

type column struct {
	step       int
	typ        sqlType
	notNull    bool
	hasDefault bool
	backfilled bool
	position   int
}

// constraint is one of a table. sort is check, foreign, unique, primary, exclude.
type constraint struct {
	step    int
	sort    string
	valid   bool
	columns []string // that it is about
	parent  string   // of a foreign key
	notNull string   // the column of which a check says IS NOT NULL, and nothing else
}

type index struct {
	step   int
	table  string
	unique bool
	column []string
}

// sqlType is a type: numeric(10,2), text[].
type sqlType struct {
	name     string
	mods     string // as they are written: "10,2"
	array    bool
	unsigned bool
	charset  string
	collate  string
	values   []string // of an enumeration of MySQL
}

func newState() *state {
	return &state{tables: map[string]*table{}, indexes: map[string]*index{}, types: map[string]typeSort{}, others: map[string]int{}}
}

// forget drops what is known of types and constraints: something was applied that
// nobody could read. That tables are new stays true.
func (s *state) forget() {
	for _, t := range s.tables {
		t.whole, t.columns, t.constraints = false, map[string]*column{}, map[string]*constraint{}
	}
	clear(s.indexes)
	clear(s.types)
}

// table returns what is known of a table, making an entry for one that is not.
func (s *state) table(name string) *table {
	t := s.tables[name]
	if t == nil {
		t = &table{columns: map[string]*column{}, constraints: map[string]*constraint{}}
		s.tables[name] = t
	}
	return t
}

// create adds a table. One that these files made before stays, as IF NOT EXISTS
// wants it.
func (s *state) create(name string, unlessThere bool) *table {
	if t := s.tables[name]; t != nil && unlessThere {
		return t
	}
	delete(s.tables, name)
	t := s.table(name)
	t.step, t.made, t.whole = s.step, true, true
	return t
}

func (s *state) drop(name string) {
	delete(s.tables, name)
	for i, x := range s.indexes {
		if x.table == name {
			delete(s.indexes, i)
		}
	}
}

func (s *state) rename(from, to string) {
	if t := s.tables[from]; t != nil {
		delete(s.tables, from)
		s.tables[to] = t
	}
	for _, x := range s.indexes {
		if x.table == from {
			x.table = to
		}
	}
	for _, t := range s.tables {
		for _, c := range t.constraints {
			if c.parent == from {
				c.parent = to
			}
		}
	}
}

// column returns a column, or nil if nothing is known of it.
func (s *state) column(in, name string) *column {
	if t := s.tables[in]; t != nil {
		return t.columns[name]
	}
	return nil
}

func (t *table) add(name string, c *column) {
	c.position = len(t.columns)
	t.columns[name] = c
}

func (t *table) dropColumn(name string) {
	delete(t.columns, name)
	for n, c := range t.constraints {
		if slices.Contains(c.columns, name) {
			delete(t.constraints, n)
		}
	}
}

func (t *table) renameColumn(from, to string) {
	if c := t.columns[from]; c != nil {
		delete(t.columns, from)
		t.columns[to] = c
	}
	for _, c := range t.constraints {
		if i := slices.Index(c.columns, from); i >= 0 {
			c.columns[i] = to
		}
		if c.notNull == from {
			c.notNull = to
		}
	}
}

func (t *table) refersTo(other string) bool {
	for _, c := range t.constraints {
		if c.sort == "foreign" && c.parent == other {
			return true
		}
	}
	return false
}

func (t *table) hasType(name string) bool {
	for _, c := range t.columns {
		if c.typ.name == name {
			return true
		}
	}
	return false
}

// proven reports whether a validated check says that a column is never NULL.
func (t *table) proven(name string) bool {
	for _, c := range t.constraints {
		if c.sort == "check" && c.valid && c.notNull == name {
			return true
		}
	}
	return false
}

// checked reports whether a column is part of a check.
func (t *table) checked(name string) bool {
	for _, c := range t.constraints {
		if c.sort == "check" && slices.Contains(c.columns, name) {
			return true
		}
	}
	return false
}

func (s *state) indexed(in, column string) bool {
	for _, x := range s.indexes {
		if x.table == in && slices.Contains(x.column, column) {
			return true
		}
	}
	if t := s.tables[in]; t != nil {
		for _, c := range t.constraints {
			if (c.sort == "unique" || c.sort == "primary") && slices.Contains(c.columns, column) {
				return true
			}
		}
	}
	return false
}

// ledgers are the tables in which tools note what is applied. Nobody else uses
// them.
const ledgers = " schema_migrations ar_internal_metadata alembic_version django_migrations flyway_schema_history goose_db_version " +
	"atlas_schema_revisions _prisma_migrations "

func isLedger(table string) bool {
	return listed(ledgers, table[strings.LastIndexByte(table, '.')+1:])
}

// named returns a name for a constraint that has none, as PostgreSQL does.
func named(table, name, sort string, columns []string) string {
	if name != "" {
		return name
	}
	base := table[strings.LastIndexByte(table, '.')+1:]
	switch sort {
	case "primary":
		return base + "_pkey"
	case "check":
		return strings.Join(append([]string{base}, columns...), "_") + "_check"
	case "foreign":
		return strings.Join(append([]string{base}, columns...), "_") + "_fkey"
	case "exclude":
		return strings.Join(append([]string{base}, columns...), "_") + "_excl"
	}
	return strings.Join(append([]string{base}, columns...), "_") + "_key"
}
