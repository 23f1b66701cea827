package migration

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// alter is ALTER TABLE, and ALTER INDEX, VIEW, SEQUENCE and TYPE, which PostgreSQL
// reads as the same.
// https://www.postgresql.org/docs/current/sql-altertable.html
func (p pg) alter(s *ast.AlterTableStmt) {
	t := relation(s.Relation)
	p.e.ddl = true
	validates := false
	for _, n := range items(s.Cmds) {
		c, ok := n.(*ast.AlterTableCmd)
		switch {
		case !ok:
			p.blind(p.e, "it has a part that is not understood")
		case s.Objtype == ast.OBJECT_INDEX:
			p.alterIndex(t, c)
		case s.Objtype == ast.OBJECT_TYPE:
			p.e.hit("PG064", "", "").object = t
		case s.Objtype == ast.OBJECT_SEQUENCE, s.Objtype == ast.OBJECT_VIEW, s.Objtype == ast.OBJECT_FOREIGN_TABLE:
			p.e.hit("PG064", "", "").object = t
		default:
			validates = validates || c.Subtype == ast.AT_ValidateConstraint
			p.command(t, c)
		}
	}
	held := p.together(t)
	if said := slices.ContainsFunc(p.e.hits, func(h hit) bool { return h.rule == "PG033" }); validates && held >= shareRowExclusive && !said {
		p.met("PG033", t, "").detail = "another action of the statement takes " + held.on(t)
	}
}

// together: the actions of one statement all run under the strongest lock that any
// of them takes, and for as long as the longest. It returns that lock.
func (p pg) together(t string) lock {
	all := touch{table: t}
	for _, o := range p.e.touches {
		if o.table == t {
			all.lock, all.lasts = max(all.lock, o.lock), max(all.lasts, o.lasts)
		}
	}
	for i := range p.e.touches {
		if p.e.touches[i].table == t {
			p.e.touches[i] = all
		}
	}
	return all.lock
}

func (p pg) alterIndex(index string, c *ast.AlterTableCmd) {
	t := p.tableOfIndex(index)
	switch c.Subtype {
	case ast.AT_SetTableSpace:
		p.met("PG051", t, "")
		p.touch(t, accessShare, Copy)
	case ast.AT_SetRelOptions, ast.AT_ResetRelOptions, ast.AT_SetStatistics, ast.AT_AttachPartition:
	default:
		p.blind(p.e, "no rule is about this change of an index")
	}
}

// command is one action of ALTER TABLE.
func (p pg) command(t string, c *ast.AlterTableCmd) {
	switch c.Subtype {
	case ast.AT_AddColumn:
		if def, ok := c.Def.(*ast.ColumnDef); ok {
			p.addColumn(t, def, c.MissingOk)
		}
	case ast.AT_DropColumn:
		p.dropColumn(t, c)
	case ast.AT_AlterColumnType:
		if def, ok := c.Def.(*ast.ColumnDef); ok {
			p.changeType(t, c.Name, def)
		}
	case ast.AT_SetNotNull:
		p.setNotNull(t, c.Name)
	case ast.AT_DropNotNull:
		p.met("PG019", t, c.Name)
		p.touch(t, accessExclusive, Metadata)
		p.known(t, c.Name).notNull = false
	case ast.AT_ColumnDefault:
		p.changeDefault(t, c)
	case ast.AT_AddConstraint:
		if def, ok := c.Def.(*ast.Constraint); ok {
			p.addConstraint(t, def)
		}
	case ast.AT_ValidateConstraint:
		p.validate(t, c.Name)
	case ast.AT_DropConstraint:
		p.dropConstraint(t, c.Name)
	case ast.AT_AttachPartition, ast.AT_DetachPartition:
		p.partition(t, c)
	default:
		p.setting(t, c)
	}
}

// setting is what changes how a table is kept.
func (p pg) setting(t string, c *ast.AlterTableCmd) {
	switch c.Subtype {
	case ast.AT_SetLogged, ast.AT_SetUnLogged, ast.AT_SetAccessMethod:
		p.met("PG051", t, "")
		p.touch(t, accessExclusive, Rewrite)
	case ast.AT_SetTableSpace:
		p.met("PG051", t, "")
		p.touch(t, accessExclusive, Copy)
	case ast.AT_EnableRowSecurity, ast.AT_DisableRowSecurity, ast.AT_ForceRowSecurity, ast.AT_NoForceRowSecurity:
		p.guarded(t, accessExclusive)
	case ast.AT_EnableTrig, ast.AT_EnableAlwaysTrig, ast.AT_EnableReplicaTrig, ast.AT_DisableTrig, ast.AT_EnableTrigAll, ast.AT_DisableTrigAll,
		ast.AT_EnableTrigUser, ast.AT_DisableTrigUser:
		p.guarded(t, shareRowExclusive)
	case ast.AT_EnableRule, ast.AT_EnableAlwaysRule, ast.AT_EnableReplicaRule, ast.AT_DisableRule:
		p.guarded(t, accessExclusive)
	case ast.AT_SetStatistics, ast.AT_SetOptions, ast.AT_ResetOptions, ast.AT_ClusterOn, ast.AT_DropCluster, ast.AT_SetRelOptions, ast.AT_ResetRelOptions,
		ast.AT_DetachPartitionFinalize:
		p.touch(t, shareUpdateExclusive, Metadata)
	case ast.AT_ChangeOwner:
		p.met("PG065", t, "")
		p.touch(t, accessExclusive, Metadata)
	case ast.AT_ReplicaIdentity:
		p.met("PG065", t, "").detail = "what replicas and change streams are sent of a row"
		p.touch(t, accessExclusive, Metadata)
	case ast.AT_AddIdentity, ast.AT_SetIdentity, ast.AT_DropIdentity, ast.AT_DropExpression, ast.AT_AlterConstraint:
		p.treats(t, c)
	case ast.AT_DropInherit:
		p.met("PG050", t, "").milder(Warns, 0, "its rows are no longer seen through the parent")
		p.touch(t, accessExclusive, Metadata)
	case ast.AT_SetStorage, ast.AT_SetCompression:
		p.touch(t, accessExclusive, Metadata)
	case ast.AT_SetExpression:
		p.met("PG016", t, c.Name)
		p.touch(t, accessExclusive, Rewrite)
	default:
		p.blind(p.e, "no rule is about this change of a table")
	}
}

// treats changes how a column gets its values, or when a constraint is held
// against them.
func (p pg) treats(t string, c *ast.AlterTableCmd) {
	p.touch(t, accessExclusive, Metadata)
	switch c.Subtype {
	case ast.AT_DropIdentity:
		p.met("PG066", t, c.Name).detail = "rows that are inserted without the column get no value any more"
	case ast.AT_DropExpression:
		p.met("PG066", t, c.Name).detail = "rows that are written without the column get no value any more"
	case ast.AT_AlterConstraint:
		p.met("PG066", t, "").milder(Warns, 0, "whether a constraint can wait for the end of a transaction: statements in another order may fail")
	case ast.AT_AddIdentity:
		if k, ok := c.Def.(*ast.Constraint); ok && k.GeneratedWhen == ast.ATTRIBUTE_IDENTITY_BY_DEFAULT {
			p.known(t, c.Name).hasDefault = true
			p.met("PG066", t, c.Name).milder(Tells, 0, "rows may still name a value; see that it begins behind the highest one")
			return
		}
		p.met("PG066", t, c.Name).milder(Warns, 0, noOwnValue)
	case ast.AT_SetIdentity:
		p.identity(t, c)
	}
}

const noOwnValue = "ALWAYS: rows that name a value are refused"

// identity is SET GENERATED, RESTART, and how an identity counts.
func (p pg) identity(t string, c *ast.AlterTableCmd) {
	options, _ := c.Def.(*ast.NodeList)
	for _, n := range items(options) {
		d, ok := n.(*ast.DefElem)
		if !ok {
			continue
		}
		when, _ := d.Arg.(*ast.Integer)
		switch {
		case d.Defname != "generated":
			p.met("PG066", t, c.Name).milder(Warns, 0, "it counts in another way: values may come twice")
		case when == nil || when.IVal != int(ast.ATTRIBUTE_IDENTITY_BY_DEFAULT):
			p.met("PG066", t, c.Name).milder(Warns, 0, noOwnValue)
		default:
			p.met("PG066", t, c.Name).milder(Tells, 0, "rows may name a value from now on")
		}
	}
}

// known is what is known of a column, or a place for what becomes of it.
func (p pg) known(t, name string) *column {
	if c := p.state.column(t, name); c != nil {
		return c
	}
	return &column{}
}

// newColumn is a column as it is written.
type newColumn struct {
	name    string
	typ     sqlType
	def     ast.Node
	notNull bool
	stored  bool // generated, identity, serial: written into each row
	check   ast.Node
	unique  bool
	primary bool
	parent  *ast.Constraint
}

func readColumn(def *ast.ColumnDef) newColumn {
	c := newColumn{name: def.Colname, typ: typeOf(def.TypeName), def: def.RawDefault, notNull: def.IsNotNull}
	c.stored = def.Identity != 0 || def.Generated != 0 || strings.HasSuffix(c.typ.name, "serial")
	for _, n := range items(def.Constraints) {
		k, ok := n.(*ast.Constraint)
		if !ok {
			continue
		}
		switch k.Contype {
		case ast.CONSTR_NOTNULL:
			c.notNull = true
		case ast.CONSTR_DEFAULT:
			c.def = k.RawExpr
		case ast.CONSTR_IDENTITY, ast.CONSTR_GENERATED:
			c.stored = true
		case ast.CONSTR_CHECK:
			c.check = k.RawExpr
		case ast.CONSTR_PRIMARY:
			c.primary = true
		case ast.CONSTR_UNIQUE:
			c.unique = true
		case ast.CONSTR_FOREIGN:
			c.parent = k
		}
	}
	if isNull(c.def) {
		c.def = nil
	}
	return c
}

func isNull(n ast.Node) bool {
	if cast, ok := n.(*ast.TypeCast); ok {
		n = cast.Arg
	}
	k, ok := n.(*ast.A_Const)
	return ok && k.Isnull
}

func (p pg) addColumn(t string, def *ast.ColumnDef, unlessThere bool) {
	c := readColumn(def)
	if unlessThere && p.state.column(t, c.name) != nil {
		p.touch(t, accessExclusive, Metadata)
		return
	}
	before := len(p.e.hits)
	lasts := p.fills(t, c)
	lasts = max(lasts, p.inline(t, c))
	if c.notNull && c.def == nil && !c.stored && !c.primary {
		p.met("PG002", t, c.name)
	}
	if c.typ.name == "json" && !c.typ.array {
		p.met("PG006", t, c.name)
	}
	if len(p.e.hits) == before {
		p.met(map[bool]string{true: "PG001", false: "PG003"}[c.def == nil], t, c.name).tells()
	}
	p.touch(t, accessExclusive, lasts)
	if !p.isNew(t) && p.pending {
		p.expanded[t] = true
	}
	p.learn(t, c)
}

// tells makes a hit of what is harmless.
func (h *hit) tells() { h.milder(Tells, 0, h.detail) }

// fills says what the value of a new column costs.
func (p pg) fills(t string, c newColumn) Lasts {
	switch {
	case c.stored:
		p.met("PG005", t, c.name)
		return Rewrite
	case p.state.types[c.typ.name] == boundDomain:
		p.met("PG035", t, c.name).detail = "a domain with a constraint: every row is written anew"
		return Rewrite
	case c.def != nil:
		return p.defaulted(t, c)
	case !p.plain(c.typ):
		p.met("PG035", t, c.name).milder(Warns, Scans|Rewrites, "the type "+c.typ.name+" is not made by the files: if it is a domain with a constraint, every row is written anew")
		return Unknown
	}
	return Metadata
}

// plain reports whether a type is surely no domain with constraints.
func (p pg) plain(t sqlType) bool {
	return listed(builtIn, t.name) || p.state.types[t.name] == plainType || p.state.types[t.name] == looseDomain || t.array
}

func (p pg) defaulted(t string, c newColumn) Lasts {
	switch v, function := expressionVolatility(c.def); {
	case v == isVolatile:
		p.met("PG004", t, c.name).detail = function + " gives another value for each row"
		return Rewrite
	case v == 0:
		p.met("PG004", t, c.name).detail = "nobody can see whether " + function + " gives another value for each row"
		return Unknown
	case !p.options.Version.atLeast(11, 0, 0):
		p.met("PG003", t, c.name).milder(Harms, Blocks|Rewrites, "this version rewrites the table")
		return Rewrite
	case !p.plain(c.typ):
		p.met("PG035", t, c.name).milder(Warns, Scans|Rewrites, "the type "+c.typ.name+" is not made by the files: if it is a domain with a constraint, every row is written anew")
		return Unknown
	}
	return Metadata
}

// inline is what stands behind the type of a new column.
func (p pg) inline(t string, c newColumn) Lasts {
	lasts := Metadata
	if c.check != nil || c.unique || c.primary {
		p.met("PG007", t, c.name)
		lasts = Scan
	}
	if c.parent != nil {
		h := p.met("PG007", t, c.name)
		h.detail = "it also locks " + relation(c.parent.Pktable)
		reads := Metadata
		if c.def != nil {
			lasts, reads = Scan, Scan
		} else if lasts == Metadata {
			h.milder(Warns, 0, h.detail+"; no row is read")
		}
		p.touch(relation(c.parent.Pktable), shareRowExclusive, reads)
	}
	return lasts
}

// learn remembers a new column.
func (p pg) learn(t string, c newColumn) {
	in := p.state.table(t)
	in.add(c.name, &column{
		step: p.state.step, typ: c.typ, notNull: c.notNull || c.primary || c.stored && c.typ.name != "", hasDefault: c.def != nil || c.stored,
	})
	add := func(sort string, k constraint) {
		k.sort, k.valid, k.columns, k.step = sort, true, []string{c.name}, p.state.step
		in.constraints[named(t, "", sort, k.columns)] = &k
	}
	if c.check != nil {
		add("check", constraint{notNull: notNull(c.check)})
	}
	if c.unique {
		add("unique", constraint{})
	}
	if c.primary {
		add("primary", constraint{})
	}
	if c.parent != nil {
		add("foreign", constraint{parent: relation(c.parent.Pktable)})
	}
}

func (p pg) dropColumn(t string, c *ast.AlterTableCmd) {
	detail := ""
	if c.Behavior == ast.DropCascade {
		detail = "CASCADE takes with it whatever depends on it, such as views"
	}
	p.gone(p.e, "PG010", t, c.Name, detail)
	p.touch(t, accessExclusive, Metadata)
	if k := p.state.table(t); k.columns[c.Name] != nil {
		for _, constraint := range k.constraints {
			if constraint.sort == "foreign" && slices.Contains(constraint.columns, c.Name) {
				p.touch(constraint.parent, accessExclusive, Metadata)
			}
		}
	}
	p.state.table(t).dropColumn(c.Name)
}

func (p pg) changeType(t, name string, def *ast.ColumnDef) {
	to, old := typeOf(def.TypeName), p.state.column(t, name)
	lasts := p.changing(t, name, old, def)
	switch {
	case lasts <= Metadata:
		p.met("PG017", t, name)
	case lasts == Scan:
		p.met("PG016", t, name).milder(Harms, Blocks|Scans, "the rows stay as they are; a check or an index of the column is made anew, for which all are read")
	case lasts == Unknown:
		p.met("PG016", t, name).detail = p.doubt(old, to)
	default:
		p.met("PG016", t, name)
	}
	p.touch(t, accessExclusive, lasts)
	if old != nil {
		old.typ = to
	}
	if reads(p.options.PromotedReads, t, name) && lasts != Metadata {
		p.met("XX001", t, name)
	}
}

// changing says what a change of type costs.
func (p pg) changing(t, name string, old *column, def *ast.ColumnDef) Lasts {
	to, lasts := typeOf(def.TypeName), Unknown
	if old != nil {
		lasts = p.conversion(old.typ, to)
	}
	lasts = using(def.RawDefault, name, to, lasts)
	if lasts != Metadata {
		return lasts
	}
	in := p.state.table(t)
	switch {
	case def.Collclause != nil:
		return Unknown // indexes of the column are built anew, and the files may not show them all
	case in.checked(name), old != nil && p.state.indexed(t, name) && !sameOperators(old.typ, to):
		return Scan
	}
	return Metadata
}

// using says what a USING adds to the cost of a conversion.
func using(n ast.Node, name string, to sqlType, lasts Lasts) Lasts {
	if n == nil || justColumn(n, name) {
		return lasts
	}
	c, ok := n.(*ast.TypeCast)
	switch {
	case !ok || !justColumn(c.Arg, name):
		return Rewrite
	case typeOf(c.TypeName).name != to.name:
		return Unknown
	}
	return lasts
}

func (p pg) doubt(old *column, to sqlType) string {
	if old == nil {
		return "the files do not show what type it has now: whether the table is written anew, nobody can tell from them"
	}
	if strings.HasPrefix(old.typ.name, "timestamp") && strings.HasPrefix(to.name, "timestamp") {
		return "the table is written anew unless the session's time zone is UTC"
	}
	return "whether the table is written anew depends on the types"
}

// justColumn reports whether USING says no more than the conversion itself does.
func justColumn(n ast.Node, name string) bool {
	c, ok := n.(*ast.ColumnRef)
	return ok && last(c.Fields) == name
}

// sameOperators reports whether indexes stay as they are.
func sameOperators(a, b sqlType) bool {
	text := func(t sqlType) bool { return t.name == "text" || t.name == "varchar" }
	return text(a) && text(b) || a.name == b.name
}

func (p pg) setNotNull(t, name string) {
	in, old := p.state.table(t), p.state.column(t, name)
	proven := in.proven(name) && p.options.Version.atLeast(12, 0, 0)
	switch {
	case old != nil && old.notNull:
		p.met("PG018", t, name).milder(Tells, 0, "it is NOT NULL already")
		p.touch(t, accessExclusive, Metadata)
	case proven:
		p.met("PG018", t, name).milder(Tells, 0, "a validated check proves it, so that no row is read")
		p.touch(t, accessExclusive, Metadata)
	default:
		p.met("PG018", t, name)
		p.touch(t, accessExclusive, Scan)
		if old != nil && old.step > 0 && !old.hasDefault && !old.backfilled {
			p.met("XX005", t, name)
		}
		if old != nil && old.step > 0 && p.wasPending(old.step) && p.said() {
			p.met("XX004", t, name)
		}
	}
	p.known(t, name).notNull = true
}

func (p pg) changeDefault(t string, c *ast.AlterTableCmd) {
	old := p.state.column(t, c.Name)
	if c.Def == nil || isNull(c.Def) {
		if old == nil || old.notNull {
			h := p.met("PG020", t, c.Name)
			if old == nil {
				h.detail = "the files do not show whether it may be NULL"
			}
		}
	} else {
		p.met("PG021", t, c.Name)
	}
	p.touch(t, accessExclusive, Metadata)
	set := c.Def != nil && !isNull(c.Def)
	if set {
		p.restored("PG020", t, c.Name)
	}
	p.known(t, c.Name).hasDefault = set
}
