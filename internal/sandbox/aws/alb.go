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
	"sync/atomic"
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
	idle     time.Duration // the load balancer's, when the listener was opened

	mu      sync.Mutex
	flights map[*flight]bool
}

// A flight is one request on its way to a target.
type flight struct {
	target *target
	to     *url.URL
	took   func() time.Duration // since it took off
	head   time.Duration        // until its target began to answer
	code   int                  // of the answer; 0 while there is none
	own    bool                 // the load balancer answered, not the target
	moved  atomic.Int64
	cut    context.CancelCauseFunc
}

// Why the load balancer gives a request up.
var (
	errLeft = errors.New("the deregistration delay of its target has passed")
	errIdle = errors.New("nothing was sent or received within the idle timeout")
)

// wire is what goes to or comes from a target: the body of a request, that of an
// answer, or both directions of a websocket. What moves there keeps a flight from
// being idle.
type wire struct {
	io.ReadCloser
	flown func()
}

func (w wire) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.flown()
	return n, err
}

// duplex is the wire of a websocket.
type duplex struct {
	wire
	io.Writer
}

func (d duplex) Write(p []byte) (int, error) {
	d.flown()
	return d.Writer.Write(p)
}

func (fl *flight) wired(now func() time.Time, body io.ReadCloser) io.ReadCloser {
	w := wire{body, func() { fl.moved.Store(now().UnixNano()) }}
	if both, ok := body.(io.ReadWriteCloser); ok {
		return duplex{w, both}
	}
	return w
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
	at, there := s.balancing.routes[arn]
	s.balancing.mu.Unlock()
	if !there {
		return "", fmt.Errorf("no listener %s", arn)
	}
	idle, err := s.idleTimeout(ctx, at.balancer)
	if err != nil {
		return "", err
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for %s: %w", arn, err)
	}
	watch, stop := context.WithCancel(context.Background())
	f := &albFront{s: s, listener: arn, url: "http://" + l.Addr().String(), stop: stop, idle: idle, flights: map[*flight]bool{}}
	f.proxy = &httputil.ReverseProxy{
		Transport: s.wires, ErrorLog: log.New(io.Discard, "", 0), ErrorHandler: f.failed,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(flightOf(r.In.Context()).to)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ModifyResponse: func(r *http.Response) error {
			fl := flightOf(r.Request.Context())
			fl.head, fl.code, r.Body = fl.took(), r.StatusCode, fl.wired(s.now, r.Body)
			return nil
		},
	}
	f.server = &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	s.balancing.mu.Lock()
	s.balancing.fronts = append(s.balancing.fronts, f)
	s.balancing.mu.Unlock()
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

// idleTimeout is how long nothing may be sent or received: 60 seconds unless the
// balancer's attribute says otherwise
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#connection-idle-timeout).
func (s *Sandbox) idleTimeout(ctx context.Context, balancer string) (time.Duration, error) {
	shown, err := s.call(ctx, "elasticloadbalancing", regionOf(balancer), url.Values{"Action": {"DescribeLoadBalancerAttributes"}, "LoadBalancerArn": {balancer}})
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.Atoi(attribute(shown, "idle_timeout.timeout_seconds"))
	if err != nil {
		seconds = 60
	}
	return time.Duration(seconds) * time.Second, nil
}

// failed answers in the place of a target that gave no answer: 504 where it was
// silent for the idle timeout, 502 where it refused, hung up, or had not answered
// when its deregistration delay ended. What the client has begun to read is cut
// instead
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
func (f *albFront) failed(w http.ResponseWriter, r *http.Request, _ error) {
	why := context.Cause(r.Context())
	switch {
	case errors.Is(why, errIdle):
		f.answer(w, flightOf(r.Context()), http.StatusGatewayTimeout)
	case why == nil || errors.Is(why, errLeft):
		f.answer(w, flightOf(r.Context()), http.StatusBadGateway)
	default:
		panic(http.ErrAbortHandler) // the client went away
	}
}

// answer is an answer of the load balancer itself.
func (f *albFront) answer(w http.ResponseWriter, fl *flight, code int) {
	fl.code, fl.own = code, true
	http.Error(w, http.StatusText(code), code)
}

// expire cuts what is still open to targets whose deregistration delay has passed,
// and what has been idle for too long.
func (f *albFront) expire(int) bool {
	now := f.s.now()
	f.s.balancing.mu.Lock()
	defer f.s.balancing.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	for fl := range f.flights {
		switch t := fl.target; {
		case !t.left.IsZero() && !now.Before(t.left.Add(t.delay)):
			fl.cut(errLeft)
		case !now.Before(time.Unix(0, fl.moved.Load()).Add(f.idle)):
			fl.cut(errIdle)
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
		fl = &flight{}
		f.answer(w, fl, http.StatusServiceUnavailable)
		f.s.balanced(f.listener, group, fl, 1)
		return
	}
	if r.sticky > 0 {
		f.s.pin(w, group, r.sticky)
	}
	ctx, cut := context.WithCancelCause(context.WithValue(in.Context(), flightKey{}, fl))
	fl.cut = cut
	f.mu.Lock()
	f.flights[fl] = true
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.flights, fl)
		f.mu.Unlock()
		cut(nil)
		f.s.balanced(f.listener, group, fl, 1)
	}()
	in = in.WithContext(ctx)
	in.Body = fl.wired(f.s.now, in.Body)
	f.proxy.ServeHTTP(w, in)
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

// groupCookie pins a client to a target group, whatever the weights become
// meanwhile, as long as the group is named
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#forward-actions).
// crossCookie says the same to pages of other sites.
const (
	groupCookie = "AWSALBTG"
	crossCookie = "AWSALBTGCORS"
)

// kept is how long a browser keeps the cookies. How long they count is for the
// balancer to know: what they say is encrypted.
const kept = 7 * 24 * time.Hour

// pin tells a client which group it stays with. Every answer begins the time anew,
// and Expires is the attribute that says how long to keep a cookie
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions).
func (s *Sandbox) pin(w http.ResponseWriter, group string, sticky time.Duration) {
	c := http.Cookie{Name: groupCookie, Value: pinned(group, s.now().Add(sticky)), Path: "/", Expires: systemNow().Add(kept)}
	http.SetCookie(w, &c)
	c.Name, c.SameSite, c.Secure = crossCookie, http.SameSiteNoneMode, true
	http.SetCookie(w, &c)
}

func pinned(group string, until time.Time) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(until.UnixMilli(), 10) + " " + group))
}

// choose picks the group of a request: the one that its cookie names, or one by
// the weights, by chance.
func (s *Sandbox) choose(r rule, in *http.Request) string {
	c, err := in.Cookie(groupCookie)
	if err != nil {
		c, err = in.Cookie(crossCookie)
	}
	if err == nil && r.sticky > 0 {
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
	fl := &flight{took: stopwatch(), target: t, to: &url.URL{Scheme: "http", Host: net.JoinHostPort(t.id, t.port)}}
	fl.moved.Store(f.s.now().UnixNano())
	return fl
}

// balanced counts requests in the figures that a load balancer sends to CloudWatch.
// Those to which no target was found are no requests, and what the load balancer
// answered by itself is no answer of a target
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html).
func (s *Sandbox) balanced(listener, group string, fl *flight, n int) {
	s.balancing.mu.Lock()
	balancer := s.balancing.routes[listener].balancer
	s.balancing.mu.Unlock()
	_, lb, _ := strings.Cut(balancer, ":loadbalancer/")
	tg := group[strings.LastIndex(group, ":")+1:]
	put := func(name string, value float64, dimensions ...map[string]string) {
		for _, d := range dimensions {
			s.figures.add(regionOf(listener), figureOf("AWS/ApplicationELB", name, d), s.now(), value, n)
		}
	}
	whole, each := map[string]string{"LoadBalancer": lb}, map[string]string{"TargetGroup": tg}
	both := map[string]string{"LoadBalancer": lb, "TargetGroup": tg}
	if fl.target != nil {
		put("RequestCount", 1, both, whole, each)
	}
	switch {
	case fl.own:
		put(fmt.Sprintf("HTTPCode_ELB_%dXX_Count", fl.code/100), 1, whole)
		put(fmt.Sprintf("HTTPCode_ELB_%d_Count", fl.code), 1, whole)
	case fl.code > 0:
		put("TargetResponseTime", fl.head.Seconds(), both, whole, each)
		put(fmt.Sprintf("HTTPCode_Target_%dXX_Count", fl.code/100), 1, both, whole, each)
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
		for code, n := range map[int]int{http.StatusOK: count - failures[group], http.StatusInternalServerError: failures[group]} {
			s.balanced(listener, group, &flight{target: &target{}, head: b.Latency, code: code}, n)
		}
	}
	return took, nil
}

// SetGroupBehaviour says how the targets of a group answer LoadListener from now on.
func (s *Sandbox) SetGroupBehaviour(group string, b Behaviour) {
	s.balancing.mu.Lock()
	defer s.balancing.mu.Unlock()
	s.balancing.group(group).behaves = b
}
