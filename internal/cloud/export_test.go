package cloud

import (
	"context"
	"net/http"

	"google.golang.org/grpc"
)

// Paced is what every gRPC call goes through.
func (c *Clients) Paced(service string) grpc.UnaryClientInterceptor { return c.paced(service) }

// Unbuilt is the error of a client that there is not.
func Unbuilt(err error) error { return unbuilt{err} }

// Turn takes the turn of a request that is not made.
func (c *Clients) Turn(service string) { c.turn(c.limit(service)) }

// PacedAWS is what every request to AWS goes through.
func (c *Clients) PacedAWS(ctx context.Context, service, region, action string, reads bool, try func(context.Context) error) error {
	if !reads {
		return c.pacedAWS(ctx, service, region, action, nil, try)
	}
	return c.pacedAWS(ctx, service, region, action, awsLost, try)
}

// AWSAddress is where a service without a client of its own is.
func (c *Clients) AWSAddress(ctx context.Context, region, service string) (at, signs string, err error) {
	cfg, _, err := c.awsIn(ctx, region)
	if err != nil {
		return "", "", err
	}
	at, signs = c.awsAddress(ctx, cfg, service)
	return at, signs, nil
}

// Gathered is how many questions to CloudWatch wait for others in a region.
func (c *Clients) Gathered(region string) int {
	_, in, err := c.awsIn(context.Background(), region)
	if err != nil {
		return -1
	}
	in.figures.mu.Lock()
	defer in.figures.mu.Unlock()
	if in.figures.round == nil {
		return 0
	}
	return in.figures.round.waiting
}

// Eases slows down as a throttled answer does.
func (c *Clients) Eases(service, region, action string) { c.paceOf(service, region, action).ease() }

// Carries is what every request to AWS goes through on its way to a transport.
func Carries(inner http.RoundTripper) http.RoundTripper { return notInClear{inner} }
