package provider_test

import (
	"testing"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
)

// TestTargetThatWasDeletedCanBeDestroyed: Terraform refreshes and plans before
// it destroys, and what the refresh did not find is planned as new.
func TestTargetThatWasDeletedCanBeDestroyed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.deletes()
	out, code := w.plan()
	if w.has(out, "Warning: The target is gone", "Warning: Not ready: cloud_run", "It does not exist."); code != 2 {
		t.Errorf("the plan ended with %d:\n%s", code, out)
	}
	w.destroys()
}

// TestWayRoundLetsADestroyGoOn where an apply has taken what is gone out of
// state, so that nobody knows that it was ever there.
func TestWayRoundLetsADestroyGoOn(t *testing.T) {
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.deletes()
	w.fails("Error: Not ready: cloud_run", "It does not exist.", "or to destroy, set ROLLOUT_PREFLIGHT=warn")
	t.Setenv("ROLLOUT_PREFLIGHT", "warn")
	w.destroys()
}

func (w *world) destroys() {
	w.Helper()
	if out, code := w.terraform("destroy", "-no-color", "-auto-approve", "-input=false"); code != 0 {
		w.Errorf("it cannot be destroyed:\n%s", out)
	}
}

// deletes removes the service, by hand.
func (w *world) deletes() {
	w.Helper()
	client, err := run.NewServicesClient(w.Context(), w.options()...)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.DeleteService(w.Context(), &runpb.DeleteServiceRequest{Name: w.Service}); err != nil {
		w.Fatal(err)
	}
}
