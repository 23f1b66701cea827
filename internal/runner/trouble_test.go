package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

type ctx = context.Context

func TestBaselineIsMeasuredAndToldBeforeTheFirstWrite(t *testing.T) {
	s := newStage(t)
	s.values["api-1"] = 9.1
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	res := s.run(r, engine.Promoted)
	if len(res.Baseline) != 1 || res.Baseline[0].Outcome != rollout.Fail || res.Baseline[0].Value != 9.1 {
		t.Fatalf("the baseline is %+v", res.Baseline)
	}
	s.expect(s.did("measure", "apply")[:2], "measure api-1 over 13:59:30–14:00:00 UTC", "apply api-1 100 %, home api-1")
	want := `api-1, which serves now, fails it too: gate "errors" measured 9.1 % over 13:59:30–14:00:00 UTC (limit 1 %, 100 samples)`
	if !slices.ContainsFunc(s.told, func(e rollout.Event) bool { return e.Kind == "measure" && e.Why == want }) {
		t.Errorf("nobody was told; told was %+v", s.told)
	}
}

func TestBaselineThatIsGoodIsNoNews(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	res := s.run(r, engine.Promoted)
	if len(res.Baseline) != 1 || res.Baseline[0].Outcome != rollout.Pass {
		t.Errorf("the baseline is %+v", res.Baseline)
	}
	for _, e := range s.told {
		if strings.Contains(e.Why, "fails it too") {
			t.Errorf("told was %s", e.Why)
		}
	}
}

// TestGateThatCanNeverBeMeasured is found before users see the candidate.
func TestGateThatCanNeverBeMeasured(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		dry    bool
		onNone rollout.Absence
		want   engine.Outcome
	}{
		"the query is wrong":           {rollout.ErrInvalid, false, rollout.AbsenceWaits, engine.NothingMoved},
		"a permission is missing":      {rollout.ErrDenied, false, rollout.AbsenceWaits, engine.NothingMoved},
		"where absence fails as well":  {rollout.ErrInvalid, false, rollout.AbsenceFails, engine.NothingMoved},
		"a dry run decides nothing":    {rollout.ErrInvalid, true, rollout.AbsenceWaits, engine.Promoted},
		"what passes is not waited on": {errors.New("connection refused"), false, rollout.AbsenceWaits, engine.Promoted},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.before = func(_ ctx, op string, nth int) error {
				if op == "measure" && (nth == 1 || c.want == engine.NothingMoved) {
					return fmt.Errorf("ask Prometheus: %w", c.err)
				}
				return nil
			}
			r, g := s.rollout(), s.gate()
			g.DryRun, g.OnNoData = c.dry, c.onNone
			r.Gates = []runner.Gate{g}
			res := s.run(r, c.want)
			if len(res.Baseline) != 1 || res.Baseline[0].Outcome != rollout.Error {
				t.Errorf("the baseline is %+v", res.Baseline)
			}
			if c.want == engine.Promoted {
				return
			}
			s.expect(s.did("apply"))
			if res.Stop.Kind != engine.Denied || !strings.HasPrefix(res.Why, `gate "errors" could not be measured: ask Prometheus: `+c.err.Error()+"; no traffic had moved") {
				t.Errorf("it ended for %d, %s", res.Stop.Kind, res.Why)
			}
		})
	}
}

// TestGateThatCannotWorkMovesNobodyWhoWasThere: a share that an earlier apply
// left is not taken away for a mistake in a query.
func TestGateThatCannotWorkMovesNobodyWhoWasThere(t *testing.T) {
	s := newStage(t)
	s.live = rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}}
	s.before = func(_ ctx, op string, _ int) error {
		if op == "measure" {
			return fmt.Errorf("ask Prometheus: %w", rollout.ErrInvalid)
		}
		return nil
	}
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	res := s.run(r, engine.NothingMoved)
	s.expect(s.did("apply"))
	if !strings.HasSuffix(res.Why, "; nothing was written: api-1 90 %, api-2 10 %") {
		t.Errorf("it says %s", res.Why)
	}
}

// TestAbsenceOnWhatServesIsNoFailure: it says nothing about what serves, even
// where the candidate fails by it.
func TestAbsenceOnWhatServesIsNoFailure(t *testing.T) {
	s := newStage(t)
	r, g := s.rollout(), s.gate()
	g.OnNoData, g.MinSamples = rollout.AbsenceFails, 1000
	r.Gates = []runner.Gate{g}
	res := s.run(r, engine.RolledBack)
	if v := res.Baseline[0]; v.Outcome != rollout.NoData || v.Gate.OnNoData != rollout.AbsenceFails {
		t.Errorf("the baseline is %+v", v)
	}
	for _, e := range s.told {
		if strings.Contains(e.Why, "fails it too") {
			t.Errorf("told was %s", e.Why)
		}
	}
}

// intrusive is a source that may change something, but for its harmless part.
type intrusive struct {
	*stage
	harmless rollout.Source
}

func (s intrusive) Harmless() rollout.Source { return s.harmless }

func TestWhatServesIsNotAskedToChangeAnything(t *testing.T) {
	for name, c := range map[string]struct {
		part func(*stage) rollout.Source
		want string
	}{
		"nothing of it is harmless": {func(*stage) rollout.Source { return nil }, "measure api-2 at 14:00:00 UTC"},
		"a part of it is":           {func(s *stage) rollout.Source { return s }, "measure api-1 at 14:00:00 UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			r, g := s.rollout(), s.gate()
			g.Probe, g.Window = true, 0
			g.Source = intrusive{s, c.part(s)}
			r.Gates = []runner.Gate{g}
			s.run(r, engine.Promoted)
			if got := s.did("measure")[0]; got != c.want {
				t.Errorf("first it did %q, want %q", got, c.want)
			}
		})
	}
}

func TestBesideIsHomeInTheWindowInWhichTheCandidateFailed(t *testing.T) {
	s := newStage(t)
	s.values["api-1"], s.values["api-2"] = 0.2, 9.1
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	res := s.run(r, engine.RolledBack)
	if res.Failing == nil || res.Failing.Value != 9.1 || res.Failing.Outcome != rollout.Fail {
		t.Fatalf("failing is %+v", res.Failing)
	}
	if res.Beside == nil || res.Beside.Value != 0.2 || res.Beside.Window != res.Failing.Window {
		t.Errorf("beside is %+v, in the window %s", res.Beside, res.Failing.Window)
	}
	all := s.did("measure")
	s.expect(all[len(all)-1:], "measure api-1 "+res.Failing.Window.String())
}

func TestWhatServesAgainIsLookedAt(t *testing.T) {
	s := newStage(t)
	s.values["api-2"] = 1
	r := s.rollout()
	probe := s.gate()
	zero := 0.0
	probe.Gate = rollout.Gate{Name: "health", Probe: true, FailAbove: &zero, Interval: 10 * time.Second}
	r.Ladder.Steps = slices.Insert(r.Ladder.Steps, 0, engine.Step{Weight: 0, Bake: time.Minute})
	s.after = func(_ ctx, op string, _ int) error {
		s.values["api-2"] = 0
		if s.live.Split["api-2"] > 0 {
			s.values["api-2"] = 1
		}
		return nil
	}
	r.Gates = []runner.Gate{probe}
	res := s.run(r, engine.RolledBack)
	if len(res.Looked) != 1 || res.Looked[0].Outcome != rollout.Pass {
		t.Errorf("looked at home: %+v", res.Looked)
	}
	if res.Beside != nil {
		t.Errorf("a probe is not compared with home: %+v", res.Beside)
	}
}

func TestEventsAreToldOnce(t *testing.T) {
	s := newStage(t)
	res := s.run(s.rollout(), engine.Promoted)
	for i := 1; i < len(s.told); i++ {
		if s.told[i].Why == s.told[i-1].Why {
			t.Errorf("told twice: %s", s.told[i].Why)
		}
	}
	if len(res.Timeline) != len(s.told) {
		t.Errorf("the timeline has %d events, told were %d", len(res.Timeline), len(s.told))
	}
	var kinds []string
	for _, e := range s.told {
		kinds = append(kinds, e.Kind)
	}
	s.expect(kinds, "check", "apply", "check", "apply", "wait", "check", "apply", "wait", "check", "apply", "wait", "apply", "finish")
	if first := s.told[3]; !first.Traffic.Equal(rollout.Split{"api-1": 9000, "api-2": 1000}) {
		t.Errorf("the event of a write shows %s, want what was asked for", first.Traffic)
	}
	if wait := s.told[4]; !wait.Traffic.Equal(rollout.Split{"api-1": 9000, "api-2": 1000}) {
		t.Errorf("the event of a wait shows %s, want what is live", wait.Traffic)
	}
}

// TestOnlyWhatWasTakenIsToldAsDone: a write is told once it is known what
// became of it. Before that there is an intent at most.
func TestOnlyWhatWasTakenIsToldAsDone(t *testing.T) {
	const raise = "raise api-2 from 10 % to 50 %"
	next := "check: next, once everything that is required is there: " + raise
	stale := fmt.Errorf("update service shop: %w: Conflict for resource 'shop': version '1795' was specified", rollout.ErrConflict)
	for name, c := range map[string]struct {
		unmet bool
		err   error // of the second rise
		took  bool  // and yet it took effect
		want  engine.Outcome
		told  []string
	}{
		"it was taken": {want: engine.Promoted, told: []string{next, "apply: " + raise}},
		"a requirement is not met": {unmet: true, want: engine.RolledBack, told: []string{
			next, "stop: gcp_secret stripe: there is no such version",
			"apply: gcp_secret stripe: there is no such version; everything back to api-1",
		}},
		"it was refused": {err: fmt.Errorf("run.services.update: %w", rollout.ErrDenied), want: engine.RolledBack, told: []string{
			next, "refused: " + raise + ": refused: run.services.update: permission denied",
			"stop: a change of traffic was refused: run.services.update: permission denied",
		}},
		"somebody else wrote": {err: stale, want: engine.Promoted, told: []string{
			next, "wait: " + raise + ": not taken, because somebody else changed the target meanwhile; it is decided anew",
			"apply: " + raise,
		}},
		"the answer was lost": {err: errDown, want: engine.Promoted, told: []string{
			next, "apply: " + raise + " (the answer was lost)",
			"apply: nobody knows whether api-1 50 %, api-2 50 % was taken: ask for it again",
		}},
		"the answer was lost, and it took": {err: errDown, took: true, want: engine.Promoted, told: []string{
			next, "apply: " + raise + " (the answer was lost)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			fail := func(before bool) func(ctx, string, int) error {
				return func(_ ctx, op string, nth int) error {
					if op == "apply" && nth == 3 && before != c.took {
						return c.err
					}
					return nil
				}
			}
			s.before, s.after = fail(true), fail(false)
			r := s.rollout()
			r.Require = s.checks(func(of *rollout.Subject, nth int) rollout.Finding {
				f := passes(of, nth)
				if c.unmet && nth == 3 {
					f = rollout.Finding{Check: "gcp_secret", Object: "stripe", Status: rollout.Failed, Why: "there is no such version"}
				}
				return f
			})
			var told []string
			for _, e := range s.run(r, c.want).Timeline {
				line := e.Kind + ": " + e.Why
				if len(told) > 0 || line == next {
					told = append(told, line)
				}
				if strings.Contains(e.Why, "1795") || (e.Err == nil) != (!strings.Contains(e.Why, "not taken") && !strings.Contains(e.Why, "was lost")) {
					t.Errorf("%s: %s, beside it %v", e.Kind, e.Why, e.Err)
				}
			}
			s.expect(told[:min(len(told), len(c.told))], c.told...)
		})
	}
}

var errDown = errors.New("503 from the control plane")

func TestTargetThatCannotBeObserved(t *testing.T) {
	for name, c := range map[string]struct {
		from, until int // which observations fail
		err         error
		want        engine.Outcome
		says        string
	}{
		"never once":            {from: 1, err: errDown, want: engine.NothingMoved, says: "could not be observed: 503 from the control plane; nothing was written"},
		"in the middle":         {from: 6, err: errDown, want: engine.Halted, says: "503 from the control plane; it last showed api-1 90 %, api-2 10 %"},
		"for a while":           {from: 6, until: 100, err: errDown, want: engine.Promoted, says: "has all traffic"},
		"because it is gone":    {from: 6, until: 7, err: rollout.ErrGone, want: engine.Halted, says: "does not exist; it last showed api-1 90 %, api-2 10 %"},
		"for it may not be":     {from: 1, until: 2, err: rollout.ErrDenied, want: engine.NothingMoved, says: "permission denied; nothing was written"},
		"for it makes no sense": {from: 1, until: 2, err: rollout.ErrInvalid, want: engine.NothingMoved, says: "refused the request; nothing was written"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.before = func(_ ctx, op string, nth int) error {
				if op == "observe" && nth >= c.from && (c.until == 0 || nth < c.until) {
					return c.err
				}
				return nil
			}
			res := s.run(s.rollout(), c.want)
			if !strings.Contains(res.Why, c.says) {
				t.Errorf("it says %q, want %q in it", res.Why, c.says)
			}
			if c.want == engine.Halted && (!errors.Is(res.Err, c.err) || !res.Shows.Routing.Split.Equal(s.live.Split)) {
				t.Errorf("the error is %v, what it showed %s", res.Err, res.Shows.Routing)
			}
			if c.want == engine.NothingMoved && len(s.did("apply")) > 0 {
				t.Errorf("it wrote %q", s.did("apply"))
			}
		})
	}
}

// TestRefusedWrites: a rise that is refused for good goes home; a way home that
// is refused as well is tried once, and then says what serves.
func TestRefusedWrites(t *testing.T) {
	denied := fmt.Errorf("run.services.update: %w", rollout.ErrDenied)
	for name, c := range map[string]struct {
		refuse  func(asked int) bool // by the write's number
		want    engine.Outcome
		refused int
		says    string
	}{
		"the mark":                 {func(n int) bool { return n == 1 }, engine.NothingMoved, 1, "no traffic had moved: api-1 100 %"},
		"the second rise":          {func(n int) bool { return n == 3 }, engine.RolledBack, 1, "api-1 has all traffic again"},
		"a rise, and the way home": {func(n int) bool { return n >= 3 }, engine.Halted, 2, "the way home was refused too: api-1 90 %, api-2 10 %"},
		"the removal of our marks": {func(n int) bool { return n == 5 }, engine.RolledBack, 1, "api-1 has all traffic again"},
		"that, and of them again":  {func(n int) bool { return n == 5 || n >= 7 }, engine.RolledBack, 2, "api-1 has all traffic again"},
		"the first rise":           {func(n int) bool { return n == 2 }, engine.NothingMoved, 1, "no traffic had moved: api-1 100 %"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.before = func(_ ctx, op string, nth int) error {
				if op == "apply" && c.refuse(nth) {
					return denied
				}
				return nil
			}
			res := s.run(s.rollout(), c.want)
			if got := s.did("refused"); len(got) != c.refused {
				t.Errorf("refused was %q, want %d", got, c.refused)
			}
			if !strings.Contains(res.Why, "run.services.update: permission denied") || !strings.Contains(res.Why, c.says) {
				t.Errorf("it says %q, want the permission and %q", res.Why, c.says)
			}
			if res.Stop.Kind != engine.Denied || !errors.Is(res.Err, rollout.ErrDenied) {
				t.Errorf("stopped for %d by %v", res.Stop.Kind, res.Err)
			}
		})
	}
}

func TestConflictsThatNeverEnd(t *testing.T) {
	s := newStage(t)
	s.before = func(_ ctx, op string, nth int) error {
		if op == "apply" && nth >= 3 {
			return rollout.ErrConflict
		}
		return nil
	}
	res := s.run(s.rollout(), engine.Halted)
	if !strings.Contains(res.Why, "was tried for 5m and never taken") || !strings.Contains(res.Why, "api-1 90 %, api-2 10 % is live") {
		t.Errorf("it says %s", res.Why)
	}
}

func TestDeadlineGoesHome(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Deadline = s.clock.Now().Add(90 * time.Second)
	res := s.run(r, engine.RolledBack)
	if res.Stop.Kind != engine.OutOfTime || !strings.Contains(res.Why, "timeouts") {
		t.Errorf("it ended for %d: %s", res.Stop.Kind, res.Why)
	}
	s.expect(s.did("apply"), "apply api-1 100 %, home api-1", "apply api-1 90 %, api-2 10 %, home api-1",
		"apply api-1 50 %, api-2 50 %, home api-1", "apply api-1 100 %, home api-1", "apply api-1 100 %")
}

func TestDeadlineAfterPromotionMovesNothing(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Deadline = s.clock.Now().Add(150 * time.Second)
	res := s.run(r, engine.NotVerified)
	if s.live.Split.Sole() != "api-2" {
		t.Errorf("%s is live: %s", s.live, res.Why)
	}
}

func TestTrafficThatChangedBetweenPlanAndApply(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Left = &rollout.Routing{Split: rollout.All("api-0")}
	res := s.run(r, engine.NothingMoved)
	want := "traffic changed between plan and apply: the plan was made for api-0 100 %, and api-1 100 % is live; nothing was written"
	if res.Why != want || len(s.did("apply")) > 0 {
		t.Errorf("it wrote %q and says\n%s, want\n%s", s.did("apply"), res.Why, want)
	}
}

func TestLeftInTheMiddleForTooLong(t *testing.T) {
	for name, c := range map[string]struct {
		raising rollout.Revision
		ago     time.Duration
		want    engine.Outcome
	}{
		"longer than max_unattended":           {"api-2", 25 * time.Hour, engine.NotVerified},
		"just as long as that":                 {"api-2", 24 * time.Hour, engine.Held},
		"another one was raised then":          {"api-7", 25 * time.Hour, engine.Held},
		"a moment ago: the bake is still owed": {"api-2", 0, engine.Held},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.live = rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}}
			r := s.rollout()
			r.Ladder.OneStep = true
			r.Since, r.Raising, r.Unattended = s.clock.Now().Add(-c.ago), c.raising, 24*time.Hour
			res := s.run(r, c.want)
			if c.want == engine.NotVerified && (s.live.Split.Sole() != "api-1" || !strings.Contains(res.Why, "nobody has watched")) {
				t.Errorf("%s is live: %s", s.live, res.Why)
			}
			if c.want == engine.Held && s.live.Split["api-2"] != 5000 {
				t.Errorf("%s is live", s.live)
			}
			waited := len(s.told) > 0 && s.told[0].Kind == "wait"
			if owed := c.ago == 0 || c.raising != "api-2"; c.want == engine.Held && waited != owed {
				t.Errorf("waited at first: %v, want %v", waited, owed)
			}
		})
	}
}

func TestBlockedContentIsNotTriedAgain(t *testing.T) {
	for name, maker := range map[string]bool{"named": false, "made": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			r := s.rollout()
			if maker {
				r.Candidate, r.Maker = "", s
			}
			r.Blocked = func(r rollout.Revision, content string) bool { return r == "api-2" && content == "content of api-2" }
			res := s.run(r, engine.NothingMoved)
			if len(s.did("apply", "make")) > 0 || !strings.Contains(res.Why, "api-2 is blocked") {
				t.Errorf("it did %q: %s", s.did("apply", "make"), res.Why)
			}
		})
	}
}

func TestRefusedCandidate(t *testing.T) {
	s := newStage(t)
	delete(s.health, "api-2")
	s.before = func(_ ctx, op string, _ int) error {
		if op == "make" {
			return fmt.Errorf("run.services.update: %w", rollout.ErrDenied)
		}
		return nil
	}
	r := s.rollout()
	r.Candidate, r.Maker = "", s
	res := s.run(r, engine.NothingMoved)
	if s.counts["make"] != 1 || !strings.Contains(res.Why, "the candidate could not be made: run.services.update: permission denied") {
		t.Errorf("tried %d times: %s", s.counts["make"], res.Why)
	}
}

func TestCandidateWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	s := newStage(t)
	delete(s.health, "api-2")
	s.after = func(_ ctx, op string, nth int) error {
		if op == "make" && nth == 1 {
			return errDown
		}
		return nil
	}
	r := s.rollout()
	r.Candidate, r.Maker = "", s
	s.run(r, engine.Promoted)
	if s.counts["make"] != 2 || s.health["api-2"].State != rollout.Ready {
		t.Errorf("asked %d times", s.counts["make"])
	}
}

func TestRevisionThatCannotBeDescribedIsNotMeasured(t *testing.T) {
	s := newStage(t)
	s.before = func(_ ctx, op string, _ int) error {
		if op == "subject" && s.live.Split["api-2"] > 0 && s.clock.Now().Second() < 30 {
			return errDown
		}
		return nil
	}
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	s.run(r, engine.Promoted)
	for _, line := range s.did("measure") {
		if !strings.HasPrefix(line, "measure api-") {
			t.Errorf("measured was nobody: %q", line)
		}
	}
	if !slices.ContainsFunc(s.told, func(e rollout.Event) bool {
		return strings.Contains(e.Why, `gate "errors" could not be measured: api-2 could not be described: 503 from the control plane`)
	}) {
		t.Error("nobody was told")
	}
}

// TestWayHomeNeedsNoRequirement: a process that finds a broken candidate with
// traffic goes home first of all; no check has run before that.
func TestWayHomeNeedsNoRequirement(t *testing.T) {
	s := newStage(t)
	s.live = rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1"}
	s.health["api-2"] = rollout.Health{State: rollout.Broken, Reason: "it ran out of memory"}
	r := s.rollout()
	r.Require = s.checks(func(*rollout.Subject, int) rollout.Finding { return rollout.Finding{Status: rollout.Failed} })
	s.run(r, engine.RolledBack)
	s.expect(s.did("check", "apply"), "apply api-1 100 %, home api-1", "apply api-1 100 %")
}

// TestMakingCountsAsAWrite: what moves traffic afterwards is somebody else.
func TestMakingCountsAsAWrite(t *testing.T) {
	s := newStage(t)
	delete(s.health, "api-2")
	s.health["api-0"] = rollout.Health{State: rollout.Ready}
	s.after = func(_ ctx, op string, _ int) error {
		if op == "make" {
			s.live.Split = rollout.All("api-0")
		}
		return nil
	}
	r := s.rollout()
	r.Candidate, r.Maker = "", s
	res := s.run(r, engine.Halted)
	if want := "somebody else moved traffic: api-1 100 % was asked for, api-0 100 % is live"; res.Why != want || len(s.did("apply")) > 0 {
		t.Errorf("it wrote %q and says %s, want %s", s.did("apply"), res.Why, want)
	}
}

// TestLostWayHomeIsAskedForAgain: nobody knows whether the platform took it, so
// it is not waited for.
func TestLostWayHomeIsAskedForAgain(t *testing.T) {
	s := newStage(t)
	s.before = func(_ ctx, op string, nth int) error {
		if op == "apply" && nth == 3 {
			return errDown
		}
		return nil
	}
	s.values["api-2"] = 9.1
	r := s.rollout()
	r.Gates = []runner.Gate{s.gate()}
	s.run(r, engine.RolledBack)
	s.expect(s.did("apply", "refused"), "apply api-1 100 %, home api-1", "apply api-1 90 %, api-2 10 %, home api-1",
		"refused api-1 100 %", "apply api-1 100 %, home api-1", "apply api-1 100 %")
}

// TestLastWriteIsLookedAtOnceMore: the platform could not be observed after the
// last write until the rollout had ended; state is told what is live all the same.
func TestLastWriteIsLookedAtOnceMore(t *testing.T) {
	s := newStage(t)
	over := false
	s.before = func(_ ctx, op string, _ int) error {
		if op == "observe" && s.live.Split["api-2"] == 5000 && !over {
			return errDown
		}
		return nil
	}
	r := s.rollout()
	r.Say = func(e rollout.Event) { over = over || e.Kind == "finish" }
	res := s.run(r, engine.Halted)
	if !strings.Contains(res.Why, "it last showed api-1 90 %, api-2 10 %") {
		t.Errorf("it says %s", res.Why)
	}
	if !res.Shows.Routing.Split.Equal(s.live.Split) {
		t.Errorf("state is told %s, and %s is live", res.Shows.Routing, s.live)
	}
}

// TestTroubleThatIsOverIsForgotten: two bad moments, further apart than the
// settle limit.
func TestTroubleThatIsOverIsForgotten(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Ladder.Steps = []engine.Step{{Weight: 1000, Bake: 20 * time.Minute}}
	next := s.clock.Now().Add(2 * time.Minute)
	s.before = func(_ ctx, op string, _ int) error {
		if op == "observe" && !s.clock.Now().Before(next) {
			next = next.Add(10 * time.Minute)
			return errDown
		}
		return nil
	}
	s.run(r, engine.Promoted)
	if n := len(slices.DeleteFunc(slices.Clone(s.told), func(e rollout.Event) bool { return !strings.Contains(e.Why, "is asked again") })); n < 2 {
		t.Errorf("%d bad moments, want two or more", n)
	}
}

// Every answer is lost, and every write was taken: each is its own trouble, and
// they do not add up to a platform that takes nothing.
func TestLostAnswersDoNotAddUp(t *testing.T) {
	s := newStage(t)
	s.after = func(_ context.Context, op string, _ int) error {
		if op == "apply" {
			return errLost
		}
		return nil
	}
	r := s.rollout()
	r.Ladder = engine.Ladder{}
	for w := range rollout.Weight(15) {
		r.Ladder.Steps = append(r.Ladder.Steps, engine.Step{Weight: 100 * (w + 1), Bake: 30 * time.Second})
	}
	s.run(r, engine.Promoted)
}
