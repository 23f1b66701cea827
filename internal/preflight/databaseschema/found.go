package databaseschema

import (
	"context"
	"strconv"
	"strings"
)

// name names a table: on MySQL a schema is a database.
type name struct{ schema, table string }

// table is what a database has of a name: nothing where columns is nil.
type table struct {
	columns map[string]column
	indexes map[string]index
}

type column struct {
	typ      string
	nullable bool
}

// index is one that is there; fault says why it is of no use, "" if it is.
type index struct{ fault string }

// row is one row of a ledger by its columns; what is NULL is absent.
type row map[string]string

// server is who answers.
type server struct {
	engine  string // postgres, mysql, mariadb
	text    string // its version, for people
	version []int
	// schema is where tables are that name none; "" where the connection chose
	// none.
	schema string
	// doubt: nobody verified who answers.
	doubt bool
}

// session is one read-only look. Everything in it is of one moment. Its errors
// are of the driver, and are never shown.
type session interface {
	server(ctx context.Context) (server, error)
	// tables returns what there is of each name, a name that is not there
	// without columns.
	tables(ctx context.Context, names []name) (map[name]table, error)
	// rows reads columns of a ledger. It returns a denial where the role may
	// not.
	rows(ctx context.Context, of name, columns []string) ([]row, error)
	// sizes returns how large tables are, about: those of every schema on
	// PostgreSQL, and on MySQL those of one. One of which nobody knows is left out.
	sizes(ctx context.Context, schema string) (map[name]Size, error)
	// broken returns the indexes that are not valid, and the table of each.
	broken(ctx context.Context) (map[name]name, error)
	close(ctx context.Context)
}

// denial says which right is missing for a look, and what gives it.
type denial struct{ permission, grant string }

// Error implements error.
func (d denial) Error() string { return "denied: " + d.permission }

// numbers reads the version that a text begins with: 10.11.14-MariaDB.
func numbers(text string) []int {
	var out []int
	for _, part := range strings.Split(text, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil {
			break
		}
		out = append(out, n)
		if digits != part {
			break
		}
	}
	return out
}

// older reports whether one version comes before another, of which it looks at as
// many numbers as that one has.
func older(found, wanted []int) bool {
	for i, w := range wanted {
		f := 0
		if i < len(found) {
			f = found[i]
		}
		if f != w {
			return f < w
		}
	}
	return false
}
