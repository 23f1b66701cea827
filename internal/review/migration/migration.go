package migration

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Dialect is whose SQL it is.
type Dialect string

// The dialects.
const (
	Postgres Dialect = "postgres"
	MySQL    Dialect = "mysql"
	MariaDB  Dialect = "mariadb"
)

// Version is a version of a server.
type Version struct{ Major, Minor, Patch int }

// ReadVersion reads "15", "8.0" or "8.0.36".
func ReadVersion(text string) (v Version, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) > 3 {
		return v, false
	}
	for i, to := range []*int{&v.Major, &v.Minor, &v.Patch} {
		if i >= len(parts) {
			break
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 || parts[i] != strconv.Itoa(n) {
			return Version{}, false
		}
		*to = n
	}
	return v, true
}

// String writes it as people do.
func (v Version) String() string {
	if v.Minor == 0 && v.Patch == 0 {
		return strconv.Itoa(v.Major)
	}
	return strings.TrimSuffix(fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch), ".0")
}

// atLeast compares versions.
func (v Version) atLeast(major, minor, patch int) bool {
	return slices.Compare([]int{v.Major, v.Minor, v.Patch}, []int{major, minor, patch}) >= 0
}

// Known reports whether the rules were written for this version of a dialect.
func (d Dialect) Known(v Version) bool {
	switch d {
	case Postgres:
		return v.Major >= 12 && v.Major <= 18
	case MySQL:
		return v.Major == 5 && (v.Minor == 6 || v.Minor == 7) || v.Major == 8 && v.Minor <= 4
	case MariaDB:
		return v.atLeast(10, 2, 0) && v.Major == 10 && v.Minor <= 11
	}
	return false
}

// Options say what is to be reviewed, and what is known beside the files.
type Options struct {
	Dialect Dialect
	Version Version
	Format  Format // "" finds it out

	// AppliedThrough is the version of the last migration that is applied.
	// Pending lists those that are not. At most one of them is given; without
	// either everything counts as pending, and as new only what the same
	// migration made.
	AppliedThrough string
	Pending        []string
	// Applied says it of each version, and Heads are revisions of Alembic: they and
	// what comes before them are applied. Both are nil where no ledger was read.
	Applied func(version string) bool
	Heads   []string
	// Schema is SQL that makes what is there before all migrations, such as a dump
	// of the schema; "" where there is none.
	Schema string

	// LockTimeout: whoever runs the migrations sets one for every session.
	LockTimeout bool
	// Rows are how many rows tables have, about.
	Rows map[string]int64
	// Live is what a database says; nil where none was asked.
	Live *Live

	// Unread says since when nothing that is live reads a table ("orders") or a
	// column ("orders.note"), and Retention for how long that has to be so
	// before it may be dropped.
	Unread    map[string]time.Time
	Retention time.Duration
	Now       time.Time
	// PromotedReads and CandidateReads are tables and columns that the revision
	// which serves, and the one that is to serve, are known to use.
	PromotedReads, CandidateReads []string
}

// Live is what a database says beside the files.
type Live struct {
	// Sizes of tables; of one that is missing nobody knows.
	Sizes map[string]Size
	// Broken are the indexes that are not valid, and the table of each.
	Broken map[string]string
	// Columns are those of the tables in CandidateReads.
	Columns map[string][]string
}

// Size is how large a table is, about.
type Size struct{ Rows, Bytes int64 }

// Finding is what is to be said of one statement.
type Finding struct {
	Rule      *Rule
	Level     Level
	Hazard    Hazard
	Migration string // its version
	File      string
	Line      int
	Object    string // what it is about: "orders.note"
	Lock      string // in the server's words; "" for none that others notice
	Lasts     Lasts
	Estimate  string // how long, where the number of rows is known
	Detail    string // what is particular to this statement
	Instead   []string
	// Allowed is the reason that stands beside the statement. Such a finding
	// counts for nothing.
	Allowed string

	tx int32 // which transaction of its migration it is of
}

// Counts reports whether the finding is one to act upon.
func (f Finding) Counts() bool { return f.Allowed == "" && f.Level >= Warns }

// Report is the result of a review.
type Report struct {
	Format     Format
	Pending    []string // versions, in their order
	Statements int      // in the pending migrations
	Findings   []Finding
	// RollbackSafe: the revision that serves now can still serve after the
	// migrations, also with what the next one wrote.
	RollbackSafe bool
	// BlocksWrites: some statement may keep others from writing for longer than
	// a moment.
	BlocksWrites bool
	// BreaksPromoted: what serves now may fail once the migrations are applied.
	BreaksPromoted bool
}

// Error is what keeps a review from being made at all. Its texts say which
// migration or file it is about.
type Error struct {
	Sort ErrorSort
	// Name is the file, version or folder.
	Name string
	Err  error // nil where the sort says it all
}

// ErrorSort tells errors apart.
type ErrorSort int

// The sorts.
const (
	Unreadable   ErrorSort = iota + 1 // a folder or a file cannot be read
	Nothing                           // a folder holds no migration
	Ambiguous                         // the format cannot be told
	NoSuch                            // no migration has this version
	TwiceTheSame                      // two migrations have one version
)

// Error implements error.
func (e *Error) Error() string {
	what := map[ErrorSort]string{
		Unreadable: "cannot be read", Nothing: "holds no migration", Ambiguous: "may be of several formats",
		NoSuch: "is the version of no migration", TwiceTheSame: "is the version of two migrations",
	}[e.Sort]
	if e.Err != nil {
		return fmt.Sprintf("%s %s: %v", e.Name, what, e.Err)
	}
	return e.Name + " " + what
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Review reads the migrations in a folder and reviews those that are pending. The
// same files and options give the same report. Every error is an *Error.
func Review(files fs.FS, o Options) (Report, error) {
	format, all, err := read(files, o.Format)
	if err != nil {
		return Report{}, err
	}
	from, err := choose(all, o)
	if err != nil {
		return Report{}, err
	}
	r := &review{options: o, state: newState(), expanded: map[string]bool{}, report: Report{Format: format}}
	if o.Live != nil {
		r.broken = maps.Clone(o.Live.Broken)
	}
	if o.Schema != "" {
		r.migration(Migration{text: o.Schema})
	}
	for i, m := range all {
		r.state.step, r.pending = i+1, from[i]
		r.migration(m)
	}
	r.candidate()
	r.leftBehind()
	r.close()
	r.sum()
	return r.report, nil
}

// choose says which migrations are pending.
func choose(all []Migration, o Options) ([]bool, error) {
	out := make([]bool, len(all))
	switch {
	case o.Heads != nil:
		return beyond(all, o.Heads)
	case o.Applied != nil:
		for i, m := range all {
			out[i] = m.repeated || !o.Applied(m.Version) && !o.Applied(number(m.File))
		}
		return out, nil
	}
	if len(o.Pending) > 0 {
		for _, version := range o.Pending {
			i := slices.IndexFunc(all, func(m Migration) bool { return sameVersion(m.Version, version) })
			if i < 0 {
				return nil, &Error{Sort: NoSuch, Name: version}
			}
			out[i] = true
		}
		return out, nil
	}
	last := -1
	if o.AppliedThrough != "" {
		last = slices.IndexFunc(all, func(m Migration) bool { return sameVersion(m.Version, o.AppliedThrough) })
		if last < 0 {
			return nil, &Error{Sort: NoSuch, Name: o.AppliedThrough}
		}
	}
	for i, m := range all {
		out[i] = i > last || m.repeated
	}
	return out, nil
}

// beyond says which revisions of Alembic are none of some, nor come before one.
func beyond(all []Migration, heads []string) ([]bool, error) {
	out, at := make([]bool, len(all)), map[string]int{}
	for i, m := range all {
		out[i], at[m.Version] = true, i
	}
	for todo := slices.Clone(heads); len(todo) > 0; todo = todo[1:] {
		i, known := at[todo[0]]
		if !known {
			return nil, &Error{Sort: NoSuch, Name: todo[0]}
		}
		if out[i] {
			out[i] = false
			todo = append(todo, all[i].after...)
		}
	}
	return out, nil
}

// sameVersion compares versions as tools do: leading zeros mean nothing.
func sameVersion(a, b string) bool {
	return a == b || digits(a) && digits(b) && strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0")
}

// sum turns findings into the summary.
func (r *review) sum() {
	p := &r.report
	p.Findings = slices.Concat(append(r.told, []Finding{})...)
	p.RollbackSafe = true
	for _, f := range p.Findings {
		if !f.Counts() {
			continue
		}
		p.RollbackSafe = p.RollbackSafe && f.Hazard&(StaysBroken|BreaksOld) == 0
		p.BlocksWrites = p.BlocksWrites || f.Hazard&Blocks != 0
		p.BreaksPromoted = p.BreaksPromoted || f.Hazard&BreaksOld != 0
	}
}
