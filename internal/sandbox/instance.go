package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// An instance is the container of a revision: an HTTP server of its own,
// started when the first request comes and stopped when nothing routes to the
// revision any more and the last request has ended.
type instance struct {
	service, revision string // revision is the uid
	url               *url.URL
	server            *http.Server
	cut               context.CancelFunc
	inFlight          int
	retired           bool
}

// acquire returns the running instance of a revision and counts a request in.
func (e *edge) acquire(r *revision) (*instance, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := e.instances[r.uid]
	if i == nil {
		var err error
		if i, err = startInstance(r, e.write); err != nil {
			return nil, err
		}
		e.instances[r.uid] = i
	}
	i.inFlight++
	i.retired = false
	return i, nil
}

// release counts a request out; the last one of a retired instance stops it.
func (e *edge) release(i *instance) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i.inFlight--
	e.reap(i)
}

// retire lets go of the instances of a service that nothing routes to any more.
// Requests in flight end where they are (Cloud Run, rollouts and traffic
// migration: "in flight requests will not be dropped").
func (e *edge) retire(service string, keep map[string]bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for uid, i := range e.instances {
		if i.service == service && !keep[uid] {
			i.retired = true
			e.reap(i)
		}
	}
}

func (e *edge) reap(i *instance) {
	if !i.retired || i.inFlight > 0 {
		return
	}
	if e.instances[i.revision] == i {
		delete(e.instances, i.revision)
	}
	i.stop()
}

// hardStop ends an instance with whatever it is doing.
func (e *edge) hardStop(uid string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i := e.instances[uid]; i != nil {
		delete(e.instances, uid)
		i.stop()
	}
}

// running counts the requests in flight on a revision; -1 says that it has no instance.
func (e *edge) running(uid string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i := e.instances[uid]; i != nil {
		return i.inFlight
	}
	return -1
}

func startInstance(r *revision, write func(*revision, string, string)) (*instance, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for revision %s: %w", r.id, err)
	}
	ctx, cut := context.WithCancel(context.Background())
	server := quietServer(newApp(r, write))
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	go serve(server, l)
	return &instance{
		service: r.service.id, revision: r.uid, server: server, cut: cut,
		url: &url.URL{Scheme: "http", Host: l.Addr().String()},
	}, nil
}

func (i *instance) stop() {
	_ = i.server.Close()
	i.cut() // ends what Close does not know: hijacked connections
}

// HardStop ends the running instance of a revision at once and cuts the
// requests in flight on it: what a plain switch without a drain does. The next
// request that is routed to the revision starts a new instance.
func (s *Sandbox) HardStop(service, revision string) {
	if r := s.revision(service, revision); r != nil {
		s.edge.hardStop(r.uid)
	}
}

// InFlight counts the requests that a revision is handling; -1 says that no
// instance of it runs.
func (s *Sandbox) InFlight(service, revision string) int {
	if r := s.revision(service, revision); r != nil {
		return s.edge.running(r.uid)
	}
	return -1
}
