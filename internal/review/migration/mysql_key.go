package migration

import (
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"
)

// key is an action about indexes and constraints.
func (m my) key(t string, o sqlparser.AlterOption, replaced bool) bool {
	switch o := o.(type) {
	case *sqlparser.AddIndexDefinition:
		m.addIndex(t, o.IndexDefinition)
	case *sqlparser.AddConstraintDefinition:
		m.addConstraint(t, o.ConstraintDefinition)
	case *sqlparser.DropKey:
		m.dropKey(t, o, replaced)
	case *sqlparser.RenameIndex:
		m.costs(t, m.lightest())
	case *sqlparser.AlterIndex, *sqlparser.AlterCheck, *sqlparser.KeyState:
		m.costs(t, m.lightest())
	default:
		return false
	}
	return true
}

func (m my) addIndex(t string, def *sqlparser.IndexDefinition) {
	x := &index{step: m.state.step, table: t}
	for _, c := range def.Columns {
		x.column = append(x.column, c.Column.Lowered())
	}
	at := def.Info.Name.Lowered()
	switch def.Info.Type {
	case sqlparser.IndexTypePrimary:
		m.graded(t, "", "MY013", rebuilt)
	case sqlparser.IndexTypeUnique:
		x.unique = true
		m.graded(t, "", "MY020", building)
	case sqlparser.IndexTypeFullText:
		m.graded(t, "", "MY019", cost{lockShared, Rewrite})
	case sqlparser.IndexTypeSpatial:
		m.graded(t, "", "MY019", cost{lockShared, Scan})
	default:
		m.graded(t, "", "MY018", building)
	}
	m.state.indexes[t+"."+at] = x
}

func (m my) addConstraint(t string, def *sqlparser.ConstraintDefinition) {
	in := m.state.table(t)
	k := &constraint{step: m.state.step, valid: true}
	switch d := def.Details.(type) {
	case *sqlparser.ForeignKeyDefinition:
		k.sort, k.parent = "foreign", m.name(d.ReferenceDefinition.ReferencedTable)
		takes := copied
		if m.unchecked {
			takes = m.lightest()
		}
		h := m.graded(t, "", "MY017", takes)
		m.costs(k.parent, lightly)
		if m.unchecked {
			h.milder(Warns, 0, "without foreign_key_checks nothing is copied, and no row that is there is looked at")
		}
	case *sqlparser.CheckConstraintDefinition:
		k.sort = "check"
		switch {
		case !m.maria() && !m.options.Version.atLeast(8, 0, 16):
			m.met("MY021", t, "").milder(Warns, 0, "this version reads it, and ignores it")
		case !d.Enforced && !m.maria():
			m.costs(t, m.lightest())
		default:
			m.graded(t, "", "MY021", copied)
		}
	default:
		m.blind(m.e, "no rule is about this sort of constraint")
		return
	}
	in.constraints[def.Name.Lowered()] = k
}

func (m my) dropKey(t string, o *sqlparser.DropKey, replaced bool) {
	at := o.Name.Lowered()
	k, x := m.state.table(t).constraints[at], m.state.indexes[t+"."+at]
	switch {
	case o.Type == sqlparser.PrimaryKeyType && replaced:
		return // the new one says it
	case o.Type == sqlparser.PrimaryKeyType:
		m.graded(t, "", "MY014", copied)
		return
	case o.Type == sqlparser.NormalKeyType:
		m.costs(t, lightly)
		h := m.met("MY035", t, "")
		h.object = t + "." + at
		if x != nil && x.unique {
			h.milder(Warns, 0, "a unique one: what serves may count on it in ON DUPLICATE KEY UPDATE")
		}
		delete(m.state.indexes, t+"."+at)
		return
	}
	m.costs(t, m.lightest())
	h := m.met("MY035", t, "")
	h.object = t + "." + at
	if k != nil && k.sort == "check" {
		h.tells()
	}
	delete(m.state.table(t).constraints, at)
}

// whole is an action about the table itself.
func (m my) whole(t string, o sqlparser.AlterOption) bool {
	switch o := o.(type) {
	case *sqlparser.RenameTableName:
		m.renamed(t, m.name(o.Table))
	case *sqlparser.AlterCharset:
		m.graded(t, "", "MY015", copied)
	case *sqlparser.Force, *sqlparser.OrderByOption:
		m.graded(t, "", "MY022", rebuilt)
	case *sqlparser.TablespaceOperation:
		m.blind(m.e, "the files of a table are taken away, or others put in their place")
	case *sqlparser.Validation:
	case sqlparser.TableOptions:
		for _, one := range o {
			m.option(t, one)
		}
	default:
		return false
	}
	return true
}

func (m my) option(t string, o *sqlparser.TableOption) {
	value := strings.ToLower(o.String)
	switch name := strings.ToLower(o.Name); name {
	case "engine":
		if value == "" && o.Value != nil {
			value = strings.ToLower(sqlparser.String(o.Value))
		}
		if value == "innodb" && m.state.table(t).made {
			m.graded(t, "", "MY022", rebuilt)
			return
		}
		m.graded(t, "", "MY022", cost{lockShared, Rewrite}).detail = "another engine: the rows are copied"
	case "row_format", "key_block_size", "encryption", "page_compressed", "compression", "data directory", "index directory", "tablespace":
		m.graded(t, "", "MY022", rebuilt)
	case "charset", "character set", "collate", "default charset":
		m.graded(t, "", "MY016", m.lightest())
	case "comment", "auto_increment", "stats_persistent", "stats_auto_recalc", "stats_sample_pages", "max_rows", "min_rows", "avg_row_length", "checksum",
		"delay_key_write", "pack_keys", "insert_method", "connection", "password", "union":
		m.costs(t, m.lightest())
	default:
		m.blind(m.e, "no rule is about this setting of a table")
	}
}

func (m my) partitions(t string, s *sqlparser.PartitionSpec) {
	if s == nil {
		m.graded(t, "", "MY023", cost{lockShared, Rewrite})
		return
	}
	switch s.Action {
	case sqlparser.AddAction:
		m.costs(t, lightly)
	case sqlparser.DropAction, sqlparser.TruncateAction:
		m.met("MY032", t, "").detail = "the rows of a partition"
	default:
		m.graded(t, "", "MY023", cost{lockShared, Rewrite})
	}
}

func (m my) create(s *sqlparser.CreateTable) {
	m.e.ddl = true
	t := m.name(s.Table)
	in := m.state.create(t, s.IfNotExists)
	if in.step != m.state.step {
		return
	}
	in.whole = s.TableSpec != nil
	if s.TableSpec == nil {
		return
	}
	for _, c := range s.TableSpec.Columns {
		m.learn(t, c)
	}
	for _, x := range s.TableSpec.Indexes {
		at := &index{step: m.state.step, table: t, unique: x.Info.Type == sqlparser.IndexTypeUnique}
		for _, c := range x.Columns {
			at.column = append(at.column, c.Column.Lowered())
			if column := in.columns[c.Column.Lowered()]; column != nil && x.Info.Type == sqlparser.IndexTypePrimary {
				column.notNull = true
			}
		}
		m.state.indexes[t+"."+x.Info.Name.Lowered()] = at
	}
	for _, k := range s.TableSpec.Constraints {
		switch d := k.Details.(type) {
		case *sqlparser.ForeignKeyDefinition:
			parent := m.name(d.ReferenceDefinition.ReferencedTable)
			in.constraints[k.Name.Lowered()] = &constraint{step: m.state.step, sort: "foreign", valid: true, parent: parent}
			if parent != t {
				m.costs(parent, lightly)
			}
		case *sqlparser.CheckConstraintDefinition:
			in.constraints[k.Name.Lowered()] = &constraint{step: m.state.step, sort: "check", valid: true}
		}
	}
}
