package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Options say how a sandbox starts. The zero value is a good one.
type Options struct {
	Now    func() time.Time // the clock of what the sandbox emulates; nil: the system's
	Region string           // "eu-central-1": the region of what tests seed and meddle with
	Addr   string           // "127.0.0.1:0"

	// Latency holds every answer back, in real time.
	Latency time.Duration
	// PerSecond throttles each service at so many requests a second of Now; 0 never does.
	PerSecond int
	// Creates, Updates and Provisions are how long Lambda takes, by Now, to make a
	// function or a version, to update $LATEST, and to provision concurrency. Zero
	// is done by the next look.
	Creates, Updates, Provisions time.Duration
	// HealthChecks is how long a target that is checked takes to become healthy;
	// zero is the interval of its group.
	HealthChecks time.Duration
	// Deployments is how long ECS takes to replace tasks.
	Deployments time.Duration
	// TaskStarts and TaskRuns are how long a task that RunTask starts takes until its
	// containers begin, and from there to its end. Zero is over by the next look.
	TaskStarts, TaskRuns time.Duration
	// Tasks lets services of ECS register their tasks in the target groups that they
	// name. Without it a test registers addresses itself.
	Tasks bool
	// PageSize is how much of a list a page has at most, whatever the caller asks
	// for; 0: 50.
	PageSize int
	// Seed starts the dice that Lambda's aliases throw.
	Seed uint64
}

// A Sandbox is a running proxy with an account of its own in a Moto. All methods
// may be called from any goroutine.
type Sandbox struct {
	o       Options
	now     func() time.Time
	moto    *Moto
	account string
	tables  map[string]map[string]action

	journal    journal
	faults     faults
	access     access
	lambda     *lambdas
	figures    figures
	logs       logbook
	containers containers
	scaling    scaling
	past       past
	balancing  balancing
	databases  databases

	limits struct {
		sync.Mutex
		of map[string]*rate.Limiter
	}
	dice struct {
		sync.Mutex
		*rand.Rand
	}

	addr   string
	server *http.Server
	wires  *http.Transport
	reads  reads
	close  sync.Once
}

// Start runs a proxy in front of m until Close.
func Start(m *Moto, o Options) (*Sandbox, error) {
	if o.Now == nil {
		o.Now = systemNow
	}
	if o.Region == "" {
		o.Region = "eu-central-1"
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.PageSize == 0 {
		o.PageSize = 50
	}
	s := &Sandbox{
		o: o, now: o.Now, moto: m, account: m.account(), tables: tables,
		wires: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
	}
	s.limits.of = map[string]*rate.Limiter{}
	s.dice.Rand = rand.New(rand.NewPCG(o.Seed, o.Seed)) //nolint:gosec // the same in every run is what is wanted
	s.lambda, s.figures.now = newLambdas(s), o.Now
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	s.addr = l.Addr().String()
	s.server = &http.Server{Handler: http.HandlerFunc(s.front), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	go func() {
		if err := s.server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			_ = l.Close() // the server is gone; clients see a refused connection
		}
	}()
	return s, nil
}

// Close stops the proxy at once; requests in flight are cut. Moto goes on.
func (s *Sandbox) Close() {
	s.close.Do(func() {
		s.faults.clear()
		s.balancing.close()
		_ = s.server.Close() // nobody could do anything about a failure
		s.wires.CloseIdleConnections()
	})
}

// URL is "http://127.0.0.1:PORT": the endpoint of every service.
func (s *Sandbox) URL() string { return "http://" + s.addr }

// Account is the account's number.
func (s *Sandbox) Account() string { return s.account }

// Region is the region of what the methods of a sandbox make and read.
func (s *Sandbox) Region() string { return s.o.Region }

// MotoLog is the end of what moto wrote, for a test that failed.
func (s *Sandbox) MotoLog() string { return s.moto.Log() }
