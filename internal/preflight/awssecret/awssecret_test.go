package awssecret

import (
	"os"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

func TestPermissions(t *testing.T) { preflighttest.Permissions(t, Kind(), start) }

const value = "s3cret of the sandbox"

// start is an account with a secret that has a value.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	create(w, "prod/stripe", value)
	w.Fill["secret"] = "prod/stripe"
	w.Block = values{"secret": "prod/stripe", "stage": "AWSCURRENT", "region": w.Region()}
	w.Gone = func() { w.Block["secret"], w.Fill["secret"] = "none", "none" }
	return w
}

type made struct{ ARN, VersionId string }

func create(w *preflighttest.OnAWS, name, value string) {
	in := map[string]string{"Name": name}
	if value != "" {
		in["SecretString"] = value
	}
	w.JSON("secretsmanager", "secretsmanager.CreateSecret", in, nil)
}

func put(w *preflighttest.OnAWS, stage string) made {
	var out made
	w.JSON("secretsmanager", "secretsmanager.PutSecretValue", map[string]any{"SecretId": "prod/stripe", "SecretString": value, "VersionStages": []string{stage}}, &out)
	return out
}

func TestStages(t *testing.T) {
	w := start(t)
	w.Fill["secret"] = "*"
	first := put(w, "AWSCURRENT")
	preflighttest.Expect(t, w.Run(), "passed: AWSCURRENT is version "+first.VersionId)
	w.Block = values{"secret": first.ARN}
	preflighttest.Expect(t, w.Run(), "passed: AWSCURRENT is version "+first.VersionId)
	w.Block = values{"secret": first.ARN + "|" + first.VersionId}
	preflighttest.Expect(t, w.Run(), "passed: AWSCURRENT is version "+first.VersionId)
	second := put(w, "AWSCURRENT")
	preflighttest.Expect(t, w.Run(), "failed, may pass: its version "+first.VersionId+" does not have the stage AWSCURRENT, which "+second.VersionId+" has")
	w.Block["stage"] = "AWSPREVIOUS"
	preflighttest.Expect(t, w.Run(), "passed: AWSPREVIOUS is version "+first.VersionId)
	w.Block = values{"secret": "prod/stripe", "stage": "blue"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: no version has the stage blue, so there is nothing to read")
	blue := put(w, "blue")
	preflighttest.Expect(t, w.Run(), "passed: blue is version "+blue.VersionId)
}

func TestNothingToRead(t *testing.T) {
	w := start(t)
	w.Fill["secret"] = "*"
	create(w, "empty", "")
	w.Block = values{"secret": "empty"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: no version has the stage AWSCURRENT, so there is nothing to read")
	w.Block = values{"secret": "none"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such secret in eu-central-1")
	w.Fill["region"] = "*"
	w.Block = values{"secret": "prod/stripe", "region": "us-east-1"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such secret in us-east-1")
}

// AWS still describes a secret that is scheduled for deletion.
func TestScheduledForDeletion(t *testing.T) {
	w := start(t)
	w.JSON("secretsmanager", "secretsmanager.DeleteSecret", map[string]any{"SecretId": "prod/stripe", "RecoveryWindowInDays": 7}, nil)
	got := w.Run()
	if len(got) != 1 || got[0].Status != rollout.Failed || got[0].Retry || !strings.HasPrefix(got[0].Why, "it is scheduled for deletion, on 20") ||
		!strings.HasSuffix(got[0].Fix, "\n  aws secretsmanager restore-secret --region eu-central-1 --secret-id prod/stripe") {
		t.Errorf("got %+v", got)
	}
	w.JSON("secretsmanager", "secretsmanager.RestoreSecret", map[string]any{"SecretId": "prod/stripe"}, nil)
	if got := w.Run(); got[0].Status != rollout.Passed {
		t.Errorf("restored: %+v", got)
	}
}

// No value is ever asked for, and none is told.
func TestQuestions(t *testing.T) {
	w := start(t)
	for _, f := range w.Run() {
		if strings.Contains(f.Why+f.Fix, value) {
			t.Error("it tells the secret")
		}
	}
	for _, c := range w.Sandbox.Calls() {
		if c.Action != describe {
			t.Errorf("asked %+v", c)
		}
	}
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe-AbCdEf"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":               {values{"secret": "prod/stripe", "stage": "blue", "region": "eu-west-1"}, nil},
		"an ARN":            {values{"secret": arn, "region": "eu-west-1"}, nil},
		"a version":         {values{"secret": arn + "|EXAMPLE1-90ab-cdef-fedc-ba987SECRET1"}, nil},
		"unknown":           {values{"secret": preflighttest.Unknown, "stage": preflighttest.Unknown, "region": preflighttest.Unknown}, nil},
		"another ARN":       {values{"secret": "arn:aws:ssm:eu-west-1:123456789012:parameter/stripe"}, []string{""}},
		"a payload":         {values{"secret": "hunter2 is my password"}, []string{""}},
		"nothing":           {values{"secret": ""}, []string{""}},
		"no stage":          {values{"secret": arn, "stage": "the current one"}, []string{"stage"}},
		"a zone":            {values{"secret": "stripe", "region": "eu-west-1a"}, []string{"region"}},
		"in another region": {values{"secret": arn, "region": "eu-west-2"}, []string{"region"}},
	})
}
