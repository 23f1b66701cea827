package provider_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
)

// permissionsOf are what a platform asks of an account.
func permissionsOf(t *testing.T, platform string) []cloud.Permission {
	t.Helper()
	for _, k := range catalog.Platforms() {
		if k.Name == platform {
			return k.Permissions
		}
	}
	t.Fatalf("there is no platform %s", platform)
	return nil
}

// may gives a role the policy of a phase, but for some of what it allows.
func (w *world) may(all []cloud.Permission, phase cloud.Phase, without ...cloud.Permission) {
	w.Helper()
	left := slices.DeleteFunc(slices.Clone(all), func(p cloud.Permission) bool { return slices.Contains(without, p) })
	policy, err := cloud.IAMPolicy(left, phase, map[string]string{
		"partition": "aws", "region": w.amazon.Region(), "account": w.amazon.Account(), "function": shop,
		"bucket": "builds-" + w.amazon.Account(), "object": "v2.zip",
	})
	w.must(err)
	w.role, err = w.amazon.Role(string(phase), policy)
	w.must(err)
}

// TestLambdaPolicies: a plan needs what the policy of the plan allows, an apply
// what that of the apply does, and neither needs less. Whatever is missing is
// named.
func TestLambdaPolicies(t *testing.T) {
	t.Parallel()
	w := newLambdaWorld(t)
	builds := "builds-" + w.amazon.Account()
	w.awsCLI("s3api", "create-bucket", "--bucket", builds, "--create-bucket-configuration", "LocationConstraint="+w.amazon.Region())
	w.awsCLI("s3api", "put-bucket-versioning", "--bucket", builds, "--versioning-configuration", "Status=Enabled")
	w.awsCLI("s3api", "put-object", "--bucket", builds, "--key", "v2.zip", "--body", w.zip(2))
	object := strings.Trim(w.awsCLI("s3api", "list-object-versions", "--bucket", builds, "--query", "Versions[0].VersionId", "--output", "text"), "\n")
	w.awsCLI("lambda", "add-permission", "--function-name", shop, "--statement-id", "api", "--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com")
	w.awsCLI("lambda", "add-permission", "--function-name", shop, "--qualifier", "live", "--statement-id", "api", "--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com")
	all := permissionsOf(t, "lambda_alias")
	config := "    s3_bucket               = \"" + builds + "\"\n    s3_key                  = \"v2.zip\"\n    s3_object_version       = \"" + object + "\"\n    code_sha256             = \"@sum2\"\n    environment             = { STAGE = \"test\" }\n    provisioned_concurrency = 1\n"
	runs := func(phase cloud.Phase, do func() (string, int), without ...cloud.Permission) (string, int) {
		t.Helper()
		w.may(all, phase, without...)
		w.moves(config)
		return do()
	}

	if out, code := runs(cloud.AtPlan, w.plan); code != 2 || strings.Contains(out, "not authorized") {
		t.Fatalf("under its policy a plan says\n%s", out)
	}
	published := config
	for _, p := range all {
		if p.Phase != cloud.AtPlan || strings.HasPrefix(p.Where, "of the alias") { // TestSubjectTakesTheURL of the platform has that
			continue
		}
		config = published
		if p.Action == "lambda:ListVersionsByFunction" {
			config = "    version = \"newest\"\n"
		}
		if out, _ := runs(cloud.AtPlan, w.plan, p); !strings.Contains(flatten(out), p.Action) {
			t.Errorf("a plan without %s on %s does not name it:\n%s", p.Action, p.Resource, out)
		}
	}
	if unused := w.amazon.Unused("plan"); len(unused) > 0 {
		t.Errorf("no plan needs %v", unused)
	}
	config = published
	for _, p := range all {
		if p.Action == "lambda:ListTags" || p.Action == "s3:GetObject" || strings.HasPrefix(p.Where, "of the alias") {
			continue // the first only warns, and of the second it is the version that is read
		}
		if out, code := runs(cloud.AtApply, w.apply, p); code == 0 || !strings.Contains(flatten(out), p.Action) {
			t.Errorf("an apply without %s on %s ends with %d and does not name it:\n%s", p.Action, p.Resource, code, out)
		}
	}
	if out, code := runs(cloud.AtApply, w.apply); code != 0 {
		t.Fatalf("under its policy an apply says\n%s", out)
	}
	w.atVersion("2")
	if unused := w.amazon.Unused("apply"); !slices.Equal(unused, []string{"s3:GetObject"}) { // of an object without a version
		t.Errorf("no apply needs %v", unused)
	}
}
