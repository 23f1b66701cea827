package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
)

// edge is the data plane: one front for each service and each tag, and the
// instances behind them. Its lock may be taken while the store's is held, never
// the other way round.
type edge struct {
	pick   func(service, tag string) (*revision, int)
	admit  func(service string, h http.Header) (refusal int)
	record func(r *revision, code int, latency time.Duration)
	write  func(r *revision, severity, text string) // to the app's log
	proxy  *httputil.ReverseProxy
	wires  *http.Transport

	mu        sync.Mutex
	fronts    map[frontKey]*front
	instances map[string]*instance // by the revision's uid
}

type frontKey struct{ service, tag string }

// A front is the listener whose address is given out as a uri. It lives as long
// as the sandbox, whatever becomes of its service or tag.
type front struct {
	url    string
	server *http.Server
}

// A flight is one request on its way through the proxy.
type flight struct {
	to   *url.URL
	code int // what the container answered, or what the proxy did in its place
}

type flightKey struct{}

func newEdge() *edge {
	e := &edge{
		fronts: map[frontKey]*front{}, instances: map[string]*instance{},
		wires: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	}
	e.proxy = &httputil.ReverseProxy{
		Transport: e.wires, // it flushes streams at once by itself
		ErrorLog:  log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(flightOf(r.In.Context()).to)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ModifyResponse: func(r *http.Response) error {
			flightOf(r.Request.Context()).code = r.StatusCode
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			f := flightOf(r.Context())
			f.code = http.StatusServiceUnavailable
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				f.code = http.StatusGatewayTimeout
			case errors.Is(err, context.Canceled):
				f.code = 499 // the client went away
			}
			http.Error(w, "upstream: "+http.StatusText(f.code), f.code)
		},
	}
	return e
}

func flightOf(ctx context.Context) *flight {
	f, ok := ctx.Value(flightKey{}).(*flight)
	if !ok {
		panic("sandbox: a request in the proxy has no flight")
	}
	return f
}

// open makes the fronts that a service and the tags of its traffic need.
func (e *edge) open(service string, traffic []*runpb.TrafficTarget) error {
	tags := []string{""}
	for _, t := range traffic {
		tags = append(tags, t.GetTag())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, tag := range tags {
		key := frontKey{service, tag}
		if e.fronts[key] != nil {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("listen for service %s tag %q: %w", service, tag, err)
		}
		f := &front{url: "http://" + l.Addr().String()}
		f.server = quietServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.serve(key, w, r) }))
		e.fronts[key] = f
		go serve(f.server, l)
	}
	return nil
}

// url is the address of a front, "" before it has one.
func (e *edge) url(service, tag string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f := e.fronts[frontKey{service, tag}]; f != nil {
		return f.url
	}
	return ""
}

// serve answers one request of a client. A request that no container could take
// is refused without being measured, as on Cloud Run, where request_count
// excludes what never reached a container.
func (e *edge) serve(key frontKey, w http.ResponseWriter, r *http.Request) {
	if refusal := e.admit(key.service, r.Header); refusal != 0 {
		http.Error(w, http.StatusText(refusal), refusal)
		return
	}
	rev, refusal := e.pick(key.service, key.tag)
	if rev == nil {
		http.Error(w, http.StatusText(refusal), refusal)
		return
	}
	inst, err := e.acquire(rev)
	if err != nil {
		http.Error(w, "no available instance", http.StatusServiceUnavailable)
		return
	}
	defer e.release(inst)
	ctx, cancel := limited(r.Context(), rev.template.GetTimeout().AsDuration())
	defer cancel()
	f := &flight{to: inst.url}
	elapsed := stopwatch()
	defer func() { e.record(rev, f.code, elapsed()) }()
	e.proxy.ServeHTTP(w, r.WithContext(context.WithValue(ctx, flightKey{}, f)))
}

// close ends every listener and connection at once.
func (e *edge) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.fronts {
		_ = f.server.Close() // closing is all that is left to do
	}
	for _, i := range e.instances {
		i.stop()
	}
	e.wires.CloseIdleConnections()
}

func quietServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
}

// serve runs a server until it is closed.
func serve(server *http.Server, l net.Listener) {
	if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		_ = l.Close() // the server is gone; clients see a refused connection
	}
}

// pick chooses the revision for one request of a service ("" tag) or of a tag.
// The choice among several is smooth weighted round robin: in any hundred
// requests of an unchanged split, a revision with 10 % gets exactly ten.
func (st *store) pick(id, tag string) (*revision, int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(id)
	if err != nil {
		return nil, http.StatusNotFound
	}
	if tag != "" {
		for _, t := range sv.live {
			if t.tag == tag {
				return t.rev, 0
			}
		}
		return nil, http.StatusNotFound
	}
	if r := sv.turn(); r != nil {
		return r, 0
	}
	return nil, http.StatusServiceUnavailable
}

// turn is one step of the round robin: everybody gains his weight, the richest
// serves and pays the sum.
func (sv *service) turn() *revision {
	if sv.turns == nil {
		sv.turns = map[string]int{}
	}
	gained, sum := map[string]bool{}, 0
	for _, t := range sv.live {
		sv.turns[t.rev.uid] += int(t.percent)
		gained[t.rev.uid] = gained[t.rev.uid] || t.percent > 0
		sum += int(t.percent)
	}
	var best *revision
	for _, t := range sv.live {
		if gained[t.rev.uid] && (best == nil || sv.turns[t.rev.uid] > sv.turns[best.uid]) {
			best = t.rev
		}
	}
	if best != nil {
		sv.turns[best.uid] -= sum
	}
	return best
}
