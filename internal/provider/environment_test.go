package provider_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const promotedThere = "requires {\n    promoted_from {\n      cloud_run_service = \"" + stagingService + "\"\n    }\n  }"

// TestPromotedFromStaging: what staging has promoted may go to production, and is not
// taken home when staging goes on to the next release in the middle; what it has not
// promoted may not, neither at plan nor in an apply of a plan that was right.
func TestPromotedFromStaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stages(w.V1)
	w.stagesNext(w.V2)
	w.deploys(w.V2, promotedThere)
	var once atomic.Bool
	w.clock.Every(time.Minute, func(time.Time) {
		if len(w.live()) > 1 && once.CompareAndSwap(false, true) {
			w.stagesNext(w.V3)
		}
	})
	w.applies()
	w.only(w.V2)
	if !once.Load() || w.box.Service("staging").Percent[w.box.Service("staging").Newest] != 100 {
		t.Fatal("staging did not go on")
	}
	if out, code := w.plan(); code != 0 || strings.Contains(out, "Warning") {
		t.Errorf("nothing is to be done, and a plan says\n%s", out)
	}

	w.deploys(w.V1, promotedThere)
	out, code := w.plan()
	if code != 1 {
		t.Fatalf("what staging had before may go to production:\n%s", out)
	}
	w.hears(out, "promoted_from.other")

	w.deploys(w.V3, promotedThere)
	if out, code := w.terraform("plan", "-no-color", "-input=false", "-out=plan.bin"); code != 0 {
		t.Fatal(out)
	}
	w.stagesNext(w.V1)
	out, code = w.terraform("apply", "-no-color", "-input=false", "plan.bin")
	if code != 1 || !strings.Contains(flatten(out), "is not what is promoted in "+stagingService) {
		t.Errorf("it was applied:\n%s", out)
	}
	w.only(w.V2)
	w.stagesNext(w.V3)
	w.applies()
	w.only(w.V3)
	w.quiet()
}

// TestParityAcrossClouds: a service of Cloud Run beside a function, which have some
// settings in common.
func TestParityAcrossClouds(t *testing.T) {
	t.Parallel()
	w := openEnvironments(t)
	w.write("data \"rollout_environment_parity\" \"both\" {\n" + environmentsOf(`cloud_run_service = "@service"`, `lambda_function = "packed:live"`) + `}

output "both" {
  value = { for s in data.rollout_environment_parity.both.settings : s.key => s.status if contains(["memory", "image", "code", "timeout"], s.key) }
}
`)
	w.has(w.applies(), `"code" = "not_compared"`, `"image" = "not_compared"`, `"memory" = "different"`, `"timeout" = "different"`)
}
