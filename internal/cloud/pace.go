package cloud

import (
	"context"
	"math/rand/v2"
	"path"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	perSecond = 25 // requests to one service, of all resources together
	burst     = 50
	tries     = 8
	firstWait = 200 * time.Millisecond
	longest   = 5 * time.Second
)

type limiter = *rate.Limiter

// limit returns the one rate limiter of a service.
func (c *Clients) limit(service string) *rate.Limiter {
	c.google.mu.Lock()
	defer c.google.mu.Unlock()
	l, ok := c.google.limits[service]
	if !ok {
		l = rate.NewLimiter(perSecond, burst)
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
func (c *Clients) paced(service string) grpc.UnaryClientInterceptor {
	limit := c.limit(service)
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		wait := firstWait
		for try := 1; ; try++ {
			if err := c.config.Clock.Sleep(ctx, c.turn(limit)); err != nil {
				return status.FromContextError(err).Err()
			}
			err := call(ctx, method, req, reply, cc, opts...)
			if err == nil || try == tries || !again(method, err) {
				return err
			}
			if c.config.Clock.Sleep(ctx, jitter(wait)) != nil {
				return err
			}
			wait = min(longest, wait*2)
		}
	}
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

func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d) //nolint:gosec // spreads retries; nothing secret hangs on it
}
