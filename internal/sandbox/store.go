package sandbox

import (
	"maps"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// store holds services, revisions and operations. Everything in it is guarded
// by mu; names ending in Locked say that the caller holds it.
type store struct {
	place
	now     func() time.Time
	settle  time.Duration
	forgive bool
	vault   *vault
	images  *images
	edge    *edge
	logs    *logs
	violate func(format string, args ...any)

	mu       sync.Mutex
	services map[string]*service
	jobs     map[string]*job
	born     int // services and jobs ever created, for identities
	ops      map[string]*operation
	opOrder  []string
}

// A wait is something that will be over at a time of the clock, but not while it is held.
type wait struct {
	due  time.Time
	held func() bool
}

func (w wait) over(now time.Time) bool {
	return (w.held == nil || !w.held()) && !now.Before(w.due)
}

// A service is one Cloud Run service.
type service struct {
	id, uid    string
	want       *runpb.Service // what the user asked for, with defaults; no output-only field
	meta       v1meta         // what only the v1 API can say
	version    version
	generation int64
	created    time.Time
	policy     *iampb.Policy
	private    bool // the edge wants to know who asks

	serial    int         // the last number given to a revision
	revisions []*revision // oldest first
	newest    *revision   // the latest created

	job         *reconcile // nil: settled
	live        []target   // what requests follow
	turns       map[string]int
	observed    int64
	latestReady string
	routes      *failure // of the last reconcile
	config      *failure
	settledAt   time.Time

	before  *runpb.Service // as it was shown before the last write
	wroteAt time.Time
}

// A reconcile is the work that a write has started.
type reconcile struct {
	wait
	ops   []*operation
	fresh bool // it came with a new revision
}

// A target is one entry of traffic with its revision found.
type target struct {
	percent int32
	tag     string
	latest  bool
	rev     *revision
}

// A revision is immutable but for what happens to it.
type revision struct {
	id, uid   string
	service   *service
	template  *runpb.RevisionTemplate // with defaults and without its name
	meta      v1meta
	digest    string // of the image, "" if the sandbox does not hold it
	behaviour *behaviour
	version   version
	created   time.Time

	wait             // until it has started
	verdict *failure // what its start comes to, known from the beginning and shown when the wait is over
	broken  *failure // BreakRevision
}

// failure is why the revision is not ready, nil while it is starting.
func (r *revision) failure(now time.Time) *failure {
	if !r.over(now) {
		return nil
	}
	if r.broken != nil {
		return r.broken
	}
	return r.verdict
}

func (r *revision) ready(now time.Time) bool { return r.over(now) && r.failure(now) == nil }

// missing is Cloud Run's text for something that is not there.
func (st *store) missing(kind, id string) error {
	return status.Errorf(codes.NotFound, "Resource '%s' of kind '%s' in region '%s' in project '%s' does not exist.", id, kind, st.location, st.project)
}

// findLocked returns a service after bringing it up to the clock.
func (st *store) findLocked(id string) (*service, error) {
	sv, ok := st.services[id]
	if !ok {
		return nil, st.missing("SERVICE", id)
	}
	st.settleLocked(sv)
	return sv, nil
}

// find looks a revision up by its short name.
func (sv *service) find(id string) *revision {
	i := slices.IndexFunc(sv.revisions, func(r *revision) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return sv.revisions[i]
}

// latest is what a LATEST entry means: the newest revision that is ready.
func (sv *service) latest(now time.Time) *revision {
	for _, r := range slices.Backward(sv.revisions) {
		if r.ready(now) {
			return r
		}
	}
	return nil
}

// sortedLocked lists services by name.
func (st *store) sortedLocked() []*service {
	var all []*service
	for _, id := range slices.Sorted(maps.Keys(st.services)) {
		st.settleLocked(st.services[id])
		all = append(all, st.services[id])
	}
	return all
}

// touch makes a service look as if somebody had written it, and returns the
// conflict that a caller with the etag it had before then gets.
func (st *store) touch(id, sent string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	sv, err := st.findLocked(id)
	if err != nil {
		return status.Error(codes.Aborted, "Operation was aborted.")
	}
	if sent == "" {
		sent = sv.version.etag(st.service(id))
	}
	sv.version = versionAt(st.now(), sv.version)
	return conflict(id, sent, sv.version)
}

// staleFor remembers, for StaleRead, what was shown before a write.
func (sv *service) rememberLocked(shown *runpb.Service, at time.Time) {
	sv.before, sv.wroteAt = shown, at
}
