package cloud_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	shopURL  = "https://shop-abc-uc.a.run.app"
	deployer = "deployer@p.iam.gserviceaccount.com"
)

// minting is Google as far as it gives ID tokens. Each says whose it is, for
// whom, and ends an hour after noon.
type minting struct {
	*httptest.Server
	asked journal
}

func idTokenOf(who, audience string) string {
	text, err := json.Marshal(map[string]any{"aud": audience, "email": who, "exp": noon.Add(time.Hour).Unix()})
	if err != nil {
		panic(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256"}`)) + "." + part(text) + "." + part([]byte("signature"))
}

func newMinting(t *testing.T) *minting {
	t.Helper()
	m := &minting{}
	refuse := func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusForbidden)
		write(w, map[string]any{"error": map[string]any{"code": 403, "message": "Permission 'iam.serviceAccounts.getOpenIdToken' denied on resource (or it may not exist).", "detail": secret}})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) { // by a key
		assertion := strings.Split(r.FormValue("assertion"), ".")
		text, _ := base64.RawURLEncoding.DecodeString(assertion[1])
		var c struct {
			Iss      string `json:"iss"`
			Audience string `json:"target_audience"`
		}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Error(err)
		}
		m.asked.add(r.Host + " by key of " + c.Iss)
		if c.Iss == "denied" {
			refuse(w)
			return
		}
		write(w, map[string]any{"id_token": idTokenOf(c.Iss, c.Audience)})
	})
	mux.HandleFunc("GET /computeMetadata/v1/instance/service-accounts/default/identity", func(w http.ResponseWriter, r *http.Request) {
		m.asked.add("metadata")
		_, _ = w.Write([]byte(idTokenOf("the machine", r.FormValue("audience"))))
	})
	mux.HandleFunc("POST /v1/token", func(w http.ResponseWriter, _ *http.Request) { // of a federation
		write(w, map[string]any{"access_token": "federated", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": 3600})
	})
	mux.HandleFunc("POST /v1/projects/-/serviceAccounts/{call}", func(w http.ResponseWriter, r *http.Request) {
		who, call, _ := strings.Cut(r.PathValue("call"), ":")
		if call == "generateAccessToken" {
			write(w, map[string]any{"accessToken": "acting as " + who, "expireTime": "2099-01-01T00:00:00Z"})
			return
		}
		var q struct {
			Audience     string
			IncludeEmail bool
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || !q.IncludeEmail || call != "generateIdToken" {
			t.Errorf("%s: %+v, %v", r.URL, q, err)
		}
		m.asked.add(r.Host + " with " + r.Header.Get("Authorization"))
		switch who {
		case "denied@p.iam.gserviceaccount.com":
			refuse(w)
		case "babbles@p.iam.gserviceaccount.com":
			write(w, map[string]any{"token": secret})
		case "hangs@p.iam.gserviceaccount.com":
			<-r.Context().Done()
		default:
			write(w, map[string]any{"token": idTokenOf(who, q.Audience)})
		}
	})
	m.Server = httptest.NewTLSServer(mux)
	t.Cleanup(m.Close)
	divert(t, m.Server)
	return m
}

// adc is a file of application default credentials of a type.
func adc(t *testing.T, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Who is told to the service, with each kind of credentials, and by whom.
func TestIDTokens(t *testing.T) {
	acting := "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + deployer + ":generateAccessToken"
	user := map[string]any{"type": "authorized_user", "client_id": "c", "client_secret": secret, "refresh_token": secret}
	for name, c := range map[string]struct {
		google cloud.Google
		creds  string // in GOOGLE_CREDENTIALS
		asked  string
		who    string
	}{
		"a key":                       {creds: key(t, "api@p", "token"), asked: "oauth2.googleapis.com by key of api@p", who: "api@p"},
		"the machine":                 {asked: "metadata", who: "the machine"},
		"acting as, by a key":         {google: cloud.Google{AccessToken: "base", Impersonate: deployer}, creds: key(t, "api@p", "token"), asked: "iamcredentials.googleapis.com with Bearer base", who: deployer},
		"acting as, by a given token": {google: cloud.Google{AccessToken: "base", Impersonate: deployer}, asked: "iamcredentials.googleapis.com with Bearer base", who: deployer},
		"credentials that act as":     {creds: adc(t, map[string]any{"type": "impersonated_service_account", "service_account_impersonation_url": acting, "source_credentials": json.RawMessage(key(t, "api@p", "token"))}), asked: "iamcredentials.googleapis.com with Bearer acting as " + deployer, who: deployer},
		"a federation that acts as":   {creds: federation(t, acting), asked: "iamcredentials.googleapis.com with Bearer acting as " + deployer, who: deployer},
		"a person, acting as":         {google: cloud.Google{AccessToken: "a person's", Impersonate: deployer}, creds: adc(t, user), asked: "iamcredentials.googleapis.com with Bearer a person's", who: deployer},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			m := newMinting(t)
			t.Setenv("GOOGLE_CREDENTIALS", c.creds)
			metadata := httptest.NewServer(m.Config.Handler)
			defer metadata.Close()
			if c.who == "the machine" {
				t.Setenv("GCE_METADATA_HOST", metadata.Listener.Addr().String())
			}
			of, _ := clients(t, c.google)
			if err := of.GivesIDTokens(); err != nil {
				t.Fatal(err)
			}
			if asked := m.asked.read(); len(asked) > 0 {
				t.Errorf("whether there are tokens was asked of %q", asked)
			}
			token, err := of.IDToken(t.Context(), shopURL)
			if err != nil || token != idTokenOf(c.who, shopURL) {
				t.Errorf("%q, %v", token, err)
			}
			if asked := m.asked.read(); !slices.Contains(asked, c.asked) {
				t.Errorf("asked %q, want %s", asked, c.asked)
			}
		})
	}
}

// federation is workload identity, of a file as CI writes it.
func federation(t *testing.T, acting string) string {
	fields := map[string]any{
		"type": "external_account", "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
		"subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": "https://sts.googleapis.com/v1/token",
		"credential_source": map[string]any{"file": file(t, "the CI's token")},
	}
	if acting != "" {
		fields["service_account_impersonation_url"] = acting
	}
	return adc(t, fields)
}

// What gives none is told without asking anybody.
func TestNoIDTokens(t *testing.T) {
	for name, c := range map[string]struct {
		google cloud.Google
		creds  string
		want   string
	}{
		"an access token":                  {google: cloud.Google{AccessToken: secret}, want: "An access token gives no identity token"},
		"a person":                         {creds: adc(t, map[string]any{"type": "authorized_user", "client_id": "c", "client_secret": secret, "refresh_token": secret}), want: "A person's credentials give no identity token"},
		"a federation that acts as nobody": {creds: federation(t, ""), want: `They are of the type "external_account", without a service account`},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			m := newMinting(t)
			t.Setenv("GOOGLE_CREDENTIALS", c.creds)
			of, _ := clients(t, c.google)
			err := of.GivesIDTokens()
			silent(t, err)
			if !errors.As(err, new(rollout.Problem)) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if _, again := of.IDToken(t.Context(), shopURL); again == nil || again.Error() != err.Error() {
				t.Errorf("%v", again)
			}
			if asked := m.asked.read(); len(asked) > 0 {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

func TestIDTokensThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		google cloud.Google
		creds  string
		denied bool
		want   string
	}{
		"acting as is denied": {cloud.Google{AccessToken: "base", Impersonate: "denied@p.iam.gserviceaccount.com"}, "", true, "iam.serviceAccounts.getOpenIdToken"},
		"the key is refused":  {cloud.Google{}, key(t, "denied", "token"), true, "Google answered 403"},
		"it is no token":      {cloud.Google{AccessToken: "base", Impersonate: "babbles@p.iam.gserviceaccount.com"}, "", false, "is no ID token"},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			newMinting(t)
			t.Setenv("GOOGLE_CREDENTIALS", c.creds)
			of, _ := clients(t, c.google)
			_, err := of.IDToken(t.Context(), shopURL)
			silent(t, err)
			if errors.Is(err, rollout.ErrDenied) != c.denied || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := of.IDToken(ctx, shopURL); !errors.Is(err, context.Canceled) && c.creds == "" {
				t.Errorf("cancelled: %v", err)
			}
		})
	}
	of, _ := clients(t, cloud.Google{Impersonate: deployer})
	if _, err := of.IDToken(t.Context(), ""); !errors.Is(err, rollout.ErrGone) {
		t.Errorf("for nobody: %v", err)
	}
}

// Who waits for another's token is let go by the end of its own context.
func TestIDTokensAreWaitedForAsLongAsTheCallerMay(t *testing.T) {
	nowhere(t)
	m := newMinting(t)
	of, _ := clients(t, cloud.Google{AccessToken: "base", Impersonate: "hangs@p.iam.gserviceaccount.com"})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := of.IDToken(ctx, shopURL)
		first <- err
	}()
	for len(m.asked.read()) == 0 {
		runtime.Gosched()
	}
	ended, end := context.WithCancel(t.Context())
	end()
	second := make(chan error, 1)
	go func() {
		_, err := of.IDToken(ended, shopURL+"/other")
		second <- err
	}()
	limit, stop := context.WithTimeout(t.Context(), 10*time.Second) // of what would otherwise hang
	defer stop()
	select {
	case err := <-second:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-limit.Done():
		t.Error("it waits for the other one")
	}
	cancel()
	if err := <-first; err == nil {
		t.Error("there is a token from nobody")
	}
}

// A token is kept until shortly before its end, one for each service.
func TestIDTokensAreKept(t *testing.T) {
	nowhere(t)
	m := newMinting(t)
	of, clock := clients(t, cloud.Google{AccessToken: "base", Impersonate: deployer})
	for _, step := range []struct {
		audience string
		pass     time.Duration
		asks     int
	}{{shopURL, 0, 1}, {shopURL, 54 * time.Minute, 0}, {shopURL + "/other", 0, 1}, {shopURL, time.Minute, 1}} {
		if err := clock.Sleep(t.Context(), step.pass); err != nil {
			t.Fatal(err)
		}
		if _, err := of.IDToken(t.Context(), step.audience); err != nil {
			t.Fatal(err)
		}
		if asked := m.asked.read(); len(asked) != step.asks {
			t.Errorf("for %s after %s: asked %q", step.audience, step.pass, asked)
		}
	}
	if shown := fmt.Sprintf("%+v", of); strings.Contains(shown, base64.RawURLEncoding.EncodeToString([]byte("signature"))) {
		t.Error("a token is formatted")
	}
}

func TestMessages(t *testing.T) {
	for _, m := range cloud.Messages() {
		if !strings.HasPrefix(m.ID, "google.") && !strings.HasPrefix(m.ID, "aws.") || m.What == "" || m.Why == "" || m.Fix == "" {
			t.Errorf("message %+v", m)
		}
	}
}
