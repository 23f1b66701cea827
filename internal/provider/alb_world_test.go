package provider_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// newALBWorld is a world with a load balancer: its listener forwards to blue, and
// green is attached at weight 0; each has four targets, and gives those who leave
// thirty seconds.
func newALBWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyALBWorld(t)
	w.balancerAppears()
	w.serve()
	return w
}

func newEmptyALBWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyWorld(t)
	w.amazon = awstest.New(t, aws.Options{Now: w.clock.Now, HealthChecks: 10 * time.Second})
	return w
}

func (w *world) balancerAppears() {
	w.Helper()
	var err error
	w.front, err = w.amazon.CreateBalancer(w.Context(), "front", "blue", "green", "spare")
	w.must(err)
	w.forward("blue", 100, "green", 0)
	for i, g := range []string{"blue", "green"} {
		w.must(w.amazon.SetAttribute(w.Context(), w.front.Groups[g], "deregistration_delay.timeout_seconds", "30"))
		for n := range 4 {
			w.must(w.amazon.Register(w.Context(), w.front.Groups[g], fmt.Sprintf("10.0.%d.%d", i, n+4)))
		}
	}
	w.clock.Advance(time.Minute)
	w.ids = map[string]string{}
	for name, arn := range w.front.Groups {
		w.ids[arn[strings.LastIndex(arn, "/"):]] = "/ID-OF-" + strings.ToUpper(name)
	}
	parts := strings.Split(w.front.Listener, "/")
	w.ids[parts[4]] = "ID"
	w.ids[parts[3]] = "ID"
}

// forward is another writer, who gives groups weights.
func (w *world) forward(pairs ...any) {
	w.Helper()
	var shares []aws.Share
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		weight, _ := pairs[i+1].(int)
		shares = append(shares, aws.Share{Group: w.front.Groups[name], Weight: weight})
	}
	w.must(w.amazon.Forward(w.Context(), w.front.Listener, shares...))
}

// onALB are the names of what the world has on a load balancer.
func (w *world) onALB() []string {
	if w.front.Listener == "" {
		return nil
	}
	out := []string{"@listener", w.front.Listener}
	for name, arn := range w.front.Groups {
		out = append(out, "@"+name, arn)
	}
	return out
}

var weighed = regexp.MustCompile(`<TargetGroupArn>[^<]*:targetgroup/([^/]*)/[^<]*</TargetGroupArn>\s*<Weight>(\d+)</Weight>`)

// weights are those of the listener, as a look past our driver shows them.
func (w *world) weights() map[string]int {
	w.Helper()
	text, err := w.amazon.Query(w.Context(), "elasticloadbalancing", url.Values{"Action": {"DescribeListeners"}, "ListenerArns.member.1": {w.front.Listener}})
	w.must(err)
	out := map[string]int{}
	for _, m := range weighed.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[2])
		w.must(err)
		out[m[1]] = n
	}
	return out
}

// at fails the test unless a group has everything, and no mark of ours is left.
func (w *world) at(group string) {
	w.Helper()
	for name, n := range w.weights() {
		if want := map[bool]int{true: 100}[name == group]; n != want {
			w.Fatalf("the weights are %v, want everything at %s", w.weights(), group)
		}
	}
}

// breaksAbove lets the targets of green fail while it has more than so many percent.
func (w *world) breaksAbove(percent int) (mend func()) {
	var mended atomic.Bool
	w.clock.Every(10*time.Second, func(time.Time) {
		s, reason := w.weights(), ""
		if !mended.Load() && 100*s["green"] > percent*(s["green"]+s["blue"]) {
			reason = "Target.Timeout"
		}
		for n := range 4 {
			w.must(w.amazon.SetHealth(w.front.Groups["green"], fmt.Sprintf("10.0.1.%d", n+4), reason))
		}
	})
	return func() { mended.Store(true) }
}

// shifts is a deployment of content in a group, in two steps.
func (w *world) shifts(group, content, beside string) {
	w.Helper()
	w.write(fmt.Sprintf(`
resource "rollout_safe_deployment" "api" {
  alb {
    listener     = "@listener"
    target_group = "@%s"
    content      = %q
  }
  step {
    weight = 10
    bake   = "5m"
  }
  step {
    weight = 50
    bake   = "5m"
  }
  watch = "5m"
%s}
`, group, content, beside))
}
