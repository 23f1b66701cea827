package loggroup

import (
	"fmt"
	"os"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), start) }

// start is an account with a log group.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	create(w, "/app/api")
	w.Block = values{"group": "/app/api", "min_retention": 30, "region": w.Region()}
	w.Gone = func() { w.Block["group"] = "/app/none" }
	return w
}

func create(w *preflighttest.OnAWS, name string) {
	w.JSON("logs", "Logs_20140328.CreateLogGroup", map[string]string{"logGroupName": name}, nil)
}

func TestGroup(t *testing.T) {
	w := start(t)
	for given, why := range map[string]string{
		"/app/api":                                "passed: it exists, and keeps events for ever",
		w.ARN("logs", "log-group:/app/api"):       "passed: it exists, and keeps events for ever",
		w.ARN("logs", "log-group:/app/api:*"):     "passed: it exists, and keeps events for ever",
		"/app/ap":                                 "failed, may pass: there is no such log group in eu-central-1",
		"arn:aws:logs:us-east-1:1:log-group:/app": "failed, may pass: there is no such log group in us-east-1",
	} {
		w.Block = values{"group": given}
		w.Fill["region"] = "*"
		preflighttest.Expect(t, w.Run(), why)
	}
}

func TestRetention(t *testing.T) {
	w := start(t)
	w.JSON("logs", "Logs_20140328.PutRetentionPolicy", map[string]any{"logGroupName": "/app/api", "retentionInDays": 14}, nil)
	preflighttest.Expect(t, w.Run(), "failed: it keeps events for 14 days, and not for 30")
	w.Block["min_retention"] = 14
	preflighttest.Expect(t, w.Run(), "passed: it exists, and keeps events for 14 days")
}

// A group may stand behind many whose names begin alike.
func TestPages(t *testing.T) {
	w := start(t)
	for i := range 60 {
		create(w, fmt.Sprintf("/app-%02d", i))
	}
	create(w, "/app-59/last")
	w.Block = values{"group": "/app-59/last"}
	preflighttest.Expect(t, w.Run(), "passed: it exists, and keeps events for ever")
	w.Block = values{"group": "/app-"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such log group in eu-central-1")
	if n := len(w.Sandbox.Calls()); n < 3 {
		t.Errorf("%d calls: it was all on one page", n)
	}
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/api:*"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":         {values{"group": arn, "min_retention": 1, "region": "eu-west-1"}, nil},
		"unknown":     {values{"group": preflighttest.Unknown, "min_retention": preflighttest.Unknown, "region": preflighttest.Unknown}, nil},
		"a stream":    {values{"group": "arn:aws:logs:eu-west-1:123456789012:log-group:api:log-stream:1"}, []string{"group"}},
		"another ARN": {values{"group": "arn:aws:s3:::logs"}, []string{"group"}},
		"a space":     {values{"group": "my logs"}, []string{"group"}},
		"nothing":     {values{"group": ""}, []string{"group"}},
		"no days":     {values{"group": "api", "min_retention": 0}, []string{"min_retention"}},
		"two regions": {values{"group": arn, "region": "eu-west-2"}, []string{"region"}},
	})
}
