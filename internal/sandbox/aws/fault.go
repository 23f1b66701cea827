package aws

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind says what a Fault does to the calls that it matches.
type FaultKind int

// The kinds of Fault.
const (
	// Throttle refuses before any effect, in the words of the service's protocol.
	Throttle FaultKind = iota + 1
	// Unavailable refuses with HTTP 503 before any effect.
	Unavailable
	// Internal refuses with HTTP 500 before any effect.
	Internal
	// Conflict lets somebody else write first: the description of the alias, or
	// the setting of $LATEST, that the call is about is the same and has another
	// RevisionId. Of what has no precondition nothing happens.
	Conflict
	// Denied refuses as IAM does.
	Denied
	// Unauthenticated refuses as it does a token that has ended.
	Unauthenticated
	// LostAnswer lets the call take effect and then resets the connection.
	LostAnswer
	// DropBefore resets the connection before the call takes effect.
	DropBefore
	// Delay holds the call back for D of real time.
	Delay
	// Hang never answers; it ends when the client goes away or the fault is removed.
	Hang
	// StaleRead makes a read of Lambda, of a listener or of a rule show what was true before the last write,
	// until D of the clock after that write.
	StaleRead
	// NeverSettle makes what a write starts last until the fault is removed.
	NeverSettle
	// SettleAfter makes what a write starts last D of the clock.
	SettleAfter
	// Before calls Do when the request has arrived and before it is handled: a
	// foreign writer at a chosen moment. It happens once unless Times says otherwise.
	Before
)

// A Fault is trouble that a test asks for. Faults apply in the order in which
// they were added; several may match one call, but one that refuses it keeps it
// from those behind.
type Fault struct {
	Kind   FaultKind
	Action string        // "lambda:UpdateAlias"; a final colon matches a whole service ("lambda:"); "" matches any
	Writes bool          // match only calls that change something
	Match  string        // match only resources that contain this
	Skip   int           // let this many matching calls pass first
	Times  int           // how often it strikes; 0 is always
	D      time.Duration // for Delay, StaleRead and SettleAfter
	Do     func()        // for Before
}

// faults are the armed ones.
type faults struct {
	mu    sync.Mutex
	armed []*fault
}

type fault struct {
	Fault
	skipped, struck int
	gone            chan struct{} // closed when the fault is removed
	remove          func()
}

// Fault arms f and returns what disarms it. Removing a fault also ends the
// hanging calls and the unsettled changes that it caused.
func (s *Sandbox) Fault(f Fault) (remove func()) {
	if f.Kind == Before && f.Times == 0 {
		f.Times = 1
	}
	g := &fault{Fault: f, gone: make(chan struct{})}
	g.remove = sync.OnceFunc(func() { close(g.gone) })
	s.faults.mu.Lock()
	s.faults.armed = append(s.faults.armed, g)
	s.faults.mu.Unlock()
	return g.remove
}

// clear removes all faults.
func (fs *faults) clear() {
	for _, f := range fs.all() {
		f.remove()
	}
}

func (f *fault) removed() bool {
	select {
	case <-f.gone:
		return true
	default:
		return false
	}
}

func (f *fault) matches(c Call) bool {
	action := f.Action == "" || f.Action == c.Action || strings.HasSuffix(f.Action, ":") && strings.HasPrefix(c.Action, f.Action)
	return action && (!f.Writes || c.Write) && strings.Contains(c.Resource, f.Match) && !f.removed()
}

// all lists the faults in the order in which they were added.
func (fs *faults) all() []*fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return slices.Clone(fs.armed)
}

// strikes decides whether f hits c, and counts it.
func (fs *faults) strikes(f *fault, c Call) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	switch {
	case !f.matches(c):
		return false
	case f.skipped < f.Skip:
		f.skipped++
		return false
	case f.Times > 0 && f.struck >= f.Times:
		return false
	}
	f.struck++
	return true
}

// refuse carries out a fault that acts before the handler. A nil error lets the
// call go on.
func (s *Sandbox) refuse(ctx context.Context, f *fault, r *request) error {
	switch f.Kind {
	case Throttle:
		return throttled(r)
	case Unavailable:
		return unavailable(r)
	case Internal:
		return internal(r)
	case Conflict:
		s.lambda.touch(r)
	case Denied:
		return s.denied(r, r.resources[0])
	case Unauthenticated:
		return expired(r)
	case DropBefore:
		return errCut
	case Delay:
		return pause(ctx, f.D)
	case Hang:
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.gone:
		}
	case Before:
		f.Do()
	case LostAnswer, StaleRead, NeverSettle, SettleAfter: // act in or after the handler
	}
	return nil
}

// trouble is what faults tell the handler of a call.
type trouble struct {
	stale  time.Duration // StaleRead
	settle time.Duration // SettleAfter
	slow   bool          // settle is set
	held   func() bool   // NeverSettle
}

// with adds what f asks of the handler.
func (t trouble) with(f *fault) trouble {
	switch f.Kind { //nolint:exhaustive // the others act before the handler
	case StaleRead:
		t.stale = f.D
	case SettleAfter:
		t.settle, t.slow = f.D, true
	case NeverSettle:
		t.held = func() bool { return !f.removed() }
	}
	return t
}

// lasts is how long something takes that usually takes d.
func (t trouble) lasts(d time.Duration) time.Duration {
	if t.slow {
		return t.settle
	}
	return d
}
