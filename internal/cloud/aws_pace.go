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

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// quota is what may be asked in a second of one region of an account, and how
// much at once as long as nothing was throttled.
type quota struct {
	every rate.Limit
	burst int
}

// awsQuotas are those that are not perSecond and burst, by the service, or by the
// service and the action that is counted apart. Lambda allows 15 requests a second
// of all of its control plane together, GetFunction and GetPolicy apart
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#api-requests);
// how many at once it does not say. So a refresh of a thousand aliases begins
// without waiting, and keeps to the 15 from the first throttled answer on. Elastic
// Load Balancing allows 40 at once and 10 in a second
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html),
// CloudWatch by the action
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html).
var awsQuotas = map[string]quota{
	"lambda":                    {15, 1000},
	"lambda GetFunction":        {100, 1000},
	"lambda GetPolicy":          {15, 1000},
	"elastic load balancing v2": {10, 40},
	"cloudwatch GetMetricData":  {50, 50},
	"cloudwatch DescribeAlarms": {9, 9},
}

const (
	// eases is what a throttled answer leaves of the rate, and recovers how much
	// of that comes on top in a second: others ask the same account as well.
	eases    = 0.7
	recovers = 0.05
	slowest  = rate.Limit(1)

	// throttledTries is how often a throttled request is made.
	throttledTries = 12
)

// pace keeps the requests to one service of one region together below a rate,
// which it learns where the service's own is lower.
type pace struct {
	clock rollout.Clock
	every rate.Limit // the highest

	mu    sync.Mutex
	limit *rate.Limiter
	slow  rate.Limit // the rate right after it was last eased
	eased time.Time  // zero as long as nothing was throttled
}

func (c *Clients) paceOf(service, region, action string) *pace {
	service = strings.ToLower(service)
	of := service
	q, known := awsQuotas[service+" "+action]
	if known {
		of += " " + action
	} else if q, known = awsQuotas[service]; !known {
		q = quota{perSecond, burst}
	}
	of += " in " + region
	c.amazon.mu.Lock()
	defer c.amazon.mu.Unlock()
	p, ok := c.amazon.paces[of]
	if !ok {
		p = &pace{clock: c.config.Clock, every: q.every, limit: rate.NewLimiter(q.every, q.burst)}
		c.amazon.paces[of] = p
	}
	return p
}

// turn returns how long the next request has to wait.
func (p *pace) turn() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if !p.eased.IsZero() {
		p.limit.SetLimitAt(now, min(p.every, p.slow*rate.Limit(1+recovers*now.Sub(p.eased).Seconds())))
	}
	return p.limit.ReserveN(now, 1).DelayFrom(now)
}

// ease slows down. What is throttled within one second has one cause.
func (p *pace) ease() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if !p.eased.IsZero() && now.Sub(p.eased) < time.Second {
		return
	}
	p.eased, p.slow = now, max(slowest, p.limit.Limit()*eases)
	p.limit.SetLimitAt(now, p.slow)
	p.limit.SetBurstAt(now, 1)
}

// pacedStack puts pacedAWS in the place of the SDK's own retries, which sleep on
// the system's clock and ask again for writes that may have been done.
func (c *Clients) pacedStack(s *middleware.Stack) error {
	if _, err := s.Finalize.Swap("Retry", retry{c, s.ID()}); err != nil {
		return fmt.Errorf("pace the requests of %s: %w", s.ID(), err)
	}
	return nil
}

type retry struct {
	of     *Clients
	action string
}

// ID implements middleware.FinalizeMiddleware.
func (retry) ID() string { return "Retry" }

// HandleFinalize implements middleware.FinalizeMiddleware.
func (r retry) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (out middleware.FinalizeOutput, meta middleware.Metadata, err error) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return out, meta, fmt.Errorf("a %T is no request by HTTP", in.Request)
	}
	service, region, lost := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetRegion(ctx), lostOf(r.action)
	if local(ctx, r.action) {
		service, region, lost = "this machine", "", notWell // most machines give no credentials, and refuse the connection
	}
	err = r.of.pacedAWS(ctx, service, region, r.action, lost, func(ctx context.Context) error {
		this := request.Clone()
		if err := this.RewindStream(); err != nil {
			return fmt.Errorf("send the request again: %w", err)
		}
		out, meta, err = next.HandleFinalize(ctx, middleware.FinalizeInput{Request: this})
		return err //nolint:wrapcheck // the SDK says which operation it was
	})
	return out, meta, err //nolint:wrapcheck // as above
}

// pacedAWS asks, and asks again where that was certainly not done: when it was
// throttled, with another turn for each try, and when a read got no answer.
// lost says which errors of it are none of an answer; nil for what changes
// something.
func (c *Clients) pacedAWS(ctx context.Context, service, region, action string, lost func(error) bool, try func(context.Context) error) error {
	p, clock := c.paceOf(service, region, action), c.config.Clock
	before, wait := "", firstWait
	for n := 1; ; n++ {
		if err := clock.Sleep(ctx, p.turn()); err != nil {
			return tried(fmt.Errorf("it was not asked: %w", err), before)
		}
		err := c.askedInTime(ctx, p, lost, try)
		if !awsThrottled(err) {
			return tried(err, before)
		}
		p.ease()
		if n == throttledTries || clock.Sleep(ctx, jitter(wait)) != nil {
			return err
		}
		before, wait = awsText(err), min(longest, wait*2)
	}
}

// patience is the key of how long one call may take, where that is not oneCall.
type patience struct{}

// Patiently lets a call of AWS that is made with this context take so long: the
// answer to a synchronous invocation comes when the function has ended.
func Patiently(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patience{}, d)
}

// patienceOf is how long a call may take, with all its tries.
func patienceOf(ctx context.Context) time.Duration {
	if d, ok := ctx.Value(patience{}).(time.Duration); ok {
		return d
	}
	return oneCall
}

// askedInTime takes no longer than patienceOf, with all its tries. They count as
// asked, and do not queue for another turn.
func (c *Clients) askedInTime(caller context.Context, p *pace, lost func(error) bool, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(caller, patienceOf(caller))
	defer cancel()
	before, wait := "", firstWait
	for n := 1; ; n++ {
		err := try(ctx)
		if err != nil && ctx.Err() != nil {
			return tried(awsLate(caller, ctx), before)
		}
		if lost == nil || awsThrottled(err) || !lost(err) || n == tries || c.config.Clock.Sleep(ctx, jitter(wait)) != nil {
			return tried(err, before)
		}
		p.turn()
		before, wait = awsText(err), min(longest, wait*2)
	}
}

// awsLate is the error of a try that its context ended: whether it was done is
// not known.
func awsLate(caller, call context.Context) error {
	if caller.Err() == nil {
		return fmt.Errorf("no answer within %s: %w", rollout.Short(patienceOf(caller)), call.Err())
	}
	return fmt.Errorf("no answer came: %w", caller.Err())
}

// local reports whether a client of the SDK's asks this machine for credentials,
// and not AWS: such a client does not say who it is, so that the context has who
// needs the credentials.
func local(ctx context.Context, action string) bool {
	return awsmiddleware.GetOperationName(ctx) != action
}

// lostOf returns awsLost for an action that reads.
func lostOf(action string) func(error) bool {
	if awsReads(action) {
		return awsLost
	}
	return nil
}

// awsLost reports whether no answer came, or one that says that the service is
// not well.
func awsLost(err error) bool { return lost(err) || notWell(err) }

func notWell(err error) bool { return awsStatus(err) >= http.StatusInternalServerError }

// awsThrottled reports whether a request was refused because too much was asked:
// it was not done. The codes are those of all protocols
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html),
// without LimitExceededException, by which most services mean how much there may
// be of something.
func awsThrottled(err error) bool {
	var said smithy.APIError
	if awsStatus(err) == http.StatusTooManyRequests {
		return true
	}
	if !errors.As(err, &said) {
		return false
	}
	switch said.ErrorCode() {
	case "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "TooManyRequests",
		"RequestThrottled", "RequestThrottledException", "RequestLimitExceeded", "EC2ThrottledException",
		"SlowDown", "BandwidthLimitExceeded", "PriorRequestNotComplete", "ProvisionedThroughputExceededException":
		return true
	}
	return false
}

// awsReads reports whether an action changes nothing, by its name. AssumeRole and
// its like give credentials and change nothing.
func awsReads(action string) bool {
	for _, verb := range []string{"Get", "List", "Describe", "Head", "BatchGet", "BatchCheck", "Simulate", "Filter", "Lookup", "AssumeRole"} {
		if strings.HasPrefix(action, verb) {
			return true
		}
	}
	return false
}
