package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// Options say how a sandbox starts. The zero value is a good one.
type Options struct {
	Now      func() time.Time // the clock of the control plane; nil: the system's
	Project  string           // "demo"
	Number   string           // the project's number, which some answers use instead of its id
	Location string           // "us-central1"
	Settle   time.Duration    // how long a reconcile takes by the clock; 0: the next look shows it settled
	Addr     string           // "127.0.0.1:0"
	PageSize int              // of a list whose caller does not say; 3, so that paging is exercised
	// Forgive lets a write that only moves traffic between good revisions end
	// well while the newest revision has failed. Without it the operation ends
	// with that revision's error although the traffic has moved.
	Forgive bool
}

// A Sandbox is a running emulator. All methods may be called from any goroutine.
type Sandbox struct {
	place
	now        func() time.Time
	pageSize   int
	journal    journal
	faults     faults
	vault      *vault
	identities *identities
	images     *images
	infra      *infra
	telemetry  *telemetry
	logs       *logs
	edge       *edge
	store      *store

	addr    string
	servers []*http.Server
	rpc     *grpc.Server
	close   sync.Once
}

// Start runs a sandbox until Close.
func Start(o Options) (*Sandbox, error) {
	o = o.complete()
	s := &Sandbox{
		place: place{project: o.Project, number: o.Number, location: o.Location},
		now:   o.Now, pageSize: o.PageSize,
		vault: newVault(o.Now), identities: newIdentities(o.Now), images: newImages(), infra: newInfra(), edge: newEdge(), telemetry: newTelemetry(o.Now),
		logs: &logs{now: o.Now},
	}
	s.store = &store{
		place: s.place, now: o.Now, settle: o.Settle, forgive: o.Forgive,
		vault: s.vault, images: s.images, edge: s.edge, violate: s.journal.violate, logs: s.logs,
		jobs: map[string]*job{}, services: map[string]*service{}, ops: map[string]*operation{},
	}
	s.edge.pick, s.edge.admit = s.store.pick, s.admit
	s.edge.record = func(r *revision, code int, latency time.Duration) { s.answered(r, code, 1, latency) }
	s.edge.write = func(r *revision, severity, text string) {
		s.logs.text(r.service.id, r.id, severity, text, s.now())
	}
	images, err := s.listen("127.0.0.1:0", s.registry())
	if err != nil {
		return nil, err
	}
	s.images.addr = images
	if s.addr, err = s.listen(o.Addr, s.front()); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (o Options) complete() Options {
	if o.Now == nil {
		o.Now = systemNow
	}
	for _, d := range []struct {
		field   *string
		instead string
	}{
		{&o.Project, "demo"}, {&o.Number, "481516234200"}, {&o.Location, "us-central1"}, {&o.Addr, "127.0.0.1:0"},
	} {
		if *d.field == "" {
			*d.field = d.instead
		}
	}
	if o.PageSize == 0 {
		o.PageSize = 3
	}
	return o
}

// listen serves a handler and returns its address.
func (s *Sandbox) listen(addr string, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("start sandbox: %w", err)
	}
	server := quietServer(h)
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	s.servers = append(s.servers, server)
	go serve(server, l)
	return l.Addr().String(), nil
}

// Close stops everything at once; requests in flight are cut.
func (s *Sandbox) Close() {
	s.close.Do(func() {
		for _, server := range s.servers {
			_ = server.Close() // nobody could do anything about a failure
		}
		if s.rpc != nil {
			s.rpc.Stop()
		}
		s.edge.close()
	})
}

// URL is "http://127.0.0.1:PORT": gRPC over h2c, every REST API, the Knative
// facade, PromQL, and what gcloud sends to an HTTP proxy.
func (s *Sandbox) URL() string { return "http://" + s.addr }

// Addr is host:port of URL, the form that gRPC clients want.
func (s *Sandbox) Addr() string { return s.addr }

// Registry is host:port of the container registry (OCI distribution API).
func (s *Sandbox) Registry() string { return s.images.addr }

// Project is the project's id.
func (s *Sandbox) Project() string { return s.project }

// Location is the one region that the sandbox has.
func (s *Sandbox) Location() string { return s.location }
