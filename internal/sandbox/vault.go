package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/type/expr"
)

// State is the state of a secret version.
type State int

// The states of a secret version.
const (
	Enabled State = iota + 1
	Disabled
	Destroyed
)

// accessor is the role that lets a service account read a secret.
const accessor = "roles/secretmanager.secretAccessor"

// vault holds secrets without payloads, service accounts and IAM bindings.
// There is nothing in it that could leak.
type vault struct {
	now func() time.Time

	mu       sync.Mutex
	secrets  map[string]*secret
	accounts map[string]bool // email → disabled
	project  *iampb.Policy
	refused  map[string]bool // permissions that the caller lacks
}

type secret struct {
	name     string
	created  time.Time
	versions []*secretVersion // number i+1
	policy   *iampb.Policy
}

type secretVersion struct {
	state              State
	created, destroyed time.Time
}

func newVault(now func() time.Time) *vault {
	return &vault{now: now, secrets: map[string]*secret{}, accounts: map[string]bool{}, project: &iampb.Policy{Version: 1}, refused: map[string]bool{}}
}

// denies reports whether a test took this permission from the caller.
func (v *vault) denies(permission string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return permission != "" && v.refused[permission]
}

// Secret makes a secret with versions 1, 2, … in these states; a secret of that
// name is replaced. There are no payloads.
func (s *Sandbox) Secret(name string, versions ...State) {
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	sec := &secret{name: name, created: s.now(), policy: &iampb.Policy{Version: 1, Etag: []byte("1")}}
	for _, st := range versions {
		sec.versions = append(sec.versions, &secretVersion{state: st, created: s.now()})
	}
	s.vault.secrets[name] = sec
}

// AddSecretVersion adds a version and returns its number.
func (s *Sandbox) AddSecretVersion(name string, state State) (int, error) {
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	sec, ok := s.vault.secrets[name]
	if !ok {
		return 0, fmt.Errorf("secret %s does not exist", name)
	}
	sec.versions = append(sec.versions, &secretVersion{state: state, created: s.now()})
	return len(sec.versions), nil
}

// SetSecretVersion changes the state of a version.
func (s *Sandbox) SetSecretVersion(name string, number int, state State) error {
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	sec, ok := s.vault.secrets[name]
	if !ok || number < 1 || number > len(sec.versions) {
		return fmt.Errorf("secret %s has no version %d", name, number)
	}
	ver := sec.versions[number-1]
	ver.state = state
	if state == Destroyed {
		ver.destroyed = s.now()
	}
	return nil
}

// Grant binds a role on a secret. Members are written as IAM does:
// "serviceAccount:api@demo.iam.gserviceaccount.com".
func (s *Sandbox) Grant(secret, role string, members ...string) error {
	return s.GrantIf(secret, role, "", members...)
}

// GrantIf is Grant under a condition, a CEL expression that the sandbox does not
// evaluate: such a binding lets nobody read.
func (s *Sandbox) GrantIf(secret, role, condition string, members ...string) error {
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	sec, ok := s.vault.secrets[secret]
	if !ok {
		return fmt.Errorf("secret %s does not exist", secret)
	}
	bind(sec.policy, role, condition, members)
	return nil
}

// Revoke removes members from a role on a secret, whatever its condition.
func (s *Sandbox) Revoke(secret, role string, members ...string) {
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	sec, ok := s.vault.secrets[secret]
	if !ok {
		return
	}
	for _, b := range sec.policy.GetBindings() {
		if b.GetRole() == role {
			b.Members = slices.DeleteFunc(b.Members, func(m string) bool { return slices.Contains(members, m) })
		}
	}
	sec.policy.Bindings = slices.DeleteFunc(sec.policy.Bindings, func(b *iampb.Binding) bool { return len(b.GetMembers()) == 0 })
}

// GrantProject binds a role on the project. A secret's own policy does not show it.
func (s *Sandbox) GrantProject(role string, members ...string) {
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	bind(s.vault.project, role, "", members)
}

// ServiceAccount makes a service account, or changes whether it is disabled.
func (s *Sandbox) ServiceAccount(email string, disabled bool) {
	s.vault.mu.Lock()
	defer s.vault.mu.Unlock()
	s.vault.accounts[email] = disabled
}

// Deny takes permissions such as "run.services.update" from the caller:
// methods that need them are refused in Google's words and testIamPermissions
// leaves them out. The function it returns gives them back.
func (s *Sandbox) Deny(permissions ...string) (allow func()) {
	set := func(refused bool) {
		s.vault.mu.Lock()
		defer s.vault.mu.Unlock()
		for _, p := range permissions {
			s.vault.refused[p] = refused
		}
	}
	set(true)
	return func() { set(false) }
}

func bind(p *iampb.Policy, role, condition string, members []string) {
	b := &iampb.Binding{Role: role, Members: slices.Clone(members)}
	if condition != "" {
		b.Condition = &expr.Expr{Title: "condition", Expression: condition}
		p.Version = 3
	}
	p.Bindings = append(p.Bindings, b)
}

// grants reports whether a policy lets a service account read secrets. Only
// literal, unconditional bindings count.
func grants(p *iampb.Policy, email string) bool {
	for _, b := range p.GetBindings() {
		reads := b.GetRole() == accessor || b.GetRole() == "roles/secretmanager.admin" || b.GetRole() == "roles/owner"
		if reads && b.GetCondition() == nil && slices.Contains(b.GetMembers(), "serviceAccount:"+email) {
			return true
		}
	}
	return false
}

// check looks at every secret that a template refers to and returns Cloud Run's
// complaints, one to a line; "" is a pass.
func (v *vault) check(p place, t *runpb.RevisionTemplate) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var lines []string
	add := func(at, name, number string) {
		if complaint := v.complain(p, name, number, t.GetServiceAccount()); complaint != "" {
			lines = append(lines, at+": "+complaint)
		}
	}
	for i, c := range t.GetContainers() {
		for j, e := range c.GetEnv() {
			if ref := e.GetValueSource().GetSecretKeyRef(); ref != nil {
				add(fmt.Sprintf("spec.template.spec.containers[%d].env[%d].value_from.secret_key_ref.name", i, j), ref.GetSecret(), ref.GetVersion())
			}
		}
	}
	for i, vol := range t.GetVolumes() {
		for j, item := range vol.GetSecret().GetItems() {
			add(fmt.Sprintf("spec.template.spec.volumes[%d].secret.items[%d]", i, j), vol.GetSecret().GetSecret(), item.GetVersion())
		}
	}
	return strings.Join(lines, "\n")
}

// complain says what is wrong with one reference. The first two texts are Cloud
// Run's (terraform-docs-samples#168 and public logs); that of a disabled version
// is Secret Manager's own for an access, its use here is modelled.
func (v *vault) complain(p place, name, number, email string) string {
	if number == "" {
		number = "latest"
	}
	full := fmt.Sprintf("projects/%s/secrets/%s/versions/%s", p.number, lastPart(name), number)
	sec, ok := v.secrets[lastPart(name)]
	if !ok {
		return fmt.Sprintf("Secret %s was not found", full)
	}
	if !grants(sec.policy, email) && !grants(v.project, email) {
		return fmt.Sprintf("Permission denied on secret: %s for Revision service account %s. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.", full, email)
	}
	n, ver := sec.version(number)
	switch {
	case ver == nil:
		return fmt.Sprintf("Secret %s was not found", full)
	case ver.state != Enabled:
		return fmt.Sprintf("Secret Version [projects/%s/secrets/%s/versions/%d] is in %s state.", p.number, sec.name, n, ver.state.proto())
	}
	return ""
}

// version finds a version by number or "latest", which is the newest whatever
// its state (Secret Manager: "latest" resolves to the most recently created version).
func (s *secret) version(which string) (int, *secretVersion) {
	n, err := strconv.Atoi(which)
	if which == "latest" {
		n, err = len(s.versions), nil
	}
	if err != nil || n < 1 || n > len(s.versions) {
		return 0, nil
	}
	return n, s.versions[n-1]
}
