package cloudrun

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// A person's word is read at every look, is a write like any other to those that
// look away, and stays as it is: whatever we write leaves it alone.
func TestAbortIsReadAndNeverWritten(t *testing.T) {
	h := newHarness(t)
	of := h.open(t, h.path(), settings{})
	asks := func(why, want string) rollout.Observation {
		t.Helper()
		if err := h.box.Annotate(shop, "rollout-abort", why); err != nil {
			t.Fatal(err)
		}
		o, err := of.Observe(t.Context())
		if err != nil || o.Abort != want {
			t.Fatalf("%q reads as %q (%v), want %q", why, o.Abort, err, want)
		}
		return o
	}
	before, err := of.Observe(t.Context())
	if err != nil || before.Abort != "" {
		t.Fatalf("nobody has spoken: %q (%v)", before.Abort, err)
	}
	now := asks("bad checkout", "bad checkout")
	if now.Token == before.Token || now.Newest != before.Newest || now.Template != before.Template || !now.Routing.Same(before.Routing) {
		t.Errorf("a word changed %+v into %+v", before, now)
	}
	want := before.Routing
	want.Home = h.old
	if err := of.Apply(t.Context(), want, before.Token); !errors.Is(err, rollout.ErrConflict) {
		t.Errorf("who has not heard it writes all the same: %v", err)
	}
	if err := of.Apply(t.Context(), want, now.Token); err != nil {
		t.Fatal(err)
	}
	if o, err := of.Observe(t.Context()); err != nil || o.Abort != "bad checkout" || o.Routing.Home != h.old {
		t.Errorf("after a write of ours: %q, home %s (%v)", o.Abort, o.Routing.Home, err)
	}
	asks("two\nlines\x1b[2J", "two lines [2J")
	asks(strings.Repeat("x", 300), strings.Repeat("x", 199)+"…")
	asks(" \n", "")
	asks("", "")
}

// A whole rollout is stopped in its middle, and leaves no mark.
func TestAbortOfAWholeRollout(t *testing.T) {
	h := newHarness(t)
	h.clock.Every(10*time.Second, func(time.Time) {
		if v := h.box.Service(shop); v.Percent[v.Newest] == 10 {
			if err := h.box.Annotate(shop, "rollout-abort", "bad checkout"); err != nil {
				t.Error(err)
			}
		}
	})
	res := h.rollout(t)
	if res.Outcome != engine.RolledBack || res.Stop.Kind != engine.Aborted || !res.Begun {
		t.Fatalf("it ended %s: %s", res.Outcome, res.Why)
	}
	if v := h.box.Service(shop); v.Percent[string(h.old)] != 100 || len(v.Tags) != 1 {
		t.Errorf("live is %v, tags %v", v.Percent, v.Tags)
	}
}
