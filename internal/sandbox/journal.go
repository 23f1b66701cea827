package sandbox

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
)

// A Call is one control-plane request as the sandbox saw it.
type Call struct {
	Time     time.Time  // by the sandbox's clock, when the request arrived
	Face     string     // "grpc", "rest" or "knative"
	Method   string     // canonical: "run.UpdateService", "secretmanager.GetSecretVersion", …
	Resource string     // the full name it is about
	Write    bool       // whether its method changes anything
	Mask     []string   // update_mask, as it was sent
	ETag     string     // etag or resourceVersion, as it was sent
	Validate bool       // validate_only
	Code     codes.Code // what was answered; Canceled while it is still being handled
	Message  string     // the error's text
	Effect   bool       // a write that was accepted, even where its answer was lost
}

func (c Call) String() string {
	return fmt.Sprintf("%s %s %s %s", c.Face, c.Method, c.Resource, c.Code)
}

// journal remembers calls and violations.
type journal struct {
	mu         sync.Mutex
	calls      []Call
	violations []string
}

// begin records a call and returns its place for end.
func (j *journal) begin(c Call) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	c.Code = codes.Canceled
	j.calls = append(j.calls, c)
	return len(j.calls) - 1
}

func (j *journal) end(i int, code codes.Code, message string, effect bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := &j.calls[i]
	c.Code, c.Message, c.Effect = code, message, effect
}

func (j *journal) violate(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.violations = append(j.violations, fmt.Sprintf(format, args...))
}

// Violations lists what no test may cause: requests that the sandbox does not
// know, attempts to read a secret's payload, and states that break its own
// invariants. A test that uses the sandbox should end by asserting that it is
// empty.
func (s *Sandbox) Violations() []string {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.violations)
}

// Calls lists every control-plane call in the order of arrival. What a test does
// through the methods of Sandbox (CreateService, Meddle, …) is not in it, nor is
// a request that could not be read (unknown path, malformed JSON).
func (s *Sandbox) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.calls)
}

// Writes counts the control-plane write calls that took effect.
func (s *Sandbox) Writes() int {
	n := 0
	for _, c := range s.Calls() {
		if c.Effect {
			n++
		}
	}
	return n
}
