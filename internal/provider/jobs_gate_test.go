package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// smoked is a rollout whose candidate is tried by a job at 0 %.
const smoked = `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
  }
  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"
  gate {
    name = "smoke"
    job {
      cloud_run_job { job = "projects/demo/locations/us-central1/jobs/smoke" }
    }
    SETTINGS
  }
}
`

func (w *world) smokes(image string) {
	w.Helper()
	w.write(replaceWords(smoked, image, ""))
}

func TestJobIsTheVerdict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.smokes(w.V2)
	out, code := w.plan()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "cloud_run_job projects/demo/locations/us-central1/jobs/smoke", "There is no such job.")

	w.job("smoke", sandbox.Behaviour{Runs: 5 * time.Minute})
	w.applies()
	w.only(w.V2)
	w.ran("smoke", 1)
	told := map[string]string{}
	for _, e := range w.box.Executions("smoke")[0].GetTemplate().GetContainers()[0].GetEnv() {
		told[e.GetName()] = e.GetValue()
	}
	if told["ROLLOUT_REVISION"] != w.box.Service(shop).Newest || !strings.HasPrefix(told["ROLLOUT_URL"], "http://127.0.0.1:") {
		t.Errorf("the job was told %v", told)
	}
	w.quiet()
	w.ran("smoke", 1)

	w.job("smoke", sandbox.Behaviour{Runs: time.Minute, Exit: 2, Print: "checkout answers 500"})
	w.smokes(w.V3)
	if out, code = w.apply(); code != 1 {
		t.Fatal(out)
	}
	w.only(w.V2)
	w.states(out, "ended with exit code 2; it printed last: checkout answers 500", "is blocked")
	w.ran("smoke", 2)
}

func TestJobOfAGateIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.job("smoke", sandbox.Behaviour{Runs: time.Hour})
	w.smokes(w.V2)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.only(w.V1)
	w.states(out, `gate "smoke" gave no verdict at 0 % within 15m`)
	w.clock.Advance(time.Hour)
	w.applies()
	w.only(w.V2)
	w.ran("smoke", 1)
}
