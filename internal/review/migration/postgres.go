package migration

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser"
	"github.com/multigres/multigres/go/common/parser/ast"
)

// parsePostgres parses a statement. A parser that panics has not read it.
func parsePostgres(text string) (out []ast.Stmt, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("the parser failed: %v", p)
		}
	}()
	return parser.ParseSQL(text)
}

// postgres says what a statement does.
func (r *review) postgres(text string) (e effect) {
	e.hits, e.touches = r.hits[:0], r.touches[:0]
	if strings.HasPrefix(text, `\`) {
		r.psql(&e, text)
		return e
	}
	statements, err := parsePostgres(text)
	if err != nil {
		r.blind(&e, "it cannot be read as PostgreSQL")
		return e
	}
	defer func() { // a tree of a shape that nobody expected
		if p := recover(); p != nil {
			r.blind(&e, "it was read, and not understood")
		}
	}()
	for _, s := range statements {
		p := pg{review: r, e: &e}
		p.statement(s)
	}
	return e
}

// psql is for an instruction to the client. Dumps have some that change nothing.
func (r *review) psql(e *effect, text string) {
	word, _, _ := strings.Cut(strings.TrimPrefix(text, `\`), " ")
	if !listed(" restrict unrestrict encoding echo qecho timing pset ", strings.TrimSpace(word)) {
		r.blind(e, "an instruction to psql, which may do anything")
	}
}

// blind is for what nobody can judge: it may do everything.
func (r *review) blind(e *effect, why string) {
	if !r.pending {
		r.state.forget()
	}
	h := e.hit(r.unknownRule(), "", "")
	h.object, h.detail = "statement", why
	e.ddl = true
}

// pg reviews one statement of PostgreSQL.
type pg struct {
	*review
	e *effect
}

// touch adds a lock on what others use.
func (p pg) touch(table string, l lock, lasts Lasts) {
	p.e.ddl = true
	if !p.isNew(table) {
		p.e.touches = append(p.e.touches, touch{table, l, lasts})
	}
}

// met adds a hit, unless the table is new.
func (p pg) met(id, table, column string) *hit {
	p.e.ddl = true
	if p.isNew(table) {
		return &hit{}
	}
	return p.e.hit(id, table, column)
}

// statement tells the sorts of statements apart. What is in none of these lists is
// not known.
func (p pg) statement(s ast.Stmt) {
	if p.tables(s) || p.objects(s) || p.maintains(s) || p.data(s) || p.session(s) || p.harmless(s) {
		return
	}
	p.blind(p.e, "no rule is about this sort of statement")
}

func (p pg) tables(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AlterTableStmt:
		p.alter(s)
	case *ast.CreateStmt:
		p.create(s)
	case *ast.CreateTableAsStmt:
		p.createAs(s)
	case *ast.IndexStmt:
		p.index(s)
	case *ast.DropStmt:
		p.drop(s)
	case *ast.RenameStmt:
		p.rename(s)
	case *ast.AlterObjectSchemaStmt:
		p.moveSchema(s)
	case *ast.TruncateStmt:
		for _, t := range relations(s.Relations) {
			p.met("PG012", t, "")
			p.touch(t, accessExclusive, Metadata)
		}
	case *ast.AlterTableMoveAllStmt:
		p.e.hit("PG051", "", "").object = "every table of a tablespace"
		p.e.ddl = true
	default:
		return false
	}
	return true
}

func (p pg) objects(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AlterEnumStmt:
		p.enum(s)
	case *ast.CreateEnumStmt:
		p.makesType(name(s.TypeName), plainType)
	case *ast.CompositeTypeStmt:
		p.makesType(relation(s.Typevar), plainType)
	case *ast.CreateRangeStmt:
		p.makesType(name(s.TypeName), plainType)
	case *ast.CreateDomainStmt:
		p.domain(s)
	case *ast.AlterDomainStmt:
		p.alterDomain(s)
	case *ast.CreateTriggerStmt:
		p.guarded(relation(s.Relation), shareRowExclusive)
	case *ast.RuleStmt:
		p.guarded(relation(s.Relation), accessExclusive)
	case *ast.CreatePolicyStmt:
		p.guarded(relation(s.Table), accessExclusive)
	case *ast.AlterPolicyStmt:
		p.guarded(relation(s.Table), accessExclusive)
	case *ast.CreateSchemaStmt:
		for _, n := range items(s.SchemaElts) {
			if inner, ok := n.(ast.Stmt); ok {
				p.statement(inner)
			}
		}
	default:
		return p.replaces(s)
	}
	return true
}

func (p pg) makesType(of string, sort typeSort) {
	p.makes(of)
	p.state.types[of] = sort
}

// makes notes what nobody uses yet.
func (p pg) makes(object string) {
	p.e.ddl = true
	p.state.others[object] = p.state.step
}

// guarded is a change of what a table does with what it is given.
func (p pg) guarded(table string, l lock) {
	p.met("PG052", table, "")
	p.touch(table, l, Metadata)
}

// replaces are statements that may take the place of what is in use.
func (p pg) replaces(s ast.Stmt) bool {
	object := ""
	switch s := s.(type) {
	case *ast.CreateFunctionStmt:
		object = p.replaced(name(s.FuncName), s.Replace)
	case *ast.ViewStmt:
		object = p.replaced(relation(s.View), s.Replace)
	case *ast.AlterFunctionStmt, *ast.AlterTypeStmt:
		object = "a function or a type"
	case *ast.AlterOwnerStmt:
		p.e.hit("PG065", "", "").object = "the owner of " + p.ofOwner(s)
	case *ast.GrantStmt:
		if !s.IsGrant {
			p.e.hit("PG065", "", "").object = "permissions"
		}
	case *ast.ReassignOwnedStmt, *ast.AlterDefaultPrivilegesStmt:
		p.e.hit("PG065", "", "").object = "permissions"
	case *ast.GrantRoleStmt:
		if !s.IsGrant {
			p.e.hit("PG065", "", "").object = "permissions"
		}
	case *ast.AlterSeqStmt:
		object = p.counts(s)
	default:
		return p.configures(s)
	}
	p.e.ddl = true
	if object != "" {
		p.e.hit("PG064", "", "").object = object
	}
	return true
}

// configures is what changes settings of roles and databases.
func (p pg) configures(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.AlterRoleStmt:
		p.settings(s.Role)
	case *ast.AlterRoleSetStmt:
		p.settings(s.Role)
	case *ast.AlterDatabaseStmt, *ast.AlterDatabaseSetStmt:
		p.e.hit("PG065", "", "").object = "settings of a database"
	default:
		return false
	}
	p.e.ddl = true
	return true
}

// settings are those of a role, unless nobody has it yet.
func (p pg) settings(of *ast.RoleSpec) {
	if of == nil || !p.isNewOther("role "+of.Rolename) {
		p.e.hit("PG065", "", "").object = "settings of a role"
	}
}

// counts returns a sequence that is to count in another way.
func (p pg) counts(s *ast.AlterSeqStmt) string {
	for _, n := range items(s.Options) {
		if d, ok := n.(*ast.DefElem); ok && d.Defname != "owned_by" && !p.isNewOther(relation(s.Sequence)) {
			return relation(s.Sequence)
		}
	}
	return ""
}

// replaced notes what is made, and returns its name if it may take the place of
// something that is in use.
func (p pg) replaced(object string, replace bool) string {
	fresh := p.isNewOther(object)
	p.makes(object)
	p.again("PG011", object)
	if !replace || fresh {
		return ""
	}
	return object
}

func (p pg) ofOwner(s *ast.AlterOwnerStmt) string {
	if s.Relation != nil {
		return relation(s.Relation)
	}
	return strings.ToLower(s.ObjectType.String())
}

func (p pg) maintains(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReindexStmt:
		p.reindex(s)
	case *ast.ClusterStmt:
		if s.Relation == nil {
			p.e.hit("PG043", "", "").object = "every table that was clustered"
			return true
		}
		p.met("PG043", relation(s.Relation), "")
		p.touch(relation(s.Relation), accessExclusive, Rewrite)
	case *ast.VacuumStmt:
		p.vacuum(s)
	case *ast.RefreshMatViewStmt:
		p.refresh(s)
	case *ast.LockStmt:
		for _, t := range relations(s.Relations) {
			if lock(s.Mode) > shareUpdateExclusive {
				p.met("PG053", t, "")
			}
			p.touch(t, lock(s.Mode), Metadata)
		}
	default:
		return false
	}
	return true
}

func (p pg) reindex(s *ast.ReindexStmt) {
	if s.Kind == ast.REINDEX_OBJECT_INDEX {
		p.mends(relation(s.Relation))
	}
	if option(s.Params, "concurrently") {
		p.outside("REINDEX CONCURRENTLY")
		return
	}
	switch {
	case s.Kind == ast.REINDEX_OBJECT_TABLE && s.Relation != nil:
		p.met("PG043", relation(s.Relation), "")
		p.touch(relation(s.Relation), share, Scan)
	case s.Kind == ast.REINDEX_OBJECT_INDEX && s.Relation != nil:
		t := p.tableOfIndex(relation(s.Relation))
		p.met("PG043", t, "")
		p.touch(t, share, Scan)
	default:
		p.e.hit("PG043", "", "").object = "every index of a schema or of the database"
		p.outside("REINDEX of a whole schema or database")
	}
}

func (p pg) vacuum(s *ast.VacuumStmt) {
	if s.IsVacuumcmd {
		p.outside("VACUUM")
	}
	if !option(s.Options, "full") {
		return
	}
	if len(items(s.Rels)) == 0 {
		p.e.hit("PG043", "", "").object = "every table"
	}
	for _, n := range items(s.Rels) {
		if v, ok := n.(*ast.VacuumRelation); ok && v.Relation != nil {
			p.met("PG043", relation(v.Relation), "")
			p.touch(relation(v.Relation), accessExclusive, Rewrite)
		}
	}
}

func (p pg) refresh(s *ast.RefreshMatViewStmt) {
	t := relation(s.Relation)
	if s.Concurrent {
		p.touch(t, exclusive, Scan) // nobody but a refresh writes to it
		return
	}
	p.met("PG043", t, "")
	p.touch(t, accessExclusive, Rewrite)
}

// outside is for what the server refuses within a transaction.
func (p pg) outside(what string) {
	p.e.alone = true
	if p.tx.open {
		h := p.e.hit("PG041", "", "")
		h.object, h.detail = what, p.whichTransaction()
	}
}

func (p pg) whichTransaction() string {
	switch {
	case p.m.wrapped:
		return "the tool begins a transaction for the migration"
	case p.m.together:
		return "the tool sends the file in one go, and a file of several statements is one transaction"
	}
	return "the file begins it"
}

func (p pg) session(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.TransactionStmt:
		switch s.Kind {
		case ast.TRANS_STMT_BEGIN, ast.TRANS_STMT_START:
			if !p.tx.open {
				p.begin(true)
			}
		case ast.TRANS_STMT_COMMIT, ast.TRANS_STMT_ROLLBACK:
			p.begin(p.m.wrapped)
		case ast.TRANS_STMT_PREPARE, ast.TRANS_STMT_COMMIT_PREPARED, ast.TRANS_STMT_ROLLBACK_PREPARED:
			p.blind(p.e, "a transaction that is prepared keeps its locks until somebody ends it")
		case ast.TRANS_STMT_SAVEPOINT, ast.TRANS_STMT_RELEASE, ast.TRANS_STMT_ROLLBACK_TO:
		}
	case *ast.VariableSetStmt:
		p.set(s)
	case *ast.SelectStmt:
		p.selects(s)
	default:
		return false
	}
	return true
}

// set notes whether a statement waits for a lock for ever, and the time zone.
func (p pg) set(s *ast.VariableSetStmt) {
	values := items(s.Args)
	given := s.Kind == ast.VAR_SET_VALUE && len(values) == 1
	switch strings.ToLower(s.Name) {
	case "lock_timeout", "statement_timeout":
		p.limited(p.options.LockTimeout || given && !zero(values[0]), s.IsLocal)
	case "timezone":
		zone := ""
		if given {
			zone = strings.ToLower(strings.Trim(values[0].SqlString(), "'"))
		}
		if !s.IsLocal {
			p.zone = zone
		} else if p.tx.open {
			p.tx.zone = zone
		}
	}
}

// limited notes what a session, or a transaction alone, says of locks. Outside of
// transactions SET LOCAL does nothing.
func (p pg) limited(is, local bool) {
	switch {
	case !local:
		p.timeout, p.tx.limit = is, nil
	case p.tx.open:
		p.tx.limit = &is
	}
}

// zero reports whether a value is 0, which stands for no limit.
func zero(n ast.Node) bool {
	text := strings.Trim(n.SqlString(), "'")
	return strings.Trim(text, "0") == "" || strings.Trim(text, "0") == "ms" || strings.Trim(text, "0") == "s"
}

// selects lets a SELECT through that calls nothing which may change anything.
func (p pg) selects(s *ast.SelectStmt) {
	if s.IntoClause != nil {
		p.state.create(relation(s.IntoClause.Rel), false).whole = false
	}
	odd := ""
	walk(s, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.FuncCall:
			if f := last(n.Funcname); volatility(f) == 0 && !listed(askedOnly, f) {
				odd = f
			} else if args := items(n.Args); f == "set_config" && len(args) > 2 && strings.Contains(args[0].SqlString(), "lock_timeout") {
				p.limited(!zero(args[1]), !strings.Contains(strings.ToLower(args[2].SqlString()), "f"))
			}
		case *ast.RangeVar:
			p.e.reads = p.e.reads || !p.isNew(relation(n)) && !isLedger(relation(n))
		case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt, *ast.MergeStmt:
			if inner, ok := n.(ast.Stmt); ok {
				p.changes(inner)
			}
		}
	})
	if odd != "" {
		p.blind(p.e, "it calls "+odd+", and what that does nobody can see")
	}
}

// askedOnly are functions that change nothing which anybody would notice. Those of
// which volatility knows are fine as well.
const askedOnly = " set_config setval currval lastval count max min sum version pg_sleep pg_get_serial_sequence to_regclass current_setting " +
	"generate_series array_agg string_agg json_agg jsonb_agg exists avg row_number unnest "

// harmless are statements that neither lock nor break anything which is in use.
func (p pg) harmless(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.CommentStmt:
		p.comments(s)
	case *ast.CreateStatsStmt:
		for _, t := range relations(s.Relations) {
			p.touch(t, shareUpdateExclusive, Metadata)
		}
	case *ast.CreateSeqStmt:
		p.makes(relation(s.Sequence))
	case *ast.CreateRoleStmt:
		p.makes("role " + s.Role)
	case *ast.CreateExtensionStmt, *ast.AlterStatsStmt,
		*ast.CreateCastStmt, *ast.DefineStmt, *ast.CreateOpClassStmt, *ast.CreateOpFamilyStmt, *ast.CreatePLangStmt, *ast.CreateConversionStmt,
		*ast.CreateTableSpaceStmt, *ast.CreateFdwStmt, *ast.CreateForeignServerStmt,
		*ast.CreateUserMappingStmt, *ast.CreateForeignTableStmt, *ast.CreatePublicationStmt, *ast.AlterPublicationStmt, *ast.CreateSubscriptionStmt,
		*ast.AlterObjectDependsStmt, *ast.CreateTransformStmt, *ast.CreateAmStmt, *ast.SecLabelStmt:
		p.e.ddl = true
	case *ast.VariableShowStmt, *ast.CheckPointStmt, *ast.DiscardStmt, *ast.ConstraintsSetStmt, *ast.ListenStmt, *ast.UnlistenStmt, *ast.NotifyStmt:
	case *ast.CreatedbStmt:
		p.outside("CREATE DATABASE")
	case *ast.ExplainStmt:
		if s.Options != nil && option(s.Options, "analyze") {
			p.blind(p.e, "EXPLAIN ANALYZE runs what it explains")
		}
	default:
		return false
	}
	return true
}

func (p pg) comments(s *ast.CommentStmt) {
	p.e.ddl = true
	on := nameOf(s.Object)
	switch s.Objtype {
	case ast.OBJECT_COLUMN:
		on, _ = Split(on)
	case ast.OBJECT_TABLE:
	default:
		return
	}
	p.touch(on, shareUpdateExclusive, Metadata)
}

// around adds what comes of statements that stand together.
func (r *review) around(e *effect) {
	if r.options.Dialect == Postgres {
		r.impatient(e)
		r.keepsLocks(e)
		return
	}
	r.mysqlAround(e)
}

// impatient: a statement that waits for a strong lock keeps all others waiting
// behind it, for as long as the longest query of anybody takes.
func (r *review) impatient(e *effect) {
	if !r.patient() || r.tx.told["PG060 "+r.m.File] {
		return
	}
	if t := longest(e.touches, ""); t != nil && slices.ContainsFunc(e.touches, func(t touch) bool { return t.lock >= shareRowExclusive }) {
		r.tx.told["PG060 "+r.m.File] = true
		e.hit("PG060", t.table, "").touch = t
	}
}

// keepsLocks: what comes after a strong lock in a transaction prolongs it.
func (r *review) keepsLocks(e *effect) {
	held := r.strongest()
	if !r.tx.open || held == nil || r.tx.told["PG061"] {
		return
	}
	long := e.data || slices.ContainsFunc(e.touches, func(t touch) bool { return t.lasts >= Scan })
	switch {
	case slices.ContainsFunc(e.hits, func(h hit) bool { return h.rule == "PG062" && h.level == 0 }):
		r.tx.told["PG061"] = true // which says it
	case long:
		r.tx.told["PG061"] = true
		e.hit("PG061", held.table, "").touch = &touch{held.table, held.lock, Scan}
	case e.reads && !r.tx.told["PG061 reads"]:
		r.tx.told["PG061 reads"] = true
		h := e.hit("PG061", held.table, "")
		h.touch = held
		h.milder(Warns, 0, "it reads rows meanwhile; for how long, nobody can tell from the text")
	case len(e.touches) > 0 && !r.tx.told["PG061 short"]:
		r.tx.told["PG061 short"] = true
		h := e.hit("PG061", held.table, "")
		h.touch = held
		h.milder(Warns, 0, "what follows is short, too; two that lock the same tables in another order still wait for each other for ever")
	}
}

// strongest is the strongest lock that the transaction holds, if it keeps others
// waiting.
func (r *review) strongest() *touch {
	var out *touch
	for i, t := range r.tx.held {
		if t.lock >= shareRowExclusive && (out == nil || t.lock > out.lock) {
			out = &r.tx.held[i]
		}
	}
	return out
}
