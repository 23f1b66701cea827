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
	parts := []string{sentence(cause(res, rec)), sentence(now(res))}
	if err := res.Err; err != nil && !errors.Is(err, rollout.ErrConflict) && !strings.Contains(strings.Join(parts, " "), err.Error()) {
		parts = append(parts, "The platform said last: "+sentence(err.Error()))
	}
	fix := []string{todo(res, rec, create)}
	if res.Stop != nil && res.Stop.Kind == engine.Aborted && p.Resume != "" {
		fix = append(fix, "No rollout begins as long as a person's word stands. To take it back:\n  "+p.Resume)
	}
	if lines := excerpt(res.Timeline); lines != "" {
		fix = append(fix, lines)
	}
	if p.Console != "" {
		fix = append(fix, "Console: "+p.Console)
	}
	return rollout.Problem{What: headline(res, rec), Why: strings.Join(parts, "\n"), Fix: strings.Join(fix, "\n\n")}
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
		return "Home, the rollback target, is not known. Choose the revision that is good, and give it everything:\nWay home: " + p.WayHome(goodOne)
	case live.HasAll(home):
		return "If you ever have to do it by hand:\nWay home: " + p.WayHome(home)
	}
	return "Way home: " + p.WayHome(home)
}

// headline is the title: a fact.
func headline(res runner.Result, rec *record) string {
	who := "the candidate"
	if res.Candidate != "" {
		who = string(res.Candidate)
	}
	switch {
	case res.Outdated:
		return "Traffic changed between plan and apply"
	case res.Blocked:
		return cmp.Or(blockedName(res, rec), "The wanted content") + " is blocked"
	}
	at := rollout.Weight(0)
	if res.Stop != nil {
		at = res.Stop.Weight
	}
	switch res.Outcome {
	case engine.RolledBack:
		return fmt.Sprintf("Rollout of %s was rolled back at %s", who, at)
	case engine.NothingMoved:
		return fmt.Sprintf("Rollout of %s failed before any traffic moved", who)
	case engine.Stayed:
		return fmt.Sprintf("Rollout of %s stopped at %s, and traffic stays", who, at)
	case engine.NotVerified:
		if res.Shows.Routing.HasAll(res.Candidate) {
			return fmt.Sprintf("%s has all traffic, unverified", who)
		}
		return fmt.Sprintf("Rollout of %s was taken back at %s, unverified", who, at)
	case engine.Halted:
		return fmt.Sprintf("Rollout of %s was halted", who)
	case engine.Promoted, engine.Unchanged, engine.Held:
	}
	return fmt.Sprintf("Rollout of %s ended as %s", who, res.Outcome)
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
		return "nothing is known of what is live"
	}
	live := res.Shows.Routing
	if res.Blocked {
		return fmt.Sprintf("nothing was written; live is %s", live)
	}
	if res.Outcome == engine.RolledBack || res.Outcome == engine.NotVerified && live.HasAll(res.Home) {
		out := fmt.Sprintf("traffic is back on %s", live)
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
		return fmt.Sprintf("%s Live is %s", sentence(then), live)
	}
	return "live is " + live.String()
}

// noState is what a first apply that fails leaves behind.
const noState = "This was the first apply, and a failed one leaves no state: the next apply tries the same content again. "

// todo is what a person can do about it.
func todo(res runner.Result, rec *record, create bool) string {
	who := string(res.Candidate)
	switch {
	case res.Outdated:
		return "Plan again (with a refresh), look at the difference, and apply that."
	case res.Blocked:
		return "Apply another revision" + orRetry(rec, blockedName(res, rec)) + "."
	case res.Outcome == engine.Halted:
		return halted(res, rec, create)
	case res.Stop == nil:
		return "Remove the cause, and apply again."
	case blocks(res) && create:
		return noState + "Apply another revision, or remove the cause."
	case blocks(res):
		return fmt.Sprintf("%s is blocked. Apply another revision%s to try it again.", who, orRetry(rec, who))
	}
	switch res.Stop.Kind {
	case engine.Interrupted:
		return "Nothing is blocked: the next apply begins again, or goes on from what is live."
	case engine.Unverified:
		return "It is not blocked. " + evidence(res) + " Then apply again."
	case engine.OutOfTime:
		return "It is not blocked. Raise the timeout, or remove what kept it waiting, and apply again."
	case engine.Denied:
		return "Grant the permission that the message names, or correct the request, and apply again."
	case engine.Unmet:
		return fixes(res.Findings)
	case engine.Aborted:
		return "Nothing is blocked: find out what it was about."
	case engine.Failed, engine.Broken:
	}
	return "Provide what is missing, and apply again."
}

// orRetry names the value of retry that would lift the block now.
func orRetry(rec *record, revision string) string {
	if revision == "" {
		return ""
	}
	return fmt.Sprintf(", or set retry = %q", rec.nextRetry(revision))
}

// adoption is what an adoption means, and how to undo it.
func adoption(live rollout.Routing, rec *record, candidate rollout.Revision) string {
	out := fmt.Sprintf("%s goes on serving, and what is configured is blocked. ", live)
	if candidate == "" {
		return out + "Configure other content."
	}
	return out + fmt.Sprintf("Configure other content; or, to roll out %s again, set retry = %q and on_foreign_change = \"restore\".", candidate, rec.nextRetry(string(candidate)))
}

// halted is what to do where traffic is not touched any more.
func halted(res runner.Result, rec *record, create bool) string {
	const left = "Traffic is not touched any more. "
	who := string(res.Candidate)
	switch {
	case tookOff(res) && create:
		return left + "Whoever moved it knew something: find out first. " + noState + "Apply other content unless you want that."
	case tookOff(res):
		return left + fmt.Sprintf("Whoever moved it knew something: find out first. %s is blocked, because somebody took its traffic: set retry = %q, or apply other content.", who, rec.nextRetry(who))
	case res.Home == "":
		return left + "Nothing says which side is home, the rollback target: name it with home = \"…\", or give one revision all traffic by hand, and apply again."
	case res.Stop != nil && res.Stop.Kind == engine.Denied:
		return left + "Grant the permission that the message names, move traffic by hand if need be, and apply again: the next apply goes on from what is live then."
	case res.Stop != nil && blocks(res) && !create:
		return left + fmt.Sprintf("Look at what is live, and move traffic by hand if need be. %s is blocked: the next apply takes from it what it still has. Apply another revision%s.", who, orRetry(rec, who))
	}
	return left + "Look at what is live, move traffic by hand if need be, and apply again: the next apply goes on from what is live then."
}

// evidence is what to do about evidence that did not come: a source that
// answered with an error is not mended by waiting for it.
func evidence(res runner.Result) string {
	if v := res.Failing; v != nil && v.Outcome == rollout.Error {
		return fmt.Sprintf("Gate %q was never measured, and more time would not change that: see that its query, its address and the permission to ask are right; what its source said stands above.", v.Gate.Name)
	}
	return "See that the gate has data: a longer bake, a longer wait_for, fewer min_samples."
}

// fixes lists what is missing, and what to do about each.
func fixes(findings []rollout.Finding) string {
	var lines []string
	for _, f := range findings {
		if f.Stops() || f.Status == rollout.Deferred {
			lines = append(lines, fmt.Sprintf("  - %s: %s. %s", about(f), strings.TrimSuffix(f.Why, "."), f.Fix))
		}
	}
	return "Provide what is missing, and apply again; nothing is blocked.\n" + strings.Join(lines, "\n")
}

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
		case "make", "apply":
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
		named = named || k.Name == word
	}
	for _, k := range catalog.Gates() {
		named = named || k.Name == word
	}
	for _, k := range catalog.Platforms() {
		named = named || k.Name == word
	}
	return named
}
