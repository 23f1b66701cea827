package preflighttest

import (
	"net/http"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
)

// OnGoogle is the Harness of a requirement of Google's: a project of its own on
// the sandbox.
type OnGoogle struct {
	*sandbox.Sandbox
	Clock *clocktest.Clock
	// Block is what stands in the requirement.
	Block Values
	// API is whom it asks, as the sandbox begins the names of methods: "storage.".
	API string
	// Needs are the permissions that it takes. The exam looks for the first.
	Needs []string
	// Gone lets the thing be missing.
	Gone func()
	// GRPC is for APIs that are not asked in JSON.
	GRPC bool
	// Instead lets the check ask another address in the place of Google's. By
	// default that is the endpoint of the provider.
	Instead func(address string)

	t        *testing.T
	kind     preflight.Kind
	endpoint string
}

// NewOnGoogle returns a project in which there is nothing yet. The options' Now
// is that of the clock.
func NewOnGoogle(t *testing.T, k preflight.Kind, o sandbox.Options) *OnGoogle {
	t.Helper()
	w := &OnGoogle{Clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), t: t, kind: k}
	o.Now = w.Clock.Now
	w.Sandbox = sandboxtest.New(t, o)
	w.Instead = w.At
	w.At(w.URL())
	return w
}

// At is the endpoint of the provider; "" is Google's own.
func (w *OnGoogle) At(endpoint string) { w.endpoint = endpoint }

// Clients ask as the provider does.
func (w *OnGoogle) Clients() *cloud.Clients {
	return cloud.New(cloud.Config{Google: cloud.Google{Endpoint: w.endpoint}, Clock: w.Clock})
}

// Open implements Harness.
func (w *OnGoogle) Open(t *testing.T) rollout.Check {
	t.Helper()
	c, err := w.kind.Open(t.Context(), Block(t, w.kind, w.Block), w.Clients())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Run opens the check and runs it.
func (w *OnGoogle) Run() []rollout.Finding {
	w.t.Helper()
	return w.Open(w.t).Run(w.t.Context(), nil, nil)
}

// Answer lets somebody answer everything with this in Google's place.
func (w *OnGoogle) Answer(status int, body string) {
	w.t.Helper()
	w.Instead(Answering(w.t, status, body))
}

// Become implements Harness.
func (w *OnGoogle) Become(t *testing.T, s State) bool {
	t.Helper()
	switch s {
	case Good:
	case Missing:
		w.Gone()
	case Denied:
		t.Cleanup(w.Deny(w.Needs...))
	case Busy:
		t.Cleanup(w.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: w.API, Times: 3}))
	case Hangs:
		t.Cleanup(w.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: w.API}))
	case Babbles:
		if w.GRPC {
			w.Instead(Babbling(t, InBody))
		} else {
			w.Answer(http.StatusOK, InBody)
		}
	}
	return true
}

// Subjects implements Harness.
func (w *OnGoogle) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

// Permission implements Harness.
func (w *OnGoogle) Permission() string { return w.Needs[0] }

// Calls implements Harness.
func (w *OnGoogle) Calls() int { return len(w.Sandbox.Calls()) }

// Secrets implements Harness.
func (w *OnGoogle) Secrets() []string { return []string{InBody} }

// OddAnswers holds a kind to what it makes of answers that are none of the thing
// that it asked a JSON API of Google's for: it says who was asked and what came,
// and never what stood in it. service is what people call the API, host where it
// is, and empty what the kind says of an answer that holds nothing.
func OddAnswers(t *testing.T, service, host, empty string, fresh func(t *testing.T) *OnGoogle) {
	t.Helper()
	disabled := "the API " + host + " is not enabled in the project <project of the credentials>"
	for name, c := range map[string]struct {
		status int
		body   string
		why    string
	}{
		"nothing":             {http.StatusOK, `{}`, empty},
		"no JSON":             {http.StatusOK, InBody, service + " gave no answer that could be read"},
		"not authenticated":   {http.StatusUnauthorized, InBody, service + " does not accept the credentials"},
		"busy for ever":       {http.StatusServiceUnavailable, InBody, service + " could not be asked: it answered 503"},
		"refused":             {http.StatusBadRequest, InBody, service + " could not be asked: it answered 400"},
		"throttled as of old": {http.StatusForbidden, `{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}`, service + " could not be asked: it answered 403"},
		"disabled as of old":  {http.StatusForbidden, `{"error":{"code":403,"errors":[{"reason":"accessNotConfigured"}]}}`, disabled},
		"disabled as of now":  {http.StatusForbidden, `{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}`, disabled},
	} {
		t.Run(name, func(t *testing.T) {
			w := fresh(t)
			w.Answer(c.status, c.body)
			got := w.Run()
			if len(got) == 0 || got[0].Status != rollout.Skipped || got[0].Why != c.why {
				t.Errorf("got %+v, want %q", got, c.why)
			}
		})
	}
}
