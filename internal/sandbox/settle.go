package sandbox

import (
	"slices"
	"time"

	"google.golang.org/grpc/codes"
)

// settleLocked ends the reconcile of a service if its time has come. It is
// called whenever the service is looked at, by the control plane or by a
// request, so nothing has to run in between.
func (st *store) settleLocked(sv *service) {
	now := st.now()
	if sv.job == nil || !sv.job.over(now) || !sv.newest.over(now) {
		return
	}
	at := sv.job.due
	if sv.newest.due.After(at) {
		at = sv.newest.due
	}
	st.finishLocked(sv, at)
}

// finishLocked decides what a reconcile comes to.
//
// Routes and configuration are judged apart, as the conditions RoutesReady and
// ConfigurationsReady say. Traffic is applied as a whole or not at all: while
// any entry, a tag at 0 % included, names a revision that failed or is gone,
// the old split stays (observed: Lore-Hex/quill-router#781 and #782; knative's
// route reconciler does the same). Traffic whose entries are all good is applied
// even when the newest revision failed; the service is then still not ready,
// because its configuration is not (knative's rule; the "misleading" error of
// gcloud in #782 fits it). Options.Forgive gives the other reading.
func (st *store) finishLocked(sv *service, at time.Time) {
	job := sv.job
	sv.job, sv.settledAt = nil, at
	live, routes := st.resolveLocked(sv, at)
	config := sv.newest.failure(at).of(sv.newest.id)
	if st.forgive && !job.fresh && routes == nil {
		config = nil
	}
	if routes == nil {
		sv.live, sv.turns = live, nil
	}
	sv.routes, sv.config = routes, config
	if routes == nil && config == nil {
		sv.observed = sv.generation
	}
	sv.noteReady(at)
	for _, op := range job.ops {
		st.endLocked(op, sv)
	}
	st.edge.retire(sv.id, sv.reachable())
	st.checkLocked(sv)
}

// noteReady moves latest_ready_revision, forward only. It follows only revisions
// that can be reached: a revision without traffic stays unmentioned although it
// is ready (observed: BasedHardware/omi#10254, mishrasanjeev/agentic-org#606).
// That a tag counts as reachable is modelled, unverified.
func (sv *service) noteReady(at time.Time) {
	reach := sv.reachable()
	for _, r := range slices.Backward(sv.revisions) {
		if r.id == sv.latestReady {
			return
		}
		if reach[r.uid] && r.ready(at) {
			sv.latestReady = r.id
			return
		}
	}
}

// reachable is the set of revisions, by uid, that have traffic or a tag.
func (sv *service) reachable() map[string]bool {
	set := map[string]bool{}
	for _, t := range sv.live {
		set[t.rev.uid] = true
	}
	return set
}

// resolveLocked finds the revisions that the wanted traffic names.
func (st *store) resolveLocked(sv *service, at time.Time) ([]target, *failure) {
	var out []target
	for _, w := range sv.want.GetTraffic() {
		t := target{percent: w.GetPercent(), tag: w.GetTag(), latest: w.GetRevision() == ""}
		if t.latest {
			t.rev = sv.latest(at)
			if t.rev == nil {
				return nil, sv.newest.failure(at).of(sv.newest.id)
			}
			out = append(out, t)
			continue
		}
		t.rev = sv.find(w.GetRevision())
		if t.rev == nil {
			return nil, revisionGone(w.GetRevision())
		}
		if f := t.rev.failure(at); f != nil {
			return nil, f.of(t.rev.id)
		}
		if !t.rev.over(at) { // only a revision held by a fault is still starting here
			return nil, &failure{code: codes.DeadlineExceeded, message: "Resource readiness deadline exceeded."}
		}
		out = append(out, t)
	}
	return out, nil
}

// checkLocked guards what must always hold.
func (st *store) checkLocked(sv *service) {
	if len(sv.live) == 0 {
		return
	}
	sum := int32(0)
	tags := map[string]bool{}
	for _, t := range sv.live {
		sum += t.percent
		if t.tag != "" && tags[t.tag] {
			st.violate("invariant: service %s serves tag %s twice", sv.id, t.tag)
		}
		tags[t.tag] = true
	}
	if sum != 100 {
		st.violate("invariant: the split of service %s sums to %d", sv.id, sum)
	}
}

// failed is what the last reconcile came to; nil is success.
func (sv *service) failed() *failure {
	if sv.config != nil {
		return sv.config
	}
	return sv.routes
}
