package httpprobe

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
)

var clock = clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))

// measure asks a subject what a block says.
func measure(t *testing.T, of rollout.Subject, block values) rollout.Measurement {
	t.Helper()
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), cloud.New(cloud.Config{Clock: clock}))
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Measure(t.Context(), of, rollout.Window{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// app answers a little of everything.
func app(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/moved":
		http.Redirect(w, r, "/ok", http.StatusFound)
	case "/none":
		w.WriteHeader(http.StatusNoContent)
	case "/slow":
		clock.Advance(812 * time.Millisecond)
	case "/slow-body":
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		clock.Advance(812 * time.Millisecond)
		_, _ = w.Write([]byte("x"))
	case "/json":
		_, _ = w.Write([]byte(`{"status":"ok","data":{"items":[{"n":1.50,"up":true,"gone":null}]}}`))
	case "/two":
		_, _ = w.Write([]byte(`{"status":"ok"}{"status":"ok"}`))
	case "/big":
		_, _ = w.Write([]byte(`{"a":"` + strings.Repeat("x", 2<<20) + `end"}`))
	case "/cut":
		w.Header().Set("Content-Length", "10")
		_, _ = w.Write([]byte("x"))
	case "/stream":
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	case "/echo":
		_, _ = w.Write([]byte(r.Method + " " + r.URL.RawQuery + " " + r.UserAgent() + " " + r.Header.Get("Authorization")))
	}
}

func TestWhatIsAGoodAnswer(t *testing.T) {
	t.Setenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "ci@demo.iam.gserviceaccount.com")
	url := server(t, app)
	for name, c := range map[string]struct {
		request values
		note    string // "" is a good answer
	}{
		"any 2xx":                   {values{"path": "/none"}, ""},
		"a redirect":                {values{"path": "/moved"}, "GET /moved answered 302, not 2xx"},
		"a redirect as asked for":   {values{"path": "/moved", "status": []any{302}}, ""},
		"another status":            {values{"path": "/none", "status": []any{200}}, "GET /none answered 204, not 200"},
		"none of several":           {values{"path": "/none", "status": []any{200, 404}}, "GET /none answered 204, not 200 or 404"},
		"in time":                   {values{"path": "/slow", "latency": "812ms"}, ""},
		"too slow":                  {values{"path": "/slow", "latency": "500ms"}, "GET /slow took 812ms, longer than 500ms"},
		"a body that is too slow":   {values{"path": "/slow-body", "latency": "500ms"}, "GET /slow-body took 812ms, longer than 500ms"},
		"text":                      {values{"path": "/json", "text": `"status":"ok"`}, ""},
		"no such text":              {values{"path": "/json", "text": "hello"}, "GET /json answered without the text that was asked for"},
		"text beyond the limit":     {values{"path": "/big", "text": "end"}, "GET /big answered without the text that was asked for"},
		"value":                     {values{"path": "/json", "json": []any{values{"path": "status", "equals": "ok"}}}, ""},
		"value, whatever it is":     {values{"path": "/json", "json": []any{values{"path": "data.items"}}}, ""},
		"number as it is written":   {values{"path": "/json", "json": []any{values{"path": "data.items.0.n", "equals": "1.50"}}}, ""},
		"bool":                      {values{"path": "/json", "json": []any{values{"path": "data.items.0.up", "equals": "true"}}}, ""},
		"null as asked for":         {values{"path": "/json", "json": []any{values{"path": "data.items.0.gone", "equals": "null"}}}, ""},
		"null":                      {values{"path": "/json", "json": []any{values{"path": "data.items.0.gone"}}}, "GET /json has no value at data.items.0.gone"},
		"another value":             {values{"path": "/json", "json": []any{values{"path": "status", "equals": "fine"}}}, "GET /json has another value at status than was asked for"},
		"object for a value":        {values{"path": "/json", "json": []any{values{"path": "data", "equals": "x"}}}, "GET /json has another value at data than was asked for"},
		"no such key":               {values{"path": "/json", "json": []any{values{"path": "data.status"}}}, "GET /json has no value at data.status"},
		"no such place":             {values{"path": "/json", "json": []any{values{"path": "data.items.1"}}}, "GET /json has no value at data.items.1"},
		"no place":                  {values{"path": "/json", "json": []any{values{"path": "data.items.n"}}}, "GET /json has no value at data.items.n"},
		"below a value":             {values{"path": "/json", "json": []any{values{"path": "status.x"}}}, "GET /json has no value at status.x"},
		"second condition":          {values{"path": "/json", "json": []any{values{"path": "status"}, values{"path": "x"}}}, "GET /json has no value at x"},
		"no JSON":                   {values{"path": "/echo", "json": []any{values{"path": "x"}}}, "GET /echo answered something that is not JSON"},
		"two documents":             {values{"path": "/two", "json": []any{values{"path": "status"}}}, "GET /two answered something that is not JSON"},
		"JSON beyond the limit":     {values{"path": "/big", "json": []any{values{"path": "a"}}}, "GET /big answered more than 1 MiB, which is too much to look into"},
		"cut":                       {values{"path": "/cut", "text": "x"}, "GET /cut broke off its answer: the connection was cut"},
		"a stream of which no body": {values{"path": "/stream"}, ""},
		"query is sent, not shown":  {values{"path": "/echo?key=v", "text": "PUT key=v terraform-provider-rollout Bearer id-token", "method": "PUT"}, ""},
		"query is not shown":        {values{"path": "/echo?key=v", "text": "nope", "method": "DELETE"}, "DELETE /echo answered without the text that was asked for"},
		"no body is HEAD's":         {values{"path": "/json", "method": "HEAD"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			of := rollout.Subject{Revision: "api-2", URL: url + "/", Token: func(context.Context) (string, error) { return "id-token", nil }}
			m := measure(t, of, values{"auth": "google_id_token", "request": []any{c.request}})
			want := rollout.Measurement{Samples: 1, Note: c.note}
			if c.note != "" {
				want.Value = 1
			}
			if m != want {
				t.Errorf("got %+v\nwant %+v", m, want)
			}
		})
	}
}

// A request that cannot be made is a fault of the revision.
func TestNoAnswer(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := l.Addr().String()
	_ = l.Close()
	tls := httptest.NewUnstartedServer(http.HandlerFunc(app))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	t.Cleanup(tls.Close)
	plain := server(t, app)
	hung := server(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for name, c := range map[string]struct{ url, note string }{
		"refused":     {"http://" + refused, "GET /x was not answered: the connection was refused"},
		"certificate": {tls.URL, "GET /x was not answered: its certificate is not valid"},
		"no TLS":      {strings.Replace(plain, "http:", "https:", 1), "GET /x was not answered: it does not speak TLS"},
		"hung":        {hung, "GET /x was not answered: nothing came within 1ms"},
		"no address":  {"http://a b", "GET /x is no address that could be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			block := values{"request": []any{values{"path": "/x?key=secret"}}}
			if name == "hung" {
				block["timeout"] = "1ms"
			}
			m := measure(t, rollout.Subject{URL: c.url}, block)
			if m != (rollout.Measurement{Value: 1, Samples: 1, Note: c.note}) {
				t.Errorf("got %+v", m)
			}
		})
	}
}

func TestFaultsAreCounted(t *testing.T) {
	m := measure(t, rollout.Subject{URL: server(t, app)}, values{"request": []any{
		values{"path": "/none"}, values{"path": "/none", "status": []any{200}}, values{"path": "/moved"},
	}})
	if m != (rollout.Measurement{Value: 2, Samples: 3, Note: "GET /none answered 204, not 200"}) {
		t.Errorf("got %+v", m)
	}
}

// After promotion the service's own address speaks for the revision as well.
func TestTheServiceIsAskedToo(t *testing.T) {
	good := server(t, app)
	bad := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	block := values{"request": []any{values{"path": "/x"}}}
	for _, c := range []struct {
		of   rollout.Subject
		want rollout.Measurement
	}{
		{rollout.Subject{URL: good}, rollout.Measurement{Samples: 1}},
		{rollout.Subject{URL: good, ServiceURL: in(good)}, rollout.Measurement{Samples: 1}},
		{rollout.Subject{URL: good, ServiceURL: in(bad)}, rollout.Measurement{Samples: 2, Value: 1, Note: "GET /x at the service's address answered 502, not 2xx"}},
		{rollout.Subject{ServiceURL: in(bad)}, rollout.Measurement{Samples: 1, Value: 1, Note: "GET /x at the service's address answered 502, not 2xx"}},
		{rollout.Subject{Revision: "api-2"}, rollout.Measurement{Note: "api-2 has no address of its own to ask"}},
	} {
		if m := measure(t, c.of, block); m != c.want {
			t.Errorf("got %+v\nwant %+v", m, c.want)
		}
	}
}

// in is users' own way in.
func in(address string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return address, nil }
}

// What is not known is not asked somewhere else.
func TestUsersWayInIsNotTold(t *testing.T) {
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), asking(values{})), cloud.New(cloud.Config{Clock: clock}))
	if err != nil {
		t.Fatal(err)
	}
	of := rollout.Subject{Revision: "2", URL: "http://127.0.0.1:1", ServiceURL: func(context.Context) (string, error) { return "", rollout.ErrDenied }}
	if m, err := s.Measure(t.Context(), of, rollout.Window{}); !errors.Is(err, rollout.ErrDenied) || m.Samples != 0 {
		t.Errorf("got %+v, %v", m, err)
	}
}

// A credential is never sent in clear to another machine.
func TestCredentialsStayPrivate(t *testing.T) {
	t.Setenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "ci@demo.iam.gserviceaccount.com")
	asked := false
	of := rollout.Subject{Revision: "api-2", URL: "http://192.0.2.1", Token: func(context.Context) (string, error) { asked = true; return "t", nil }}
	block := asking(values{})
	block["auth"] = "google_id_token"
	s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), cloud.New(cloud.Config{Clock: clock}))
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Measure(t.Context(), of, rollout.Window{})
	if !errors.Is(err, rollout.ErrInvalid) || m.Samples != 0 || asked || !strings.Contains(err.Error(), "plain http on another machine") {
		t.Errorf("got %+v, %v, asked %v", m, err, asked)
	}
	broken := errors.New("no such account")
	of.URL, of.Token = "https://x.invalid", func(context.Context) (string, error) { return "", broken }
	if _, err := s.Measure(t.Context(), of, rollout.Window{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	of.Token = nil
	if _, err := s.Measure(t.Context(), of, rollout.Window{}); !errors.Is(err, rollout.ErrInvalid) {
		t.Errorf("of a platform without tokens: %v", err)
	}
	keyed, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), asking(values{"headers_wo": values{"X-Api-Key": "k"}})), cloud.New(cloud.Config{Clock: clock}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyed.Measure(t.Context(), rollout.Subject{Revision: "api-2", URL: "http://192.0.2.1"}, rollout.Window{}); !errors.Is(err, rollout.ErrInvalid) {
		t.Errorf("a header in clear: %v", err)
	}
}

// The sample app of the sandbox, over its edge and a tag's address.
func TestSandboxApp(t *testing.T) {
	s := sandboxtest.New(t, sandbox.Options{Now: clock.Now})
	shop, err := s.SeedShop(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	revision := s.Service(shop.Service).Newest
	if err := s.Meddle(shop.Service, map[string]int{revision: 100}, map[string]string{"canary": revision}); err != nil {
		t.Fatal(err)
	}
	of := rollout.Subject{Revision: rollout.Revision(revision), URL: s.TagURL(shop.Service, "canary"), ServiceURL: in(shop.URL)}
	block := values{"request": []any{values{"path": "/api/v1/health", "json": []any{values{"path": "status", "equals": "ok"}, values{"path": "revision", "equals": revision}}}}}
	if m := measure(t, of, block); m != (rollout.Measurement{Samples: 2}) {
		t.Errorf("healthy: %+v", m)
	}
	if err := s.SetBehaviour(shop.Service, revision, sandbox.Behaviour{Unhealthy: true}); err != nil {
		t.Fatal(err)
	}
	if m := measure(t, of, block); m != (rollout.Measurement{Value: 2, Samples: 2, Note: "GET /api/v1/health answered 503, not 2xx"}) {
		t.Errorf("unhealthy: %+v", m)
	}
}

// What may change something is left out of the harmless part, and so is what
// follows it; nothing else asked, it is no source at all.
func TestHarmlessPart(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	url := server(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Method)
	})
	for _, c := range []struct{ all, want []string }{
		{[]string{"GET", "HEAD", "POST", "HEAD"}, []string{"GET", "HEAD"}},
		{[]string{"GET", "POST safe", "HEAD", "PUT"}, []string{"GET", "HEAD", "POST"}},
		{[]string{"GET promoted", "HEAD"}, nil},
		{[]string{"OPTIONS", "PUT"}, []string{"OPTIONS"}},
		{[]string{"POST", "PUT", "PATCH", "DELETE"}, nil},
	} {
		asked = nil
		var requests []any
		for _, m := range c.all {
			method, how, _ := strings.Cut(m, " ")
			r := values{"path": "/", "method": method}
			switch how {
			case "safe":
				r["safe"] = true
			case "promoted":
				r["on"] = "promoted"
			}
			requests = append(requests, r)
		}
		s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), values{"request": requests}), cloud.New(cloud.Config{Clock: clock}))
		if err != nil {
			t.Fatal(err)
		}
		whole, ok := s.(rollout.Intrusive)
		if !ok {
			t.Fatal("the probe does not say that it may change something")
		}
		part := whole.Harmless()
		if (part == nil) != (c.want == nil) {
			t.Errorf("of %q the harmless part is %v", c.all, part)
		}
		if part != nil {
			if _, err := part.Measure(t.Context(), rollout.Subject{URL: url}, rollout.Window{}); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(asked)
		if !slices.Equal(asked, c.want) {
			t.Errorf("of %q the harmless part asked %q, want %q", c.all, asked, c.want)
		}
	}
}
