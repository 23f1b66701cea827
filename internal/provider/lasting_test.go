package provider

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// TestCredentialsThatEnd: a rollout that would lose its credentials on the way is
// refused before it begins, and a plan warns of it. This one takes 30 minutes,
// and 2 that are kept for the way home.
func TestCredentialsThatEnd(t *testing.T) {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	at := func(after time.Duration) cloud.End { return cloud.End{At: noon.Add(after)} }
	one, two := rollout.Routing{Split: rollout.Split{"1": rollout.Whole}}, rollout.Routing{Split: rollout.Split{"1": 9000, "2": 1000}, Home: "1"}
	for name, c := range map[string]struct {
		end      cloud.End
		err      error
		shows    rollout.Routing
		record   record
		ladder   func(*engine.Ladder)
		refuses  bool
		warns    string
		leftover string
	}{
		"never":                            {shows: one},
		"long after":                       {end: at(time.Hour), shows: one},
		"just in time":                     {end: at(32 * time.Minute), shows: one},
		"just too soon":                    {end: at(32*time.Minute - time.Second), shows: one, refuses: true, warns: "credentials.of_plan_end_too_soon", leftover: "31m59s"},
		"already":                          {end: at(-time.Hour), shows: one, refuses: true, warns: "credentials.of_plan_end_too_soon", leftover: "0s"},
		"nobody knows":                     {end: cloud.End{Unknown: true}, shows: one, warns: "credentials.end_unknown"},
		"nobody can ask":                   {end: at(0), err: errors.New("no"), shows: one},
		"while it is under way":            {end: at(0), shows: two, warns: "credentials.of_plan_end_too_soon", leftover: "0s"},
		"where nothing moves":              {end: at(0), shows: rollout.Routing{Split: rollout.Split{"2": rollout.Whole}}},
		"a return needs the watch alone":   {end: at(13 * time.Minute), shows: one, record: record{Before: []string{"2"}}},
		"a return by steps":                {end: at(13 * time.Minute), shows: one, record: record{Before: []string{"2"}}, ladder: func(l *engine.Ladder) { l.ReturnBySteps = true }, refuses: true, warns: "credentials.of_plan_end_too_soon", leftover: "13m"},
		"one step needs one step":          {end: at(13 * time.Minute), shows: one, ladder: func(l *engine.Ladder) { l.OneStep = true }},
		"one step that is too long for it": {end: at(11 * time.Minute), shows: one, ladder: func(l *engine.Ladder) { l.OneStep = true }, refuses: true, warns: "credentials.of_plan_end_too_soon", leftover: "11m"},
		"short ones of which nobody knows": {end: cloud.End{Unknown: true}, shows: one, ladder: func(l *engine.Ladder) { l.OneStep = true }},
	} {
		t.Run(name, func(t *testing.T) {
			d := deployment{ladderKnown: true, gatesKnown: true, ladder: engine.Ladder{
				Steps: []engine.Step{{Weight: 1000, Bake: 10 * time.Minute}, {Weight: 5000, Bake: 10 * time.Minute}}, Watch: 10 * time.Minute,
			}}
			if c.ladder != nil {
				c.ladder(&d.ladder)
			}
			c.record.Promoted = types.StringValue("1")
			of := &core{clock: clocktest.New(noon)}
			opened := platform.Place{Ends: func(context.Context) (cloud.End, error) { return c.end, c.err }}
			o := rollout.Observation{Routing: c.shows}

			var does course
			does.outlast(t.Context(), &application{core: of, d: d, opened: opened, record: c.record, timeout: time.Hour}, o, "2")
			if refuses := does.refuse != nil; refuses != c.refuses {
				t.Errorf("an apply refuses: %t, %v", refuses, does.refuse)
			}
			if does.refuse != nil && !strings.Contains(does.refuse.Why, "end in "+c.leftover+" and") {
				t.Errorf("it says %q", does.refuse.Why)
			}

			var diags diag.Diagnostics
			p := planning{safeDeployment: &safeDeployment{shared{of}}, d: d, opened: opened, prior: c.record, shows: o}
			p.lasts(t.Context(), "2", &diags)
			said := ""
			for _, w := range diags {
				for _, m := range planMessages() {
					if m.What == w.Summary() {
						said = m.ID
					}
				}
				if !strings.Contains(w.Detail(), "takes up to") || strings.Contains(w.Detail(), "{") {
					t.Errorf("it warns %s", w.Detail())
				}
			}
			if said != c.warns {
				t.Errorf("a plan warns of %q", said)
			}
		})
	}
}

// TestPlacesThatDoNotTell: most clouds do not tell when credentials end.
func TestPlacesThatDoNotTell(t *testing.T) {
	if end := endOf(t.Context(), platform.Place{}); end != (cloud.End{}) {
		t.Errorf("they end %+v", end)
	}
}
