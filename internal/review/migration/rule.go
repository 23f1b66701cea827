package migration

import "sync"

// Level is how much a finding matters.
type Level int8

// The levels. Only Harms is refused.
const (
	Tells Level = iota + 1 // how it is, and that there is nothing to do
	Warns                  // worth a look
	Harms                  // harm to users, or nobody can tell
)

// String returns the word that stands in state.
func (l Level) String() string { return [...]string{"", "info", "warning", "error"}[l] }

// Hazard is what may come of a statement.
type Hazard int16

// The hazards.
const (
	Blocks      Hazard = 1 << iota // others cannot write, or not even read, for longer than a moment
	Rewrites                       // the table is written anew
	Scans                          // all of the table is read
	LosesData                      // rows or values are gone
	BreaksOld                      // the revision that serves now may fail
	BreaksNew                      // the next revision may fail, or the migration itself
	StaysBroken                    // after a way home the former revision may fail, or data may be missing
)

// String returns the words for it, in the order of the documents.
func (h Hazard) String() string {
	out := ""
	for i, word := range []string{"block", "rewrite", "scan", "lose data", "break what serves", "break the next revision", "make a way home unsafe"} {
		if h&(1<<i) != 0 {
			out = commas(out, word)
		}
	}
	return out
}

func commas(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// Lasts is how long a lock is held, in kind.
type Lasts int8

// The kinds, from short to long.
const (
	Instant  Lasts = iota + 1 // the server changes its catalogue, and says so
	Metadata                  // only the catalogue is changed
	Scan                      // all rows are read, once or more
	Rewrite                   // all rows are written anew
	Copy                      // the table is copied to another place
	Unknown                   // nobody can tell from the files
)

// String returns the word that stands in state.
func (l Lasts) String() string {
	return [...]string{"", "instant", "metadata only", "scan", "rewrite", "copy", "unknown"}[l]
}

// Rule is what is known of one sort of statement.
type Rule struct {
	ID     string
	Engine string // postgres, mysql (which stands for MariaDB too), any
	When   string // of which versions, or under which condition; "" for always
	Level  Level
	Hazard Hazard
	Phase  string // expand, contract, never; "" where it does not matter
	// Does says what the statement does; Old, New and Back what that means to the
	// revision that serves now, to the next one, and to a way home. "" stands for
	// nothing.
	Does, Old, New, Back string
	// Instead is the sequence of releases that does the same without harm.
	// {table} and {column} stand for names.
	Instead []string
	Source  string
}

// byID is made when it is first asked for, and not when the program starts.
var byID = sync.OnceValue(func() map[string]*Rule {
	out := map[string]*Rule{}
	for _, r := range Rules() {
		out[r.ID] = &r
	}
	return out
})

// rule returns the rule of an ID, which the source code names.
func rule(id string) *Rule {
	if r := byID()[id]; r != nil {
		return r
	}
	panic("migration: no rule " + id)
}

// IsRule reports whether there is such a rule.
func IsRule(id string) bool { return byID()[id] != nil }
