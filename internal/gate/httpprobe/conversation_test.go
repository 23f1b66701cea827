package httpprobe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
)

// diary is an app that writes down what it is asked, and answers what a test says.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.lines
	d.lines = nil
	return out
}

func (d *diary) app(answers map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.mu.Lock()
		d.lines = append(d.lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body)))
		d.mu.Unlock()
		if answer := answers[r.URL.Path]; answer != nil {
			answer(w, r)
		}
	}
}

// opened is the source of a block.
func opened(t *testing.T, block values) rollout.Source {
	t.Helper()
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), cloud.New(cloud.Config{Clock: clock}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Requests are made in their order; what one answer holds goes with the next
// request, escaped for where it stands.
func TestCapturedValuesGoAlong(t *testing.T) {
	const odd = `a"b&c/d`
	var d diary
	var headers http.Header
	url := server(t, d.app(map[string]http.HandlerFunc{
		"/first": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Csrf", odd)
			http.SetCookie(w, &http.Cookie{Name: "id", Value: "7"})
			_, _ = io.WriteString(w, `{"data":{"n":12,"token":"a\"b&c/d"}}`)
		},
		"/page": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<input value="form">`) },
		"/last": func(_ http.ResponseWriter, r *http.Request) { headers = r.Header },
	}))
	m := measure(t, rollout.Subject{URL: url}, values{"request": []any{
		values{"path": "/first", "capture": []any{
			values{"name": "token", "json": "data.token"},
			values{"name": "n", "json": "data.n"},
			values{"name": "csrf", "header": "X-Csrf"},
			values{"name": "id", "cookie": "id"},
		}},
		values{"path": "/page", "capture": []any{values{"name": "form", "regex": `value="([^"]+)"`}}},
		values{"path": "/json/{{token}}?t={{token}}", "method": "POST", "body": `{"a":{"t":"{{token}}","n":{{ n }},"raw":"{{{{token}}"}}`},
		values{"path": "/form", "method": "PUT", "body": "t={{csrf}}&f={{form}}", "content_type": "application/x-www-form-urlencoded"},
		values{"path": "/text", "method": "PATCH", "body": "{{csrf}}"},
		values{"path": "/last", "headers": values{"Authorization": "Bearer {{token}}", "X-Id": "{{id}}"}},
	}})
	if m != (rollout.Measurement{Samples: 6}) {
		t.Errorf("got %+v", m)
	}
	want := []string{
		"GET /first", "GET /page",
		`POST /json/a%22b&c%2Fd?t=a%22b%26c%2Fd {"a":{"t":"a\"b\u0026c/d","n":12,"raw":"{{token}}"}}`,
		"PUT /form t=a%22b%26c%2Fd&f=form", "PATCH /text " + odd, "GET /last",
	}
	got := d.read()
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("request %d of %q, want %s", i, got, want[i])
		}
	}
	if headers.Get("Authorization") != "Bearer "+odd || headers.Get("X-Id") != "7" || headers.Get("Cookie") != "id=7" {
		t.Errorf("headers: %v", headers)
	}
}

func TestTypeOfABody(t *testing.T) {
	var got string
	url := server(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("Content-Type") })
	t.Setenv("BODY_IN_A_VARIABLE", `{"a":1}`)
	for want, r := range map[string]values{
		"application/json":           {"body": `{"a":1}`},
		"text/plain; charset=utf-8":  {"body": "a=1"},
		"text/csv":                   {"body": "[1]", "content_type": "text/csv"},
		"":                           {},
		"application/json ":          {"body_env": "BODY_IN_A_VARIABLE"},
		" application/json":          {"body_wo": `["a"]`},
		"text/plain; charset=utf-8 ": {"body": `"a"`},
	} {
		r["path"], r["method"] = "/", "POST"
		if m := measure(t, rollout.Subject{URL: url}, values{"request": []any{r}}); m.Value > 0 || got != strings.TrimSpace(want) {
			t.Errorf("%q, want %q: %+v", got, want, m)
		}
	}
}

// A capture that finds nothing is a fault, and what needs it is not asked.
func TestNothingToCapture(t *testing.T) {
	var d diary
	url := server(t, d.app(map[string]http.HandlerFunc{
		"/a": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"list":[1],"null":null,"empty":""}`)
		},
	}))
	for _, from := range []values{{"json": "none"}, {"json": "list"}, {"json": "null"}, {"json": "empty"}, {"header": "X-None"}, {"cookie": "none"}, {"regex": "x(y)z"}} {
		from["name"] = "it"
		m := measure(t, rollout.Subject{URL: url}, values{"request": []any{
			values{"path": "/a", "capture": []any{from}},
			values{"path": "/needs/{{it}}"},
			values{"path": "/needs?q={{it}}"},
			values{"path": "/needs", "headers": values{"X-A": "{{it}}"}},
			values{"path": "/needs", "method": "POST", "body": "{{it}}"},
			values{"path": "/other"},
		}})
		if m != (rollout.Measurement{Value: 1, Samples: 2, Note: "GET /a has nothing to capture as it"}) {
			t.Errorf("%v: %+v", from, m)
		}
		if got := strings.Join(d.read(), ", "); got != "GET /a, GET /other" {
			t.Errorf("%v: it asked %s", from, got)
		}
	}
}

// A header cannot hold what an answer says, and nothing shows it.
func TestCapturedLineBreak(t *testing.T) {
	url := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"t":"s3cret\r\nX-Evil: 1"}`) })
	m := measure(t, rollout.Subject{URL: url}, values{"request": []any{
		values{"path": "/a", "capture": []any{values{"name": "t", "json": "t"}}}, values{"path": "/b", "headers": values{"X-A": "{{t}}"}},
	}})
	if m != (rollout.Measurement{Value: 1, Samples: 2, Note: "GET /b needs a header that cannot hold what was captured"}) {
		t.Errorf("got %+v", m)
	}
}

// All requests together have their limit, so that a revision that hangs at each
// is told apart from a gate that cannot measure.
func TestAllTogetherHaveALimit(t *testing.T) {
	url := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	p := opened(t, values{"request": []any{values{"path": "/a"}, values{"path": "/b"}}}).(*probe)
	p.within = time.Millisecond
	m, err := p.Measure(t.Context(), rollout.Subject{URL: url}, rollout.Window{})
	if err != nil || m != (rollout.Measurement{Value: 1, Samples: 1, Note: "GET /a was not answered: all requests together took longer than 1ms"}) {
		t.Errorf("got %+v, %v", m, err)
	}
}

// Cookies are those of one evaluation, and of the users' own address.
func TestEachEvaluationForgets(t *testing.T) {
	n := 0
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		if r.Header.Get("Cookie") != "" {
			w.WriteHeader(http.StatusConflict)
		}
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "7", Domain: "shop.example.com", Secure: true})
	})
	s := opened(t, asking(values{}))
	for range 2 {
		if m, err := s.Measure(t.Context(), rollout.Subject{URL: url}, rollout.Window{}); err != nil || m.Value > 0 {
			t.Errorf("a cookie of the evaluation before was sent: %+v, %v", m, err)
		}
	}
	twice := values{"request": []any{values{"path": "/"}, values{"path": "/", "status": []any{409}}}}
	if m := measure(t, rollout.Subject{URL: url}, twice); m.Value > 0 {
		t.Errorf("a cookie of the users' domain was not sent: %+v", m)
	}
	if n != 4 {
		t.Errorf("%d requests", n)
	}
}

// The token goes in Authorization, and beside it where the app has that for
// itself (https://cloud.google.com/run/docs/authenticating/service-to-service).
func TestIdentityBesideTheAppsOwnCredential(t *testing.T) {
	t.Setenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "ci@demo.iam.gserviceaccount.com")
	t.Setenv("APP_CREDENTIAL", "Bearer app")
	var got []string
	url := server(t, func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization")+"|"+r.Header.Get("X-Serverless-Authorization"))
	})
	of := rollout.Subject{URL: url, Token: func(context.Context) (string, error) { return "id", nil }}
	for _, auth := range []any{"google_id_token", nil} {
		measure(t, of, values{"auth": auth, "request": []any{
			values{"path": "/"}, values{"path": "/", "headers_env": values{"authorization": "APP_CREDENTIAL"}},
		}})
	}
	if want := "Bearer id|, Bearer app|Bearer id, |, Bearer app|"; strings.Join(got, ", ") != want {
		t.Errorf("got %q", got)
	}
}

// A variable that is not set, and credentials without identity, are told before
// anything is asked.
func TestOpenTellsWhatIsMissing(t *testing.T) {
	t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.secret")
	t.Setenv("WITH_A_BREAK", "a\nb")
	t.Setenv("NO_PLACEHOLDER", "{{ No }}")
	for want, block := range map[string]values{
		"headers_env names NOT_SET_HERE, which is empty here":   asking(values{"headers_env": values{"X-Api-Key": "NOT_SET_HERE"}}),
		"body_env names NOT_SET_HERE, which is empty here":      asking(values{"method": "POST", "body_env": "NOT_SET_HERE"}),
		"A header has a value that cannot be sent":              asking(values{"headers_env": values{"X-Api-Key": "WITH_A_BREAK"}}),
		"The body_env of a request has {{ without a name":       asking(values{"method": "POST", "body_env": "NO_PLACEHOLDER"}),
		"An access token gives no identity token":               {"auth": "google_id_token", "request": []any{values{"path": "/"}}},
		"auth is an unknown word: \"basic\" is neither google_": {"auth": "basic", "request": []any{values{"path": "/"}}},
	} {
		_, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), cloud.New(cloud.Config{Clock: clock}))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ya29") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// newRevision makes another revision of a service, as any client would.
func newRevision(t *testing.T, s *sandbox.Sandbox, service, image string) error {
	t.Helper()
	client, err := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: s.URL()}, Clock: clock}).CloudRunServices(t.Context())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	name := "projects/" + s.Project() + "/locations/" + s.Location() + "/services/" + service
	sv, err := client.GetService(t.Context(), &runpb.GetServiceRequest{Name: name})
	if err != nil {
		return err
	}
	sv.Template.Containers[0].Image = image
	_, err = client.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: sv, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"template"}}})
	return err
}

// login is a session that begins at what is promoted and goes on at the candidate.
func login(more ...values) values {
	requests := []any{
		values{"path": "/login", "method": "POST", "on": "promoted", "body_wo": `{"user":"probe","password":"` + sandbox.Password + `"}`},
		values{"path": "/account", "json": []any{values{"path": "user", "equals": "probe"}}},
	}
	for _, r := range more {
		requests = append(requests, r)
	}
	return values{"request": requests}
}

func TestSessionContinuity(t *testing.T) {
	s := sandboxtest.New(t, sandbox.Options{Now: clock.Now})
	shop, err := s.SeedShop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	home := s.Service(shop.Service).Newest
	if err := newRevision(t, s, shop.Service, shop.Images["v2"]); err != nil {
		t.Fatal(err)
	}
	candidate := s.Service(shop.Service).Newest
	if err := s.Meddle(shop.Service, map[string]int{home: 100}, map[string]string{"home": home, "cand": candidate}); err != nil {
		t.Fatal(err)
	}
	of := rollout.Subject{Revision: "new", URL: s.TagURL(shop.Service, "cand")}
	at := rollout.Subject{Revision: "old", URL: s.TagURL(shop.Service, "home")}
	beside := func(block values) rollout.Measurement {
		t.Helper()
		m, err := opened(t, block).(rollout.Comparing).MeasureBeside(t.Context(), of, at, rollout.Window{})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	alone := values{"request": []any{
		values{"path": "/login", "method": "POST", "safe": true, "body_wo": `{"user":"probe","password":"` + sandbox.Password + `"}`}, values{"path": "/account"},
	}}
	if m := beside(login()); m != (rollout.Measurement{Samples: 1}) {
		t.Errorf("a session that is kept: %+v", m)
	}
	if err := s.SetBehaviour(shop.Service, candidate, sandbox.Behaviour{ForgetsSessions: true}); err != nil {
		t.Fatal(err)
	}
	if m := beside(login()); m != (rollout.Measurement{Value: 1, Samples: 1, Note: "GET /account answered 401, not 2xx"}) {
		t.Errorf("a session that is lost: %+v", m)
	}
	for _, each := range []rollout.Subject{of, at} {
		if m := measure(t, each, alone); m != (rollout.Measurement{Samples: 2}) {
			t.Errorf("%s alone: %+v", each.Revision, m)
		}
	}
	if m := beside(login(values{"path": "/healthz"})); m.Value != 1 || m.Samples != 2 {
		t.Errorf("what needs no session counts as well: %+v", m)
	}
	wrong := login()
	wrong["request"].([]any)[0].(values)["body_wo"] = `{"user":"probe","password":"wrong"}`
	if m := beside(wrong); m != (rollout.Measurement{Note: "POST /login at old, which is promoted, answered 401, not 2xx: nothing can be said of new"}) {
		t.Errorf("a login that fails: %+v", m)
	}
	of.ServiceURL = in(shop.URL)
	if m := beside(login()); m.Value != 1 || m.Samples != 2 {
		t.Errorf("at the service's address too: %+v", m)
	}
	at.URL = ""
	if m := beside(login()); m != (rollout.Measurement{Note: "old, which is promoted, has no address of its own to ask"}) {
		t.Errorf("without an address of home: %+v", m)
	}
	if m := measure(t, of, login()); m != (rollout.Measurement{Note: "nobody is promoted with whom new could be compared"}) {
		t.Errorf("without home: %+v", m)
	}
}
