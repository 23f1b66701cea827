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

// reading names the quota of a service that counts its reads apart.
const reading = " reads"

// quotas are those that are not perSecond and burst. Cloud Logging takes 60 reads
// a minute of a whole project, whoever asks
// (https://cloud.google.com/logging/quotas): no minute here has more. Cloud Run
// counts reads apart from writes, and by the minute: 3,000 a minute and region
// (https://cloud.google.com/run/quotas), of which 1,000 at once and 25 in a second
// leave a sixth to others. So a refresh of a thousand targets waits for nothing.
// Neon takes 700 requests a minute, and 40 at once
// (https://neon.com/docs/reference/api/key-concepts).
var quotas = map[string]struct {
	every rate.Limit
	burst int
}{
	"logging.googleapis.com": {rate.Every(1200 * time.Millisecond), 10},
	cloudRun + reading:       {perSecond, 1000},
	neon:                     {10, 40},
}

// limit returns the one rate limiter of a quota: a service's, or that of its
// reads.
func (c *Clients) limit(quota string) *rate.Limiter {
	c.google.mu.Lock()
	defer c.google.mu.Unlock()
	l, ok := c.google.limits[quota]
	if !ok {
		l = rate.NewLimiter(perSecond, burst)
		if q, other := quotas[quota]; other {
			l = rate.NewLimiter(q.every, q.burst)
		}
		c.google.limits[quota] = l
	}
	return l
}

// limitsOf returns the rate limiters for a service's writes and for its reads,
// which are one but where the service counts them apart.
func (c *Clients) limitsOf(service string) (writes, reads *rate.Limiter) {
	writes = c.limit(service)
	if _, apart := quotas[service+reading]; !apart {
		return writes, writes
	}
	return writes, c.limit(service + reading)
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
	writes, forReads := c.limitsOf(service)
	return func(caller context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		ctx, cancel := context.WithTimeout(caller, oneCall)
		defer cancel()
		var before error // what was answered to the try before
		wait, limit := firstWait, writes
		if reads(method) {
			limit = forReads
		}
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
	return lost(err)
}

// lost reports whether a connection ended without an answer.
func lost(err error) bool {
	for _, ended := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE} {
		if errors.Is(err, ended) {
			return true
		}
	}
	return false
}

func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d) //nolint:gosec // spreads retries; nothing secret hangs on it
}
