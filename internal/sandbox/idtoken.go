package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/iam/credentials/apiv1/credentialspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// invoker is the role that lets somebody call a service.
const invoker = "roles/run.invoker"

// lifetime is how long an ID token is good
// (https://cloud.google.com/iam/docs/create-short-lived-credentials-direct#create-id).
const lifetime = time.Hour

// accountTokens is google.iam.credentials.v1.IAMCredentials, of which only
// GenerateIdToken is emulated.
type accountTokens struct {
	credentialspb.UnimplementedIAMCredentialsServer
	v   *vault
	ids *identities
}

// GenerateIdToken gives a token of a service account
// (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken).
func (a *accountTokens) GenerateIdToken(_ context.Context, q *credentialspb.GenerateIdTokenRequest) (*credentialspb.GenerateIdTokenResponse, error) {
	email, ok := strings.CutPrefix(q.GetName(), "projects/-/serviceAccounts/")
	switch {
	case !ok || email == "":
		return nil, status.Errorf(codes.InvalidArgument, "Invalid form of name %q: the project is always -", q.GetName())
	case q.GetAudience() == "":
		return nil, status.Error(codes.InvalidArgument, "Request contains an invalid argument: audience is required")
	case len(q.GetDelegates()) > 0:
		return nil, status.Error(codes.Unimplemented, "delegates")
	case !q.GetIncludeEmail():
		return nil, status.Error(codes.Unimplemented, "a token without an email, which no binding here could name")
	}
	a.v.mu.Lock()
	disabled, found := a.v.accounts[email]
	a.v.mu.Unlock()
	if !found {
		return nil, status.Errorf(codes.NotFound, "Not found; Gaia id not found for email %s", email)
	}
	if disabled {
		return nil, status.Errorf(codes.FailedPrecondition, "Service account %s is disabled", email)
	}
	return &credentialspb.GenerateIdTokenResponse{Token: a.ids.issue(email, q.GetAudience())}, nil
}

// identities issues ID tokens, and knows its own again. They are JWTs signed
// with a key of this sandbox.
type identities struct {
	now func() time.Time
	key []byte
}

type claims struct {
	Audience string `json:"aud"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Issuer   string `json:"iss"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

func newIdentities(now func() time.Time) *identities {
	i := &identities{now: now, key: make([]byte, sha256.Size)}
	_, _ = rand.Read(i.key) // it never fails
	return i
}

func (i *identities) issue(email, audience string) string {
	text, err := json.Marshal(claims{audience, email, true, "https://accounts.google.com", i.now().Unix(), i.now().Add(lifetime).Unix()})
	if err != nil {
		panic(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	signed := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part(text)
	return signed + "." + part(i.sign(signed))
}

func (i *identities) sign(text string) []byte {
	mac := hmac.New(sha256.New, i.key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// email returns whose token it is; ok is false where it is none of ours, is for
// another audience or has ended.
func (i *identities) email(token, audience string) (email string, ok bool) {
	cut := strings.LastIndex(token, ".")
	if cut < 0 {
		return "", false
	}
	sum, err := base64.RawURLEncoding.DecodeString(token[cut+1:])
	if err != nil || !hmac.Equal(sum, i.sign(token[:cut])) {
		return "", false
	}
	var c claims
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil || json.Unmarshal(text, &c) != nil {
		return "", false
	}
	return c.Email, c.Audience == audience && i.now().Unix() < c.Expires
}

// Private lets nobody call a service but members of its policy: those who are
// named here ("serviceAccount:ci@demo.iam.gserviceaccount.com"), and whom
// SetIamPolicy gives roles/run.invoker. Without it the edge lets everybody in.
func (s *Sandbox) Private(service string, members ...string) error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	sv, err := s.store.policyLocked(service)
	if err != nil {
		return fmt.Errorf("make %s private: %w", service, err)
	}
	sv.private = true
	bind(sv.policy, invoker, "", members)
	return nil
}

// invokers reports whether the service wants to know who asks, and who may.
func (st *store) invokers(id string) (members []string, private bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(id)
	if err != nil || !sv.private {
		return nil, false
	}
	for _, b := range sv.policy.GetBindings() {
		if invokes(b) {
			members = append(members, b.GetMembers()...)
		}
	}
	return members, true
}

func invokes(b *iampb.Binding) bool { return b.GetRole() == invoker && b.GetCondition() == nil }

// admit answers whoever may not call a service with the status that Cloud Run
// has for it, 0 for who may. The audience is the service's address, also at that
// of a tag, and X-Serverless-Authorization goes before Authorization
// (https://cloud.google.com/run/docs/authenticating/service-to-service). The
// container does not get the signature. Without a token, or without the role:
// 403; with a token that is none, such as an access token, has ended or is for
// somebody else: 401 (https://cloud.google.com/run/docs/troubleshooting).
func (s *Sandbox) admit(service string, h http.Header) int {
	members, private := s.store.invokers(service)
	if !private || slices.Contains(members, "allUsers") {
		return 0
	}
	in := "X-Serverless-Authorization"
	if h.Get(in) == "" {
		in = "Authorization"
	}
	token, ok := strings.CutPrefix(h.Get(in), "Bearer ")
	if !ok || token == "" {
		return http.StatusForbidden
	}
	email, ok := s.identities.email(token, s.edge.url(service, ""))
	if !ok {
		return http.StatusUnauthorized
	}
	if !slices.Contains(members, "serviceAccount:"+email) {
		return http.StatusForbidden
	}
	h.Set(in, "Bearer "+token[:strings.LastIndex(token, ".")]+".SIGNATURE_REMOVED_BY_GOOGLE")
	return 0
}
