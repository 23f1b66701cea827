package migration

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// sorts are the constraints that a table can have.
func sortOf(k ast.ConstrType) string {
	switch k {
	case ast.CONSTR_CHECK:
		return "check"
	case ast.CONSTR_PRIMARY:
		return "primary"
	case ast.CONSTR_UNIQUE:
		return "unique"
	case ast.CONSTR_EXCLUSION:
		return "exclude"
	case ast.CONSTR_FOREIGN:
		return "foreign"
	}
	return ""
}

// readConstraint is what the state keeps of a constraint.
func (p pg) readConstraint(t string, def *ast.Constraint) (string, *constraint) {
	k := &constraint{step: p.state.step, sort: sortOf(def.Contype), valid: !def.SkipValidation, columns: words(def.Keys)}
	switch k.sort {
	case "check":
		k.columns, k.notNull = columnsIn(def.RawExpr), notNull(def.RawExpr)
	case "foreign":
		k.columns, k.parent = words(def.FkAttrs), relation(def.Pktable)
	case "exclude":
		k.columns = nil
	}
	return named(t, def.Conname, k.sort, k.columns), k
}

func (p pg) addConstraint(t string, def *ast.Constraint) {
	at, k := p.readConstraint(t, def)
	switch k.sort {
	case "check":
		p.addCheck(t, k)
	case "foreign":
		p.addForeign(t, k)
	case "primary", "unique", "exclude":
		p.addUnique(t, def, k)
	default:
		p.blind(p.e, "no rule is about this sort of constraint")
		return
	}
	if !k.valid {
		p.tx.added[t+"."+at] = true
	}
	p.state.table(t).constraints[at] = k
}

func (p pg) addCheck(t string, k *constraint) {
	h := p.met("PG030", t, "")
	if k.valid {
		p.touch(t, accessExclusive, Scan)
		return
	}
	h.milder(Tells, 0, "NOT VALID reads no row; whatever serves has to keep to it from now on")
	p.touch(t, accessExclusive, Metadata)
}

func (p pg) addForeign(t string, k *constraint) {
	// Also a new table's foreign key locks the table that it refers to.
	lasts := Metadata
	if k.valid && !p.isNew(t) {
		lasts = Scan
	}
	h := p.met("PG031", t, "")
	if !k.valid {
		h.milder(Tells, 0, "NOT VALID reads no row; whatever serves has to keep to it from now on")
	}
	p.touch(t, shareRowExclusive, lasts)
	p.touch(k.parent, shareRowExclusive, lasts)
}

func (p pg) addUnique(t string, def *ast.Constraint, k *constraint) {
	h := p.met("PG032", t, "")
	if def.Indexname == "" {
		p.touch(t, accessExclusive, Scan)
		return
	}
	x := p.state.indexes[def.Indexname]
	if x != nil {
		k.columns = x.column
	}
	if k.sort == "primary" && !p.neverNull(t, k.columns) {
		h.detail = "the columns of a primary key become NOT NULL: all rows are read, unless they are that already"
		p.touch(t, accessExclusive, Scan)
		return
	}
	h.milder(Tells, 0, "the index is there already")
	p.touch(t, accessExclusive, Metadata)
}

// neverNull reports whether columns are known to be NOT NULL, or proven to be.
func (p pg) neverNull(t string, columns []string) bool {
	for _, name := range columns {
		c := p.state.column(t, name)
		if (c == nil || !c.notNull) && !p.state.table(t).proven(name) {
			return false
		}
	}
	return len(columns) > 0
}

func (p pg) validate(t, at string) {
	k := p.state.table(t).constraints[at]
	p.touch(t, shareUpdateExclusive, Scan)
	if k != nil && k.sort == "foreign" {
		p.touch(k.parent, rowShare, Scan)
	}
	if k != nil {
		k.valid = true
	}
	if !p.tx.open {
		return
	}
	for _, held := range p.tx.held {
		if held.lock >= shareRowExclusive {
			h := p.met("PG033", t, "")
			h.touch, h.detail = &touch{held.table, held.lock, Scan}, "the transaction holds "+held.lock.on(held.table)
			p.tx.told["PG061"] = true
			return
		}
	}
}

func (p pg) dropConstraint(t, at string) {
	in := p.state.table(t)
	k := in.constraints[at]
	h := p.met("PG034", t, "")
	h.object = t + "." + at
	switch {
	case k == nil:
		h.milder(Warns, Blocks, "the files do not show what it is: if it is a foreign key, the table that it refers to is locked, too")
		p.touch(t, accessExclusive, Metadata)
		return
	case k.sort == "foreign":
		p.touch(t, accessExclusive, Metadata)
		p.touch(k.parent, accessExclusive, Metadata)
	case k.sort == "unique", k.sort == "primary", k.sort == "exclude":
		h.milder(Warns, 0, "what serves may name it in ON CONFLICT, which then fails")
		p.touch(t, accessExclusive, Metadata)
	default:
		h.milder(Tells, 0, "a check")
		p.touch(t, accessExclusive, Metadata)
	}
	delete(in.constraints, at)
}

// partition is ATTACH and DETACH.
// https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
func (p pg) partition(t string, c *ast.AlterTableCmd) {
	def, ok := c.Def.(*ast.PartitionCmd)
	if !ok {
		p.blind(p.e, "a partition of a form that is not known")
		return
	}
	part := relation(def.Name)
	if c.Subtype == ast.AT_AttachPartition {
		p.rest(t)
	}
	switch {
	case c.Subtype == ast.AT_AttachPartition && p.options.Version.atLeast(12, 0, 0):
		p.touch(t, shareUpdateExclusive, Metadata)
		if p.isNew(part) {
			return
		}
		h := p.met("PG050", part, "")
		lasts := Scan
		if k := p.validCheck(part); k != "" {
			h.milder(Warns, Blocks|Scans, "a validated check is there; whether it says what the bounds say, only the server finds out")
			lasts = Unknown
		}
		p.touch(part, accessExclusive, lasts)
	case c.Subtype == ast.AT_AttachPartition:
		p.met("PG050", part, "")
		p.touch(t, accessExclusive, Metadata)
		p.touch(part, accessExclusive, Scan)
	case def.Concurrent:
		p.outside("DETACH PARTITION CONCURRENTLY")
		p.met("PG050", part, "").milder(Warns, 0, "its rows are no longer seen through the parent")
		p.touch(t, shareUpdateExclusive, Metadata)
		p.touch(part, accessExclusive, Metadata)
	default:
		p.met("PG050", part, "").milder(Harms, Blocks, "no row is read, and everybody who uses the parent waits behind it; the rows are no longer seen through it")
		p.touch(t, accessExclusive, Metadata)
		p.touch(part, accessExclusive, Metadata)
	}
}

// rest is the default partition of a table that gets another one: all of its rows
// are read, as none of them may belong to the new one.
func (p pg) rest(parent string) {
	for _, name := range sorted(p.state.tables) {
		if p.state.tables[name].restOf == parent && parent != "" && !p.isNew(name) {
			p.met("PG050", name, "").detail = "the default partition: it is read, and nobody can use it meanwhile"
			p.touch(name, accessExclusive, Scan)
		}
	}
}

func (p pg) validCheck(t string) string {
	in := p.state.table(t)
	i := slices.IndexFunc(sorted(in.constraints), func(n string) bool { k := in.constraints[n]; return k.sort == "check" && k.valid && k.notNull == "" })
	if i < 0 {
		return ""
	}
	return sorted(in.constraints)[i]
}
