package migration

import (
	"fmt"
	"slices"
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

// What a change of a table costs: https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html
// and https://mariadb.com/kb/en/innodb-online-ddl-overview/
type cost struct {
	lock  lock
	lasts Lasts
}

var (
	instantly = cost{lockNone, Instant}
	lightly   = cost{lockNone, Metadata}
	building  = cost{lockNone, Scan}
	rebuilt   = cost{lockNone, Rewrite}
	copied    = cost{lockShared, Copy}
	doubtful  = cost{lockShared, Unknown}
)

// my reviews one statement of MySQL or MariaDB.
type my struct {
	*review
	e *effect
}

var (
	// What the parser does not read, and what it is about.
	mysqlCode = lazyregexp.New(`(?is)^\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+\s+)?(?:TRIGGER|PROCEDURE|FUNCTION|EVENT|AGGREGATE)|DROP\s+(?:TRIGGER|PROCEDURE|FUNCTION|EVENT)|ALTER\s+(?:EVENT|PROCEDURE|FUNCTION))\b`)
	mysqlTake = lazyregexp.New(`(?is)^\s*(?:REVOKE|DROP\s+(?:USER|ROLE)|ALTER\s+USER|SET\s+PASSWORD|RENAME\s+USER)\b`)
	mysqlGive = lazyregexp.New(`(?is)^\s*(?:GRANT|CREATE\s+(?:USER|ROLE)|SET\s+(?:DEFAULT\s+)?ROLE|SET\s+NAMES|ANALYZE|FLUSH|UNLOCK\s+TABLES|CHECK\s+TABLE|USE)\b`)
	mysqlSlow = lazyregexp.New(`(?is)^\s*(?:OPTIMIZE|REPAIR)\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLE\s+` + "`?([A-Za-z0-9_$.]+)`?")
	mysqlHeld = lazyregexp.New(`(?is)^\s*(?:LOCK\s+TABLES|FLUSH\s+TABLES\s+WITH\s+READ\s+LOCK)\b`)
	// Words of MariaDB that MySQL does not know, and that change nothing here.
	mariadbExists = lazyregexp.New(`(?i)\bIF\s+(?:NOT\s+)?EXISTS\b`)
	mariadbNoCopy = lazyregexp.New(`(?i)\bALGORITHM\s*=\s*NOCOPY\b`)
)

// parseMySQL parses a statement. A parser that panics has not read it.
func parseMySQL(o Options, text string) (out sqlparser.Statement, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("the parser failed: %v", p)
		}
	}()
	version := fmt.Sprintf("%d.%d.%d", o.Version.Major, o.Version.Minor, o.Version.Patch)
	if o.Dialect == MariaDB {
		version = "8.0.30"
	}
	parser, err := sqlparser.New(sqlparser.Options{MySQLServerVersion: version})
	if err != nil {
		return nil, err
	}
	if out, err = parser.ParseStrictDDL(text); err != nil && o.Dialect == MariaDB {
		plain := mariadbNoCopy.ReplaceAllString(mariadbExists.ReplaceAllString(text, ""), "ALGORITHM=INPLACE")
		return parser.ParseStrictDDL(plain)
	}
	return out, err
}

// mysql says what a statement does.
func (r *review) mysql(text string) (e effect) {
	m := my{r, &e}
	if m.unparsed(text) {
		return e
	}
	s, err := parseMySQL(r.options, text)
	if err != nil {
		m.blind(&e, "it cannot be read as "+string(r.options.Dialect))
		return e
	}
	defer func() { // a tree of a shape that nobody expected
		if p := recover(); p != nil {
			m.blind(&e, "it was read, and not understood")
		}
	}()
	if !m.schema(s) && !m.rows(s) && !m.session(s) {
		m.blind(&e, "no rule is about this sort of statement")
	}
	return e
}

// unparsed is for statements that the parser does not read, and whose first words
// say enough.
func (m my) unparsed(text string) bool {
	switch {
	case mysqlCode.MatchString(text):
		m.e.hit("MY036", "", "").object = "a trigger, a procedure or an event"
		m.e.ddl = true
	case mysqlHeld.MatchString(text):
		m.locks()
	case mysqlTake.MatchString(text):
		m.e.hit("MY036", "", "").object = "permissions"
	case mysqlGive.MatchString(text):
	case mysqlSlow.MatchString(text):
		t := strings.TrimPrefix(mysqlSlow.FindStringSubmatch(text)[1], "public.")
		m.action(t, "", "MY022", rebuilt)
	default:
		return false
	}
	return true
}

// met adds a hit, unless the table is new.
func (m my) met(id, table, column string) *hit {
	m.e.ddl = true
	if m.isNew(table) {
		return &hit{}
	}
	return m.e.hit(id, table, column)
}

// action adds a hit and what it costs.
func (m my) action(table, column, id string, c cost) *hit {
	if !m.isNew(table) {
		m.e.touches = append(m.e.touches, touch{table, c.lock, c.lasts})
	}
	h := m.met(id, table, column)
	h.touch = &touch{table, c.lock, c.lasts}
	return h
}

// graded is action for a rule whose harm depends on what it costs.
func (m my) graded(table, column, id string, c cost) *hit {
	h := m.action(table, column, id, c)
	known := rule(id)
	hazard := known.Hazard
	if c.lock.writesWait() && c.lasts >= Scan {
		hazard |= Blocks
	}
	switch c.lasts {
	case Copy, Rewrite, Unknown:
		hazard |= Rewrites
	case Scan:
		hazard |= Scans
	case Instant, Metadata:
	}
	level := known.Level
	switch {
	case hazard&Blocks != 0:
		level = Harms
	case c.lasts == Rewrite && level < Warns:
		level = Warns
	}
	h.level, h.hazard = level, &hazard
	return h
}

func (m my) name(t sqlparser.TableName) string {
	if q := t.Qualifier.String(); q != "" {
		return q + "." + t.Name.String()
	}
	return t.Name.String()
}

func (m my) maria() bool { return m.options.Dialect == MariaDB }

func (m my) schema(s sqlparser.Statement) bool {
	switch s := s.(type) {
	case *sqlparser.AlterTable:
		m.alter(s)
	case *sqlparser.CreateTable:
		m.create(s)
	case *sqlparser.RenameTable:
		for _, p := range s.TablePairs {
			m.renamed(m.name(p.FromTable), m.name(p.ToTable))
		}
	case *sqlparser.TruncateTable:
		m.met("MY032", m.name(s.Table), "")
	case *sqlparser.CreateView:
		if s.IsReplace {
			m.e.hit("MY036", "", "").object = m.name(s.ViewName)
		}
	case *sqlparser.AlterView:
		m.e.hit("MY036", "", "").object = m.name(s.ViewName)
	case *sqlparser.CreateDatabase, *sqlparser.AlterDatabase:
		m.e.ddl = true
	default:
		return m.drops(s)
	}
	return true
}

func (m my) drops(s sqlparser.Statement) bool {
	m.e.ddl = true
	switch s := s.(type) {
	case *sqlparser.DropTable:
		for _, t := range s.FromTables {
			m.gone(m.e, "MY031", m.name(t), "", "")
			m.state.drop(m.name(t))
		}
	case *sqlparser.DropView:
		for _, t := range s.FromTables {
			m.gone(m.e, "MY031", m.name(t), "", "a view")
		}
	case *sqlparser.DropDatabase:
		m.e.hit("MY031", "", "").object = "the database " + s.DBName.String()
	default:
		m.e.ddl = false
		return false
	}
	return true
}

func (m my) renamed(from, to string) {
	m.e.ddl = true
	if !m.isNew(from) {
		m.action(from, "", "MY005", cost{lockExclusive, Metadata}).detail = "now " + to
		if reads(m.options.PromotedReads, from, "") {
			m.met("XX001", from, "")
		}
	}
	m.state.rename(from, to)
}

func (m my) rows(s sqlparser.Statement) bool {
	switch s := s.(type) {
	case *sqlparser.Update:
		m.update(s)
	case *sqlparser.Delete:
		t := tableIn(s.TableExprs)
		switch {
		case m.isNew(t), isLedger(t):
		case s.Where == nil && s.Limit == nil:
			m.e.hit("MY033", t, "").milder(Harms, LosesData|StaysBroken|Blocks, "without WHERE: every row is deleted")
		default:
			m.e.hit("MY033", t, "").milder(Warns, LosesData, "the rows are gone; how many, nobody can tell from the text")
		}
	case *sqlparser.Insert:
		name, ok := s.Table.Expr.(sqlparser.TableName)
		if !ok || m.isNew(m.name(name)) || isLedger(m.name(name)) {
			break
		}
		if s.Action == sqlparser.ReplaceAct {
			m.e.hit("MY033", m.name(name), "").milder(Warns, LosesData, "REPLACE deletes the rows that have the same key")
		} else if _, values := s.Rows.(sqlparser.Values); !values {
			m.e.hit("MY033", m.name(name), "").milder(Warns, Scans, "as many rows as the query gives, in one statement")
		}
	default:
		return false
	}
	return true
}

func (m my) update(s *sqlparser.Update) {
	t := tableIn(s.TableExprs)
	m.updated(t, s.Exprs)
	if isLedger(t) || m.isNew(t) {
		return
	}
	m.e.data = true
	if s.Where == nil && s.Limit == nil {
		m.e.hit("MY033", t, "").milder(Warns, Blocks|Scans, "every row is locked until the statement ends")
		return
	}
	m.e.hit("MY033", t, "").milder(Tells, Scans, "how many rows it locks, nobody can tell from the text")
}

// updated remembers which columns somebody has filled.
func (m my) updated(t string, exprs sqlparser.UpdateExprs) {
	for _, x := range exprs {
		if c := m.state.column(t, x.Name.Name.Lowered()); c != nil {
			c.backfilled = true
		}
	}
}

func tableIn(exprs []sqlparser.TableExpr) string {
	for _, x := range exprs {
		if a, ok := x.(*sqlparser.AliasedTableExpr); ok {
			if t, ok := a.Expr.(sqlparser.TableName); ok {
				return my{}.name(t)
			}
		}
	}
	return "several tables"
}

func (m my) session(s sqlparser.Statement) bool {
	switch s := s.(type) {
	case *sqlparser.Begin:
		if !m.tx.open {
			m.begin(true)
		}
	case *sqlparser.Commit, *sqlparser.Rollback:
		m.begin(m.m.wrapped)
	case *sqlparser.Set:
		for _, x := range s.Exprs {
			m.set(x)
		}
	case *sqlparser.Select, *sqlparser.Union, *sqlparser.Show, *sqlparser.Savepoint, *sqlparser.SRollback, *sqlparser.Release, *sqlparser.Use,
		*sqlparser.CommentOnly, *sqlparser.Analyze, *sqlparser.UnlockTables, *sqlparser.ExplainTab, *sqlparser.ExplainStmt:
	case *sqlparser.LockTables:
		m.locks()
	case *sqlparser.CallProc:
		m.blind(m.e, "it calls a procedure, in which nobody can look")
	default:
		return false
	}
	return true
}

func (m my) locks() {
	h := m.e.hit("MY024", "", "")
	h.object = "whole tables"
	h.milder(Harms, Blocks, "until somebody unlocks them")
}

func (m my) set(x *sqlparser.SetExpr) {
	value := strings.Trim(sqlparser.String(x.Expr), "'")
	switch x.Var.Name.Lowered() {
	case "lock_wait_timeout":
		m.timeout = true
	case "foreign_key_checks":
		m.unchecked = value == "0" || strings.EqualFold(value, "off")
	}
}

// mysqlAround adds what comes of statements that stand together.
func (r *review) mysqlAround(e *effect) {
	if !e.ddl {
		return
	}
	if r.tx.open && r.tx.ddl > 0 && !r.tx.told["MY027"] {
		r.tx.told["MY027"] = true
		e.hit("MY027", "", "").object = "the transaction"
	}
	strong := slices.ContainsFunc(e.touches, func(t touch) bool { return t.lock >= lockNone })
	if strong && r.patient() && !r.tx.told["MY028"] {
		r.tx.told["MY028"] = true
		t := longest(e.touches, "")
		e.hit("MY028", t.table, "").touch = &touch{t.table, lockExclusive, Metadata}
	}
}
