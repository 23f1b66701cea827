package cloud_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// TestAWSClients: every way to ask goes to the endpoint, signed for its service
// and region, and says who asks; building them asks nobody.
func TestAWSClients(t *testing.T) {
	for name, service := range map[string]string{
		"rest-json read": "lambda", "query read": "elasticloadbalancing", "json of CloudWatch": "monitoring", "signed json read": "secretsmanager",
		"signed query read": "iam", "signed query of EC2": "ec2", "signed rest read": "apigateway",
	} {
		t.Run(name, func(t *testing.T) {
			f := newAWS(t)
			keys(t)
			c := f.clients()
			for _, p := range protocols {
				if p.name != name {
					continue
				}
				if err := p.ask(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			seen := f.seen()
			if len(seen) != 1 {
				t.Fatalf("%d calls", len(seen))
			}
			key, in, of := signedFor(seen[0])
			want := region
			if service == "iam" {
				want = "us-east-1"
			}
			if key != accessKey || in != want || of != service {
				t.Errorf("signed by %s for %s of %s", key, of, in)
			}
			if !strings.Contains(seen[0].agent, agent) {
				t.Errorf("agent %q", seen[0].agent)
			}
			if strings.Contains(fmt.Sprint(seen[0]), secret) {
				t.Error("the secret was sent")
			}
		})
	}
}

// TestAWSBuildsLazily: clients of all regions are there before anybody is asked,
// and one region has one client.
func TestAWSBuildsLazily(t *testing.T) {
	f := newAWS(t)
	c := f.clients()
	one, err := c.Lambda(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	same, err := c.Lambda(t.Context(), region)
	if err != nil || one != same {
		t.Errorf("the provider's region has two clients: %v", err)
	}
	other, err := c.Lambda(t.Context(), "us-east-1")
	if err != nil || one == other {
		t.Errorf("two regions have one client: %v", err)
	}
	if calls := len(f.seen()); calls != 0 {
		t.Errorf("%d calls", calls)
	}
}

// TestCloudWatchSpeaks JSON to whoever stands in for AWS.
func TestCloudWatchSpeaks(t *testing.T) {
	f := newAWS(t)
	if err := getMetricData(t.Context(), f.clients()); err != nil {
		t.Fatal(err)
	}
	if a := f.seen()[0]; a.version != "application/x-amz-json-1.0" || a.target != "GraniteServiceVersion20100801.DescribeAlarms" {
		t.Errorf("it asked %s as %s", a.target, a.version)
	}
}

// TestSignedRequests: what is asked and what is decoded, in each form.
func TestSignedRequests(t *testing.T) {
	f := newAWS(t)
	c := f.clients()
	f.answer = func(_ int, a arrived) reply {
		switch {
		case strings.HasPrefix(a.target, "secretsmanager."):
			return reply{status: 200, header: map[string]string{"Content-Type": "application/x-amz-json-1.1"}, body: `{"ARN":"arn:s","Name":"n"}`}
		case strings.Contains(a.body, "Action=GetRole"):
			return reply{status: 200, header: map[string]string{"Content-Type": "text/xml"}, body: `<GetRoleResponse><GetRoleResult><Role><Arn>arn:r</Arn></Role></GetRoleResult></GetRoleResponse>`}
		case a.method == http.MethodHead:
			return reply{status: 301, header: map[string]string{"X-Amz-Bucket-Region": "us-west-2"}}
		case strings.HasPrefix(a.path, "/bucket"):
			return reply{status: 200, header: map[string]string{"Content-Type": "application/xml"}, body: `<ListBucketResult><KeyCount>3</KeyCount></ListBucketResult>`}
		}
		return reply{status: 200, header: map[string]string{"Content-Type": "application/json"}, body: `{"deploymentId":"d"}`}
	}
	var secret struct{ ARN string }
	if err := c.AWSJSON(t.Context(), "", "secretsmanager", "secretsmanager.DescribeSecret", map[string]string{"SecretId": "n"}, &secret); err != nil || secret.ARN != "arn:s" {
		t.Errorf("%+v, %v", secret, err)
	}
	var role struct {
		Arn string `xml:"GetRoleResult>Role>Arn"`
	}
	if err := c.AWSQuery(t.Context(), "", "iam", "2010-05-08", "GetRole", url.Values{"RoleName": {"a/b"}}, &role); err != nil || role.Arn != "arn:r" {
		t.Errorf("%+v, %v", role, err)
	}
	var list struct{ KeyCount int }
	if err := c.AWSRest(t.Context(), "", "s3", http.MethodGet, "/bucket", url.Values{"list-type": {"2"}, "prefix": {"a b/"}}, nil, &list); err != nil || list.KeyCount != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	var stage struct {
		DeploymentID string `json:"deploymentId"`
	}
	if err := c.AWSRest(t.Context(), "", "apigateway", http.MethodGet, "/restapis/a/stages/prod", nil, nil, &stage); err != nil || stage.DeploymentID != "d" {
		t.Errorf("%+v, %v", stage, err)
	}
	var header http.Header
	err := c.AWSRest(t.Context(), "", "s3", http.MethodHead, "/bucket", nil, nil, &header)
	if err == nil || header.Get("X-Amz-Bucket-Region") != "us-west-2" || cloud.AWSCode(err) != "MovedPermanently" {
		t.Errorf("%v, %v", header, err)
	}
	seen := f.seen()
	if seen[0].body != `{"SecretId":"n"}` || seen[1].body != "Action=GetRole&RoleName=a%2Fb&Version=2010-05-08" {
		t.Errorf("asked %+v", seen)
	}
}

// TestSignatures are those that AWS's own signer makes: of S3 the path is escaped
// once, of others twice, and S3 is told what the body's hash is.
func TestSignatures(t *testing.T) {
	for service, once := range map[string]bool{"s3": true, "apigateway": false} {
		f := newAWS(t)
		if err := f.clients().AWSRest(t.Context(), "", service, http.MethodGet, "/a%20b/c", nil, nil, nil); err != nil {
			t.Fatal(err)
		}
		got := f.seen()[0]
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/a%20b/c", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		if once {
			r.Header.Set("X-Amz-Content-Sha256", nothing)
		} else {
			r.Header.Set("Accept", "application/json")
		}
		creds := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
		if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, nothing, service, region, noon, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = once }); err != nil {
			t.Fatal(err)
		}
		if want := r.Header.Get("Authorization"); got.authorization != want {
			t.Errorf("%s: %s, want %s", service, got.authorization, want)
		}
		if (got.hash == nothing) != once {
			t.Errorf("%s: hash %q", service, got.hash)
		}
	}
}

// TestHeads: what has no body says with its status alone whether it is there.
func TestHeads(t *testing.T) {
	for status, means := range map[int]error{404: rollout.ErrGone, 403: rollout.ErrDenied, 400: rollout.ErrInvalid} {
		f := newAWS(t)
		f.answer = func(int, arrived) reply { return reply{status: status} }
		err := f.clients().AWSRest(t.Context(), "", "s3", http.MethodHead, "/bucket", nil, nil, nil)
		if err = cloud.AWSError("look at bucket", err); !errors.Is(err, means) {
			t.Errorf("%d is %v", status, err)
		}
		if cloud.AWSGone(err) {
			t.Error("a text is gone")
		}
	}
}

// TestAddresses are those of AWS's own lists
// (https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html).
func TestAddresses(t *testing.T) {
	for _, c := range []struct{ service, region, at, signs string }{
		{"secretsmanager", "eu-west-1", "https://secretsmanager.eu-west-1.amazonaws.com", "eu-west-1"},
		{"ecr", "eu-west-1", "https://api.ecr.eu-west-1.amazonaws.com", "eu-west-1"},
		{"iam", "eu-west-1", "https://iam.amazonaws.com", "us-east-1"},
		{"iam", "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"iam", "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
		{"kms", "cn-north-1", "https://kms.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"s3", "us-west-2", "https://s3.us-west-2.amazonaws.com", "us-west-2"},
	} {
		noAmazon(t)
		of := cloud.New(cloud.Config{UserAgent: agent, Clock: clocktest.New(noon)})
		at, signs, err := of.AWSAddress(t.Context(), c.region, c.service)
		if err != nil || at != c.at || signs != c.signs {
			t.Errorf("%s in %s is at %s, signed for %s (%v)", c.service, c.region, at, signs, err)
		}
	}
}

// TestAddressesGiven: what the provider names goes before what the environment
// names for one service, and that before what it names for all.
func TestAddressesGiven(t *testing.T) {
	noAmazon(t)
	ask := func(service string, a cloud.AWS) string {
		t.Helper()
		at, _, err := cloud.New(cloud.Config{AWS: a, UserAgent: agent, Clock: clocktest.New(noon)}).AWSAddress(t.Context(), region, service)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	t.Setenv("AWS_USE_FIPS_ENDPOINT", "true")
	for service, want := range map[string]string{"kms": "kms-fips.eu-west-1", "ecr": "ecr-fips.eu-west-1", "iam": "iam-fips"} {
		if at := ask(service, cloud.AWS{}); at != "https://"+want+".amazonaws.com" {
			t.Errorf("validated: %s", at)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", "https://all.example.com/")
	if at := ask("kms", cloud.AWS{}); at != "https://all.example.com" {
		t.Errorf("for all: %s", at)
	}
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://one.example.com")
	if at := ask("secretsmanager", cloud.AWS{}); at != "https://one.example.com" {
		t.Errorf("for one: %s", at)
	}
	t.Setenv("ROLLOUT_AWS_ENDPOINT", "https://ours.example.com")
	if at := ask("secretsmanager", cloud.AWS{}); at != "https://ours.example.com" {
		t.Errorf("ours: %s", at)
	}
	if at := ask("secretsmanager", cloud.AWS{Endpoint: "https://block.example.com/"}); at != "https://block.example.com" {
		t.Errorf("the block's: %s", at)
	}
	t.Setenv("ROLLOUT_AWS_ENDPOINT", "")
	t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
	if at := ask("secretsmanager", cloud.AWS{}); at != "https://secretsmanager-fips.eu-west-1.amazonaws.com" {
		t.Errorf("ignored: %s", at)
	}
}

// TestOneEndpoint: an endpoint of the provider's is for the SDK's clients as well
// before what the environment names for one of them.
func TestOneEndpoint(t *testing.T) {
	f := newAWS(t)
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")
	if err := getAlias(t.Context(), f.clients()); err != nil {
		t.Error(err)
	}
}

func TestAWSEndpointProblems(t *testing.T) {
	for text, want := range map[string]string{
		"lambda.example.com":                   "The AWS endpoint is not an address",
		"ftp://127.0.0.1":                      "The AWS endpoint is not an address",
		"http://me:" + secret + "@127.0.0.1":   "The AWS endpoint is not an address",
		"https://example.com/path":             "The AWS endpoint is not an address",
		"https://example.com?token=" + secret:  "The AWS endpoint is not an address",
		"http://lambda.example.com":            "The AWS endpoint would carry signed requests in clear",
		"http://169.254.169.254":               "The AWS endpoint would carry signed requests in clear",
		"http://127.0.0.1.example.com:4566":    "The AWS endpoint would carry signed requests in clear",
		"http://localhost.localdomain.evil.io": "The AWS endpoint would carry signed requests in clear",
	} {
		for _, by := range []string{"block", "environment"} {
			noAmazon(t)
			a := cloud.AWS{Region: region}
			if by == "block" {
				a.Endpoint = text
			} else {
				t.Setenv("ROLLOUT_AWS_ENDPOINT", text)
			}
			err := getAlias(t.Context(), cloud.New(cloud.Config{AWS: a, UserAgent: agent, Clock: clocktest.New(noon)}))
			silent(t, err)
			var problem rollout.Problem
			if !errors.As(err, &problem) || problem.What != want {
				t.Errorf("%s by the %s: %v", text, by, err)
			}
		}
	}
}

// TestNothingInClear: an address of the environment's own is held to the same.
func TestNothingInClear(t *testing.T) {
	noAmazon(t)
	keys(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://aws.example.com")
	for _, p := range protocols {
		err := cloud.AWSError("ask", p.ask(t.Context(), cloud.New(cloud.Config{AWS: cloud.AWS{Region: region}, UserAgent: agent, Clock: clocktest.New(noon)})))
		silent(t, err)
		var problem rollout.Problem
		if !errors.As(err, &problem) || !strings.Contains(problem.Why, "http://aws.example.com") {
			t.Errorf("%s: %v", p.name, err)
		}
	}
}

// TestNoRedirect: a signature is for one address.
func TestNoRedirect(t *testing.T) {
	f := newAWS(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was followed") }))
	defer elsewhere.Close()
	f.answer = func(int, arrived) reply {
		return reply{status: 307, header: map[string]string{"Location": elsewhere.URL}}
	}
	for _, p := range protocols {
		if err := p.ask(t.Context(), f.clients()); err == nil {
			t.Errorf("%s: no error", p.name)
		}
	}
}

// TestAWSByTLS: with a certificate that AWS_CA_BUNDLE names.
func TestAWSByTLS(t *testing.T) {
	noAmazon(t)
	keys(t)
	f := &fakeAWS{clock: clocktest.New(noon), answer: func(int, arrived) reply { return reply{} }}
	f.server = httptest.NewTLSServer(f)
	defer f.server.Close()
	t.Setenv("AWS_CA_BUNDLE", os.Getenv("SSL_CERT_FILE"))
	for _, p := range protocols {
		if err := p.ask(t.Context(), f.clients()); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	if key, _, _ := signedFor(f.seen()[0]); key != accessKey {
		t.Errorf("signed by %q", key)
	}
}

func TestNoRegion(t *testing.T) {
	f := newAWS(t)
	for _, p := range protocols {
		var problem rollout.Problem
		if err := p.ask(t.Context(), f.with(cloud.AWS{})); !errors.As(err, &problem) || problem.What != "There is no AWS region" {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	t.Setenv("AWS_REGION", "eu-north-1")
	for _, p := range protocols {
		if err := p.ask(t.Context(), f.with(cloud.AWS{})); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	if _, in, _ := signedFor(f.seen()[0]); in != "eu-north-1" {
		t.Errorf("signed for %s", in)
	}
	if _, err := f.with(cloud.AWS{}).Lambda(t.Context(), "us-east-1"); err != nil {
		t.Errorf("a region that is given: %v", err)
	}
}

// functions are answers of Lambda with what nobody may keep.
var functions = map[string]func(t *testing.T, c *lambda.Client) (any, error){
	"GetFunction": func(t *testing.T, c *lambda.Client) (any, error) {
		return c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("f")})
	},
	"GetFunctionConfiguration": func(t *testing.T, c *lambda.Client) (any, error) {
		return c.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("f")})
	},
	"UpdateFunctionConfiguration": func(t *testing.T, c *lambda.Client) (any, error) {
		return c.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("f")})
	},
	"UpdateFunctionCode": func(t *testing.T, c *lambda.Client) (any, error) {
		return c.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: aws.String("f"), ZipFile: []byte("z")})
	},
	"PublishVersion": func(t *testing.T, c *lambda.Client) (any, error) {
		return c.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: aws.String("f")})
	},
	"ListVersionsByFunction": func(t *testing.T, c *lambda.Client) (any, error) {
		return c.ListVersionsByFunction(t.Context(), &lambda.ListVersionsByFunctionInput{FunctionName: aws.String("f")})
	},
	"ListFunctions": func(t *testing.T, c *lambda.Client) (any, error) {
		return c.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	},
}

// TestFunctionsWithoutSecrets: no answer of Lambda has the value of a variable or
// the address of code, and equal values can be told.
func TestFunctionsWithoutSecrets(t *testing.T) {
	f := newAWS(t)
	const environment = `"FunctionName":"f","Environment":{"Variables":{"PASSWORD":"` + secret + `","SAME":"` + secret + `","OTHER":"x"}}`
	f.answer = func(int, arrived) reply {
		return reply{status: 200, header: map[string]string{"Content-Type": "application/json"}, body: fmt.Sprintf(
			`{%[1]s,"Configuration":{%[1]s},"Code":{"Location":"https://bucket/%[2]s","ImageUri":"i"},"Versions":[{%[1]s}],"Functions":[{%[1]s}]}`, environment, secret)}
	}
	c := f.clients()
	client, err := c.Lambda(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range functions {
		out, err := ask(t, client)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), secret) {
			t.Errorf("%s keeps the secret: %s", name, text)
		}
		if strings.Count(string(text), c.Sealed(secret)) < 2 || !strings.Contains(string(text), `"OTHER":"`+c.Sealed("x")+`"`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestSeals: a seal tells equal values, also those of an earlier process, whose
// hash of a whole configuration is compared with today's.
func TestSeals(t *testing.T) {
	f := newAWS(t)
	one, other := f.clients(), f.clients()
	first := one.Sealed("a")
	for who, again := range map[string]string{"once more": one.Sealed("a"), "in another process": other.Sealed("a")} {
		if again != first {
			t.Errorf("one value has two seals: %s and, %s, %s", first, who, again)
		}
	}
	for who, seal := range map[string]string{"another value": one.Sealed("b"), "no value": one.Sealed("")} {
		if seal == first || seal == "" {
			t.Errorf("%s has the seal %q", who, seal)
		}
	}
}

// TestAWSAtOnce: one value serves all resources of a provider.
func TestAWSAtOnce(t *testing.T) {
	f := newAWS(t)
	c := f.clients()
	var all sync.WaitGroup
	for range 8 {
		for _, p := range protocols {
			all.Go(func() {
				if err := p.ask(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
}

type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// TestBodiesEndWell: the SDK closes a request's body when the answer begins, and a
// transport that looks only then whether something is left finds nothing, and no
// error.
func TestBodiesEndWell(t *testing.T) {
	for _, size := range []int{0, 1, 100_000} {
		empty, ok := smithyhttp.NewStackRequest().(*smithyhttp.Request)
		if !ok {
			t.Fatal("a request of the SDK is none")
		}
		request, err := empty.SetStream(bytes.NewReader(make([]byte, size)))
		if err != nil {
			t.Fatal(err)
		}
		built := request.Build(t.Context())
		built.URL = &url.URL{Scheme: "https", Host: "lambda.eu-west-1.amazonaws.com"}
		var sent, rest int64
		_, err = cloud.Carries(carrier(func(r *http.Request) (*http.Response, error) {
			if r.Body == nil {
				return nil, nil
			}
			var err, after error
			sent, err = io.Copy(io.Discard, io.LimitReader(r.Body, r.ContentLength))
			closed := built.Body.Close()
			rest, after = io.Copy(io.Discard, r.Body)
			return nil, errors.Join(err, closed, after)
		})).RoundTrip(built)
		if err != nil || sent != int64(size) || rest != 0 {
			t.Errorf("%d bytes: %d were sent, and %d afterwards: %v", size, sent, rest, err)
		}
	}
}

// written writes a file of the home folder.
func written(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(os.Getenv("HOME"), name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// configured writes the shared configuration file.
func configured(t *testing.T, text string) {
	t.Helper()
	t.Setenv("AWS_CONFIG_FILE", written(t, ".aws/config", text))
}
