package provider_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-version"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// examples lists the folders of examples that are root modules: all that hold
// configuration, but for what stands in for something in a module's own tests.
func examples(t *testing.T) []string {
	t.Helper()
	const root = "../../examples"
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "tests" || asksOthers(path)):
			return fs.SkipDir
		case filepath.Ext(path) == ".tf" && !slices.Contains(dirs, filepath.Dir(path)):
			dirs = append(dirs, filepath.Dir(path))
		}
		return nil
	})
	if err != nil || len(dirs) < 13 {
		t.Fatalf("examples: %v: %v", dirs, err)
	}
	return dirs
}

// asksOthers reports whether a folder is a module of the google or the aws
// provider, which is nothing of ours alone to plan: what they do to each other is
// tested by TestSavedPlanOfTheGoogleProvider and by TestLambdaBesideTheAWSProvider
// and its like.
func asksOthers(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.tf")) // the pattern is well formed
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && (strings.Contains(string(text), `"hashicorp/google"`) || strings.Contains(string(text), `"hashicorp/aws"`))
	})
}

func exampleName(dir string) string { return strings.TrimPrefix(dir, "../../examples/") }

// worldOf is the world of an example that is about AWS, nil for others.
func worldOf(dir string) func(*testing.T) *world {
	switch {
	case strings.HasSuffix(dir, "_aws"):
		return newStockedWorld
	case strings.HasSuffix(dir, "rollout_slot"):
		return newECSWorld
	}
	return nil
}

// TestExamples plans and applies every example where everything that it names
// is there: the plan is not refused, the apply succeeds, and the second plan is
// empty.
func TestExamples(t *testing.T) {
	for _, dir := range examples(t) {
		t.Run(exampleName(dir), func(t *testing.T) {
			t.Parallel()
			if open := worldOf(dir); open != nil {
				w := open(t)
				w.copies(dir)
				if out, code := w.plan(); code == 1 || strings.Contains(out, "Warning:") {
					t.Fatalf("the plan:\n%s", out)
				}
				w.applies()
				w.quiet()
				return
			}
			w := newWorld(t)
			w.needed()
			w.suits(w.text(dir))
			if strings.HasSuffix(dir, "_databases") {
				w.hasDatabases()
			}
			w.busy()
			if strings.HasSuffix(dir, "_reviewed") { // it would say that what was made last serves nobody
				w.moveAll(0)
			}
			w.copies(dir)
			out, code := w.plan()
			if code == 1 || strings.Count(out, "Warning:") != strings.Count(out, "Warning: Some requirements are looked at in apply") {
				t.Fatalf("the plan:\n%s", out)
			}
			w.applies()
			w.quiet()
		})
	}
}

// TestExamplesFromNothing plans every example as a module of a configuration
// that makes, in the same apply, all that the example needs of the cloud. At the
// plan nothing of it exists, and nobody knows its ids: that is no error, nor
// anything to warn of but that apply looks. Then it is made, as the resources
// before it would, the plan is applied, and the second plan is empty.
func TestExamplesFromNothing(t *testing.T) {
	for _, dir := range examples(t) {
		t.Run(exampleName(dir), func(t *testing.T) {
			t.Parallel()
			if open := worldOf(dir); open != nil {
				open(t).fromNothing(dir)
				return
			}
			w := newEmptyWorld(t)
			w.needed()
			if strings.HasSuffix(dir, "_databases") {
				w.hasDatabases()
			}
			text := w.text(dir)
			w.suits(text)
			if named := regexp.MustCompile(`(?m)^variable "(revision|stable|canary)"`); named.MatchString(text) {
				w.appears() // a revision has a name once it is there, so the service came before
				w.busy()
			}
			w.serve()
			w.embeds(dir, text)
			w.plansFromNothing()
			if w.first == "" {
				w.appears()
				w.busy()
			}
			if out, code := w.terraform("apply", "-no-color", "-input=false", "plan.bin"); code != 0 {
				t.Fatalf("the apply failed:\n%s", out)
			}
			w.quiet()
		})
	}
}

// plansFromNothing saves a plan, which warns of nothing but that apply looks.
func (w *world) plansFromNothing() {
	w.Helper()
	out, code := w.terraform("plan", "-no-color", "-input=false", "-out=plan.bin")
	if code != 0 {
		w.Fatalf("the plan is refused:\n%s", out)
	}
	for _, m := range regexp.MustCompile(`Warning: (.*)`).FindAllStringSubmatch(out, -1) {
		if !slices.Contains(expectedFromNothing, m[1]) {
			w.Errorf("it warns of what is not wrong: %s\n%s", m[1], out)
		}
	}
}

// fromNothing is TestExamplesFromNothing on AWS: what the example names is there,
// and nobody knows its ids at the plan.
func (w *world) fromNothing(dir string) {
	w.Helper()
	w.embeds(dir, w.text(dir))
	w.plansFromNothing()
	if out, code := w.terraform("apply", "-no-color", "-input=false", "plan.bin"); code != 0 {
		w.Fatalf("the apply failed:\n%s", out)
	}
	w.quiet()
}

// expectedFromNothing are the warnings that a plan has where something is not
// known yet: ours, and Terraform's own of a check block.
var expectedFromNothing = []string{"Some requirements are looked at in apply", "Check block assertion known after apply"}

// busy is a world in which everything that examples name exists, and users
// send requests.
func (w *world) busy() {
	w.Helper()
	w.box.Secret("stripe", sandbox.Enabled)
	if err := w.box.Grant("stripe", "roles/secretmanager.secretAccessor", "serviceAccount:api@demo.iam.gserviceaccount.com"); err != nil {
		w.Fatal(err)
	}
	w.google()
	w.withJobs()
	w.job("smoke", sandbox.Behaviour{Runs: 40 * time.Second})
	w.more()
	w.clock.Every(10*time.Second, func(now time.Time) {
		for r, p := range w.box.Service(shop).Percent {
			w.box.Record(shop, r, "2xx", 4*p, 30*time.Millisecond, now)
		}
	})
	w.clock.Advance(10 * time.Minute) // so that the plan sees what they sent
}

// needed is a service of somebody else's, which the app needs.
func (w *world) needed() {
	w.Helper()
	if err := w.box.CreateService(w.Context(), "accounts", w.V1); err != nil {
		w.Fatal(err)
	}
}

var variable = regexp.MustCompile(`(?m)^variable "([a-z_]+)"`)

// givens are the world's own values for the variables of examples, as they are
// written. made are those that other resources make: from nothing they are known
// after apply.
func (w *world) givens() (values map[string]string, made []string) {
	values = map[string]string{
		"service": w.Service, "image": w.V2, "tag": w.box.Registry() + "/shop/api:v2", "revision": w.box.Service(shop).Newest,
		"stable": w.first, "canary": w.box.Service(shop).Newest, "stripe_key": "projects/demo/secrets/stripe/versions/1",
		"service_account": "api@demo.iam.gserviceaccount.com", "health": w.box.ServiceURL("accounts") + "/healthz", "prometheus": w.box.URL() + "/prometheus",
		"environment":    "production",
		"reports":        w.desk.server.URL + "/reports",
		"probe_password": sandbox.Password,
		"database":       "demo:us-central1:db", "topic": "projects/demo/topics/orders", "subscription": "projects/demo/subscriptions/orders-mail", "bucket": "uploads",
		"backend":     "projects/demo/locations/us-central1/services/backend",
		"migrate_job": "projects/demo/locations/us-central1/jobs/migrate", "smoke_job": "projects/demo/locations/us-central1/jobs/smoke",
		"contract_job": "projects/demo/locations/us-central1/jobs/contract",
		"migrations":   "../../examples/migration_review/migrations", // from where the provider runs: in the process of the test
	}
	if w.front.Listener != "" {
		values = map[string]string{
			"listener": w.front.Listener, "blue": w.front.Groups["blue"], "green": w.front.Groups["green"], "cluster": "main", "release": "shop:3",
		}
		return values, []string{"listener", "blue", "green", "cluster"}
	}
	if w.amazon != nil {
		return w.givensOfAWS()
	}
	maps.Copy(values, w.others)
	made = []string{"service", "stripe_key", "service_account", "health", "prometheus", "database", "topic", "subscription", "bucket", "backend", "migrate_job", "smoke_job", "contract_job"}
	return values, slices.AppendSeq(made, maps.Keys(w.others))
}

// text is the configuration of an example, all files in one.
func (w *world) text(dir string) string {
	w.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil || len(files) == 0 {
		w.Fatalf("%v: %v", files, err)
	}
	all := ""
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			w.Fatal(err)
		}
		all += string(text)
	}
	if !strings.Contains(all, "required_providers") {
		w.Errorf("whoever copies %s gets no provider: it has no required_providers", dir)
	}
	return all
}

var requiredVersion = regexp.MustCompile(`(?m)^\s*required_version = "([^"]+)"`)

// suits skips the test where the CLI is older than the configuration asks for,
// such as for write-only attributes.
func (w *world) suits(text string) {
	w.Helper()
	for _, m := range requiredVersion.FindAllStringSubmatch(text, -1) {
		wanted, err := version.NewConstraint(m[1])
		if err != nil {
			w.Fatal(err)
		}
		if !wanted.Check(w.cli.Version.Core()) {
			w.Skipf("%s is not %s", w.cli, m[1])
		}
	}
}

// given is the world's value of every variable of a configuration.
func (w *world) given(text string) map[string]string {
	w.Helper()
	values, _ := w.givens()
	out := map[string]string{}
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		v, ok := values[m[1]]
		if !ok {
			w.Fatalf("the world has no %s", m[1])
		}
		out[m[1]] = v
	}
	return out
}

// copies puts an example into the folder, with the world's names for its
// variables.
func (w *world) copies(dir string) {
	w.Helper()
	text, set := w.text(dir), ""
	w.takes(w.dir, dir)
	for name, v := range w.given(text) {
		set += fmt.Sprintf("%s = %q\n", name, v)
	}
	w.put("terraform.tfvars", set)
	name := "rollout.tf"
	if strings.Contains(text, `provider "rollout"`) {
		name = "provider_override.tf"
	}
	w.put(name, w.expand(w.configured()))
	w.installs()
}

// embeds puts an example into the folder as a module, beside resources that
// stand for what the cloud's provider makes.
func (w *world) embeds(dir, text string) {
	w.Helper()
	w.takes(filepath.Join(w.dir, "example"), dir)
	_, made := w.givens()
	resources, arguments := "", ""
	for name, v := range w.given(text) {
		if !slices.Contains(made, name) {
			arguments += fmt.Sprintf("  %s = %q\n", name, v)
			continue
		}
		resources += fmt.Sprintf("resource \"terraform_data\" %q {\n  input = %q\n}\n", name, v)
		arguments += fmt.Sprintf("  %s = terraform_data.%s.output\n", name, name)
	}
	w.write(resources + "module \"example\" {\n  source = \"./example\"\n" + arguments + "}\n")
	w.installs()
}

// takes copies the folder of an example. Files are named from where Terraform runs,
// and here the provider runs somewhere else, within the test: ${path.module} is
// written out.
func (w *world) takes(to, dir string) {
	w.Helper()
	w.must(os.CopyFS(to, os.DirFS(dir)))
	files, err := filepath.Glob(filepath.Join(to, "*.tf"))
	w.must(err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		w.must(err)
		w.must(os.WriteFile(f, []byte(strings.ReplaceAll(string(text), "${path.module}", to)), 0o600))
	}
}

func (w *world) put(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}
