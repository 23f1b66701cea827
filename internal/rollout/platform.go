package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of a Target, a Maker, a Source and a Check that mean something to the
// caller. Implementations wrap them; callers use errors.Is.
var (
	// ErrConflict: the token was stale. Nothing has changed.
	ErrConflict = errors.New("somebody else changed it in the meantime")
	// ErrDenied: the caller lacks a permission. Nothing has changed. The
	// message names the permission and the object.
	ErrDenied = errors.New("permission denied")
	// ErrInvalid: the platform refuses the request as such, and will refuse it
	// again. Nothing has changed.
	ErrInvalid = errors.New("the platform refused the request")
	// ErrGone: the target, or the thing asked about, does not exist.
	ErrGone = errors.New("does not exist")
)

// Token names one state of the platform: an etag, a RevisionId, or a digest of
// what was read. It is opaque and never compared but for equality.
type Token string

// State is how far a revision has come on its platform.
type State int

// The states of a revision. Only a Ready one may be given traffic, and only a
// Ready one is a way home.
const (
	Missing  State = iota // the platform does not know it
	Starting              // it exists and is not able to serve yet
	Ready                 // it can serve
	Broken                // the platform says that it cannot serve, and why
)

// String returns the word for the state.
func (s State) String() string {
	switch s {
	case Missing:
		return "missing"
	case Starting:
		return "starting"
	case Ready:
		return "ready"
	case Broken:
		return "broken"
	}
	return "unknown"
}

// Health is the state of one revision, and the platform's own reason for it.
type Health struct {
	State  State
	Reason string // in the platform's words, without secret values; "" when Ready
}

// Observation is what a platform shows at one moment.
type Observation struct {
	// Object is the identity of the thing itself, such as a uid. Another one
	// under the same name is another target, and what was remembered of the
	// first does not hold for it.
	Object  string
	Routing Routing
	// Marked: a mark of ours is there, also one that names nobody for sure.
	Marked bool
	// Partial: the driver recognises its own half-done change, where one change
	// takes several writes.
	Partial bool
	// Health of each revision that was asked about, at least.
	Health map[Revision]Health
	// Room is how much each revision that was asked about could take now; Whole
	// where the platform scales by itself. Absent means none.
	Room map[Revision]Weight
	// Settled: the last change has ended, well or badly, and has reached
	// everyone, as far as the platform can tell.
	Settled bool
	// Pinned is how long new requests may still arrive at weight zero, because
	// of stickiness or slot cookies.
	Pinned time.Duration
	// InFlight is how long requests that have begun may run.
	InFlight time.Duration
	// Cuts: requests in flight at weight zero would be cut rather than left to
	// finish, so that InFlight has to be waited for.
	Cuts  bool
	Token Token
	// Abort is a person's word that rollouts shall stop, and why: on one line and
	// short, for it is shown. It is "" where nobody has said so.
	Abort string
	// Newest is the revision made last, by anyone; it may serve nobody.
	Newest Revision
	// Template is the content that the platform would make next, "" where it
	// has no such thing.
	Template string
	// Unserved says in words what a next revision would have that the one with
	// all traffic has not, for reasons that are not in the configuration: "cpu
	// 1 → 2, +FOO: made as api-43, serves nobody". No value of a setting is in
	// it. "" where there is nothing, and where several serve.
	Unserved string
}

// Target is one place where traffic is divided. Implementations must be safe
// for use by one caller at a time; the provider opens one per operation.
type Target interface {
	// Observe reads, and changes nothing; it may be called at plan. It reports
	// the health and room of everyone who serves and of those asked about. A
	// revision that does not exist is Missing, not an error. It returns an
	// error that wraps ErrGone if the target itself does not exist, ErrDenied
	// if it may not be read.
	Observe(ctx context.Context, ask ...Revision) (Observation, error)
	// Apply asks the platform to show want, on condition that it still is in
	// the state that at names. It returns once the platform has accepted the
	// change; whether it has arrived is for Observe to tell. It returns an
	// error that wraps ErrConflict, ErrDenied or ErrInvalid where nothing has
	// changed; after any other error the change may have taken effect.
	// What is not ours (other tags, conditions, settings) must be preserved.
	Apply(ctx context.Context, want Routing, at Token) error
	// Subject describes a revision to gates and checks.
	Subject(ctx context.Context, r Revision) (Subject, error)
}

// Glancer is a Target that can show what is live in fewer calls, where nobody's
// health matters: a refresh of a thousand targets reads each of them once.
type Glancer interface {
	// Glance is Observe without Health, Room and Unserved; where they take more
	// calls, also without InFlight, Abort, Newest and Template.
	Glance(ctx context.Context) (Observation, error)
}

// Maker stands beside Target where a revision can be made.
type Maker interface {
	// Content returns the hash of what is wanted: equal hashes are equal
	// content, whoever made it. It reads only.
	Content(ctx context.Context) (string, error)
	// Find returns the revision that already has the wanted content, whoever
	// made it, or "". It never returns one that the platform calls Broken. It
	// reads only.
	Find(ctx context.Context) (Revision, error)
	// Make makes the wanted revision at weight 0, without moving traffic, and
	// returns its name. It is re-entrant: called again after a crash or a lost
	// answer it returns what the first call made. Errors as for Apply.
	Make(ctx context.Context, at Token) (Revision, error)
}

// Guard says how well a platform protects a write against another writer.
type Guard int

// The guards.
const (
	// Atomic: the API takes a precondition; a stale write changes nothing.
	Atomic Guard = iota
	// CheckThenAct: the driver reads again just before it writes. A window
	// remains, and the docs of the platform say so.
	CheckThenAct
)

// Limits is what is known of a platform without asking it.
type Limits struct {
	Grain     Weight        // smallest step: 100 (1 %) on Cloud Run
	MaxCanary Weight        // most that a candidate may take short of promotion
	MaxShares int           // revisions that may share traffic
	Settle    time.Duration // longest that a change should take to reach everyone
	Guard     Guard
}

// Validate returns an error that wraps ErrInvalid for a routing that no
// platform with these limits can show.
func (l Limits) Validate(r Routing) error {
	if err := r.Split.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if l.MaxShares > 0 && len(r.Split) > l.MaxShares {
		return fmt.Errorf("%w: %d revisions share the traffic, and %d can", ErrInvalid, len(r.Split), l.MaxShares)
	}
	for _, v := range r.Split.Revisions() {
		w := r.Split[v]
		if l.Grain > 0 && w%l.Grain != 0 {
			return fmt.Errorf("%w: %s of %s is finer than %s", ErrInvalid, w, v, l.Grain)
		}
	}
	return nil
}

// OwnFacts are the facts of a Subject that tell one revision from another; a
// question without them is answered alike whichever serves.
var OwnFacts = []string{"revision", "content", "image"}

// Subject is a revision as gates and checks see it.
type Subject struct {
	Revision Revision
	// Facts name the revision in the platform's terms (project, location,
	// service, content, …), for queries and messages. No secret is among them.
	Facts map[string]string
	// Env lists the names of the settings that the revision has; never values.
	Env []string
	// URL reaches this revision alone; "" where the platform offers no such way.
	URL string
	// ServiceURL tells the users' own way in; "" where there is none. It is set only
	// when the revision has all traffic, for only then do its answers speak for the
	// revision. Only sources that ask there call it, so nobody else needs the
	// permission for it.
	ServiceURL func(context.Context) (string, error)
	// Token returns a credential with which requests to URL and ServiceURL say who
	// asks, for sources that are told to; nil where the platform has no such thing.
	// It is good for this service alone, and is never logged.
	Token func(context.Context) (string, error)
}

// Problem is a message to a person: what happened, what was seen or why it
// matters, and what to do. Titles are facts.
type Problem struct {
	What, Why, Fix string
	// At names the attribute of a block that the problem is about, so that the
	// message can point at its line; "" for the block as a whole. It is never
	// one that may hold a secret.
	At string
}

// Error renders the problem on one line.
func (p Problem) Error() string {
	out := p.What
	if p.Why != "" {
		out += ": " + strings.TrimSuffix(p.Why, ".")
	}
	if p.Fix != "" {
		out += ". " + strings.TrimSuffix(p.Fix, ".")
	}
	return out
}

// Detail renders everything below the title.
func (p Problem) Detail() string {
	switch {
	case p.Why == "":
		return p.Fix
	case p.Fix == "":
		return p.Why
	}
	return p.Why + "\n\n" + p.Fix
}

// Clock is the only way to the time. Production hands in the system's; tests
// one that moves when they say so.
type Clock interface {
	Now() time.Time
	// Sleep returns nil once d has passed, or the context's error if that ends
	// first. A d of zero or less returns at once.
	Sleep(ctx context.Context, d time.Duration) error
}
