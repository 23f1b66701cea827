package aws

import (
	"context"
	"net/http"
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
	a, err := s.route(ctx, r)
	if err == nil && a.status < http.StatusBadRequest {
		s.past.mu.Lock()
		defer s.past.mu.Unlock()
		if s.past.of == nil {
			s.past.of = map[string]shown{}
		}
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
	return s.forward(ctx, r)
}
