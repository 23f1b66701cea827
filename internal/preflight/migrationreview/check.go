package migrationreview

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/databaseschema"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/review/migration"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check implements rollout.Check.
type check struct {
	directory, schema string
	options           migration.Options
	live              databaseschema.Live
	clock             rollout.Clock
}

const (
	// shown is how many findings stand in messages one by one, and few how many in
	// a sentence.
	shown = 20
	few   = 3
)

// Run reads the files, and asks the database if there is one.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	report, unasked, problem := c.Look(ctx)
	if problem != nil {
		return []rollout.Finding{*problem}
	}
	out := c.told(report)
	if unasked != nil {
		out = append(out, *unasked)
	}
	return out
}

// told turns a report into findings.
func (c check) told(report migration.Report) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.directory}
	var out []rollout.Finding
	var worth, allowed string
	harms := 0
	for _, found := range report.Findings {
		switch {
		case found.Allowed != "":
			allowed += fmt.Sprintf("\n  %s: %s", place(found), found.Allowed)
		case refuses(found):
			if harms++; harms <= shown {
				f.Status = rollout.Failed
				out = append(out, f.Because(words(found), "place", place(found), "does", sentences(found), "instead", steps(found)))
			}
		case found.Level == migration.Warns:
			worth += "\n  " + place(found) + ": " + found.Rule.Does
		}
	}
	if harms > shown {
		out = append(out, f.Because(msgMore, "count", harms-shown))
	}
	if harms == 0 {
		f.Status = rollout.Passed
		f.Why = harmless(report.Statements, len(report.Pending))
		out = append(out, f)
	}
	f.Status, f.Advisory = rollout.Failed, true
	if worth != "" {
		out = append(out, f.Because(msgWorth, "list", firsts(worth)))
	}
	if allowed != "" {
		out = append(out, f.Because(msgAllowed, "list", firsts(allowed)))
	}
	return out
}

// harmless says how much was found to harm nobody.
func harmless(statements, migrations int) string {
	if migrations == 0 {
		return "nothing is pending"
	}
	counted := func(n int, word string) string {
		if n == 1 {
			return "1 " + word
		}
		return fmt.Sprintf("%d %ss", n, word)
	}
	return fmt.Sprintf("nothing in %s of %s harms anybody", counted(statements, "statement"), counted(migrations, "migration"))
}

// firsts are the first lines of a list.
func firsts(list string) string {
	lines := strings.SplitAfterN(list, "\n", shown+2) // it begins with an end of line
	return strings.TrimSuffix(strings.Join(lines[:min(len(lines), shown+1)], ""), "\n")
}

// refuses reports whether nothing may be rolled out beside a statement: it harms
// users, or what serves now may fail while the next revision rises.
func refuses(f migration.Finding) bool {
	return f.Level == migration.Harms || f.Counts() && f.Hazard&migration.BreaksOld != 0
}

// words are those for what is refused.
func words(f migration.Finding) rollout.Message {
	if f.Hazard&migration.BreaksOld != 0 {
		return msgBreaks
	}
	return msgHarm
}

// wayBack says where the way home ends: what cannot be reviewed may have taken away
// what the revision that serves now needs. A ledger is not asked: what it says changes
// while a rollout goes on, and a point must not.
func (c check) wayBack() rollout.WayBack {
	if c.live.Ledger() {
		return rollout.WayBack{Ends: rollout.AtPromotion, Why: forgets()}
	}
	report, problem := c.Review()
	switch {
	case problem != nil:
		return rollout.WayBack{Ends: rollout.AtPromotion, Why: "whether the migrations leave a way home is not known: " + problem.Why, Unsure: true}
	case report.RollbackSafe:
		return rollout.WayBack{}
	}
	var why []string
	for _, f := range report.Findings {
		if f.Counts() && f.Hazard&(migration.StaysBroken|migration.BreaksOld) != 0 {
			why = append(why, strings.TrimSuffix(place(f)+": "+cmp.Or(f.Rule.Back, f.Rule.Does), "."))
		}
	}
	if n := len(why) - few; n > 0 {
		why = append(why[:few], fmt.Sprintf("and %d more", n))
	}
	return rollout.WayBack{Ends: rollout.AtPromotion, Why: strings.Join(why, "; ")}
}

// forgets says why a ledger ends the way home, and what keeps it.
func forgets() string {
	p := msgLedgerForgets.With()
	return p.Why + ". " + strings.TrimSuffix(p.Fix, ".")
}

// place says where a finding is, and by which rule.
func place(f migration.Finding) string {
	at := f.File
	if f.Line > 0 {
		at += fmt.Sprintf(":%d", f.Line)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", at, f.Rule.ID, f.Object))
}

// sentences are what a finding says, in a row.
func sentences(f migration.Finding) string {
	out := f.Rule.Does
	if f.Detail != "" {
		out += " (" + f.Detail + ")"
	}
	if f.Lock != "" {
		out += " Lock: " + f.Lock + ", " + f.Lasts.String() + "."
	}
	if f.Estimate != "" {
		out += " About " + f.Estimate + "."
	}
	if f.Rule.Old != "" {
		out += " What serves now: " + f.Rule.Old
	}
	if f.Rule.Back != "" {
		out += " After a way home: " + f.Rule.Back
	}
	return out
}

func steps(f migration.Finding) string { return strings.Join(f.Instead, " Then: ") }

// Look reads the files and asks the database if there is one: the data source has the
// report itself. unasked says that nobody answered, and that the report stands without;
// problem is why there is no report.
func (c check) Look(ctx context.Context) (report migration.Report, unasked, problem *rollout.Finding) {
	if !c.live.Given() {
		report, problem = c.Review()
		return report, nil, problem
	}
	f := rollout.Finding{Check: name, Object: c.directory}
	seen, kept := c.live.Look(ctx, f, tablesOf(c.options.CandidateReads))
	switch {
	case kept != nil && (c.live.Ledger() || ctx.Err() != nil):
		return report, nil, kept
	case kept != nil:
		f.Status, f.Advisory = rollout.Failed, true
		f = f.Because(msgUnasked, "why", kept.Why, "fix", kept.Fix)
		report, problem = c.Review()
		return report, &f, problem
	case !c.isOf(seen):
		f.Status = rollout.Failed
		f = f.Because(msgOtherServer, "found", seen.Text, "dialect", string(c.options.Dialect), "version", c.options.Version.String())
		return report, nil, &f
	}
	c.options.Version = precisely(seen.Version)
	c.options.Applied, c.options.Heads = seen.Applied, seen.Heads
	c.options.Live = &migration.Live{Sizes: map[string]migration.Size{}, Broken: seen.Broken, Columns: seen.Columns}
	for table, size := range seen.Sizes {
		c.options.Live.Sizes[table] = migration.Size(size)
	}
	report, problem = c.review()
	return report, nil, problem
}

// isOf reports whether a server is of the dialect and the version that were named:
// of the last number of a version little depends.
func (c check) isOf(seen databaseschema.Seen) bool {
	is, said := precisely(seen.Version), c.options.Version
	same := is.Major == said.Major
	if c.options.Dialect != migration.Postgres {
		same = same && is.Minor == said.Minor
	}
	return same && seen.Engine == string(c.options.Dialect)
}

func precisely(version []int) migration.Version {
	numbers := append(slices.Clone(version), 0, 0, 0)
	return migration.Version{Major: numbers[0], Minor: numbers[1], Patch: numbers[2]}
}

// tablesOf are the tables of things that are read.
func tablesOf(reads []string) []string {
	var out []string
	for _, object := range reads {
		if table, _ := migration.Split(object); !slices.Contains(out, table) {
			out = append(out, table)
		}
	}
	return out
}

// Review reads the files alone. problem is why there is no report: such as that
// only the database knows what is pending.
func (c check) Review() (report migration.Report, problem *rollout.Finding) {
	if c.live.Ledger() {
		f := rollout.Finding{Check: name, Object: c.directory, Status: rollout.Skipped}
		f = f.Because(msgLedger)
		return report, &f
	}
	return c.review()
}

func (c check) review() (report migration.Report, problem *rollout.Finding) {
	o := c.options
	o.Now = c.clock.Now()
	if c.schema != "" {
		text, err := os.ReadFile(c.schema)
		if err != nil {
			return report, c.kept(&migration.Error{Sort: migration.Unreadable, Name: c.schema, Err: err})
		}
		o.Schema = string(text)
	}
	report, err := migration.Review(os.DirFS(c.directory), o)
	if err != nil {
		return report, c.kept(err)
	}
	return report, nil
}

// kept says what kept the review from being made.
func (c check) kept(err error) *rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.directory, Status: rollout.Failed}
	var e *migration.Error
	if !errors.As(err, &e) {
		e = &migration.Error{Sort: migration.Unreadable, Name: c.directory, Err: err}
	}
	switch e.Sort {
	case migration.Nothing:
		f = f.Because(msgNothing)
	case migration.Ambiguous:
		f = f.Because(msgAmbiguous)
	case migration.NoSuch:
		f = f.Because(msgNoSuch, "version", e.Name)
	case migration.TwiceTheSame:
		f = f.Because(msgTwice, "version", e.Name)
	case migration.Unreadable:
		f = f.Because(msgUnreadable, "name", e.Name, "why", cause(e.Err))
	}
	return &f
}

// cause is what the system says of a file, without its path, which stands before.
func cause(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return fmt.Sprint(err)
}
