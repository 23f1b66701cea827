package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/time/rate"
)

// pace keeps the requests to one service of one region together.
type pace struct {
	mu    sync.Mutex
	limit *rate.Limiter
}

func (c *Clients) paceOf(service, region string) *pace {
	c.amazon.mu.Lock()
	defer c.amazon.mu.Unlock()
	p, ok := c.amazon.paces[service+" "+region]
	if !ok {
		p = &pace{limit: rate.NewLimiter(perSecond, burst)}
		c.amazon.paces[service+" "+region] = p
	}
	return p
}

func (p *pace) turn(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limit.ReserveN(now, 1).DelayFrom(now)
}

// pacedStack puts pacedAWS in the place of the SDK's own retries, which would
// sleep on the system's clock and ask a lost write again.
func (c *Clients) pacedStack(s *middleware.Stack) error {
	if _, err := s.Finalize.Swap("Retry", retry{c}); err != nil {
		return fmt.Errorf("pace the requests of %s: %w", s.ID(), err)
	}
	return nil
}

// named adds who asks.
func (c *Clients) named(s *middleware.Stack) error {
	return awsmiddleware.AddUserAgentKey(c.config.UserAgent)(s) //nolint:wrapcheck // it cannot fail but by a change of the SDK
}

type retry struct{ of *Clients }

// ID implements middleware.FinalizeMiddleware.
func (retry) ID() string { return "Retry" }

// HandleFinalize implements middleware.FinalizeMiddleware.
func (r retry) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, meta middleware.Metadata, err error) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return out, meta, fmt.Errorf("a %T is no request by HTTP", in.Request)
	}
	action := awsmiddleware.GetOperationName(ctx)
	err = r.of.pacedAWS(ctx, awsmiddleware.GetServiceID(ctx), awsmiddleware.GetRegion(ctx), action, func(ctx context.Context) error {
		this := request.Clone()
		if err := this.RewindStream(); err != nil {
			return fmt.Errorf("send the request again: %w", err)
		}
		out, meta, err = next.HandleFinalize(ctx, middleware.FinalizeInput{Request: this})
		return err //nolint:wrapcheck // the SDK says which operation it was
	})
	return out, meta, err
}

// pacedAWS asks, and asks again where that was certainly not done: when it was
// throttled, and when a read got no answer. No call takes longer than oneCall.
func (c *Clients) pacedAWS(ctx context.Context, service, region, action string, try func(context.Context) error) error {
	p, clock := c.paceOf(service, region), c.config.Clock
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	wait := firstWait
	for n := 1; ; n++ {
		if err := clock.Sleep(ctx, p.turn(clock.Now())); err != nil {
			return err //nolint:wrapcheck // the context's own
		}
		err := try(ctx)
		if err == nil || ctx.Err() != nil || n == tries || !awsAgain(action, err) {
			return err
		}
		if clock.Sleep(ctx, jitter(wait)) != nil {
			return err
		}
		wait = min(longest, wait*2)
	}
}

func awsAgain(action string, err error) bool {
	if awsThrottled(err) {
		return true
	}
	return awsReads(action) && awsLost(err)
}

// awsLost reports whether no answer came, or one that says that the service is
// not well.
func awsLost(err error) bool {
	var unsent *smithyhttp.RequestSendError
	var answered *smithyhttp.ResponseError
	if errors.As(err, &answered) {
		return answered.HTTPStatusCode() >= http.StatusInternalServerError
	}
	return errors.As(err, &unsent)
}

func awsThrottled(err error) bool {
	var said smithy.APIError
	if !errors.As(err, &said) {
		return false
	}
	switch said.ErrorCode() {
	case "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestThrottled",
		"RequestThrottledException", "RequestLimitExceeded", "SlowDown", "BandwidthLimitExceeded", "PriorRequestNotComplete",
		"LimitExceededException", "EC2ThrottledException":
		return true
	}
	return false
}

// awsReads reports whether an action changes nothing, by its name.
func awsReads(action string) bool {
	for _, verb := range []string{"Get", "List", "Describe", "Head", "Batch", "Simulate", "Filter", "Lookup", "AssumeRole"} {
		if strings.HasPrefix(action, verb) {
			return true
		}
	}
	return false
}
