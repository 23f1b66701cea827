package provider_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// newECSWorld is a world whose two groups have services of ECS: blue has the image
// shop:1 and all users, green has shop:2. The task definition app:N has the image
// shop:N, and that of app:5 stands behind another container.
func newECSWorld(t *testing.T) *world {
	t.Helper()
	w := newALBWorld(t)
	ecs := func(action string, in any) {
		w.must(w.amazon.JSON(w.Context(), "ecs", "AmazonEC2ContainerServiceV20141113."+action, in, nil))
	}
	ecs("CreateCluster", map[string]any{"clusterName": "main"})
	one := func(name, image string) any {
		return map[string]any{"name": name, "image": image, "memory": 128, "cpu": 1}
	}
	for n := 1; n <= 4; n++ {
		ecs("RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{one("app", fmt.Sprintf("shop:%d", n))}})
	}
	ecs("RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{one("proxy", "nginx:1"), one("app", "shop:2")}})
	for n, of := range []string{"blue", "green"} {
		ecs("CreateService", map[string]any{
			"cluster": "main", "serviceName": of, "taskDefinition": fmt.Sprintf("app:%d", n+1), "desiredCount": 4,
			"loadBalancers": []any{map[string]any{"targetGroupArn": w.front.Groups[of], "containerName": "app", "containerPort": 8080}},
		})
	}
	return w
}

// brings deploys a task definition behind a group, past Terraform.
func (w *world) brings(group string, n int) {
	w.Helper()
	w.awsCLI("ecs", "update-service", "--cluster", "main", "--service", group, "--task-definition", fmt.Sprintf("app:%d", n))
}

// turns is a deployment of content in whatever slot that belongs into, with more in
// the two blocks.
func (w *world) turns(content, inSlot, inBlock string) {
	w.Helper()
	w.turnsAt(`listener = "@listener"
    target_groups = { blue = "@blue", green = "@green" }
    ecs_cluster = "main"
`+inSlot, content, inBlock)
}

func (w *world) turnsAt(slot, content, inBlock string) {
	w.Helper()
	w.write(fmt.Sprintf(`
data "rollout_slot" "api" {
  alb {
    %s
  }
  content = %q
}

resource "rollout_safe_deployment" "api" {
  alb {
    listener     = "@listener"
    target_group = data.rollout_slot.api.target_group
    content      = %q
    ecs_cluster  = "main"
%s  }
}
`, slot, content, content, inBlock))
}

// alone is a remedy that changes the environment.
func alone(r remedy) remedy {
	r.alone = true
	return r
}

// onECS is a remedy after which green has all users.
func onECS(says string, provoke func(w *world) string, fix func(w *world, s said, out string)) remedy {
	r := onALB(says, provoke, fix)
	r.on = newECSWorld
	return r
}

// ofGreen is what the plan of a deployment of shop:2 says, with more in its blocks.
func ofGreen(inSlot, inBlock string) func(w *world) string {
	return func(w *world) string {
		w.turns("shop:2", inSlot, inBlock)
		return w.planned()
	}
}

func plainly(w *world, _ said, _ string) { w.turns("shop:2", "", "") }

var slotRemedies = []remedy{
	onECS("alb.slot_gone", func(w *world) string {
		w.turnsAt(fmt.Sprintf("listener = \"@listener\"\n    target_groups = { blue = \"@blue\", green = %q }\n    ecs_cluster = \"main\"\n", strings.Replace(w.front.Groups["green"], "/green/", "/gone/", 1)), "shop:2", "")
		return w.planned()
	}, plainly),

	alone(onECS("alb.slot_unsigned", func(w *world) string {
		w.Setenv("AWS_SECRET_ACCESS_KEY", "of-last-year")
		w.turns("shop:2", "", "")
		return w.failed()
	}, func(w *world, _ said, _ string) { w.Setenv("AWS_SECRET_ACCESS_KEY", "test") })),

	onECS("alb.slot_unread", func(w *world) string {
		return w.trouble(aws.Fault{Kind: aws.Denied, Action: "ecs:DescribeTaskDefinition"}, func() string { return ofGreen("", "")(w) })
	}, nil),

	onECS("alb.slot_others", func(w *world) string {
		w.forward("blue", 90, "green", 0, "spare", 10)
		return ofGreen("", "")(w)
	}, func(w *world, _ said, _ string) { w.forward("blue", 100, "green", 0, "spare", 0) }),

	onECS("alb.slot_between", func(w *world) string {
		return w.trouble(aws.Fault{Kind: aws.SettleAfter, Action: "ecs:UpdateService", D: time.Minute}, func() string {
			w.brings("blue", 3)
			return ofGreen("", "")(w)
		})
	}, func(w *world, _ said, _ string) { w.clock.Advance(time.Minute) }),

	onECS("alb.slot_none_idle todo.destroy_unread", func(w *world) string {
		w.forward("blue", 70, "green", 30)
		w.turns("shop:3", "", "")
		return w.planned()
	}, func(w *world, _ said, _ string) {
		w.forward("blue", 100, "green", 0)
		w.brings("green", 3)
	}),

	onECS("alb.slot_unowned", func(w *world) string {
		w.turnsAt("listener = \"@listener\"\n    target_groups = { blue = \"@blue\", green = \"@green\" }\n", "shop:2", "")
		return w.planned()
	}, plainly),

	onECS("alb.slot_containers", func(w *world) string {
		w.brings("green", 5)
		return ofGreen("", "")(w)
	}, func(w *world, _ said, _ string) { w.turns("shop:2", "    container = \"app\"\n", "") }),

	onECS("alb.slot_no_container", ofGreen("    container = \"web\"\n", ""), func(w *world, s said, _ string) {
		w.turns("shop:2", fmt.Sprintf("    container = %q\n", strings.TrimSuffix(s["containers"], ".")), "")
	}),

	onECS("alb.slot_no_label", ofGreen("    label = \"release\"\n", ""), plainly),

	onECS("alb.behind_unknown", func(w *world) string {
		w.turns("shop:2", "", "    behind = { blue = terraform_data.next.id, green = terraform_data.next.id }\n")
		w.adds("resource \"terraform_data\" \"next\" {}\n")
		return w.planned()
	}, func(w *world, s said, _ string) {
		w.turns("shop:2", "", fmt.Sprintf("    behind = { blue = %q, green = \"app:2\" }\n", s["had"]))
	}),

	onECS("alb.behind_changes", ofGreen("", "    behind = { blue = \"app:3\", green = \"app:2\" }\n"), func(w *world, s said, _ string) {
		w.turns("shop:2", "", fmt.Sprintf("    behind = { blue = %q, green = \"app:2\" }\n", s["had"]))
	}),

	onECS("alb.behind_missing", ofGreen("", "    behind = { green = \"app:2\" }\n"), func(w *world, s said, _ string) {
		w.turns("shop:2", "", fmt.Sprintf("    behind = { %s = \"app:1\", green = \"app:2\" }\n", s["group"]))
	}),

	onECS("plan.behind_changed", func(w *world) string {
		w.turns("shop:2", "", "")
		w.applies()
		w.brings("green", 4)
		w.green("    ecs_cluster = \"main\"\n")
		return w.planned()
	}, func(w *world, _ said, _ string) {
		w.brings("green", 2)
		if out := w.planned(); strings.Contains(out, "What is behind green has changed") {
			w.Errorf("it is said still:\n%s", out)
		}
	}),

	onECS("plan.behind_unseen", func(w *world) string {
		w.green("    ecs_cluster = \"main\"\n")
		return w.trouble(aws.Fault{Kind: aws.Denied, Action: "ecs:DescribeServices"}, w.planned)
	}, nil),
}

// adds puts more into the configuration.
func (w *world) adds(hcl string) {
	w.Helper()
	w.put("more.tf", hcl)
}
