package aws_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

// A fakeClock stands still until it is moved.
type fakeClock struct{ at time.Time }

func newClock() *fakeClock { return &fakeClock{time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time { return c.at }

func (c *fakeClock) elapse(d time.Duration) { c.at = c.at.Add(d) }

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
