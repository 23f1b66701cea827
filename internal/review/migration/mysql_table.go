package migration

import (
	"slices"
	"strconv"
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"
)

// clauses are what an ALTER TABLE says of how it is to be done.
type clauses struct {
	algorithm string // INSTANT, INPLACE, COPY; "" or DEFAULT where the server chooses
	lock      sqlparser.LockOptionType
	locked    bool
}

// bound reports whether the server refuses what would keep writers waiting.
func (c clauses) bound() bool {
	return c.algorithm == "INSTANT" || c.locked && c.lock == sqlparser.NoneType
}

// holds reports whether the statement asks for what keeps writers waiting.
func (c clauses) holds() bool {
	return c.algorithm == "COPY" || c.locked && (c.lock == sqlparser.SharedType || c.lock == sqlparser.ExclusiveType)
}

// silent reports whether the server may choose as it likes.
func (c clauses) silent() bool { return c.algorithm == "" && !c.locked }

// keeps reports whether a lock keeps writers waiting for longer than a moment.
func (t touch) keeps() bool { return t.lock.writesWait() && t.lasts >= Scan }

func (m my) alter(s *sqlparser.AlterTable) {
	t := m.name(s.Table)
	m.e.ddl = true
	asked := clauses{}
	actions := 0
	// A primary key that another takes the place of is no table without one.
	replaced := slices.ContainsFunc(s.AlterOptions, func(o sqlparser.AlterOption) bool {
		a, ok := o.(*sqlparser.AddIndexDefinition)
		return ok && a.IndexDefinition.Info.Type == sqlparser.IndexTypePrimary
	})
	for _, o := range s.AlterOptions {
		switch o := o.(type) {
		case sqlparser.AlgorithmValue:
			asked.algorithm = strings.ToUpper(string(o))
		case *sqlparser.LockOption:
			asked.lock, asked.locked = o.Type, true
		default:
			actions++
			if !m.column(t, o) && !m.key(t, o, replaced) && !m.whole(t, o) {
				m.blind(m.e, "no rule is about this change of a table")
			}
		}
	}
	if s.PartitionSpec != nil || s.PartitionOption != nil {
		m.partitions(t, s.PartitionSpec)
	}
	m.asks(t, asked, actions)
}

// asks holds what the statement demands of the server against what it takes.
func (m my) asks(t string, asked clauses, actions int) {
	if m.isNew(t) || len(m.e.touches) == 0 {
		return
	}
	worst := *longest(m.e.touches, t)
	switch {
	case asked.holds():
		held := touch{t, lockShared, Copy}
		m.met("MY024", t, "").touch = &held
		m.e.touches = append(m.e.touches, held)
	case asked.bound() && worst.keeps():
		m.refused()
	case asked.silent() && worst.lasts != Scan && !worst.keeps() && !m.tx.told["MY025"]:
		m.tx.told["MY025"] = true
		m.met("MY025", t, "").touch = &worst
	}
	atOnce := func(o touch) bool { return o.table == t && o.lasts == Instant }
	if actions > 1 && worst.lasts > Instant && slices.ContainsFunc(m.e.touches, atOnce) {
		m.met("MY026", t, "").touch = &worst
	}
}

// refused is for a statement whose clauses make it fail rather than wait.
func (m my) refused() {
	for i := range m.e.hits {
		if h := &m.e.hits[i]; h.hazard != nil && *h.hazard&Blocks != 0 {
			less := *h.hazard&^Blocks | BreaksNew
			h.hazard, h.detail = &less, join(h.detail, "the clauses make the server refuse it rather than let others wait")
		}
	}
}

// column is an action about columns.
func (m my) column(t string, o sqlparser.AlterOption) bool {
	switch o := o.(type) {
	case *sqlparser.AddColumns:
		for _, c := range o.Columns {
			m.addColumn(t, c, !o.First && o.After == nil)
		}
	case *sqlparser.DropColumn:
		m.gone(m.e, "MY004", t, o.Name.Name.Lowered(), "")
		m.costs(t, m.dropCost())
		m.state.table(t).dropColumn(o.Name.Name.Lowered())
	case *sqlparser.ModifyColumn:
		m.change(t, o.NewColDefinition.Name.Lowered(), o.NewColDefinition, o.First || o.After != nil)
	case *sqlparser.ChangeColumn:
		m.change(t, o.OldColumn.Name.Lowered(), o.NewColDefinition, o.First || o.After != nil)
	case *sqlparser.RenameColumn:
		m.renameColumn(t, o.OldName.Name.Lowered(), o.NewName.Name.Lowered())
	case *sqlparser.AlterColumn:
		m.changeDefault(t, o)
	default:
		return false
	}
	return true
}

func (m my) costs(t string, c cost) {
	if !m.isNew(t) {
		m.e.touches = append(m.e.touches, touch{t, c.lock, c.lasts})
	}
}

// at is a cost since a version: before it the table is rebuilt.
func (m my) at(mysql, mariadb Version) cost {
	v := mysql
	if m.maria() {
		v = mariadb
	}
	if m.options.Version.atLeast(v.Major, v.Minor, v.Patch) {
		return instantly
	}
	return rebuilt
}

func (m my) dropCost() cost { return m.at(Version{8, 0, 29}, Version{10, 4, 0}) }

func (m my) addCost(t string, last bool) cost {
	if m.state.table(t).generated && !last {
		return doubtful
	}
	if last {
		return m.at(Version{8, 0, 12}, Version{10, 3, 2})
	}
	return m.at(Version{8, 0, 29}, Version{10, 4, 0})
}

func (m my) addColumn(t string, def *sqlparser.ColumnDefinition, last bool) {
	name := def.Name.Lowered()
	o := def.Type.Options
	if o == nil {
		o = &sqlparser.ColumnTypeOptions{}
	}
	m.fills(t, name, o, last)
	empty := o.Default == nil || isNullSQL(o.Default)
	if forbidsNull(o) && empty && !o.Autoincrement && o.As == nil {
		m.met("MY000", t, name)
	}
	if o.Reference != nil {
		m.inlineReference(t, name, o.Reference)
	}
	if o.KeyOpt == sqlparser.ColKeyUnique || o.KeyOpt == sqlparser.ColKeyUniqueKey || o.KeyOpt == sqlparser.ColKeyPrimary {
		m.graded(t, name, "MY020", rebuilt)
	}
	if !m.isNew(t) && m.pending {
		m.expanded[t] = true
	}
	m.learn(t, def)
}

func forbidsNull(o *sqlparser.ColumnTypeOptions) bool { return o.Null != nil && !*o.Null }

// fills says what the value of a new column costs.
func (m my) fills(t, name string, o *sqlparser.ColumnTypeOptions, last bool) {
	switch {
	case o.Autoincrement:
		m.graded(t, name, "MY002", cost{lockShared, Rewrite})
	case o.As != nil && o.Storage == sqlparser.StoredStorage, o.Default != nil && !m.literal(o):
		m.graded(t, name, "MY003", copied)
	case o.As != nil:
		m.graded(t, name, "MY001", instantly)
	default:
		m.graded(t, name, "MY001", m.addCost(t, last))
	}
}

func (m my) inlineReference(t, name string, ref *sqlparser.ReferenceDefinition) {
	if m.maria() && m.options.Version.atLeast(10, 5, 0) {
		m.graded(t, name, "MY017", copied)
		m.costs(m.name(ref.ReferencedTable), lightly)
		return
	}
	m.met("MY029", t, name)
}

// literal reports whether a default is the same for all rows. What stands in
// parentheses is an expression to MySQL, whatever it says.
// https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html#data-type-defaults-explicit
func (m my) literal(o *sqlparser.ColumnTypeOptions) bool {
	if !m.maria() {
		return o.DefaultLiteral || isNullSQL(o.Default)
	}
	switch x := o.Default.(type) {
	case *sqlparser.Literal, *sqlparser.NullVal, sqlparser.BoolVal, *sqlparser.UnaryExpr, *sqlparser.CurTimeFuncExpr, *sqlparser.IntroducerExpr:
		return true
	case *sqlparser.FuncExpr:
		return x.Name.EqualString("current_timestamp") || x.Name.EqualString("now")
	}
	return o.DefaultLiteral
}

func isNullSQL(x sqlparser.Expr) bool {
	_, ok := x.(*sqlparser.NullVal)
	return ok
}

// learn remembers a column.
func (m my) learn(t string, def *sqlparser.ColumnDefinition) {
	in, o := m.state.table(t), def.Type.Options
	c := &column{step: m.state.step, typ: mysqlType(def.Type)}
	if o != nil {
		c.notNull = forbidsNull(o) || o.KeyOpt == sqlparser.ColKeyPrimary
		c.hasDefault = o.Default != nil && !isNullSQL(o.Default) || o.Autoincrement || o.As != nil
		in.generated = in.generated || o.As != nil && o.Storage == sqlparser.StoredStorage
	}
	in.add(def.Name.Lowered(), c)
}

func mysqlType(t *sqlparser.ColumnType) sqlType {
	out := sqlType{name: strings.ToLower(t.Type), unsigned: t.Unsigned, charset: strings.ToLower(t.Charset.Name), values: t.EnumValues}
	if t.Options != nil {
		out.collate = strings.ToLower(t.Options.Collate)
	}
	if out.name == "integer" {
		out.name = "int"
	}
	if t.Length != nil && !strings.HasSuffix(out.name, "int") {
		out.mods = strconv.Itoa(*t.Length)
		if t.Scale != nil {
			out.mods += "," + strconv.Itoa(*t.Scale)
		}
	}
	return out
}

func (m my) renameColumn(t, from, to string) {
	c := m.at(Version{8, 0, 28}, Version{10, 3, 0})
	if c == rebuilt {
		c = lightly
	}
	if !m.isNew(t) {
		m.action(t, from, "MY005", c).detail = "now " + to
		if reads(m.options.PromotedReads, t, from) {
			m.met("XX001", t, from)
		}
	}
	m.state.table(t).renameColumn(from, to)
}

// change is MODIFY and CHANGE.
func (m my) change(t, name string, def *sqlparser.ColumnDefinition, moved bool) {
	if to := def.Name.Lowered(); to != name {
		m.renameColumn(t, name, to)
		name = to
	}
	old := m.state.column(t, name)
	c := &column{step: m.state.step, typ: mysqlType(def.Type)}
	if o := def.Type.Options; o != nil {
		c.notNull = forbidsNull(o)
		c.hasDefault = o.Default != nil
	}
	if old == nil {
		m.graded(t, name, "MY006", doubtful).detail = "the files do not show what type it has now"
	} else {
		m.converted(t, name, old, c, moved)
		c.step, c.position = old.step, old.position
	}
	m.state.table(t).columns[name] = c
}

func (m my) converted(t, name string, old, c *column, moved bool) {
	id, takes := m.typeChange(old.typ, c.typ)
	if id != "" {
		h := m.graded(t, name, id, takes)
		if rule(id).Level == Harms {
			h.detail = join(h.detail, "from "+shownType(old.typ)+" to "+shownType(c.typ))
		}
	}
	switch {
	case c.notNull != old.notNull:
		m.changeNull(t, name, old, c)
	case id == "" && moved:
		m.graded(t, name, "MY001", m.moveCost()).detail = "it only moves to another place"
	case id == "":
		m.costs(t, m.lightest())
	}
	if c.notNull && old.notNull && old.hasDefault && !c.hasDefault {
		m.met("MY034", t, name)
	}
}

func (m my) changeNull(t, name string, old, c *column) {
	if !c.notNull {
		m.graded(t, name, "MY012", rebuilt)
		return
	}
	m.graded(t, name, "MY011", rebuilt)
	if old.step > 0 && !old.hasDefault && !old.backfilled {
		m.met("XX005", t, name)
	}
}

// lightest is the cost of a change of the catalogue alone.
func (m my) lightest() cost {
	if c := m.at(Version{8, 0, 12}, Version{10, 3, 0}); c == instantly {
		return c
	}
	return lightly
}

func (m my) moveCost() cost {
	if m.maria() && m.options.Version.atLeast(10, 4, 0) {
		return instantly
	}
	return rebuilt
}

func shownType(t sqlType) string {
	out := t.name
	if t.mods != "" {
		out += "(" + t.mods + ")"
	}
	for _, word := range []string{t.charset, t.collate} {
		if word != "" {
			out += " " + word
		}
	}
	return out
}

// typeChange returns the rule for a change of type, and what it costs; "" where the
// type stays.
func (m my) typeChange(from, to sqlType) (string, cost) {
	same := from.name == to.name && from.unsigned == to.unsigned && (from.charset == to.charset || to.charset == "")
	collated := from.collate != to.collate && to.collate != ""
	switch {
	case collated:
		return "MY006", m.collated(same && from.mods == to.mods)
	case same && (from.name == "enum" || from.name == "set"):
		return m.valuesChange(from.values, to.values)
	case same && from.mods == to.mods:
		return "", instantly
	case same && from.name == "varchar":
		return m.lengthChange(lengthOf(from.mods), lengthOf(to.mods))
	}
	return "MY006", copied
}

// collated is what another collation costs. MariaDB does it at once or by a copy: it
// depends on the character set, which the files often do not show.
func (m my) collated(alone bool) cost {
	if alone && m.maria() && m.options.Version.atLeast(10, 4, 3) {
		return doubtful
	}
	return copied
}

func (m my) valuesChange(from, to []string) (string, cost) {
	switch {
	case slices.Equal(from, to):
		return "", instantly
	case len(to) > len(from) && slices.Equal(from, to[:len(from)]) && (len(from) < 256) == (len(to) < 256):
		return "MY009", m.lightest()
	}
	return "MY010", copied
}

// perCharacter is the most bytes that a character may take, as in utf8mb4: which
// character set a table has the files often do not show.
const perCharacter = 4

// lengthChange is that of a VARCHAR, whose length takes one byte up to 255 bytes
// and two beyond.
func (m my) lengthChange(from, to int) (string, cost) {
	crosses := from*perCharacter <= 255 && to > 255/perCharacter || from <= 255 && to > 255
	switch {
	case to < from:
		return "MY008", copied
	case m.maria() && m.options.Version.atLeast(10, 4, 3) && (!crosses || from*perCharacter <= 127):
		return "MY007", instantly
	case crosses:
		return "MY008", copied
	case !m.maria() && !m.options.Version.atLeast(5, 7, 0):
		return "MY008", copied
	}
	return "MY007", lightly
}

func (m my) changeDefault(t string, o *sqlparser.AlterColumn) {
	name := o.Column.Name.Lowered()
	old := m.state.column(t, name)
	m.costs(t, m.lightest())
	if o.DropDefault && (old == nil || old.notNull) {
		m.met("MY034", t, name)
	}
	set := !o.DropDefault && o.DefaultVal != nil && !isNullSQL(o.DefaultVal)
	if set {
		m.restored("MY034", t, name)
	}
	if old != nil && (o.DropDefault || set) {
		old.hasDefault = set
	}
}
