package cloud

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
)

// awsEndpoint returns the override, or nil, as googleEndpoint does.
func (c *Clients) awsEndpoint() (*url.URL, error) {
	return awsOverride(first(c.config.AWS.Endpoint, os.Getenv("ROLLOUT_AWS_ENDPOINT")))
}

func awsOverride(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no override is not an error
	}
	at, ok := bareURL(text)
	switch {
	case !ok:
		return nil, msgNoAWSEndpoint.With() // it is not quoted: there may be a password in it
	case !web.Private(at):
		return nil, msgAWSEndpointInClear.With("endpoint", text)
	}
	return at, nil
}

// bareURL reads scheme://host[:port], and nothing else.
func bareURL(text string) (*url.URL, bool) {
	at, err := url.Parse(text)
	if err != nil || *at != (url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}) ||
		at.Scheme != "https" && at.Scheme != "http" || at.Hostname() == "" || strings.Trim(at.Path, "/") != "" {
		return nil, false
	}
	at.Path = ""
	return at, true
}

// elsewhere sends whatever the SDK asks to the endpoint of the provider, also
// what it asks for credentials: no variable and no profile goes before it.
type elsewhere struct {
	at     *url.URL
	action string
}

func (e elsewhere) into(s *middleware.Stack) error {
	e.action = s.ID()
	return s.Finalize.Insert(e, "ResolveEndpointV2", middleware.After) //nolint:wrapcheck // it cannot fail but by a change of the SDK
}

// ID implements middleware.FinalizeMiddleware.
func (elsewhere) ID() string { return "Elsewhere" }

// HandleFinalize implements middleware.FinalizeMiddleware.
func (e elsewhere) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	if request, ok := in.Request.(*smithyhttp.Request); ok && !local(ctx, e.action) {
		request.URL.Scheme, request.URL.Host, request.Host = e.at.Scheme, e.at.Host, e.at.Host
	}
	return next.HandleFinalize(ctx, in) //nolint:wrapcheck // the SDK says which operation it was
}

// notInClear lets no signed request out of this machine by plain http, whoever
// named the address: the token of a session would go along, and what is asked.
type notInClear struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t notInClear) RoundTrip(r *http.Request) (*http.Response, error) {
	if !web.Private(r.URL) {
		return nil, msgAWSEndpointInClear.With("endpoint", "http://"+r.URL.Host)
	}
	return t.inner.RoundTrip(plain(r))
}

// plain hides that the body can write itself. The SDK closes a body as soon as
// the answer begins, and one of its own then says io.EOF to who copies it: where
// the transport has yet to see that nothing is left of a long request, it takes
// that for an error, closes the connection, and the rest of the answer is lost.
func plain(r *http.Request) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	out := *r
	out.Body = struct{ io.ReadCloser }{r.Body}
	return &out
}

// awsAddress returns where a service without a client of its own is, and the
// region that its signatures name.
func (c *Clients) awsAddress(ctx context.Context, cfg aws.Config, service string) (at, region string) {
	of := partitionOf(cfg.Region)
	host, region := of.host(service, cfg.Region, fips(ctx, cfg.ConfigSources))
	if at, err := c.awsEndpoint(); err == nil && at != nil {
		return at.String(), region
	}
	if own := ownEndpoint(service); own != "" {
		return strings.TrimSuffix(own, "/"), region
	}
	if cfg.BaseEndpoint != nil {
		return strings.TrimSuffix(*cfg.BaseEndpoint, "/"), region
	}
	return "https://" + host, region
}

// ownEndpoint is what the environment says of one service
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
func ownEndpoint(service string) string {
	name, other := map[string]string{
		"secretsmanager": "SECRETS_MANAGER", "logs": "CLOUDWATCH_LOGS", "autoscaling": "AUTO_SCALING",
		"application-autoscaling": "APPLICATION_AUTO_SCALING", "apigateway": "API_GATEWAY",
	}[service]
	if !other {
		name = strings.ToUpper(service)
	}
	at := os.Getenv("AWS_ENDPOINT_URL_" + name)
	if at == "" || strings.EqualFold(os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return ""
	}
	return at
}

// partition is a part of AWS with a domain and with accounts of its own
// (https://docs.aws.amazon.com/general/latest/gr/rande.html). IAM has one address
// in each, and one region that signs for it
// (https://docs.aws.amazon.com/general/latest/gr/iam-service.html).
type partition struct{ regions, domain, iam, home string }

func partitionOf(region string) partition {
	for _, p := range []partition{
		{"cn-", "amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"us-gov-", "amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
		{"us-iso-", "c2s.ic.gov", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
		{"us-isob-", "sc2s.sgov.gov", "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
		{"eusc-", "amazonaws.eu", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
	} {
		if strings.HasPrefix(region, p.regions) {
			return p
		}
	}
	return partition{"", "amazonaws.com", "iam.amazonaws.com", "us-east-1"}
}

// host returns where AWS itself has a service, and the region that signs.
func (p partition) host(service, region string, validated bool) (host, signs string) {
	switch {
	case service == "iam" && validated && p.regions == "":
		return "iam-fips.amazonaws.com", p.home
	case service == "iam":
		return p.iam, p.home
	case validated:
		return service + "-fips." + region + "." + p.domain, region
	case service == "ecr":
		return "api.ecr." + region + "." + p.domain, region
	}
	return service + "." + region + "." + p.domain, region
}

// fips reports whether the environment or the profile asks for validated
// endpoints (https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html).
func fips(ctx context.Context, sources []any) bool {
	for _, s := range sources {
		if says, ok := s.(interface {
			GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
		}); ok {
			if state, found, err := says.GetUseFIPSEndpoint(ctx); found && err == nil {
				return state == aws.FIPSEndpointStateEnabled
			}
		}
	}
	return false
}
