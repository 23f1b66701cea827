package databases

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Postgres is a running PostgreSQL.
type Postgres struct{ *process }

// StartPostgres runs initdb and a server on free ports of this machine.
func StartPostgres(ctx context.Context) (*Postgres, error) {
	const installed = "/usr/lib/postgresql/*/bin" // Debian keeps servers apart
	initdb, server := find("initdb", installed), find("postgres", installed)
	if initdb == "" || server == "" {
		return nil, fmt.Errorf("PostgreSQL: %w (initdb, postgres)", ErrNone)
	}
	p, err := newProcess("postgres")
	if err != nil {
		return nil, err
	}
	data, secret := filepath.Join(p.dir, "data"), filepath.Join(p.dir, "password")
	if err = os.WriteFile(secret, []byte(Password), 0o600); err == nil {
		err = p.own()
	}
	if err == nil {
		err = p.once(ctx, initdb, "-D", data, "-U", Owner, "--pwfile="+secret, "--auth=scram-sha-256", "-N", "-E", "UTF8", "--locale=C")
	}
	if err == nil { // whoever has the password may come from any address of this machine
		err = appendTo(filepath.Join(data, "pg_hba.conf"), "\nhost all all 127.0.0.0/8 scram-sha-256\nhost all all samehost scram-sha-256\n")
	}
	if err == nil {
		err = p.serve(ctx, "ready to accept connections", server, "-D", data, "-p", fmt.Sprint(p.port),
			"-c", "listen_addresses=0.0.0.0", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=30",
			"-c", "ssl=on", "-c", "ssl_cert_file="+filepath.Join(p.dir, certFile), "-c", "ssl_key_file="+filepath.Join(p.dir, keyFile),
			"-c", "log_statement=mod", "-c", "log_line_prefix=%u|", "-c", "autovacuum=off")
	}
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	return &Postgres{p}, nil
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0) //nolint:gosec // a file of the server's folder
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// URL is the address of a database for somebody.
func (p *Postgres) URL(user, password, database string) string {
	return (&url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: p.Addr(), Path: "/" + database}).String()
}

// Exec runs statements in a database as the owner of everything.
func (p *Postgres) Exec(ctx context.Context, database, statements string) error {
	c, err := pgconn.Connect(ctx, p.URL(Owner, Password, database))
	if err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // nothing is lost
	if err := c.Exec(ctx, statements).Close(); err != nil {
		return fmt.Errorf("PostgreSQL: %s: %w", statements, err)
	}
	return nil
}

// Writes counts the statements that would change something and that came from
// anybody but the owner.
func (p *Postgres) Writes() int {
	n := 0
	for _, l := range p.lines() {
		user, rest, _ := strings.Cut(l, "|")
		if user != Owner && (strings.HasPrefix(rest, "LOG:  statement: ") || strings.HasPrefix(rest, "LOG:  execute ")) {
			n++
		}
	}
	return n
}
