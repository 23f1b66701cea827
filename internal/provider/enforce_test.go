package provider

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// What configuration may ask to enforce has to be something that can be.
func TestEnforcedKindsEnforce(t *testing.T) {
	n := 0
	for _, k := range catalog.Checks() {
		if k.Enforced == nil {
			continue
		}
		n++
		kinds, none := map[string]attr.Type{}, map[string]attr.Value{}
		for name, a := range k.Attributes {
			kinds[name], none[name] = types.StringType, types.StringNull()
			if !a.GetType().Equal(types.StringType) {
				t.Fatalf("%s: %s is no text, and this test does not know it", k.Name, name)
			}
		}
		check, err := k.Open(t.Context(), types.ObjectValueMust(kinds, none), nil)
		if _, ok := check.(rollout.Enforcer); !ok || err != nil {
			t.Errorf("%s: %T, %v", k.Name, check, err)
		}
	}
	if n == 0 {
		t.Error("no kind is")
	}
}

// willing is a scripted check that notes when it was to enforce, and what it says then.
type willing struct {
	scripted
	c    *core
	did  *[]time.Time
	says func() (string, *rollout.Finding)
}

func (w willing) Enforce(context.Context) (string, *rollout.Finding) {
	*w.did = append(*w.did, w.c.clock.Now())
	return w.says()
}

// enforcing is a requirement that is enforced after half a minute of a minute.
func enforcing(enforce func() (string, *rollout.Finding), says ...rollout.Finding) (r requirements, c *core, did func() []time.Duration) {
	after := 30 * time.Second
	r, c, _ = scriptedRequirements(terms{within: time.Minute, enforce: &after}, says...)
	var at []time.Time
	opened := r.list[0].kind.Open
	r.list[0].kind.Open = func(ctx context.Context, b types.Object, clients *cloud.Clients) (rollout.Check, error) {
		check, err := opened(ctx, b, clients)
		return willing{check.(scripted), c, &at, enforce}, err
	}
	r.list[0].kind.Enforced = &preflight.Enforced{}
	began := c.clock.Now()
	return r, c, func() []time.Duration {
		var out []time.Duration
		for _, t := range at {
			out = append(out, t.Sub(began))
		}
		return out
	}
}

func succeeds() (string, *rollout.Finding) { return "told it", nil }

// When something is enforced, and what is said of it.
func TestEnforced(t *testing.T) {
	repeat := func(f rollout.Finding, n int) []rollout.Finding { return slices.Repeat([]rollout.Finding{f}, n) }
	later := rollout.Finding{Status: rollout.Failed, Retry: true, Why: "it may not yet", Fix: "look"}
	denied := rollout.Finding{Status: rollout.Skipped, Why: "stopping is denied", Fix: "grant it"}
	for name, x := range map[string]struct {
		says    []rollout.Finding
		enforce func() (string, *rollout.Finding)
		did     []time.Duration
		status  rollout.Status
		why     string
	}{
		"what is met is left alone":          {[]rollout.Finding{met}, succeeds, nil, rollout.Passed, "it is there"},
		"what is met in time is left alone":  {append(repeat(notMet, 6), met), succeeds, nil, rollout.Passed, "it is there"},
		"what is missing still is brought":   {append(repeat(notMet, 7), met), succeeds, []time.Duration{30 * time.Second}, rollout.Passed, "it is there"},
		"as long as it is missing":           {append(repeat(notMet, 8), met), succeeds, []time.Duration{30 * time.Second, 35 * time.Second}, rollout.Passed, "it is there"},
		"what comes and goes has been there": {append(append(repeat(notMet, 5), met, met), append(repeat(notMet, 1), met)...), succeeds, []time.Duration{35 * time.Second}, rollout.Passed, "it is there"},
		"why it was not done stands there":   {repeat(notMet, 1), func() (string, *rollout.Finding) { f := later; return "", &f }, []time.Duration{30 * time.Second, 35 * time.Second, 40 * time.Second, 45 * time.Second, 50 * time.Second, 55 * time.Second}, rollout.Failed, "it may not yet; it was looked at for 1m, and within allows 1m"},
		"what nobody may is not waited for":  {repeat(notMet, 1), func() (string, *rollout.Finding) { f := denied; return "", &f }, []time.Duration{30 * time.Second}, rollout.Skipped, "stopping is denied"},
	} {
		t.Run(name, func(t *testing.T) {
			r, c, did := enforcing(x.enforce, x.says...)
			got := r.patiently(t.Context(), c, "test")
			if !slices.Equal(did(), x.did) {
				t.Errorf("enforced at %s, want %s", did(), x.did)
			}
			if len(got) != 1 || got[0].Status != x.status || got[0].Why != x.why || got[0].Again != 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// Nothing is enforced for a release that does not come, nor where nobody asked for
// it, nor by a look that only looks.
func TestNothingIsEnforcedInVain(t *testing.T) {
	r, c, did := enforcing(succeeds, notMet)
	other, _, _ := scriptedRequirements(terms{within: time.Hour}, notMet)
	r.list = append(r.list, other.list...)
	r.list[1].patience.since, r.list[1].patience.last = c.clock.Now(), nil
	if r.patiently(t.Context(), c, "test"); len(did()) > 0 {
		t.Errorf("beside something else that is missing it was enforced at %s", did())
	}
	r, c, did = enforcing(succeeds, notMet)
	r.list[0].enforce = nil
	if r.patiently(t.Context(), c, "test"); len(did()) > 0 {
		t.Errorf("unasked it was enforced at %s", did())
	}
	r, c, did = enforcing(succeeds, notMet)
	for range 12 {
		r.run(t.Context(), c, look{}, nil, nil)
		_ = c.clock.Sleep(t.Context(), lookAgain)
	}
	if len(did()) > 0 {
		t.Errorf("by looks it was enforced at %s", did())
	}
	r, c, did = enforcing(succeeds, notMet)
	ctx, cancel := context.WithCancel(t.Context())
	for range 12 {
		r.run(ctx, c, look{tell: func(string) {}}, nil, nil)
		_ = c.clock.Sleep(t.Context(), lookAgain)
		if c.clock.Now().Sub(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)) == 30*time.Second {
			cancel() // a person wants it to end
		}
	}
	if cancel(); len(did()) > 0 {
		t.Errorf("after an interrupt it was enforced at %s", did())
	}
	r, c, did = enforcing(succeeds, notMet)
	soft, _, _ := scriptedRequirements(terms{advisory: true}, notMet)
	r.list = append(r.list, soft.list...)
	if r.patiently(t.Context(), c, "test"); len(did()) == 0 {
		t.Error("what only warns keeps it from being enforced")
	}
}

// A plan says what an apply does about what it can do something about.
func TestEnforcementIsForetold(t *testing.T) {
	can := notMet
	can.Enforceable = true
	for _, x := range []struct {
		says rollout.Finding
		fix  string
	}{{can, "An apply waits for it, at most 1m, and stops thing after 30s."}, {notMet, "make it"}, {met, ""}} {
		r, c, did := enforcing(succeeds, x.says)
		r.list[0].kind.Enforced = &preflight.Enforced{Does: "stops {object} after {after}"}
		f := r.run(t.Context(), c, look{planning: true, moves: true}, nil, nil)[0]
		if f.Status != x.says.Status || f.Why != x.says.Why || f.Fix != x.fix || len(did()) > 0 {
			t.Errorf("got %+v, enforced at %s", f, did())
		}
	}
}

// TestEnforcedIsTold: what was done is told once it was done.
func TestEnforcedIsTold(t *testing.T) {
	r, c, _ := enforcing(succeeds, append(slices.Repeat([]rollout.Finding{notMet}, 7), met)...)
	var told []string
	for range 10 {
		r.run(t.Context(), c, look{tell: func(what string) { told = append(told, what) }}, nil, nil)
		_ = c.clock.Sleep(t.Context(), lookAgain)
	}
	if got := strings.Join(told, "; "); got != "odd thing: told it" {
		t.Errorf("told: %s", got)
	}
}
