package provider_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

const testedModule = "../../examples/terraform_test"

// TestUsersTestsNeedNoCloud runs the example's tests: with the provider mocked,
// and with a service that is known after apply. Nobody is asked.
func TestUsersTestsNeedNoCloud(t *testing.T) {
	w := newWorld(t)
	t.Setenv("ROLLOUT_GOOGLE_ENDPOINT", "http://127.0.0.1:1") // who asks gets no answer
	if err := os.CopyFS(w.dir, os.DirFS(testedModule)); err != nil {
		t.Fatal(err)
	}
	w.installs()
	out, code := w.terraform("test", "-no-color")
	if code != 0 {
		t.Fatal(out)
	}
	w.has(out, "Success! 5 passed, 0 failed.")

	for name, c := range map[string]struct{ from, to, says string }{
		"a step that is missing":            {`provider::rollout::exponential_steps(5, 3, "10m")`, `provider::rollout::canary_steps(10, "10m")`, "Production climbs by 5, 15 and 45 percent."},
		"a gate that only measures":         {"fail_above = 5", "dry_run = true\n    fail_above = 5", "Errors that users see have to decide."},
		"a gate that is not previewed":      {"fail_above = 5", "dry_run = true\n    fail_above = 5", "Every step has an error gate."},
		"another image":                     {"data.rollout_image.api.by_digest", `"example.com/api@sha256:0b2d1ac10c7b6a4d1b3a5a1e61ae8bbdc2e29c1e1f2c2b1f6f9e2a4f1b8a7c12"`, "What the tag means is what goes live."},
		"steps that take too long":          {`exponential_steps(5, 3, "10m")`, `exponential_steps(5, 3, "21m")`, "A rollout takes an hour at most."},
		"a tag, which the provider refuses": {"data.rollout_image.api.by_digest", "var.tag", "The image is named by a tag"},
	} {
		text, err := os.ReadFile(testedModule + "/main.tf")
		if err != nil || strings.Count(string(text), c.from) != 1 {
			t.Fatalf("%s: %q stands there %d times: %v", name, c.from, strings.Count(string(text), c.from), err)
		}
		w.put("main.tf", strings.Replace(string(text), c.from, c.to, 1))
		out, code := w.terraform("test", "-no-color")
		if code == 0 || regexp.MustCompile(`[1-9]\d* failed`).FindString(out) == "" {
			t.Errorf("%s passes:\n%s", name, out)
		}
		w.has(out, c.says)
	}
}
