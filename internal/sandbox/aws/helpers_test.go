package aws_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

// A fakeClock stands still until it is moved.
type fakeClock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *fakeClock { return &fakeClock{at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *fakeClock) elapse(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a sandbox on a clock of its own, and a client of Lambda.
type world struct {
	*aws.Sandbox
	t     *testing.T
	clock *fakeClock
}

func newWorld(t *testing.T, o aws.Options) *world {
	t.Helper()
	c := newClock()
	o.Now = c.Now
	return &world{awstest.New(t, o), t, c}
}

// config is what SDK clients of the sandbox are made from: one attempt, so that a
// test sees what was answered.
func (w *world) config(k aws.Key) sdk.Config {
	return sdk.Config{
		Region: w.Region(), BaseEndpoint: sdk.String(w.URL()), HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Retryer: func() sdk.Retryer { return retry.AddWithMaxAttempts(sdk.NopRetryer{}, 1) },
		Credentials: sdk.CredentialsProviderFunc(func(context.Context) (sdk.Credentials, error) {
			return sdk.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret, SessionToken: k.Token}, nil
		}),
	}
}

func (w *world) lambda() *lambda.Client { return lambda.NewFromConfig(w.config(w.Admin())) }

// shop is a function with two versions and an alias that points at the first.
func (w *world) shop() {
	w.t.Helper()
	if err := w.CreateFunction(aws.FunctionSpec{Name: "shop", Zip: []byte("v1"), Environment: map[string]string{"V": "1"}}); err != nil {
		w.t.Fatal(err)
	}
	for _, v := range []string{"1", "2"} {
		if n, err := w.Publish("shop", []byte("v"+v), map[string]string{"V": v}); err != nil || n != v {
			w.t.Fatalf("published %s: %v", n, err)
		}
	}
	if err := w.SetAlias("shop", "live", "1", nil); err != nil {
		w.t.Fatal(err)
	}
}

// code is the error code of AWS, "" if there is none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if code(err) != want {
		t.Fatalf("got %v, want the code %s", err, want)
	}
}

func ok[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// errNotKnown stands for an answer that a plain HTTP client does not take for an error.
var errNotKnown = errors.New("not an answer of AWS")

// post sends a signed request and returns status and body.
func (w *world) post(k aws.Key, service, contentType, target string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.URL()+"/", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	sum := sha256.Sum256(body)
	creds := sdk.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret, SessionToken: k.Token}
	if err := v4.NewSigner().SignHTTP(w.t.Context(), creds, req, hex.EncodeToString(sum[:]), service, w.Region(), w.clock.Now()); err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	return resp.StatusCode, out, err
}

// head sends a signed HEAD to S3 and returns the status.
func (w *world) head(k aws.Key, uri string) (int, error) {
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodHead, w.URL()+uri, nil)
	if err != nil {
		return 0, err
	}
	sum := hex.EncodeToString(sha256.New().Sum(nil))
	req.Header.Set("X-Amz-Content-Sha256", sum)
	creds := sdk.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret, SessionToken: k.Token}
	if err := v4.NewSigner().SignHTTP(w.t.Context(), creds, req, sum, "s3", w.Region(), w.clock.Now()); err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// query asks an action of the query protocol. An error of AWS is one with its code.
func (w *world) query(k aws.Key, service, version string, form url.Values) (string, error) {
	form.Set("Version", version)
	status, body, err := w.post(k, service, "application/x-www-form-urlencoded; charset=utf-8", "", []byte(form.Encode()))
	if err == nil && status != http.StatusOK {
		_, rest, _ := strings.Cut(string(body), "<Code>")
		code, _, _ := strings.Cut(rest, "</Code>")
		err = &smithy.GenericAPIError{Code: code, Message: string(body)}
	}
	return string(body), err
}

// json asks an action of a JSON service.
func (w *world) json(k aws.Key, service, target, body string) (map[string]any, error) {
	status, raw, err := w.post(k, service, "application/x-amz-json-1.1", target, []byte(body))
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("HTTP %d, %s: %w", status, raw, err)
	}
	if status != http.StatusOK {
		kind, _ := out["__type"].(string)
		return nil, &smithy.GenericAPIError{Code: kind[strings.LastIndex(kind, "#")+1:], Message: string(raw)}
	}
	return out, nil
}
