package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// The three workflows of the guide "Cloud Run beside the google provider", each
// as its folder of examples has it, with the gcloud commands of its pipeline.

// pipeline runs the commands of gcloud run in a folder's deploy.yml, up to the
// first one that says until, as CI does for an image.
func (w *world) pipeline(dir, image, until string) {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "deploy.yml"))
	if err != nil {
		w.Fatal(err)
	}
	env := map[string]string{"SERVICE": shop, "PROJECT": w.box.Project(), "REGION": w.box.Location(), "IMAGE": image}
	gcloud, ran := w.gcloud(), 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		name, asked, assigns := strings.Cut(line, "=$(gcloud ")
		switch {
		case until != "" && strings.Contains(line, until):
			return
		case assigns:
			env[name] = gcloud(shellWords(strings.TrimSuffix(asked, ")"), env)...)
		case strings.HasPrefix(line, "gcloud run "):
			gcloud(shellWords(strings.TrimPrefix(line, "gcloud "), env)...)
		default:
			continue
		}
		ran++
	}
	if ran == 0 {
		w.Fatalf("%s runs no gcloud", dir)
	}
}

var word = regexp.MustCompile(`"[^"]*"|\S+`)

// shellWords are those of a command, as a shell takes them apart.
func shellWords(command string, env map[string]string) []string {
	var out []string
	for _, part := range word.FindAllString(command, -1) {
		out = append(out, os.Expand(strings.Trim(part, `"`), func(name string) string { return env[name] }))
	}
	return out
}

// sets gives a variable of an example another value.
func (w *world) sets(name, value string) {
	w.Helper()
	path := filepath.Join(w.dir, "terraform.tfvars")
	text, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	w.put("terraform.tfvars", regexp.MustCompile(`(?m)^`+name+` = .*$`).ReplaceAllString(string(text), fmt.Sprintf("%s = %q", name, value)))
}

// differs fails the test unless the plan has changes.
func (w *world) differs(parts ...string) {
	w.Helper()
	out, code := w.plan()
	if code != 2 {
		w.Fatalf("exit %d:\n%s", code, out)
	}
	w.has(out, parts...)
}

func TestTerraformOwnsTheImage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy()
	gcloud := w.gcloud()
	w.copies("../../examples/cloud_run")
	w.applies()
	w.only(w.V2)
	w.quiet()

	w.sets("tag", w.box.Registry()+"/shop/api:v3")
	back := w.box.Deny("run.services.update")
	w.differs("rollout", "at least 31m")
	back()
	began := w.clock.Now()
	w.applies()
	t.Logf("a release takes %s by the sandbox's clock", w.clock.Now().Sub(began))
	w.only(w.V3)
	w.quiet()

	t.Run("drift of the template", func(t *testing.T) {
		gcloud("run", "services", "update", shop, "--concurrency", "7", "--no-traffic")
		w.differs("concurrency", "serves nobody")
		w.applies()
		w.quiet()
	})
	t.Run("drift of the traffic", func(t *testing.T) {
		gcloud("run", "services", "update-traffic", shop, "--to-revisions", w.first+"=100")
		w.differs("Traffic was moved by somebody else")
		writes := w.box.Writes()
		w.fails("Nothing was written")
		if w.box.Writes() != writes {
			t.Error("something was written")
		}
	})
}

func TestCIMakesRevisionsAndTerraformShifts(t *testing.T) {
	const dir = "../../examples/cloud_run_revision_from_ci"
	for _, byName := range []bool{false, true} {
		t.Run(fmt.Sprintf("by name %v", byName), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.busy()
			gcloud := w.gcloud()
			w.pipeline(dir, w.V2, "")
			w.copies(dir)
			w.spells(byName)
			w.applies()
			w.only(w.V2)
			w.quiet()

			w.pipeline(dir, w.V3, "")
			made := w.box.Service(shop).Newest
			if w.live()[made] != 0 {
				t.Fatalf("CI gave it traffic: %v", w.live())
			}
			w.spells(byName)
			back := w.box.Deny("run.services.update", "secretmanager.versions.get")
			w.differs(made, "at least 10m")
			back()
			began := w.clock.Now()
			w.applies()
			t.Logf("a release takes %s by the sandbox's clock", w.clock.Now().Sub(began))
			w.only(w.V3)
			w.quiet()

			gcloud("run", "services", "update-traffic", shop, "--to-revisions", w.first+"=100")
			w.differs("Traffic was moved by somebody else")
			w.fails("Nothing was written")
		})
	}
}

// names sets the revision that CI has made last, or leaves it to the provider.
func (w *world) spells(byName bool) {
	w.Helper()
	v := "newest"
	if byName {
		v = w.gcloud()("run", "services", "describe", shop, "--format", "value(status.latestCreatedRevisionName)")
	}
	w.sets("revision", v)
}

// Terraform may look, and nothing else: each difference is one in its plan.
func TestCIDoesBothAndTerraformReviews(t *testing.T) {
	t.Parallel()
	const dir = "../../examples/cloud_run_reviewed"
	w := newWorld(t)
	gcloud := w.gcloud()
	w.box.Secret("stripe", sandbox.Enabled)
	w.copies(dir)
	looks := func(f func()) {
		t.Helper()
		defer w.box.Deny("run.services.update", "run.revisions.list", "secretmanager.secrets.getIamPolicy")()
		writes := w.box.Writes()
		f()
		if w.box.Writes() != writes {
			t.Error("Terraform wrote something")
		}
	}
	looks(func() { w.applies(); w.quiet() })

	w.pipeline(dir, w.V2, "NEW=")
	looks(func() { w.differs("What was made last serves nobody") })
	w.pipeline(dir, w.V3, "")
	w.only(w.V3)
	looks(func() {
		w.differs("~ traffic")
		out := w.applies()
		if strings.Contains(out, "Warning") {
			t.Errorf("after a whole release there is a warning:\n%s", out)
		}
		w.quiet()
	})

	gcloud("run", "services", "update-traffic", shop, "--to-revisions", w.first+"=30")
	looks(func() { w.differs("Traffic is divided") })
	gcloud("run", "services", "update-traffic", shop, "--to-revisions", w.box.Service(shop).Newest+"=100")
	gcloud("run", "services", "update", shop, "--update-annotations", "rollout-abort=bad checkout")
	looks(func() {
		out, _ := w.plan()
		w.has(out, `On the service stands: bad checkout`, "Check block assertion failed")
	})

	w.disable()
	looks(func() {
		out, code := w.plan()
		if code != 1 {
			t.Errorf("exit %d: the pipeline would deploy what cannot start", code)
		}
		w.has(out, "Resource postcondition failed", "version 1 is DISABLED")
	})
}

// TestPipelinesAreWhole: what a module asks for is given, one run does not cancel
// another, and who waits for the lock waits long enough.
func TestPipelinesAreWhole(t *testing.T) {
	required := regexp.MustCompile(`(?s)variable "([a-z_]+)" {(.*?)\n}`)
	dirs, err := filepath.Glob("../../examples/cloud_run*")
	if err != nil || len(dirs) < 3 {
		t.Fatalf("%v: %v", dirs, err)
	}
	text, err := os.ReadFile("../docs/templates/guides/beside-the-google-provider.md")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(text)
	for _, dir := range dirs {
		if !strings.Contains(guide, "`"+filepath.Base(dir)+"`") {
			t.Errorf("the guide does not name %s", dir)
		}
		read := func(name string) string {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		pipeline := read("deploy.yml")
		for _, m := range required.FindAllStringSubmatch(read("main.tf"), -1) {
			if !strings.Contains(m[2], "default") && !strings.Contains(pipeline, "TF_VAR_"+m[1]+":") && !strings.Contains(pipeline, `-var "`+m[1]+"=") {
				t.Errorf("%s does not set %s", dir, m[1])
			}
		}
		for _, part := range []string{"cancel-in-progress: false", "terraform_wrapper: false", "-lock-timeout="} {
			if !strings.Contains(pipeline, part) {
				t.Errorf("%s lacks %s", dir, part)
			}
		}
		if strings.Contains(pipeline, "terraform apply") && !strings.Contains(pipeline, "exec terraform apply") && !strings.HasSuffix(dir, "_reviewed") {
			t.Errorf("a signal does not reach the Terraform of %s", dir)
		}
		_, service, _ := strings.Cut(read("service/main.tf"), "\nresource ")
		service, _, _ = strings.Cut(service, "\n}\n")
		if !strings.Contains(service, "ignore_changes = [template, traffic, client, client_version]") || !strings.Contains(guide, service) {
			t.Errorf("the service of %s is not the one of the guide", dir)
		}
	}
}

// patch is what an apply of google_cloud_run_v2_service sends: a PATCH without
// mask and etag, with all fields of the resource as its plan had them, traffic and
// template included, whatever ignore_changes says. It was read in the provider's
// source (resource_cloud_run_v2_service.go, resourceCloudRunV2ServiceUpdate), and
// seen with its version 7.45.0.
func (w *world) patch(planned map[string]any) {
	w.Helper()
	body := map[string]any{}
	for _, field := range []string{"description", "client", "clientVersion", "ingress", "launchStage", "binaryAuthorization", "customAudiences", "template", "traffic", "labels", "annotations"} {
		if v, ok := planned[field]; ok {
			body[field] = v
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	if out, code := w.rest(http.MethodPatch, bytes.NewReader(text)); code != http.StatusOK {
		w.Fatalf("status %d: %v", code, out)
	}
}

// rest asks for the service as the google provider does.
func (w *world) rest(method string, body io.Reader) (map[string]any, int) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, w.box.URL()+"/v2/"+w.Service+"?alt=json", body)
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	out := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		w.Fatal(err)
	}
	return out, resp.StatusCode
}

// TestSavedPlanOfTheGoogleProvider: it was made before the rollout, and is applied
// in the middle of it. It takes the traffic back to what it was, and nobody is
// overwritten for that.
func TestSavedPlanOfTheGoogleProvider(t *testing.T) {
	t.Parallel()
	t.Run("in the middle of a rollout", func(t *testing.T) {
		w := newWorld(t)
		w.deploys(w.V2, "")
		w.applies()
		planned, _ := w.rest(http.MethodGet, nil)
		home := w.box.Service(shop).Newest
		w.deploys(w.V3, "")
		w.once(50, func() { w.patch(planned) })
		out := w.fails("was halted", "Somebody else moved traffic", home+" 100 % is live", "is blocked, because somebody took its traffic")
		if strings.Contains(out, "was rolled back") {
			t.Error(out)
		}
		w.only(w.V2)
	})
	t.Run("in the middle of the first rollout", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.deploys(w.V1, "")
		w.applies()
		planned, _ := w.rest(http.MethodGet, nil) // it follows the latest revision
		w.deploys(w.V2, "")
		w.once(50, func() { w.patch(planned) })
		w.fails("was halted", "Somebody else moved traffic", "is blocked, because somebody took its traffic")
		v := w.box.Service(shop)
		if len(v.Revisions) != 3 || v.Percent[v.Newest] != 100 { // a third one, of the old template
			t.Errorf("live is %v of %v", v.Percent, v.Revisions)
		}
		w.only(w.V1)
	})
	t.Run("after a rollout", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.deploys(w.V1, "")
		w.applies()
		planned, _ := w.rest(http.MethodGet, nil)
		w.deploys(w.V2, "")
		w.applies()
		w.patch(planned)
		w.only(w.V1)
		w.differs("Traffic was moved by somebody else")
		w.fails("Nothing was written")
		w.deploys(w.V2, `on_foreign_change = "restore"`)
		w.applies()
		w.only(w.V2)
		w.quiet()
	})
	t.Run("a plan of the moment keeps what is live", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.deploys(w.V2, "")
		w.once(50, func() {
			planned, _ := w.rest(http.MethodGet, nil)
			planned["description"] = "the shop"
			w.patch(planned)
		})
		w.applies()
		w.only(w.V2)
		w.quiet()
	})
	t.Run("it takes back a person's word that came later", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		planned, _ := w.rest(http.MethodGet, nil)
		w.asks("bad checkout")
		w.patch(planned)
		w.deploys(w.V2, "")
		w.applies()
		w.only(w.V2)
	})
}
