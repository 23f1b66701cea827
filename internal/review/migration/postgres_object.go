package migration

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

func (p pg) create(s *ast.CreateStmt) {
	p.e.ddl = true
	t := relation(s.Relation)
	in := p.state.create(t, s.IfNotExists)
	if in.step != p.state.step {
		return // it is there, and IF NOT EXISTS does nothing
	}
	in.whole = len(items(s.InhRelations)) == 0 && s.OfTypename == nil
	for _, n := range items(s.InhRelations) {
		if parent, ok := n.(*ast.RangeVar); ok {
			p.inherits(relation(parent), s.PartBound != nil)
			if s.PartBound != nil && s.PartBound.IsDefault {
				in.restOf = relation(parent)
			}
		}
	}
	for _, n := range items(s.TableElts) {
		switch n := n.(type) {
		case *ast.ColumnDef:
			c := readColumn(n)
			p.learn(t, c)
			if c.parent != nil {
				p.refers(t, relation(c.parent.Pktable))
			}
		case *ast.Constraint:
			p.tableConstraint(t, n)
		default:
			in.whole = false // LIKE
		}
	}
	for _, k := range s.Constraints {
		p.tableConstraint(t, k)
	}
}

func (p pg) tableConstraint(t string, def *ast.Constraint) {
	at, k := p.readConstraint(t, def)
	k.valid = true
	p.state.table(t).constraints[at] = k
	if k.sort == "foreign" {
		p.refers(t, k.parent)
	}
	for _, name := range k.columns {
		if k.sort == "primary" {
			p.known(t, name).notNull = true
		}
	}
}

// refers is a foreign key of a new table: it has no rows, and the table that it
// refers to is locked for a moment.
func (p pg) refers(t, parent string) {
	if parent != t {
		p.touch(parent, shareRowExclusive, Metadata)
	}
}

// inherits locks the parent of a new table. A partition's parent is locked against
// everybody, and its default partition, if there is one, is read.
func (p pg) inherits(parent string, partition bool) {
	if partition {
		p.touch(parent, accessExclusive, Metadata)
		p.rest(parent)
		return
	}
	p.touch(parent, shareUpdateExclusive, Metadata)
}

func (p pg) createAs(s *ast.CreateTableAsStmt) {
	p.e.ddl = true
	if s.Into != nil {
		in := p.state.create(relation(s.Into.Rel), s.IfNotExists)
		in.whole = false
	}
}

func (p pg) index(s *ast.IndexStmt) {
	t := relation(s.Relation)
	x := &index{step: p.state.step, table: t, unique: s.Unique}
	for _, n := range items(s.IndexParams) {
		if el, ok := n.(*ast.IndexElem); ok {
			x.column = append(x.column, el.Name)
		}
	}
	at := s.Idxname
	if at == "" {
		at = t + "_" + strings.Join(x.column, "_") + "_idx"
	}
	p.state.indexes[at] = x
	p.stumbles(s, t, at)
	if s.Unique {
		h := p.met("PG032", t, "")
		h.named(at)
		h.milder(Warns, 0, "rows that are equal make the build fail, and a concurrent one leaves an index that is not valid; what serves can no longer write any")
	}
	if !s.Concurrent {
		p.met("PG040", t, "").named(at)
		p.touch(t, share, Scan)
		return
	}
	p.outside("CREATE INDEX CONCURRENTLY")
	p.touch(t, shareUpdateExclusive, Scan)
	if v := p.options.Version; v.Major == 14 && v.Minor < 4 {
		h := p.met("PG045", t, "")
		h.named(at)
		if v.Minor == 0 {
			h.milder(Warns, BreaksNew, "version says 14 and no more; 14.4 and later are sound")
		}
	}
}

// stumbles: a build of an index whose name one has that is not valid.
func (p pg) stumbles(s *ast.IndexStmt, t, at string) {
	_, broken := p.broken[at]
	switch {
	case broken && p.pending:
		detail := "the database has it already, and it is not valid: this statement fails"
		if s.IfNotExists {
			detail = "the database has it already, and it is not valid: this statement does nothing"
		}
		h := p.met("PG044", t, "")
		h.named(at)
		h.milder(Harms, BreaksNew, detail)
		delete(p.broken, at)
	case s.IfNotExists && s.Concurrent:
		h := p.met("PG044", t, "")
		h.named(at)
		if p.options.Live != nil {
			h.milder(Tells, 0, "the database has none of this name that is not valid")
		}
	}
}

func (h *hit) named(object string) {
	if h.object = h.table + "." + object; strings.HasPrefix(h.table, tableOf) {
		h.object = object
	}
}

const tableOf = "the table of index "

// tableOfIndex is the table of an index, as far as the files tell.
func (p pg) tableOfIndex(name string) string {
	if x := p.state.indexes[name]; x != nil {
		return x.table
	}
	_, short := Split(name)
	if x := p.state.indexes[short]; x != nil && short != "" {
		return x.table
	}
	return tableOf + name
}

func (p pg) drop(s *ast.DropStmt) {
	p.e.ddl = true
	cascade := ""
	if s.Behavior == ast.DropCascade {
		cascade = "CASCADE takes with it whatever depends on it, such as views and foreign keys"
	}
	for _, n := range items(s.Objects) {
		object := nameOf(n)
		switch s.RemoveType {
		case ast.OBJECT_TABLE, ast.OBJECT_FOREIGN_TABLE, ast.OBJECT_MATVIEW:
			p.dropTable(object, cascade)
		case ast.OBJECT_INDEX:
			p.dropIndex(object, s.Concurrent)
		case ast.OBJECT_TRIGGER, ast.OBJECT_POLICY, ast.OBJECT_RULE:
			parts := words(s.Objects) // of the table, and then its own
			if l, ok := n.(*ast.NodeList); ok {
				parts = words(l)
			}
			p.guarded(strings.TrimPrefix(strings.Join(parts[:max(len(parts)-1, 0)], "."), "public."), accessExclusive)
			if len(words(s.Objects)) > 0 {
				return
			}
		case ast.OBJECT_STATISTIC_EXT, ast.OBJECT_ROLE, ast.OBJECT_EVENT_TRIGGER, ast.OBJECT_PUBLICATION, ast.OBJECT_SUBSCRIPTION:
			p.e.hit("PG065", "", "").object = object
		case ast.OBJECT_SCHEMA:
			p.gone(p.e, "PG011", object, "", join("schema", cascade))
		default:
			p.dropOther(object, join(strings.ToLower(s.RemoveType.String()), cascade), cascade != "")
		}
	}
}

// dropOther drops what holds no rows: a view, a type, a function.
func (p pg) dropOther(object, detail string, cascade bool) {
	if p.isNewOther(object) {
		delete(p.state.others, object)
		return
	}
	before := len(p.e.hits)
	p.gone(p.e, "PG011", object, "", detail)
	hazard := BreaksOld | StaysBroken
	if cascade {
		hazard |= LosesData // columns of a type go with it
		for _, t := range sorted(p.state.tables) {
			if p.state.tables[t].hasType(object) {
				p.touch(t, accessExclusive, Metadata)
			}
		}
	}
	for i := range p.e.hits[before:] {
		if h := &p.e.hits[before+i]; h.rule == "PG011" && h.level == 0 {
			h.milder(Harms, hazard, h.detail)
		}
	}
}

func (p pg) dropTable(t, detail string) {
	p.gone(p.e, "PG011", t, "", detail)
	p.touch(t, accessExclusive, Metadata)
	if in := p.state.tables[t]; in != nil {
		for _, n := range sorted(in.constraints) {
			if k := in.constraints[n]; k.sort == "foreign" {
				p.touch(k.parent, accessExclusive, Metadata)
			}
		}
	}
	if detail != "" {
		for _, other := range sorted(p.state.tables) {
			if p.state.tables[other].refersTo(t) {
				p.touch(other, accessExclusive, Metadata)
			}
		}
	}
	p.state.drop(t)
}

// mends notes that an index is dropped, or built anew.
func (p pg) mends(index string) {
	if p.pending {
		delete(p.broken, index)
	}
}

func (p pg) dropIndex(object string, concurrent bool) {
	t := p.tableOfIndex(object)
	x := p.state.indexes[object]
	delete(p.state.indexes, object)
	p.mends(object)
	if x != nil && x.unique && !p.isNew(t) {
		h := p.met("PG034", t, "")
		h.named(object)
		h.milder(Warns, 0, "a unique index: what serves may name its columns in ON CONFLICT, which then fails")
	}
	if concurrent {
		p.outside("DROP INDEX CONCURRENTLY")
		p.touch(t, shareUpdateExclusive, Metadata)
		return
	}
	h := p.met("PG042", t, "")
	h.named(object)
	if !p.patient() {
		h.milder(Warns, 0, "with a limit on how long it waits; what used the index reads the whole table from then on")
	}
	p.touch(t, accessExclusive, Metadata)
}

// rename is every RENAME. Whoever uses the old name fails from that moment, and
// whoever uses the new one failed before.
func (p pg) rename(s *ast.RenameStmt) {
	p.e.ddl = true
	t := relation(s.Relation)
	switch s.RenameType {
	case ast.OBJECT_TABLE, ast.OBJECT_FOREIGN_TABLE, ast.OBJECT_VIEW, ast.OBJECT_MATVIEW:
		if p.state.indexes[t] != nil && s.RenameType == ast.OBJECT_TABLE {
			p.touch(p.state.indexes[t].table, accessExclusive, Metadata)
			return
		}
		p.renamed(t, "", "now "+s.Newname)
		p.touch(t, accessExclusive, Metadata)
		p.state.rename(t, s.Newname)
	case ast.OBJECT_COLUMN:
		p.renamed(t, s.Subname, "now "+s.Newname)
		p.touch(t, accessExclusive, Metadata)
		p.state.table(t).renameColumn(s.Subname, s.Newname)
	case ast.OBJECT_INDEX:
		if x := p.state.indexes[t]; x != nil {
			delete(p.state.indexes, t)
			p.state.indexes[s.Newname] = x
		}
	case ast.OBJECT_TABCONSTRAINT:
		p.touch(t, accessExclusive, Metadata)
		in := p.state.table(t)
		if k := in.constraints[s.Subname]; k != nil {
			delete(in.constraints, s.Subname)
			in.constraints[s.Newname] = k
		}
	case ast.OBJECT_TRIGGER, ast.OBJECT_POLICY, ast.OBJECT_RULE:
		p.touch(t, accessExclusive, Metadata)
	default:
		p.renameOther(s)
	}
}

// renameOther renames what is no table. What is new may take the place of what the
// migration has dropped.
func (p pg) renameOther(s *ast.RenameStmt) {
	from := orWord(nameOf(s.Object), s.Subname)
	if !p.isNewOther(from) {
		p.e.hit("PG013", "", "").object = strings.ToLower(s.RenameType.String()) + " " + from
		return
	}
	p.makes(s.Newname)
	delete(p.state.others, from)
	if sort, ok := p.state.types[from]; ok {
		p.state.types[s.Newname] = sort
		delete(p.state.types, from)
	}
	p.again("PG011", s.Newname)
}

func (p pg) renamed(t, column, detail string) {
	if p.isNew(t) || p.isNewOther(t) {
		return
	}
	p.met("PG013", t, column).detail = detail
	if reads(p.options.PromotedReads, t, column) {
		p.met("XX001", t, column)
	}
}

func (p pg) moveSchema(s *ast.AlterObjectSchemaStmt) {
	p.e.ddl = true
	t := relation(s.Relation)
	if s.Relation == nil {
		p.e.hit("PG013", "", "").object = strings.ToLower(s.ObjectType.String()) + " " + nameOf(s.Object)
		return
	}
	p.renamed(t, "", "now "+s.NewSchema+"."+s.Relation.RelName)
	p.touch(t, accessExclusive, Metadata)
	p.state.rename(t, strings.TrimPrefix(s.NewSchema+"."+s.Relation.RelName, "public."))
}

func (p pg) enum(s *ast.AlterEnumStmt) {
	p.e.ddl = true
	of := name(s.TypeName)
	if p.isNewOther(of) {
		return
	}
	if s.OldVal != "" {
		p.e.hit("PG014", "", "").object = of + "." + s.OldVal
		return
	}
	p.e.hit("PG015", "", "").object = of + "." + s.NewVal
	if !p.options.Version.atLeast(12, 0, 0) {
		p.outside("ALTER TYPE … ADD VALUE")
	}
}

func (p pg) domain(s *ast.CreateDomainStmt) {
	p.e.ddl = true
	of := name(s.Domainname)
	p.state.types[of] = looseDomain
	for _, n := range items(s.Constraints) {
		if k, ok := n.(*ast.Constraint); ok && (k.Contype == ast.CONSTR_CHECK || k.Contype == ast.CONSTR_NOTNULL) {
			p.state.types[of] = boundDomain
			h := p.e.hit("PG035", "", "")
			h.object = of
			h.milder(Warns, 0, "a new column of it writes the table anew, and its check cannot be changed without reading every table that uses it")
		}
	}
}

func (p pg) alterDomain(s *ast.AlterDomainStmt) {
	p.e.ddl = true
	of := name(s.TypeName)
	k, _ := s.Def.(*ast.Constraint)
	switch {
	case s.Subtype == 'O', s.Subtype == 'C' && (k == nil || !k.SkipValidation), s.Subtype == 'V':
		h := p.e.hit("PG035", "", "")
		h.object = of
		for _, t := range sorted(p.state.tables) {
			for _, c := range p.state.tables[t].columns {
				if c.typ.name == of && !p.isNew(t) {
					p.touch(t, share, Scan)
					h.touch = &touch{t, share, Scan}
				}
			}
		}
		if h.touch == nil {
			h.touch = &touch{"every table that uses it", share, Scan}
		}
		p.state.types[of] = boundDomain
	case s.Subtype == 'C':
		h := p.e.hit("PG035", "", "")
		h.object = of
		h.milder(Tells, 0, "NOT VALID reads no row; whatever serves has to keep to it from now on")
		p.state.types[of] = boundDomain
	}
}

// data is what changes rows.
func (p pg) data(s ast.Stmt) bool {
	p.beside(s)
	return p.changes(s)
}

// beside looks into WITH, where other statements may stand that change rows.
func (p pg) beside(s ast.Stmt) {
	var with *ast.WithClause
	switch s := s.(type) {
	case *ast.UpdateStmt:
		with = s.WithClause
	case *ast.DeleteStmt:
		with = s.WithClause
	case *ast.InsertStmt:
		with = s.WithClause
	case *ast.MergeStmt:
		with = s.WithClause
	}
	if with == nil {
		return
	}
	walk(with, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt, *ast.MergeStmt:
			if inner, ok := n.(ast.Stmt); ok {
				p.changes(inner)
			}
		}
	})
}

// changes is a statement that changes rows, without what stands in its WITH.
func (p pg) changes(s ast.Stmt) bool {
	if isLedger(writesTo(s)) {
		return true
	}
	switch s := s.(type) {
	case *ast.UpdateStmt:
		p.update(s)
	case *ast.DeleteStmt:
		t := relation(s.Relation)
		h := p.rowsOf(t)
		if s.WhereClause == nil {
			h.milder(Harms, LosesData|StaysBroken|Blocks, "without WHERE: every row is deleted")
		} else {
			h.milder(Warns, LosesData, "the rows are gone; how many, nobody can tell from the text")
		}
		p.e.data = !p.isNew(t)
	case *ast.InsertStmt:
		t := relation(s.Relation)
		if q, ok := s.SelectStmt.(*ast.SelectStmt); ok && len(items(q.FromClause)) > 0 && !p.isNew(t) {
			p.rowsOf(t).milder(Warns, Scans, "as many rows as the query gives, in one statement")
			p.e.data = true
		}
	case *ast.MergeStmt:
		p.rowsOf(relation(s.Relation)).milder(Warns, Scans|LosesData, "as many rows as match, in one statement")
		p.e.data = true
	case *ast.CopyStmt:
		if s.IsProgram {
			p.blind(p.e, "COPY runs a program")
		}
	default:
		return p.code(s)
	}
	return true
}

// writesTo is the table whose rows a statement changes.
func writesTo(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.UpdateStmt:
		return relation(s.Relation)
	case *ast.DeleteStmt:
		return relation(s.Relation)
	case *ast.InsertStmt:
		return relation(s.Relation)
	}
	return ""
}

// rowsOf adds a hit about rows that are changed.
func (p pg) rowsOf(t string) *hit {
	if p.isNew(t) {
		return &hit{}
	}
	return p.e.hit("PG062", t, "")
}

func (p pg) update(s *ast.UpdateStmt) {
	t := relation(s.Relation)
	for _, n := range items(s.TargetList) {
		if r, ok := n.(*ast.ResTarget); ok {
			if c := p.state.column(t, r.Name); c != nil {
				c.backfilled = true
			}
		}
	}
	if p.isNew(t) {
		return
	}
	p.e.data = true
	switch h := p.rowsOf(t); {
	case p.tx.open && p.tx.ddl > 0:
		h.detail = "in the transaction of a change of the schema"
	case s.WhereClause == nil:
		h.milder(Warns, Blocks|Scans, "every row is locked until the statement ends")
	default:
		h.milder(Tells, Scans, "how many rows it locks, nobody can tell from the text")
	}
}

// code is what runs code that nobody can see.
func (p pg) code(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.DoStmt:
		p.blind(p.e, "a DO block is code, in which nobody can look")
	case *ast.CallStmt:
		p.blind(p.e, "it calls a procedure, in which nobody can look")
	case *ast.PrepareStmt, *ast.ExecuteStmt, *ast.DeallocateStmt:
		p.blind(p.e, "a prepared statement is not looked into")
	case *ast.DropOwnedStmt:
		p.e.hit("PG011", "", "").object = "everything that a role owns"
	case *ast.DropdbStmt:
		p.e.hit("PG011", "", "").object = "a database"
	default:
		return false
	}
	return true
}
