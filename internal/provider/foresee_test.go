package provider_test

import (
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
)

// says returns what a plan prints, and fails the test if it has any of not.
func (w *world) says(not ...string) string {
	w.Helper()
	out, _ := w.plan()
	for _, s := range not {
		if strings.Contains(flatten(out), s) {
			w.Errorf("the plan says %q:\n%s", s, out)
		}
	}
	return out
}

func TestPlanRefusesABrokenRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(s *runpb.Service) {
		s.Template.Containers[0].Image = w.NoStart
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: w.first, Percent: 100}}
	})
	w.clock.Advance(time.Hour)
	broken := w.box.Service(shop).Newest
	w.write(strings.ReplaceAll(w.file("no_steps"), "shop-00002-m3s", broken))
	w.has(w.says(), "Error: Not ready: revision "+broken, "It cannot serve: ")
}

// TestPreflightOffSilencesRequirementsAlone: what an apply will do is said all
// the same.
func TestPreflightOffSilencesRequirementsAlone(t *testing.T) {
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.deploys(w.Bad, "")
	w.fails("is blocked")
	w.moveAll(2)
	t.Setenv("ROLLOUT_PREFLIGHT", "off")
	w.has(w.says(), "is blocked", "Traffic was moved by somebody else")
}

// TestAdviceToRetryIsOneThatWorks executes what each message says, as often as
// the content fails.
func TestAdviceToRetryIsOneThatWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.deploys(w.Bad, "")
	out := w.fails("is blocked")
	for _, suffix := range []string{"", "#2", "#3"} {
		bad := w.box.Service(shop).Newest
		advice := `set retry = "` + bad + suffix + `" to try it again`
		w.has(out, advice)
		w.has(w.says("did not ask for"), advice, bad+" is blocked")
		w.deploys(w.Bad, `retry = "`+bad+suffix+`"`)
		w.says("is blocked", "retry names nothing", "did not ask for")
		out = w.fails("is blocked")
	}
	w.deploys(w.Bad, `retry = "foo"`)
	w.has(w.says(), "Warning: retry names nothing that is blocked", `retry = "foo"`, "is tried again with")
	w.deploys(w.V2, `retry = "foo"`)
	w.has(w.says(), "Warning: retry names nothing that is blocked")
}

func TestRetryWhereNothingIsBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, `retry = "foo"`)
	w.has(w.says(), "Warning: retry names nothing that is blocked", `Nothing is blocked. It is "foo", and does nothing.`)
}

func TestPlanSaysThatARevertedMergeGoesBackAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	home := w.box.Service(shop).Newest
	w.deploys(w.V3, "hold_at = 50")
	w.applies()
	w.deploys(w.V2, "")
	w.has(w.says("goes on from"), "Warning: An unfinished rollout is undone", home+" is marked as the way home", "everything goes back to it at once")
	w.applies()
	w.only(w.V2)
}

func TestPlanSaysWhatOneStepDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, `advance = "one_step"`)
	w.applies()
	w.clock.Advance(time.Hour)
	w.has(w.says("baked in full"), "Warning: The rollout goes on from 10 %", "The time since 14:01:", "and then it rises by one step")
	w.clock.Advance(24 * time.Hour)
	w.has(w.says("baked in full"), "longer than max_unattended (24h): everything goes home")
	w.fails("unverified")
	w.only(w.V1)
}
