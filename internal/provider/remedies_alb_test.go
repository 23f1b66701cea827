package provider_test

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// onALB is a remedy after which green has all users.
func onALB(says string, provoke func(w *world) string, fix func(w *world, s said, out string)) remedy {
	return remedy{says: says, on: newALBWorld, provoke: provoke, fix: fix, then: func(w *world) {
		w.applies()
		w.at("green")
	}}
}

// green wants new content in green, at once.
func (w *world) green(inside string) {
	w.Helper()
	w.write("resource \"rollout_safe_deployment\" \"api\" {\n  alb {\n    listener     = \"@listener\"\n    target_group = \"@green\"\n    content      = \"shop:2\"\n" + inside + "  }\n}\n")
}

// elbv2 asks load balancing past our driver.
func (w *world) elbv2(pairs ...string) string {
	w.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	out, err := w.amazon.Query(w.Context(), "elasticloadbalancing", form)
	w.must(err)
	return out
}

// extra makes target groups, of a type, and gives them to the world.
func (w *world) extra(kind string, names ...string) {
	w.Helper()
	for _, name := range names {
		form := []string{"Action", "CreateTargetGroup", "Name", name, "TargetType", kind}
		if kind != "lambda" {
			form = append(form, "Protocol", "HTTP", "Port", "8080", "VpcId", w.front.VPC)
		}
		out := w.elbv2(form...)
		_, arn, _ := strings.Cut(out, "<TargetGroupArn>")
		arn, _, _ = strings.Cut(arn, "</TargetGroupArn>")
		w.front.Groups[name] = arn
	}
}

// slow makes requests to both groups take longer to leave, or shorter.
func (w *world) slow(delay int) {
	w.Helper()
	for _, g := range []string{"blue", "green"} {
		w.must(w.amazon.SetAttribute(w.Context(), w.front.Groups[g], "deregistration_delay.timeout_seconds", strconv.Itoa(delay)))
	}
}

// scaled gives blue a service of ECS that autoscaling may leave with one task.
func (w *world) scaled() {
	w.Helper()
	w.onECS("CreateCluster", map[string]any{"clusterName": "main"})
	w.onECS("RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{map[string]any{"name": "app", "image": "app", "memory": 128, "cpu": 1}}})
	w.service("blue")
	w.scalesFrom(1)
}

// service is one of ECS, of four tasks, that registers them in the group of its name.
func (w *world) service(name string) {
	w.Helper()
	w.onECS("CreateService", map[string]any{
		"cluster": "main", "serviceName": name, "taskDefinition": "app:1", "desiredCount": 4,
		"loadBalancers": []any{map[string]any{"targetGroupArn": w.front.Groups[name], "containerName": "app", "containerPort": 8080}},
	})
}

// onECS does something as whoever owns the cluster.
func (w *world) onECS(action string, in any) {
	w.Helper()
	w.must(w.amazon.JSON(w.Context(), "ecs", "AmazonEC2ContainerServiceV20141113."+action, in, nil))
}

func (w *world) scalesFrom(least int) {
	w.Helper()
	w.awsCLI("application-autoscaling", "register-scalable-target", "--service-namespace", "ecs", "--resource-id", "service/main/blue",
		"--scalable-dimension", "ecs:service:DesiredCount", "--min-capacity", strconv.Itoa(least), "--max-capacity", "8")
}

// sticks keeps users at their group for a minute, or does not.
func (w *world) sticks(enabled string) {
	w.Helper()
	w.awsCLI("elbv2", "modify-listener", "--listener-arn", w.front.Listener, "--default-actions",
		`[{"Type":"forward","ForwardConfig":{"TargetGroups":[{"TargetGroupArn":"`+w.front.Groups["blue"]+`","Weight":100}],"TargetGroupStickinessConfig":{"Enabled":`+enabled+`,"DurationSeconds":60}}}]`)
}

var albRemedies = []remedy{
	onALB("alb.gone", func(w *world) string {
		w.write(strings.ReplaceAll("resource \"rollout_safe_deployment\" \"api\" {\n  alb {\n    listener     = \"@gone\"\n    target_group = \"@green\"\n    content      = \"shop:2\"\n  }\n}\n", "@gone", w.front.Listener[:len(w.front.Listener)-16]+"0123456789abcdef"))
		return w.planned()
	}, func(w *world, _ said, _ string) { w.green("") }),

	onALB("alb.denied", func(w *world) string {
		w.green("")
		return w.trouble(aws.Fault{Kind: aws.Denied, Action: "elasticloadbalancing:DescribeTargetHealth"}, w.planned)
	}, nil),

	onALB("alb.unread", func(w *world) string {
		w.green("")
		return w.trouble(aws.Fault{Kind: aws.Internal, Action: "elasticloadbalancing:DescribeLoadBalancerAttributes"}, w.planned)
	}, nil),

	onALB("alb.no_forward", func(w *world) string {
		w.awsCLI("elbv2", "modify-listener", "--listener-arn", w.front.Listener, "--default-actions", "Type=fixed-response,FixedResponseConfig={StatusCode=503}")
		w.green("")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.forward("blue", 100) }),

	onALB("alb.too_many_groups", func(w *world) string {
		w.extra("ip", "a", "b", "c", "d")
		w.forward("blue", 100, "a", 0, "b", 0, "c", 0, "d", 0)
		w.green("")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.forward("blue", 100, "a", 0, "b", 0, "c", 0) }),

	onALB("alb.functions", func(w *world) string {
		w.extra("lambda", "functions")
		w.write(strings.Replace("resource \"rollout_safe_deployment\" \"api\" {\n  alb {\n    listener     = \"@listener\"\n    target_group = \"@f\"\n    content      = \"shop:2\"\n  }\n}\n", "@f", w.front.Groups["functions"], 1))
		return w.planned()
	}, func(w *world, _ said, _ string) { w.green("") }),

	onALB("alb.sticky_alone", func(w *world) string {
		w.must(w.amazon.SetAttribute(w.Context(), w.front.Groups["blue"], "stickiness.enabled", "true"))
		w.green("")
		return w.planned()
	}, func(w *world, _ said, _ string) {
		w.sticks("true")
		if out := w.planned(); strings.Contains(flatten(out), "keeps users at one target") {
			w.Errorf("it is said still:\n%s", out)
		}
	}),

	onALB("alb.drain_too_short", func(w *world) string {
		w.green("    drain = \"10s\"\n    longest_request = \"20s\"\n")
		return w.planned()
	}, func(w *world, s said, _ string) {
		w.green("    drain = \"" + s["longest"] + "\"\n    longest_request = \"20s\"\n")
	}),

	onALB("alb.delay_too_short", func(w *world) string {
		w.green("    longest_request = \"2m\"\n")
		return w.planned()
	}, func(w *world, s said, _ string) {
		w.awsCLI("elbv2", "modify-target-group-attributes", "--target-group-arn", s["arn"], "--attributes", "Key=deregistration_delay.timeout_seconds,Value="+s["seconds"])
	}),

	onALB("alb.delay_too_long", func(w *world) string {
		w.slow(300)
		w.green("    longest_request = \"5s\"\n")
		return w.planned()
	}, func(w *world, s said, _ string) {
		w.green("    longest_request = \"5s\"\n    drain = \"" + s["longest"] + "\"\n")
		if out := w.planned(); strings.Contains(flatten(out), "every rollout waits") {
			w.Errorf("it is said still:\n%s", out)
		}
	}),

	onALB("alb.websockets", func(w *world) string {
		w.green("    websockets = true\n")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.green("") }),

	onALB("alb.kept", func(w *world) string {
		w.sticks("true")
		w.green("")
		return w.planned()
	}, func(w *world, _ said, _ string) {
		w.sticks("false")
		if out := w.planned(); strings.Contains(flatten(out), "keeps users at the group") {
			w.Errorf("it is said still:\n%s", out)
		}
	}),

	onALB("alb.shrinks", func(w *world) string {
		w.scaled()
		w.green("    ecs_cluster = \"main\"\n")
		return w.planned()
	}, func(w *world, s said, _ string) {
		n, err := strconv.Atoi(s["now"])
		w.must(err)
		w.scalesFrom(n)
		if out := w.planned(); strings.Contains(flatten(out), "is done in rungs") {
			w.Errorf("it is said still:\n%s", out)
		}
	}),

	onALB("alb.scaling_unread", func(w *world) string {
		w.scaled()
		w.green("    ecs_cluster = \"main\"\n")
		return w.trouble(aws.Fault{Kind: aws.Denied, Action: "application-autoscaling:DescribeScalableTargets"}, w.planned)
	}, nil),

	onALB("alb.quiet_unread", func(w *world) string {
		w.green("    quiet = \"1m\"\n")
		return w.trouble(aws.Fault{Kind: aws.Denied, Action: "cloudwatch:GetMetricData"}, w.planned)
	}, nil),

	onALB("alb.serving_changes", func(w *world) string {
		w.shifts("blue", "shop:1", "")
		w.applies()
		w.shifts("blue", "shop:2", "")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.green("") }),

	onALB("alb.content_unknown", func(w *world) string {
		w.shifts("blue", "shop:1", "")
		w.applies()
		w.write("resource \"terraform_data\" \"next\" {\n  input = \"shop:2\"\n}\n\nresource \"rollout_safe_deployment\" \"api\" {\n  alb {\n    listener     = \"@listener\"\n    target_group = \"@blue\"\n    content      = terraform_data.next.id\n  }\n}\n")
		return w.planned()
	}, func(w *world, _ said, _ string) { w.green("") }),

	onALB("timeouts.overstayed", func(w *world) string {
		w.awsCLI("elbv2", "modify-listener", "--listener-arn", w.front.Listener, "--default-actions",
			`[{"Type":"forward","ForwardConfig":{"TargetGroups":[{"TargetGroupArn":"`+w.front.Groups["blue"]+`","Weight":100}],"TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":7200}}}]`)
		w.green("")
		return w.planned()
	}, func(w *world, s said, _ string) {
		needed, err := time.ParseDuration(s["needed"])
		w.must(err)
		w.write("resource \"rollout_safe_deployment\" \"api\" {\n  alb {\n    listener     = \"@listener\"\n    target_group = \"@green\"\n    content      = \"shop:2\"\n  }\n  timeouts {\n    create = \"" + (needed + time.Hour).String() + "\"\n  }\n}\n")
	}),
}
