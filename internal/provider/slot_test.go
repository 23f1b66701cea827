package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

// TestSlotPolicies: the data source needs what the policy of a plan allows, and names
// what is missing.
func TestSlotPolicies(t *testing.T) {
	t.Parallel()
	w := newECSWorld(t)
	all := permissionsOf(t, "alb")
	if !slices.ContainsFunc(all, func(p cloud.Permission) bool { return p.Action == "ec2:DescribeLaunchTemplateVersions" }) {
		t.Error("launch templates are not among what a plan may read")
	}
	runs := func(without ...cloud.Permission) (string, int) {
		t.Helper()
		w.mayBalance(all, cloud.AtPlan, without...)
		w.write("data \"rollout_slot\" \"api\" {\n  alb {\n    listener = \"@listener\"\n    target_groups = { blue = \"@blue\", green = \"@green\" }\n    ecs_cluster = \"main\"\n  }\n  content = \"shop:2\"\n}\n")
		return w.plan()
	}
	if out, code := runs(); code != 0 {
		t.Fatalf("under its policy a plan says\n%s", out)
	}
	needed := []string{
		"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
		"elasticloadbalancing:DescribeTargetGroupAttributes", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition",
	}
	for _, p := range all {
		out, code := runs(p)
		if want := slices.Contains(needed, p.Action) && p.Phase == cloud.AtPlan; want != (code == 1 && strings.Contains(flatten(out), p.Action)) {
			t.Errorf("without %s it ends with %d:\n%s", p.Action, code, out)
		}
	}
}

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
