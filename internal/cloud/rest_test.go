package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"google.golang.org/api/googleapi"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Each API is asked at its own address, with the credential, and as who it is.
func TestGoogleJSON(t *testing.T) {
	nowhere(t)
	var got journal
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.add(r.Host + " " + r.URL.String() + " " + r.Header.Get("Authorization") + " " + r.Header.Get("User-Agent"))
		_, _ = fmt.Fprint(w, `{"name": "db", "more": true}`)
	}))
	defer s.Close()
	divert(t, s)
	of, _ := clients(t, cloud.Google{AccessToken: secret})
	var out struct{ Name string }
	for api, path := range map[string]string{"sqladmin": "/v1/projects/p/instances/db", "storage": "/storage/v1/b/a%2Fb"} {
		if err := of.GoogleJSON(t.Context(), api, path, url.Values{"q": {"a b"}}, &out); err != nil || out.Name != "db" {
			t.Errorf("%+v, %v", out, err)
		}
		want := api + ".googleapis.com " + path + "?q=a+b Bearer " + secret + " " + agent
		if asked := got.read(); !slices.Equal(asked, []string{want}) {
			t.Errorf("asked %q\nwant %q", asked, want)
		}
	}
}

// An endpoint takes the place of every API, and gets no credential in clear.
func TestGoogleJSONAtAnEndpoint(t *testing.T) {
	nowhere(t)
	var got journal
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.add(r.URL.String() + r.Header.Get("Authorization"))
		_, _ = fmt.Fprint(w, `{}`)
	}))
	defer s.Close()
	for _, endpoint := range []string{s.URL, s.URL + "/"} {
		of, _ := clients(t, cloud.Google{AccessToken: secret, Endpoint: endpoint})
		if err := of.GoogleJSON(t.Context(), "pubsub", "/v1/x", nil, &struct{}{}); err != nil {
			t.Error(err)
		}
		if asked := got.read(); !slices.Equal(asked, []string{"/v1/x"}) {
			t.Errorf("asked %q", asked)
		}
	}
}

func TestGoogleJSONFollowsNoRedirect(t *testing.T) {
	nowhere(t)
	s := httptest.NewServer(http.RedirectHandler("https://elsewhere.example.com", http.StatusFound))
	defer s.Close()
	of, _ := clients(t, cloud.Google{Endpoint: s.URL})
	var refused *googleapi.Error
	if err := of.GoogleJSON(t.Context(), "pubsub", "/v1/x", nil, &struct{}{}); !errors.As(err, &refused) || refused.Code != http.StatusFound {
		t.Errorf("got %v", err)
	}
}

// Whatever an error is, it is said in words of ours, and passes nothing.
func TestAsked(t *testing.T) {
	a := cloud.Ask("odd", "Odd API", "odd.googleapis.com")
	done, cancel := context.WithCancel(t.Context())
	cancel()
	rest := func(code int, reason string) error {
		return fmt.Errorf("ask: %w", &googleapi.Error{Code: code, Message: secret, Body: secret, Errors: []googleapi.ErrorItem{{Reason: reason}}})
	}
	modern := func(reason string) error {
		return &googleapi.Error{Code: 403, Details: []any{secret, map[string]any{"reason": reason}}}
	}
	disabled := func(consumer string) *errdetails.ErrorInfo {
		return &errdetails.ErrorInfo{Reason: "SERVICE_DISABLED", Domain: "googleapis.com", Metadata: map[string]string{"consumer": consumer}}
	}
	named := func(consumer string) error {
		return &googleapi.Error{Code: 403, Details: []any{map[string]any{"reason": "SERVICE_DISABLED", "metadata": map[string]any{"consumer": consumer}}}}
	}
	grpc := func(info *errdetails.ErrorInfo) error {
		s, err := status.New(codes.PermissionDenied, secret).WithDetails(info)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Errorf("ask: %w", s.Err())
	}
	const denied = "odd.things.get is denied on it, or it does not exist"
	for name, c := range map[string]struct {
		ctx context.Context
		err error
		why string
	}{
		"interrupted":            {done, rest(403, ""), "looking at it was interrupted"},
		"interrupted, no error":  {done, nil, "looking at it was interrupted"},
		"no client":              {t.Context(), fmt.Errorf("%w", cloud.Unbuilt(rollout.Problem{What: "There is none", Why: secret, Fix: "Make one."})), "There is none"},
		"no client, who knows":   {t.Context(), fmt.Errorf("ask: %w", cloud.Unbuilt(errors.New(secret))), "Odd API could not be asked"},
		"denied":                 {t.Context(), rest(403, "forbidden"), denied},
		"denied by gRPC":         {t.Context(), fmt.Errorf("ask: %w", status.Error(codes.PermissionDenied, secret)), denied},
		"denied, says the other": {t.Context(), modern("IAM_PERMISSION_DENIED"), denied},
		"disabled":               {t.Context(), rest(403, "accessNotConfigured"), "the API odd.googleapis.com is not enabled in the project <project of the credentials>"},
		"disabled, newly said":   {t.Context(), modern("SERVICE_DISABLED"), "the API odd.googleapis.com is not enabled in the project <project of the credentials>"},
		"disabled, and named":    {t.Context(), named("projects/1234"), "the API odd.googleapis.com is not enabled in the project 1234"},
		"disabled by gRPC":       {t.Context(), grpc(disabled("projects/my-shop")), "the API odd.googleapis.com is not enabled in the project my-shop"},
		"named as a command":     {t.Context(), named("projects/x $(" + secret + ")"), "the API odd.googleapis.com is not enabled in the project <project of the credentials>"},
		"throttled as of old":    {t.Context(), rest(403, "rateLimitExceeded"), "Odd API could not be asked: it answered 403"},
		"unauthenticated":        {t.Context(), rest(401, ""), "Odd API does not accept the credentials"},
		"late":                   {t.Context(), fmt.Errorf("ask: %w", context.DeadlineExceeded), "Odd API gave no answer in time"},
		"late by gRPC":           {t.Context(), status.Error(codes.DeadlineExceeded, secret), "Odd API gave no answer in time"},
		"unreadable":             {t.Context(), errors.New(secret), "Odd API gave no answer that could be read"},
		"busy":                   {t.Context(), rest(503, ""), "Odd API could not be asked: it answered 503"},
		"busy by gRPC":           {t.Context(), status.Error(codes.Unavailable, secret), "Odd API could not be asked: it answered Unavailable"},
	} {
		f := a.Skipped(c.ctx, rollout.Finding{Check: "odd", Status: rollout.Passed, Why: "before"}, c.err, "odd.things.get", "roles/odd.viewer")
		if f.Status != rollout.Skipped || f.Why != c.why || f.Fix == "" {
			t.Errorf("%s: got %+v", name, f)
		}
		silent(t, fmt.Errorf("%+v", f))
	}
	if !cloud.Gone(rest(404, "")) || !cloud.Gone(status.Error(codes.NotFound, "")) || cloud.Gone(nil) || cloud.Gone(rest(403, "")) || cloud.Gone(errors.New("404")) {
		t.Error("what is gone is not told from what is not")
	}
}

func TestPolicyGives(t *testing.T) {
	var p cloud.Policy
	nowhere(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"bindings": [
			{"role": "roles/a", "members": ["user:x@p.iam.gserviceaccount.com", "serviceAccount:X@p.iam.gserviceaccount.com"], "condition": {"expression": "true"}},
			{"role": "roles/b", "members": ["serviceAccount:X@p.iam.gserviceaccount.com"]}]}`)
	}))
	defer s.Close()
	of, _ := clients(t, cloud.Google{Endpoint: s.URL})
	if err := of.GoogleJSON(t.Context(), "pubsub", "/", nil, &p); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		email       string
		roles       []string
		role        string
		conditional bool
	}{
		{"x@p.iam.gserviceaccount.com", []string{"roles/a"}, "", true},
		{"x@p.iam.gserviceaccount.com", []string{"roles/a", "roles/b"}, "roles/b", false},
		{"x@p.iam.gserviceaccount.com", []string{"roles/c"}, "", false},
		{"y@p.iam.gserviceaccount.com", []string{"roles/b"}, "", false},
	} {
		if role, conditional := p.Gives(c.email, c.roles...); role != c.role || conditional != c.conditional {
			t.Errorf("%s %q: %q, %v", c.email, c.roles, role, conditional)
		}
	}
}
