package gcpserviceaccount

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

const (
	inBody = "the body holds a key"
	api    = "api@demo.iam.gserviceaccount.com"
)

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// harness is the sandbox, over REST.
type harness struct {
	*sandbox.Sandbox
	clock    *clocktest.Clock
	endpoint string
	email    string
}

func start(t *testing.T) *harness {
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), email: api}
	s, err := sandbox.Start(sandbox.Options{Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h.Sandbox, h.endpoint = s, s.URL()
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("violations: %q", v)
		}
	})
	s.ServiceAccount(api, false)
	return h
}

func (h *harness) Open(t *testing.T) rollout.Check {
	t.Helper()
	clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), values{"email": h.email}), clients)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(t *testing.T, s preflighttest.State) bool {
	switch s {
	case preflighttest.Good:
	case preflighttest.Missing:
		h.email = "nobody@demo.iam.gserviceaccount.com"
	case preflighttest.Denied:
		h.Deny(permission)
	case preflighttest.Busy:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "iam.", Times: 3}))
	case preflighttest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "iam."}))
	case preflighttest.Babbles:
		h.endpoint = preflighttest.Answering(t, http.StatusOK, inBody)
	}
	return true
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) { return &rollout.Subject{}, nil }
func (h *harness) Permission() string                           { return permission }
func (h *harness) Calls() int                                   { return len(h.Sandbox.Calls()) }
func (h *harness) Secrets() []string                            { return []string{inBody} }

func (h *harness) run(t *testing.T) rollout.Finding {
	t.Helper()
	got := h.Open(t).Run(t.Context(), nil, nil)
	if len(got) != 1 {
		t.Fatalf("got %+v", got)
	}
	return got[0]
}

func TestAccounts(t *testing.T) {
	h := start(t)
	h.ServiceAccount("off@demo.iam.gserviceaccount.com", true)
	h.ServiceAccount("481516234200-compute@developer.gserviceaccount.com", false)
	create := "Create it. If it is created in this same apply, refer to its computed email, google_service_account.x.email, rather than to a name: then it is checked in apply, once it exists."
	viewer := "Grant it to the account that Terraform runs as: roles/iam.serviceAccountViewer has it."
	for _, want := range []rollout.Finding{
		{Object: api, Status: rollout.Passed, Why: "it exists and is enabled"},
		{Object: "481516234200-compute@developer.gserviceaccount.com", Status: rollout.Passed, Why: "it exists and is enabled"},
		{Object: "off@demo.iam.gserviceaccount.com", Status: rollout.Failed, Why: "it is disabled, so nothing can run as it", Fix: "Enable it:\n  gcloud iam service-accounts enable off@demo.iam.gserviceaccount.com"},
		{Object: "no@demo.iam.gserviceaccount.com", Status: rollout.Failed, Retry: true, Why: "there is no such service account", Fix: create},
		{Object: "api@elsewhere.iam.gserviceaccount.com", Status: rollout.Skipped, Why: "iam.serviceAccounts.get is denied on it, or it does not exist", Fix: viewer},
	} {
		want.Check = "gcp_service_account"
		h.email = want.Object
		if got := h.run(t); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestOddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		why    string
	}{
		"another account":   {200, `{"email":"other@demo.iam.gserviceaccount.com"}`, "IAM answered with another account"},
		"no account":        {200, `{}`, "IAM answered with another account"},
		"no JSON":           {200, inBody, "IAM gave no answer that could be read"},
		"not authenticated": {401, inBody, "IAM does not accept the credentials"},
		"busy for ever":     {503, inBody, "IAM could not be asked: it answered 503"},
		"refused":           {400, inBody, "IAM could not be asked: it answered 400"},
	} {
		h := start(t)
		h.endpoint = preflighttest.Answering(t, c.status, c.body)
		if got := h.run(t); got.Status != rollout.Skipped || got.Why != c.why {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// It ends by itself, and before whoever asked is out of patience.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // with pipes, for sockets would not be waited for in here
		silent := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, there) }()
			return here, nil
		}}
		before := http.DefaultTransport
		http.DefaultTransport = silent
		defer func() { http.DefaultTransport = before }()
		ctx, cancel := context.WithTimeout(t.Context(), 31*time.Second)
		defer cancel()
		h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), email: api, endpoint: "http://127.0.0.1:1"}
		want := rollout.Finding{Check: "gcp_service_account", Object: api, Status: rollout.Skipped, Why: "IAM gave no answer in time", Fix: "Run Terraform again."}
		if got := h.Open(t).Run(ctx, nil, nil); !slices.Equal(got, []rollout.Finding{want}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestNoCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/"+inBody)
	t.Setenv("GOOGLE_CREDENTIALS", "")
	t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "")
	t.Setenv("ROLLOUT_GOOGLE_ENDPOINT", "")
	h := start(t)
	h.endpoint = ""
	if f := h.run(t); f.Status != rollout.Skipped || f.Why != "There are no Google credentials" || strings.Contains(fmt.Sprint(f), inBody) {
		t.Errorf("got %+v", f)
	}
}

// With the wildcard, IAM says 403 of accounts that do not exist.
func TestTheProjectIsNamed(t *testing.T) {
	for email, want := range map[string]string{
		"a@p-1.iam.gserviceaccount.com":                 "projects/p-1/serviceAccounts/a@p-1.iam.gserviceaccount.com",
		"a@p.example.com.iam.gserviceaccount.com":       "projects/example.com:p/serviceAccounts/a@p.example.com.iam.gserviceaccount.com",
		"123-compute@developer.gserviceaccount.com":     "projects/123/serviceAccounts/123-compute@developer.gserviceaccount.com",
		"p-1@appspot.gserviceaccount.com":               "projects/p-1/serviceAccounts/p-1@appspot.gserviceaccount.com",
		"service-1@gcp-sa-x.iam.gserviceaccount.com.us": "projects/-/serviceAccounts/service-1@gcp-sa-x.iam.gserviceaccount.com.us",
	} {
		if got := resource(email); got != want {
			t.Errorf("%s: %s, want %s", email, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	problem := func(email, fix string) []rollout.Problem {
		return []rollout.Problem{{
			What: "The email of a gcp_service_account is not an email",
			Why:  fmt.Sprintf("%q has to be like api@my-project.iam.gserviceaccount.com.", email),
			Fix:  fix,
		}}
	}
	for email, want := range map[string][]rollout.Problem{
		api:                                    nil,
		"api":                                  problem("api", "Use google_service_account.x.email."),
		"":                                     problem("", "Use google_service_account.x.email."),
		"serviceAccount:" + api:                problem("serviceAccount:"+api, "Leave out serviceAccount:, or use google_service_account.x.email."),
		"projects/demo/serviceAccounts/" + api: problem("projects/demo/serviceAccounts/"+api, "Use google_service_account.x.email rather than its id or name."),
	} {
		b := preflighttest.Block(t, Kind(), values{"email": email})
		if got := Kind().Validate(t.Context(), b); !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		if _, err := Kind().Open(t.Context(), b, nil); (err == nil) != (len(want) == 0) {
			t.Errorf("%q: opened with %v", email, err)
		}
	}
	if got := Kind().Object(t.Context(), preflighttest.Block(t, Kind(), values{"email": api})); got != api {
		t.Errorf("object %q", got)
	}
}
