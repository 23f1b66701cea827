package cloud

import (
	"errors"
	"net/http"
	"sync"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	run "cloud.google.com/go/run/apiv2"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Config is what the provider block says of the clouds. Empty fields leave the
// choice to the cloud's own environment variables and default credentials.
type Config struct {
	Google Google
	AWS    AWS
	// UserAgent goes with every request: terraform-provider-rollout/1.2.3.
	UserAgent string
	Clock     rollout.Clock
}

// Clients hands out clients. One value serves all resources of a provider, so
// that their requests share one rate limit a service. It is safe for use by
// many at once.
type Clients struct {
	config Config
	google google
	amazon amazon
}

// New returns clients that are not built yet. It makes no call and reads no
// credential.
func New(c Config) *Clients {
	out := &Clients{config: c}
	out.google.limits, out.google.rest = map[string]limiter{}, map[string]*lazily[restClient]{}
	out.amazon.regions, out.amazon.paces = map[string]*regional{}, map[string]*pace{}
	out.google.identities = idTokens{turn: make(chan struct{}, 1), held: map[string]idToken{}}
	return out
}

// Close ends the connections by gRPC, which stay until the process ends
// otherwise. It is for processes that outlive their clients.
func (c *Clients) Close() error {
	return errors.Join(
		closed(&c.google.services, (*run.ServicesClient).Close), closed(&c.google.revisions, (*run.RevisionsClient).Close),
		closed(&c.google.jobs, (*RunJobs).Close), closed(&c.google.secrets, (*secretmanager.Client).Close), closed(&c.google.metrics, (*monitoring.MetricClient).Close),
	)
}

// closed closes what has been built.
func closed[T any](l *lazily[T], end func(T) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.built {
		return nil
	}
	return end(l.value)
}

// Clock returns the clock that everything built from here waits on.
func (c *Clients) Clock() rollout.Clock { return c.config.Clock }

// UserAgent goes with every request: terraform-provider-rollout/1.2.3.
func (c *Clients) UserAgent() string { return c.config.UserAgent }

// HTTP returns the client for requests to the user's own services: no cookies,
// no redirects followed unseen, connections kept alive.
func (c *Clients) HTTP() *http.Client { return userHTTP() }

var userHTTP = sync.OnceValue(func() *http.Client {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = 16
	transport.ResponseHeaderTimeout = 30 * time.Second
	return &http.Client{Transport: transport, CheckRedirect: stay}
})

// stay follows no redirect: the answer is the redirect.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// lazily builds a value once; a failure is not remembered, for the next caller
// may find what was missing.
type lazily[T any] struct {
	mu    sync.Mutex
	value T
	built bool
}

func (l *lazily[T]) get(build func() (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.built {
		return l.value, nil
	}
	v, err := build()
	if err != nil {
		return v, unbuilt{err}
	}
	l.value, l.built = v, true
	return v, nil
}

// unbuilt says that there is no client, so that nobody was asked.
type unbuilt struct{ error }

// Unwrap returns why.
func (u unbuilt) Unwrap() error { return u.error }
