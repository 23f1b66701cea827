package cloud

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/credentials/impersonate"
	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	run "cloud.google.com/go/run/apiv2"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"google.golang.org/api/iam/v1"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"
	"google.golang.org/api/option/internaloption"
	transport "google.golang.org/api/transport/http"
	"google.golang.org/grpc"
	grpccreds "google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
)

const (
	googleScope = "https://www.googleapis.com/auth/cloud-platform"
	cloudRun    = "run.googleapis.com"
)

// Google says how to reach Google Cloud.
type Google struct {
	// Endpoint replaces every Google API: "https://host[:port]", or
	// "http://host:port" where the host is this machine; then no credential is
	// sent. ROLLOUT_GOOGLE_ENDPOINT stands in for it. Google's registries stay
	// where they are, and are then shown no credential either.
	Endpoint string
	// AccessToken is used as it is; it cannot be refreshed.
	// GOOGLE_OAUTH_ACCESS_TOKEN stands in for it.
	AccessToken string
	// Impersonate names the service account to act as.
	// GOOGLE_IMPERSONATE_SERVICE_ACCOUNT stands in for it.
	Impersonate string
}

// google holds the clients that have been built.
type google struct {
	services  lazily[*run.ServicesClient]
	revisions lazily[*run.RevisionsClient]
	jobs      lazily[*RunJobs]
	secrets   lazily[*secretmanager.Client]
	metrics   lazily[*monitoring.MetricClient]
	accounts  lazily[*iam.Service]
	promql    lazily[Reader]
	logs      lazily[Reader]
	tokens    lazily[*iamcredentials.Service]
	rest      map[string]*lazily[restClient] // by the name of the API, under mu
	creds     lazily[*auth.Credentials]

	identities idTokens

	mu     sync.Mutex
	limits map[string]limiter
}

// CloudRunServices returns the client for Cloud Run services.
func (c *Clients) CloudRunServices(ctx context.Context) (*run.ServicesClient, error) {
	return c.google.services.get(func() (*run.ServicesClient, error) {
		o, err := c.googleGRPC(ctx, cloudRun)
		if err != nil {
			return nil, err
		}
		client, err := run.NewServicesClient(context.WithoutCancel(ctx), o...)
		if err != nil {
			return nil, fmt.Errorf("build the client for Cloud Run services: %w", err)
		}
		client.CallOptions = &run.ServicesCallOptions{}
		return client, nil
	})
}

// CloudRunRevisions returns the client for Cloud Run revisions.
func (c *Clients) CloudRunRevisions(ctx context.Context) (*run.RevisionsClient, error) {
	return c.google.revisions.get(func() (*run.RevisionsClient, error) {
		o, err := c.googleGRPC(ctx, cloudRun)
		if err != nil {
			return nil, err
		}
		client, err := run.NewRevisionsClient(context.WithoutCancel(ctx), o...)
		if err != nil {
			return nil, fmt.Errorf("build the client for Cloud Run revisions: %w", err)
		}
		client.CallOptions = &run.RevisionsCallOptions{}
		return client, nil
	})
}

// RunJobs are the clients for jobs, their executions and the tasks of those.
type RunJobs struct {
	Jobs       *run.JobsClient
	Executions *run.ExecutionsClient
	Tasks      *run.TasksClient
}

// Close ends their connections.
func (j *RunJobs) Close() error {
	return errors.Join(j.Jobs.Close(), j.Executions.Close(), j.Tasks.Close())
}

// CloudRunJobs returns the clients for Cloud Run jobs.
func (c *Clients) CloudRunJobs(ctx context.Context) (*RunJobs, error) {
	return c.google.jobs.get(func() (*RunJobs, error) {
		o, err := c.googleGRPC(ctx, cloudRun)
		if err != nil {
			return nil, err
		}
		out, all := &RunJobs{}, context.WithoutCancel(ctx)
		var errs [3]error
		out.Jobs, errs[0] = run.NewJobsClient(all, o...)
		out.Executions, errs[1] = run.NewExecutionsClient(all, o...)
		out.Tasks, errs[2] = run.NewTasksClient(all, o...)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, fmt.Errorf("build the clients for Cloud Run jobs: %w", err)
		}
		out.Jobs.CallOptions, out.Executions.CallOptions, out.Tasks.CallOptions = &run.JobsCallOptions{}, &run.ExecutionsCallOptions{}, &run.TasksCallOptions{}
		return out, nil
	})
}

// Secrets returns the client for Secret Manager. Nothing of ours asks it for a
// payload.
func (c *Clients) Secrets(ctx context.Context) (*secretmanager.Client, error) {
	return c.google.secrets.get(func() (*secretmanager.Client, error) {
		o, err := c.googleGRPC(ctx, "secretmanager.googleapis.com")
		if err != nil {
			return nil, err
		}
		client, err := secretmanager.NewClient(context.WithoutCancel(ctx), o...)
		if err != nil {
			return nil, fmt.Errorf("build the client for Secret Manager: %w", err)
		}
		client.CallOptions = &secretmanager.CallOptions{}
		return client, nil
	})
}

// Metrics returns the client for Cloud Monitoring.
func (c *Clients) Metrics(ctx context.Context) (*monitoring.MetricClient, error) {
	return c.google.metrics.get(func() (*monitoring.MetricClient, error) {
		o, err := c.googleGRPC(ctx, "monitoring.googleapis.com")
		if err != nil {
			return nil, err
		}
		client, err := monitoring.NewMetricClient(context.WithoutCancel(ctx), o...)
		if err != nil {
			return nil, fmt.Errorf("build the client for Cloud Monitoring: %w", err)
		}
		client.CallOptions = &monitoring.MetricCallOptions{}
		return client, nil
	})
}

// ServiceAccounts returns the client for IAM service accounts.
func (c *Clients) ServiceAccounts(ctx context.Context) (*iam.Service, error) {
	return c.google.accounts.get(func() (*iam.Service, error) {
		client, err := c.rest(ctx, "iam")
		if err != nil {
			return nil, err
		}
		return iam.NewService(context.WithoutCancel(ctx), option.WithEndpoint(client.endpoint), option.WithHTTPClient(client.Client))
	})
}

// Reader asks a Google service by plain HTTP, and changes nothing there: what it
// asks is asked again where no answer came, POST included.
type Reader struct {
	*http.Client

	// Endpoint is the service's address, without a slash at its end.
	Endpoint string
}

// PromQL returns what asks Cloud Monitoring queries in PromQL, below
// /v1/projects/P/location/global/prometheus.
func (c *Clients) PromQL(ctx context.Context) (Reader, error) {
	return c.google.promql.get(func() (Reader, error) { return c.reader(ctx, "monitoring") })
}

// Logs returns what asks Cloud Logging. It may ask less than others: see quotas.
func (c *Clients) Logs(ctx context.Context) (Reader, error) {
	return c.google.logs.get(func() (Reader, error) { return c.reader(ctx, "logging") })
}

func (c *Clients) reader(ctx context.Context, service string) (Reader, error) {
	client, endpoint, err := c.googleHTTP(ctx, service, true, c.GoogleCredentials)
	return Reader{client, strings.TrimSuffix(endpoint, "/")}, err
}

// googleHTTP returns a client for a service that is not asked by gRPC, and where
// the service is. Its requests are signed with what credentials returns. reads
// says that whatever it asks changes nothing.
func (c *Clients) googleHTTP(ctx context.Context, service string, reads bool, credentials func() (*auth.Credentials, error)) (*http.Client, string, error) {
	o, err := c.googleREST(credentials)
	if err != nil {
		return nil, "", err
	}
	client, endpoint, err := transport.NewClient(context.WithoutCancel(ctx), append(o,
		internaloption.WithDefaultEndpointTemplate("https://"+service+".UNIVERSE_DOMAIN/"), // as the generated clients have them
		internaloption.WithDefaultMTLSEndpoint("https://"+service+".mtls.googleapis.com/"))...)
	if err != nil {
		return nil, "", fmt.Errorf("build the client for %s.googleapis.com: %w", service, err)
	}
	return &http.Client{
		Transport:     pacedHTTP{of: c, inner: client.Transport, service: service + ".googleapis.com", reads: reads},
		CheckRedirect: stay, // the credential would go along
		Timeout:       oneCall,
	}, endpoint, nil
}

// googleREST returns the options for a service that is not asked by gRPC.
func (c *Clients) googleREST(credentials func() (*auth.Credentials, error)) ([]option.ClientOption, error) {
	at, err := c.googleEndpoint()
	if err != nil {
		return nil, err
	}
	o := []option.ClientOption{option.WithUserAgent(c.config.UserAgent), internaloption.EnableNewAuthLibrary()}
	if at != nil {
		o = append(o, option.WithEndpoint(at.String()))
	}
	if at != nil && at.Scheme == "http" {
		return append(o, option.WithoutAuthentication()), nil
	}
	creds, err := credentials()
	if err != nil {
		return nil, err
	}
	return append(o, option.WithAuthCredentials(creds)), nil
}

// googleGRPC returns the options for one service. Connections are made when
// the first call is. The call options that a client comes with are cleared
// where it is built: they try again on top of paced, by the system's clock, and
// end a call with nothing but that its time is up.
func (c *Clients) googleGRPC(_ context.Context, service string) ([]option.ClientOption, error) {
	at, err := c.googleEndpoint()
	if err != nil {
		return nil, err
	}
	o := []option.ClientOption{
		option.WithUserAgent(c.config.UserAgent),
		option.WithGRPCConnectionPool(1),
		option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(c.paced(service))),
	}
	switch {
	case at == nil:
	case at.Scheme == "http":
		return append(o, option.WithEndpoint(at.Host), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))), nil
	default:
		host := at.Host
		if at.Port() == "" {
			host = net.JoinHostPort(at.Hostname(), "443")
		}
		o = append(o, option.WithEndpoint(host),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(grpccreds.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12}))))
	}
	creds, err := c.GoogleCredentials()
	if err != nil {
		return nil, err
	}
	return append(o, option.WithAuthCredentials(creds)), nil
}

// googleEndpoint returns the override, or nil. A credential is never sent in
// clear to another machine: plain http is for this one, and goes without.
func (c *Clients) googleEndpoint() (*url.URL, error) {
	text := first(c.config.Google.Endpoint, os.Getenv("ROLLOUT_GOOGLE_ENDPOINT"))
	if text == "" {
		return nil, nil //nolint:nilnil // no override is not an error
	}
	at, ok := bareURL(text)
	if !ok {
		return nil, msgNoEndpoint.With() // it is not quoted: there may be a password in it
	}
	if web.Private(at) {
		return at, nil
	}
	return nil, msgEndpointInClear.With("endpoint", text)
}

// GoogleCredentials returns what requests are signed with: a given token, or
// the application default credentials, as another account if that is asked
// for. GOOGLE_CREDENTIALS may hold a key file's path or content, as the google
// provider reads it.
func (c *Clients) GoogleCredentials() (*auth.Credentials, error) {
	return c.google.creds.get(func() (*auth.Credentials, error) {
		creds, err := c.googleBase()
		if err != nil {
			return nil, err
		}
		as := c.impersonates()
		if as == "" {
			return creds, nil
		}
		return impersonate.NewCredentials(&impersonate.CredentialsOptions{
			TargetPrincipal: as, Scopes: []string{googleScope}, Credentials: creds,
		})
	})
}

// googleBase returns the credentials of whoever Terraform runs as.
func (c *Clients) googleBase() (*auth.Credentials, error) {
	creds, err := c.detect()
	if err != nil {
		return nil, msgNoCredentials.With("why", err)
	}
	return creds, nil
}

func (c *Clients) detect() (*auth.Credentials, error) {
	if token := first(c.config.Google.AccessToken, os.Getenv("GOOGLE_OAUTH_ACCESS_TOKEN")); token != "" {
		return auth.NewCredentials(&auth.CredentialsOptions{TokenProvider: given(func() string { return token })}), nil
	}
	o := &credentials.DetectOptions{Scopes: []string{googleScope}}
	switch key := os.Getenv("GOOGLE_CREDENTIALS"); {
	case key == "":
		if key := os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"); key != "" && !exists(key) { // as below
			return nil, errors.New("GOOGLE_APPLICATION_CREDENTIALS does not hold the path of a file")
		}
	case strings.HasPrefix(strings.TrimSpace(key), "{"):
		o.CredentialsJSON = []byte(key) //nolint:staticcheck // whoever runs Terraform may use any kind of key, as with Google's own tools
	case !exists(key): // it may be a key in another form: it is not quoted
		return nil, errors.New("GOOGLE_CREDENTIALS holds neither a key in JSON nor the path of a file")
	default:
		o.CredentialsFile = key //nolint:staticcheck // as above
	}
	creds, err := credentials.DetectDefault(o)
	if err != nil {
		return nil, fmt.Errorf("find Google credentials: %w", err)
	}
	return creds, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// given is a token that somebody else obtained. It is a function because no
// format verb shows what that returns.
type given func() string

func (g given) Token(context.Context) (*auth.Token, error) {
	return &auth.Token{Value: g(), Type: "Bearer"}, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
