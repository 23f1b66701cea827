package livetraffic_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/livetraffic"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// The same proof on a load balancer of AWS. Weights close nothing there: who comes
// after the apply stops what lost its traffic, and the apply has to have waited for
// all that was under way. So it is stopped at the very moment the apply ends, harder
// than anybody would.

// visitors is who is at work at a load balancer. What takes long takes two
// seconds, and a visit ends with that: one that is kept at the old group goes on for
// longer than the deregistration delay alone would last.
var visitors = livetraffic.Mix{
	Short: 40, Long: 24, Streams: 24, Sockets: 24, Visits: 24,
	Pause: 8 * time.Millisecond, Lasts: 2 * time.Second, Every: 250 * time.Millisecond, Stays: 2750 * time.Millisecond,
}

// Seconds of the load balancer, for users who need two for what takes long: they are kept at their
// group for longer than they go from page to page, and a target that leaves is given
// longer than the longest request takes.
const (
	sticky = 3
	delay  = 3
)

// listener is a load balancer on the system's clock, with two groups of servers that
// take turns, and its users.
type listener struct {
	*house
	aws.Balancer
	box      *aws.Sandbox
	url      string
	alone    map[string]string // the address of each group by itself
	serving  string            // which group does
	behind   map[string]*release
	releases int
}

// newListener has stickiness and a deregistration delay, in seconds.
func newListener(t *testing.T, crowd livetraffic.Mix, sticky, delay int) *listener {
	t.Helper()
	box := awstest.New(t, aws.Options{HealthChecks: 300 * time.Millisecond})
	w := &listener{box: box, serving: "blue", alone: map[string]string{}, behind: map[string]*release{}}
	w.house = newHouse(t, crowd, func() string { return fmt.Sprint(box.Weights(w.Listener)) })
	var err error
	w.Balancer, err = box.CreateBalancer(t.Context(), "front", "blue", "green")
	w.must(err)
	for name, group := range w.Groups {
		w.must(box.SetAttribute(t.Context(), group, "deregistration_delay.timeout_seconds", fmt.Sprint(delay)))
		w.alone[name] = w.opensFor(group, 8081+len(w.alone))
	}
	w.forward(100, 0, sticky)
	w.starts("blue")
	w.url, err = box.OpenListener(t.Context(), w.Listener)
	w.must(err)
	w.opens(w.url)
	return w
}

func (w *listener) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// opensFor makes a listener of a group alone, for gates.
func (w *listener) opensFor(group string, port int) string {
	w.Helper()
	made, err := w.box.Query(w.Context(), "elasticloadbalancing", url.Values{
		"Action": {"CreateListener"}, "LoadBalancerArn": {w.ARN}, "Protocol": {"HTTP"}, "Port": {fmt.Sprint(port)},
		"DefaultActions.member.1.Type": {"forward"}, "DefaultActions.member.1.TargetGroupArn": {group},
	})
	w.must(err)
	_, arn, _ := strings.Cut(made, "<ListenerArn>")
	arn, _, _ = strings.Cut(arn, "</ListenerArn>")
	at, err := w.box.OpenListener(w.Context(), arn)
	w.must(err)
	return at
}

// forward is another writer of the listener.
func (w *listener) forward(blue, green, sticky int) {
	w.Helper()
	to := "DefaultActions.member.1.ForwardConfig."
	_, err := w.box.Query(w.Context(), "elasticloadbalancing", url.Values{
		"Action": {"ModifyListener"}, "ListenerArn": {w.Listener}, "DefaultActions.member.1.Type": {"forward"},
		to + "TargetGroups.member.1.TargetGroupArn": {w.Groups["blue"]}, to + "TargetGroups.member.1.Weight": {fmt.Sprint(blue)},
		to + "TargetGroups.member.2.TargetGroupArn": {w.Groups["green"]}, to + "TargetGroups.member.2.Weight": {fmt.Sprint(green)},
		to + "TargetGroupStickinessConfig.Enabled":         {fmt.Sprint(sticky > 0)},
		to + "TargetGroupStickinessConfig.DurationSeconds": {fmt.Sprint(max(sticky, 1))},
	})
	w.must(err)
}

// release is what runs in a group: two servers, of which every answer has its name.
type release struct {
	name      string
	addresses []string
	kill      []func()
	behave    []func(sandbox.Behaviour)
}

// starts starts another release in a group, as ECS would: its servers run, and are
// registered.
func (w *listener) starts(group string) *release {
	w.Helper()
	w.releases++
	r := &release{name: fmt.Sprintf("shop-%d", w.releases)}
	for range 2 {
		app, behave := sandbox.App(r.name, sandbox.Behaviour{Version: r.name})
		l, err := (&net.ListenConfig{}).Listen(w.Context(), "tcp", "127.0.0.1:0")
		w.must(err)
		ctx, kill := context.WithCancel(context.Background())
		server := &http.Server{Handler: app, BaseContext: func(net.Listener) context.Context { return ctx }, ReadHeaderTimeout: patience}
		go func() { _ = server.Serve(l) }() // it ends when it is killed
		r.kill = append(r.kill, func() { kill(); _ = server.Close() })
		r.behave, r.addresses = append(r.behave, behave), append(r.addresses, l.Addr().String())
	}
	w.Cleanup(r.killed)
	w.must(w.box.Register(w.Context(), w.Groups[group], r.addresses...))
	w.behind[group] = r
	return r
}

// killed ends the servers with whatever they are doing, websockets too.
func (r *release) killed() {
	for _, kill := range r.kill {
		kill()
	}
}

// leaves takes the targets of a group away, and does not wait for anything.
func (w *listener) leaves(group string) {
	w.Helper()
	w.must(w.box.Deregister(w.Context(), w.Groups[group], w.behind[group].addresses...))
}

// retires stops what runs in a group as ECS and Auto Scaling do: it is taken away,
// and stopped when its deregistration delay is over
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html).
func (w *listener) retires(group string) {
	w.Helper()
	w.leaves(group)
	w.until("the end of the deregistration", func() bool {
		shown, err := w.box.Query(w.Context(), "elasticloadbalancing", url.Values{"Action": {"DescribeTargetHealth"}, "TargetGroupArn": {w.Groups[group]}})
		w.must(err)
		return !strings.Contains(shown, "draining")
	})
	w.behind[group].killed()
}

func other(group string) string { return map[string]string{"blue": "green", "green": "blue"}[group] }

// rollsOut begins to bring another release live, in the group that has no traffic.
func (w *listener) rollsOut(longest, steps string) (apply *command, group string) {
	w.Helper()
	first, group := w.releases == 1, other(w.serving)
	r := w.starts(group)
	w.writes(strings.NewReplacer(
		"ENDPOINT", w.box.URL(), "LISTENER", w.Listener, "GROUP", w.Groups[group], "CONTENT", r.name,
		"ADDRESS", w.url, "ALONE", w.alone[group], "LONGEST", longest, "STEPS", steps,
	).Replace(shifting))
	if first {
		w.exits(w.terraform("init", "-no-color"), 0)
	}
	return w.terraform("apply", "-no-color", "-auto-approve", "-input=false"), group
}

const shifting = `
terraform {
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}
provider "rollout" {
  aws {
    endpoint = "ENDPOINT"
    region   = "eu-central-1"
  }
}
resource "rollout_safe_deployment" "api" {
  alb {
    listener        = "LISTENER"
    target_group    = "GROUP"
    content         = "CONTENT"
    url             = "ADDRESS"
    preview_url     = "ALONE"
    longest_request = "LONGEST"
    websockets      = true
  }
STEPS  watch = "1s"
  gate {
    name     = "health"
    interval = "1s"
    http {
      request {
        path = "/healthz"
      }
    }
  }
}
`

const steps = `  step {
    weight = 0
    bake   = "1s"
  }
  step {
    weight = 10
    bake   = "2s"
  }
  step {
    weight = 50
    bake   = "2s"
  }
`

// at says whether a group has a share of the traffic.
func (w *listener) at(group string, share int) func() bool {
	return func() bool {
		weights := w.box.Weights(w.Listener)
		own, sum := weights[w.Groups[group]], weights[w.Groups["blue"]]+weights[w.Groups["green"]]
		return own > 0 && (own*1000/sum+5)/10 == share
	}
}

// climbs waits until a group has a share, and fails the test unless that is what
// users see.
func (w *listener) climbs(apply *command, group string, share int) {
	w.Helper()
	w.reaches(apply, share, w.at(group, share))
	w.see(w.behind[group].name, share, w.at(group, share))
}

// allOn fails the test unless one group serves everything.
func (w *listener) allOn(group string) {
	w.Helper()
	if now := w.box.Weights(w.Listener); now[w.Groups[group]] != 100 || now[w.Groups[other(group)]] != 0 {
		w.Errorf("the weights are %s", w.live())
	}
	w.until("that users are served by "+group+" alone", func() bool {
		return w.served(func() bool { return true }).Share(w.behind[group].name) == 100
	})
}

// promotes brings a release live, and ends the one before it.
func (w *listener) promotes() {
	w.Helper()
	apply, group := w.rollsOut("2s", steps)
	w.climbs(apply, group, 10)
	w.climbs(apply, group, 50)
	w.exits(apply, 0)
	old := w.serving
	w.leaves(old)
	w.behind[old].killed()
	w.serving = group
	w.allOn(group)
}

// goesHome brings a release to half of the users, where its health check begins to
// fail, and ends it when the apply has.
func (w *listener) goesHome() {
	w.Helper()
	apply, group := w.rollsOut("2s", steps)
	w.climbs(apply, group, 10)
	w.reaches(apply, 50, w.at(group, 50))
	for _, behave := range w.behind[group].behave {
		behave(sandbox.Behaviour{Version: "bad", Unhealthy: true})
	}
	w.exits(apply, 1)
	w.leaves(group)
	w.behind[group].killed()
	if said := strings.Join(strings.Fields(apply.out.String()), " "); !strings.Contains(said, "Rollout of "+group+" was rolled back at 50 %") {
		w.Errorf("the message:\n%s", &apply.out)
	}
	w.allOn(w.serving)
}

// Traffic goes from 0 to 10, 50 and 100 %, and with the next release to 50 % and
// home. What lost its traffic is killed as soon as Terraform says that it is done,
// and no request fails.
func TestListenerFailsNoRequest(t *testing.T) {
	w := newListener(t, visitors, sticky, delay)
	w.moves(func() {
		w.promotes()
		w.goesHome()
	})
}

// patient users need ten seconds for what takes long.
var patient = livetraffic.Mix{
	Short: 40, Long: 24, Streams: 24, Sockets: 24,
	Pause: 2 * time.Millisecond, Lasts: 10 * time.Second, Every: 250 * time.Millisecond,
}

// fails waits until requests of each kind that lasts have failed, and says what
// users saw.
func (w *listener) fails(of string) {
	w.Helper()
	for _, k := range []livetraffic.Kind{livetraffic.Long, livetraffic.Stream, livetraffic.Socket} {
		w.until("a failed request of kind "+string(k), func() bool { return w.load.Report().ByKind[k].Failed > 0 })
	}
	w.leave()
	r := w.load.Stop()
	w.Logf("what users saw of %s:\n%s", of, r)
	if c := r.Total(); c.Served+c.Failed+c.Abandoned != c.Started {
		w.Errorf("%+v", c)
	}
}

// The first twin that does it wrong on purpose: the deregistration delay is a second,
// nobody has told the provider how long requests take, and everybody else does what
// they should. Were nothing counted here, the proof above would prove nothing.
func TestShortDelayFailsRequests(t *testing.T) {
	w := newListener(t, patient, 0, 1)
	apply, group := w.rollsOut("0s", "")
	w.exits(apply, 0)
	w.retires(w.serving)
	w.allOn(group)
	w.fails("a short delay")
}

// The second twin: a switch past the provider, with a delay that is long enough, and
// a stop of the old side that does not wait for it.
func TestPlainListenerSwitchFailsRequests(t *testing.T) {
	w := newListener(t, patient, 0, 10)
	w.starts("green")
	w.forward(0, 100, 0)
	w.leaves("blue")
	w.behind["blue"].killed()
	w.allOn("green")
	w.fails("a plain switch")
}
