package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path"
	"strings"
	"syscall"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	perSecond = 25 // requests to one service, of all resources together
	burst     = 50
	tries     = 8
	firstWait = 200 * time.Millisecond
	longest   = 5 * time.Second

	// oneCall is the longest that a call may take, with all its tries: who
	// accepts a connection and never answers holds nobody up.
	oneCall = 30 * time.Second
)

type limiter = *rate.Limiter

// quotas are the services that take less than perSecond. Cloud Logging takes 60
// reads a minute of a whole project, whoever asks
// (https://cloud.google.com/logging/quotas): no minute here has more.
var quotas = map[string]struct {
	every rate.Limit
	burst int
}{
	"logging.googleapis.com": {rate.Every(1200 * time.Millisecond), 10},
}

// limit returns the one rate limiter of a service.
func (c *Clients) limit(service string) *rate.Limiter {
	c.google.mu.Lock()
	defer c.google.mu.Unlock()
	l, ok := c.google.limits[service]
	if !ok {
		l = rate.NewLimiter(perSecond, burst)
		if q, less := quotas[service]; less {
			l = rate.NewLimiter(q.every, q.burst)
		}
		c.google.limits[service] = l
	}
	return l
}

// turn returns how long the next request has to wait. The limiter would give
// more than its rate to callers whose times are not in order.
func (c *Clients) turn(l *rate.Limiter) time.Duration {
	c.google.mu.Lock()
	defer c.google.mu.Unlock()
	now := c.config.Clock.Now()
	return l.ReserveN(now, 1).DelayFrom(now)
}

// paced keeps all resources together below a rate, and tries again what was
// certainly not done: a throttled request, and a read that got no answer. A
// write that got no answer may have been done; that is for the caller to see.
// No call takes longer than oneCall.
func (c *Clients) paced(service string) grpc.UnaryClientInterceptor {
	limit := c.limit(service)
	return func(caller context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		ctx, cancel := context.WithTimeout(caller, oneCall)
		defer cancel()
		var before error // what was answered to the try before
		wait := firstWait
		for try := 1; ; try++ {
			if err := c.config.Clock.Sleep(ctx, c.turn(limit)); err != nil {
				return cmp.Or(before, status.FromContextError(err).Err())
			}
			err := call(ctx, method, req, reply, cc, opts...)
			if err != nil && ctx.Err() != nil {
				return late(caller, err, before)
			}
			if err == nil || try == tries || !again(method, err) {
				return err
			}
			if c.config.Clock.Sleep(ctx, jitter(wait)) != nil {
				return err
			}
			before, wait = err, min(longest, wait*2)
		}
	}
}

// late is the error of a try that its context ended: whether it was done is not
// known, whatever was answered to the one before.
func late(caller context.Context, err, before error) error {
	s := status.Convert(err)
	text := s.Message()
	switch {
	case s.Code() == codes.DeadlineExceeded && caller.Err() == nil:
		text = "no answer within " + rollout.Short(oneCall)
	case s.Code() == codes.DeadlineExceeded, s.Code() == codes.Canceled:
		text = "no answer came"
	}
	if before != nil {
		text += fmt.Sprintf("; the try before was answered %s: %s", status.Code(before), status.Convert(before).Message())
	}
	return status.Error(s.Code(), text) //nolint:wrapcheck // it is what the call ends with, as any other status
}

func again(method string, err error) bool {
	switch status.Code(err) {
	case codes.ResourceExhausted:
		return true
	case codes.Unavailable, codes.Internal:
		return reads(method)
	default:
		return false
	}
}

// reads reports whether a method of a Google API changes nothing, by its name
// (aip.dev/131, aip.dev/132).
func reads(method string) bool {
	name := path.Base(method)
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "TestIam")
}

// pacedHTTP is paced for what is not asked by gRPC. The limit of a call is for
// whoever makes it, who reads the answer's body within it.
type pacedHTTP struct {
	of      *Clients
	inner   http.RoundTripper
	service string // whose limit counts; the host's if it is ""
	reads   bool   // nothing that is asked changes anything, by whatever method
}

// RoundTrip implements http.RoundTripper.
func (p pacedHTTP) RoundTrip(r *http.Request) (*http.Response, error) {
	limit, clock, ctx := p.of.limit(first(p.service, r.URL.Host)), p.of.config.Clock, r.Context()
	before := ""
	wait := firstWait
	for try := 1; ; try++ {
		if err := clock.Sleep(ctx, p.of.turn(limit)); err != nil {
			return nil, tried(err, before)
		}
		answer, err := p.inner.RoundTrip(r)
		if try == tries || !p.again(r, answer, err) || clock.Sleep(ctx, jitter(wait)) != nil {
			return answer, tried(err, before)
		}
		if err != nil {
			before = line(err.Error())
		} else {
			before = answer.Status
			answer.Body.Close()
		}
		if r, err = anew(r); err != nil {
			return nil, tried(err, before)
		}
		wait = min(longest, wait*2)
	}
}

// tried adds to an error what was answered to the try before.
func tried(err error, before string) error {
	if err == nil || before == "" {
		return err
	}
	return fmt.Errorf("%w; the try before was answered %s", err, before)
}

// anew returns the request with its body, which the try before has read.
func anew(r *http.Request) (*http.Request, error) {
	if r.GetBody == nil {
		return r, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, fmt.Errorf("send the request again: %w", err)
	}
	r = r.Clone(r.Context())
	r.Body = body
	return r, nil
}

// again is the function of that name for what is not asked by gRPC.
func (p pacedHTTP) again(r *http.Request, answer *http.Response, err error) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && (!p.reads || r.GetBody == nil) {
		return false
	}
	if err == nil {
		return answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return false
}

func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d) //nolint:gosec // spreads retries; nothing secret hangs on it
}
