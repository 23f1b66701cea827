package cloud_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

const (
	accessKey = "AKIAIOSFODNN7EXAMPLE"
	region    = "eu-west-1"
)

// noAmazon takes from the test whatever this machine knows of AWS.
func noAmazon(t *testing.T) {
	t.Helper()
	nowhere(t)
	for _, name := range []string{
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY",
		"AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA",
		"AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_USE_FIPS_ENDPOINT",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "ROLLOUT_AWS_ENDPOINT",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(os.Getenv("HOME"), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(os.Getenv("HOME"), "none"))
}

// keys are those of a user, in the environment.
func keys(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
}

// reply is what the server answers; the zero value is a success of every
// protocol. cut ends the connection instead, after the request was read.
type reply struct {
	status int
	header map[string]string
	body   string
	cut    bool
}

// A request of AWS that reached the server.
type arrived struct {
	method, path, body, authorization, token, target, agent, version, hash string
}

// fakeAWS answers every request as it is told to.
type fakeAWS struct {
	server *httptest.Server
	clock  *clocktest.Clock
	answer func(n int, r arrived) reply // n counts from 1

	mu    sync.Mutex
	calls []arrived
}

func newAWS(t *testing.T) *fakeAWS {
	t.Helper()
	noAmazon(t)
	f := &fakeAWS{clock: clocktest.New(noon), answer: func(int, arrived) reply { return reply{} }}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// ServeHTTP implements http.Handler.
func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a := arrived{
		r.Method, r.URL.Path, string(body), r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"), r.Header.Get("X-Amz-Target"),
		r.Header.Get("User-Agent"), r.Header.Get("Content-Type"), r.Header.Get("X-Amz-Content-Sha256"),
	}
	f.mu.Lock()
	f.calls = append(f.calls, a)
	n := len(f.calls)
	f.mu.Unlock()
	out := f.answer(n, a)
	if out.cut {
		panic(http.ErrAbortHandler)
	}
	for name, value := range out.header {
		w.Header().Set(name, value)
	}
	if out.status == 0 {
		out = succeeded(a)
		w.Header().Set("Content-Type", out.header["Content-Type"])
	}
	w.WriteHeader(out.status)
	_, _ = io.WriteString(w, out.body)
}

// succeeded is an empty answer in the protocol of the request.
func succeeded(a arrived) reply {
	if !strings.HasPrefix(a.version, "application/x-www-form-urlencoded") {
		return reply{status: 200, body: "{}", header: map[string]string{"Content-Type": "application/json"}}
	}
	form, _ := url.ParseQuery(a.body)
	action := form.Get("Action")
	return reply{status: 200, header: map[string]string{"Content-Type": "text/xml"}, body: fmt.Sprintf("<%[1]sResponse><%[1]sResult></%[1]sResult></%[1]sResponse>", action)}
}

func (f *fakeAWS) seen() []arrived {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// clients returns clients of this server, on its clock.
func (f *fakeAWS) clients() *cloud.Clients {
	return f.with(cloud.AWS{Region: region})
}

func (f *fakeAWS) with(a cloud.AWS) *cloud.Clients {
	a.Endpoint = f.server.URL
	return cloud.New(cloud.Config{AWS: a, UserAgent: agent, Clock: f.clock})
}

// What a test asks of AWS, by the protocol.

type asks struct {
	name  string
	write bool
	ask   func(ctx context.Context, c *cloud.Clients) error
	// refuses renders an error as the service does.
	refuses func(status int, code, message string) reply
}

var protocols = []asks{
	{"rest-json read", false, getAlias, inRestJSON},
	{"rest-json write", true, updateAlias, inRestJSON},
	{"query read", false, describeRules, inQuery},
	{"query write", true, modifyRule, inQuery},
	{"json of CloudWatch", false, getMetricData, inJSON},
	{"signed json read", false, describeSecret, inJSON},
	{"signed json write", true, runTask, inJSON},
	{"signed query read", false, getRole, inQuery},
	{"signed query write", true, setDesired, inQuery},
	{"signed query of EC2", false, describeGroups, inEC2},
	{"signed rest read", false, getStage, inRestJSON},
	{"signed rest write", true, patchStage, inRestJSON},
	{"signed rest of S3", false, listObjects, inS3},
}

func inRestJSON(status int, code, message string) reply {
	return reply{status: status, header: map[string]string{"X-Amzn-Errortype": code + ":http://internal.amazon.com/coral/com.amazonaws.awsgirapi/", "Content-Type": "application/json"}, body: fmt.Sprintf(`{"Message":%q,"Type":"User"}`, message)}
}

func inJSON(status int, code, message string) reply {
	return reply{status: status, header: map[string]string{"Content-Type": "application/x-amz-json-1.1"}, body: fmt.Sprintf(`{"__type":"com.amazonaws.secretsmanager#%s","message":%q}`, code, message)}
}

func inQuery(status int, code, message string) reply {
	return reply{status: status, header: map[string]string{"Content-Type": "text/xml"}, body: fmt.Sprintf(`<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`, code, message)}
}

func inEC2(status int, code, message string) reply {
	return reply{status: status, header: map[string]string{"Content-Type": "text/xml"}, body: fmt.Sprintf(`<?xml version="1.0"?><Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r-1</RequestID></Response>`, code, message)}
}

func inS3(status int, code, message string) reply {
	return reply{status: status, header: map[string]string{"Content-Type": "application/xml"}, body: fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message><RequestId>r-1</RequestId></Error>`, code, message)}
}

func getAlias(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Lambda(ctx, "")
	if err != nil {
		return err
	}
	_, err = client.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: aws.String("f"), Name: aws.String("live")})
	return err
}

func updateAlias(ctx context.Context, c *cloud.Clients) error {
	client, err := c.Lambda(ctx, "")
	if err != nil {
		return err
	}
	_, err = client.UpdateAlias(ctx, &lambda.UpdateAliasInput{FunctionName: aws.String("f"), Name: aws.String("live"), FunctionVersion: aws.String("2")})
	return err
}

func describeRules(ctx context.Context, c *cloud.Clients) error {
	client, err := c.LoadBalancers(ctx, "")
	if err != nil {
		return err
	}
	_, err = client.DescribeRules(ctx, &elasticloadbalancingv2.DescribeRulesInput{RuleArns: []string{"r"}})
	return err
}

func modifyRule(ctx context.Context, c *cloud.Clients) error {
	client, err := c.LoadBalancers(ctx, "")
	if err != nil {
		return err
	}
	_, err = client.ModifyRule(ctx, &elasticloadbalancingv2.ModifyRuleInput{RuleArn: aws.String("r")})
	return err
}

func getMetricData(ctx context.Context, c *cloud.Clients) error {
	client, err := c.CloudWatch(ctx, "")
	if err != nil {
		return err
	}
	_, err = client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	return err
}

func describeSecret(ctx context.Context, c *cloud.Clients) error {
	return c.AWSJSON(ctx, "", "secretsmanager", "secretsmanager.DescribeSecret", map[string]string{"SecretId": "s"}, nil)
}

func runTask(ctx context.Context, c *cloud.Clients) error {
	return c.AWSJSON(ctx, "", "ecs", "AmazonEC2ContainerServiceV20141113.RunTask", map[string]string{"cluster": "c"}, nil)
}

func getRole(ctx context.Context, c *cloud.Clients) error {
	return c.AWSQuery(ctx, "", "iam", "2010-05-08", "GetRole", url.Values{"RoleName": {"r"}}, nil)
}

func setDesired(ctx context.Context, c *cloud.Clients) error {
	return c.AWSQuery(ctx, "", "autoscaling", "2011-01-01", "SetDesiredCapacity", nil, nil)
}

func describeGroups(ctx context.Context, c *cloud.Clients) error {
	return c.AWSQuery(ctx, "", "ec2", "2016-11-15", "DescribeSecurityGroups", nil, nil)
}

func getStage(ctx context.Context, c *cloud.Clients) error {
	return c.AWSRest(ctx, "", "apigateway", http.MethodGet, "/restapis/a/stages/prod", nil, nil, nil)
}

func patchStage(ctx context.Context, c *cloud.Clients) error {
	return c.AWSRest(ctx, "", "apigateway", http.MethodPatch, "/restapis/a/stages/prod", nil, map[string]string{"op": "replace"}, nil)
}

func listObjects(ctx context.Context, c *cloud.Clients) error {
	return c.AWSRest(ctx, "", "s3", http.MethodGet, "/bucket", url.Values{"list-type": {"2"}}, nil, nil)
}

// signedFor returns for which region and service a request was signed, and by whom.
func signedFor(a arrived) (key, in, service string) {
	_, rest, _ := strings.Cut(a.authorization, "Credential=")
	rest, _, _ = strings.Cut(rest, ",")
	parts := strings.Split(rest, "/")
	if len(parts) < 5 {
		return "", "", ""
	}
	return parts[0], parts[2], parts[3]
}
