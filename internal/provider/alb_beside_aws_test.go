package provider_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// newALBExample is an example as a user copies it, from nothing, with the real aws
// provider. Users come as soon as there is a load balancer.
func newALBExample(t *testing.T, folder string) (w *world, text string) {
	t.Helper()
	w = newEmptyWorld(t)
	if w.cli.OpenTofu {
		t.Skip("the mirror has the provider of Terraform's registry")
	}
	w.amazon = awstest.New(t, aws.Options{Now: w.clock.Now, HealthChecks: 10 * time.Second, Deployments: 30 * time.Second, Tasks: true})
	w.serve()
	w.besideAWS()
	file, err := os.ReadFile(filepath.Join("../../examples", folder, "main.tf"))
	w.must(err)
	w.put("main.tf", string(file))
	w.put("provider_override.tf", w.expand(w.configured()))
	if out, code := w.terraform("init", "-no-color", "-input=false"); code != 0 {
		t.Fatalf("init: %s", out)
	}
	w.clock.Every(10*time.Second, func(time.Time) {
		if w.front.Listener != "" {
			_, err := w.amazon.LoadListener(w.Context(), w.front.Listener, "/", 200)
			w.must(err)
		}
	})
	return w, string(file)
}

// found takes in what the aws provider has made.
func (w *world) found() {
	w.Helper()
	ask := func(action, field string, pairs ...string) string {
		form := url.Values{"Action": {action}}
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		out, err := w.amazon.Query(w.Context(), "elasticloadbalancing", form)
		w.must(err)
		_, out, _ = strings.Cut(out, "<"+field+">")
		out, _, _ = strings.Cut(out, "</"+field+">")
		return out
	}
	w.front.Groups = map[string]string{}
	for _, g := range []string{"api-blue", "api-green"} {
		w.front.Groups[g] = ask("DescribeTargetGroups", "TargetGroupArn", "Names.member.1", g)
	}
	w.front.ARN = ask("DescribeLoadBalancers", "LoadBalancerArn")
	w.front.Listener = ask("DescribeListeners", "ListenerArn", "LoadBalancerArn", w.front.ARN)
	w.clock.Advance(10 * time.Minute) // users come, and targets pass their checks
}

// goesBy lets time go by when somebody looks: what the aws provider waits for would
// never come to pass otherwise.
func (w *world) goesBy(action string) (stop func()) {
	return w.amazon.Fault(aws.Fault{Kind: aws.Before, Action: action, Times: 1_000_000, Do: func() { w.clock.Advance(10 * time.Second) }})
}

// begins is the first apply. Nobody but the aws provider waits for anything then.
func (w *world) begins(name, value string) {
	w.Helper()
	w.put("terraform.tfvars", fmt.Sprintf("%s = %q\n", name, value))
	stop := w.goesBy("elasticloadbalancing:DescribeTargetHealth")
	w.applies()
	stop()
	w.found()
}

// releases applies another value of the one variable, and fails the test unless
// users are at a group then, and the next plan has nothing to do.
func (w *world) releases(name, value, group string) {
	w.Helper()
	w.put("terraform.tfvars", fmt.Sprintf("%s = %q\n", name, value))
	began := w.clock.Now()
	w.applies()
	w.at(group)
	if took := w.clock.Now().Sub(began); took < 15*time.Minute {
		w.Errorf("a release took %s: nobody looked at anything", took)
	}
	w.quiet()
}

// TestECSBesideTheAWSProvider is the example, as a user copies it: one variable, and
// release after release takes the group that serves nobody.
func TestECSBesideTheAWSProvider(t *testing.T) {
	t.Parallel()
	w, text := newALBExample(t, "alb_ecs")
	w.goesBy("ecs:DescribeServices")
	image := func(n int) string { return fmt.Sprintf("example.com/shop/api@sha256:%064d", n) }
	w.begins("image", image(1))
	w.at("api-blue")
	w.quiet()
	for n, group := range []string{"api-green", "api-blue", "api-green"} {
		w.releases("image", image(n+2), group)
	}
	w.guarded(text, "memory                   = 512", "memory                   = 1024", "the service api-green of Amazon ECS has api-green:")
	w.unignored(text, "    ignore_changes = [default_action]", "api-blue")
}

// TestAutoScalingBesideTheAWSProvider is the same with two Auto Scaling groups.
func TestAutoScalingBesideTheAWSProvider(t *testing.T) {
	t.Parallel()
	w, text := newALBExample(t, "alb_auto_scaling")
	images := []string{"ami-03cf127a", "ami-12c6146b", "ami-0b301ce3ce3475b5a", "ami-1e749f67"} // moto has them
	w.begins("ami", images[0])
	w.at("api-blue")
	w.quiet()
	for n, group := range []string{"api-green", "api-blue", "api-green"} {
		w.releases("ami", images[n+1], group)
	}
	w.guarded(text, `instance_type          = "t3.micro"`, `instance_type          = "t3.small"`, "the Auto Scaling group api-green has lt-")
	w.unignored(text, "    ignore_changes = [default_action]", "api-blue")
}

// guarded: what both slots have in common changes, and a plan refuses that, for one of
// them has users.
func (w *world) guarded(text, from, to string, says ...string) {
	w.Helper()
	if !strings.Contains(text, from) {
		w.Fatalf("the example has no %s", from)
	}
	w.put("main.tf", strings.Replace(text, from, to, 1))
	out, code := w.plan()
	if code != 1 {
		w.Fatalf("the plan ends with %d:\n%s", code, out)
	}
	w.has(out, append(says, "What is behind api-green is about to change, and it serves users", "known after apply only")...)
	w.put("main.tf", text)
}

// unignored is what happens where the aws provider is not told that weights are ours:
// it takes users to another group at once, and the next plan says so.
func (w *world) unignored(text, ignored, group string) {
	w.Helper()
	if !strings.Contains(text, ignored) {
		w.Fatal("the example ignores nothing of the listener")
	}
	w.put("main.tf", strings.Replace(text, ignored, "#", 1))
	w.differs("aws_lb_listener.http will be updated in-place")
	w.applies()
	w.at(group)
	w.put("main.tf", text)
	w.differs("Traffic was moved by somebody else", "The last apply left api-green 100 %, and live is "+group+" 100 %.")
}
