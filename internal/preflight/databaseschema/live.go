package databaseschema

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Size is how large a table is, about: as of when the server last counted.
type Size struct{ Rows, Bytes int64 }

// sizeOf reads numbers of a server's. What is no number is 0, as it is where
// nothing is stored.
func sizeOf(rows, bytes string) Size {
	r, _ := strconv.ParseInt(rows, 10, 64)
	b, _ := strconv.ParseInt(bytes, 10, 64)
	return Size{max(r, 0), max(b, 0)}
}

// Live is a database that somebody else's requirement asks, in the words of the
// kinds here. Its zero value is none.
type Live struct {
	check
	given bool
}

// Given reports whether there is one.
func (l Live) Given() bool { return l.given }

// Ledger reports whether it is to say what is applied.
func (l Live) Ledger() bool { return len(l.want.ledgers) > 0 }

// Seen is what a look saw. Tables and indexes that are in the schema of those which
// name none stand without it.
type Seen struct {
	Engine  string
	Version []int
	Text    string // engine and version, for people
	Sizes   map[string]Size
	Broken  map[string]string   // indexes that are not valid, and the table of each
	Columns map[string][]string // of the tables that were asked about, if they are there
	// Applied says whether a migration is applied, of those whose versions the
	// tool keeps; nil without a ledger, and where a tool keeps Heads alone.
	Applied func(version string) bool
	Heads   []string
}

// Look asks once. about are tables whose columns matter. What kept it from seeing
// completes f, in which nothing stands but whose it is.
func (l Live) Look(ctx context.Context, f rollout.Finding, about []string) (Seen, *rollout.Finding) {
	limited, cancel := context.WithTimeout(ctx, l.limit)
	defer cancel()
	saw, out, err := l.survey(limited, about)
	if err != nil || ctx.Err() != nil {
		f = l.unread(ctx, f, errors.Join(err, limited.Err()))
		return Seen{}, &f
	}
	f.Status = rollout.Failed
	for i, w := range l.want.ledgers {
		read := saw.ledgers[i]
		if kept := l.unusable(f, w, saw, read); kept != nil {
			return Seen{}, kept
		}
		if out.Heads = w.tool.read(read.rows, "").heads; w.tool.name != "alembic" {
			out.Applied = func(version string) bool { return w.tool.valid(version) && w.tool.read(read.rows, version).applied }
		}
	}
	return out, nil
}

// survey reads everything within one look.
func (l Live) survey(ctx context.Context, about []string) (found, Seen, error) {
	s, err := l.dialect.open(ctx, l.at, l.limit)
	if err != nil {
		return found{}, Seen{}, err
	}
	defer s.close(ctx)
	var saw found
	if saw.server, err = s.server(ctx); err != nil {
		return found{}, Seen{}, err
	}
	if l.schema != "" {
		saw.server.schema = l.schema
	}
	out := Seen{Engine: saw.server.engine, Version: saw.server.version, Text: called(saw.server.engine) + " " + saw.server.text, Columns: map[string][]string{}}
	if err := l.measure(ctx, s, saw.server.schema, &out); err != nil {
		return found{}, Seen{}, err
	}
	if saw.tables, err = s.tables(ctx, append(l.names(saw.server), l.all(about, saw.server)...)); err != nil {
		return found{}, Seen{}, err
	}
	for i, n := range l.all(about, saw.server) {
		if has := saw.tables[n]; has.columns != nil {
			for c := range has.columns {
				out.Columns[about[i]] = append(out.Columns[about[i]], c)
			}
			slices.Sort(out.Columns[about[i]])
		}
	}
	for _, w := range l.want.ledgers {
		read, err := l.lookInto(ctx, s, w, saw)
		if err != nil {
			return found{}, Seen{}, err
		}
		saw.ledgers = append(saw.ledgers, read)
	}
	return saw, out, nil
}

// measure reads sizes, and which indexes are not valid.
func (l Live) measure(ctx context.Context, s session, home string, out *Seen) error {
	sizes, err := s.sizes(ctx, home)
	if err != nil {
		return err
	}
	broken, err := s.broken(ctx)
	if err != nil {
		return err
	}
	out.Sizes, out.Broken = map[string]Size{}, map[string]string{}
	for n, size := range sizes {
		out.Sizes[n.of(home)] = size
	}
	for n, t := range broken {
		out.Broken[n.of(home)] = t.of(home)
	}
	return nil
}

// all are tables by the names that people write.
func (l Live) all(about []string, s server) []name {
	var out []name
	for _, t := range about {
		schema, table := "", t
		if i := strings.LastIndexByte(t, '.'); i >= 0 {
			schema, table = t[:i], t[i+1:]
		}
		out = append(out, l.named(schema, table, s))
	}
	return out
}

// of is a name as it stands where another schema is the usual one.
func (n name) of(home string) string {
	if n.schema == home {
		return n.table
	}
	return n.schema + "." + n.table
}
