package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// signer is what requests are signed with. Where there is nothing to sign with,
// it says so in our words: the SDK tells of every place where it looked.
type signer struct {
	aws.CredentialsProvider
	role  string
	login bool // by a person's single sign-on
}

// Retrieve implements aws.CredentialsProvider.
func (s signer) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := s.CredentialsProvider.Retrieve(ctx)
	if err == nil {
		return creds, nil
	}
	var problem rollout.Problem
	if errors.As(err, &problem) || ctx.Err() != nil {
		return creds, err //nolint:wrapcheck // it says already what it is
	}
	return creds, s.nobody(err)
}

func (s signer) nobody(err error) error {
	var asked *smithy.OperationError
	answered := errors.As(err, &asked) && asked.ServiceID != "ec2imds"
	switch {
	case answered && s.role != "":
		return msgNoAWSRole.With("role", s.role, "why", awsText(err))
	case s.login && (!answered || errors.Is(awsMeans(err), rollout.ErrDenied)):
		return msgAWSLoginEnded.With()
	case answered:
		return msgNoAWSCredentials.With("why", awsText(err))
	}
	return msgNoAWSCredentials.With("why", "Neither the environment, nor a profile, nor the machine gave any")
}

// signs sets what requests are signed with: what the SDK's chain finds, or as the
// role that the provider is to act as.
func (c *Clients) signs(cfg *aws.Config) {
	shared := rests(cfg.ConfigSources)
	c.amazon.chain = signer{CredentialsProvider: cfg.Credentials, login: shared.SSOSession != nil || shared.SSOStartURL != ""}
	cfg.Credentials = c.amazon.chain
	role := c.config.AWS.RoleARN
	if role == "" {
		return
	}
	cfg.Credentials = signer{role: role, CredentialsProvider: aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(
		sts.NewFromConfig(*cfg), role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName, o.Duration = "terraform-provider-rollout", time.Hour
		}))}
}

// End says until when requests can be signed. The zero value is for good.
type End struct {
	// At is when the credentials end and cannot be renewed; zero if they never do
	// or if that is not known.
	At time.Time
	// Unknown: they end, and do not tell when.
	Unknown bool
}

// AWSEnds returns when the credentials end for good. Keys of a user never do, and
// what roles of machines, of Kubernetes and of single sign-on with a session give
// is renewed; a session in environment variables, or of an older single sign-on,
// is not. It asks for credentials, as the first request would.
func (c *Clients) AWSEnds(ctx context.Context) (End, error) {
	cfg, err := c.awsConfig(ctx)
	if err != nil {
		return End{}, err
	}
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return End{}, err //nolint:wrapcheck // signer says what it is
	}
	under, err := c.amazon.chain.Retrieve(ctx) // what a role is assumed with
	if err != nil {
		return End{}, err
	}
	end := ends(cfg.ConfigSources, under)
	if !end.At.IsZero() && creds.CanExpire && creds.Expires.After(end.At) {
		end.At = creds.Expires // they outlive what they were obtained with
	}
	return end, nil
}

func ends(sources []any, creds aws.Credentials) End {
	shared := rests(sources)
	switch source := creds.Source; {
	case source == config.CredentialsSourceName:
		return session(creds, true)
	case strings.HasPrefix(source, "SharedConfigCredentials"):
		return session(creds, false)
	case shared.CredentialSource == "Environment":
		return session(creds, true)
	case shared.Credentials.HasKeys():
		return session(shared.Credentials, false)
	case shared.SSOStartURL != "" || shared.SSOSession != nil:
		return login(shared)
	}
	return End{}
}

// rests returns the profile on which the one in use rests, through all the roles
// between them.
func rests(sources []any) config.SharedConfig {
	for _, s := range sources {
		if shared, ok := s.(config.SharedConfig); ok {
			for shared.Source != nil {
				shared = *shared.Source
			}
			return shared
		}
	}
	return config.SharedConfig{}
}

// session is of credentials that stand somewhere as they are. The tools that put
// them into the environment say beside them when they end: aws configure
// export-credentials
// (https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html),
// aws-vault and others.
func session(creds aws.Credentials, environment bool) End {
	if creds.SessionToken == "" {
		return End{}
	}
	if at, err := time.Parse(time.RFC3339, first(os.Getenv("AWS_CREDENTIAL_EXPIRATION"), os.Getenv("AWS_SESSION_EXPIRATION"))); environment && err == nil {
		return End{At: at}
	}
	return End{Unknown: true}
}

// login is of a person's single sign-on. One with a session is renewed by the SDK
// as long as the session lasts, which the files do not tell.
func login(shared config.SharedConfig) End {
	if shared.SSOSession != nil {
		return End{}
	}
	file, err := ssocreds.StandardCachedTokenFilepath(shared.SSOStartURL)
	if err != nil {
		return End{Unknown: true}
	}
	text, err := os.ReadFile(file) //nolint:gosec // the SDK reads the same file
	var token struct {
		ExpiresAt time.Time `json:"expiresAt"`
	}
	if err != nil || json.Unmarshal(text, &token) != nil || token.ExpiresAt.IsZero() {
		return End{Unknown: true}
	}
	return End{At: token.ExpiresAt}
}
