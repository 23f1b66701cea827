package ssmparameter

import (
	"os"
	"strings"
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

const value = "s3cret of the sandbox"

// start is an account with a parameter.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	put(w, "/prod/url", "SecureString")
	w.Block = values{"parameter": "/prod/url", "type": "SecureString", "region": w.Region()}
	w.Gone = func() { w.Block["parameter"] = "/prod/none" }
	return w
}

func put(w *preflighttest.OnAWS, name, sort string) {
	w.JSON("ssm", "AmazonSSM.PutParameter", map[string]any{"Name": name, "Type": sort, "Value": value, "Overwrite": true}, nil)
}

func TestParameter(t *testing.T) {
	w := start(t)
	put(w, "/prod/url", "SecureString")
	preflighttest.Expect(t, w.Run(), "passed: it exists, as a SecureString, in version 2")
	w.Block["type"] = "String"
	preflighttest.Expect(t, w.Run(), "failed: it is a SecureString, not a String")
	put(w, "flat", "String")
	for given, why := range map[string]string{
		"flat":                                "passed: it exists, as a String, in version 1",
		w.ARN("ssm", "parameter/flat"):        "passed: it exists, as a String, in version 1",
		w.ARN("ssm", "parameter/prod/url"):    "passed: it exists, as a SecureString, in version 2",
		w.ARN("ssm", "parameter/prod"):        "failed, may pass: there is no such parameter in eu-central-1",
		"prod":                                "failed, may pass: there is no such parameter in eu-central-1",
		"/prod/ur":                            "failed, may pass: there is no such parameter in eu-central-1",
		"arn:aws:ssm:eu-west-1:1:parameter/x": "failed, may pass: there is no such parameter in eu-west-1",
	} {
		w.Block = values{"parameter": given}
		preflighttest.Expect(t, w.Run(), why)
	}
}

// No value is ever asked for, and none is told.
func TestQuestions(t *testing.T) {
	w := start(t)
	for _, f := range w.Run() {
		if strings.Contains(f.Why+f.Fix, value) {
			t.Error("it tells the value")
		}
	}
	for _, c := range w.Sandbox.Calls() {
		if c.Action != describe {
			t.Errorf("asked %+v", c)
		}
	}
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":               {values{"parameter": "/prod/db/url", "type": "StringList", "region": "eu-west-1"}, nil},
		"an ARN":            {values{"parameter": "arn:aws:ssm:eu-west-1:123456789012:parameter/url"}, nil},
		"unknown":           {values{"parameter": preflighttest.Unknown, "type": preflighttest.Unknown, "region": preflighttest.Unknown}, nil},
		"another ARN":       {values{"parameter": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:url"}, []string{""}},
		"a value":           {values{"parameter": "postgres://db"}, []string{""}},
		"half a path":       {values{"parameter": "prod/url"}, []string{""}},
		"nothing":           {values{"parameter": ""}, []string{""}},
		"another type":      {values{"parameter": "url", "type": "Secret"}, []string{"type"}},
		"a zone":            {values{"parameter": "url", "region": "eu-west-1a"}, []string{"region"}},
		"in another region": {values{"parameter": "arn:aws:ssm:eu-west-1:123456789012:parameter/url", "region": "eu-west-2"}, []string{"region"}},
	})
}
