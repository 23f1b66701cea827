package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// AWS says how to reach Amazon Web Services. Empty fields leave the choice to
// the environment variables and files that all of AWS's own tools read.
type AWS struct {
	// Region is where whatever is asked without a region is. Whoever has an ARN
	// takes the region from there.
	Region string
	// Profile names a section of the shared configuration files.
	Profile string
	// Endpoint replaces every AWS API: "https://host[:port]", or
	// "http://host:port" where the host is this machine. ROLLOUT_AWS_ENDPOINT
	// stands in for it, and AWS_ENDPOINT_URL after that.
	Endpoint string
	// RoleARN names the role to act as.
	RoleARN string
}

// Check says what is wrong with it, without asking anybody.
func (a AWS) Check() *rollout.Problem {
	if a.Region != "" && !regionForm.MatchString(a.Region) {
		return msgNoSuchRegion.Found("region", a.Region)
	}
	if of, err := arn.Parse(a.RoleARN); a.RoleARN != "" && (err != nil || of.Service != "iam" || !strings.HasPrefix(of.Resource, "role/")) {
		return msgNoRoleARN.Found("role", a.RoleARN)
	}
	var problem rollout.Problem
	if _, err := awsOverride(a.Endpoint); errors.As(err, &problem) {
		return &problem
	}
	return nil
}

var regionForm = lazyregexp.New(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

// amazon holds the clients that have been built.
type amazon struct {
	base  lazily[aws.Config]
	chain signer // what the SDK finds, without the role to act as; set with base

	mu      sync.Mutex
	regions map[string]*regional
	paces   map[string]*pace
	roles   map[string]*Clients // that act as somebody else
}

// regional are the clients of one region.
type regional struct {
	functions lazily[*lambda.Client]
	balancers lazily[*elasticloadbalancingv2.Client]
	metrics   lazily[*cloudwatch.Client]
	figures   figures
}

// Lambda returns the client for Lambda in a region, "" for the provider's. What
// it returns has neither values of environment variables nor addresses of code:
// see Sealed.
func (c *Clients) Lambda(ctx context.Context, region string) (*lambda.Client, error) {
	cfg, in, err := c.awsIn(ctx, region)
	if err != nil {
		return nil, err
	}
	return in.functions.get(func() (*lambda.Client, error) {
		return lambda.NewFromConfig(cfg, func(o *lambda.Options) {
			o.APIOptions = append(o.APIOptions, c.withoutSecrets)
		}), nil
	})
}

// LoadBalancers returns the client for Elastic Load Balancing in a region, ""
// for the provider's.
func (c *Clients) LoadBalancers(ctx context.Context, region string) (*elasticloadbalancingv2.Client, error) {
	cfg, in, err := c.awsIn(ctx, region)
	if err != nil {
		return nil, err
	}
	return in.balancers.get(func() (*elasticloadbalancingv2.Client, error) {
		return elasticloadbalancingv2.NewFromConfig(cfg), nil
	})
}

// CloudWatch returns the client for CloudWatch in a region, "" for the
// provider's. Emulators do not speak the protocol that the SDK would choose, and
// AWS speaks all of them.
func (c *Clients) CloudWatch(ctx context.Context, region string) (*cloudwatch.Client, error) {
	cfg, in, err := c.awsIn(ctx, region)
	if err != nil {
		return nil, err
	}
	return in.metrics.get(func() (*cloudwatch.Client, error) {
		at, err := c.awsEndpoint()
		return cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) {
			if at != nil || o.BaseEndpoint != nil {
				o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
			}
		}), err
	})
}

// awsIn returns what clients of a region are built from, and where they are kept.
func (c *Clients) awsIn(ctx context.Context, region string) (aws.Config, *regional, error) {
	cfg, err := c.awsConfig(ctx)
	if err != nil {
		return cfg, nil, err
	}
	cfg.Region = first(region, cfg.Region)
	if cfg.Region == "" {
		return cfg, nil, msgNoRegion.With()
	}
	c.amazon.mu.Lock()
	defer c.amazon.mu.Unlock()
	in, ok := c.amazon.regions[cfg.Region]
	if !ok {
		in = &regional{}
		c.amazon.regions[cfg.Region] = in
	}
	return cfg, in, nil
}

// awsConfig reads what the environment and the shared files say. It makes no
// call: credentials are looked for when the first request is signed.
func (c *Clients) awsConfig(ctx context.Context) (aws.Config, error) {
	return c.amazon.base.get(func() (aws.Config, error) {
		at, err := c.awsEndpoint()
		if err != nil {
			return aws.Config{}, err
		}
		cfg, err := config.LoadDefaultConfig(context.WithoutCancel(ctx), c.awsOptions(at)...)
		if err != nil {
			return cfg, noAWS(err)
		}
		if cfg.HTTPClient, err = awsClient(cfg.HTTPClient); err != nil {
			return cfg, err
		}
		c.signs(&cfg)
		return cfg, nil
	})
}

func (c *Clients) awsOptions(at *url.URL) []func(*config.LoadOptions) error {
	name, version, _ := strings.Cut(c.config.UserAgent, "/")
	of := []func(*middleware.Stack) error{c.pacedStack, awsmiddleware.AddUserAgentKeyValue(name, version)}
	if at != nil {
		of = append(of, elsewhere{at: at}.into)
	}
	o := []func(*config.LoadOptions) error{
		config.WithRegion(c.config.AWS.Region),
		config.WithAPIOptions(of),
		config.WithLogger(logging.Nop{}), // it would write to Terraform's log what nobody here has looked at
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 16 })),
	}
	if c.config.AWS.Profile != "" {
		o = append(o, config.WithSharedConfigProfile(c.config.AWS.Profile))
	}
	if at != nil && at.Scheme == "http" {
		o = append(o, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
		if first(c.config.AWS.Profile, os.Getenv("AWS_PROFILE"), os.Getenv("AWS_ACCESS_KEY_ID")) == "" {
			o = append(o, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
		}
	}
	return o
}

// awsClient follows no redirect, for the signature is for one address, and keeps
// what the SDK has read of whom to trust.
func awsClient(from aws.HTTPClient) (aws.HTTPClient, error) {
	built, ok := from.(*awshttp.BuildableClient)
	if !ok {
		return nil, fmt.Errorf("build the HTTP client of AWS: a %T is nothing to build from", from)
	}
	return &http.Client{Transport: notInClear{built.GetTransport()}, CheckRedirect: stay}, nil
}

// noAWS says why the shared files could not be read. What a file holds is not
// quoted.
func noAWS(err error) error {
	var missing config.SharedConfigProfileNotExistError
	var unread config.SharedConfigLoadError
	switch {
	case errors.As(err, &missing):
		return msgNoAWSProfile.With("profile", missing.Profile)
	case errors.As(err, &unread):
		return msgAWSFiles.With("file", unread.Filename)
	}
	return msgNoAWSCredentials.With("why", line(err.Error()))
}

// ActingAs returns clients that ask AWS as another role, with what the provider
// would ask with if it had no role itself; "" is whom the provider asks as. Equal
// roles share their clients.
func (c *Clients) ActingAs(role string) *Clients {
	if role == "" || role == c.config.AWS.RoleARN {
		return c
	}
	c.amazon.mu.Lock()
	defer c.amazon.mu.Unlock()
	if c.amazon.roles[role] == nil {
		config := c.config
		config.AWS.RoleARN = role
		c.amazon.roles[role] = New(config)
	}
	return c.amazon.roles[role]
}
