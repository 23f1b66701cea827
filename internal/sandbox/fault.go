package sandbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// FaultKind says what a Fault does to the calls that it matches.
type FaultKind int

// The kinds of Fault.
const (
	// Throttle refuses with RESOURCE_EXHAUSTED / HTTP 429 before any effect.
	Throttle FaultKind = iota + 1
	// Unavailable refuses with UNAVAILABLE / HTTP 503 before any effect.
	Unavailable
	// Internal refuses with INTERNAL / HTTP 500 before any effect.
	Internal
	// Conflict refuses with ABORTED / HTTP 409 as if somebody had written since
	// the caller read: the service's etag is another one afterwards.
	Conflict
	// Denied refuses with PERMISSION_DENIED in Google's words.
	Denied
	// Unauthenticated refuses with UNAUTHENTICATED / HTTP 401, as credentials that
	// have ended are (https://cloud.google.com/apis/design/errors).
	Unauthenticated
	// TimedOut refuses with DEADLINE_EXCEEDED / HTTP 504 before any effect.
	TimedOut
	// LostAnswer lets the call take effect and then breaks the connection (gRPC: UNAVAILABLE).
	LostAnswer
	// DropBefore breaks the connection before the call takes effect.
	DropBefore
	// Delay holds the call back for D of real time.
	Delay
	// Hang never answers; it ends when the client goes away or the fault is removed.
	Hang
	// StaleRead makes a read of a service show what was true before the last
	// write, until D of the clock after that write.
	StaleRead
	// NeverSettle makes the reconcile that a write starts last until the fault is removed.
	NeverSettle
	// SettleAfter makes the reconcile that a write starts last D of the clock.
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
	Method string        // "run.UpdateService"; a final dot matches a whole service ("run."); "" matches any
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
}

// Fault arms f and returns what disarms it. Removing a fault also ends the
// hanging calls and the unsettled reconciles that it caused.
func (s *Sandbox) Fault(f Fault) (remove func()) {
	if f.Kind == Before && f.Times == 0 {
		f.Times = 1
	}
	g := &fault{Fault: f, gone: make(chan struct{})}
	s.faults.mu.Lock()
	s.faults.armed = append(s.faults.armed, g)
	s.faults.mu.Unlock()
	return sync.OnceFunc(func() { close(g.gone) })
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
	method := f.Method == "" || f.Method == c.Method || strings.HasSuffix(f.Method, ".") && strings.HasPrefix(c.Method, f.Method)
	return method && (!f.Writes || c.Write) && strings.Contains(c.Resource, f.Match) && !f.removed()
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

// errCut is an error whose sign on HTTP is a broken connection; over gRPC it is
// what a client reports for one.
type errCut struct{}

func (errCut) Error() string { return "connection reset by the sandbox" }

func (errCut) GRPCStatus() *status.Status {
	return status.New(codes.Unavailable, "connection reset by the sandbox")
}

// refuse carries out a fault that acts before the handler. A nil error lets the call go on.
func (s *Sandbox) refuse(ctx context.Context, f *fault, c Call) error {
	switch f.Kind {
	case Throttle:
		service, _, _ := strings.Cut(c.Method, ".")
		return status.Errorf(codes.ResourceExhausted, "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service '%s.googleapis.com' for consumer 'project_number:%s'.", service, s.number)
	case Unavailable:
		return status.Error(codes.Unavailable, "The service is currently unavailable.")
	case Internal:
		return status.Error(codes.Internal, "Internal error encountered.")
	case Conflict:
		return s.store.touch(lastPart(c.Resource), c.ETag)
	case Denied:
		return denied(permissionFor(c.Method), c.Resource)
	case Unauthenticated:
		return status.Error(codes.Unauthenticated, "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.")
	case TimedOut:
		return status.Error(codes.DeadlineExceeded, "Deadline expired before operation could complete.")
	case DropBefore:
		return errCut{}
	case Delay:
		return pause(ctx, f.D)
	case Hang:
		select {
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		case <-f.gone:
		}
	case Before:
		f.Do()
	case LostAnswer, StaleRead, NeverSettle, SettleAfter: // act in or after the handler
	}
	return nil
}

// trouble is what faults tell the handler of a call, through its context.
type trouble struct {
	stale  time.Duration // StaleRead
	settle time.Duration // SettleAfter
	slow   bool          // settle is set
	held   func() bool   // NeverSettle
}

type troubleKey struct{}

func troubleIn(ctx context.Context) trouble {
	t, _ := ctx.Value(troubleKey{}).(trouble)
	return t
}

// withTrouble puts what f asks of the handler into ctx.
func withTrouble(ctx context.Context, f *fault) context.Context {
	t := troubleIn(ctx)
	if f.Kind == StaleRead {
		t.stale = f.D
	}
	if f.Kind == SettleAfter {
		t.settle, t.slow = f.D, true
	}
	if f.Kind == NeverSettle {
		t.held = func() bool { return !f.removed() }
	}
	return context.WithValue(ctx, troubleKey{}, t)
}
