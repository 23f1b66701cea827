package engine

import (
	"fmt"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Next decides what to do now. The same situation always gives the same
// decision. It is the table of the package's documentation, read from the top:
// the first row that matches decides.
func Next(s Situation) Decision { return decide(table, s) }

// A rule is one row. It returns false where the row does not match. A rule
// that finds a reason to stop returns it without an action: the table is then
// read again from the top, with that stop.
type rule struct {
	row    int
	decide func(Situation) (Decision, bool)
}

var table = []rule{
	{1, finishHalfDone},
	{2, foreignWrite},
	{3, notThereYet},
	{4, nothingToUndo},
	{5, keepUnverified},
	{6, stay},
	{7, noWayHome},
	{8, goHome},
	{9, busy},
	{10, settling},
	{11, blocked},
	{12, notOurs},
	{13, outsider},
	{14, makeCandidate},
	{15, cannotServe},
	{16, nothingToDo},
	{17, watch},
	{18, notReady},
	{19, mark},
	{20, first},
	{21, comeBack},
	{22, oneStep},
	{23, hold},
	{24, bake},
	{25, wayAndRoom},
	{26, rise},
}

func decide(rules []rule, s Situation) Decision {
	var found *Stop
	for i := 0; i < len(rules); i++ {
		d, ok := rules[i].decide(s)
		if !ok {
			continue
		}
		if d.Action == nil && s.Stop != nil {
			continue
		}
		if d.Action == nil {
			s = s.Stopped(*d.Stop)
			found = s.Stop
			i = -1
			continue
		}
		d.Row, d.At, d.Stop = rules[i].row, s.Now, found
		return d
	}
	// Unreachable with the whole table: rise matches always. With a row cut out
	// by a test, or a mistake, nothing moves.
	return Decision{At: s.Now, Action: Finish{Halted}, Why: "no rule applies to " + s.serving(), Stop: found}
}

// do, wait, end and stop build decisions; none is "the row does not match".

func do(a Action, format string, args ...any) (Decision, bool) {
	return Decision{Action: a, Why: fmt.Sprintf(format, args...)}, true
}

func stop(k StopKind, format string, args ...any) (Decision, bool) {
	return Decision{Stop: &Stop{Kind: k, Why: fmt.Sprintf(format, args...)}}, true
}

func none() (Decision, bool) { return Decision{}, false }

// Row 1. A change that takes several writes is seen in the middle. What was
// taken in full is waited for; where nobody knows, it is asked for again; a new
// process finishes the promotion, for the platform's default names whom it was
// about.
func finishHalfDone(s Situation) (Decision, bool) {
	if !s.Shows.Partial {
		return none()
	}
	if !s.Shows.Settled && !s.overdue(ForSettling) {
		return do(Wait{For: ForSettling}, "a change of several writes is under way: %s", s.serving())
	}
	switch {
	case s.Asked == nil:
	case s.Lost:
		return do(Apply{*s.Asked}, "finish what was begun: %s", s.Asked)
	case s.overdue(ForArrival) || s.overdue(ForSettling):
		return do(Finish{Halted}, "%s was asked for and is half done after %s: %s", s.Asked, rollout.Short(s.Settle), s.serving())
	default:
		return do(Wait{For: ForArrival}, "%s was asked for and is half done; waiting for the rest: %s", s.Asked, s.serving())
	}
	to := s.Shows.Routing.Default
	if to == "" {
		to = s.Candidate
	}
	return do(Apply{rollout.Routing{Default: to, Split: rollout.All(to), Home: s.Shows.Routing.Home, Keep: s.Shows.Routing.Keep}},
		"finish what an earlier process began: everything to %s", to)
}

// Row 2. Somebody else moved traffic, or the thing itself was replaced. No
// write, not even home: who moves traffic by hand knows more than this process.
func foreignWrite(s Situation) (Decision, bool) {
	if s.Found != nil && s.Shows.Object != s.Found.Object {
		return do(Finish{Halted}, "the target was replaced by another one of the same name; it shows %s", s.serving())
	}
	if s.arrived() {
		return none()
	}
	if !s.wrote() {
		return do(Finish{NothingMoved}, "traffic was changed by somebody else while this apply was looking: %s became %s",
			s.Found.Routing, s.serving())
	}
	if !s.Seen && s.Shows.Routing.Same(*s.Replaced) {
		if s.overdue(ForArrival) {
			return do(Finish{Halted}, "%s was asked for and did not come within %s; %s still serves",
				s.Asked, rollout.Short(s.Settle), s.serving())
		}
		return none()
	}
	return do(Finish{Halted}, "somebody else moved traffic: %s was asked for, %s is live", s.Asked, s.serving())
}

// Row 3. The write is on its way. With a stop nobody waits for it: the way
// home goes out on condition of the fresh token. Where the answer was lost and
// the token is still the one that the write was conditional on, it is asked for
// again: only one of the two can take effect.
func notThereYet(s Situation) (Decision, bool) {
	if s.Stop != nil || s.arrived() {
		return none()
	}
	if s.dropped() {
		return do(Apply{*s.Asked}, "nobody knows whether %s was taken: ask for it again", s.Asked)
	}
	return do(Wait{For: ForArrival}, "waiting for %s to show", s.Asked)
}

// dropped: the answer was lost, nothing has been written since, and everybody
// can still take what was asked for.
func (s Situation) dropped() bool {
	if !s.Lost || s.Against == "" || s.Shows.Token != s.Against {
		return false
	}
	for _, r := range s.Asked.Split.Revisions() {
		share := s.Asked.Split[r]
		if share > s.Shows.Routing.Split[r] && (s.Shows.Room[r] < share || s.Shows.Health[r].State != rollout.Ready) {
			return false
		}
	}
	return true
}

// Row 4. Nothing was written, or there is nobody to go home to and nobody who
// could have been harmed.
func nothingToUndo(s Situation) (Decision, bool) {
	if s.Stop == nil || !s.idle() || s.wrote() && len(s.Shows.Routing.Split) > 0 {
		return none()
	}
	return do(Finish{NothingMoved}, "%s; no traffic had moved: %s", s.Stop.Why, s.serving())
}

// Row 5. After promotion, absent evidence never moves traffic.
func keepUnverified(s Situation) (Decision, bool) {
	if s.Stop == nil || !s.candidateHasAll() || s.Stop.Kind != Unverified && s.Stop.Kind != OutOfTime {
		return none()
	}
	return do(Finish{NotVerified}, "%s; %s keeps all traffic, unverified", s.Stop.Why, s.Candidate)
}

// Row 6. Staying was chosen, or there is no way back.
func stay(s Situation) (Decision, bool) {
	if s.Stop == nil || !s.stays() {
		return none()
	}
	return do(Finish{Stayed}, "%s; traffic stays: %s", s.Stop.Why, s.serving())
}

func (s Situation) stays() bool {
	switch s.Stop.Kind {
	case Aborted:
		return s.NoWayBack
	case Interrupted:
		return s.NoWayBack || s.Ladder.OnInterrupt == Stay
	case Failed, Broken, Unverified, OutOfTime, Denied, Unmet, JobFailed:
		return s.NoWayBack || s.Ladder.OnFailure == Stay
	}
	return s.NoWayBack
}

// Row 7. There is no way home that is known to work.
func noWayHome(s Situation) (Decision, bool) {
	if s.Stop == nil || s.Home != "" && s.homeHasAll() {
		return none()
	}
	switch {
	case s.Home == "":
		return do(Finish{Halted}, "%s; the way home is not known, so traffic is not touched: %s", s.Stop.Why, s.serving())
	case s.Stop.Refused:
		return do(Finish{Halted}, "%s; the way home was refused too: %s", s.Stop.Why, s.serving())
	case s.homeState() == rollout.Starting && !s.overdue(ForHome):
		return do(Wait{For: ForHome}, "%s; waiting for %s to become ready before traffic goes back", s.Stop.Why, s.Home)
	case s.homeState() != rollout.Ready:
		return do(Finish{Halted}, "%s; %s is %s%s, so traffic does not go back to it: %s",
			s.Stop.Why, s.Home, s.homeState(), because(s.Shows.Health[s.Home].Reason), s.serving())
	}
	return none()
}

// Row 9. The target is busy with somebody else's change.
func busy(s Situation) (Decision, bool) {
	if s.Shows.Settled || s.wrote() {
		return none()
	}
	if s.overdue(ForSettling) {
		return do(Finish{NothingMoved}, "the target is busy: a change that is not ours has not settled within %s", rollout.Short(s.Settle))
	}
	return do(Wait{For: ForSettling}, "waiting for a change that is not ours to settle")
}

// Row 10. What was asked for shows and has not reached everyone.
func settling(s Situation) (Decision, bool) {
	if s.Shows.Settled {
		return none()
	}
	if s.overdue(ForSettling) {
		return stop(OutOfTime, "%s did not settle within %s", s.serving(), rollout.Short(s.Settle))
	}
	return do(Wait{For: ForSettling}, "waiting for %s to settle", s.serving())
}

// Row 11. The content is blocked. What an earlier rollout of it left in the
// middle goes home first.
func blocked(s Situation) (Decision, bool) {
	if !s.Blocked {
		return none()
	}
	if s.idle() {
		who := "the wanted content"
		if s.Candidate != "" {
			who = string(s.Candidate)
		}
		return do(Finish{NothingMoved}, "%s is blocked; nothing was written: %s", who, s.serving())
	}
	if s.weight() == 0 {
		return stop(Failed, "%s is blocked and still the platform's default", s.Candidate)
	}
	return stop(Failed, "%s is blocked and still has %s", s.Candidate, s.weight())
}

// Row 12. Several serve, and nothing says which of them is home, unless the
// candidate itself is what our mark names: then it is gone back to.
func notOurs(s Situation) (Decision, bool) {
	if len(s.Shows.Routing.Split) < 2 || s.Home != "" {
		return none()
	}
	if s.undoes() && s.Shows.Health[s.Candidate].State == rollout.Ready && s.Shows.Room[s.Candidate] == rollout.Whole {
		return do(Apply{s.toCandidate(rollout.Whole)}, "%s was home of what is not wanted any more: everything back to it", s.Candidate)
	}
	return do(Finish{Halted}, "traffic is divided and nothing says which side is home: %s", s.serving())
}

// Row 13. A third one has traffic: an earlier candidate, whom nobody watches.
// It may have all of it, where its promotion was cut and has just been finished.
func outsider(s Situation) (Decision, bool) {
	if s.Home == "" {
		return none()
	}
	for _, r := range s.Shows.Routing.Split.Revisions() {
		if r != s.Home && r != s.Candidate {
			d, ok := s.waitForHome(nil, false)
			if ok {
				return d, ok
			}
			return do(Apply{s.homeward(s.Home)}, "%s is neither home nor the candidate: everything to %s first", r, s.Home)
		}
	}
	return none()
}

// Row 14. What goes before the candidate, and then the candidate itself.
func makeCandidate(s Situation) (Decision, bool) {
	if d, ok := runBefore(s); ok {
		return d, true
	}
	if s.Candidate != "" {
		return none()
	}
	return do(Make{}, "make the candidate at 0 %%, while %s serves", s.serving())
}

// runBefore asks for the job that is owed before the candidate, unless it has its
// release behind it, or there is nothing to do.
func runBefore(s Situation) (Decision, bool) {
	if s.OwesBefore == "" || s.released() {
		return none()
	}
	if _, ok := nothingToDo(s); ok {
		return none()
	}
	return do(Run{}, "run job %q before the candidate, while %s serves", s.OwesBefore, s.serving())
}

// Row 15. The candidate cannot serve.
func cannotServe(s Situation) (Decision, bool) {
	h := s.Shows.Health[s.Candidate]
	switch {
	case h.State == rollout.Broken:
		return stop(Broken, "%s cannot serve%s", s.Candidate, because(h.Reason))
	case h.State == rollout.Missing && !s.Made:
		return stop(Broken, "%s does not exist", s.Candidate)
	}
	return none()
}

// Row 16. There is nothing to do, and nothing is owed. Marks that an
// interrupted rollout left are taken away: nobody is to take them for a rollout
// that is under way.
func nothingToDo(s Situation) (Decision, bool) {
	if s.unfinished() {
		return none()
	}
	if !s.candidateHasAll() || s.wrote() && (!s.unmarking() || !s.Found.Routing.HasAll(s.Candidate)) {
		return none()
	}
	switch home := s.Shows.Routing.Home; {
	case s.Candidate == s.Promoted && (home != "" || s.Shows.Marked):
		if d, ok := unmark(s, string(s.Candidate)+" has all traffic already"); ok {
			return d, true
		}
	case home == "" && (s.Candidate == s.Promoted || s.Create && !s.wrote()):
	default: // a promotion that was not finished
		return none()
	}
	return do(Finish{Unchanged}, "%s has all traffic already", s.Candidate)
}

// Row 18. The candidate is not ready yet.
func notReady(s Situation) (Decision, bool) {
	h := s.Shows.Health[s.Candidate]
	if h.State == rollout.Ready {
		return none()
	}
	if s.overdue(ForReady) {
		return stop(OutOfTime, "%s was not ready within %s%s", s.Candidate, rollout.Short(s.Settle), because(h.Reason))
	}
	return do(Wait{For: ForReady}, "waiting for %s to become ready%s", s.Candidate, because(h.Reason))
}

// Row 19. The way home is marked, and the candidate reachable, before any rise.
func mark(s Situation) (Decision, bool) {
	if s.noSuchHome() {
		return stop(Unmet, "%s, the way home, does not exist", s.Home)
	}
	shown := s.Shows.Routing
	if shown.Home == s.Home && shown.Keeps(s.Candidate) {
		return none()
	}
	want := shown
	want.Home, want.Keep = s.Home, []rollout.Revision{s.Candidate}
	if s.wrote() && s.Asked.Home == s.Home && s.Asked.Keeps(s.Candidate) && !s.Made {
		if s.overdue(ForArrival) {
			return stop(OutOfTime, "the mark of the way home was asked for and did not show within %s", rollout.Short(s.Settle))
		}
		return do(Wait{For: ForArrival}, "waiting for the mark of the way home to show")
	}
	if s.Home == "" {
		return do(Apply{want}, "make %s reachable; nobody else serves", s.Candidate)
	}
	return do(Apply{want}, "mark %s as home, the rollback target, and %s as reachable, before anything moves", s.Home, s.Candidate)
}

// Row 20. A first deployment: nobody serves, so there is nobody to compare
// with, and no share to take.
func first(s Situation) (Decision, bool) {
	if s.Home != "" || len(s.Shows.Routing.Split) > 0 {
		return none()
	}
	var owed time.Duration
	if s.Ladder.startsAtZero() {
		owed = s.Ladder.bake(0)
	}
	if d, ok := s.watchFor(owed, s.Probes, false); ok {
		return d, true
	}
	if d, ok := s.waitForRoom(rollout.Whole, s.Probes, false); ok {
		return d, true
	}
	return do(Apply{s.toCandidate(rollout.Whole)}, "first deployment: everything to %s", s.Candidate)
}

// Row 21. It was promoted before: a return does not climb.
func comeBack(s Situation) (Decision, bool) {
	before := contains(s.Before, s.Candidate) && s.Candidate != s.Promoted && !s.Ladder.ReturnBySteps
	if !before && !s.undoes() {
		return none()
	}
	if d, ok := s.watchFor(0, s.Probes, false); ok {
		return d, true
	}
	if d, ok := s.waitForRoom(rollout.Whole, s.Probes, false); ok {
		return d, true
	}
	return do(Apply{s.toCandidate(rollout.Whole)}, "%s served before: everything returns to it at once", s.Candidate)
}

// undoes reports whether the candidate is what an unfinished rollout marked as
// home: a merge was reverted in the middle of its rollout.
func (s Situation) undoes() bool {
	return s.Candidate != "" && s.Found != nil && s.Found.Routing.Home == s.Candidate
}

// Row 22. One rung an apply.
func oneStep(s Situation) (Decision, bool) {
	if !s.Ladder.OneStep || !s.raised() {
		return none()
	}
	owed, _ := s.owed()
	for _, v := range owed {
		if v.Outcome == rollout.Fail {
			return stop(Failed, "%s", v.Why)
		}
		if v.Decides() && v.At.Before(s.SettledAt) || v.At.IsZero() {
			return do(Measure{Of: s.Candidate, Gates: s.weight() > 0}, "%s at %s: one look before this apply ends", s.Candidate, s.weight())
		}
	}
	return do(Finish{Held}, "%s holds %s until the next apply", s.Candidate, s.weight())
}

// raised reports whether this process gave the candidate more than it had.
func (s Situation) raised() bool {
	return s.Asked != nil && s.Found != nil && s.weight() > s.Found.Routing.Split[s.Candidate]
}

// Row 23. A person wants to be asked here.
func hold(s Situation) (Decision, bool) {
	if !s.Ladder.holds(s.weight()) {
		return none()
	}
	owed, gates := s.owed()
	if d, ok := s.watchFor(s.Ladder.bake(s.weight()), owed, gates); ok {
		return d, true
	}
	return do(Finish{Held}, "%s holds %s until somebody decides", s.Candidate, s.weight())
}

// Row 24. The bake is owed in full, and so is a verdict of every gate over a
// window that began after this split.
func bake(s Situation) (Decision, bool) {
	owed, gates := s.owed()
	if s.weight() == 0 && !s.Ladder.startsAtZero() {
		return none()
	}
	return s.watchFor(s.Ladder.bake(s.weight()), owed, gates)
}

// Row 25. Nobody is raised without a way home, or beyond what it can take.
func wayAndRoom(s Situation) (Decision, bool) {
	owed, gates := s.owed()
	return s.waitForRoom(s.Ladder.next(s.weight()), owed, gates)
}

// Row 26. The next rung strictly above what is shown.
func rise(s Situation) (Decision, bool) {
	next := s.Ladder.next(s.weight())
	if next == rollout.Whole {
		if len(s.Ladder.Steps) == 0 {
			return do(Apply{s.toCandidate(next)}, "promote %s: everything at once, for there is no step", s.Candidate)
		}
		return do(Apply{s.toCandidate(next)}, "promote %s: everything, after %s", s.Candidate, s.weight())
	}
	return do(Apply{s.toCandidate(next)}, "raise %s from %s to %s", s.Candidate, s.weight(), next)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func contains(list []rollout.Revision, r rollout.Revision) bool {
	for _, v := range list {
		if v == r {
			return true
		}
	}
	return false
}
