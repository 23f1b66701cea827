package databaseschema

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
)

const kindMySQL = "mysql_schema"

// my is the dialect of MySQL and MariaDB.
type my struct{}

// my is what the driver connects with. Of a connection string only the address,
// the credentials and the word on TLS count: what else a program puts there would
// be set in the session.
func (a address) my() (*mysql.Config, error) {
	text, err := a.text()
	if err != nil {
		return nil, err
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName, c.User = "tcp", net.JoinHostPort(a.host, strconv.FormatInt(a.port, 10)), a.database, a.user
	mode := a.sslmode
	if a.host == "" {
		if mode, err = a.readMySQL(text, c); err != nil {
			return nil, a.unreadable()
		}
	} else if c.Passwd, err = a.secret(); err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if c.Net != "tcp" || err != nil {
		host = "" // a socket of this machine
	}
	if c.TLS == nil {
		c.TLS = a.tls(mode, host)
	}
	c.InterpolateParams, c.Logger = true, &mysql.NopLogger{} // it would quote what a broken server sends
	c.ConnectionAttributes = "program_name:" + web.Agent
	return c, nil
}

// readMySQL reads a connection string, and returns its word on TLS.
func (a address) readMySQL(text string, into *mysql.Config) (mode string, err error) {
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL || !slices.Contains([]string{"mysql", "mysql2", "mariadb"}, scheme) {
		given, err := mysql.ParseDSN(text)
		if err != nil {
			return "", fmt.Errorf("read: %w", err)
		}
		into.Net, into.Addr, into.DBName, into.User, into.Passwd, into.ServerPubKey = given.Net, given.Addr, given.DBName, given.User, given.Passwd, given.ServerPubKey
		into.AllowCleartextPasswords, into.AllowFallbackToPlaintext, into.TLS = given.AllowCleartextPasswords, given.AllowFallbackToPlaintext, given.TLS
		if given.TLSConfig == "false" {
			return "disable", nil
		}
		if into.TLS != nil && a.roots != nil {
			into.TLS.RootCAs = a.roots
		}
		return "", nil
	}
	at, err := url.Parse(text)
	if err != nil || at.Hostname() == "" {
		return "", errors.New("no address")
	}
	port := at.Port()
	if port == "" {
		port = "3306"
	}
	into.Addr, into.DBName = net.JoinHostPort(at.Hostname(), port), strings.TrimPrefix(at.Path, "/")
	into.User = at.User.Username()
	into.Passwd, _ = at.User.Password()
	return modeOf(at.Query())
}

// modeOf is the word on TLS of a connection string, as the clients of MySQL and
// MariaDB write it. One that is not known is an error.
func modeOf(query url.Values) (string, error) {
	for _, key := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains([]string{"sslmode", "ssl-mode", "ssl_mode", "tls"}, strings.ToLower(key)) {
			continue
		}
		switch word := strings.ToLower(strings.ReplaceAll(query.Get(key), "_", "-")); word {
		case "verify-identity", "verify-full", "true":
			return "verify-full", nil
		case "verify-ca":
			return word, nil
		case "require", "required", "skip-verify", "prefer", "preferred":
			return "require", nil
		case "disable", "disabled", "false":
			return "disable", nil
		}
		return "", errors.New("an unknown word on TLS")
	}
	return "", nil
}

// tls is how a server has to show who it is.
func (a address) tls(mode, host string) *tls.Config {
	if mode == "" && here(host) && a.roots == nil {
		mode = "disable"
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: a.roots}
	switch mode {
	case "disable":
		return nil
	case "verify-ca":
		c.InsecureSkipVerify, c.VerifyConnection = true, chain(a.roots)
	case "require":
		c.InsecureSkipVerify = true //nolint:gosec // a person said so, and a finding repeats it
		if a.roots != nil {
			c.VerifyConnection = chain(a.roots)
		}
	}
	return c
}

func (my) open(ctx context.Context, at address, limit time.Duration) (session, error) {
	c, err := at.my()
	if err != nil {
		return nil, err
	}
	c.Timeout = limit
	host, _, _ := net.SplitHostPort(c.Addr)
	doubt := (doubted(c.TLS) || c.AllowFallbackToPlaintext) && c.Net == "tcp" && !here(host)
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, at.unreadable()
	}
	db := sql.OpenDB(connector)
	s := mySession{db: db, at: at, doubt: doubt}
	if s.conn, err = db.Conn(ctx); err == nil {
		_, err = s.conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 1")
	}
	if err == nil {
		s.tx, err = s.conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	}
	if err != nil {
		s.close(ctx)
		if (my{}).explain(err) == noRights {
			return nil, s.hidden("")
		}
		return nil, fmt.Errorf("connect: %w", err)
	}
	return s, nil
}

// explain implements dialect:
// https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and
// https://mariadb.com/kb/en/mariadb-error-code-reference/.
func (my) explain(err error) cause {
	var said *mysql.MySQLError
	switch {
	case errors.As(err, &said):
	case errors.Is(err, mysql.ErrNoTLS):
		return noTLS
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn):
		return cut
	default:
		return unknown
	}
	switch said.Number {
	case 1045, 1130, 1251, 1275, 1698, 1862, 3118, 3159, 4151:
		return refused
	case 1049:
		return noSuch
	case 1044, 1142, 1143, 1227:
		return noRights
	case 1040, 1053, 1129, 1203, 1226:
		return busy
	case 1205, 1317, 1907, 1969, 3024:
		return late
	}
	return unwelcome
}

func (my) column(t table, name string) (column, bool) {
	for has, c := range t.columns {
		if strings.EqualFold(has, name) {
			return c, true
		}
	}
	return column{}, false
}

func (my) index(t table, name string) (index, bool) {
	for has, i := range t.indexes {
		if strings.EqualFold(has, name) {
			return i, true
		}
	}
	return index{}, false
}

func (my) sameType(found, wanted, _ string) bool { return myType(found) == myType(wanted) }

var wholeForm = lazyregexp.New(`^(tinyint|smallint|mediumint|int|bigint)\([0-9]+\)`)

// myType is a type in one form: servers differ in whether they show the width of
// whole numbers (https://dev.mysql.com/doc/refman/8.4/en/numeric-type-attributes.html).
// What stands in quotation marks, the words of an enum, stays as it is.
func myType(text string) string {
	parts := strings.Split(strings.TrimSpace(text), "'")
	for i := 0; i < len(parts); i += 2 {
		p := strings.ToLower(strings.Join(strings.Fields(" "+parts[i]+" "), " "))
		for _, tight := range []string{"(", ")", ","} {
			p = strings.ReplaceAll(strings.ReplaceAll(p, " "+tight, tight), tight+" ", tight)
		}
		parts[i] = strings.ReplaceAll(p, ")unsigned", ") unsigned")
	}
	out := strings.Join(parts, "'")
	base, rest := out, ""
	if end := strings.IndexAny(out, "( "); end >= 0 {
		base, rest = out[:end], out[end:]
	}
	switch base {
	case "integer":
		base = "int"
	case "bool", "boolean":
		base = "tinyint"
	case "numeric", "dec", "fixed":
		base = "decimal"
	case "real":
		base = "double"
	}
	out = strings.Replace(base+rest, "double precision", "double", 1)
	return wholeForm.ReplaceAllString(out, "$1")
}

func myQuote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

type mySession struct {
	db    *sql.DB
	conn  *sql.Conn
	tx    *sql.Tx
	at    address
	doubt bool
}

func (s mySession) close(context.Context) {
	if s.tx != nil {
		_ = s.tx.Rollback() // it read
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	_ = s.db.Close()
}

// query returns rows by their columns, in small letters.
func (s mySession) query(ctx context.Context, text string, with ...any) ([]row, error) {
	found, err := s.tx.QueryContext(ctx, text, with...)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	defer func() { _ = found.Close() }() // what went wrong, Err says
	columns, err := found.Columns()
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	var out []row
	for found.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		one := row{}
		for i, c := range columns {
			if values[i].Valid {
				one[strings.ToLower(c)] = values[i].String
			}
		}
		out = append(out, one)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return out, nil
}

func (s mySession) server(ctx context.Context) (server, error) {
	rows, err := s.query(ctx, "SELECT VERSION() AS version, DATABASE() AS db")
	if err != nil {
		return server{}, err
	}
	if len(rows) != 1 {
		return server{}, io.ErrUnexpectedEOF
	}
	text := rows[0]["version"]
	out := server{engine: mysqlDB, version: numbers(text), schema: rows[0]["db"], doubt: s.doubt}
	out.text = strings.Trim(strings.ReplaceAll(fmt.Sprint(out.version), " ", "."), "[]")
	if strings.Contains(strings.ToLower(text), mariadb) {
		out.engine = mariadb
	}
	return out, nil
}

func (s mySession) tables(ctx context.Context, names []name) (map[name]table, error) {
	out := map[name]table{}
	for _, n := range names {
		has := table{map[string]column{}, map[string]index{}}
		columns, err := s.query(ctx, "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", n.schema, n.table)
		if err != nil {
			return nil, err
		}
		for _, r := range columns {
			has.columns[r["column_name"]] = column{r["column_type"], r["is_nullable"] == "YES"}
		}
		if len(columns) == 0 {
			if err := s.sees(ctx, n.schema); err != nil {
				return nil, err
			}
			continue
		}
		indexes, err := s.query(ctx, "SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", n.schema, n.table)
		if err != nil {
			return nil, err
		}
		for _, r := range indexes {
			has.indexes[r["index_name"]] = index{}
			if r["ignored"] == "YES" || r["is_visible"] == "NO" {
				has.indexes[r["index_name"]] = index{"is ignored: no query uses it"}
			}
		}
		out[n] = has
	}
	return out, nil
}

// sizes asks for the estimates that the server keeps, of what the role may see.
// https://dev.mysql.com/doc/refman/8.4/en/information-schema-tables-table.html
func (s mySession) sizes(ctx context.Context, schema string) (map[name]Size, error) {
	// MySQL keeps answers for a day; a server that has no such setting keeps none.
	_, _ = s.tx.ExecContext(ctx, "SET SESSION information_schema_stats_expiry = 0")
	rows, err := s.query(ctx, "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH AS bytes FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA = ?", schema)
	if err != nil {
		return nil, err
	}
	out := map[name]Size{}
	for _, r := range rows {
		if _, known := r["table_rows"]; known {
			out[name{r["table_schema"], r["table_name"]}] = sizeOf(r["table_rows"], r["bytes"])
		}
	}
	return out, nil
}

// broken: an index that is there is valid.
func (mySession) broken(context.Context) (map[name]name, error) { return map[name]name{}, nil }

// sees tells a table that is not there from one that is hidden: who has no right
// on it does not see it.
func (s mySession) sees(ctx context.Context, schema string) error {
	const rights = "PRIVILEGE_TYPE IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')"
	found, err := s.query(ctx, "SELECT 1 AS one FROM information_schema.USER_PRIVILEGES WHERE "+rights+
		" UNION SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE "+rights+" AND ? LIKE TABLE_SCHEMA", schema)
	if err != nil || len(found) > 0 {
		return err
	}
	return s.hidden(schema)
}

func (s mySession) hidden(schema string) denial {
	if schema == "" {
		schema = s.at.database
	}
	return denial{"REFERENCES on the database", fmt.Sprintf("GRANT REFERENCES ON %s.* TO <account>;", s.shown(schema))}
}

// shown is a database for people, as far as configuration names it.
func (s mySession) shown(schema string) string {
	if s.at.host == "" || schema == "" {
		return "<database>"
	}
	return myQuote(schema)
}

func (s mySession) rows(ctx context.Context, of name, columns []string) ([]row, error) {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = myQuote(c)
	}
	out, err := s.query(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+myQuote(of.schema)+"."+myQuote(of.table))
	if (my{}).explain(err) == noRights {
		return nil, denial{"SELECT on " + of.table, fmt.Sprintf("GRANT SELECT ON %s.%s TO <account>;", s.shown(of.schema), myQuote(of.table))}
	}
	return out, err
}
