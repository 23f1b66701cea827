package httpprobe

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestExam(t *testing.T) { gatetest.Run(t, Kind(), newHarness) }

const (
	token  = "eyJ-the-identity-token" //nolint:gosec // nobody's
	inBody = "the body holds a key"
	key    = "the-write-only-key"
)

// harness is a revision that answers /0 to /3, on a server of its own.
type harness struct {
	t       *testing.T
	clock   *clocktest.Clock
	trouble gatetest.Trouble
	broken  bool
	calls   atomic.Int64

	mu   sync.Mutex
	urls map[rollout.Revision]string
	bad  map[rollout.Revision]int
}

func newHarness(t *testing.T) gatetest.Harness {
	t.Setenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "ci@demo.iam.gserviceaccount.com")
	return &harness{
		t: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)),
		urls: map[rollout.Revision]string{}, bad: map[rollout.Revision]int{},
	}
}

func (h *harness) Open(t *testing.T) rollout.Source {
	var requests []any
	for i := range 4 {
		requests = append(requests, gatetest.Values{
			"path": fmt.Sprintf("/%d?key=%s", i, token), "text": "fine", "headers_wo": gatetest.Values{"X-Api-Key": key},
			"capture": []any{gatetest.Values{"name": fmt.Sprintf("seen%d", i), "regex": "(" + inBody + ")"}},
		})
	}
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), gatetest.Values{"request": requests, "auth": "google_id_token"}), cloud.New(cloud.Config{Clock: h.clock}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *harness) Clock() rollout.Clock { return h.clock }

func (h *harness) Subject(r rollout.Revision) rollout.Subject {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.urls[r] == "" {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { h.answer(r, w, q) }))
		h.t.Cleanup(srv.Close)
		h.urls[r] = srv.URL
	}
	return rollout.Subject{Revision: r, URL: h.urls[r], Token: func(context.Context) (string, error) {
		if h.broken && h.trouble == gatetest.Denies {
			return "", fmt.Errorf("iam.serviceAccounts.getOpenIdToken: %w", rollout.ErrDenied)
		}
		return token, nil
	}}
}

func (h *harness) answer(r rollout.Revision, w http.ResponseWriter, q *http.Request) {
	h.calls.Add(1)
	h.mu.Lock()
	bad := h.bad[r]
	h.mu.Unlock()
	switch {
	case h.broken && h.trouble == gatetest.Hangs:
		<-q.Context().Done()
		panic(http.ErrAbortHandler)
	case h.broken && h.trouble == gatetest.Babbles:
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = fmt.Fprintf(c, "%s: %s\r\n\r\n", inBody, token)
		_ = c.Close()
		return
	case h.broken, q.Header.Get("Authorization") != "Bearer "+token, q.Header.Get("X-Api-Key") != key, int(q.URL.Path[1]-'0') < bad:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = fmt.Fprint(w, "fine; ", inBody)
}

func (h *harness) Serve(r rollout.Revision, _ time.Time, _, bad int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bad[r] = bad
}

func (h *harness) Expect(good, bad int) gatetest.Reading {
	return gatetest.Reading{Value: float64(bad), Samples: good + bad}
}

func (h *harness) Break(_ *testing.T, trouble gatetest.Trouble) bool {
	h.trouble, h.broken = trouble, true
	return trouble <= gatetest.Hangs
}

func (h *harness) Calls() int        { return int(h.calls.Load()) }
func (h *harness) Missing() string   { return "iam.serviceAccounts.getOpenIdToken" }
func (h *harness) Secrets() []string { return []string{token, inBody, key} }
