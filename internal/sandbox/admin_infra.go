package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// adminInfra adds the controls of what a revision needs beside its platform.
func (s *Sandbox) adminInfra(handle func(pattern string, do func(r *http.Request) (any, error))) {
	handle("POST /sandbox/sql/{name}", changeOf(s, s.infra.instances, s.SQL))
	handle("POST /sandbox/buckets/{name}", changeOf(s, s.infra.buckets, s.Bucket))
	handle("POST /sandbox/subscriptions/{name}", changeOf(s, s.infra.subscriptions, s.Subscribe))
	handle("POST /sandbox/topics/{name}", func(r *http.Request) (any, error) {
		if err := strictJSON(r, &struct{}{}); err != nil {
			return nil, err
		}
		s.Topic(r.PathValue("name"))
		return done, nil
	})
	handle("POST /sandbox/topics/{name}/grants", s.adminGrantOn("topics/"))
	handle("POST /sandbox/buckets/{name}/grants", s.adminGrantOn("buckets/"))
	handle("POST /sandbox/accounts/{email}", func(r *http.Request) (any, error) {
		var q struct{ Disabled bool }
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		s.ServiceAccount(r.PathValue("email"), q.Disabled)
		return done, nil
	})
	handle("POST /sandbox/permissions", s.adminPermissions)
}

// changeOf makes a thing, or changes what the request names of one: of a copy,
// since what is decoded over a list is written into its memory.
func changeOf[T any](s *Sandbox, things map[string]T, set func(name string, thing T)) func(r *http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		s.infra.mu.Lock()
		was, err := json.Marshal(things[r.PathValue("name")])
		s.infra.mu.Unlock()
		var thing T
		if err := errors.Join(err, json.Unmarshal(was, &thing)); err != nil {
			return nil, err
		}
		if err := strictJSON(r, &thing); err != nil {
			return nil, err
		}
		set(r.PathValue("name"), thing)
		return done, nil
	}
}

func (s *Sandbox) adminGrantOn(kind string) func(r *http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		var q struct{ Role, Member, Condition string }
		if err := strictJSON(r, &q); err != nil {
			return nil, err
		}
		if q.Role == "" || !strings.Contains(q.Member, ":") {
			return nil, fmt.Errorf("role %q, member %q: want both, like serviceAccount:EMAIL", q.Role, q.Member)
		}
		s.GrantOn(kind+r.PathValue("name"), q.Role, q.Condition, q.Member)
		return done, nil
	}
}

func (s *Sandbox) adminPermissions(r *http.Request) (any, error) {
	has := map[string]bool{}
	if err := strictJSON(r, &has); err != nil {
		return nil, err
	}
	for _, permission := range slices.Sorted(maps.Keys(has)) {
		allow := s.Deny(permission)
		if has[permission] {
			allow()
		}
	}
	return done, nil
}
