package provider

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// explain renders a rollout that did not succeed: what happened, what was seen,
// the state the world is in now, and what to do. rec is what is remembered of
// it; create says that Terraform will not keep that.
func explain(res runner.Result, p platform.Place, rec *record, create bool) rollout.Problem {
	parts := append([]string{sentence(cause(res, rec)), sentence(now(res))}, jobsNow(res)...)
	if err := res.Err; err != nil && !errors.Is(err, rollout.ErrConflict) && !strings.Contains(strings.Join(parts, " "), err.Error()) {
		parts = append(parts, "The platform said last: "+sentence(err.Error()))
	}
	fix := []string{todo(res, rec, create)}
	if res.Stop != nil && res.Stop.Kind == engine.Aborted && p.Resume != "" {
		fix = append(fix, todoTakeBack.With("command", p.Resume).Fix)
	}
	if lines := excerpt(res.Timeline); lines != "" {
		fix = append(fix, lines)
	}
	if p.Console != "" {
		fix = append(fix, "Console: "+p.Console)
	}
	return headline(res, rec, strings.Join(parts, "\n"), strings.Join(fix, "\n\n"))
}

// withWayHome ends a message with the way home, or with how to choose one.
func withWayHome(problem rollout.Problem, p platform.Place, home rollout.Revision, live rollout.Routing) rollout.Problem {
	if p.WayHome == nil {
		return problem
	}
	problem.Fix = strings.TrimSpace(problem.Fix + "\n\n" + wayHome(p, home, live))
	return problem
}

// goodOne stands in a command for a revision that a person has to choose.
const goodOne = "<the good one>"

func wayHome(p platform.Place, home rollout.Revision, live rollout.Routing) string {
	switch {
	case home == "":
		return msgWayHomeUnknown.With("command", p.WayHome(goodOne)).Fix
	case live.HasAll(home):
		return msgWayHomeIfEver.With("command", p.WayHome(home)).Fix
	}
	return msgWayHome.With("command", p.WayHome(home)).Fix
}

// headline puts the title above: a fact.
func headline(res runner.Result, rec *record, why, fix string) rollout.Problem {
	who := cmp.Or(string(res.Candidate), "the candidate")
	at := rollout.Weight(0)
	if res.Stop != nil {
		at = res.Stop.Weight
	}
	switch {
	case res.Outdated:
		return msgOutdated.With("why", why, "todo", fix)
	case res.Blocked:
		return msgStaysBlocked.With("what", cmp.Or(blockedName(res, rec), "The wanted content"), "why", why, "todo", fix)
	}
	switch res.Outcome {
	case engine.RolledBack:
		return msgRolledBack.With("revision", who, "weight", at, "why", why, "todo", fix)
	case engine.NothingMoved:
		return msgNothingMoved.With("revision", who, "why", why, "todo", fix)
	case engine.Stayed:
		return msgStayed.With("revision", who, "weight", at, "why", why, "todo", fix)
	case engine.NotVerified:
		if res.Shows.Routing.HasAll(res.Candidate) {
			return msgPromotedUnverified.With("revision", who, "why", why, "todo", fix)
		}
		return msgTakenBack.With("revision", who, "weight", at, "why", why, "todo", fix)
	case engine.Halted:
		return msgHalted.With("revision", who, "why", why, "todo", fix)
	case engine.Promoted, engine.Unchanged, engine.Held:
	}
	return msgEnded.With("revision", who, "outcome", res.Outcome, "why", why, "todo", fix)
}

// blockOf is what is remembered of blocked content.
func blockOf(res runner.Result, rec *record) blockedRecord {
	for _, b := range rec.Blocked {
		if b.is(res.Candidate, res.Content) {
			return b
		}
	}
	return blockedRecord{}
}

// blockedName is the revision that is blocked, "" where nobody knows its name.
// It is the name that retry goes by.
func blockedName(res runner.Result, rec *record) string {
	return cmp.Or(blockOf(res, rec).Revision.ValueString(), string(res.Candidate))
}

// cause is why it stopped, with what home measured in the same time beside it.
func cause(res runner.Result, rec *record) string {
	if res.Blocked {
		out := cmp.Or(blockedName(res, rec), "The wanted content") + " is blocked"
		if why := blockOf(res, rec).Why.ValueString(); why != "" {
			out += ": " + why
		}
		return out
	}
	if res.Stop == nil {
		return res.Why
	}
	out := res.Stop.Why
	if b := res.Beside; b != nil {
		out += fmt.Sprintf("; %s in the same time: %s", res.Home, b.Gate.Format(b.Value))
	}
	for _, v := range res.Baseline {
		if res.Failing != nil && v.Gate.Name == res.Failing.Gate.Name && v.Outcome == rollout.Fail {
			out += fmt.Sprintf(". Before the first write %s failed this gate too: %s", res.Home, v.Why)
		}
	}
	return out
}

// now is the state the world is in.
func now(res runner.Result) string {
	if !res.Seen {
		return msgNowUnknown.With().Why
	}
	live := res.Shows.Routing
	if res.Blocked {
		return msgNowUnwritten.With("live", live).Why
	}
	if res.Outcome == engine.RolledBack || res.Outcome == engine.NotVerified && live.HasAll(res.Home) {
		out := msgNowBack.With("live", live).Why
		if !res.Since.IsZero() {
			out += ", settled " + rollout.Clocktime(res.Since)
		}
		for _, v := range res.Looked {
			word := map[bool]string{true: "passed", false: "did not pass"}[v.Outcome == rollout.Pass]
			out += fmt.Sprintf("; %s %s there", v.Gate.Name, word)
		}
		return out
	}
	if res.Outcome == engine.Halted && res.Stop != nil {
		then := strings.TrimSuffix(strings.TrimPrefix(res.Why, res.Stop.Why+"; "), ": "+live.String())
		return sentence(then) + " " + sentence(msgNowLive.With("live", live).Why)
	}
	return msgNowLive.With("live", live).Why
}

// todo is what a person can do about it.
func todo(res runner.Result, rec *record, create bool) string {
	who := string(res.Candidate)
	switch {
	case res.Outdated:
		return todoPlanAgain.With().Fix
	case res.Blocked:
		return otherContent(rec, blockedName(res, rec))
	case res.Outcome == engine.Halted:
		return halted(res, rec, create)
	case res.Stop == nil:
		return todoRemoveCause.With().Fix
	case blocks(res) && create:
		return todoFirstApply.With().Fix
	case blocks(res):
		return todoBlocked.With("revision", who, "retry", rec.nextRetry(who)).Fix
	}
	switch res.Stop.Kind {
	case engine.Interrupted:
		return todoInterrupted.With().Fix
	case engine.Unverified:
		return evidence(res)
	case engine.OutOfTime:
		return todoOutOfTime.With().Fix
	case engine.Denied:
		return todoDenied.With().Fix
	case engine.Unmet:
		return fixes(res.Findings)
	case engine.Aborted:
		return todoAborted.With().Fix
	case engine.Failed, engine.Broken, engine.JobFailed:
	}
	return jobTodo(res)
}

// otherContent is what to do about what stays blocked: retry goes by its name.
func otherContent(rec *record, revision string) string {
	if revision == "" {
		return todoOtherContent.With().Fix
	}
	return todoOtherContentOrRetry.With("retry", rec.nextRetry(revision)).Fix
}

// adoption is what an adoption means, and how to undo it.
func adoption(live rollout.Routing, rec *record, candidate rollout.Revision) string {
	if candidate == "" {
		return todoAdopted.With("live", live).Fix
	}
	return todoAdoptedOrRetry.With("live", live, "revision", candidate, "retry", rec.nextRetry(string(candidate))).Fix
}

// halted is what to do where traffic is not touched any more.
func halted(res runner.Result, rec *record, create bool) string {
	who := string(res.Candidate)
	switch {
	case tookOff(res) && create:
		return todoTakenOffAtFirst.With().Fix
	case tookOff(res):
		return todoTakenOff.With("revision", who, "retry", rec.nextRetry(who)).Fix
	case res.Home == "":
		return todoNameHome.With().Fix
	case res.Stop != nil && res.Stop.Kind == engine.Denied:
		return todoHaltedDenied.With().Fix
	case res.Stop != nil && blocks(res) && !create:
		return todoHaltedBlocked.With("revision", who, "retry", rec.nextRetry(who)).Fix
	}
	return todoHalted.With().Fix
}

// evidence is what to do about evidence that did not come: a source that
// answered with an error is not mended by waiting for it, and a value that has
// missed what passes is no want of data.
func evidence(res runner.Result) string {
	if v := res.Failing; v != nil && v.Outcome == rollout.Error {
		return todoNeverMeasured.With("gate", v.Gate.Name).Fix
	}
	if v := res.Failing; v != nil && v.Outcome == rollout.Pending && v.Gate.Level(v.Value) == rollout.Between {
		return todoBetween.With("gate", v.Gate.Name).Fix
	}
	if v := res.Failing; v != nil && v.Outcome == rollout.NoData && v.Gate.Probe { // more of the same brings nothing
		return todoUnasked.With("gate", v.Gate.Name).Fix
	}
	return todoNoData.With().Fix
}

// fixes lists what is missing, and what to do about each. What could not be
// looked at yet stopped it only where nothing else did.
func fixes(findings []rollout.Finding) string {
	var lines []string
	for _, f := range findings {
		if f.Stops() || f.Status == rollout.Deferred && stopping(findings) == nil {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("- %s: %s. %s", about(f), strings.TrimSuffix(f.Why, "."), inALine(f.Fix))))
		}
	}
	return todoUnmet.With("requirements", "  "+strings.Join(lines, "\n  ")).Fix
}

// inALine is a text for a list or for state, where commands have no line of their own.
func inALine(text string) string { return strings.Join(strings.Fields(text), " ") }

// homeOf is whom the way home leads to.
func homeOf(res runner.Result) rollout.Revision {
	if res.Home != "" {
		return res.Home
	}
	if sole := res.Shows.Routing.Split.Sole(); sole != res.Candidate {
		return sole
	}
	return ""
}

// excerpt is what was written and what stopped it, in short; the progress file
// has all. It is "" where nothing was written.
func excerpt(events []rollout.Event) string {
	out, wrote := "", false
	for _, e := range brief(events) {
		why := e.Why
		switch e.Kind {
		case "make", "apply", "job":
			wrote = true
		case "refused":
			why, _, _ = strings.Cut(why, ": refused: ")
			why += ": refused"
			wrote = true
		case "stop":
			why = "stopped: " + short(why)
		default:
			continue
		}
		if out == "" {
			out = fmt.Sprintf("What happened (%s, UTC):", e.At.UTC().Format(time.DateOnly))
		}
		out += fmt.Sprintf("\n  %s  %s", e.At.UTC().Format(time.TimeOnly), why)
	}
	if !wrote {
		return ""
	}
	return out
}

// brief says the reason to stop once, and not again in what follows from it.
func brief(events []rollout.Event) []rollout.Event {
	out := slices.Clone(events)
	because := ""
	for i, e := range out {
		if e.Kind == "stop" {
			because = e.Why + "; "
		} else if because != "" {
			out[i].Why = strings.TrimPrefix(e.Why, because)
		}
	}
	return out
}

// short is the fact in a sentence that goes on with reasons and numbers, which
// stand above.
func short(why string) string {
	const most = 60
	if utf8.RuneCountInString(why) <= most {
		return why
	}
	for _, mark := range []string{": ", " (", "; "} {
		why, _, _ = strings.Cut(why, mark)
	}
	return why
}

// sentence begins with a capital and ends with a full stop, unless it begins
// with a name.
func sentence(s string) string {
	if s == "" {
		return s
	}
	word, _, _ := strings.Cut(s, " ")
	if first, size := utf8.DecodeRuneInString(s); !isName(strings.TrimRight(word, ",.:;")) {
		s = string(unicode.ToUpper(first)) + s[size:]
	}
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// isName reports whether a word has to stay as it is written: it is quoted, or
// of more than letters, as revisions, addresses and settings are, or the name of
// a block.
func isName(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && r != '’' && r != '\'' }) || isKind(word)
}

func isKind(word string) bool {
	named := false
	for _, k := range catalog.Checks() {
		named = named || k.Name == word && word != "image" // with which registries' errors begin, too
	}
	for _, k := range catalog.Jobs() {
		named = named || k.Name == word
	}
	for _, k := range catalog.Gates() {
		named = named || k.Name == word && word != "job" // with which sentences about jobs begin, too
	}
	for _, k := range catalog.Platforms() {
		named = named || k.Name == word
	}
	return named
}
