package aws

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Call is one request as the sandbox saw it.
type Call struct {
	Time     time.Time // by the sandbox's clock, when the request arrived
	Key      string    // the access key that signed it, "" if nobody did
	Region   string
	Action   string // "lambda:UpdateAlias": the service's IAM prefix and the API's operation
	Resource string // the ARN that the request is about, "*" where there is none
	Write    bool   // whether it changes anything
	Status   int    // what was answered; 0 while it is being handled, and where the connection was cut
	Code     string // the error's code
	Message  string // the error's text
	Effect   bool   // a write that was accepted, even where its answer was lost
}

func (c Call) String() string {
	return fmt.Sprintf("%s %s %d %s", c.Action, c.Resource, c.Status, c.Code)
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
	j.calls = append(j.calls, c)
	return len(j.calls) - 1
}

// end records what came of a call. The calls may have been forgotten meanwhile.
func (j *journal) end(i int, a *answer, effect bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if i >= len(j.calls) {
		return
	}
	c := &j.calls[i]
	c.Effect = effect
	if a != nil {
		c.Status, c.Code, c.Message = a.status, a.code, a.message
	}
}

func (j *journal) violate(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.violations = append(j.violations, fmt.Sprintf(format, args...))
}

// Violations lists what no test may cause: requests that neither the sandbox nor
// moto knows, and calls under a policy whose action the sandbox has not mapped. A
// test that uses a sandbox ends by asserting that it is empty; awstest does.
func (s *Sandbox) Violations() []string {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.violations)
}

// ForgetViolations empties the list, for a test that caused some on purpose.
func (s *Sandbox) ForgetViolations() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.violations = nil
}

// Calls lists every request that could be read, in the order of arrival. What a
// test does through the methods of Sandbox is not in it.
func (s *Sandbox) Calls() []Call {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return slices.Clone(s.journal.calls)
}

// ForgetCalls empties the list, so that a test counts what comes after.
func (s *Sandbox) ForgetCalls() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.calls = nil
}

// Count is how many requests there were of an action, refused ones included.
func (s *Sandbox) Count(action string) int {
	n := 0
	for _, c := range s.Calls() {
		if c.Action == action {
			n++
		}
	}
	return n
}

// Writes counts the writes that took effect.
func (s *Sandbox) Writes() int {
	n := 0
	for _, c := range s.Calls() {
		if c.Effect {
			n++
		}
	}
	return n
}
