package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const telemetry = `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"
  SETTINGS
}
`

// Cloud Run's own timing: sampled once a minute, shown two minutes later.
func (w *world) asCloudRunSamples() {
	w.box.MetricsSampling(time.Minute)
	w.box.MetricsLag(2 * time.Minute)
}

const load = `gate {
    name       = "NAME"
    fail_above = 70
    window     = "2m"
    cloud_monitoring {
      metric = "NAME"
    }
  }`

// A candidate that answers as well as the one before and burns its CPU, or fills
// its memory, goes home; one that needs as much as before does not.
func TestRevisionThatNeedsMore(t *testing.T) {
	for name, hot := range map[string]sandbox.Behaviour{
		"cpu":    {Version: "hot", CPU: 0.85, Memory: 0.3},
		"memory": {Version: "hot", CPU: 0.3, Memory: 0.85},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.users(nobody)
			w.asCloudRunSamples()
			if err := w.box.SetBehaviour(shop, w.first, sandbox.Behaviour{CPU: 0.4, Memory: 0.4}); err != nil {
				t.Fatal(err)
			}
			gate := strings.ReplaceAll(load, "NAME", name)
			w.write(replaceWords(telemetry, w.image("hot", hot), gate))
			w.fails("was rolled back at 10 %", `Gate "`+name+`" measured 85.`, "limit 70 %", w.first+" in the same time: 40.")
			w.only(w.V1)
			w.write(replaceWords(telemetry, w.image("cool", sandbox.Behaviour{Version: "cool", CPU: 0.6, Memory: 0.6}), gate))
			w.applies()
			w.quiet()
		})
	}
}
