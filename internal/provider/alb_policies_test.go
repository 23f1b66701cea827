package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

// mayBalance gives a role the policy of a phase, but for some of what it allows.
func (w *world) mayBalance(all []cloud.Permission, phase cloud.Phase, without ...cloud.Permission) {
	w.Helper()
	left := slices.DeleteFunc(slices.Clone(all), func(p cloud.Permission) bool { return slices.Contains(without, p) })
	parts := strings.SplitN(w.front.Listener, "/app/", 2)
	policy, err := cloud.IAMPolicy(left, phase, map[string]string{
		"partition": "aws", "region": w.amazon.Region(), "account": w.amazon.Account(), "balancer": parts[1], "cluster": "main",
	})
	w.must(err)
	w.role, err = w.amazon.Role(string(phase), policy)
	w.must(err)
}

// TestALBPolicies: a plan needs what the policy of the plan allows, an apply what
// that of the apply does. Whatever is missing is named, where it stands in the way of
// anything. What is only asked when something is wrong, and of instances, the tests of
// the platform have.
func TestALBPolicies(t *testing.T) {
	t.Parallel()
	w := newALBWorld(t)
	w.scaled()
	all := permissionsOf(t, "alb")
	optional := []string{
		"ecs:DescribeTaskDefinition", "ec2:DescribeLaunchTemplateVersions", // TestSlotPolicies has them
		"ecs:ListTasks", "ecs:DescribeTasks", "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribePolicies", "autoscaling:DescribeScalingActivities",
		"cloudwatch:GetMetricData", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:ModifyRule",
	}
	runs := func(phase cloud.Phase, do func() (string, int), without ...cloud.Permission) (string, int) {
		t.Helper()
		w.mayBalance(all, phase, without...)
		w.green("    ecs_cluster = \"main\"\n")
		return do()
	}
	if out, code := runs(cloud.AtPlan, w.plan); code != 2 || strings.Contains(out, "not authorized") {
		t.Fatalf("under its policy a plan says\n%s", out)
	}
	for _, p := range all {
		if p.Phase == cloud.AtPlan && !slices.Contains(optional, p.Action) {
			if out, _ := runs(cloud.AtPlan, w.plan, p); !strings.Contains(flatten(out), p.Action) {
				t.Errorf("a plan without %s does not name it:\n%s", p.Action, out)
			}
		}
	}
	for _, p := range all {
		if !slices.Contains(optional, p.Action) && p.Action != "application-autoscaling:DescribeScalableTargets" && !strings.HasPrefix(p.Action, "ecs:") { // those warn
			if out, code := runs(cloud.AtApply, w.apply, p); code == 0 || !strings.Contains(flatten(out), p.Action) {
				t.Errorf("an apply without %s ends with %d and does not name it:\n%s", p.Action, code, out)
			}
		}
	}
	if out, code := runs(cloud.AtApply, w.apply); code != 0 {
		t.Fatalf("under its policy an apply says\n%s", out)
	}
	w.at("green")
	for _, unused := range w.amazon.Unused("apply") {
		if !slices.Contains(optional, unused) {
			t.Errorf("no apply needs %s", unused)
		}
	}
}
