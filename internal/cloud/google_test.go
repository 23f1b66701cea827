package cloud_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

func TestEndpoint(t *testing.T) {
	const (
		exposed = "The Google endpoint would carry credentials in clear"
		nothing = "The Google endpoint is not an address"
	)
	for endpoint, c := range map[string]struct{ base, what string }{
		"":                                      {base: "https://iam.googleapis.com/"},
		"https://cloud.example.com":             {base: "https://cloud.example.com"},
		"https://cloud.example.com/":            {base: "https://cloud.example.com"},
		"https://cloud.example.com:8443":        {base: "https://cloud.example.com:8443"},
		"HTTPS://cloud.example.com":             {base: "https://cloud.example.com"},
		"https://10.0.0.7":                      {base: "https://10.0.0.7"},
		"http://127.0.0.1:8080":                 {base: "http://127.0.0.1:8080"},
		"http://127.0.0.1:8080/":                {base: "http://127.0.0.1:8080"},
		"http://127.8.8.8:8080":                 {base: "http://127.8.8.8:8080"},
		"http://[::1]:8080":                     {base: "http://[::1]:8080"},
		"http://localhost:8080":                 {base: "http://localhost:8080"},
		"http://cloud.example.com":              {what: exposed},
		"http://10.0.0.7:8080":                  {what: exposed},
		"http://0.0.0.0:8080":                   {what: exposed},
		"http://[::]:8080":                      {what: exposed},
		"http://169.254.169.254":                {what: exposed},
		"http://127.0.0.1.example.com":          {what: exposed},
		"http://localhost.example.com":          {what: exposed},
		"http://notlocalhost":                   {what: exposed},
		"http://[::ffff:10.0.0.7]:8080":         {what: exposed},
		"http://2130706433:8080":                {what: exposed},
		"http://127.0.0.1@cloud.example.com":    {what: nothing},
		"https://me:" + secret + "@example.com": {what: nothing},
		"https://example.com:" + secret:         {what: nothing},
		"https://example.com?key=" + secret:     {what: nothing},
		"https://example.com?":                  {what: nothing},
		"https://example.com#" + secret:         {what: nothing},
		"https://example.com/v2":                {what: nothing},
		"https://":                              {what: nothing},
		"https://:8080":                         {what: nothing},
		"http://:8080":                          {what: nothing},
		"127.0.0.1:8080":                        {what: nothing},
		"localhost:8080":                        {what: nothing},
		"cloud.example.com":                     {what: nothing},
		"ftp://127.0.0.1":                       {what: nothing},
		"file:///etc/passwd":                    {what: nothing},
		"unix://127.0.0.1/var/run/api":          {what: nothing},
		"https:cloud.example.com":               {what: nothing},
		"%":                                     {what: nothing},
	} {
		for _, from := range []string{"configuration", "environment"} {
			t.Run(endpoint+"/"+from, func(t *testing.T) {
				nowhere(t)
				g := cloud.Google{AccessToken: "token", Endpoint: endpoint}
				if from == "environment" {
					g.Endpoint = ""
					t.Setenv("ROLLOUT_GOOGLE_ENDPOINT", endpoint)
				}
				of, _ := clients(t, g)
				client, err := of.ServiceAccounts(t.Context())
				var p rollout.Problem
				if errors.As(err, &p); p.What != c.what {
					t.Fatalf("%v, want %q", err, c.what)
				}
				if err != nil {
					silent(t, err)
					return
				}
				if client.BasePath != c.base {
					t.Errorf("%q, want %q", client.BasePath, c.base)
				}
			})
		}
	}
}

func TestEndpointInConfigurationComesFirst(t *testing.T) {
	nowhere(t)
	t.Setenv("ROLLOUT_GOOGLE_ENDPOINT", "https://other.example.com")
	of, _ := clients(t, cloud.Google{AccessToken: "token", Endpoint: "https://cloud.example.com"})
	if client, err := of.ServiceAccounts(t.Context()); err != nil || client.BasePath != "https://cloud.example.com" {
		t.Errorf("%v, %v", client, err)
	}
}

// The credential would go along.
func TestRESTFollowsNoRedirect(t *testing.T) {
	nowhere(t)
	var got journal
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.add(r.Host)
		http.Redirect(w, r, "https://elsewhere.example.com", http.StatusFound)
	}))
	defer s.Close()
	divert(t, s)
	of, _ := clients(t, cloud.Google{AccessToken: secret})
	silent(t, getAccount(t.Context(), of))
	if got := got.read(); !slices.Equal(got, []string{"iam.googleapis.com"}) {
		t.Errorf("asked %q", got)
	}
}

// google is a server that gives tokens: of accounts that sign for themselves, of
// the machine, and of accounts that others act as. A token says whose it is.
type google struct {
	*httptest.Server

	asked journal // with which credential, and where, for the token of another account
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	g := &google{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		_, claims, _ := strings.Cut(r.FormValue("assertion"), ".")
		claims, _, _ = strings.Cut(claims, ".")
		text, err := base64.RawURLEncoding.DecodeString(claims)
		var who struct{ Iss, Scope string }
		if err = errors.Join(err, json.Unmarshal(text, &who)); err != nil || who.Scope != scope {
			t.Errorf("%q: %v", text, err)
		}
		write(w, map[string]any{"access_token": "token of " + who.Iss, "token_type": "Bearer", "expires_in": 3600})
	})
	mux.HandleFunc("POST /denied", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		write(w, map[string]any{"error": "invalid_grant", "error_description": "the account is disabled"})
	})
	mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/token", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{"access_token": "token of the machine", "token_type": "Bearer", "expires_in": 3600})
	})
	mux.HandleFunc("POST /v1/projects/-/serviceAccounts/{call}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		who, ok := strings.CutSuffix(r.PathValue("call"), ":generateAccessToken")
		if !ok || !strings.Contains(string(body), scope) {
			t.Errorf("%s: %s", r.URL, body)
		}
		g.asked.add(r.Header.Get("Authorization") + " at " + r.Host)
		if who == "denied@p.iam.gserviceaccount.com" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		write(w, map[string]any{"accessToken": "token of " + who, "expireTime": "2099-01-01T00:00:00Z"})
	})
	g.Server = httptest.NewTLSServer(mux)
	t.Cleanup(g.Close)
	divert(t, g.Server)
	return g
}

const scope = "https://www.googleapis.com/auth/cloud-platform"

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// privateKey is made once, for that takes a while.
var privateKey = sync.OnceValue(func() string {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
})

// key is what a service account signs with, as Google hands it out.
func key(t *testing.T, who, tokens string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": who, "private_key_id": "1", "private_key": privateKey(), "token_uri": "https://oauth2.googleapis.com/" + tokens,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// file writes a file of the test's own.
func file(t *testing.T, text string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(out, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// wellKnown writes what gcloud auth application-default login does.
func wellKnown(t *testing.T, text string) {
	t.Helper()
	for _, folder := range []string{filepath.Join(os.Getenv("HOME"), ".config", "gcloud"), filepath.Join(os.Getenv("APPDATA"), "gcloud")} {
		if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "application_default_credentials.json"), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// Each source is looked at only where those before it are not there.
func TestWhoseCredentialsAreTaken(t *testing.T) {
	g := newGoogle(t)
	sources := []struct {
		want string
		set  func(*testing.T, *cloud.Google)
	}{
		{"a token in configuration", func(_ *testing.T, c *cloud.Google) { c.AccessToken = "a token in configuration" }},
		{"a token in a variable", func(t *testing.T, _ *cloud.Google) {
			t.Setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "a token in a variable")
		}},
		{"token of a key in a variable", func(t *testing.T, _ *cloud.Google) {
			t.Setenv("GOOGLE_CREDENTIALS", "\n "+key(t, "a key in a variable", "token"))
		}},
		{"token of a key whose path is in a variable", func(t *testing.T, _ *cloud.Google) {
			if os.Getenv("GOOGLE_CREDENTIALS") == "" { // the same variable
				t.Setenv("GOOGLE_CREDENTIALS", file(t, key(t, "a key whose path is in a variable", "token")))
			}
		}},
		{"token of application default", func(t *testing.T, _ *cloud.Google) {
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file(t, key(t, "application default", "token")))
		}},
		{"token of whoever has logged in", func(t *testing.T, _ *cloud.Google) { wellKnown(t, key(t, "whoever has logged in", "token")) }},
		{"token of the machine", func(*testing.T, *cloud.Google) {}},
	}
	metadata := httptest.NewServer(g.Config.Handler)
	defer metadata.Close()
	for i, first := range sources {
		t.Run(first.want, func(t *testing.T) {
			nowhere(t)
			var c cloud.Google
			for _, s := range sources[i:] {
				s.set(t, &c)
			}
			t.Setenv("GCE_METADATA_HOST", metadata.Listener.Addr().String())
			of, _ := clients(t, c)
			creds, err := of.GoogleCredentials()
			if err != nil {
				t.Fatal(err)
			}
			token, err := creds.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if token.Value != first.want || token.Type != "Bearer" {
				t.Errorf("%s %q", token.Type, token.Value)
			}
		})
	}
}

func TestCredentialsThatAreNone(t *testing.T) {
	newGoogle(t)
	const none = "There are no Google credentials"
	for name, c := range map[string]struct {
		set func(*testing.T)
		why string
	}{
		"GOOGLE_CREDENTIALS is neither": {
			func(t *testing.T) { t.Setenv("GOOGLE_CREDENTIALS", "-----BEGIN PRIVATE KEY-----\n"+secret) },
			"GOOGLE_CREDENTIALS holds neither a key in JSON nor the path of a file.",
		},
		"GOOGLE_CREDENTIALS is longer than a path can be": {
			func(t *testing.T) { t.Setenv("GOOGLE_CREDENTIALS", strings.Repeat(secret, 10000)) },
			"GOOGLE_CREDENTIALS holds neither a key in JSON nor the path of a file.",
		},
		"GOOGLE_CREDENTIALS is broken JSON": {
			func(t *testing.T) { t.Setenv("GOOGLE_CREDENTIALS", `{"private_key": "`+secret) },
			"find Google credentials: unexpected end of JSON input.",
		},
		"GOOGLE_CREDENTIALS is another JSON": {
			func(t *testing.T) { t.Setenv("GOOGLE_CREDENTIALS", `{"password": "`+secret+`"}`) },
			"find Google credentials: credentials: unsupported unidentified file type.",
		},
		"the file is not a key": {
			func(t *testing.T) { t.Setenv("GOOGLE_CREDENTIALS", file(t, secret)) },
			"find Google credentials: invalid character 'h' looking for beginning of value.",
		},
		"GOOGLE_APPLICATION_CREDENTIALS names no file": {
			func(t *testing.T) { t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/"+secret) },
			"GOOGLE_APPLICATION_CREDENTIALS does not hold the path of a file.",
		},
		"GOOGLE_APPLICATION_CREDENTIALS holds the key itself": {
			func(t *testing.T) { t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", `{"private_key": "`+secret+`"}`) },
			"GOOGLE_APPLICATION_CREDENTIALS does not hold the path of a file.",
		},
		"what gcloud left is broken": {
			func(t *testing.T) { wellKnown(t, `{"type": "authorized_user", "client_secret": "`+secret+`"}`) },
			"find Google credentials: auth: client ID must be provided.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			c.set(t)
			of, _ := clients(t, cloud.Google{})
			_, err := of.GoogleCredentials()
			silent(t, err)
			var p rollout.Problem
			if !errors.As(err, &p) || p.What != none || p.Why != c.why || !strings.Contains(p.Fix, "access_token") {
				t.Errorf("%v", err)
			}
			if _, err := of.ServiceAccounts(t.Context()); !errors.As(err, &p) || p.What != none {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestImpersonation(t *testing.T) {
	const deployer = "deployer@p.iam.gserviceaccount.com"
	for name, c := range map[string]struct {
		configured, variable, want string
	}{
		"nobody":                       {"", "", "base"},
		"named in configuration":       {deployer, "", "token of " + deployer},
		"named in a variable":          {"", deployer, "token of " + deployer},
		"configuration comes first":    {deployer, "other@p.iam.gserviceaccount.com", "token of " + deployer},
		"one that may not be acted as": {"denied@p.iam.gserviceaccount.com", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			g := newGoogle(t)
			t.Setenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", c.variable)
			of, _ := clients(t, cloud.Google{AccessToken: "base", Impersonate: c.configured})
			creds, err := of.GoogleCredentials()
			if err != nil {
				t.Fatal(err)
			}
			token, err := creds.Token(t.Context())
			switch {
			case c.want == "":
				if err == nil || !strings.Contains(err.Error(), "403") || strings.Contains(err.Error(), "base") {
					t.Errorf("%v", err)
				}
			case err != nil || token.Value != c.want:
				t.Errorf("%v, %v", token, err)
			}
			var want []string
			if c.want != "base" {
				want = []string{"Bearer base at iamcredentials.googleapis.com"}
			}
			if asked := g.asked.read(); !slices.Equal(asked, want) {
				t.Errorf("asked with %q", asked)
			}
		})
	}
}

// A request whose credential cannot be had is not sent without.
func TestRESTWithoutAToken(t *testing.T) {
	nowhere(t)
	newGoogle(t)
	t.Setenv("GOOGLE_CREDENTIALS", key(t, "disabled", "denied"))
	of, _ := clients(t, cloud.Google{})
	err := getAccount(t.Context(), of)
	if err == nil || !strings.Contains(err.Error(), "the account is disabled") || strings.Contains(err.Error(), "PRIVATE KEY") {
		t.Errorf("%v", err)
	}
}

func TestATokenIsNeverFormatted(t *testing.T) {
	nowhere(t)
	of, _ := clients(t, cloud.Google{AccessToken: secret})
	creds, err := of.GoogleCredentials()
	if err != nil {
		t.Fatal(err)
	}
	hidden := []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		for _, v := range []any{creds, *creds, creds.TokenProvider} {
			got := fmt.Sprintf(verb, v)
			for _, h := range hidden {
				if strings.Contains(got, h) {
					t.Errorf("%s shows %s", verb, got)
				}
			}
		}
	}
}
