package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
)

// A ServiceOption shapes the service that CreateService makes.
type ServiceOption func(*runpb.Service)

// Env gives the service an environment variable.
func Env(name, value string) ServiceOption {
	return func(s *runpb.Service) {
		c := s.GetTemplate().GetContainers()[0]
		c.Env = append(c.Env, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}})
	}
}

// SecretEnv gives the service an environment variable from a secret.
func SecretEnv(name, secret, version string) ServiceOption {
	return func(s *runpb.Service) {
		c := s.GetTemplate().GetContainers()[0]
		c.Env = append(c.Env, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{
			SecretKeyRef: &runpb.SecretKeySelector{Secret: secret, Version: version},
		}}})
	}
}

// RunAs sets the service account.
func RunAs(email string) ServiceOption {
	return func(s *runpb.Service) { s.GetTemplate().ServiceAccount = email }
}

// With changes whatever else of the service a test wants changed.
func With(change func(*runpb.Service)) ServiceOption { return change }

// CreateService makes a service through the same path as any client's write,
// but unseen by Calls and untouched by faults. It does not wait: with a Settle
// time the service is reconciling afterwards.
func (s *Sandbox) CreateService(ctx context.Context, name, image string, opts ...ServiceOption) error {
	sv := &runpb.Service{Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{Image: image}}}}
	for _, o := range opts {
		o(sv)
	}
	if _, err := s.store.create(ctx, change{id: name, sent: sv}); err != nil {
		return fmt.Errorf("create service %s: %w", name, err)
	}
	return nil
}

// Meddle is a foreign writer: at once, and past the preconditions of the API, it
// sets the split to percents and the tags to tags (nil keeps the tags that
// there are). It fails if that is not a split or names a revision that is not ready.
func (s *Sandbox) Meddle(name string, percents map[string]int, tags map[string]string) error {
	st := s.store
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(name)
	if err != nil {
		return fmt.Errorf("meddle: %w", err)
	}
	if tags == nil {
		tags = map[string]string{}
		for _, t := range sv.live {
			if t.tag != "" {
				tags[t.tag] = t.rev.id
			}
		}
	}
	traffic := trafficOf(percents, tags)
	if err := validateTraffic(name, traffic); err != nil {
		return fmt.Errorf("meddle: %w", err)
	}
	if err := st.edge.open(name, traffic); err != nil {
		return fmt.Errorf("meddle: %w", err)
	}
	shown, old, now := st.viewLocked(sv), sv.want.GetTraffic(), st.now()
	sv.want.Traffic = traffic
	live, fail := st.resolveLocked(sv, now)
	if fail != nil {
		sv.want.Traffic = old
		return fmt.Errorf("meddle: %s", fail.message)
	}
	sv.rememberLocked(shown, now)
	sv.version = versionAt(now, sv.version)
	sv.generation++
	if sv.job == nil {
		sv.job = &reconcile{wait: wait{due: now}}
		st.finishLocked(sv, now)
		return nil
	}
	sv.live, sv.turns = live, nil // a reconcile under way goes on and will find the same
	return nil
}

// Annotate is a foreign writer as well: at once, and past the preconditions of
// the API, it sets an annotation of the service. Neither template nor traffic is
// touched, so there is no revision; generation and etag are new, as after any
// write (AIP-154; that a reconcile has nothing to do then is modelled).
func (s *Sandbox) Annotate(name, key, value string) error {
	st := s.store
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(name)
	if err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	want := cloneService(sv.want)
	want.Annotations = joined(want.GetAnnotations(), map[string]string{key: value})
	if err := validate(name, want); err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	now := st.now()
	sv.rememberLocked(st.viewLocked(sv), now)
	sv.want = want
	sv.version = versionAt(now, sv.version)
	sv.generation++
	if sv.job == nil {
		sv.job = &reconcile{wait: wait{due: now}}
		st.finishLocked(sv, now)
	}
	return nil
}

// trafficOf writes a split as gcloud does: tags apart from percentages.
func trafficOf(percents map[string]int, tags map[string]string) []*runpb.TrafficTarget {
	const byName = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
	var out []*runpb.TrafficTarget
	for _, r := range slices.Sorted(maps.Keys(percents)) {
		if percents[r] != 0 {
			out = append(out, &runpb.TrafficTarget{Type: byName, Revision: r, Percent: int32(percents[r])})
		}
	}
	for _, t := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, &runpb.TrafficTarget{Type: byName, Revision: tags[t], Tag: t})
	}
	return out
}

// revision finds a revision by its short name, nil if there is none.
func (s *Sandbox) revision(service, id string) *revision {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	sv, err := s.store.findLocked(service)
	if err != nil {
		return nil
	}
	return sv.find(id)
}

// SetBehaviour changes how a live revision behaves from now on ("it breaks at
// 14:05"). What only matters at a start (FailStart, StartDelay, NeedEnv) has no
// effect any more.
func (s *Sandbox) SetBehaviour(service, revision string, b Behaviour) error {
	r := s.revision(service, revision)
	if r == nil {
		return fmt.Errorf("service %s has no revision %s", service, revision)
	}
	r.behaviour.put(b)
	return nil
}

// BreakRevision turns the Ready condition of a revision False with this message,
// and with it that of its service if the revision is the newest or has traffic.
// The data plane goes on as before: what answers is a matter of SetBehaviour.
func (s *Sandbox) BreakRevision(service, revision, message string) error {
	st := s.store
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(service)
	if err != nil {
		return fmt.Errorf("break revision: %w", err)
	}
	r := sv.find(revision)
	if r == nil {
		return fmt.Errorf("break revision: service %s has no revision %s", service, revision)
	}
	r.broken = &failure{code: codes.FailedPrecondition, message: message, specific: runpb.Condition_HEALTH_CHECK_CONTAINER_ERROR}
	if r == sv.newest {
		sv.config = r.broken.of(r.id)
	}
	if sv.reachable()[r.uid] {
		sv.routes = r.broken.of(r.id)
	}
	return nil
}

// ServiceURL is the address of a service, "" before it has one. It stays the
// same for the life of the sandbox.
func (s *Sandbox) ServiceURL(name string) string { return s.edge.url(name, "") }

// TagURL is the address of a tag of a service, "" before there was such a tag.
func (s *Sandbox) TagURL(name, tag string) string { return s.edge.url(name, tag) }
