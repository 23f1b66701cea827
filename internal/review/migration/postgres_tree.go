package migration

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

func items(l *ast.NodeList) []ast.Node {
	if l == nil {
		return nil
	}
	return l.Items
}

// relation is the name of a table, without the schema that every search path has.
func relation(v *ast.RangeVar) string {
	if v == nil {
		return ""
	}
	if v.SchemaName != "" && v.SchemaName != "public" {
		return v.SchemaName + "." + v.RelName
	}
	return v.RelName
}

// relations are the names of several tables.
func relations(l *ast.NodeList) []string {
	var out []string
	for _, n := range items(l) {
		if v, ok := n.(*ast.RangeVar); ok {
			out = append(out, relation(v))
		}
	}
	return out
}

// words are the parts of a name.
func words(l *ast.NodeList) []string {
	var out []string
	for _, n := range items(l) {
		if s, ok := n.(*ast.String); ok {
			out = append(out, s.SVal)
		}
	}
	return out
}

// name is a name of several parts, as relation has it.
func name(l *ast.NodeList) string {
	return strings.TrimPrefix(strings.Join(words(l), "."), "public.")
}

func last(l *ast.NodeList) string {
	parts := words(l)
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// named reports what a node names: a list of words, or a type.
func nameOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.NodeList:
		return name(n)
	case *ast.TypeName:
		return name(n.Names)
	case *ast.RangeVar:
		return relation(n)
	case *ast.ObjectWithArgs:
		return name(n.Objname)
	case *ast.String:
		return n.SVal
	}
	return ""
}

func option(l *ast.NodeList, name string) bool {
	for _, n := range items(l) {
		if d, ok := n.(*ast.DefElem); ok && strings.EqualFold(d.Defname, name) {
			return d.Arg == nil || !strings.Contains("false off 0", strings.ToLower(strings.Trim(d.Arg.SqlString(), "'")))
		}
	}
	return false
}

// walk visits every node below one.
func walk(n ast.Node, visit func(ast.Node)) {
	if n == nil {
		return
	}
	ast.Rewrite(n, func(c *ast.Cursor) bool {
		if c.Node() != nil {
			visit(c.Node())
		}
		return true
	}, nil)
}

// columnsIn are the columns that an expression is about.
func columnsIn(n ast.Node) []string {
	var out []string
	walk(n, func(n ast.Node) {
		if c, ok := n.(*ast.ColumnRef); ok {
			if f := last(c.Fields); f != "" {
				out = append(out, f)
			}
		}
	})
	return out
}

// notNull is the column of which an expression says IS NOT NULL, and nothing else;
// "" for any other expression.
func notNull(n ast.Node) string {
	t, ok := n.(*ast.NullTest)
	if !ok || t.Nulltesttype != ast.IS_NOT_NULL {
		return ""
	}
	if c, ok := t.Arg.(*ast.ColumnRef); ok {
		return last(c.Fields)
	}
	return ""
}

// typeOf reads a type as PostgreSQL names it: int is int4.
func typeOf(t *ast.TypeName) sqlType {
	if t == nil {
		return sqlType{}
	}
	parts := words(t.Names)
	if len(parts) > 1 && (parts[0] == "pg_catalog" || parts[0] == "public") {
		parts = parts[1:]
	}
	out := sqlType{name: strings.Join(parts, "."), array: len(items(t.ArrayBounds)) > 0}
	var mods []string
	for _, m := range items(t.Typmods) {
		mods = append(mods, m.SqlString())
	}
	out.mods = strings.Join(mods, ",")
	out.name = synonym(out.name)
	return out
}

// listed reports whether a list, which begins and ends with a space, has a word. A
// text costs nothing when the program starts, unlike a map.
func listed(list, word string) bool {
	return !strings.Contains(word, " ") && strings.Contains(list, " "+word+" ")
}

// synonym returns the name that PostgreSQL itself uses for a type.
func synonym(name string) string {
	switch name {
	case "int", "integer":
		return "int4"
	case "bigint":
		return "int8"
	case "smallint":
		return "int2"
	case "boolean":
		return "bool"
	case "decimal":
		return "numeric"
	case "real":
		return "float4"
	case "character varying":
		return "varchar"
	case "character", "char":
		return "bpchar"
	case "timestamp with time zone":
		return "timestamptz"
	case "double precision":
		return "float8"
	case "bit varying":
		return "varbit"
	case "serial4":
		return "serial"
	case "serial8":
		return "bigserial"
	case "serial2":
		return "smallserial"
	}
	return name
}

// builtIn are the types of PostgreSQL and of its usual extensions. None is a
// domain.
const builtIn = " bool int2 int4 int8 float4 float8 numeric money text varchar bpchar name bytea date time timetz timestamp timestamptz " +
	"interval uuid json jsonb xml inet cidr macaddr macaddr8 bit varbit tsvector tsquery point line lseg box path polygon " +
	"circle int4range int8range numrange tsrange tstzrange daterange oid regclass serial bigserial smallserial citext hstore " +
	"ltree geometry geography vector halfvec cube jsonpath pg_lsn int4multirange int8multirange nummultirange tsmultirange " +
	"tstzmultirange datemultirange "

// volatility of a function, by its name: stable or better, or volatile; 0 where
// nobody knows.
// https://www.postgresql.org/docs/current/xfunc-volatility.html
func volatility(function string) int {
	switch {
	case listed(stable, function):
		return isStable
	case listed(volatile, function):
		return isVolatile
	}
	return 0
}

const (
	isStable = iota + 1
	isVolatile
)

const stable = " now transaction_timestamp statement_timestamp current_timestamp localtimestamp current_date current_user session_user " +
	"current_schema timezone date_trunc to_char to_date to_timestamp lower upper concat format md5 length coalesce round abs " +
	"json_build_object jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb to_tsvector make_interval " +
	"make_date array_fill decode encode replace substring substr trim btrim current_setting extract date_part ceil floor " +
	"greatest least left right age regexp_replace split_part "

const volatile = " clock_timestamp timeofday random gen_random_uuid uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuidv4 uuidv7 " +
	"nextval gen_random_bytes setseed currval "

// constant reports whether an expression is one value, as most defaults are.
func constant(n ast.Node) bool {
	if cast, ok := n.(*ast.TypeCast); ok {
		n = cast.Arg
	}
	_, ok := n.(*ast.A_Const)
	return ok
}

// expressionVolatility is that of the worst function in an expression.
func expressionVolatility(n ast.Node) (v int, function string) {
	v = isStable
	if constant(n) {
		return v, ""
	}
	walk(n, func(n ast.Node) {
		f, ok := n.(*ast.FuncCall)
		if !ok {
			return
		}
		switch is := volatility(last(f.Funcname)); {
		case is == 0 && v != isVolatile:
			v, function = 0, last(f.Funcname)
		case is == isVolatile:
			v, function = isVolatile, last(f.Funcname)
		}
	})
	return v, function
}
