package sandbox

import (
	"context"
	"strconv"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// A change is a write to one service, whoever sent it. Every face of the
// sandbox and its own seeding end here.
type change struct {
	id       string
	sent     *runpb.Service
	mask     []string
	etag     string // an etag or a resourceVersion; empty: no check
	meta     *v1meta
	validate bool
}

// create makes a service that must not exist.
func (st *store) create(ctx context.Context, ch change) (*longrunningpb.Operation, error) {
	if err := validateID(ch.id); err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if _, ok := st.services[ch.id]; ok {
		return nil, status.Errorf(codes.AlreadyExists, "Resource '%s' already exists.", ch.id)
	}
	want, err := st.wanted(&runpb.Service{}, change{id: ch.id, sent: ch.sent})
	if err != nil {
		return nil, err
	}
	now := st.now()
	sv := &service{id: ch.id, uid: uid("service", st.project, ch.id, strconv.Itoa(st.born)), created: now, want: want}
	sv.version = versionAt(now, 0)
	if ch.validate {
		sv.newest = &revision{id: revisionName(ch.id, sv.uid, 1), service: sv}
		return st.dryRun(st.viewLocked(sv)), nil
	}
	if err := st.edge.open(ch.id, want.GetTraffic()); err != nil {
		return nil, err
	}
	st.born++
	st.services[ch.id] = sv
	if ch.meta != nil {
		sv.meta = *ch.meta
	}
	return st.beginLocked(ctx, sv, true), nil
}

// update changes a service that exists.
func (st *store) update(ctx context.Context, ch change) (*longrunningpb.Operation, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(ch.id)
	if err != nil {
		return nil, err
	}
	if err := st.guard(sv, ch.etag); err != nil {
		return nil, err
	}
	want, err := st.wanted(sv.want, ch)
	if err != nil {
		return nil, err
	}
	meta := sv.meta
	if ch.meta != nil {
		meta = *ch.meta
	}
	fresh := !proto.Equal(want.GetTemplate(), sv.want.GetTemplate()) || !meta.sameTemplate(sv.meta)
	if fresh && ch.meta == nil {
		meta = meta.withoutNonce()
	}
	if fresh {
		if err := sv.admit(want.GetTemplate(), meta); err != nil {
			return nil, err
		}
	}
	shown := st.viewLocked(sv)
	if ch.validate {
		would := *sv
		would.want = want
		return st.dryRun(st.viewLocked(&would)), nil
	}
	if !fresh && proto.Equal(want, sv.want) && meta.same(sv.meta) {
		return st.nothingToDoLocked(sv), nil
	}
	if err := st.edge.open(ch.id, want.GetTraffic()); err != nil {
		return nil, err
	}
	sv.rememberLocked(shown, st.now())
	sv.want, sv.meta = want, meta
	sv.version = versionAt(st.now(), sv.version)
	return st.beginLocked(ctx, sv, fresh), nil
}

// guard refuses a write whose etag is not the current one.
func (st *store) guard(sv *service, sent string) error {
	if sent == "" || sent == sv.version.etag(st.service(sv.id)) || sent == sv.version.resourceVersion() {
		return nil
	}
	return conflict(sv.id, sent, sv.version)
}

// wanted is what a change asks for, complete and checked.
func (st *store) wanted(stored *runpb.Service, ch change) (*runpb.Service, error) {
	want, err := merge(stored, ch.sent, ch.mask)
	if err != nil {
		return nil, err
	}
	st.fill(want)
	if err := validate(ch.id, want); err != nil {
		return nil, err
	}
	return want, nil
}

// admit refuses a chosen revision name that another configuration has. A name
// sticks to the template, so whoever echoes a named template with a change runs
// into this (terraform-provider-google #5898, #9438, #14569).
func (sv *service) admit(t *runpb.RevisionTemplate, meta v1meta) error {
	r := sv.find(t.GetRevision())
	if r == nil || r.is(t, meta) {
		return nil
	}
	return status.Errorf(codes.AlreadyExists, "Revision named '%s' with different configuration already exists.", r.id)
}

// is reports whether the revision has this configuration.
func (r *revision) is(t *runpb.RevisionTemplate, meta v1meta) bool {
	unnamed := cloneTemplate(t)
	unnamed.Revision = ""
	return proto.Equal(unnamed, r.template) && meta.sameTemplate(r.meta)
}

// beginLocked starts the reconcile of a service whose want has just changed.
func (st *store) beginLocked(ctx context.Context, sv *service, fresh bool) *longrunningpb.Operation {
	sv.generation++
	now, t := st.now(), troubleIn(ctx)
	w := wait{due: now.Add(st.settle), held: t.held}
	if t.slow {
		w.due = now.Add(t.settle)
	}
	if fresh {
		st.stampLocked(sv, w)
	}
	job := &reconcile{wait: w, fresh: fresh}
	if sv.job != nil {
		job.ops, job.fresh = sv.job.ops, job.fresh || sv.job.fresh
	}
	op := st.startLocked(sv)
	job.ops = append(job.ops, op)
	sv.job = job
	return st.showLocked(op)
}

// nothingToDoLocked answers a write that changes nothing: no generation, no
// reconcile, an operation that ends as the service stands (modelled, unverified).
func (st *store) nothingToDoLocked(sv *service) *longrunningpb.Operation {
	op := st.startLocked(sv)
	if sv.job != nil {
		sv.job.ops = append(sv.job.ops, op)
	} else {
		st.endLocked(op, sv)
	}
	return st.renderLocked(op)
}

// stampLocked makes the newest revision from the service's template, or points
// at the one of that name that already has this configuration.
func (st *store) stampLocked(sv *service, w wait) {
	t := cloneTemplate(sv.want.GetTemplate())
	name := t.GetRevision()
	t.Revision = ""
	if r := sv.find(name); r != nil {
		sv.newest = r
		return
	}
	sv.serial++
	for name == "" || sv.find(name) != nil {
		name = revisionName(sv.id, sv.uid, sv.serial)
	}
	r := &revision{
		id: name, uid: uid("revision", sv.uid, name, strconv.Itoa(sv.serial)), service: sv,
		template: t, meta: sv.meta, created: st.now(), version: sv.version, wait: w,
	}
	st.prepare(r)
	r.due = r.due.Add(r.behaviour.get().StartDelay)
	sv.revisions = append(sv.revisions, r)
	sv.newest = r
}

// prepare decides, when a revision is made, what its start will come to. Images
// and secrets are looked at now and not when the start is due, so that the
// answer does not depend on who happens to ask first.
func (st *store) prepare(r *revision) {
	c := ingress(r.template)
	b, digest, found := st.images.resolve(c.GetImage())
	b = b.overridden(c.GetEnv())
	r.digest, r.behaviour = digest, newBehaviour(b)
	lines := st.vault.check(st.place, r.template)
	switch {
	case !found:
		r.verdict = imageMissing(c.GetImage())
	case lines != "":
		r.verdict = secretsFailed(lines)
	case b.FailStart == FailProbe:
		r.verdict = probeFailed(st.place, r.service.id, r.id)
	case b.FailStart != "" || !b.hasEnv(c.GetEnv()):
		r.verdict = notListening(st.place, r.service.id, r.id, portOf(r.template))
	}
}
