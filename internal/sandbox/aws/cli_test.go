package aws_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awscli"
)

// cli returns a function that runs the real aws against the sandbox.
func (w *world) cli(k aws.Key) func(args ...string) (string, error) {
	w.t.Helper()
	c, err := awscli.For(w.Sandbox, k, w.t.TempDir())
	if err != nil {
		if os.Getenv("CI") != "" {
			w.t.Fatalf("CI must have aws: %v", err)
		}
		w.t.Skip(err)
	}
	return func(args ...string) (string, error) {
		out, err := c.Run(w.t.Context(), args...)
		return strings.TrimSpace(out), err
	}
}

func TestCLIIsAnotherWriter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.shop()
	run := w.cli(w.Admin())
	out, err := run("lambda", "update-alias", "--function-name", "shop", "--name", "live", "--routing-config", "AdditionalVersionWeights={2=0.25}", "--query", "RevisionId", "--output", "text")
	if err != nil || out != w.live().RevisionID || w.live().Weights["2"] != 0.25 {
		t.Fatalf("%q %v, the alias is %+v", out, err, w.live())
	}
	out, err = run("lambda", "update-alias", "--function-name", "shop", "--name", "live", "--revision-id", "old", "--routing-config", "{}")
	if err == nil || !strings.Contains(out, "(PreconditionFailedException) when calling the UpdateAlias operation") {
		t.Errorf("a stale revision: %s", out)
	}
	out, err = run("lambda", "update-alias", "--function-name", "shop", "--name", "live", "--routing-config", "{}", "--query", "RoutingConfig", "--output", "text")
	if err != nil || out != "None" || len(w.live().Weights) != 0 {
		t.Errorf("the weights are cleared: %q %v %+v", out, err, w.live())
	}
	at := w.clock.Now().Add(-time.Minute).Format(time.RFC3339)
	if out, err := run("cloudwatch", "put-metric-data", "--namespace", "App", "--metric-data", "MetricName=E,Value=7,Timestamp="+at+",Dimensions=[{Name=A,Value=1}]"); err != nil {
		t.Errorf("put-metric-data: %s", out)
	}
	if got, err := ask(t, w.cloudwatchClients()["cbor"], w, 5*time.Minute, metric("m", "E", "p50", "A=1")); err != nil || len(got["m"]) != 1 || got["m"][0] != 7 {
		t.Errorf("what it put: %v %v", got, err)
	}
	k := ok[aws.Key](t)(w.User("reader", policy(allow("*", "elasticloadbalancing:DescribeLoadBalancers"))))
	run = w.cli(k)
	if out, err := run("elbv2", "describe-load-balancers", "--query", "length(LoadBalancers)"); err != nil || out != "0" {
		t.Errorf("describe-load-balancers: %s %v", out, err)
	}
	if out, err := run("elbv2", "describe-rules", "--listener-arn", "arn:x"); err == nil || !strings.Contains(out, "(AccessDenied)") {
		t.Errorf("describe-rules: %s", out)
	}
	if out, err := run("s3api", "head-bucket", "--bucket", "b"); err == nil || !strings.Contains(out, "403") {
		t.Errorf("head-bucket: %s", out)
	}
}
