package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// many makes services beside shop, and leaves their ids with the revision that
// serves each in many.json, for configurations with for_each.
func (w *world) many(n int) {
	w.Helper()
	all := map[string]string{}
	for i := range n {
		name := fmt.Sprintf("shop%d", i)
		if err := w.box.CreateService(w.Context(), name, w.V1); err != nil {
			w.Fatal(err)
		}
		all[w.Service+fmt.Sprint(i)] = w.box.Service(name).Newest
	}
	text, err := json.Marshal(all)
	if err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "many.json"), text, 0o600); err != nil {
		w.Fatal(err)
	}
}

// asked runs a command, and counts the calls that the sandbox saw of it.
func (w *world) asked(args ...string) map[string]int {
	w.Helper()
	before := len(w.box.Calls())
	if out, code := w.terraform(args...); code == 1 {
		w.Fatal(out)
	}
	out := map[string]int{}
	for _, c := range w.box.Calls()[before:] {
		out[c.Method]++
	}
	return out
}

func TestARefreshReadsEachTargetOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(12)
	w.write(`resource "rollout_traffic_split" "all" {
  for_each = jsondecode(file("many.json"))
  cloud_run {
    service = each.key
  }
  weights = { (each.value) = 100 }
}
`)
	w.applies()
	if got := w.asked("plan", "-input=false", "-detailed-exitcode"); len(got) != 1 || got["run.GetService"] != 12 {
		t.Errorf("a plan without changes asked %v", got)
	}
}

// Requirements that stand in many resources are asked about once in a plan, and
// again in an apply.
func TestEqualRequirementsAreLookedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(8)
	for i := range 5 {
		w.box.Secret(fmt.Sprintf("key%d", i), sandbox.Enabled)
	}
	w.write(`resource "rollout_safe_deployment" "all" {
  for_each = jsondecode(file("many.json"))
  cloud_run {
    service = each.key
    image   = "@v2"
  }
  requires {
    dynamic "gcp_secret" {
      for_each = range(5)
      content {
        version = "projects/demo/secrets/key${gcp_secret.value}/versions/1"
      }
    }
  }
}
`)
	const look = "secretmanager.GetSecretVersion"
	if got := w.asked("plan", "-input=false"); got[look] != 5 {
		t.Errorf("a plan asked about secrets %d times", got[look])
	}
	// Within an apply everyone looks for himself before the first write, and what
	// was seen for the plan counts for nobody.
	if got := w.asked("apply", "-auto-approve", "-input=false"); got[look] < 8*5 {
		t.Errorf("an apply asked about secrets %d times", got[look])
	}
}

// What is not there may be there a moment later: it is asked about again.
func TestOnlyWhatPassedIsRememberedForAPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.box.Secret("key", sandbox.Disabled)
	w.many(3)
	w.write(`resource "rollout_preflight" "all" {
  for_each = jsondecode(file("many.json"))
  triggers = { service = each.key }
  requires {
    gcp_secret {
      version = "projects/demo/secrets/key/versions/1"
    }
  }
}
`)
	out, code := w.plan()
	if code != 1 {
		t.Fatal(out)
	}
	w.has(out, "Not ready: gcp_secret")
	if err := w.box.SetSecretVersion("key", 1, sandbox.Enabled); err != nil {
		t.Fatal(err)
	}
	w.applies()
}
