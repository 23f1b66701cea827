package provider_test

import (
	"strings"
	"testing"
)

// pair is a worker and an API of one release, on two services. EDGE stands inside
// the requires of the API, MORE beside it.
const pair = `
resource "rollout_safe_deployment" "worker" {
  cloud_run {
    service = "projects/demo/locations/us-central1/services/other"
    image   = "WORKER"
  }
  step {
    weight = 50
    bake   = "1m"
  }
  SETTINGS
}
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
  }
  MORE
}
`

const (
	edge = `requires {
    release_order {
      role     = "worker"
      revision = rollout_safe_deployment.worker.revision
      promoted = rollout_safe_deployment.worker.promoted
    }
  }
`
	ofWorker, ofAPI = `role = "worker"`, `role = "api"`
)

// releasesBoth writes the pair, both of an image.
func (w *world) releasesBoth(image, worker, api string) {
	w.Helper()
	w.write(strings.NewReplacer("WORKER", image, "IMAGE", image, "SETTINGS", worker, "MORE", api).Replace(pair))
}

// The API waits in apply for a worker that changes in the same plan, and knows at
// plan that it will.
func TestReleaseOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.anotherService()
	w.releasesBoth(w.V2, ofWorker, ofAPI+"\n"+edge)
	out, _ := w.plan()
	w.has(out, "release_order worker: it is not known before apply")
	w.applies()
	w.quiet()

	// A worker that is held keeps the API where it is.
	first := w.box.Service(shop).Newest
	w.releasesBoth(w.V3, ofWorker+"\nhold_at = 50", ofAPI+"\n"+edge)
	out, code := w.apply()
	if code != 1 {
		t.Fatalf("the API went on:\n%s", out)
	}
	w.has(out, "Not ready: release_order worker", "is promoted there, and other-0000", "is to be")
	if live := w.live(); live[first] != 100 {
		t.Errorf("live is %v, want %s", live, first)
	}
	out, code = w.plan() // known by now
	if code != 1 {
		t.Fatalf("the plan is not refused:\n%s", out)
	}
	w.has(out, "Not ready: release_order worker")

	// It is promoted, and the API follows in the same apply.
	w.releasesBoth(w.V3, ofWorker, ofAPI+"\n"+edge)
	w.applies()
	w.only(w.V3)
	w.quiet()
}

// A worker that goes home ends the apply before the API begins.
func TestReleaseOrderOfAWorkerThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.anotherService()
	w.releasesBoth(w.V2, ofWorker, ofAPI+"\n"+edge)
	w.applies()
	first := w.box.Service(shop).Newest
	w.write(strings.NewReplacer("WORKER", w.NoStart, "IMAGE", w.V3, "SETTINGS", ofWorker, "MORE", ofAPI+"\n"+edge).Replace(pair))
	if out, code := w.apply(); code != 1 {
		t.Fatalf("it succeeded:\n%s", out)
	}
	if live := w.live(); live[first] != 100 || len(w.box.Service(shop).Revisions) != 2 {
		t.Errorf("live is %v of %v, want %s", live, w.box.Service(shop).Revisions, first)
	}
}

// Without an edge both would be rolled out at once: the plan says which is
// missing. Where nothing of the other one changes there is nothing to order.
func TestMissingEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.anotherService()
	w.releasesBoth(w.V2, ofWorker, ofAPI)
	out, code := w.plan()
	if code != 1 {
		t.Fatalf("the plan is not refused:\n%s", out)
	}
	w.has(out, "Nothing says that worker goes before api", "schema, then worker, then api, then frontend")
	w.releasesBoth(w.V2, ofWorker, ofAPI+"\n"+edge)
	w.applies()
	w.write(strings.NewReplacer("WORKER", w.V2, "IMAGE", w.V3, "SETTINGS", ofWorker, "MORE", ofAPI).Replace(pair))
	w.applies() // the worker stays
	w.only(w.V3)
}

// What is removed goes the other way round.
func TestReleaseOrderOfARemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.anotherService()
	back := strings.ReplaceAll(edge, "worker", "api")
	w.releasesBoth(w.V2, ofWorker+"\nchange = \"remove\"\n"+back, ofAPI+"\nchange = \"remove\"")
	w.applies()
	w.only(w.V2)
	w.quiet()
	w.releasesBoth(w.V3, ofWorker+"\nchange = \"remove\"", ofAPI+"\nchange = \"remove\"")
	out, _ := w.plan()
	w.has(out, "Nothing says that api goes before worker")
}

// A guard of plans can be softened like any other.
func TestMissingEdgeAsAWarning(t *testing.T) {
	w := newWorld(t)
	w.anotherService()
	w.releasesBoth(w.V2, ofWorker, ofAPI)
	t.Setenv("ROLLOUT_PREFLIGHT", "warn")
	out, code := w.plan()
	if code != 2 {
		t.Fatalf("a warning refuses the plan:\n%s", out)
	}
	w.has(out, "Warning: Nothing says that worker goes before api")
	t.Setenv("ROLLOUT_PREFLIGHT", "off")
	if out, _ := w.plan(); strings.Contains(out, "Nothing says") {
		t.Errorf("off says\n%s", out)
	}
}
