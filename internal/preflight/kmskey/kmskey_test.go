package kmskey

import (
	"os"
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

const none = "1234abcd-12ab-34cd-56ef-1234567890ab"

// start is an account with a key.
func start(t *testing.T) *preflighttest.OnAWS {
	w := preflighttest.NewOnAWS(t, Kind())
	var made answer
	w.JSON("kms", "TrentService.CreateKey", map[string]string{"KeyUsage": "ENCRYPT_DECRYPT"}, &made)
	w.Fill["key"] = made.KeyMetadata.KeyId
	w.Block = values{"key": made.KeyMetadata.Arn, "usage": "ENCRYPT_DECRYPT", "region": w.Region()}
	w.Gone = func() { w.Block["key"], w.Fill["key"] = none, none }
	return w
}

func TestKey(t *testing.T) {
	w := start(t)
	id := w.Fill["key"]
	w.JSON("kms", "TrentService.CreateAlias", map[string]string{"AliasName": "alias/app", "TargetKeyId": id}, nil)
	for _, given := range []string{id, w.ARN("kms", "key/"+id)} {
		w.Block = values{"key": given}
		preflighttest.Expect(t, w.Run(), "passed: it is enabled, for ENCRYPT_DECRYPT")
	}
	w.Block["usage"] = "SIGN_VERIFY"
	preflighttest.Expect(t, w.Run(), "failed: it is for ENCRYPT_DECRYPT, not for SIGN_VERIFY")
	w.Block = values{"key": none}
	w.Fill["key"] = "*"
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such key in eu-central-1")
}

// What stands behind an alias is what counts.
func TestAlias(t *testing.T) {
	w := start(t)
	w.JSON("kms", "TrentService.CreateAlias", map[string]string{"AliasName": "alias/app", "TargetKeyId": w.Fill["key"]}, nil)
	for _, given := range []string{"alias/app", w.ARN("kms", "alias/app")} {
		w.Block = values{"key": given}
		preflighttest.Expect(t, w.Run(), "passed: it is enabled, for ENCRYPT_DECRYPT")
	}
	w.JSON("kms", "TrentService.DisableKey", map[string]string{"KeyId": w.Fill["key"]}, nil)
	preflighttest.Expect(t, w.Run(), "failed: it is disabled, so nothing can be decrypted with it")
}

func TestStates(t *testing.T) {
	w := start(t)
	key := map[string]any{"KeyId": w.Fill["key"]}
	w.JSON("kms", "TrentService.DisableKey", key, nil)
	preflighttest.Expect(t, w.Run(), "failed: it is disabled, so nothing can be decrypted with it")
	w.JSON("kms", "TrentService.ScheduleKeyDeletion", key, nil)
	preflighttest.Expect(t, w.Run(), "failed: it is going to be deleted, so nothing can be decrypted with it")
	for state, want := range map[string]string{
		"Enabled": "passed: it is enabled, for ENCRYPT_DECRYPT", "PendingImport": "failed, may pass: it is PendingImport, so it cannot be used",
		"Unavailable": "failed, may pass: it is Unavailable, so it cannot be used", "": "failed, may pass: it is , so it cannot be used",
	} {
		var a answer
		a.KeyMetadata.KeyId, a.KeyMetadata.KeyState, a.KeyMetadata.KeyUsage = none, state, "ENCRYPT_DECRYPT"
		c := check{}
		c.key.Name = none
		preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, a, "eu-central-1")}, want)
	}
}

// Nothing is encrypted or decrypted.
func TestQuestions(t *testing.T) {
	w := start(t)
	w.Run()
	for _, c := range w.Sandbox.Calls() {
		if c.Action != describe {
			t.Errorf("asked %+v", c)
		}
	}
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":          {values{"key": none, "usage": "KEY_AGREEMENT", "region": "eu-west-1"}, nil},
		"many regions": {values{"key": "mrk-1234abcd12ab34cd56ef1234567890ab"}, nil},
		"an alias":     {values{"key": "arn:aws:kms:eu-west-1:123456789012:alias/aws/s3"}, nil},
		"unknown":      {values{"key": preflighttest.Unknown, "usage": preflighttest.Unknown, "region": preflighttest.Unknown}, nil},
		"a name":       {values{"key": "app"}, []string{"key"}},
		"another ARN":  {values{"key": "arn:aws:iam::123456789012:role/app"}, []string{"key"}},
		"nothing":      {values{"key": ""}, []string{"key"}},
		"another use":  {values{"key": "alias/app", "usage": "encrypt"}, []string{"usage"}},
		"two regions":  {values{"key": "arn:aws:kms:eu-west-1:123456789012:alias/app", "region": "eu-west-2"}, []string{"region"}},
	})
}
