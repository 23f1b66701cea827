// Package databaseschema has the preflight kinds "postgres_schema" and
// "mysql_schema": a live database has the version, the tables, columns and indexes
// and the migration that the revision was written for.
//
// Both are one check over two dialects: what is wanted is compared with what one
// read-only look found (judge.go), and the table of a migration tool is read by
// the rules of that tool (ledger.go, alembic.go).
//
// # How it looks
//
// One connection, one transaction that is READ ONLY and REPEATABLE READ, short
// timeouts, no prepared statement (so that it works through poolers: run on PgBouncer
// 1.18, by session and by transaction), the catalogs alone and, where migrations are asked about, the rows of
// that tool's table. On PostgreSQL the catalogs can be read without any grant and
// while somebody holds ACCESS EXCLUSIVE on a table; information_schema cannot.
// On MySQL and MariaDB REFERENCES makes definitions visible, and reads no row.
// The real barrier is what the role was granted: the guide "Databases" has the
// least that is needed, and a test takes each grant away.
//
// Address and credentials come from an environment variable, from a write-only
// attribute, or from attributes without the password. What a driver says is never
// shown, because it quotes them: only the codes of servers decide.
//
// TLS has to be verified for any server that is not this machine, unless the
// connection string or sslmode says otherwise; a finding that passes then says so.
//
// # What it cannot do
//
// It does not see whether what is there holds what the revision expects, nor what
// a session of the app would see under another search_path. A tool that keeps no
// mark of a migration that broke (Rails, dbmate, Ecto, Django) may have left half
// of one on MySQL, where definitions are not transactional. PostgreSQL 18's NOT
// NULL that is NOT VALID counts as NOT NULL.
//
// # Where the rules come from
//
//   - pg_attribute, pg_index, format_type: https://www.postgresql.org/docs/current/catalogs.html
//   - SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
//   - sslmode: https://www.postgresql.org/docs/current/libpq-ssl.html
//   - What REFERENCES shows: https://mariadb.com/kb/en/information-schema-columns-table/ (run on MariaDB 10.11)
//   - Error numbers: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
//   - Ignored and invisible indexes: https://mariadb.com/kb/en/ignored-indexes/, https://dev.mysql.com/doc/refman/8.4/en/invisible-indexes.html
//   - Ledgers: golang-migrate's database drivers, https://documentation.red-gate.com/fd/flyway-schema-history-table-273973417.html,
//     https://atlasgo.io/concepts/migration-directory-integrity, https://pressly.github.io/goose/, https://alembic.sqlalchemy.org/en/latest/branches.html,
//     https://docs.liquibase.com/concepts/tracking-tables/databasechangelog-table.html, https://www.prisma.io/docs/orm/prisma-migrate
package databaseschema
