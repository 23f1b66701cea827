package migration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// review is the state of one review.
type review struct {
	options Options
	state   *state
	report  Report
	pending bool // whether the migration that is read is still to be applied
	m       Migration
	tx      transaction
	// timeout: the session has a lock_timeout (MySQL: lock_wait_timeout).
	timeout bool
	// zone is the session's time zone, in small letters; "" where no file sets it.
	zone string
	// unchecked: foreign_key_checks is off.
	unchecked    bool
	pendingSteps []int
	// hits and touches are room for those of the next statement.
	hits    []hit
	touches []touch
	// found are the findings of the migration that is read, and told those of the
	// ones before it.
	found []Finding
	told  [][]Finding
	// broken are the indexes of the database that are not valid, and that no
	// statement so far has mended.
	broken map[string]string
	// expanded holds the tables to which the pending migrations have added.
	expanded map[string]bool
}

// transaction is the one in which a statement runs.
type transaction struct {
	open  bool
	step  int32           // which one of the migration it is
	limit *bool           // what SET LOCAL says of lock_timeout
	zone  string          // and of the time zone
	held  []touch         // on what others use
	added map[string]bool // constraints added NOT VALID, by table and name
	ddl   int             // statements before that changed a schema
	told  map[string]bool // rules that speak once for all of it
}

func (r *review) begin(open bool) {
	r.tx = transaction{open: open, step: r.tx.step + 1, added: map[string]bool{}, told: map[string]bool{}}
}

// patient reports whether the session waits for locks without a limit.
func (r *review) patient() bool {
	if r.tx.limit != nil {
		return !*r.tx.limit
	}
	return !r.timeout
}

// touch is a lock that a statement takes on a table which others use.
type touch struct {
	table string
	lock  lock
	lasts Lasts
}

// effect is what one statement does.
type effect struct {
	touches []touch
	hits    []hit
	ddl     bool
	// data: it changes rows, as many as there are.
	data bool
	// reads: it reads rows, as many as there are.
	reads bool
	// alone: it cannot run within a transaction.
	alone bool
}

// hit is a rule that a statement meets.
type hit struct {
	rule          string
	table, column string
	object        string // where it is no column nor table
	detail        string
	level         Level   // 0: that of the rule
	hazard        *Hazard // nil: those of the rule
	touch         *touch  // the lock that it is about; nil for the longest one
}

func (h hit) about() string {
	switch {
	case h.object != "":
		return h.object
	case h.column != "":
		return h.table + "." + h.column
	}
	return h.table
}

func (e *effect) hit(id, table, column string) *hit {
	e.hits = append(e.hits, hit{rule: id, table: table, column: column})
	return &e.hits[len(e.hits)-1]
}

// milder lowers what a rule says.
func (h *hit) milder(l Level, hazard Hazard, detail string) {
	h.level, h.hazard = l, &hazard
	h.detail = detail
}

// isNew reports whether nobody uses a table yet.
func (r *review) isNew(name string) bool {
	t := r.state.tables[name]
	if t == nil || !t.made {
		return false
	}
	if t.step == r.state.step {
		return true
	}
	return r.said() && t.step > 0 && r.wasPending(t.step)
}

// isNewOther is isNew for a function, a view or a type.
func (r *review) isNewOther(name string) bool {
	step, made := r.state.others[name]
	return made && (step == r.state.step || r.said() && step > 0 && r.wasPending(step))
}

// said reports whether somebody said what is pending.
func (r *review) said() bool {
	return r.options.AppliedThrough != "" || len(r.options.Pending) > 0 || r.options.Applied != nil || r.options.Heads != nil
}

func (r *review) wasPending(step int) bool { return slices.Contains(r.pendingSteps, step) }

// migration reads one migration, and says what there is to say if it is pending.
func (r *review) migration(m Migration) {
	r.m, r.timeout, r.unchecked, r.zone = m, r.options.LockTimeout, false, ""
	pieces := scan(m.text, r.options.Dialect != Postgres)
	r.begin(m.wrapped || m.together && len(pieces) > 1)
	if r.pending {
		r.report.Pending = append(r.report.Pending, m.Version)
		r.pendingSteps = append(r.pendingSteps, r.state.step)
	}
	for _, o := range m.opaque {
		r.opaque(o, pieces)
	}
	for _, p := range pieces {
		r.piece(p)
	}
	r.noWayBack()
	r.close()
}

// close puts the findings of a migration into the order of its lines, and away.
func (r *review) close() {
	if len(r.found) == 0 {
		return
	}
	byLine := func(a, b Finding) int { return a.Line - b.Line }
	if !slices.IsSortedFunc(r.found, byLine) {
		slices.SortStableFunc(r.found, byLine)
	}
	r.told = append(r.told, slices.Clone(r.found))
	r.found = r.found[:0]
}

// opaque is about a part that is no SQL. An allowance for it stands anywhere in
// the file.
func (r *review) opaque(o comment, pieces []piece) {
	if !r.pending {
		r.state.forget()
		return
	}
	h := hit{rule: r.unknownRule(), object: r.m.File, detail: o.text}
	f := r.finding(h, piece{line: o.line}, effect{})
	for _, p := range pieces {
		for _, a := range allowances(p.comments) {
			if a.rule == f.Rule.ID && a.reason != "" && p.text == "" {
				f.Allowed = a.reason
			}
		}
	}
	r.found = append(r.found, f)
}

func (r *review) unknownRule() string {
	if r.options.Dialect == Postgres {
		return "PG063"
	}
	return "MY030"
}

// piece reviews one statement.
func (r *review) piece(p piece) {
	if r.pending && p.text != "" {
		r.report.Statements++
	}
	var e effect
	if p.text != "" {
		e = r.analyse(p.text)
	}
	if r.pending {
		r.around(&e)
		r.tell(p, e)
	}
	r.hold(e)
	r.hits, r.touches = e.hits, e.touches
}

func (r *review) analyse(text string) effect {
	if r.options.Dialect == Postgres {
		return r.postgres(text)
	}
	return r.mysql(text)
}

// tell turns what a statement meets into findings, and looks for allowances.
func (r *review) tell(p piece, e effect) {
	first := len(r.found)
	for _, h := range e.hits {
		r.found = append(r.found, r.finding(h, p, e))
	}
	for _, a := range allowances(p.comments) {
		out := r.found[first:]
		used := false
		for i := range out {
			if out[i].Rule.ID == a.rule && a.reason != "" {
				out[i].Allowed, used = a.reason, true
			}
		}
		switch {
		case a.reason == "" || !IsRule(a.rule):
			r.found = append(r.found, r.finding(hit{rule: "XX010", object: a.rule}, piece{line: a.line}, effect{}))
		case !used && !r.allowsOpaque(p, a):
			r.found = append(r.found, r.finding(hit{rule: "XX011", object: a.rule}, piece{line: a.line}, effect{}))
		}
	}
}

func (r *review) allowsOpaque(p piece, a allowance) bool {
	return p.text == "" && len(r.m.opaque) > 0 && a.rule == r.unknownRule()
}

// finding completes a hit with what the rule knows.
func (r *review) finding(h hit, p piece, e effect) Finding {
	known := rule(h.rule)
	f := Finding{
		Rule: known, Level: known.Level, Hazard: known.Hazard, Migration: r.m.Version, File: r.m.File, Line: p.line,
		Object: h.about(), Detail: h.detail, tx: r.tx.step,
	}
	if h.level != 0 {
		f.Level = h.level
	}
	if h.hazard != nil {
		f.Hazard = *h.hazard
	}
	if t := h.touch; t != nil {
		f.Lock, f.Lasts = t.lock.on(t.table), t.lasts
	} else if t := longest(e.touches, h.table); t != nil {
		f.Lock, f.Lasts = t.lock.on(t.table), t.lasts
	}
	r.estimate(&f, h.table)
	f.Instead = steps(known.Instead, h)
	return f
}

// steps fills in names, where there are any to fill in.
func steps(known []string, h hit) []string {
	if !slices.ContainsFunc(known, func(s string) bool { return strings.Contains(s, "{") }) {
		return known
	}
	names := strings.NewReplacer("{table}", orWord(h.table, "the table"), "{column}", orWord(h.column, "the column"))
	var out []string
	for _, s := range known {
		out = append(out, names.Replace(s))
	}
	return out
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

// longest returns the lock that others wait for longest, preferably on a table.
func longest(touches []touch, on string) *touch {
	var out *touch
	for i := range touches {
		t := &touches[i]
		switch {
		case out == nil, t.table == on && out.table != on:
			out = t
		case (t.table == on) == (out.table == on) && (t.lasts > out.lasts || t.lasts == out.lasts && t.lock > out.lock):
			out = t
		}
	}
	return out
}

// How many rows a second a server reads and writes, at least and at most. They are
// wide on purpose: a row of ten columns on one core, from memory and from a disk.
const (
	scanSlow, scanFast       = 300_000, 10_000_000
	rewriteSlow, rewriteFast = 50_000, 1_500_000
	// And how many bytes: a disk of a network, and memory.
	bytesReadSlow, bytesReadFast       = 100 * mega, 2000 * mega
	bytesWrittenSlow, bytesWrittenFast = 20 * mega, 400 * mega
	mega                               = 1_000_000
	// soon is what nobody notices.
	soon = time.Second
)

// estimate says how long it takes, where the number of rows is given. What nobody
// would notice is worth a look and no more.
func (r *review) estimate(f *Finding, table string) {
	is, known := r.size(table)
	if !known || f.Lasts < Scan {
		return
	}
	slow, fast := pace{rewriteSlow, bytesWrittenSlow}, pace{rewriteFast, bytesWrittenFast}
	if f.Lasts == Scan {
		slow, fast = pace{scanSlow, bytesReadSlow}, pace{scanFast, bytesReadFast}
	}
	least, most := fast.takes(is), slow.takes(is)
	if f.Lasts == Unknown {
		least = 0
	}
	what := fmt.Sprintf("%d rows", is.Rows)
	if is.Bytes > 0 {
		what = fmt.Sprintf("about %d rows, %s, at %d to %d MB a second", is.Rows, bytesOf(is.Bytes), slow.bytes/mega, fast.bytes/mega)
	}
	f.Estimate = fmt.Sprintf("%s to %s for %s", short(least), short(most), what)
	if most <= soon {
		f.Estimate = "less than 1s for " + what
		f.Hazard &^= Blocks
		if f.Level == Harms && f.Hazard&(LosesData|BreaksOld|BreaksNew|StaysBroken) == 0 {
			f.Level = Warns
		}
	}
}

// size is the larger one of what somebody said of a table, and what the database
// did.
func (r *review) size(table string) (Size, bool) {
	rows, said := r.options.Rows[table]
	if r.options.Live == nil {
		return Size{Rows: rows}, said
	}
	is, seen := r.options.Live.Sizes[table]
	is.Rows = max(is.Rows, rows)
	return is, said || seen
}

// pace is what a server does in a second.
type pace struct{ rows, bytes int64 }

// takes is how long a table takes, by whichever takes longer.
func (p pace) takes(is Size) time.Duration {
	return max(seconds(is.Rows, p.rows), seconds(is.Bytes, p.bytes))
}

// bytesOf writes bytes for people.
func bytesOf(n int64) string {
	switch {
	case n >= 1000*mega:
		return fmt.Sprintf("%.1f GB", float64(n)/(1000*mega))
	case n >= mega:
		return fmt.Sprintf("%d MB", n/mega)
	}
	return fmt.Sprintf("%d kB", (n+999)/1000)
}

func seconds(rows, perSecond int64) time.Duration {
	return time.Duration(float64(rows) / float64(perSecond) * float64(time.Second))
}

func short(d time.Duration) string {
	if d < time.Second {
		return "less than 1s"
	}
	return d.Round(time.Second).String()
}

// hold remembers the locks of a statement until its transaction ends.
func (r *review) hold(e effect) {
	if r.tx.open {
		r.tx.held = append(r.tx.held, e.touches...)
	}
	if e.ddl {
		r.tx.ddl++
	}
}

// noWayBack tells of a migration without a part that goes back, if it takes away
// what the revision before may need.
func (r *review) noWayBack() {
	if r.m.back || !r.pending {
		return
	}
	for _, f := range r.found {
		if f.Rule.Phase == "contract" && f.Counts() && f.Hazard&StaysBroken != 0 {
			r.found = append(r.found, r.finding(hit{rule: "XX003", object: f.Object}, piece{line: f.Line}, effect{}))
			return
		}
	}
}

// candidate holds what the next revision uses against what is there then.
func (r *review) candidate() {
	for _, object := range r.options.CandidateReads {
		in, column := Split(object)
		t := r.state.tables[in]
		detail := ""
		switch {
		case r.has(in, column) && (t == nil || column != "" && t.columns[column] == nil && !t.whole):
			continue
		case t == nil || column != "" && t.columns[column] == nil && !t.whole:
			detail = "no file that was read makes it; whether it is there, nobody can tell from them"
			if r.options.Live != nil {
				detail = "neither the files nor the database have it"
			}
		case column != "" && t.columns[column] == nil:
			detail = "the files make the table without it"
		default:
			continue
		}
		r.m = Migration{}
		r.found = append(r.found, r.finding(hit{rule: "XX002", object: object, detail: detail}, piece{}, effect{}))
	}
}

// has reports whether the database has a table, or a column of it.
func (r *review) has(table, column string) bool {
	if r.options.Live == nil {
		return false
	}
	columns, there := r.options.Live.Columns[table]
	return there && (column == "" || slices.Contains(columns, column))
}

// leftBehind tells of indexes that are not valid, and that no pending statement
// mends or stumbles over.
func (r *review) leftBehind() {
	r.m = Migration{}
	for _, at := range sorted(r.broken) {
		h := hit{rule: "PG044", object: r.broken[at] + "." + at, detail: "the database has it: a build of it broke off, or goes on"}
		r.found = append(r.found, r.finding(h, piece{}, effect{}))
	}
}

// Split divides "orders.note" into a table and a column, as far as the names of
// options go: one dot is a column's, two are a schema's and a column's.
func Split(object string) (table, column string) {
	if strings.Count(object, ".") == 0 {
		return object, ""
	}
	i := strings.LastIndexByte(object, '.')
	return strings.TrimPrefix(object[:i], "public."), object[i+1:]
}

// reads reports whether names of tables and columns cover something.
func reads(names []string, table, column string) bool {
	return slices.Contains(names, table) && column == "" || slices.Contains(names, table+"."+column) ||
		column == "" && slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, table+".") })
}

// restored takes back what was said of a default that is gone, once the migration
// sets another one.
func (r *review) restored(id, table, column string) {
	for i := range r.found {
		f := &r.found[i]
		switch {
		case f.Rule.ID != id || f.Object != table+"."+column:
		case r.tx.open && f.tx == r.tx.step && r.options.Dialect == Postgres:
			f.Level, f.Hazard, f.Detail = Tells, 0, "another one is set in the same transaction"
		default:
			f.Level, f.Hazard, f.Detail = Warns, 0, "another one is set later in the migration: until then rows without the column are refused"
		}
	}
}

// again takes back what was said of something that was dropped, once the same
// transaction makes one of its name.
func (r *review) again(id, object string) {
	for i := range r.found {
		if f := &r.found[i]; f.Rule.ID == id && f.Object == object && r.tx.open && f.tx == r.tx.step && f.Hazard&LosesData == 0 {
			f.Level, f.Hazard, f.Detail = Warns, 0, "another one is made in the same transaction: see that it suits what serves"
		}
	}
}

// unread says what is known of a thing that is to be taken away: nothing that is
// live has read it for long enough.
func (r *review) unread(h *hit) {
	since, declared := r.options.Unread[h.about()]
	if !declared {
		since, declared = r.options.Unread[h.table]
	}
	switch day := since.Format(time.DateOnly); {
	case !declared:
		h.detail = join(h.detail, "nobody has said since when nothing that is live reads it (unread_since)")
	case r.options.Now.Sub(since) < r.options.Retention:
		h.detail = join(h.detail, fmt.Sprintf("unread since %s, which is %s too short: it has to be so for %s",
			day, days(r.options.Retention-r.options.Now.Sub(since)), days(r.options.Retention)))
	case reads(r.options.PromotedReads, h.table, h.column):
		h.detail = join(h.detail, "unread_since says that nothing reads it, and promoted_reads says that what serves does")
	default:
		h.milder(Tells, 0, join(h.detail, fmt.Sprintf("declared unread since %s, %s ago", day, days(r.options.Now.Sub(since).Truncate(24*time.Hour)))))
	}
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

func days(d time.Duration) string {
	n := int((d + 24*time.Hour - 1) / (24 * time.Hour))
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// gone adds a hit about what is taken away.
func (r *review) gone(e *effect, id, table, column, detail string) {
	if r.isNew(table) {
		return
	}
	h := e.hit(id, table, column)
	h.detail = detail
	r.unread(h)
	if reads(r.options.PromotedReads, table, column) {
		e.hit("XX001", table, column)
	}
	if r.expanded[table] {
		e.hit("XX004", table, column)
	}
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
