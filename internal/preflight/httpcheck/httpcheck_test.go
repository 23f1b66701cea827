package httpcheck

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

type values = preflighttest.Values

const secret = "the-key"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness {
		h := &harness{}
		srv := httptest.NewServer(h)
		t.Cleanup(srv.Close)
		h.url = srv.URL + "/healthz?key=" + secret
		return h
	})
}

// harness is a dependency that answers 200.
type harness struct {
	url    string
	state  preflighttest.State
	calls  atomic.Int64
	writes atomic.Int64
}

func (h *harness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.calls.Add(1)
	if r.Method != http.MethodGet {
		h.writes.Add(1)
	}
	switch h.state {
	case preflighttest.Missing:
		w.WriteHeader(http.StatusNotFound)
	case preflighttest.Babbles:
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = fmt.Fprint(c, secret, "\r\n\r\n")
		_ = c.Close()
		return
	case preflighttest.Hangs:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case preflighttest.Good, preflighttest.Denied, preflighttest.Busy:
	}
	_, _ = fmt.Fprint(w, secret)
}

func (h *harness) Open(t *testing.T) rollout.Check { return open(t, values{"url": h.url}) }

func open(t *testing.T, v values) rollout.Check {
	t.Helper()
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), v), cloud.New(cloud.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(_ *testing.T, s preflighttest.State) bool {
	h.state = s
	return s != preflighttest.Denied && s != preflighttest.Busy
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) { return &rollout.Subject{}, nil }
func (h *harness) Permission() string                           { return "" }
func (h *harness) Calls() int                                   { return int(h.calls.Load()) }
func (h *harness) Writes() int                                  { return int(h.writes.Load()) }
func (h *harness) Secrets() []string                            { return []string{secret} }

func TestAnswers(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/ok")
		code := 0
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &code)
		if code == 0 {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(code)
	}))
	t.Cleanup(srv.Close)
	tls := httptest.NewUnstartedServer(nil)
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	const (
		reach   = "See that it runs, and that it can be reached from where Terraform runs."
		correct = "See what is wrong with it, or correct url or status."
	)
	for _, c := range []struct {
		block values
		why   string
		fix   string // "" where it passes
	}{
		{values{"url": srv.URL + "/204"}, "it answered 204", ""},
		{values{"url": srv.URL + "/401", "status": []any{200, 401}}, "it answered 401", ""},
		{values{"url": srv.URL + "/302"}, "it answered 302, not 2xx", correct},
		{values{"url": srv.URL + "/503?key=v"}, "it answered 503, not 2xx", correct},
		{values{"url": srv.URL + "/204", "status": []any{200, 401}}, "it answered 204, not 200 or 401", correct},
		{values{"url": srv.URL + "/hangs", "timeout": "1ms"}, "it did not answer: nothing came within 1ms", reach},
		{values{"url": gone.URL}, "it did not answer: the connection was refused", reach},
		{values{"url": tls.URL}, "it did not answer: its certificate is not valid", reach},
		{values{"url": strings.Replace(srv.URL, "http:", "https:", 1)}, "it did not answer: it does not speak TLS", reach},
	} {
		got := open(t, c.block).Run(t.Context(), nil, nil)
		object, _, _ := strings.Cut(c.block["url"].(string), "?")
		want := rollout.Finding{Check: "http", Object: object, Status: rollout.Passed, Why: c.why, Fix: c.fix}
		if c.fix != "" {
			want.Status, want.Retry = rollout.Failed, true
		}
		if !slices.Equal(got, []rollout.Finding{want}) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	address := rollout.Problem{
		What: "The url of an http requirement is not an address",
		Why:  "It has to be https://host[:port][/path] or http://….",
		Fix:  `Write it like "https://api.example.com/healthz".`,
	}
	for name, c := range map[string]struct {
		block values
		want  []rollout.Problem
	}{
		"address":    {values{"url": "https://x/y?z=1", "status": []any{200}, "timeout": "2s"}, nil},
		"unknown":    {values{"url": preflighttest.Unknown, "status": []any{preflighttest.Unknown}, "timeout": preflighttest.Unknown}, nil},
		"no scheme":  {values{"url": "x:80/" + secret}, []rollout.Problem{address}},
		"no host":    {values{"url": "https:///x"}, []rollout.Problem{address}},
		"no address": {values{"url": "https://a b"}, []rollout.Problem{address}},
		"a password": {values{"url": "https://me:" + secret + "@x"}, []rollout.Problem{{
			What: "The url of an http requirement holds a credential",
			Why:  "Whatever stands in configuration stands in plan files and state as well, and no credential is sent.",
			Fix:  "Leave it out, and name the status that is answered without one: status = [401].",
		}}},
		"no status": {values{"url": "https://x", "status": []any{}}, []rollout.Problem{{
			At: "status", What: "No status would be good", Why: "status is an empty list.", Fix: "Leave it out for any from 200 to 299, or name those that are good.",
		}}},
		"odd status": {values{"url": "https://x", "status": []any{700}}, []rollout.Problem{{
			At: "status", What: "A status is no status of an answer", Why: "700 is not between 200 and 599.", Fix: "Write it like status = [200, 401].",
		}}},
		"odd timeout": {values{"url": "https://x", "timeout": "-1s"}, []rollout.Problem{{
			At: "timeout", What: "timeout is not a duration", Why: `"-1s" has to be a number with a unit, above 0.`, Fix: `Write it like "500ms", "5s" or "1m30s".`,
		}}},
	} {
		b := preflighttest.Block(t, Kind(), c.block)
		if got := Kind().Validate(t.Context(), b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), b, cloud.New(cloud.Config{})); len(c.want) > 0 && err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	if got := Kind().Object(t.Context(), preflighttest.Block(t, Kind(), values{"url": "https://x:1/y?key=" + secret})); got != "https://x:1/y" {
		t.Errorf("object %q", got)
	}
	if c := open(t, values{"url": "https://x"}).(check); c.timeout != 5*time.Second {
		t.Errorf("timeout %s", c.timeout)
	}
}
