package aws

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// A Key signs requests.
type Key struct{ ID, Secret, Token string }

// principal is who a key belongs to.
type principal struct {
	name, arn string
	policy    *policy // nil: may do everything
	used      map[need]bool
}

// access is who may do what.
type access struct {
	mu         sync.Mutex
	keys       map[string]keyholder  // by the key's id
	principals map[string]*principal // by name
	roles      map[string]*principal // by ARN
	sessions   int
}

type keyholder struct {
	key  Key
	of   *principal
	role string // the session's ARN, where the key is one of an assumed role
}

// Admin is the key of one who may do everything: "test", as in most examples.
func (s *Sandbox) Admin() Key { return Key{ID: "test", Secret: "test"} }

// User makes a user who may do what the policy allows, and returns the key that
// signs as him. The same name again changes his policy and keeps his key.
func (s *Sandbox) User(name, policyJSON string) (Key, error) {
	p, err := readPolicy(policyJSON)
	if err != nil {
		return Key{}, err
	}
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	u := s.access.principal(name, "arn:aws:iam::"+s.account+":user/"+name)
	u.policy = p
	k := Key{ID: "AKIA" + name, Secret: "secret of " + name}
	s.access.keys[k.ID] = keyholder{key: k, of: u}
	return k, nil
}

// Role lets a role be assumed through STS; its sessions may do what the policy allows.
func (s *Sandbox) Role(name, policyJSON string) (arn string, err error) {
	p, err := readPolicy(policyJSON)
	if err != nil {
		return "", err
	}
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	arn = "arn:aws:iam::" + s.account + ":role/" + name
	r := s.access.principal(name, arn)
	r.policy = p
	if s.access.roles == nil {
		s.access.roles = map[string]*principal{}
	}
	s.access.roles[arn] = r
	return arn, nil
}

func (a *access) principal(name, arn string) *principal {
	if a.principals == nil {
		a.principals, a.keys = map[string]*principal{}, map[string]keyholder{}
	}
	if a.principals[name] == nil {
		a.principals[name] = &principal{name: name, arn: arn, used: map[need]bool{}}
	}
	return a.principals[name]
}

// Used lists the actions that a user or role needed and was allowed.
func (s *Sandbox) Used(name string) []string {
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	p := s.access.principals[name]
	if p == nil {
		return nil
	}
	var out []string
	for n := range p.used {
		out = append(out, n.action)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A Grant is an action that a policy allows on a resource, both as they are written
// there.
type Grant struct{ Action, Resource string }

func (g Grant) String() string { return g.Action + " on " + g.Resource }

// Unused lists what a user's or role's policy allows and no call needed.
func (s *Sandbox) Unused(name string) []Grant {
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	p := s.access.principals[name]
	if p == nil || p.policy == nil {
		return nil
	}
	return slices.DeleteFunc(p.policy.grants(), func(g Grant) bool {
		for n := range p.used {
			if likeFold(g.Action, n.action) && like(g.Resource, n.resource) {
				return true
			}
		}
		return false
	})
}

// caller finds who signed a request.
func (s *Sandbox) caller(r *request) (keyholder, bool) {
	if admin := s.Admin(); r.key == admin.ID {
		return keyholder{key: admin, of: &principal{arn: "arn:aws:iam::" + s.account + ":root"}}, true
	}
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	k, ok := s.access.keys[r.key]
	return k, ok
}

func (k keyholder) arn() string {
	if k.role != "" {
		return k.role
	}
	return k.of.arn
}

// allow refuses what was signed by nobody, wrongly, or without permission.
func (s *Sandbox) allow(r *request) error {
	k, ok := s.caller(r)
	if !ok {
		return unrecognized(r)
	}
	if !verified(r, k.key.Secret, k.key.Token) {
		return mismatched(r)
	}
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	if k.of.policy == nil {
		return nil
	}
	if !r.action.mapped {
		return unknownRequest{"nobody has said what IAM asks for it, so it cannot be called under a policy"}
	}
	for _, n := range s.needs(r) {
		if !k.of.policy.allows(n, s.facts(r)) {
			return refusal(r, k.arn(), n)
		}
		k.of.used[n] = true
	}
	return nil
}

// may reports whether the caller has a permission that an operation only makes
// use of: it is not refused without.
func (s *Sandbox) may(r *request, n need) bool {
	k, ok := s.caller(r)
	s.access.mu.Lock()
	defer s.access.mu.Unlock()
	if !ok || k.of.policy == nil {
		return ok
	}
	if !k.of.policy.allows(n, s.facts(r)) {
		return false
	}
	k.of.used[n] = true
	return true
}

// free says that an operation needs no permission.
const free = "-"

// needs lists what the caller must be allowed.
func (s *Sandbox) needs(r *request) []need {
	name := r.name()
	if p := r.action.permission; p != "" {
		name = p
	}
	var out []need
	if name != free {
		for _, arn := range r.resources {
			out = append(out, need{name, arn})
		}
	}
	if r.action.also != nil {
		out = append(out, r.action.also(s, r)...)
	}
	return out
}

// facts are the keys of conditions that the sandbox knows
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func (s *Sandbox) facts(r *request) map[string]string {
	to := r.service
	if to == "ecs" { // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
		to = "ecs-tasks"
	}
	return map[string]string{
		"aws:requestedregion": r.region, "aws:principalaccount": s.account, "aws:resourceaccount": s.account,
		"iam:passedtoservice": to + ".amazonaws.com",
	}
}

// denied is a refusal of the operation itself, for a fault.
func (s *Sandbox) denied(r *request, arn string) error {
	who := "arn:aws:iam::" + s.account + ":root"
	if k, ok := s.caller(r); ok {
		who = k.arn()
	}
	name := r.name()
	if p := r.action.permission; p != "" && p != free {
		name = p
	}
	return refusal(r, who, need{name, arn})
}

// refusal is how each service says that IAM does not allow a call
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html;
// EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html).
func refusal(r *request, who string, n need) error {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", who, n.action)
	if n.resource != "*" {
		text += " on resource: " + n.resource
	}
	text += fmt.Sprintf(" because no identity-based policy allows the %s action", n.action)
	switch {
	case r.service == "ec2":
		return fail(http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation. %s", text)
	case r.protocol == query, r.protocol == restXML:
		return fail(http.StatusForbidden, "AccessDenied", "%s", text)
	case r.protocol == restJSON:
		return fail(http.StatusForbidden, "AccessDeniedException", "%s", text)
	}
	return fail(http.StatusBadRequest, "AccessDeniedException", "%s", text)
}
