package livetraffic

import (
	"errors"
	"fmt"
)

// A Cause is why a request counts as failed.
type Cause string

// The causes. There are no others: what is none of these was served.
const (
	// NoAnswer: no complete head of an answer came. The connection was refused,
	// reset or closed, or nothing came for as long as anybody would wait.
	NoAnswer Cause = "no answer"
	// BadStatus: the answer is not 2xx; for a websocket, not 101. Redirects are
	// not followed and count here.
	BadStatus Cause = "bad status"
	// CutShort: the answer began well and did not come to its end. A body ended
	// before its length, a stream before its final event, a websocket before the
	// client closed it.
	CutShort Cause = "cut short"
	// WrongAnswer: it came to its end, and is not what was asked for. It does not
	// say which revision gave it, or names two; events are missing; an echo is
	// another text; a visit was taken to another revision.
	WrongAnswer Cause = "wrong answer"
	// SentAgain: the HTTP client had to send the request a second time, on
	// another connection, because the first one was closed under it.
	SentAgain Cause = "sent again"
)

// failure is a request that failed.
type failure struct {
	cause Cause
	err   error
}

func (f *failure) Error() string { return fmt.Sprintf("%s: %v", f.cause, f.err) }
func (f *failure) Unwrap() error { return f.err }

func failed(cause Cause, format string, args ...any) error {
	return &failure{cause, fmt.Errorf(format, args...)}
}

// causeOf sorts an error. One that nobody sorted is the worst that it can be.
func causeOf(err error) Cause {
	if f := (*failure)(nil); errors.As(err, &f) {
		return f.cause
	}
	return NoAnswer
}
