package cloudrun

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// rollout makes a revision and takes it over 10 % and 50 % to all traffic. A
// change may take a minute, so that giving up costs no more looks than that.
func (h *harness) rollout(t *testing.T) runner.Result {
	t.Helper()
	limits := limits
	limits.Settle = time.Minute
	of := h.open(t, h.path(), settings{image: h.image(t, sandbox.Behaviour{Version: "candidate"})})
	return runner.Rollout{
		Target: of, Maker: of, Limits: limits, Clock: h.clock,
		Ladder: engine.Ladder{Steps: []engine.Step{{Weight: 1000, Bake: 2 * time.Minute}, {Weight: 5000, Bake: 2 * time.Minute}}, Watch: 2 * time.Minute},
	}.Run(t.Context())
}

// writes lists what took effect, as "template,traffic".
func (h *harness) writes() []string {
	var out []string
	for _, c := range h.box.Calls() {
		if c.Effect && c.ETag != "" && c.Mask != nil {
			out = append(out, c.Mask[len(c.Mask)-1])
			if len(c.Mask) > 1 {
				out[len(out)-1] = c.Mask[0] + "," + c.Mask[1]
			}
		}
	}
	return out
}

// TestWholeRolloutUnderFaults: a platform that throttles, fails, forgets to
// answer, settles late or shows the past delays a rollout and changes nothing
// about how it ends: one revision, the same writes, and no mark is left.
func TestWholeRolloutUnderFaults(t *testing.T) {
	update, get := "run.UpdateService", "run.GetService"
	for name, faults := range map[string][]sandbox.Fault{
		"none":                             nil,
		"throttled":                        {{Kind: sandbox.Throttle, Method: "run.", Times: 6}, {Kind: sandbox.Throttle, Method: update, Skip: 2, Times: 5}},
		"reads fail":                       {{Kind: sandbox.Internal, Method: get, Times: 5}, {Kind: sandbox.Unavailable, Method: "run.GetRevision", Skip: 20, Times: 5}, {Kind: sandbox.Internal, Method: "run.ListRevisions", Times: 5}},
		"reads fail for longer than tries": {{Kind: sandbox.Internal, Method: get, Skip: 15, Times: 30}},
		"making fails":                     {{Kind: sandbox.Internal, Method: update, Times: 2}, {Kind: sandbox.Unavailable, Method: update, Times: 2}},
		"making is dropped":                {{Kind: sandbox.DropBefore, Method: update, Times: 3}},
		"no write is ever answered":        {{Kind: sandbox.LostAnswer, Method: update}},
		"somebody writes before each of the first four": {{Kind: sandbox.Conflict, Method: update, Times: 4}},
		"every change takes a while":                    {{Kind: sandbox.SettleAfter, Method: update, D: 20 * time.Second}},
		"reads show the past for a while":               {{Kind: sandbox.StaleRead, Method: get, D: 10 * time.Second}},
		"all of that": {
			{Kind: sandbox.Throttle, Method: "run.", Skip: 5, Times: 6},
			{Kind: sandbox.Internal, Method: get, Skip: 9, Times: 5},
			{Kind: sandbox.SettleAfter, Method: update, D: 20 * time.Second},
			{Kind: sandbox.StaleRead, Method: get, D: 10 * time.Second},
			{Kind: sandbox.Conflict, Method: update, Times: 1},
			{Kind: sandbox.LostAnswer, Method: update, Skip: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			there, before := len(h.revisions(t)), len(h.writes())
			for _, f := range faults {
				t.Cleanup(h.box.Fault(f))
			}
			res := h.rollout(t)
			if res.Outcome != engine.Promoted || !res.Shows.Routing.HasAll(res.Candidate) {
				t.Fatalf("it ended %s: %s (%v)", res.Outcome, res.Why, res.Err)
			}
			h.clock.Advance(10 * time.Minute)
			v := h.box.Service(shop)
			if !maps.Equal(v.Percent, map[string]int{string(res.Candidate): 100}) || !maps.Equal(v.Tags, map[string]string{"theirs": string(h.old)}) {
				t.Errorf("users get %v, tags are %v", v.Percent, v.Tags)
			}
			if n := len(h.revisions(t)) - there; n != 1 {
				t.Errorf("it made %d revisions", n)
			}
			if got := h.writes()[before:]; len(got) < 5 || got[0] != "template,traffic" || slices.ContainsFunc(got[1:], func(w string) bool { return w != "traffic" }) {
				t.Errorf("it wrote %q", got)
			}
		})
	}
}

// TestRiseWithoutAnAnswer: nobody says that it was not taken, and nothing was
// written since: it is asked for again, on condition of the same etag.
func TestRiseWithoutAnAnswer(t *testing.T) {
	for _, kind := range []sandbox.FaultKind{sandbox.DropBefore, sandbox.Unavailable, sandbox.Internal} {
		h := newHarness(t)
		h.box.Fault(sandbox.Fault{Kind: kind, Method: "run.UpdateService", Skip: 3, Times: 1})
		res := h.rollout(t)
		if res.Outcome != engine.Promoted || h.Truth(t).Sole() != res.Candidate {
			t.Errorf("it ended %s: %s; users get %s", res.Outcome, res.Why, h.Truth(t))
		}
	}
}

// TestMeddlerStopsAWholeRollout: whoever moves traffic between our look and our
// write, at any of them, is not overwritten. What moves no traffic stops
// nothing.
func TestMeddlerStopsAWholeRollout(t *testing.T) {
	for nth, name := range []string{"making", "naming what was made", "the first step", "the second step", "the promotion", "taking the marks away"} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			third := h.More(t, 1)[0]
			h.box.Fault(sandbox.Fault{Kind: sandbox.Before, Method: "run.UpdateService", Skip: nth, Do: func() {
				h.meddle(t, map[string]int{string(third): 100}, nil)
			}})
			before := h.Writes()
			res := h.rollout(t)
			if res.Outcome.Success() {
				t.Fatalf("it ended %s: %s", res.Outcome, res.Why)
			}
			if truth := h.Truth(t); truth.Sole() != third {
				t.Errorf("it ended %s, and users get %s in place of what somebody else chose", res.Outcome, truth)
			}
			if n := h.Writes() - before; n != nth {
				t.Errorf("%d writes took effect, want the %d before the meddler's", n, nth)
			}
		})
		t.Run(name+", and no traffic is moved", func(t *testing.T) {
			h := newHarness(t)
			h.box.Fault(sandbox.Fault{Kind: sandbox.Before, Method: "run.UpdateService", Skip: nth, Do: func() {
				h.change(t, func(s *runpb.Service) { s.Description = "written in between" })
			}})
			res := h.rollout(t)
			if res.Outcome != engine.Promoted || !res.Shows.Routing.HasAll(res.Candidate) {
				t.Errorf("it ended %s: %s (%v)", res.Outcome, res.Why, res.Err)
			}
			if got := h.live(t).GetDescription(); got != "written in between" {
				t.Errorf("the description is %q: somebody else's write was lost", got)
			}
		})
	}
}

// TestStepThatNeverSettles ends at the platform's limit, with traffic at home.
func TestStepThatNeverSettles(t *testing.T) {
	h := newHarness(t)
	defer h.box.Fault(sandbox.Fault{Kind: sandbox.NeverSettle, Method: "run.UpdateService", Skip: 2, Times: 1})()
	res := h.rollout(t)
	if res.Outcome.Success() || !res.Shows.Routing.HasAll(h.old) || h.Truth(t).Sole() != h.old {
		t.Errorf("it ended %s: %s; it shows %s, users get %s", res.Outcome, res.Why, res.Shows.Routing, h.Truth(t))
	}
}

// TestServiceURLSpeaksForWhoServes: while a change is under way others may
// answer there.
func TestServiceURLSpeaksForWhoServes(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path(), settings{})
	defer h.box.Fault(sandbox.Fault{Kind: sandbox.SettleAfter, Method: "run.UpdateService", D: time.Minute})()
	all := rollout.Routing{Split: rollout.All(h.new), Home: h.old, Keep: []rollout.Revision{h.new}}
	if err := of.Apply(t.Context(), all, look(t, of).Token); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after    time.Duration
		serves   rollout.Revision
		wantSole bool // New is known to answer for the service
	}{{0, h.old, false}, {30 * time.Second, h.old, false}, {30 * time.Second, h.new, true}} {
		h.clock.Advance(c.after)
		look(t, of, h.old, h.new)
		if h.Truth(t).Sole() != c.serves {
			t.Fatalf("users get %s", h.Truth(t))
		}
		for r, want := range map[rollout.Revision]bool{h.new: c.wantSole, h.old: false} {
			if got, err := of.Subject(t.Context(), r); err != nil || (got.ServiceURL != nil) != want {
				t.Errorf("%s answers for the service: %v (%v)", r, got.ServiceURL != nil, err)
			}
		}
	}
}

// TestAddress: a revision is reached by our tag on it, else by somebody's.
func TestAddress(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path(), settings{})
	at := func(r rollout.Revision) string {
		t.Helper()
		look(t, of)
		got, err := of.Subject(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return got.URL
	}
	if got, want := at(h.old), h.box.TagURL(shop, "theirs"); got == "" || got != want {
		t.Errorf("%s answers at %q, want %q", h.old, got, want)
	}
	if got := at(h.new); got != "" {
		t.Errorf("%s has no tag, and answers at %q", h.new, got)
	}
	h.meddle(t, map[string]int{string(h.old): 100}, map[string]string{"a": string(h.new), "ro-cand": string(h.new), "z": string(h.new), "theirs": string(h.old)})
	if got, want := at(h.new), h.box.TagURL(shop, "ro-cand"); got == "" || got != want {
		t.Errorf("%s answers at %q, want %q", h.new, got, want)
	}
}

// TestAddressOfManyEntries: in whatever order the platform lists them.
func TestAddressOfManyEntries(t *testing.T) {
	for name, c := range map[string]struct {
		entries []string
		want    string
	}{
		"no tag":                   {[]string{"api-1 90%", "api-2 10%"}, ""},
		"a share before the tag":   {[]string{"api-1 90%", "api-1 @stable"}, "stable"},
		"a share after the tag":    {[]string{"api-1 @stable", "api-1 90%"}, "stable"},
		"ours before somebody's":   {[]string{"api-1 @ro-home", "api-1 @stable", "api-1 90%"}, "ro-home"},
		"ours after somebody's":    {[]string{"api-1 @stable", "api-2 @ro-cand", "api-1 @ro-home"}, "ro-home"},
		"on another revision":      {[]string{"api-2 @stable", "api-1 90%"}, ""},
		"on whatever is latest":    {[]string{"latest @ro-cand", "api-1 90%"}, ""}, // it may be another one at the next request
		"on a name that is longer": {[]string{"api-11 @stable"}, ""},
	} {
		of := &service{marks: speaking, last: &runpb.Service{TrafficStatuses: statuses(t, c.entries...)}}
		for _, e := range of.last.GetTrafficStatuses() {
			e.Uri = e.GetTag()
		}
		if got := of.address("api-1"); got != c.want {
			t.Errorf("%s: it answers at %q, want %q", name, got, c.want)
		}
	}
}

// TestApplyBesideAnotherLook: the token says which state is meant, not what
// this process happened to see last.
func TestApplyBesideAnotherLook(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path(), settings{})
	old := look(t, of).Token
	h.tag(t, "new", string(h.new))
	at := look(t, h.open(t, h.path(), settings{})).Token
	if err := of.Apply(t.Context(), rollout.Routing{Split: rollout.All(h.new)}, at); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Minute)
	look(t, of)
	if got := h.box.Service(shop).Tags; !maps.Equal(got, map[string]string{"theirs": string(h.old), "new": string(h.new)}) {
		t.Errorf("tags are %v: one that had come since the last look was lost", got)
	}
	fresh, sent := h.open(t, h.path(), settings{}), h.updates()
	if err := fresh.Apply(t.Context(), rollout.Routing{Split: rollout.All(h.old)}, old); !errors.Is(err, rollout.ErrConflict) || err.Error() != h.path()+": somebody else changed it in the meantime" {
		t.Errorf("with a token of the past: %v", err)
	}
	if h.updates() != sent {
		t.Error("a write was sent that was known to be refused")
	}
}

// updates counts the writes that were sent, refused ones too.
func (h *harness) updates() int {
	n := 0
	for _, c := range h.box.Calls() {
		if c.Method == "run.UpdateService" {
			n++
		}
	}
	return n
}

// TestImpossibleRoutingIsNotSent: nobody is asked what is known to be refused.
func TestImpossibleRoutingIsNotSent(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path(), settings{})
	at, sent := look(t, of).Token, h.updates()
	for want, split := range map[string]rollout.Split{
		"the platform refused the request: 99.5 % of shop-old is finer than 1 %":    {"shop-old": 9950, "shop-new": 50},
		"the platform refused the request: the shares add up to 90 %, not to 100 %": {"shop-old": 9000},
		"the platform refused the request: a share of the traffic has no revision":  {"": 10_000},
	} {
		if err := of.Apply(t.Context(), rollout.Routing{Split: split}, at); !errors.Is(err, rollout.ErrInvalid) || err.Error() != want {
			t.Errorf("%s: %v, want %s", split, err, want)
		}
	}
	if h.updates() != sent {
		t.Error("it was sent")
	}
}

// TestSubjectOfWhatWasSeen: describing what was just observed asks nobody; gates
// do it at every evaluation.
func TestSubjectOfWhatWasSeen(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path(), settings{})
	look(t, of, h.new)
	before := len(h.box.Calls())
	for _, r := range []rollout.Revision{h.old, h.new} {
		if _, err := of.Subject(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(h.box.Calls()) - before; n != 0 {
		t.Errorf("it took %d calls", n)
	}
}
