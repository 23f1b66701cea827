package cloudrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// limits are what is known of Cloud Run without asking. A change of traffic
// takes seconds; starting a revision may take as long as its startup probe
// allows, 240 s by default
// (https://cloud.google.com/run/docs/configuring/healthchecks).
var limits = rollout.Limits{
	Grain: percent, MaxCanary: rollout.Whole - percent, MaxShares: 100, Settle: 10 * time.Minute, Guard: rollout.Atomic,
}

// oneCall is the longest that one request may take; the way home has seconds.
const oneCall = 30 * time.Second

// service is one Cloud Run service: where traffic is divided, and where a
// revision is made.
type service struct {
	place
	marks    marks
	settings settings
	clients  *cloud.Clients

	last      *runpb.Service                       // as last observed
	revisions map[rollout.Revision]*runpb.Revision // of it
	resolved  *wish                                // what the configuration wants, resolved once
}

// Observe implements rollout.Target.
func (t *service) Observe(ctx context.Context, ask ...rollout.Revision) (rollout.Observation, error) {
	s, err := t.get(ctx)
	if err != nil {
		return rollout.Observation{}, err
	}
	o := t.observation(s)
	ask = slices.Concat(ask, o.Routing.Split.Revisions())
	revisions, err := t.getRevisions(ctx, ask)
	if err != nil {
		return rollout.Observation{}, err
	}
	t.last, t.revisions = s, revisions
	if sole := o.Routing.Split.Sole(); sole != "" {
		o.Unserved = t.unserved(sole)
	}
	for _, r := range ask {
		o.Health[r] = health(revisions[r])
		o.Room[r] = rollout.Whole // it scales by itself
	}
	return o, nil
}

// Glance implements rollout.Glancer: the service tells all of it.
func (t *service) Glance(ctx context.Context) (rollout.Observation, error) {
	s, err := t.get(ctx)
	if err != nil {
		return rollout.Observation{}, err
	}
	return t.observation(s), nil
}

// observation is what the service itself tells.
func (t *service) observation(s *runpb.Service) rollout.Observation {
	routing, settled := fromNative(s, t.marks)
	return rollout.Observation{
		Object: s.GetUid(), Routing: routing, Settled: settled, Token: rollout.Token(s.GetEtag()),
		Health: map[rollout.Revision]rollout.Health{}, Room: map[rollout.Revision]rollout.Weight{},
		InFlight: s.GetTemplate().GetTimeout().AsDuration(),
		Marked:   t.marks.on(s),
		Abort:    rollout.OneLine(s.GetAnnotations()[abortKey], longestAbort),
		Newest:   short(s.GetLatestCreatedRevision()),
		Template: content(s.GetTemplate(), t.project),
	}
}

func (t *service) get(ctx context.Context) (*runpb.Service, error) {
	client, err := t.clients.CloudRunServices(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	s, err := client.GetService(ctx, &runpb.GetServiceRequest{Name: t.String()})
	return s, cloud.GoogleError("read Cloud Run service "+t.String(), err)
}

// getRevisions reads several revisions at once; one that does not exist is
// absent from the answer.
func (t *service) getRevisions(ctx context.Context, names []rollout.Revision) (map[rollout.Revision]*runpb.Revision, error) {
	client, err := t.clients.CloudRunRevisions(ctx)
	if err != nil {
		return nil, err
	}
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		out   = map[rollout.Revision]*runpb.Revision{}
		asked = map[rollout.Revision]bool{"": true}
		errs  = make([]error, len(names)) // in the order of the names, whoever answers first
	)
	for i, r := range names {
		if asked[r] {
			continue
		}
		asked[r] = true
		all.Go(func() {
			v, err := t.getRevision(ctx, client, r)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				out[r] = v
			case !errors.Is(err, rollout.ErrGone):
				errs[i] = err
			}
		})
	}
	all.Wait()
	return out, errors.Join(errs...)
}

func (t *service) getRevision(ctx context.Context, client *run.RevisionsClient, r rollout.Revision) (*runpb.Revision, error) {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	v, err := client.GetRevision(ctx, &runpb.GetRevisionRequest{Name: t.revision(r)})
	return v, cloud.GoogleError("read Cloud Run revision "+t.revision(r), err)
}

// health reads the condition Ready of a revision.
func health(r *runpb.Revision) rollout.Health {
	if r == nil {
		return rollout.Health{State: rollout.Missing}
	}
	for _, c := range r.GetConditions() {
		if c.GetType() != "Ready" {
			continue
		}
		switch c.GetState() {
		case runpb.Condition_CONDITION_SUCCEEDED:
			return rollout.Health{State: rollout.Ready}
		case runpb.Condition_CONDITION_FAILED:
			return rollout.Health{State: rollout.Broken, Reason: reason(c)}
		case runpb.Condition_CONDITION_PENDING, runpb.Condition_CONDITION_RECONCILING, runpb.Condition_STATE_UNSPECIFIED:
			return rollout.Health{State: rollout.Starting, Reason: c.GetMessage()}
		}
	}
	return rollout.Health{State: rollout.Starting}
}

// reason is the platform's own word for why a revision is not ready.
func reason(c *runpb.Condition) string {
	text := c.GetMessage()
	if text == "" {
		text = "no reason was given"
	}
	switch {
	case c.GetRevisionReason() != runpb.Condition_REVISION_REASON_UNDEFINED:
		return fmt.Sprintf("%s (%s)", text, c.GetRevisionReason())
	case c.GetReason() != runpb.Condition_COMMON_REASON_UNDEFINED:
		return fmt.Sprintf("%s (%s)", text, c.GetReason())
	}
	return text
}

// Apply implements rollout.Target.
func (t *service) Apply(ctx context.Context, want rollout.Routing, at rollout.Token) error {
	if err := limits.Validate(want); err != nil {
		return err
	}
	s, err := t.at(ctx, at)
	if err != nil {
		return err
	}
	return t.update(ctx, &runpb.Service{
		Name: t.String(), Etag: string(at), Traffic: toNative(want, s, t.marks),
	}, "traffic")
}

// at returns the service in the state that a token names.
func (t *service) at(ctx context.Context, token rollout.Token) (*runpb.Service, error) {
	if t.last != nil && t.last.GetEtag() == string(token) {
		return t.last, nil
	}
	s, err := t.get(ctx)
	if err != nil {
		return nil, err
	}
	if s.GetEtag() != string(token) {
		return nil, fmt.Errorf("%s: %w", t.place, rollout.ErrConflict)
	}
	return s, nil
}

// update sends one conditional write. It does not wait for the operation: what
// becomes of it is for Observe to tell, which polls as often as the engine asks.
func (t *service) update(ctx context.Context, s *runpb.Service, fields ...string) error {
	client, err := t.clients.CloudRunServices(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	_, err = client.UpdateService(ctx, &runpb.UpdateServiceRequest{
		Service: s, UpdateMask: &fieldmaskpb.FieldMask{Paths: fields},
	})
	return cloud.GoogleError("update Cloud Run service "+t.String(), err)
}

// Subject implements rollout.Target.
func (t *service) Subject(ctx context.Context, r rollout.Revision) (rollout.Subject, error) {
	if t.last == nil {
		if _, err := t.Observe(ctx, r); err != nil {
			return rollout.Subject{}, err
		}
	}
	v := t.revisions[r]
	if v == nil {
		found, err := t.getRevisions(ctx, []rollout.Revision{r})
		if err != nil {
			return rollout.Subject{}, err
		}
		if v = found[r]; v == nil {
			return rollout.Subject{}, fmt.Errorf("revision %s %w", r, rollout.ErrGone)
		}
	}
	of := rollout.Subject{Revision: r, Env: envNames(v.GetContainers()), URL: t.address(r), Facts: map[string]string{
		"project": t.project, "location": t.location, "service": t.service, "revision": string(r),
		"content": identity(asTemplate(v), t.project), "image": ingress(v.GetContainers()).GetImage(),
	}}
	service := t.last.GetUri() // whom a token is for, also at the address of a tag
	of.Token = func(ctx context.Context) (string, error) { return t.clients.IDToken(ctx, service) }
	// Before it has settled the routing is what was asked for: others may answer.
	if routing, settled := fromNative(t.last, t.marks); settled && routing.HasAll(r) {
		of.ServiceURL = func(context.Context) (string, error) { return service, nil }
	}
	return of, nil
}

// address returns where a revision alone answers: the address of one of its
// tags, ours first.
func (t *service) address(r rollout.Revision) string {
	found := ""
	for _, s := range t.last.GetTrafficStatuses() {
		if s.GetUri() == "" || short(s.GetRevision()) != r {
			continue
		}
		if t.marks.ours(s.GetTag()) {
			return s.GetUri()
		}
		found = s.GetUri()
	}
	return found
}

// wayHome is the command with which a person takes all traffic back to r.
func (t *service) wayHome(r rollout.Revision) string {
	return fmt.Sprintf("gcloud run services update-traffic %s --project %s --region %s --to-revisions %s=100", t.service, t.project, t.location, r)
}

// abortKey is the annotation of the service with which a person asks for
// rollouts to stop; its value says why. It is read and never written: the
// service's annotations belong to others. An empty value says nothing, for gcloud
// can set an annotation and not remove it.
const (
	abortKey     = "rollout-abort"
	longestAbort = 200
)

// resume is the command with which a person takes that back.
func (t *service) resume() string {
	return fmt.Sprintf("gcloud run services update %s --project %s --region %s --update-annotations %s=", t.service, t.project, t.location, abortKey)
}

func (t *service) console() string {
	return fmt.Sprintf("https://console.cloud.google.com/run/detail/%s/%s/revisions?project=%s", t.location, t.service, t.project)
}
