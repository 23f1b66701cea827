package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// factories serve the provider to terraform-plugin-testing, on the world's
// clock.
func (w *world) factories() map[string]func() (tfprotov6.ProviderServer, error) {
	own := provider.NewOn("test", w.clock)()
	w.Cleanup(func() { hangUp(w.T, own) })
	return map[string]func() (tfprotov6.ProviderServer, error){"rollout": providerserver.NewProtocol6WithError(own)}
}

func (w *world) steps(steps ...resource.TestStep) {
	w.Helper()
	for i := range steps {
		if steps[i].Config != "" {
			steps[i].Config = w.expand(w.configured() + steps[i].Config)
		}
	}
	resource.UnitTest(w.T, resource.TestCase{ProtoV6ProviderFactories: w.factories(), Steps: steps})
}

const api = "rollout_safe_deployment.api"

func at(path ...string) tfjsonpath.Path {
	p := tfjsonpath.New(path[0])
	for _, s := range path[1:] {
		p = p.AtMapKey(s)
	}
	return p
}

func TestAccSafeDeployment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := func(image string) string {
		return strings.NewReplacer("IMAGE", image, "SETTINGS", "").Replace(staged)
	}
	second := knownvalue.StringRegexp(regexp.MustCompile(`^shop-00002-`))
	w.steps(
		resource.TestStep{
			Config: config("@v2"),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(api, plancheck.ResourceActionCreate),
					plancheck.ExpectUnknownValue(api, at("revision")),
					plancheck.ExpectKnownValue(api, at("id"), knownvalue.StringExact("cloud_run/"+w.Service)),
					plancheck.ExpectKnownValue(api, at("preview"), knownvalue.ListSizeExact(4)),
					plancheck.ExpectKnownValue(api, at("rollout"), knownvalue.StringRegexp(regexp.MustCompile(`/shop/api@sha256:[0-9a-f]{12}: 0 % for 1m, 10 % for 10m, 50 % for 10m, 100 % for 10m; at least 31m$`))),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(api, at("outcome"), knownvalue.StringExact("promoted")),
				statecheck.ExpectKnownValue(api, at("promoted"), second),
				statecheck.ExpectKnownValue(api, at("promoted_before"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact(w.first)})),
				statecheck.ExpectKnownValue(api, at("traffic"), knownvalue.MapSizeExact(1)),
				statecheck.ExpectKnownValue(api, at("way_home"), knownvalue.StringRegexp(regexp.MustCompile(`--to-revisions `+w.first+`=100$`))),
			},
		},
		resource.TestStep{
			ResourceName: api, ImportState: true, ImportStateId: "cloud_run/" + w.Service, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{ // what no platform knows
				"cloud_run", "step", "gate", "watch", "preview", "rollout", "outcome", "promoted_before", "timeline", "findings", "way_home",
			},
		},
		resource.TestStep{
			Config: config("@bad"), ExpectError: regexp.MustCompile(`failed before any traffic moved`),
		},
		resource.TestStep{
			Config: config("@v3"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(api, at("outcome"), knownvalue.StringExact("promoted")),
				statecheck.ExpectKnownValue(api, at("failed_revision"), knownvalue.Null()),
				statecheck.ExpectKnownValue(api, at("blocked"), knownvalue.ListSizeExact(1)),
			},
		},
	)
}

func TestAccTrafficSplit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.more()
	second := w.box.Service(shop).Newest
	split := func(weights, settings string) string {
		return fmt.Sprintf("resource \"rollout_traffic_split\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n  }\n  weights = {\n%s\n  }\n  %s\n}\n", weights, settings)
	}
	const name = "rollout_traffic_split.api"
	var writes int
	w.steps(
		resource.TestStep{
			Config: split(fmt.Sprintf("%q = 90\n%q = 10", w.first, second), ""),
			Check: func(*terraform.State) error {
				if live := w.live(); live[w.first] != 90 || live[second] != 10 {
					return fmt.Errorf("live is %v", live)
				}
				return nil
			},
		},
		resource.TestStep{ResourceName: name, ImportState: true, ImportStateId: "cloud_run/" + w.Service, ImportStateVerify: true},
		resource.TestStep{ // somebody else moves it: the plan shows the difference, and the apply puts it back
			PreConfig: func() { w.moveAll(0) },
			Config:    split(fmt.Sprintf("%q = 90\n%q = 10", w.first, second), ""),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(name, plancheck.ResourceActionUpdate),
			}},
		},
		resource.TestStep{ // an entry of 0 stays, though the platform hides it
			Config: split(fmt.Sprintf("%q = 0\n%q = 100", w.first, second), `drain = "90s"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
		},
		resource.TestStep{ // only a setting changes: nothing is written
			PreConfig: func() { writes = w.box.Writes() },
			Config:    split(fmt.Sprintf("%q = 0\n%q = 100", w.first, second), `drain = "5s"`),
			Check: func(*terraform.State) error {
				if got := w.box.Writes(); got != writes {
					return fmt.Errorf("%d writes, %d before", got, writes)
				}
				return nil
			},
		},
		resource.TestStep{
			Config:      split(`"shop-00099-none" = 100`, ""),
			ExpectError: regexp.MustCompile(`(?s)shop-00099-none cannot be given traffic.*It does not exist\. Nothing was.*way home:\s+gcloud run services update-traffic.*--to-revisions ` + second + `=100`),
		},
	)
}

// The drain is waited for when a key leaves, on the clock that was passed in.
func TestAccTrafficSplitDrains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.more()
	second := w.box.Service(shop).Newest
	config := func(r, drain string) string {
		return fmt.Sprintf("resource \"rollout_traffic_split\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n  }\n  weights = { %q = 100 }\n  drain = %q\n}\n", r, drain)
	}
	var before time.Time
	w.steps(
		resource.TestStep{Config: config(w.first, "10m")},
		resource.TestStep{
			PreConfig: func() { before = w.clock.Now() },
			Config:    config(second, "10m"),
			Check: func(*terraform.State) error {
				if passed := w.clock.Now().Sub(before); passed < 10*time.Minute {
					return fmt.Errorf("the apply ended after %s of the clock", passed)
				}
				return nil
			},
		},
	)
}

func TestAccPreflight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.box.Secret("stripe", sandbox.Enabled)
	const barrier = `
resource "rollout_preflight" "infra" {
  triggers = { image = "IMAGE" }
  requires {
    gcp_secret {
      version = "projects/demo/secrets/stripe/versions/1"
    }
  }
}
resource "terraform_data" "app" {
  input      = "IMAGE"
  depends_on = [rollout_preflight.infra]
}
`
	config := func(image string) string { return strings.ReplaceAll(barrier, "IMAGE", image) }
	w.steps(
		resource.TestStep{
			Config: config("@v1"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("rollout_preflight.infra", at("findings"), knownvalue.ListSizeExact(1)),
			},
		},
		resource.TestStep{ // on an otherwise empty plan it plans an update with a warning, and its apply fails
			PreConfig:   func() { w.disable() },
			Config:      config("@v1"),
			ExpectError: regexp.MustCompile(`(?s)Version 1 is DISABLED.*The barrier is closed`),
		},
		resource.TestStep{ // a new image is refused at plan
			Config: config("@v2"), ExpectError: regexp.MustCompile(`Not ready: gcp_secret`), PlanOnly: true,
		},
		resource.TestStep{
			PreConfig: func() {
				if err := w.box.SetSecretVersion("stripe", 1, sandbox.Enabled); err != nil {
					t.Fatal(err)
				}
			},
			Config: config("@v2"),
		},
	)
}

func TestAccDataSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(s *runpb.Service) {
		s.Template.MaxInstanceRequestConcurrency = 7
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: w.first, Percent: 100}}
	})
	unserved := "concurrency 80 → 7: made as " + w.box.Service(shop).Newest + ", serves nobody"
	w.steps(resource.TestStep{
		Config: `
data "rollout_status" "api" {
  cloud_run {
    service = "@service"
  }
}
data "rollout_image" "api" {
  image = "@registry/shop/api:v2"
}
data "rollout_preflight" "infra" {
  requires {
    gcp_service_account {
      email = "api@demo.iam.gserviceaccount.com"
    }
  }
}
`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.rollout_status.api", at("revision"), knownvalue.StringExact(w.first)),
			statecheck.ExpectKnownValue("data.rollout_status.api", at("unfinished"), knownvalue.Bool(false)),
			statecheck.ExpectKnownValue("data.rollout_status.api", at("unserved"), knownvalue.StringExact(unserved)),
			statecheck.ExpectKnownValue("data.rollout_image.api", at("by_digest"), knownvalue.StringExact(w.V2)),
			statecheck.ExpectKnownValue("data.rollout_preflight.infra", at("passed"), knownvalue.Bool(true)),
		},
	}, resource.TestStep{
		Config: "data \"rollout_image\" \"none\" {\n  image = \"@registry/shop/api:none\"\n}\n", ExpectError: regexp.MustCompile(`The image does not exist`),
	}, resource.TestStep{
		Config: "data \"rollout_status\" \"none\" {\n  cloud_run {\n    service = \"@service-none\"\n  }\n}\n", ExpectError: regexp.MustCompile(`What is live could not be seen`),
	})
}

// Every event is a line of JSON in the progress file; the way home comes first.
func TestProgressFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "progress.jsonl")
	w.write(strings.Replace(strings.NewReplacer("IMAGE", w.V2, "SETTINGS", "").Replace(staged), "", "", 1))
	text, err := os.ReadFile(filepath.Join(w.dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	with := strings.Replace(string(text), "provider \"rollout\" {", fmt.Sprintf("provider \"rollout\" {\n  progress_file = %q", file), 1)
	if err := os.WriteFile(filepath.Join(w.dir, "main.tf"), []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	w.applies()
	lines, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for l := range strings.Lines(string(lines)) {
		var e struct {
			Resource, Event, Why string
			Traffic              map[string]float64
		}
		if err := json.Unmarshal([]byte(l), &e); err != nil || e.Resource != "cloud_run/"+w.Service || e.Why == "" || len(e.Traffic) == 0 {
			t.Errorf("%v: %s", err, l)
		}
		kinds = append(kinds, e.Event)
	}
	n := len(kinds)
	if n < 10 || kinds[0] != "way_home" || kinds[n-2] != "finish" || kinds[n-1] != "way_home" {
		t.Errorf("events: %v", kinds)
	}
}

// A change between plan and apply is refused, always: also for a saved plan.
func TestChangeBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.deploys(w.V3, "")
	if out, code := w.terraform("plan", "-no-color", "-out=saved"); code != 0 {
		t.Fatal(out)
	}
	w.moveAll(1)
	writes := w.box.Writes()
	out, code := w.terraform("apply", "-no-color", "saved")
	if code != 1 || w.box.Writes() != writes {
		t.Fatalf("exit %d, %d writes:\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "Traffic changed between plan and apply", "nothing was written", "Plan again (with a refresh)", "--to-revisions")
	if strings.Contains(out, "Correct what") {
		t.Errorf("it advises what does not help:\n%s", out)
	}
}

// What vanishes between plan and apply stops the apply before the first write.
func TestRequirementVanishesBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.box.Secret("stripe", sandbox.Enabled)
	w.write(`
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  requires {
    gcp_secret {
      version = "projects/demo/secrets/stripe/versions/1"
    }
  }
}
`)
	if out, code := w.terraform("plan", "-no-color", "-out=saved"); code != 0 {
		t.Fatal(out)
	}
	w.disable()
	writes := w.box.Writes()
	out, code := w.terraform("apply", "-no-color", "saved")
	if code != 1 || w.box.Writes() != writes {
		t.Fatalf("exit %d, %d writes:\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "Version 1 is DISABLED")
}

// Softened plans do not soften the apply.
func TestWarnedPlanStillStopsTheApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.box.Secret("stripe")
	w.write(w.file("warnings_instead"))
	writes := w.box.Writes()
	out, code := w.apply()
	if code != 1 || w.box.Writes() != writes {
		t.Fatalf("exit %d, %d writes:\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "The secret has no such version", "Nothing was written")
}

// A setting that the candidate must have is looked at once it exists, before it
// gets any traffic.
func TestMissingSettingStopsBeforeTraffic(t *testing.T) {
	t.Setenv("ROLLOUT_PREFLIGHT", "warn") // or the plan would stop it already
	w := newWorld(t)
	w.write(`
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
    env     = { GREETING = "hello" }
  }
  requires {
    env {
      names = ["GREETING", "DATABASE_URL"]
    }
  }
  step {
    weight = 10
    bake   = "1m"
  }
}
`)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.has(out, "failed before any traffic moved", "DATABASE_URL")
	w.only(w.V1)
	w.has(out, "Provide what is missing, and apply again; nothing is blocked")
}
