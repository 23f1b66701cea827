package httpprobe

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate/gatetest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// amazonKeys are the credentials of the environment.
func amazonKeys(t *testing.T) aws.Credentials {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_SESSION_TOKEN": "session",
		"AWS_PROFILE": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": "",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "s3cret", SessionToken: "session"}
}

// signedWell signs a request that arrived once more, and compares. Whoever is in
// between may add a header, which is not among those that were signed.
func signedWell(t *testing.T, r *http.Request, keys aws.Credentials, service, region string) bool {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if service == "vpc-lattice-svcs" {
		hash = "UNSIGNED-PAYLOAD"
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || r.Header.Get("X-Amz-Content-Sha256") != hash {
		return false
	}
	_, names, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	names, _, _ = strings.Cut(names, ",")
	again, err := http.NewRequestWithContext(t.Context(), r.Method, "http://"+r.Host+r.URL.RequestURI(), strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(names, ";") {
		if name != "host" && name != "content-length" {
			again.Header[http.CanonicalHeaderKey(name)] = r.Header.Values(name)
		}
	}
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, again, hash, service, region, at); err != nil {
		t.Fatal(err)
	}
	return again.Header.Get("Authorization") == r.Header.Get("Authorization")
}

// Every request of a conversation is signed, with its body, its cookies and what
// was captured.
func TestRequestsAreSigned(t *testing.T) {
	keys := amazonKeys(t)
	for name, c := range map[string]struct {
		block           values
		service, region string
	}{
		"a function URL":       {values{}, "lambda", "eu-west-1"},
		"API Gateway":          {values{"aws_service": "execute-api", "aws_region": "us-east-1"}, "execute-api", "us-east-1"},
		"one without payloads": {values{"aws_service": "vpc-lattice-svcs"}, "vpc-lattice-svcs", "eu-west-1"},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			url := server(t, func(w http.ResponseWriter, r *http.Request) {
				n++
				if !signedWell(t, r, keys, c.service, c.region) {
					t.Errorf("%s %s is not signed well: %v", r.Method, r.URL, r.Header)
				}
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
				w.Header().Set("X-Id", "a b/c")
			})
			c.block["auth"] = "sigv4"
			c.block["request"] = []any{
				values{"path": "/a b/c?x=1&y= 2", "capture": []any{values{"name": "id", "header": "X-Id"}}},
				values{"path": "/orders/{{id}}?of={{id}}", "method": "POST", "body": `{"id":"{{id}}"}`, "headers": values{"X-Mine": "1"}},
			}
			m := measure(t, rollout.Subject{URL: url, Facts: map[string]string{"region": "eu-west-1"}}, c.block)
			if m.Value != 0 || m.Samples != 2 || n != 2 {
				t.Errorf("%+v of %d requests", m, n)
			}
		})
	}
}

// Without credentials nothing is asked, and a signature goes over no network in
// clear.
func TestNobodySigns(t *testing.T) {
	amazonKeys(t)
	asked := 0
	url := server(t, func(http.ResponseWriter, *http.Request) { asked++ })
	block := values{"auth": "sigv4", "request": []any{values{"path": "/"}}}
	of := rollout.Subject{Revision: "7", URL: url}
	open := func() rollout.Source {
		s, err := Kind().Open(t.Context(), gatetest.Block(t, Kind(), block), cloud.New(cloud.Config{Clock: clock}))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if _, err := open().Measure(t.Context(), of, rollout.Window{}); err == nil || !strings.Contains(err.Error(), "There is no AWS region") {
		t.Errorf("without a region: %v", err)
	}
	of.Facts = map[string]string{"region": "eu-west-1"}
	of.URL = "http://192.0.2.1"
	if _, err := open().Measure(t.Context(), of, rollout.Window{}); err == nil || !strings.Contains(err.Error(), "plain http") {
		t.Errorf("in clear: %v", err)
	}
	of.URL = url
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if _, err := open().Measure(t.Context(), of, rollout.Window{}); err == nil || !strings.Contains(err.Error(), "There are no AWS credentials") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("without credentials: %v", err)
	}
	if asked != 0 {
		t.Errorf("%d requests", asked)
	}
}

func TestBlockOfSigV4(t *testing.T) {
	request := []any{values{"path": "/"}}
	for name, c := range map[string]struct {
		block values
		want  string // of what is wrong
	}{
		"signed":                 {values{"auth": "sigv4", "request": request, "aws_service": "execute-api", "aws_region": "us-gov-west-1"}, ""},
		"unknown":                {values{"auth": gatetest.Unknown, "request": request, "aws_service": gatetest.Unknown, "aws_region": "eu-west-1"}, ""},
		"a service for nothing":  {values{"request": request, "aws_service": "lambda"}, "aws_service is given, and requests are not signed"},
		"a region for another":   {values{"auth": "google_id_token", "request": request, "aws_region": "eu-west-1"}, "aws_region is given, and requests are not signed"},
		"no service":             {values{"auth": "sigv4", "request": request, "aws_service": ""}, "aws_service is empty"},
		"a zone":                 {values{"auth": "sigv4", "request": request, "aws_region": "eu-west-1a"}, "aws_region is not a region of AWS"},
		"another authorization":  {values{"auth": "sigv4", "request": []any{values{"path": "/", "headers_env": values{"authorization": "X"}}}}, "A request would have two of Authorization"},
		"a captured one as well": {values{"auth": "sigv4", "request": []any{values{"path": "/", "capture": []any{values{"name": "t", "header": "X"}}}, values{"path": "/", "headers": values{"Authorization": "{{t}}"}}}}, "A request would have two of Authorization"},
	} {
		problems := Kind().Validate(t.Context(), gatetest.Block(t, Kind(), c.block))
		if c.want == "" && len(problems) > 0 || c.want != "" && (len(problems) != 1 || problems[0].What != c.want) {
			t.Errorf("%s: %q, want %s", name, problems, c.want)
		}
	}
}
