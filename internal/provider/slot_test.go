package provider_test

import (
	"strings"
	"testing"
)

// TestBehindIsAGuardOnPlans: who says that plans only warn gets a warning.
func TestBehindIsAGuardOnPlans(t *testing.T) {
	t.Parallel()
	w := newECSWorld(t)
	w.turns("shop:2", "", "    behind = { blue = \"app:3\", green = \"app:2\" }\n")
	const says = "What is behind blue is about to change, and it serves users"
	if out, code := w.plan(); code != 1 || !strings.Contains(out, "Error: "+says) {
		t.Errorf("it ends with %d:\n%s", code, out)
	}
	w.put("lenient_override.tf", "provider \"rollout\" {\n  preflight = \"warn\"\n}\n")
	if out, code := w.plan(); code != 2 || !strings.Contains(out, "Warning: "+says) {
		t.Errorf("with a lenient provider it ends with %d:\n%s", code, out)
	}
}

// TestBehindAtRest: what is behind a group that serves is looked at also where nothing
// is to move, and what failed does not make what is there by then count as rolled out.
func TestBehindAtRest(t *testing.T) {
	t.Parallel()
	w := newECSWorld(t)
	w.turns("shop:2", "", "    behind = { blue = \"app:1\", green = \"app:2\" }\n")
	w.applies()
	w.at("green")
	w.quiet()
	w.turns("shop:2", "", "    behind = { blue = \"app:1\", green = \"app:3\" }\n")
	if out, code := w.plan(); code != 1 || !strings.Contains(out, "What is behind green is about to change") {
		t.Errorf("it ends with %d:\n%s", code, out)
	}

	// Somebody deploys what serves past Terraform, and a release after that fails.
	w.brings("green", 4)
	w.brings("blue", 3)
	for _, a := range []string{"10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"} {
		w.must(w.amazon.SetHealth(w.front.Groups["blue"], a, "Target.Timeout"))
	}
	w.turns("shop:3", "", "")
	w.fails("targets are healthy")
	w.at("green")
	w.has(w.planned(), "What is behind green has changed, and it serves users", "app:2", "app:4")
}

// TestSlotStandsInTheWayOfNoDestroy: what the error says lets one destroy.
func TestSlotStandsInTheWayOfNoDestroy(t *testing.T) {
	t.Parallel()
	w := newECSWorld(t)
	w.turns("shop:2", "", "")
	w.applies()
	w.forward("blue", 70, "green", 30)
	w.turns("shop:3", "", "")
	if out, code := w.terraform("destroy", "-auto-approve", "-no-color"); code == 0 || !strings.Contains(out, "No slot is idle") {
		t.Errorf("a destroy ends with %d:\n%s", code, out)
	}
	if out, code := w.terraform("destroy", "-auto-approve", "-no-color", "-refresh=false"); code != 0 {
		t.Errorf("what the message says does not help:\n%s", out)
	}
}
