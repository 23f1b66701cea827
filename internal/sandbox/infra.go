package sandbox

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
)

// A SQLInstance is one of Cloud SQL. Empty fields are those of an instance that
// runs.
type SQLInstance struct {
	Region     string // the sandbox's location
	Version    string // "POSTGRES_16"
	State      string // "RUNNABLE"
	Activation string // "ALWAYS"
	// Maintenance is when the next one is scheduled; zero for none.
	Maintenance time.Time
	// Operations are those of the instance, the newest first.
	Operations []SQLOperation
}

// A SQLOperation is something that is or was done to an instance.
type SQLOperation struct {
	Type   string // "RESTART"
	Status string // "RUNNING"
	Start  time.Time
}

// A Bucket is one of Cloud Storage, with the names of its objects. There is
// nothing in them.
type Bucket struct {
	Location   string // "US-CENTRAL1", the sandbox's
	Versioning bool
	Objects    []string
}

// A Subscription is one of Pub/Sub.
type Subscription struct {
	Topic    string // the short name; "" for one whose topic was deleted
	Detached bool
	State    string // "ACTIVE"
}

// infra is what a revision may need beside its platform. Policies are by the name
// that their API uses, "buckets/uploads" for Cloud Storage's.
type infra struct {
	mu            sync.Mutex
	instances     map[string]SQLInstance
	buckets       map[string]Bucket
	topics        map[string]bool
	subscriptions map[string]Subscription
	policies      map[string]*iampb.Policy
}

func newInfra() *infra {
	return &infra{
		instances: map[string]SQLInstance{}, buckets: map[string]Bucket{}, topics: map[string]bool{},
		subscriptions: map[string]Subscription{}, policies: map[string]*iampb.Policy{},
	}
}

// SQL makes an instance of Cloud SQL, or changes one.
func (s *Sandbox) SQL(name string, i SQLInstance) {
	for field, instead := range map[*string]string{
		&i.Region: s.location, &i.Version: "POSTGRES_16", &i.State: "RUNNABLE", &i.Activation: "ALWAYS",
	} {
		if *field == "" {
			*field = instead
		}
	}
	s.infra.mu.Lock()
	defer s.infra.mu.Unlock()
	s.infra.instances[name] = i
}

// Bucket makes a bucket of Cloud Storage, or changes one.
func (s *Sandbox) Bucket(name string, b Bucket) {
	s.infra.mu.Lock()
	defer s.infra.mu.Unlock()
	slices.Sort(b.Objects)
	s.infra.buckets[name] = b
}

// Topic makes a topic of Pub/Sub.
func (s *Sandbox) Topic(name string) {
	s.infra.mu.Lock()
	defer s.infra.mu.Unlock()
	s.infra.topics[name] = true
}

// Subscribe makes a subscription of Pub/Sub, or changes one.
func (s *Sandbox) Subscribe(name string, sub Subscription) {
	if sub.State == "" {
		sub.State = "ACTIVE"
	}
	s.infra.mu.Lock()
	defer s.infra.mu.Unlock()
	s.infra.subscriptions[name] = sub
}

// GrantOn binds a role on "topics/T" or "buckets/B", under a condition if that is
// not "". The condition, a CEL expression, is not evaluated.
func (s *Sandbox) GrantOn(resource, role, condition string, members ...string) {
	s.infra.mu.Lock()
	defer s.infra.mu.Unlock()
	bind(s.infra.policyLocked(resource), role, condition, members)
}

// RevokeOn empties the policy of "topics/T" or "buckets/B".
func (s *Sandbox) RevokeOn(resource string) {
	s.infra.mu.Lock()
	defer s.infra.mu.Unlock()
	delete(s.infra.policies, resource)
}

func (in *infra) policyLocked(resource string) *iampb.Policy {
	p, ok := in.policies[resource]
	if !ok {
		p = &iampb.Policy{Version: 1, Etag: []byte("1")}
		in.policies[resource] = p
	}
	return p
}

// shownPolicy is a policy as who asked for a version of it sees it: below 3 a
// conditional binding has its condition hidden in its role's name
// (https://cloud.google.com/iam/docs/policies#specifying-version-get).
func shownPolicy(p *iampb.Policy, version int) *iampb.Policy {
	out := clonePolicy(p)
	if version >= 3 {
		return out
	}
	out.Version, out.Bindings = 1, nil
	for i, b := range p.GetBindings() {
		shown := &iampb.Binding{Role: b.GetRole(), Members: b.GetMembers()}
		if b.GetCondition() != nil {
			shown.Role += fmt.Sprintf("_withcond_%020d", i)
		}
		out.Bindings = append(out.Bindings, shown)
	}
	return out
}
