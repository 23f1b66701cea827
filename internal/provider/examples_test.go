package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// TestExamples plans and applies every example from nothing, as a stranger
// would: the plan is not refused, the apply succeeds, and the second plan is
// empty.
func TestExamples(t *testing.T) {
	var dirs []string
	for _, pattern := range []string{"provider", "resources/*", "data-sources/*", "cloud_run*", "session_continuity", "criteria", "requirements"} {
		found, err := filepath.Glob(filepath.Join("../../examples", pattern))
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, found...)
	}
	if len(dirs) < 12 {
		t.Fatalf("examples: %v", dirs)
	}
	for _, dir := range dirs {
		t.Run(strings.TrimPrefix(dir, "../../examples/"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if filepath.Base(dir) == "session_continuity" {
				w.writesOnly()
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

// busy is a world in which everything that examples name exists, and users
// send requests.
func (w *world) busy() {
	w.Helper()
	w.box.Secret("stripe", sandbox.Enabled)
	if err := w.box.Grant("stripe", "roles/secretmanager.secretAccessor", "serviceAccount:api@demo.iam.gserviceaccount.com"); err != nil {
		w.Fatal(err)
	}
	w.google()
	w.more()
	w.clock.Every(10*time.Second, func(now time.Time) {
		for r, p := range w.box.Service(shop).Percent {
			w.box.Record(shop, r, "2xx", 4*p, 30*time.Millisecond, now)
		}
	})
	w.clock.Advance(10 * time.Minute) // so that the plan sees what they sent
}

var variable = regexp.MustCompile(`(?m)^variable "([a-z_]+)"`)

// copies puts an example into the folder, with the world's names for its
// variables.
func (w *world) copies(dir string) {
	w.Helper()
	values := map[string]string{
		"service": w.Service, "image": w.V2, "tag": w.box.Registry() + "/shop/api:v2", "revision": w.box.Service(shop).Newest,
		"stable": w.first, "canary": w.box.Service(shop).Newest, "stripe_key": "projects/demo/secrets/stripe/versions/1",
		"service_account": "api@demo.iam.gserviceaccount.com", "health": w.box.ServiceURL(shop) + "/healthz", "prometheus": w.box.URL() + "/prometheus",
		"reports":        w.desk.server.URL + "/reports",
		"probe_password": sandbox.Password,
		"database":       "demo:us-central1:db", "topic": "projects/demo/topics/orders", "subscription": "projects/demo/subscriptions/orders-mail", "bucket": "uploads",
		"backend": "projects/demo/locations/us-central1/services/backend",
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil || len(files) == 0 {
		w.Fatalf("%v: %v", files, err)
	}
	var all, set string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			w.Fatal(err)
		}
		all += string(text)
		w.put(filepath.Base(f), string(text))
	}
	for _, m := range variable.FindAllStringSubmatch(all, -1) {
		v, ok := values[m[1]]
		if !ok {
			w.Fatalf("the world has no %s", m[1])
		}
		set += fmt.Sprintf("%s = %q\n", m[1], v)
	}
	w.put("terraform.tfvars", set)
	if !strings.Contains(all, "required_providers") {
		w.Errorf("whoever copies %s gets no provider: it has no required_providers", dir)
	}
	name := "rollout.tf"
	if strings.Contains(all, `provider "rollout"`) {
		name = "provider_override.tf"
	}
	w.put(name, w.expand(configured))
	if out, code := w.terraform("init", "-no-color"); code != 0 {
		w.Fatal(out)
	}
}

func (w *world) put(name, text string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}
