package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/iam/v1"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// builders are the clients that can be asked for.
var builders = map[string]func(context.Context, *cloud.Clients) (any, error){
	"services":         func(ctx context.Context, c *cloud.Clients) (any, error) { return c.CloudRunServices(ctx) },
	"revisions":        func(ctx context.Context, c *cloud.Clients) (any, error) { return c.CloudRunRevisions(ctx) },
	"secrets":          func(ctx context.Context, c *cloud.Clients) (any, error) { return c.Secrets(ctx) },
	"metrics":          func(ctx context.Context, c *cloud.Clients) (any, error) { return c.Metrics(ctx) },
	"service accounts": func(ctx context.Context, c *cloud.Clients) (any, error) { return c.ServiceAccounts(ctx) },
	"promql":           func(ctx context.Context, c *cloud.Clients) (any, error) { return c.PromQL(ctx) },
	"logs":             func(ctx context.Context, c *cloud.Clients) (any, error) { return c.Logs(ctx) },
	"credentials":      func(_ context.Context, c *cloud.Clients) (any, error) { return c.GoogleCredentials() },
}

func TestNothingIsBuiltBeforeItIsNeeded(t *testing.T) {
	nowhere(t)
	c, clock := clients(t, cloud.Google{Endpoint: "nonsense"})
	if c.Clock() != rollout.Clock(clock) || c.UserAgent() != agent || c.HTTP() == nil {
		t.Error("what needs no cloud depends on one")
	}
}

func TestClientsAreBuiltOnce(t *testing.T) {
	nowhere(t)
	for name, build := range builders {
		t.Run(name, func(t *testing.T) {
			c, _ := clients(t, cloud.Google{AccessToken: secret})
			var all sync.WaitGroup
			got := make([]any, 16)
			for i := range got {
				all.Go(func() {
					var err error
					if got[i], err = build(t.Context(), c); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for _, other := range got {
				if other != got[0] {
					t.Fatal("two clients were built")
				}
			}
			another, _ := clients(t, cloud.Google{AccessToken: secret})
			if other, err := build(t.Context(), another); err != nil || other == got[0] {
				t.Errorf("another provider has the same client, %v", err)
			}
		})
	}
}

func TestAFailureIsNotRemembered(t *testing.T) {
	for name, build := range builders {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			t.Setenv("GOOGLE_CREDENTIALS", secret)
			c, _ := clients(t, cloud.Google{})
			for range 2 {
				_, err := build(t.Context(), c)
				silent(t, err)
				if !errors.As(err, new(rollout.Problem)) {
					t.Errorf("%v is no problem", err)
				}
			}
			t.Setenv("GOOGLE_CREDENTIALS", "")
			t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", secret)
			if _, err := build(t.Context(), c); err != nil {
				t.Errorf("what was missing is there now: %v", err)
			}
		})
	}
}

func TestABadEndpointIsForNobody(t *testing.T) {
	for name, build := range builders {
		if name == "credentials" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			c, _ := clients(t, cloud.Google{Endpoint: "http://cloud.example.com", AccessToken: secret})
			_, err := build(t.Context(), c)
			silent(t, err)
			var p rollout.Problem
			if !errors.As(err, &p) || p.What != "The Google endpoint would carry credentials in clear" {
				t.Errorf("%v", err)
			}
		})
	}
}

// Whoever asked first may be gone when others ask.
func TestAClientOutlivesWhoAskedForIt(t *testing.T) {
	nowhere(t)
	a := newAPI(t, true)
	c := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: a.endpoint, AccessToken: secret}, Clock: a.clock})
	ctx, cancel := context.WithCancel(t.Context())
	for _, build := range builders {
		if _, err := build(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	repeat(t, 3, c, getRevision, updateService, getSecret)
}

// grpcRequests is one request by each client that speaks gRPC.
var grpcRequests = map[string]request{
	"/google.cloud.run.v2.Revisions/GetRevision":                           getRevision,
	"/google.cloud.run.v2.Services/UpdateService":                          updateService,
	"/google.cloud.secretmanager.v1.SecretManagerService/GetSecret":        getSecret,
	"/google.monitoring.v3.MetricService/CreateServiceTimeSeries":          writeSeries,
	"/google.cloud.run.v2.Services/GetService":                             getService,
	"/google.cloud.run.v2.Revisions/DeleteRevision":                        deleteRevision,
	"/google.cloud.run.v2.Services/TestIamPermissions":                     testPermissions,
	"/google.cloud.run.v2.Services/SetIamPolicy":                           setPolicy,
	"/google.cloud.run.v2.Services/CreateService":                          createService,
	"/google.cloud.run.v2.Revisions/ListRevisions":                         listRevisions,
	"/google.cloud.run.v2.Services/ListServices":                           listServices,
	"/google.cloud.secretmanager.v1.SecretManagerService/GetSecretVersion": getVersion,
	"/google.cloud.secretmanager.v1.SecretManagerService/GetIamPolicy":     getPolicy,
	"/google.monitoring.v3.MetricService/GetMetricDescriptor":              getDescriptor,
	"/google.monitoring.v3.MetricService/ListTimeSeries":                   listSeries,
}

func getService(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudRunServices(ctx)
	if err != nil {
		return err
	}
	_, err = client.GetService(ctx, &runpb.GetServiceRequest{Name: "s"})
	return err
}

func writeSeries(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Metrics(ctx)
	if err != nil {
		return err
	}
	return client.CreateServiceTimeSeries(ctx, &monitoringpb.CreateTimeSeriesRequest{Name: "projects/p"})
}

func TestWhatGoesWithARequest(t *testing.T) {
	for name, c := range map[string]struct {
		tls  bool
		want string
	}{
		"plain http to this machine goes without a credential": {false, ""},
		"https goes with it": {true, "Bearer " + secret},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			for method, ask := range grpcRequests {
				a := newAPI(t, c.tls)
				if err := ask(t.Context(), cloud.New(cloud.Config{
					Google: cloud.Google{Endpoint: a.endpoint, AccessToken: secret}, UserAgent: agent, Clock: a.clock,
				})); err != nil {
					t.Fatalf("%s: %v", method, err)
				}
				got := a.seen()
				if len(got) != 1 || got[0].method != method || got[0].authorization != c.want || !strings.Contains(got[0].agent, agent) || !got[0].limited {
					t.Errorf("%s: got %+v", method, got)
				}
			}
		})
	}
}

func TestWhatGoesWithARequestByREST(t *testing.T) {
	type seen struct{ path, authorization, agent string }
	for name, c := range map[string]struct {
		start func(http.Handler) *httptest.Server
		want  string
	}{
		"plain http to this machine goes without a credential": {httptest.NewServer, ""},
		"https goes with it": {httptest.NewTLSServer, "Bearer " + secret},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			got := make(chan seen, 2)
			s := c.start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got <- seen{r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("User-Agent")}
				_, _ = w.Write([]byte(`{"email": "api@p.iam.gserviceaccount.com"}`))
			}))
			defer s.Close()
			divert(t, s)
			of, _ := clients(t, cloud.Google{Endpoint: s.URL + "/", AccessToken: secret})
			client, err := of.ServiceAccounts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			account, err := client.Projects.ServiceAccounts.Get("projects/-/serviceAccounts/api").Context(t.Context()).Do()
			if err != nil || account.Email != "api@p.iam.gserviceaccount.com" {
				t.Fatalf("%v, %v", account, err)
			}
			if r := <-got; r.path != "/v1/projects/-/serviceAccounts/api" || r.authorization != c.want || !strings.Contains(r.agent, agent) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestRESTWithoutAnEndpoint(t *testing.T) {
	nowhere(t)
	got := make(chan string, 1)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Host + " " + r.Header.Get("Authorization")
		w.WriteHeader(http.StatusForbidden)
	}))
	defer s.Close()
	divert(t, s)
	of, _ := clients(t, cloud.Google{AccessToken: secret})
	client, err := of.ServiceAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var account *iam.ServiceAccount
	account, err = client.Projects.ServiceAccounts.Get("projects/-/serviceAccounts/api").Context(t.Context()).Do()
	silent(t, err)
	means(t, cloud.GoogleError("read the account", err), rollout.ErrDenied)
	if want := "iam.googleapis.com Bearer " + secret; account != nil || <-got != want {
		t.Errorf("want %q", want)
	}
}

func TestHTTP(t *testing.T) {
	var asked journal
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.add(r.URL.Path)
		if len(r.Cookies()) > 0 {
			t.Errorf("a cookie came back: %v", r.Cookies())
		}
		http.SetCookie(w, &http.Cookie{Name: "version", Value: "api-1"})
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer s.Close()
	c, _ := clients(t, cloud.Google{})
	for range 2 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.HTTP().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != "/elsewhere" {
			t.Errorf("got %s", resp.Status)
		}
		resp.Body.Close()
	}
	if got := asked.read(); !slices.Equal(got, []string{"/", "/"}) {
		t.Errorf("asked for %q", got)
	}
	other, _ := clients(t, cloud.Google{})
	if c.HTTP() != other.HTTP() {
		t.Error("two clients keep two pools of connections")
	}
}

func TestHTTPKeepsConnections(t *testing.T) {
	c, _ := clients(t, cloud.Google{})
	own, ok := c.HTTP().Transport.(*http.Transport)
	if !ok {
		t.Fatalf("%T", c.HTTP().Transport)
	}
	if own.MaxIdleConnsPerHost != 16 || own.ResponseHeaderTimeout != 30*time.Second || own.Proxy == nil || !own.ForceAttemptHTTP2 {
		t.Errorf("%+v", own)
	}
	if shared := http.DefaultTransport.(*http.Transport); own == shared || shared.ResponseHeaderTimeout != 0 {
		t.Error("what everybody uses was changed")
	}
}
