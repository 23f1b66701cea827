package cloud

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials/idtoken"
	"cloud.google.com/go/compute/metadata"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// spare is how long before its end an ID token is not used any more.
const spare = 5 * time.Minute

// idTokens are the ID tokens that are good still, by audience. One is got at a
// time: turn is held by whoever looks, and waited for as long as the caller may.
type idTokens struct {
	turn chan struct{}
	held map[string]idToken
}

// idToken is one, and when it ends. The token is a function because no format
// verb shows what that returns.
type idToken struct {
	value func() string
	until time.Time
}

// IDToken returns a token with which the service that is the audience knows who
// asks: on Cloud Run the URL of the service, also for requests to one of its
// tags (https://cloud.google.com/run/docs/authenticating/service-to-service,
// https://cloud.google.com/run/docs/configuring/custom-audiences). An access
// token never takes its place. The token is kept until shortly before its end.
func (c *Clients) IDToken(ctx context.Context, audience string) (string, error) {
	if audience == "" {
		return "", fmt.Errorf("get an ID token: the service has no address yet: %w", rollout.ErrGone)
	}
	tokens := &c.google.identities
	select {
	case tokens.turn <- struct{}{}:
		defer func() { <-tokens.turn }()
	case <-ctx.Done():
		return "", fmt.Errorf("get an ID token for %s: %w", audience, ctx.Err())
	}
	if t, ok := tokens.held[audience]; ok && c.config.Clock.Now().Add(spare).Before(t.until) {
		return t.value(), nil
	}
	mint, err := c.minter()
	if err != nil {
		return "", err
	}
	limited, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	value, err := mint(limited, audience)
	if err != nil {
		return "", err
	}
	until, err := expiry(value)
	if err != nil {
		return "", fmt.Errorf("get an ID token for %s: %w", audience, err)
	}
	tokens.held[audience] = idToken{value: func() string { return value }, until: until}
	return value, nil
}

// GivesIDTokens reports, without asking anybody for one, whether ID tokens can be
// had with the credentials in use. The error is a rollout.Problem that says what
// to use instead.
func (c *Clients) GivesIDTokens() error {
	_, err := c.minter()
	return err
}

// mint gets an ID token for an audience.
type mint func(ctx context.Context, audience string) (string, error)

// minter finds out how: by IAM where an account is acted as, else by the key or
// the metadata server that the credentials are of.
func (c *Clients) minter() (mint, error) {
	if as := c.impersonates(); as != "" {
		return c.mintAs(as), nil
	}
	if first(c.config.Google.AccessToken, os.Getenv("GOOGLE_OAUTH_ACCESS_TOKEN")) != "" {
		return nil, msgIDTokenOfAccessToken.With()
	}
	creds, err := c.GoogleCredentials()
	if err != nil {
		return nil, err
	}
	key := creds.JSON()
	if len(key) == 0 {
		return c.mintWith(nil), nil // the metadata server's
	}
	var kind struct {
		Type string `json:"type"`
		As   string `json:"service_account_impersonation_url"`
	}
	_ = json.Unmarshal(key, &kind) // what cannot be read has no type, and is refused below
	switch as := actsAs.FindStringSubmatch(kind.As); {
	case kind.Type == "service_account":
		return c.mintWith(key), nil
	case as != nil: // of a federation, or of credentials that act as an account
		return c.mintAs(as[1]), nil
	case kind.Type == "authorized_user":
		return nil, msgIDTokenOfUser.With()
	}
	return nil, msgIDTokenOfOthers.With("type", fmt.Sprintf("%q", kind.Type))
}

// actsAs finds the account in the address by which credentials act as one.
var actsAs = lazyregexp.New(`/serviceAccounts/([^/:]+):generateAccessToken$`)

// impersonates is the service account to act as, "" for none.
func (c *Clients) impersonates() string {
	return first(c.config.Google.Impersonate, os.Getenv("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"))
}

// mintAs asks IAM for a token of a service account (permission
// iam.serviceAccounts.getOpenIdToken:
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken).
func (c *Clients) mintAs(account string) mint {
	return func(ctx context.Context, audience string) (string, error) {
		client, err := c.accountTokens(ctx)
		if err != nil {
			return "", err
		}
		got, err := client.Projects.ServiceAccounts.GenerateIdToken("projects/-/serviceAccounts/"+account,
			&iamcredentials.GenerateIdTokenRequest{Audience: audience, IncludeEmail: true}).Context(ctx).Do()
		if err != nil {
			return "", GoogleError("get an ID token of "+account+" (iam.serviceAccounts.getOpenIdToken)", err)
		}
		return got.Token, nil
	}
}

// accountTokens returns the client for the credentials of service accounts. It
// asks as whoever Terraform runs as: that is who may act as the account.
func (c *Clients) accountTokens(ctx context.Context) (*iamcredentials.Service, error) {
	return c.google.tokens.get(func() (*iamcredentials.Service, error) {
		client, endpoint, err := c.googleHTTP(ctx, "iamcredentials", false, c.googleBase)
		if err != nil {
			return nil, fmt.Errorf("build the client for IAM credentials: %w", err)
		}
		return iamcredentials.NewService(context.WithoutCancel(ctx), option.WithEndpoint(endpoint), option.WithHTTPClient(client))
	})
}

// mintWith gets tokens with the key of a service account; without one from the
// metadata server. (Of other credentials the package asks without signing.)
func (c *Clients) mintWith(key []byte) mint {
	return func(ctx context.Context, audience string) (string, error) {
		o := &idtoken.Options{Audience: audience, Client: &http.Client{
			Transport: pacedHTTP{of: c, inner: http.DefaultTransport}, CheckRedirect: stay, Timeout: oneCall,
		}}
		o.CredentialsJSON = key //nolint:staticcheck // whoever runs Terraform may use any kind of key, as with Google's own tools
		creds, err := idtoken.NewCredentials(o)
		if err != nil {
			return "", fmt.Errorf("get an ID token: %s", line(err.Error()))
		}
		t, err := creds.Token(ctx)
		if err != nil {
			return "", idTokenError("get an ID token for "+audience, err)
		}
		return t.Value, nil
	}
}

// idTokenError says what kept a token from being had. What was answered is not
// quoted: nobody knows what stands there.
func idTokenError(doing string, err error) error {
	var refused *auth.Error
	var unknown *metadata.Error
	var none metadata.NotDefinedError
	code := 0
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, err)
	case errors.As(err, &refused) && refused.Response != nil:
		code = refused.Response.StatusCode
	case errors.As(err, &unknown):
		code = unknown.Code
	case errors.As(err, &none): // no service account is attached
		code = http.StatusForbidden
	}
	switch code {
	case 0:
		return fmt.Errorf("%s: no answer came", doing)
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s: %w: Google answered %d", doing, rollout.ErrDenied, code)
	}
	return fmt.Errorf("%s: Google answered %d", doing, code)
}

// expiry reads from a token when it ends. Nobody here has to believe it: the
// service that it is for verifies it.
func expiry(token string) (time.Time, error) {
	parts := strings.Split(token, ".")
	var claims struct {
		Exp int64 `json:"exp"`
	}
	if len(parts) == 3 {
		if text, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil && json.Unmarshal(text, &claims) == nil && claims.Exp > 0 {
			return time.Unix(claims.Exp, 0), nil
		}
	}
	return time.Time{}, errors.New("what was answered is no ID token")
}
