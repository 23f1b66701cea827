package prometheus

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/prometheus/client_golang/api"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/promql"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
)

// usualToken is the variable that is looked at where configuration names none.
const usualToken = "ROLLOUT_PROMETHEUS_TOKEN" //nolint:gosec // a name

// credential is what requests carry.
type credential struct {
	name string // says in messages what it is, and never its value
	// header returns the value of Authorization; nil where requests carry
	// nothing. It is a function because no format verb shows what that returns.
	header func() string
}

func carries(name, value string) credential {
	return credential{name: name, header: func() string { return value }}
}

// find reads the credential from the environment variables that are named; from
// the usual one if none is.
func find(tokenEnv, basicEnv string) (credential, error) {
	none := credential{name: "no credential (token_env, basic_auth_env and " + usualToken + " name none)"}
	switch {
	case tokenEnv != "":
		token := strings.TrimSpace(os.Getenv(tokenEnv))
		if token == "" {
			return none, unset("token_env", tokenEnv, "a bearer token")
		}
		return carries("the token in "+tokenEnv, "Bearer "+token), nil
	case basicEnv != "":
		user, password, ok := strings.Cut(strings.TrimSpace(os.Getenv(basicEnv)), ":")
		if !ok {
			return none, unset("basic_auth_env", basicEnv, "a user's name, a colon and a password")
		}
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(user, password)
		return carries("the password in "+basicEnv, r.Header.Get("Authorization")), nil
	}
	if token := strings.TrimSpace(os.Getenv(usualToken)); token != "" {
		return carries("the token in "+usualToken, "Bearer "+token), nil
	}
	return none, nil
}

func unset(attribute, variable, what string) error {
	return msgNoCredential.With("attribute", attribute, "variable", variable, "what", what)
}

// connect returns a client that carries the credential to the one address at and
// nowhere else. It makes no call.
func connect(at *url.URL, c credential, through *http.Client) (api.Client, error) {
	if c.header != nil && !web.Private(at) {
		return nil, msgInClear.With("address", at, "credential", c.name)
	}
	client := *through
	client.Transport = promql.Bounded(carrier{credential: c, next: through.Transport})
	out, err := api.NewClient(api.Config{Address: at.String(), Client: &client})
	if err != nil {
		return nil, fmt.Errorf("connect to Prometheus at %s: %w", at, err)
	}
	return out, nil
}

// carrier adds the credential to each request.
type carrier struct {
	credential
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", web.Agent)
	if c.header != nil {
		r.Header.Set("Authorization", c.header())
	}
	return c.next.RoundTrip(r)
}
