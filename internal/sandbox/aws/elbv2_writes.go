package aws

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// past is what listeners and rules showed before they were written last, for
// StaleRead: a read of load balancing promises nothing about what has just been
// written.
type past struct {
	mu sync.Mutex
	of map[string]shown // by ARN
}

type shown struct {
	was     *answer
	changed time.Time
}

// remembered is ModifyListener and ModifyRule, with a look at what was there before.
func (s *Sandbox) remembered(ctx context.Context, r *request) (*answer, error) {
	look, field := "DescribeListeners", "ListenerArn"
	if r.form.Get("RuleArn") != "" {
		look, field = "DescribeRules", "RuleArn"
	}
	arn := r.form.Get(field)
	before, err := s.inner(ctx, "elasticloadbalancing", r.region, http.MethodPost, "/", formHeader,
		[]byte("Action="+look+"&Version=2015-12-01&"+field+"s.member.1="+arn))
	if err != nil {
		return nil, err
	}
	if err := keepSecrets(r, string(before.body)); err != nil {
		return nil, err
	}
	a, err := s.route(ctx, r)
	if err == nil && a.status < http.StatusBadRequest {
		s.past.mu.Lock()
		defer s.past.mu.Unlock()
		if s.past.of == nil {
			s.past.of = map[string]shown{}
		}
		before.body = clientSecret.ReplaceAll(before.body, nil)
		s.past.of[arn] = shown{before, s.now()}
	}
	return a, err
}

// recalled is DescribeListeners and DescribeRules of a single one.
func (s *Sandbox) recalled(ctx context.Context, r *request) (*answer, error) {
	arn := r.form.Get("ListenerArns.member.1") + r.form.Get("RuleArns.member.1")
	s.past.mu.Lock()
	was, ok := s.past.of[arn]
	s.past.mu.Unlock()
	if ok && r.trouble.stale > 0 && s.now().Before(was.changed.Add(r.trouble.stale)) {
		return was.was, nil
	}
	a, err := s.forward(ctx, r)
	if err == nil {
		a.body = clientSecret.ReplaceAll(a.body, nil)
	}
	return a, err
}

// clientSecret is what an action that authenticates knows of its identity provider.
// It is told to nobody, and whoever writes the action gives it again or says that
// the one which is there is to be used
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html).
var clientSecret = regexp.MustCompile(`<(?:ClientSecret|UseExistingClientSecret)>([^<]*)</(?:ClientSecret|UseExistingClientSecret)>`)

// keepSecrets puts the secret that is there into a request which says so; moto does
// not.
func keepSecrets(r *request, before string) error {
	had := between(before, "<ClientSecret>", "</ClientSecret>")
	changed := false
	for _, field := range []string{"Actions", "DefaultActions"} {
		for i := 1; r.form.Has(fmt.Sprintf("%s.member.%d.Type", field, i)); i++ {
			at := fmt.Sprintf("%s.member.%d.AuthenticateOidcConfig.", field, i)
			switch {
			case !r.form.Has(at+"Issuer") || r.form.Get(at+"ClientSecret") != "":
				continue
			case r.form.Get(at+"UseExistingClientSecret") != "true" || len(had) == 0:
				return fail(http.StatusBadRequest, "ValidationError", "The client secret must be specified") // text modelled
			}
			r.form.Set(at+"ClientSecret", unescaped(had[0]))
			r.form.Del(at + "UseExistingClientSecret")
			changed = true
		}
	}
	if changed {
		r.raw = []byte(r.form.Encode())
	}
	return nil
}

// ClientSecrets are those that the actions of a rule authenticate with, for a test
// that asks whether they are still there.
func (s *Sandbox) ClientSecrets(ctx context.Context, rule string) ([]string, error) {
	a, err := s.inner(ctx, "elasticloadbalancing", regionOf(rule), http.MethodPost, "/", formHeader,
		[]byte("Action=DescribeRules&Version=2015-12-01&RuleArns.member.1="+rule))
	if err != nil {
		return nil, err
	}
	return between(string(a.body), "<ClientSecret>", "</ClientSecret>"), nil
}
