package provider

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// explain renders a rollout that did not succeed: what happened, what was seen,
// the state the world is in now, what to do, and the way home. retry is what
// lifts a block, "" where nothing is remembered.
func explain(res runner.Result, p platform.Place, retry string) rollout.Problem {
	parts := []string{sentence(cause(res)), sentence(now(res))}
	if res.Err != nil && !strings.Contains(parts[0], res.Err.Error()) {
		parts = append(parts, "The platform said last: "+sentence(res.Err.Error()))
	}
	fix := []string{todo(res, retry)}
	if lines := excerpt(res.Timeline); lines != "" {
		fix = append(fix, "What happened:\n"+lines)
	}
	if p.Console != "" {
		fix = append(fix, "Console: "+p.Console)
	}
	if home := homeOf(res); home != "" {
		fix = append(fix, "Way home: "+p.WayHome(home))
	}
	return rollout.Problem{What: headline(res), Why: strings.Join(parts, "\n"), Fix: strings.Join(fix, "\n\n")}
}

// headline is the title: a fact.
func headline(res runner.Result) string {
	who := "the candidate"
	if res.Candidate != "" {
		who = string(res.Candidate)
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

// cause is why it stopped, with what home measured in the same time beside it.
func cause(res runner.Result) string {
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
		return fmt.Sprintf("%s. Live is %s", res.Why, live)
	}
	return "live is " + live.String()
}

// todo is what a person can do about it.
func todo(res runner.Result, retry string) string {
	who := string(res.Candidate)
	if res.Outcome == engine.Halted {
		return "Traffic is not touched any more. Look at what is live, move traffic by hand if need be, and apply again: on_foreign_change says what the next apply does about it."
	}
	if res.Stop == nil {
		return "Correct what the message names, and apply again."
	}
	switch {
	case blocks(res) && retry != "":
		return fmt.Sprintf("%s is blocked. Apply another revision, or set retry = %q to try it again.", who, retry)
	case blocks(res):
		return "This was the first apply, and a failed one leaves no state: the next apply tries the same content again. Apply another revision, or remove the cause."
	}
	switch res.Stop.Kind {
	case engine.Interrupted:
		return "Nothing is blocked: the next apply begins again, or goes on from what is live."
	case engine.Unverified:
		return "It is not blocked. See that the gate has data: a longer bake, a longer wait_for, fewer min_samples. Then apply again."
	case engine.OutOfTime:
		return "It is not blocked. Raise the timeout, or remove what kept it waiting, and apply again."
	case engine.Denied:
		return "Grant the permission that the message names, or correct the request, and apply again."
	case engine.Unmet:
		return fixes(res.Findings)
	case engine.Failed, engine.Broken, engine.Aborted:
	}
	return "Provide what is missing, and apply again."
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

// excerpt is what was done, and what was seen last; the progress file has all.
func excerpt(events []rollout.Event) string {
	const last = 3 // of what was only looked at
	var lines []string
	for i, e := range events {
		looked := e.Kind == "measure" || e.Kind == "wait"
		if e.Kind == "way_home" || e.Kind == "finish" || looked && i < len(events)-last {
			continue
		}
		lines = append(lines, fmt.Sprintf("  %s  %s", e.At.UTC().Format(time.TimeOnly), e.Why))
	}
	return strings.Join(lines, "\n")
}

// sentence begins with a capital and ends with a full stop, unless it begins
// with a name.
func sentence(s string) string {
	if s == "" {
		return s
	}
	for _, word := range []string{"gate ", "traffic ", "live ", "the ", "this ", "nothing ", "somebody ", "nobody ", "a ", "update ", "read ", "it "} {
		if strings.HasPrefix(s, word) {
			s = strings.ToUpper(s[:1]) + s[1:]
			break
		}
	}
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
