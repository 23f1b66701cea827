package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

// besideAWS lets the world's Terraform use the real aws provider, against the
// world's AWS.
func (w *world) besideAWS() {
	w.Helper()
	path, err := terraformbin.FindProvider("hashicorp/aws", "5.100.0")
	if err != nil && os.Getenv("CI") == "" {
		w.Skipf("This test needs the aws provider: %v.", err)
	}
	w.must(err)
	mirror := path
	for range 6 { // HOST/NAMESPACE/NAME/VERSION/PLATFORM/FILE
		mirror = filepath.Dir(mirror)
	}
	rc := filepath.Join(w.TempDir(), "terraformrc")
	w.must(os.WriteFile(rc, fmt.Appendf(nil, "disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror), 0o600))
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+rc, "AWS_ENDPOINT_URL="+w.amazon.URL(), "AWS_EC2_METADATA_DISABLED=true", "AWS_CA_BUNDLE=")
}

// TestLambdaBesideTheAWSProvider is the example, as a user copies it: the aws
// provider makes the function and the alias, we move its users, and neither has
// anything to say against the other afterwards.
func TestLambdaBesideTheAWSProvider(t *testing.T) {
	w := newEmptyLambdaWorld(t)
	if w.cli.OpenTofu {
		t.Skip("the mirror has the provider of Terraform's registry")
	}
	t.Setenv("ROLLOUT_AWS_ENDPOINT", w.amazon.URL()) // that of the provider in this process
	w.serve()
	w.besideAWS()
	text, err := os.ReadFile("../../examples/lambda/main.tf")
	w.must(err)
	release := func(n int, colour string) {
		t.Helper()
		w.put("terraform.tfvars", fmt.Sprintf("package = %q\ncolour = %q\n", w.zip(n), colour))
	}
	w.put("main.tf", string(text))
	release(1, "blue")
	w.installs()
	alias := func() string {
		v, _ := w.amazon.Alias("api", "live")
		return fmt.Sprintf("%s %v %q", v.Version, v.Weights, v.Description)
	}
	w.applies() // before there are users, so no gate could judge anything
	w.quiet()
	w.clock.Every(10*time.Second, func(time.Time) { // users, who are what the gates judge by
		_, err := w.amazon.Load("api", "live", 100)
		w.must(err)
	})
	for n, want := range []string{`1 map[] ""`, `2 map[] ""`} { // version 1 is what the function was made with
		release(n+1, []string{"blue", "green"}[n])
		w.applies()
		if got := alias(); got != want {
			t.Fatalf("after release %d the alias is %s", n+1, got)
		}
		w.quiet()
	}

	// One that answers too many invocations with an error goes home.
	release(3, "bad")
	w.clock.Every(10*time.Second, func(time.Time) {
		if slices.Contains(w.amazon.Versions("api"), "3") {
			w.must(w.amazon.SetBehaviour("api", "3", aws.Behaviour{ErrorShare: 0.5}))
		}
	})
	w.fails("Rollout of 3 was rolled back at 10 %", `Gate "errors" measured`, "limit 1 %", "2 in the same time: 0 %", "Traffic is back on 2 100 %")
	if got := alias(); got != `2 map[] ""` {
		t.Fatalf("after a release that failed the alias is %s", got)
	}

	// Without ignore_changes the aws provider ends what goes on: it gives users the
	// newest version at once, and the next plan says what happened.
	ignored := "    ignore_changes = [function_version, routing_config, description]"
	if !strings.Contains(string(text), ignored) {
		t.Fatal("the example ignores nothing of the alias")
	}
	held := strings.Replace(string(text), "  watch = \"10m\"\n", "  watch   = \"10m\"\n  hold_at = 10\n", 1)
	w.put("main.tf", held)
	release(3, "red")
	w.applies()
	if got := alias(); got != `2 map[4:0.1] " [rollout home=2 candidate=4]"` {
		t.Fatalf("the alias is %s", got)
	}
	w.quiet()
	w.put("main.tf", strings.Replace(held, ignored, "#", 1))
	w.differs("aws_lambda_alias.live will be updated in-place")
	w.applies()
	if got := alias(); got != `4 map[] ""` {
		t.Fatalf("the alias is %s", got)
	}
	w.put("main.tf", held)
	w.differs("Warning: Nothing will move", "4 is what is wanted, and has all traffic already.")
}
