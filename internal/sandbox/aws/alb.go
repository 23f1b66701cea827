package aws

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// albFront is the data plane of one listener: real connections, on loopback, to the
// addresses that are registered in its groups. It is the only part, with Latency
// and Delay, that uses real time.
type albFront struct {
	s        *Sandbox
	listener string
	url      string
	server   *http.Server
	stop     context.CancelFunc
	proxy    *httputil.ReverseProxy

	mu      sync.Mutex
	flights map[*flight]bool
}

// A flight is one request on its way to a target.
type flight struct {
	group  string
	target *target
	to     *url.URL
	code   int
	cut    context.CancelFunc
}

type flightKey struct{}

func flightOf(ctx context.Context) *flight {
	f, ok := ctx.Value(flightKey{}).(*flight)
	if !ok {
		panic("sandbox: a request in the proxy has no flight")
	}
	return f
}

// OpenListener starts a real HTTP server that does what a listener of the
// sandbox's region does, until the sandbox closes, and returns its address.
func (s *Sandbox) OpenListener(ctx context.Context, arn string) (string, error) {
	if err := s.attach(ctx, regionOf(arn)); err != nil {
		return "", err
	}
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	if _, there := s.balancing.routes[arn]; !there {
		return "", fmt.Errorf("no listener %s", arn)
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for %s: %w", arn, err)
	}
	watch, stop := context.WithCancel(context.Background())
	f := &albFront{s: s, listener: arn, url: "http://" + l.Addr().String(), stop: stop, flights: map[*flight]bool{}}
	f.proxy = &httputil.ReverseProxy{
		Transport: s.wires, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(flightOf(r.In.Context()).to)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ModifyResponse: func(r *http.Response) error {
			flightOf(r.Request.Context()).code = r.StatusCode
			return nil
		},
		ErrorHandler: f.failed,
	}
	f.server = &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	s.balancing.fronts = append(s.balancing.fronts, f)
	go func() {
		if err := f.server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			_ = l.Close() // the server is gone; clients see a refused connection
		}
	}()
	go every(watch, 10*time.Millisecond, f.expire)
	return f.url, nil
}

func (b *balancing) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.fronts {
		f.stop()
		_ = f.server.Close() // closing is all that is left to do
	}
}

// failed answers in the place of a target that could not: 502
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
func (f *albFront) failed(w http.ResponseWriter, r *http.Request, err error) {
	fl := flightOf(r.Context())
	fl.code = http.StatusBadGateway
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the end of the deregistration delay, or the client went away
	}
	http.Error(w, http.StatusText(fl.code), fl.code)
}

// expire cuts what is still open to targets whose deregistration delay has passed.
func (f *albFront) expire(int) bool {
	now := f.s.now()
	f.s.balancing.mu.Lock()
	defer f.s.balancing.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	for fl := range f.flights {
		if t := fl.target; !t.left.IsZero() && !now.Before(t.left.Add(t.delay)) {
			fl.cut()
		}
	}
	return true
}

func (f *albFront) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	r, ok := f.rule(in)
	switch {
	case !ok:
		http.Error(w, "the data plane does not know this rule", http.StatusNotImplemented)
		return
	case r.fixed != nil:
		w.Header().Set("Content-Type", r.fixed.kind)
		w.WriteHeader(r.fixed.code)
		_, _ = io.WriteString(w, r.fixed.body) // an error means that the client has gone
		return
	}
	group := f.s.choose(r, in)
	fl := f.board(group)
	if fl == nil { // no target, or all weights are 0
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	if r.sticky > 0 {
		w.Header().Add("Set-Cookie", groupCookie+"="+pinned(group, f.s.now().Add(r.sticky))+"; Path=/; Max-Age="+strconv.Itoa(int(r.sticky.Seconds())))
	}
	ctx, cut := context.WithCancel(in.Context())
	fl.cut = cut
	f.mu.Lock()
	f.flights[fl] = true
	f.mu.Unlock()
	took := stopwatch()
	defer func() {
		f.mu.Lock()
		delete(f.flights, fl)
		f.mu.Unlock()
		cut()
		f.s.balanced(f.listener, group, fl.code, 1, took())
	}()
	f.proxy.ServeHTTP(w, in.WithContext(context.WithValue(ctx, flightKey{}, fl)))
}

// rule finds what is done with a request.
func (f *albFront) rule(in *http.Request) (rule, bool) {
	f.s.balancing.mu.Lock()
	rules := f.s.balancing.routes[f.listener].rules
	f.s.balancing.mu.Unlock()
	for _, r := range rules {
		match, unknown := r.matches(in)
		if unknown != "" {
			f.s.journal.violate("%s: the data plane does not know %s", f.listener, unknown)
			return rule{}, false
		}
		if match {
			return r, true
		}
	}
	return rule{}, false
}

// groupCookie pins a client to a target group for a time, whatever the weights
// become meanwhile, as long as the group is named
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions).
const groupCookie = "AWSALBTG"

func pinned(group string, until time.Time) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(until.UnixMilli(), 10) + " " + group))
}

// choose picks the group of a request: the one that its cookie names, or one by
// the weights, by chance.
func (s *Sandbox) choose(r rule, in *http.Request) string {
	if c, err := in.Cookie(groupCookie); err == nil && r.sticky > 0 {
		raw, _ := base64.RawURLEncoding.DecodeString(c.Value) // what is no cookie of ours names no group
		until, group, _ := strings.Cut(string(raw), " ")
		ms, err := strconv.ParseInt(until, 10, 64)
		for _, sh := range r.shares {
			if err == nil && sh.Group == group && s.now().Before(time.UnixMilli(ms)) {
				return group
			}
		}
	}
	sum := 0
	for _, sh := range r.shares {
		sum += sh.Weight
	}
	if sum == 0 {
		return ""
	}
	s.dice.Lock()
	n := s.dice.IntN(sum)
	s.dice.Unlock()
	for _, sh := range r.shares {
		if n -= sh.Weight; n < 0 {
			return sh.Group
		}
	}
	return ""
}

// board finds a target: healthy ones in turn; where none is, every registered one,
// which is called failing open
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html).
func (f *albFront) board(group string) *flight {
	if group == "" {
		return nil
	}
	f.s.balancing.mu.Lock()
	defer f.s.balancing.mu.Unlock()
	g := f.s.balancing.group(group)
	var healthy, registered []*target
	for _, t := range inOrder(g.targets) {
		if !t.left.IsZero() {
			continue
		}
		registered = append(registered, t)
		if g.health(t, f.s.now()).State == "healthy" {
			healthy = append(healthy, t)
		}
	}
	if len(healthy) == 0 {
		healthy = registered
	}
	if len(healthy) == 0 {
		return nil
	}
	g.turn++
	t := healthy[g.turn%len(healthy)]
	return &flight{group: group, target: t, to: &url.URL{Scheme: "http", Host: net.JoinHostPort(t.id, t.port)}}
}

// balanced counts requests in the figures that a load balancer sends to CloudWatch
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
func (s *Sandbox) balanced(listener, group string, code, n int, took time.Duration) {
	s.balancing.mu.Lock()
	balancer := s.balancing.routes[listener].balancer
	s.balancing.mu.Unlock()
	_, lb, _ := strings.Cut(balancer, ":loadbalancer/")
	tg := group[strings.LastIndex(group, ":")+1:]
	for _, d := range []map[string]string{{"LoadBalancer": lb, "TargetGroup": tg}, {"LoadBalancer": lb}, {"TargetGroup": tg}} {
		put := func(name string, value float64) {
			s.figures.add(regionOf(listener), figureOf("AWS/ApplicationELB", name, d), s.now(), value, n)
		}
		put("RequestCount", 1)
		put("TargetResponseTime", took.Seconds())
		if code > 0 {
			put(fmt.Sprintf("HTTPCode_Target_%dXX_Count", code/100), 1)
		}
	}
}

// LoadListener is n requests to a listener's path, all at the present moment,
// divided by chance as the weights say and answered as each group's Behaviour
// says. It stands in the figures; nothing goes over a network. It returns how many
// each group took, by ARN.
func (s *Sandbox) LoadListener(ctx context.Context, listener, path string, n int) (map[string]int, error) {
	if err := s.attach(ctx, regionOf(listener)); err != nil {
		return nil, err
	}
	in, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	r, ok := (&albFront{s: s, listener: listener}).rule(in)
	if !ok {
		return nil, fmt.Errorf("no rule of %s for %s", listener, path)
	}
	took, failures := map[string]int{}, map[string]int{}
	for range n {
		group := s.choose(r, in)
		if group == "" {
			return nil, fmt.Errorf("all weights of %s are 0", listener)
		}
		took[group]++
		s.balancing.mu.Lock()
		b := s.balancing.group(group).behaves
		s.balancing.mu.Unlock()
		if s.chance(b.ErrorShare) {
			failures[group]++
		}
	}
	for group, count := range took {
		s.balancing.mu.Lock()
		b := s.balancing.group(group).behaves
		s.balancing.mu.Unlock()
		s.balanced(listener, group, http.StatusOK, count-failures[group], b.Latency)
		s.balanced(listener, group, http.StatusInternalServerError, failures[group], b.Latency)
	}
	return took, nil
}

// SetGroupBehaviour says how the targets of a group answer LoadListener from now on.
func (s *Sandbox) SetGroupBehaviour(group string, b Behaviour) {
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	s.balancing.group(group).behaves = b
}
