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

const api = "api@demo.iam.gserviceaccount.com"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// start is a project with an account.
func start(t *testing.T) *preflighttest.OnGoogle {
	h := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	h.API, h.Needs = "iam.", []string{permission}
	h.Gone = func() { h.Block["email"] = "nobody@demo.iam.gserviceaccount.com" }
	h.ServiceAccount(api, false)
	h.Block = values{"email": api}
	return h
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
		h.Block["email"] = want.Object
		if got := h.Run(); !slices.Equal(got, []rollout.Finding{want}) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestOddAnswers(t *testing.T) {
	preflighttest.OddAnswers(t, "IAM", "iam.googleapis.com", "IAM answered with another account", start)
	h := start(t)
	h.Answer(http.StatusOK, `{"email":"other@demo.iam.gserviceaccount.com"}`)
	preflighttest.Expect(t, h.Run(), "skipped: IAM answered with another account")
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
		clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: "http://127.0.0.1:1"}, Clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))})
		c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), values{"email": api}), clients)
		if err != nil {
			t.Fatal(err)
		}
		want := rollout.Finding{Check: "gcp_service_account", Object: api, Status: rollout.Skipped, Why: "IAM gave no answer in time", Fix: "Run Terraform again."}
		if got := c.Run(ctx, nil, nil); !slices.Equal(got, []rollout.Finding{want}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestNoCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/"+preflighttest.InBody)
	t.Setenv("GOOGLE_CREDENTIALS", "")
	t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "")
	t.Setenv("ROLLOUT_GOOGLE_ENDPOINT", "")
	h := start(t)
	h.At("")
	got := h.Run()
	preflighttest.Expect(t, got, "skipped: There are no Google credentials")
	if strings.Contains(fmt.Sprint(got), preflighttest.InBody) {
		t.Errorf("got %+v", got)
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
