package databaseschema

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// The engines, as configuration writes them.
const (
	postgres = "postgres"
	mysqlDB  = "mysql"
	mariadb  = "mariadb"
)

// dialect is what PostgreSQL and MySQL do not do alike.
type dialect interface {
	// open connects, within the limit. It returns a bad for an address that
	// cannot be one.
	open(ctx context.Context, at address, limit time.Duration) (session, error)
	// explain says what an error of the driver means.
	explain(err error) cause
	// column and index find what a table has by the name that is asked for.
	column(t table, name string) (column, bool)
	index(t table, name string) (index, bool)
	// sameType compares a type that is there with one that is written.
	sameType(found, wanted, schema string) bool
}

// cause is what an error of a driver means. Its zero value is none of them.
type cause int

// The causes.
const (
	unknown   cause = iota
	refused         // the credentials are not accepted
	noRights        // they are, and do not suffice
	noSuch          // there is no such database
	busy            // there is no room, or it starts or ends
	late            // a timeout of the server's, or a lock
	unwelcome       // it answers otherwise, in its own words
	noTLS           // it does not speak TLS, and has to
	cut             // the connection ended
)

// check implements rollout.Check.
type check struct {
	dialect dialect
	says    words
	kind    string
	object  string
	at      address
	want    want
	limit   time.Duration
	// schema is where tables are that name none, as far as configuration says.
	schema string
}

// Run looks once.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: c.kind, Object: c.object}
	limited, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	saw, err := c.look(limited)
	if err != nil || ctx.Err() != nil {
		return []rollout.Finding{c.unread(ctx, f, errors.Join(err, limited.Err()))}
	}
	return c.judge(f, saw)
}

// look reads everything that is asked about.
func (c check) look(ctx context.Context) (found, error) {
	s, err := c.dialect.open(ctx, c.at, c.limit)
	if err != nil {
		return found{}, err
	}
	defer s.close(ctx)
	var saw found
	if saw.server, err = s.server(ctx); err != nil {
		return found{}, err
	}
	if c.schema != "" {
		saw.server.schema = c.schema
	}
	if saw.tables, err = s.tables(ctx, c.names(saw.server)); err != nil {
		return found{}, err
	}
	for _, l := range c.want.ledgers {
		read, err := c.lookInto(ctx, s, l, saw)
		if err != nil {
			return found{}, err
		}
		saw.ledgers = append(saw.ledgers, read)
	}
	return saw, nil
}

// lookInto reads a ledger, if it is one: what else it is, judge says.
func (c check) lookInto(ctx context.Context, s session, l wantLedger, saw found) (ledger, error) {
	at := c.named(l.schema, l.table, saw.server)
	if l.tool.lacks(c.dialect, saw.tables[at]) != "" {
		return ledger{}, nil
	}
	var out ledger
	var err error
	out.rows, err = s.rows(ctx, at, l.tool.columns)
	if err == nil && l.tool.lock != "" {
		out.lock, err = s.rows(ctx, name{at.schema, l.tool.lock}, []string{"locked"})
	}
	if errors.As(err, new(denial)) { // the rest can be judged
		out.unread, err = err, nil
	}
	return out, err
}

// unread is the finding where nothing could be seen.
func (c check) unread(ctx context.Context, f rollout.Finding, err error) rollout.Finding {
	f.Status = rollout.Skipped
	var b bad
	var d denial
	switch {
	case ctx.Err() != nil:
		return f.Because(c.says.interrupted)
	case errors.As(err, &b):
		return f.Because(b.message, b.pairs...)
	case errors.As(err, &d):
		return f.Because(c.says.denied, "permission", d.permission, "grant", d.grant)
	}
	why := c.dialect.explain(err)
	if (why == cut || why == unknown) && errors.Is(err, context.DeadlineExceeded) { // however the driver calls that
		why = late
	}
	switch why {
	case refused:
		return f.Because(c.says.refused)
	case noSuch:
		f.Status = rollout.Failed
		return f.Because(c.says.noDatabase)
	case busy:
		return f.Because(c.says.busy)
	case late:
		return f.Because(c.says.late, "limit", rollout.Short(c.limit))
	case noRights, unwelcome:
		return f.Because(c.says.unasked)
	case noTLS:
		return f.Because(c.says.unreachable, "reason", "it does not speak TLS, as sslmode, or the default for other machines than this one, asks for")
	case cut:
		return f.Because(c.says.unreachable, "reason", "the connection was cut")
	case unknown:
	}
	return f.Because(c.says.unreachable, "reason", reason(err, c.limit, c.says.people))
}

// reason says why a server was not reached, in words of our own.
func reason(err error, limit time.Duration, people string) string {
	var (
		unsigned x509.UnknownAuthorityError
		unfit    x509.CertificateInvalidError
		there    *net.OpError
	)
	switch {
	case errors.As(err, &unsigned), errors.As(err, &unfit):
		return "its certificate is not valid"
	}
	if known := web.Reason(err, limit); known != "the request failed" {
		return known
	}
	if errors.As(err, &there) && there.Op == "dial" {
		return "there is no way to it"
	}
	return "what answers there does not speak as " + people + " does"
}
