package databases

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/go-sql-driver/mysql"
)

// MariaDB is a running MariaDB.
type MariaDB struct {
	*process
	db *sql.DB // as its root
}

// StartMariaDB runs mariadb-install-db and a server on free ports of this machine.
func StartMariaDB(ctx context.Context) (*MariaDB, error) {
	const installed = "/usr/sbin"
	install, server := find("mariadb-install-db", installed), find("mariadbd", installed)
	if install == "" || server == "" {
		return nil, fmt.Errorf("MariaDB: %w (mariadb-install-db, mariadbd)", ErrNone)
	}
	p, err := newProcess("mysql")
	if err != nil {
		return nil, err
	}
	data, socket := filepath.Join(p.dir, "data"), filepath.Join(p.dir, "s")
	err = p.once(ctx, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	if err == nil {
		err = p.serve(ctx, "ready for connections", server, "--no-defaults", "--datadir="+data, "--socket="+socket, "--pid-file="+filepath.Join(p.dir, "pid"),
			fmt.Sprintf("--port=%d", p.port), "--bind-address=0.0.0.0", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M",
			"--skip-name-resolve", "--ssl-cert="+filepath.Join(p.dir, certFile), "--ssl-key="+filepath.Join(p.dir, keyFile))
	}
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("MariaDB: %w", err)
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.MultiStatements = "unix", socket, "root", true
	connector, err := mysql.NewConnector(c)
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("MariaDB: %w", err)
	}
	m := &MariaDB{p, sql.OpenDB(connector)}
	m.db.SetConnMaxIdleTime(time.Minute)
	for _, at := range []string{"localhost", "%"} {
		if err := m.Exec(ctx, "mysql", fmt.Sprintf("CREATE USER %s@'%s' IDENTIFIED BY \"%s\"; GRANT ALL ON *.* TO %s@'%s'", Owner, at, Password, Owner, at)); err != nil {
			m.Stop()
			return nil, err
		}
	}
	return m, nil
}

// Stop ends the server, and forgets its data.
func (m *MariaDB) Stop() {
	_ = m.db.Close() // the server ends
	m.process.Stop()
}

// URL is the address of a database for somebody.
func (m *MariaDB) URL(user, password, database string) string {
	return (&url.URL{Scheme: "mysql", User: url.UserPassword(user, password), Host: m.Addr(), Path: "/" + database}).String()
}

// Exec runs statements in a database as the owner of everything.
func (m *MariaDB) Exec(ctx context.Context, database, statements string) error {
	c, err := m.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("MariaDB: %w", err)
	}
	defer func() { _ = c.Close() }() // it goes back to the pool
	if database != "" {
		statements = "USE `" + database + "`; " + statements
	}
	if _, err := c.ExecContext(ctx, statements); err != nil {
		return fmt.Errorf("MariaDB: %s: %w", statements, err)
	}
	return nil
}

// Writes counts the statements that changed something, whoever they came from.
func (m *MariaDB) Writes(ctx context.Context) (int, error) {
	var n int
	err := m.db.QueryRowContext(ctx, `SELECT SUM(VARIABLE_VALUE) FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN
('COM_INSERT', 'COM_UPDATE', 'COM_DELETE', 'COM_REPLACE', 'COM_TRUNCATE', 'COM_LOAD', 'COM_GRANT', 'COM_REVOKE',
'COM_CREATE_TABLE', 'COM_CREATE_INDEX', 'COM_CREATE_DB', 'COM_CREATE_USER', 'COM_ALTER_TABLE', 'COM_DROP_TABLE', 'COM_DROP_INDEX', 'COM_DROP_DB')`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("MariaDB: %w", err)
	}
	return n, nil
}
