package sandbox

import (
	"slices"

	"cloud.google.com/go/run/apiv2/runpb"
)

// A ServiceView is the truth about a service in a form that is easy to assert
// on: what requests follow, what was asked for, and how the last reconcile ended.
type ServiceView struct {
	Exists      bool
	Name, UID   string // short name
	ETag        string
	Generation  int64
	Observed    int64 // observed_generation
	Reconciling bool
	Ready       bool   // the terminal condition is SUCCEEDED
	Message     string // of the terminal condition

	Percent map[string]int    // live: share by revision; revisions at 0 are absent
	Tags    map[string]string // live: tag → revision
	Wanted  map[string]int    // asked for; "LATEST" stands for a latest entry
	Asked   map[string]string // asked for: tag → revision or "LATEST"

	Image       string            // of the template
	Env         map[string]string // of the template: literal values, and "secret:NAME:VERSION"
	Template    string            // template.revision
	Labels      map[string]string
	Annotations map[string]string

	Newest      string   // latest_created_revision, short
	LatestReady string   // latest_ready_revision, short
	Revisions   []string // newest first
	URL         string
	TagURLs     map[string]string
}

// Service shows a service; Exists is false if there is none.
func (s *Sandbox) Service(name string) ServiceView {
	st := s.store
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(name)
	if err != nil {
		return ServiceView{Name: name}
	}
	shown := st.viewLocked(sv)
	c := ingress(sv.want.GetTemplate())
	v := ServiceView{
		Exists: true, Name: name, UID: sv.uid, ETag: shown.GetEtag(),
		Generation: sv.generation, Observed: sv.observed, Reconciling: shown.GetReconciling(),
		Ready:   shown.GetTerminalCondition().GetState() == runpb.Condition_CONDITION_SUCCEEDED,
		Message: shown.GetTerminalCondition().GetMessage(),
		Percent: map[string]int{}, Tags: map[string]string{}, TagURLs: map[string]string{},
		Wanted: map[string]int{}, Asked: map[string]string{},
		Image: c.GetImage(), Env: envOf(c), Template: sv.want.GetTemplate().GetRevision(),
		Labels: shown.GetLabels(), Annotations: shown.GetAnnotations(),
		Newest: sv.newest.id, LatestReady: sv.latestReady, URL: shown.GetUri(),
	}
	for _, t := range sv.live {
		if t.percent > 0 {
			v.Percent[t.rev.id] += int(t.percent)
		}
		if t.tag != "" {
			v.Tags[t.tag], v.TagURLs[t.tag] = t.rev.id, st.edge.url(name, t.tag)
		}
	}
	v.asked(shown.GetTraffic())
	for _, r := range slices.Backward(sv.revisions) {
		v.Revisions = append(v.Revisions, r.id)
	}
	return v
}

func (v *ServiceView) asked(traffic []*runpb.TrafficTarget) {
	for _, t := range traffic {
		name := t.GetRevision()
		if name == "" {
			name = "LATEST"
		}
		if t.GetPercent() > 0 {
			v.Wanted[name] += int(t.GetPercent())
		}
		if t.GetTag() != "" {
			v.Asked[t.GetTag()] = name
		}
	}
}

func envOf(c *runpb.Container) map[string]string {
	out := map[string]string{}
	for _, e := range c.GetEnv() {
		if ref := e.GetValueSource().GetSecretKeyRef(); ref != nil {
			out[e.GetName()] = "secret:" + lastPart(ref.GetSecret()) + ":" + ref.GetVersion()
			continue
		}
		out[e.GetName()] = e.GetValue()
	}
	return out
}
