package cloud

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	case at.Scheme == "http" && !loopback(at.Hostname()):
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

// override returns the endpoint of the provider where it names one, which goes
// before the variables that name one for a single service.
func (c *Clients) override(of *string) *string {
	if at, err := c.awsEndpoint(); err == nil && at != nil {
		text := at.String()
		return &text
	}
	return of
}

// notInClear lets no signed request out of this machine by plain http, whoever
// named the address: the token of a session would go along, and what is asked.
type notInClear struct{ inner http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t notInClear) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" && !loopback(r.URL.Hostname()) {
		return nil, msgAWSEndpointInClear.With("endpoint", "http://"+r.URL.Host)
	}
	return t.inner.RoundTrip(r)
}

// ownEndpoint are the ends of the variables that give the address of one service
// (https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html), where
// they are not the name in signatures.
var ownEndpoint = map[string]string{
	"secretsmanager": "SECRETS_MANAGER", "logs": "CLOUDWATCH_LOGS", "autoscaling": "AUTO_SCALING",
	"application-autoscaling": "APPLICATION_AUTO_SCALING", "apigateway": "API_GATEWAY",
}

// awsAddress returns where a service without a client of its own is, and the
// region that its signatures name.
func (c *Clients) awsAddress(ctx context.Context, cfg aws.Config, service string) (at, region string) {
	suffix, home := partition(cfg.Region)
	region = cfg.Region
	host := service + "."
	if service == "ecr" {
		host = "api.ecr."
	}
	if fips(ctx, cfg.ConfigSources) {
		host = service + "-fips."
	}
	if service == "iam" { // one for all regions: https://docs.aws.amazon.com/general/latest/gr/iam-service.html
		region = home
	} else {
		host += region + "."
	}
	if at, err := c.awsEndpoint(); err == nil && at != nil {
		return at.String(), region
	}
	if os.Getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true" {
		if own := os.Getenv("AWS_ENDPOINT_URL_" + first(ownEndpoint[service], strings.ToUpper(service))); own != "" {
			return strings.TrimSuffix(own, "/"), region
		}
	}
	if cfg.BaseEndpoint != nil {
		return strings.TrimSuffix(*cfg.BaseEndpoint, "/"), region
	}
	return "https://" + host + suffix, region
}

// partition returns the domain of the partition that a region is in, and the
// region that signs for services without one
// (https://docs.aws.amazon.com/general/latest/gr/rande.html).
func partition(region string) (suffix, home string) {
	for _, p := range [][3]string{
		{"cn-", "amazonaws.com.cn", "cn-north-1"},
		{"us-gov-", "amazonaws.com", "us-gov-west-1"},
		{"us-iso-", "c2s.ic.gov", "us-iso-east-1"},
		{"us-isob-", "sc2s.sgov.gov", "us-isob-east-1"},
		{"eusc-", "amazonaws.eu", "eusc-de-east-1"},
	} {
		if strings.HasPrefix(region, p[0]) {
			return p[1], p[2]
		}
	}
	return "amazonaws.com", "us-east-1"
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
