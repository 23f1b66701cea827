package databaseschema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

const kindPostgres = "postgres_schema"

// pg is the dialect of PostgreSQL.
type pg struct{}

// config is what the driver connects with.
func (a address) pg() (*pgconn.Config, error) {
	text, err := a.text()
	if err != nil {
		return nil, err
	}
	if a.host != "" {
		at := url.URL{Scheme: "postgres", User: url.User(a.user), Host: net.JoinHostPort(a.host, strconv.FormatInt(a.port, 10)), Path: "/" + a.database}
		if a.sslmode != "" {
			at.RawQuery = "sslmode=" + a.sslmode
		}
		text = at.String()
	}
	c, err := pgconn.ParseConfig(text)
	if err != nil {
		return nil, a.unreadable()
	}
	if !everywhereHere(c) || a.roots != nil {
		if c, err = pgconn.ParseConfig(strict(text)); err != nil {
			return nil, a.unreadable()
		}
	}
	a.trust(c)
	if a.host != "" {
		password, err := a.secret()
		if err != nil {
			return nil, err
		}
		if password != "" {
			c.Password = password
		}
	}
	return c, nil
}

// strict is a connection string that asks for verified TLS unless it says
// otherwise itself: of two words, the later one counts.
func strict(text string) string {
	const full = "verify-full"
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return "sslmode=" + full + " " + text
	}
	base, query, _ := strings.Cut(text, "?")
	values, err := url.ParseQuery(query)
	if err != nil || values.Has("sslmode") {
		return text
	}
	return base + "?" + strings.TrimPrefix(query+"&sslmode="+full, "&")
}

func everywhereHere(c *pgconn.Config) bool {
	all := here(c.Host)
	for _, f := range c.Fallbacks {
		all = all && here(f.Host)
	}
	return all
}

// trust lets the given certificates vouch for the server, and leaves out what
// sessions would be set to: other programs put words of their own into such
// addresses, and a server refuses those that it does not know.
func (a address) trust(c *pgconn.Config) {
	configs := []*pgconn.FallbackConfig{{TLSConfig: c.TLSConfig}}
	configs = append(configs, c.Fallbacks...)
	for _, f := range configs {
		if f.TLSConfig == nil || a.roots == nil {
			continue
		}
		f.TLSConfig.RootCAs = a.roots
		if f.TLSConfig.InsecureSkipVerify {
			f.TLSConfig.VerifyConnection = chain(a.roots)
		}
	}
	options, given := c.RuntimeParams["options"]
	c.RuntimeParams = map[string]string{"application_name": web.Agent}
	if given { // Neon's name of the endpoint
		c.RuntimeParams["options"] = options
	}
}

// errPlain: the driver has no error of its own for a server without TLS.
var errPlain = errors.New("the server does not speak TLS")

// plainToo reports whether a connection without TLS would do.
func plainToo(c *pgconn.Config) bool {
	plain := c.TLSConfig == nil
	for _, f := range c.Fallbacks {
		plain = plain || f.TLSConfig == nil
	}
	return plain
}

// begin makes the session one that cannot harm: SET LOCAL, so that nothing of it
// stays behind in a pooler.
const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = %d;
SET LOCAL lock_timeout = 1000;
SET LOCAL idle_in_transaction_session_timeout = %d;
SET LOCAL search_path = ''`

func (pg) open(ctx context.Context, at address, limit time.Duration) (session, error) {
	c, err := at.pg()
	if err != nil {
		return nil, err
	}
	c.ConnectTimeout = limit
	doubt := doubted(c.TLSConfig) && !here(c.Host)
	for _, f := range c.Fallbacks {
		doubt = doubt || doubted(f.TLSConfig) && !here(f.Host)
	}
	conn, err := pgconn.ConnectConfig(ctx, c)
	if err != nil && !plainToo(c) && strings.Contains(err.Error(), "server refused TLS connection") {
		return nil, errPlain
	}
	if err != nil {
		if (pg{}).explain(err) == noRights {
			return nil, denial{"CONNECT on the database", fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s;", quotedOr(at.database, "<database>"), pgQuote(at.role()))}
		}
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := pgSession{conn, at, doubt}
	if err := conn.Exec(ctx, fmt.Sprintf(begin, limit.Milliseconds(), limit.Milliseconds())).Close(); err != nil {
		s.close(ctx)
		return nil, fmt.Errorf("begin: %w", err)
	}
	return s, nil
}

// explain implements dialect: https://www.postgresql.org/docs/current/errcodes-appendix.html
func (pg) explain(err error) cause {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		if errors.Is(err, errPlain) {
			return noTLS
		}
		return unknown
	}
	switch said.Code {
	case "28P01", "28000":
		return refused
	case "3D000":
		return noSuch
	case "42501":
		return noRights
	case "53300", "53400", "57P01", "57P02", "57P03":
		return busy
	case "57014", "55P03", "25P03", "57P05":
		return late
	}
	return unwelcome
}

func (pg) column(t table, name string) (column, bool) {
	c, ok := t.columns[name]
	return c, ok
}

func (pg) index(t table, name string) (index, bool) {
	i, ok := t.indexes[name]
	return i, ok
}

// sameType compares what format_type says with what people write. A type that is
// in the schema of its table need not say so.
func (pg) sameType(found, wanted, schema string) bool {
	wanted = pgType(wanted)
	return found == wanted || found == schema+"."+wanted || found == pgQuote(schema)+"."+pgQuote(wanted)
}

var typeForm = lazyregexp.New(`^([a-z_][a-z0-9_ ]*?) ?(\([0-9, -]+\))?( (?:with|without) time zone)?((?:\[\])*)$`)

// pgType is a type as format_type writes it:
// https://www.postgresql.org/docs/current/datatype.html
func pgType(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	m := typeForm.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		return text // a name in quotation marks, or one with a schema
	}
	base, modifier, zone, array := m[1], strings.ReplaceAll(m[2], " ", ""), m[3], m[4]
	switch {
	case base == "char" || base == "character":
		base = "character"
		if modifier == "" {
			modifier = "(1)"
		}
	case base == "timestamptz" || base == "timetz":
		base, zone = strings.TrimSuffix(base, "tz"), " with time zone"
	case (base == "timestamp" || base == "time") && zone == "":
		zone = " without time zone"
	default:
		base = pgName(base)
	}
	if base == "numeric" && modifier != "" && !strings.Contains(modifier, ",") {
		modifier = strings.TrimSuffix(modifier, ")") + ",0)"
	}
	return base + modifier + zone + array
}

// pgName is the name that format_type has for one of a type's other names.
func pgName(name string) string {
	switch name {
	case "int", "int4", "serial", "serial4":
		return "integer"
	case "int8", "bigserial", "serial8":
		return "bigint"
	case "int2", "smallserial", "serial2":
		return "smallint"
	case "bool":
		return "boolean"
	case "varchar":
		return "character varying"
	case "decimal":
		return "numeric"
	case "float8", "float":
		return "double precision"
	case "float4":
		return "real"
	case "varbit":
		return "bit varying"
	}
	return name
}

var plainName = lazyregexp.New(`^[a-z_][a-z0-9_]*$`)

// pgQuote writes a name as SQL has it.
func pgQuote(name string) string {
	if plainName.MatchString(name) || strings.HasPrefix(name, "<") {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func quotedOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return pgQuote(name)
}

type pgSession struct {
	conn  *pgconn.PgConn
	at    address
	doubt bool
}

func (s pgSession) close(ctx context.Context) {
	if ctx.Err() == nil { // a pooler keeps a connection that is not in the middle of something
		_ = s.conn.Exec(ctx, "ROLLBACK").Close()
	}
	_ = s.conn.Close(context.WithoutCancel(ctx)) // nothing was written, so nothing is lost
}

// query asks with unnamed statements alone. What is NULL is nil.
func (s pgSession) query(ctx context.Context, sql string, with ...string) ([][][]byte, error) {
	var params [][]byte
	for _, p := range with {
		params = append(params, []byte(p))
	}
	r := s.conn.ExecParams(ctx, sql, params, nil, nil, nil).Read()
	if r.Err != nil {
		return nil, fmt.Errorf("ask: %w", r.Err)
	}
	return r.Rows, nil
}

func (s pgSession) server(ctx context.Context) (server, error) {
	rows, err := s.query(ctx, "SELECT current_setting('server_version_num')")
	if err != nil {
		return server{}, err
	}
	if len(rows) != 1 {
		return server{}, io.ErrUnexpectedEOF
	}
	n, err := strconv.Atoi(string(rows[0][0]))
	if err != nil {
		return server{}, fmt.Errorf("server_version_num: %w", err)
	}
	version := []int{n / 10000, n % 10000}
	if n < 100000 { // 90624 is 9.6.24
		version = []int{n / 10000, n / 100 % 100, n % 100}
	}
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(version), " ", "."), "[]")
	return server{engine: postgres, text: text, version: version, schema: "public", doubt: s.doubt}, nil
}

// wanted joins the tables that are asked about: $1 is a list of pairs in JSON.
const wanted = `FROM json_array_elements($1::json) w
JOIN pg_namespace n ON n.nspname = w->>0
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w->>1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
`

func inJSON(names ...name) (string, error) {
	pairs := [][2]string{}
	for _, n := range names {
		pairs = append(pairs, [2]string{n.schema, n.table})
	}
	list, err := json.Marshal(pairs)
	if err != nil {
		return "", fmt.Errorf("list the tables: %w", err)
	}
	return string(list), nil
}

func (s pgSession) tables(ctx context.Context, names []name) (map[name]table, error) {
	list, err := inJSON(names...)
	if err != nil {
		return nil, err
	}
	out := map[name]table{}
	rows, err := s.query(ctx, `SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
`+wanted+`LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`, list)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		n := name{string(r[0]), string(r[1])}
		if _, ok := out[n]; !ok {
			out[n] = table{map[string]column{}, map[string]index{}}
		}
		if r[2] != nil {
			out[n].columns[string(r[2])] = column{string(r[3]), truth(string(r[4]))}
		}
	}
	rows, err = s.query(ctx, `SELECT n.nspname, c.relname, i.relname, x.indisvalid AND x.indisready AND x.indislive
`+wanted+`JOIN pg_index x ON x.indrelid = c.oid
JOIN pg_class i ON i.oid = x.indexrelid`, list)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		i := index{}
		if !truth(string(r[3])) {
			i.fault = "is not valid: creating it broke off, or goes on"
		}
		if of, ok := out[name{string(r[0]), string(r[1])}]; ok {
			of.indexes[string(r[2])] = i
		}
	}
	return out, nil
}

// notSystem leaves out what is the server's own.
const notSystem = `n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'`

// sizes asks the catalog, which no lock of somebody else's keeps from answering. It
// knows what the last VACUUM or ANALYZE saw; rows that came since are counted by
// the statistics. A table that neither has seen yet is of no known size: before 14
// it cannot be told from an empty one.
// https://www.postgresql.org/docs/current/catalog-pg-class.html
func (s pgSession) sizes(ctx context.Context, _ string) (map[name]Size, error) {
	rows, err := s.query(ctx, `WITH RECURSIVE whole AS (
SELECT c.oid AS top, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'm') AND `+notSystem+`
UNION ALL SELECT w.top, i.inhrelid FROM whole w JOIN pg_inherits i ON i.inhparent = w.oid)
SELECT n.nspname, t.relname,
sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid)))::bigint,
sum(c.relpages::bigint + coalesce(o.relpages, 0)) * current_setting('block_size')::bigint
FROM whole w
JOIN pg_class c ON c.oid = w.oid
JOIN pg_class t ON t.oid = w.top
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_class o ON o.oid = c.reltoastrelid
GROUP BY n.nspname, t.relname
HAVING NOT bool_or(c.relkind <> 'p' AND (c.reltuples < 0 OR c.relpages = 0 AND current_setting('server_version_num')::int < 140000))`)
	if err != nil {
		return nil, err
	}
	out := map[name]Size{}
	for _, r := range rows {
		out[name{string(r[0]), string(r[1])}] = sizeOf(string(r[2]), string(r[3]))
	}
	return out, nil
}

// broken leaves out the indexes of partitioned tables, which are not valid until
// every partition has its own.
func (s pgSession) broken(ctx context.Context) (map[name]name, error) {
	rows, err := s.query(ctx, `SELECT n.nspname, i.relname, t.relname
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i'
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = i.relnamespace
WHERE NOT (x.indisvalid AND x.indisready AND x.indislive) AND `+notSystem)
	if err != nil {
		return nil, err
	}
	out := map[name]name{}
	for _, r := range rows {
		out[name{string(r[0]), string(r[1])}] = name{string(r[0]), string(r[2])}
	}
	return out, nil
}

func (s pgSession) rows(ctx context.Context, of name, columns []string) ([]row, error) {
	list, err := inJSON(of)
	if err != nil {
		return nil, err
	}
	rights, err := s.query(ctx, `SELECT has_schema_privilege(n.oid, 'USAGE'), has_table_privilege(c.oid, 'SELECT')
`+wanted, list)
	if err != nil {
		return nil, err
	}
	at := pgQuote(of.schema) + "." + pgQuote(of.table)
	for _, r := range rights {
		if !truth(string(r[0])) {
			return nil, denial{"USAGE on the schema " + of.schema, fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s;", pgQuote(of.schema), pgQuote(s.at.role()))}
		}
		if !truth(string(r[1])) {
			return nil, denial{"SELECT on " + of.schema + "." + of.table, fmt.Sprintf("GRANT SELECT ON TABLE %s TO %s;", at, pgQuote(s.at.role()))}
		}
	}
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = pgQuote(c) + "::text"
	}
	found, err := s.query(ctx, "SELECT "+strings.Join(texts, ", ")+" FROM "+at)
	if err != nil {
		return nil, err
	}
	var out []row
	for _, r := range found {
		one := row{}
		for i, c := range columns {
			if r[i] != nil {
				one[c] = string(r[i])
			}
		}
		out = append(out, one)
	}
	return out, nil
}
