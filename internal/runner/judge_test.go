package runner_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// late is a source whose data arrive two minutes after the fact.
type late struct{ *stage }

func (late) Delay(context.Context, rollout.Subject) (time.Duration, error) {
	return 2 * time.Minute, nil
}

func TestNothingIsMeasuredBeforeDataCanHaveArrived(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	g := s.gate()
	g.Source = late{s}
	r.Gates = []runner.Gate{g}
	s.run(r, engine.Promoted)
	var first time.Time
	for _, e := range s.told {
		if e.Kind == "apply" && e.Traffic["api-2"] == 1000 {
			first = e.At
		}
	}
	window := rollout.Window{Start: first, End: first.Add(10 * time.Second)}.String()
	s.expect(s.did("measure")[:2], "measure api-1 over 13:57:30–13:58:00 UTC", "measure api-2 "+window)
}

// TestLateDataAreNamed where a gate waits for them in vain.
func TestLateDataAreNamed(t *testing.T) {
	s := newStage(t)
	r, g := s.rollout(), s.gate()
	g.Source, g.WaitFor = late{s}, time.Minute
	r.Gates = []runner.Gate{g}
	res := s.run(r, engine.NotVerified)
	if !strings.HasSuffix(res.Why, "its data arrive 2m late") && !strings.Contains(res.Why, "its data arrive 2m late;") {
		t.Errorf("it says %s", res.Why)
	}
}

// things is a source whose values are numbers of things.
type things struct{ *stage }

func (s things) Count(ctx context.Context, of rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	s.note("count %s", of.Revision)
	return rollout.Measurement{Value: s.values[of.Revision], Samples: 1}, ctx.Err()
}

func TestAGateThatCountsIsCounted(t *testing.T) {
	s := newStage(t)
	s.values["api-2"] = 2
	r, g := s.rollout(), s.gate()
	g.Source, g.Count, g.MinSamples = things{s}, true, 100
	r.Gates = []runner.Gate{g}
	s.run(r, engine.RolledBack)
	s.expect(s.did("measure", "count")[:2], "count api-1", "count api-2")
}

// TestWhatCannotCountIsNotAsked: it might take what is absent for none.
func TestWhatCannotCountIsNotAsked(t *testing.T) {
	s := newStage(t)
	r, g := s.rollout(), s.gate()
	g.Count = true
	r.Gates = []runner.Gate{g}
	res := s.run(r, engine.NothingMoved)
	s.expect(s.did("measure"))
	if !strings.Contains(res.Why, "its source cannot count things") {
		t.Errorf("it says %s", res.Why)
	}
}

func TestFirstGateThatFailedIsNamed(t *testing.T) {
	s := newStage(t)
	s.values["api-2"] = 9.1
	r := s.rollout()
	for _, name := range []string{"errors", "latency", "saturation"} {
		g := s.gate()
		g.Name = name
		r.Gates = append(r.Gates, g)
	}
	res := s.run(r, engine.RolledBack)
	if res.Failing == nil || res.Failing.Gate.Name != "errors" || !strings.HasPrefix(res.Why, `gate "errors" measured 9.1 %`) {
		t.Errorf("failing is %+v, and it says %s", res.Failing, res.Why)
	}
}

func TestMissingEvidenceNamesItsGate(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	for _, name := range []string{"errors", "latency"} {
		g := s.gate()
		g.Name, g.WaitFor = name, 2*time.Minute
		if name == "latency" {
			g.MinSamples = 1000
		}
		r.Gates = append(r.Gates, g)
	}
	res := s.run(r, engine.NotVerified)
	if res.Failing == nil || res.Failing.Gate.Name != "latency" || !strings.Contains(res.Why, "100 of 1,000 samples") {
		t.Errorf("failing is %+v, and it says %s", res.Failing, res.Why)
	}
}

// TestBakeEndsWhenItIsOver, and not when a gate happens to be due again.
func TestBakeEndsWhenItIsOver(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	g := s.gate()
	g.Window, g.Interval = 0, 8*time.Second
	r.Gates = []runner.Gate{g}
	s.run(r, engine.Promoted)
	var rises []string
	for _, e := range s.told {
		if e.Kind == "apply" {
			rises = append(rises, rollout.Clocktime(e.At))
		}
	}
	s.expect(rises, "14:00:00 UTC", "14:00:00 UTC", "14:01:00 UTC", "14:02:00 UTC", "14:03:00 UTC")
}

func TestGatesAreAskedOnceAnInterval(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Ladder.Steps = r.Ladder.Steps[:1]
	r.Ladder.Watch = 0
	g := s.gate()
	g.Window, g.Interval = 0, 25*time.Second
	r.Gates = []runner.Gate{g}
	s.run(r, engine.Promoted)
	s.expect(s.did("measure"), "measure api-1 at 14:00:00 UTC", "measure api-2 at 14:00:25 UTC", "measure api-2 at 14:00:50 UTC")
}

func TestUsersTrafficIsNotMeasuredWhereThereIsNone(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Ladder.Steps = slices.Insert(r.Ladder.Steps, 0, engine.Step{Weight: 0, Bake: time.Minute})
	probe := s.gate()
	probe.Gate = rollout.Gate{Name: "health", Probe: true, FailAbove: probe.FailAbove, Interval: 10 * time.Second}
	r.Gates = []runner.Gate{s.gate(), probe}
	s.run(r, engine.Promoted)
	for _, line := range s.did("measure", "apply") {
		if strings.HasPrefix(line, "apply api-1 90 %") {
			return
		}
		if strings.HasPrefix(line, "measure api-2 over") {
			t.Errorf("at 0 %% it did %q", line)
		}
	}
}

// TestNightIsLookedAtAsAWhole: nobody looked since an earlier apply raised the
// candidate, so the first look covers all of it.
func TestNightIsLookedAtAsAWhole(t *testing.T) {
	s := newStage(t)
	s.live = rollout.Routing{Split: rollout.Split{"api-1": 9000, "api-2": 1000}, Home: "api-1", Keep: []rollout.Revision{"api-2"}}
	s.values["api-2"] = 9.1
	r := s.rollout()
	r.Ladder.OneStep = true
	r.Since, r.Raising, r.Unattended = s.clock.Now().Add(-8*time.Hour), "api-2", 24*time.Hour
	g := s.gate()
	g.For = 5 * time.Minute
	r.Gates = []runner.Gate{g}
	s.run(r, engine.RolledBack)
	s.expect(s.did("measure")[1:], "measure api-2 over 06:00:00–14:00:00 UTC", "measure api-1 over 06:00:00–14:00:00 UTC") // and home beside it
}

// TestBakeBeginsAnewWhenTheCandidateWasNotReady, and with it what the gates said.
func TestBakeBeginsAnewWhenTheCandidateWasNotReady(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Ladder.Steps = r.Ladder.Steps[:1]
	r.Gates = []runner.Gate{s.gate()}
	starts := s.clock.Now().Add(40 * time.Second)
	ready := starts.Add(15 * time.Second)
	s.before = func(_ ctx, op string, _ int) error {
		s.health["api-2"] = rollout.Health{State: rollout.Ready}
		if now := s.clock.Now(); !now.Before(starts) && now.Before(ready) {
			s.health["api-2"] = rollout.Health{State: rollout.Starting}
		}
		return nil
	}
	s.run(r, engine.Promoted)
	from := ready.Format(time.TimeOnly)
	again := "over " + from
	if !slices.ContainsFunc(s.did("measure"), func(line string) bool { return strings.Contains(line, "measure api-2 "+again) }) {
		t.Errorf("nothing was measured from %s on: %q", ready, s.did("measure"))
	}
	for _, e := range s.told {
		if e.Kind == "apply" && e.Traffic.Sole() == "api-2" && e.At.Before(ready.Add(time.Minute)) {
			t.Errorf("promoted at %s, though it was ready at %s only", e.At, ready)
		}
	}
	for _, line := range s.did("measure") {
		window := strings.TrimPrefix(line, "measure api-2 over ")
		if begin, end, ok := strings.Cut(window, "–"); ok && begin < from && end > from && !strings.Contains(line, "api-1") {
			t.Errorf("%q reaches back before it was ready", line)
		}
	}
}

// pair is a source that compares with what is promoted.
type pair struct{ *stage }

func (p pair) MeasureBeside(_ context.Context, of, home rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	p.note("compare %s with %s", of.Revision, home.Revision)
	return rollout.Measurement{Value: p.values[of.Revision], Samples: 100}, nil
}

func (p pair) Measure(_ context.Context, of rollout.Subject, _ rollout.Window) (rollout.Measurement, error) {
	p.note("compare %s with nobody", of.Revision)
	return rollout.Measurement{}, nil
}

func (s *stage) comparing() runner.Gate {
	none := 0.0
	return runner.Gate{Source: pair{s}, Gate: rollout.Gate{Name: "sessions", Probe: true, FailAbove: &none, Interval: 30 * time.Second}}
}

func TestComparedWithHome(t *testing.T) {
	s := newStage(t)
	r := s.rollout()
	r.Gates = []runner.Gate{s.comparing()}
	s.run(r, engine.Promoted)
	s.expect(slices.Compact(s.did("compare", "measure")), "compare api-2 with api-1")
}

// TestComparedAfterTheWayHome: what serves again is asked as any probe asks it.
func TestComparedAfterTheWayHome(t *testing.T) {
	s := newStage(t)
	s.values["api-2"] = 1
	r := s.rollout()
	r.Gates = []runner.Gate{s.comparing()}
	s.run(r, engine.RolledBack)
	s.expect(slices.Compact(s.did("compare", "measure")), "compare api-2 with api-1", "compare api-1 with api-1")
}

// TestNobodyToCompareWith: a first deployment does not owe what cannot be said of
// it, and says so once.
func TestNobodyToCompareWith(t *testing.T) {
	s := newStage(t)
	s.live = rollout.Routing{}
	r := s.rollout()
	r.Create, r.Memory = true, engine.Memory{}
	other := s.comparing()
	other.Name, other.Source = "health", s
	r.Gates = []runner.Gate{s.comparing(), other}
	s.run(r, engine.Promoted)
	s.expect(s.did("compare"))
	if len(s.did("measure")) == 0 {
		t.Error("the other gate was not judged")
	}
	told := 0
	for _, e := range s.told {
		if strings.HasPrefix(e.Why, `gate "sessions" is not judged`) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("it was told %d times", told)
	}
}

// TestHomeThatCannotBeDescribedIsNotNobody: it is an error, and not want of data.
func TestHomeThatCannotBeDescribedIsNotNobody(t *testing.T) {
	s := newStage(t)
	s.before = func(_ ctx, op string, _ int) error {
		if op == "subject" && s.live.Split["api-2"] > 0 && s.clock.Now().Second() < 30 {
			return errDown
		}
		return nil
	}
	r := s.rollout()
	r.Gates = []runner.Gate{s.comparing()}
	s.run(r, engine.Promoted)
	if slices.Contains(s.did("compare"), "compare api-2 with nobody") {
		t.Errorf("it was compared with nobody: %q", s.did("compare"))
	}
	if !slices.ContainsFunc(s.told, func(e rollout.Event) bool {
		return strings.Contains(e.Why, `gate "sessions" could not be measured: `) && strings.Contains(e.Why, "could not be described")
	}) {
		t.Error("nobody was told")
	}
}

// TestWhatServesIsNotComparedWithItself, at plan and before the first write.
func TestWhatServesIsNotComparedWithItself(t *testing.T) {
	s := newStage(t)
	v, err := s.comparing().Look(t.Context(), s.clock, rollout.Subject{Revision: "api-1"})
	if err != nil || v.Outcome != rollout.Pending || v.Why != `gate "sessions" is tried on the candidate alone` || len(s.did("compare", "measure")) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}
