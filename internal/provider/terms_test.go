package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// No kind may have an attribute of the name of one that every requirement has:
// asking for the schema would panic.
func TestEveryRequirementHasTheTerms(t *testing.T) {
	for _, k := range catalog.Checks() {
		enforced := 0
		if k.Enforced != nil {
			enforced = 1
		}
		for applies, want := range map[bool]int{true: 3 + enforced, false: 1} {
			if got := len(kindAttributes(k, applies)) - len(k.Attributes); got != want {
				t.Errorf("%s has %d more attributes, want %d", k.Name, got, want)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a kind has an attribute of its own that is called advisory")
		}
	}()
	kindAttributes(preflight.Kind{Name: "odd", Attributes: map[string]schema.Attribute{"advisory": schema.BoolAttribute{}}}, true)
}

// scripted is a check that says one thing after the other; the last one stays.
type scripted struct {
	says  *[]rollout.Finding
	asked *int
}

func (c scripted) Run(context.Context, *rollout.Subject, *rollout.Subject) []rollout.Finding {
	*c.asked++
	f := (*c.says)[0]
	if len(*c.says) > 1 {
		*c.says = (*c.says)[1:]
	}
	f.Check, f.Object = "odd", "thing"
	return []rollout.Finding{f}
}

// scriptedRequirements is one requirement, on a clock that moves when it is
// slept on.
func scriptedRequirements(tm terms, says ...rollout.Finding) (requirements, *core, *int) {
	asked := 0
	k := preflight.Kind{
		Name: "odd", Object: func(context.Context, types.Object) string { return "thing" },
		Open: func(context.Context, types.Object, *cloud.Clients) (rollout.Check, error) {
			return scripted{&says, &asked}, nil
		},
	}
	c := &core{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), progress: newProgress("")}
	return requirements{list: []requirement{{kind: k, terms: tm, known: true, patience: &patience{}}}}, c, &asked
}

var (
	met      = rollout.Finding{Status: rollout.Passed, Why: "it is there"}
	notMet   = rollout.Finding{Status: rollout.Failed, Why: "it is not there", Fix: "make it"}
	unseen   = rollout.Finding{Status: rollout.Skipped, Why: "get is denied", Fix: "grant get"}
	unproven = rollout.Finding{Status: rollout.Skipped, Permission: true, Why: "perhaps", Fix: "grant it"}
	passing  = rollout.Finding{Status: rollout.Failed, Retry: true, Why: "not yet", Fix: "wait"}
	mayWarn  = rollout.Finding{Status: rollout.Failed, Advisory: true, Why: "a name is lost", Fix: "set it"}
)

// How long an apply waits, how often it looks, and what it believes in the end.
func TestWithin(t *testing.T) {
	repeat := func(f rollout.Finding, n int) []rollout.Finding { return slices.Repeat([]rollout.Finding{f}, n) }
	says := func(parts ...[]rollout.Finding) []rollout.Finding { return slices.Concat(parts...) }
	one := func(f rollout.Finding) []rollout.Finding { return []rollout.Finding{f} }
	for name, c := range map[string]struct {
		within time.Duration
		says   []rollout.Finding
		looks  int
		waited time.Duration
		status rollout.Status
		why    string
	}{
		"met at once is believed at once":       {time.Minute, one(met), 1, 0, rollout.Passed, "it is there"},
		"met afterwards, three times in a row":  {time.Minute, says(one(notMet), one(met)), 4, 15 * time.Second, rollout.Passed, "it is there"},
		"met in between is not believed":        {time.Minute, says(one(notMet), repeat(met, 2), one(notMet), one(met)), 7, 30 * time.Second, rollout.Passed, "it is there"},
		"never met":                             {time.Minute, one(notMet), 13, time.Minute, rollout.Failed, "it is not there; it was looked at for 1m, and within allows 1m"},
		"never seen":                            {time.Minute, one(unseen), 13, time.Minute, rollout.Skipped, "get is denied; it was looked at for 1m, and within allows 1m"},
		"met at the end is looked at once more": {time.Minute, says(repeat(notMet, 12), one(met)), 15, 70 * time.Second, rollout.Passed, "it is there"},
		"lost again after the end":              {time.Minute, says(repeat(notMet, 12), one(met), one(notMet)), 14, 65 * time.Second, rollout.Failed, "it is not there; it was looked at for 1m5s, and within allows 1m"},
		"little time is looked at more often":   {4 * time.Second, says(one(notMet), one(met)), 4, 3 * time.Second, rollout.Passed, "it is there"},
		"no time":                               {0, one(notMet), 1, 0, rollout.Failed, "it is not there"},
		"what stops nothing is not waited for":  {time.Minute, one(unproven), 1, 0, rollout.Skipped, "perhaps"},
		"nor is what only warns":                {time.Minute, one(mayWarn), 1, 0, rollout.Failed, "a name is lost"},
	} {
		t.Run(name, func(t *testing.T) {
			r, core, asked := scriptedRequirements(terms{within: c.within}, c.says...)
			begin := core.clock.Now()
			got := r.patiently(t.Context(), core, "test")
			if *asked != c.looks || core.clock.Now().Sub(begin) != c.waited {
				t.Errorf("looked %d times in %s, want %d in %s", *asked, core.clock.Now().Sub(begin), c.looks, c.waited)
			}
			if len(got) != 1 || got[0].Status != c.status || got[0].Why != c.why || got[0].Again != 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// Nobody waits for one requirement where another one stops the apply anyway.
func TestNothingIsWaitedForInVain(t *testing.T) {
	r, core, asked := scriptedRequirements(terms{within: time.Minute}, notMet)
	hard, _, _ := scriptedRequirements(terms{}, notMet)
	r.list = append(r.list, hard.list...)
	begin := core.clock.Now()
	if got := r.patiently(t.Context(), core, "test"); *asked != 1 || !core.clock.Now().Equal(begin) || len(got) != 2 {
		t.Errorf("looked %d times in %s: %+v", *asked, core.clock.Now().Sub(begin), got)
	}
	soft, _, _ := scriptedRequirements(terms{advisory: true}, notMet)
	r.list = append(r.list[:1], soft.list...)
	if r.patiently(t.Context(), core, "test"); *asked != 13 {
		t.Errorf("beside what only warns it looked %d times", *asked)
	}
}

// Time that is over is over: the minute that others have is not added to it.
func TestWithinIsAllTheTimeThereIs(t *testing.T) {
	r, core, _ := scriptedRequirements(terms{within: time.Minute}, passing)
	if got := r.patiently(t.Context(), core, "test"); got[0].Retry || got[0].Fix != "wait" {
		t.Errorf("got %+v", got)
	}
}

// Who is asked more often than the requirement is to be looked at gets the last
// answer; another wait begins anew.
func TestLooksArePaced(t *testing.T) {
	r, core, asked := scriptedRequirements(terms{within: time.Minute}, notMet, met, met, met, met, notMet)
	run := func() rollout.Finding { return r.run(t.Context(), core, look{}, nil, nil)[0] }
	for range 3 {
		if f := run(); f.Status != rollout.Failed || f.Again != lookAgain || !f.Stops() {
			t.Errorf("got %+v", f)
		}
	}
	if *asked != 1 {
		t.Errorf("asked %d times at one moment", *asked)
	}
	for i := range 2 {
		_ = core.clock.Sleep(t.Context(), lookAgain)
		want := fmt.Sprintf("it was not met before, and is met %d of the 3 times in a row that are waited for: it is there", i+1)
		if f := run(); f.Status != rollout.Failed || f.Why != want || f.Fix == "" || f.Again != lookAgain {
			t.Errorf("got %+v", f)
		}
	}
	_ = core.clock.Sleep(t.Context(), lookAgain)
	for range 2 {
		if f := run(); f.Status != rollout.Passed || f.Again != 0 {
			t.Errorf("got %+v", f)
		}
	}
	_ = core.clock.Sleep(t.Context(), time.Hour)
	if f := run(); f.Status != rollout.Failed || f.Again != lookAgain || strings.Contains(f.Why, "within") {
		t.Errorf("the time of an earlier wait counts: %+v", f)
	}
}

// A plan waits for nothing, and remembers nothing.
func TestPlanDoesNotWait(t *testing.T) {
	r, core, asked := scriptedRequirements(terms{within: time.Minute, atPlan: planWarns}, notMet)
	for range 2 {
		f := r.run(t.Context(), core, look{planning: true}, nil, nil)[0]
		if f.Again != 0 || !f.Lenient || f.Status != rollout.Failed {
			t.Errorf("got %+v", f)
		}
	}
	if *asked != 2 {
		t.Errorf("asked %d times", *asked)
	}
}

func TestAtPlanSkip(t *testing.T) {
	r, core, asked := scriptedRequirements(terms{atPlan: planSkips}, notMet)
	if f := r.run(t.Context(), core, look{planning: true, moves: true}, nil, nil)[0]; f.Status != rollout.Deferred || *asked != 0 {
		t.Errorf("asked %d times: %+v", *asked, f)
	}
	if found := r.run(t.Context(), core, look{planning: true}, nil, nil); len(found) > 0 || *asked != 0 {
		t.Errorf("where nothing is applied it says %+v", found)
	}
	if f := r.run(t.Context(), core, look{}, nil, nil)[0]; f.Status != rollout.Failed || *asked != 1 || !f.Stops() {
		t.Errorf("asked %d times: %+v", *asked, f)
	}
}

// What is advisory stops nothing, and is waited for all the same.
func TestAdvisory(t *testing.T) {
	for _, f := range []rollout.Finding{notMet, unseen, passing} {
		r, core, _ := scriptedRequirements(terms{advisory: true}, f)
		if got := r.run(t.Context(), core, look{}, nil, nil)[0]; !got.Advisory || got.Stops() || got.Status != f.Status {
			t.Errorf("got %+v", got)
		}
	}
	r, core, _ := scriptedRequirements(terms{advisory: true}, met)
	if got := r.run(t.Context(), core, look{}, nil, nil)[0]; got.Advisory {
		t.Errorf("what is met warns: %+v", got)
	}
	r, core, asked := scriptedRequirements(terms{advisory: true, within: time.Minute}, notMet)
	if got := r.patiently(t.Context(), core, "test")[0]; got.Stops() || *asked != 13 {
		t.Errorf("asked %d times: %+v", *asked, got)
	}
}

// An interrupt ends the wait, and passes nothing.
func TestInterruptEndsTheWait(t *testing.T) {
	r, core, asked := scriptedRequirements(terms{within: time.Hour}, notMet)
	ctx, cancel := context.WithCancel(t.Context())
	clock := clocktest.New(core.clock.Now())
	clock.Every(time.Minute, func(time.Time) { cancel() })
	core.clock = clock
	got := r.patiently(ctx, core, "test")
	if got[0].Status != rollout.Failed || *asked > 20 {
		t.Errorf("asked %d times: %+v", *asked, got)
	}
}

// A rollout that waits as long as it may is not out of time for that.
func TestDefaultTimeoutHasTimeToWait(t *testing.T) {
	d := deployment{ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1000}, {Weight: 5000}}}}
	before := d.defaultTimeout()
	d.requires.list = []requirement{{terms: terms{within: time.Minute}}, {terms: terms{within: time.Hour}}, {}}
	if got := d.defaultTimeout() - before; got != 4*time.Hour { // before the first write, two steps and the promotion
		t.Errorf("there are %s more", got)
	}
}
