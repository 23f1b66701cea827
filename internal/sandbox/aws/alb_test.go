package aws_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/coder/websocket"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// plane is a balancer whose groups have one real target each, which says its name,
// holds /long until it is let go, and echoes at /ws.
type plane struct {
	*world
	aws.Balancer
	url    string
	held   chan struct{}
	inside chan struct{}
	target map[string]string // addresses by group
}

func newPlane(t *testing.T) *plane {
	t.Helper()
	w := newWorld(t, aws.Options{HealthChecks: time.Second, Seed: 3})
	b, _ := w.front()
	p := &plane{world: w, Balancer: b, held: make(chan struct{}), inside: make(chan struct{}, 100), target: map[string]string{}}
	for name, arn := range b.Groups {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { p.answer(name, rw, r) }))
		t.Cleanup(server.CloseClientConnections)
		p.target[name] = strings.TrimPrefix(server.URL, "http://")
		if err := w.Register(t.Context(), arn, p.target[name]); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if p.url, err = w.OpenListener(t.Context(), b.Listener); err != nil {
		t.Fatal(err)
	}
	w.clock.elapse(time.Minute)
	return p
}

func (p *plane) answer(name string, w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/long":
		p.inside <- struct{}{}
		select {
		case <-p.held:
		case <-r.Context().Done():
		}
	case "/ws":
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // nothing is left to tell the client
		for {
			kind, data, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, append([]byte(name+" "), data...)) != nil {
				return
			}
		}
	}
	_, _ = io.WriteString(w, name)
}

func (p *plane) split(blue, green int) {
	p.t.Helper()
	if err := p.Forward(p.t.Context(), p.Listener, aws.Share{Group: p.Groups["blue"], Weight: blue}, aws.Share{Group: p.Groups["green"], Weight: green}); err != nil {
		p.t.Fatal(err)
	}
}

func get(c *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(string(body))), err
}

func (p *plane) count(n int) map[string]int {
	p.t.Helper()
	out := map[string]int{}
	for range n {
		got, err := get(http.DefaultClient, p.url)
		if err != nil {
			p.t.Fatal(err)
		}
		out[got]++
	}
	return out
}

func TestListenerDividesRequests(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	if got := p.count(20); got["200 blue"] != 20 {
		t.Fatalf("only blue: %v", got)
	}
	p.split(700, 300)
	p.clock.elapse(time.Minute)
	if got := p.count(1000); got["200 green"] < 250 || got["200 green"] > 350 || got["200 blue"]+got["200 green"] != 1000 {
		t.Fatalf("30 %%: %v", got)
	}
	p.split(0, 0)
	if got := p.count(2); got["503 Service Unavailable"] != 2 {
		t.Errorf("no weight at all: %v", got)
	}
	p.split(0, 1)
	if err := p.SetHealth(p.Groups["green"], p.target["green"], "Target.Timeout"); err != nil {
		t.Fatal(err)
	}
	if got := p.count(2); got["200 green"] != 2 {
		t.Errorf("failing open: %v", got)
	}
	if _, err := p.CreateRule(t.Context(), p.Listener, 1, "/blue/*", aws.Share{Group: p.Groups["blue"], Weight: 1}); err != nil {
		t.Fatal(err)
	}
	if got, err := get(http.DefaultClient, p.url+"/blue/x"); err != nil || got != "200 blue" {
		t.Errorf("a rule: %s %v", got, err)
	}
	if err := p.Deregister(t.Context(), p.Groups["blue"], p.target["blue"]); err != nil {
		t.Fatal(err)
	}
	if got, err := get(http.DefaultClient, p.url+"/blue/x"); err != nil || got != "503 Service Unavailable" {
		t.Errorf("a group whose only target leaves: %s %v", got, err)
	}
	p.clock.elapse(time.Minute)
	lb, tg := p.ARN[strings.Index(p.ARN, "app/"):], p.Groups["green"][strings.Index(p.Groups["green"], "targetgroup/"):]
	m := metric("n", "RequestCount", "Sum", "LoadBalancer="+lb, "TargetGroup="+tg)
	m.MetricStat.Metric.Namespace = ptr("AWS/ApplicationELB")
	if got, err := ask(t, p.cloudwatchClients()["json"], p.world, time.Hour, m); err != nil || sum(got["n"]) < 250 {
		t.Errorf("the figures: %v %v", got, err)
	}
}

func ptr[T any](v T) *T { return &v }

func sum(values []float64) float64 {
	out := 0.0
	for _, v := range values {
		out += v
	}
	return out
}

func TestStickyClientsStay(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	c := elb.NewFromConfig(p.config(p.Admin()))
	set := func(blue, green int32) {
		t.Helper()
		_, err := c.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &p.Listener, DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{
			TargetGroups:                []types.TargetGroupTuple{{TargetGroupArn: ptr(p.Groups["blue"]), Weight: &blue}, {TargetGroupArn: ptr(p.Groups["green"]), Weight: &green}},
			TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: ptr(true), DurationSeconds: ptr(int32(60))},
		}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(1, 0)
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	if got, err := get(browser, p.url); err != nil || got != "200 blue" {
		t.Fatalf("at first: %s %v", got, err)
	}
	set(0, 1)
	if got, err := get(browser, p.url); err != nil || got != "200 blue" {
		t.Errorf("pinned: %s %v", got, err)
	}
	if got := p.count(3); got["200 green"] != 3 {
		t.Errorf("others: %v", got)
	}
	for range 3 { // each answer begins the time anew, also at weight 0
		p.clock.elapse(50 * time.Second)
		if got, err := get(browser, p.url); err != nil || got != "200 blue" {
			t.Errorf("still there: %s %v", got, err)
		}
	}
	p.clock.elapse(time.Minute)
	if got, err := get(browser, p.url); err != nil || got != "200 green" {
		t.Errorf("later: %s %v", got, err)
	}
	if err := p.Deregister(t.Context(), p.Groups["green"], p.target["green"]); err != nil {
		t.Fatal(err)
	}
	set(1, 0)
	if got, err := get(browser, p.url); err != nil || got != "503 Service Unavailable" {
		t.Errorf("pinned to a group that is empty: %s %v", got, err)
	}
}

func TestOpenConnectionsEndWithTheDelay(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	ctx := t.Context()
	if err := p.SetAttribute(ctx, p.Groups["blue"], "deregistration_delay.timeout_seconds", "60"); err != nil {
		t.Fatal(err)
	}
	long := make(chan string, 2)
	ask := func() {
		got, err := get(&http.Client{Transport: &http.Transport{}}, p.url+"/long")
		if err != nil {
			got = "cut"
		}
		long <- got
	}
	go ask()
	<-p.inside
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(p.url, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow() //nolint:errcheck // the end of the test
	say := func() string {
		if err := ws.Write(ctx, websocket.MessageText, []byte("hi")); err != nil {
			return "closed"
		}
		_, data, err := ws.Read(ctx)
		if err != nil {
			return "closed"
		}
		return string(data)
	}
	p.split(0, 1)
	if err := p.Deregister(ctx, p.Groups["blue"], p.target["blue"]); err != nil {
		t.Fatal(err)
	}
	p.clock.elapse(59 * time.Second)
	if got := p.count(3); got["200 green"] != 3 {
		t.Errorf("new requests: %v", got)
	}
	if got := say(); got != "blue hi" {
		t.Errorf("the websocket within the delay: %s", got)
	}
	p.held <- struct{}{}
	if got := <-long; got != "200 blue" {
		t.Errorf("the request that ended in time: %s", got)
	}
	if err := p.Register(ctx, p.Groups["green"], p.target["green"]); err != nil {
		t.Fatal(err)
	}
	p.clock.elapse(time.Second)
	for say() != "closed" { // it is cut within moments of real time
		continue
	}
}

// TestSilentTargets: who has waited for a target is told why the load balancer gave
// up, and that stands in the figures as an answer of its own.
func TestSilentTargets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gone    func(p *plane) error
		elapses time.Duration
		want    int
	}{
		"the deregistration delay ends": {func(p *plane) error { return p.Deregister(t.Context(), p.Groups["blue"], p.target["blue"]) }, 5 * time.Second, http.StatusBadGateway},
		"the idle timeout ends":         {func(*plane) error { return nil }, time.Minute, http.StatusGatewayTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlane(t)
			if err := p.SetAttribute(t.Context(), p.Groups["blue"], "deregistration_delay.timeout_seconds", "5"); err != nil {
				t.Fatal(err)
			}
			answer := make(chan string, 1)
			go func() {
				got, err := get(http.DefaultClient, p.url+"/long")
				answer <- fmt.Sprint(got, err)
			}()
			<-p.inside
			if err := c.gone(p); err != nil {
				t.Fatal(err)
			}
			p.clock.elapse(c.elapses)
			if got, want := <-answer, fmt.Sprintf("%d %s%v", c.want, http.StatusText(c.want), error(nil)); got != want {
				t.Errorf("the answer is %s, want %s", got, want)
			}
			p.clock.elapse(time.Minute)
			lb := "LoadBalancer=" + p.ARN[strings.Index(p.ARN, "app/"):]
			for figure, want := range map[string]float64{"HTTPCode_ELB_5XX_Count": 1, fmt.Sprintf("HTTPCode_ELB_%d_Count", c.want): 1, "HTTPCode_Target_5XX_Count": 0, "TargetResponseTime": 0, "RequestCount": 1} {
				m := metric("n", figure, "SampleCount", lb)
				m.MetricStat.Metric.Namespace = ptr("AWS/ApplicationELB")
				if got, err := ask(t, p.cloudwatchClients()["json"], p.world, time.Hour, m); err != nil || sum(got["n"]) != want {
					t.Errorf("%s: %v %v, want %v", figure, got["n"], err, want)
				}
			}
		})
	}
}

// TestIdleWebsocket: a websocket lives as long as something is said in it, and is
// cut when nothing was for the idle timeout.
func TestIdleWebsocket(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(p.url, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow() //nolint:errcheck // the end of the test
	for range 3 {
		p.clock.elapse(59 * time.Second)
		if err := ws.Write(t.Context(), websocket.MessageText, []byte("hi")); err != nil {
			t.Fatal(err)
		}
		if _, data, err := ws.Read(t.Context()); err != nil || string(data) != "blue hi" {
			t.Fatalf("it said %q: %v", data, err)
		}
	}
	p.clock.elapse(time.Minute)
	if _, _, err := ws.Read(t.Context()); err == nil {
		t.Error("it is open")
	}
}
