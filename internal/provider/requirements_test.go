package provider_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// later changes the world once, when so much time has passed.
func (w *world) later(d time.Duration, do func()) {
	w.Helper()
	due, done := w.clock.Now().Add(d), false
	w.clock.Every(time.Second, func(now time.Time) {
		if !done && !now.Before(due) {
			done = true
			do()
		}
	})
}

// follows has the events of the applies written into a file, and returns how
// many lines of it have all of parts.
func (w *world) follows() (lines func(parts ...string) int) {
	w.Helper()
	w.progress = filepath.Join(w.TempDir(), "events.json")
	return func(parts ...string) (n int) {
		text, err := os.ReadFile(w.progress)
		if err != nil {
			w.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			has := true
			for _, p := range parts {
				has = has && strings.Contains(string(line), p)
			}
			if has {
				n++
			}
		}
		return n
	}
}

const requiresStripe = `requires {
    gcp_secret {
      version = "projects/demo/secrets/stripe/versions/1"
      SETTINGS
    }
  }`

func requires(settings string) string {
	return strings.ReplaceAll(requiresStripe, "SETTINGS", settings)
}

// What was just created takes time to be seen: the first write waits for it.
func TestWithinWaitsBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := w.follows()
	w.deploys(w.V2, requires(`within = "2m"`))
	w.later(time.Minute, func() { w.box.Secret("stripe", sandbox.Enabled) })
	w.applies()
	w.only(w.V2)
	if n := lines(`"wait"`, "gcp_secret projects/demo/secrets/stripe/versions/1: there is no such secret"); n != 1 {
		t.Errorf("the wait was told %d times", n)
	}
	w.quiet()
}

func TestWithinEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, requires(`within = "2m"`))
	writes := w.box.Writes()
	out, code := w.apply()
	if code != 1 || w.box.Writes() != writes {
		t.Fatalf("wrote something, or succeeded:\n%s", out)
	}
	w.has(out, "no such version; it was looked at for 2m", "and within allows 2m")
}

// A requirement that is lost in the middle is waited for at that step, with the
// gates at work; whoever has less time to come back is taken home.
func TestWithinWaitsBeforeARise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string
		back     time.Duration
		promoted bool
	}{
		"it comes back":              {`within = "10m"`, 5 * time.Minute, true},
		"it comes back too late":     {`within = "2m"`, 5 * time.Minute, false},
		"it has no time":             {``, 5 * time.Minute, false},
		"it is advisory":             {`advisory = true`, time.Hour, true},
		"it is advisory, and waited": {"advisory = true\n      within = \"2m\"", time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.box.Secret("stripe", sandbox.Enabled)
			lines := w.follows()
			w.deploys(w.V2, requires(c.settings))
			w.later(5*time.Minute, w.disable) // in the bake at 10 %
			w.later(11*time.Minute+c.back, func() {
				if err := w.box.SetSecretVersion("stripe", 1, sandbox.Enabled); err != nil {
					t.Error(err)
				}
			})
			out, code := w.apply()
			if (code == 0) != c.promoted {
				t.Fatalf("promoted: %v\n%s", code == 0, out)
			}
			if strings.Contains(c.settings, "within") {
				if n := lines(`"wait"`, "version 1 is DISABLED"); n < 1 || n > 2 { // advisory: before each of two steps
					t.Errorf("the wait was told %d times", n)
				}
			}
			if c.promoted {
				w.only(w.V2)
			} else {
				w.only(w.V1)
			}
			if strings.Contains(c.settings, "advisory") {
				w.has(out, "Worth a look: gcp_secret projects/demo/secrets/stripe/versions/1")
			}
		})
	}
}

// Users are not left alone with the candidate while a requirement is waited for.
func TestGatesAreJudgedWhileARequirementIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.box.Secret("stripe", sandbox.Enabled)
	w.deploys(w.V2, requires(`within = "1h"`))
	w.later(5*time.Minute, w.disable)
	w.later(20*time.Minute, func() {
		if err := w.box.SetBehaviour(shop, w.box.Service(shop).Newest, sandbox.Behaviour{ErrorShare: 1}); err != nil {
			t.Error(err)
		}
	})
	begin := w.clock.Now()
	out, code := w.apply()
	if code != 1 || w.clock.Now().Sub(begin) > 30*time.Minute {
		t.Fatalf("after %s:\n%s", w.clock.Now().Sub(begin), out)
	}
	w.has(out, `gate "answers"`)
	w.only(w.V1)
}

const barrierOf = `
resource "rollout_preflight" "infra" {
  REQUIRES
}
`

func (w *world) bars(settings string) {
	w.Helper()
	w.write(strings.ReplaceAll(barrierOf, "REQUIRES", requires(settings)))
}

func TestBarrierWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lines := w.follows()
	w.bars(`within = "2m"`)
	w.later(time.Minute, func() { w.box.Secret("stripe", sandbox.Enabled) })
	w.applies()
	if n := lines(`"wait"`, "there is no such secret"); n != 1 {
		t.Errorf("the wait was told %d times", n)
	}
	w.quiet()
}

func TestBarrierStopsWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bars(`within = "2m"`)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.has(out, "in resource \"rollout_preflight\"", "version = \"projects/demo/secrets/stripe/versions/1\"", "it was looked at for 2m", "and within allows 2m", "The barrier is closed: what depends on it was not applied.")
}

// What nobody can prove of somebody's permissions opens the barrier, and is told
// to whoever applies, also where no plan was to say it.
func TestBarrierWithAGrantThatIsUnknown(t *testing.T) {
	w := newWorld(t)
	w.Setenv("ROLLOUT_PREFLIGHT", "off") // the provider runs in this process
	w.box.Secret("stripe", sandbox.Enabled)
	w.bars(`readable_by = "job@demo.iam.gserviceaccount.com"`)
	w.has(w.applies(), "Warning: Could not be verified: gcp_secret", "Whether job@demo.iam.gserviceaccount.com may read it is unknown")
}

// An advisory requirement opens the barrier, and warns.
func TestBarrierThatIsAdvisory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bars(`advisory = true`)
	out := w.applies()
	w.has(out, "Warning: Worth a look: gcp_secret projects/demo/secrets/stripe/versions/1")
	w.Cleanup(w.box.Deny("secretmanager.versions.get"))
	out, code := w.plan()
	w.has(out, "Could not be verified")
	if code != 0 || strings.Contains(flatten(out), "stops it") {
		t.Errorf("what is advisory changes something:\n%s", out)
	}
}

// What is not to be asked at plan is not, and is asked in apply.
func TestAtPlan(t *testing.T) {
	t.Parallel()
	asked := func(w *world) (n int) {
		for _, c := range w.box.Calls() {
			if strings.HasPrefix(c.Method, "secretmanager.") {
				n++
			}
		}
		return n
	}
	for name, barrier := range map[string]bool{"deployment": false, "barrier": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			put := func(settings string) {
				if barrier {
					w.bars(settings)
				} else {
					w.deploys(w.V2, requires(settings))
				}
			}
			put(`at_plan = "skip"`)
			if out, code := w.plan(); code != 2 || asked(w) > 0 {
				t.Fatalf("asked %d times:\n%s", asked(w), out)
			}
			if out, code := w.apply(); code != 1 || asked(w) == 0 || !strings.Contains(flatten(out), "here is no such secret") {
				t.Fatalf("apply does not ask:\n%s", out)
			}
			put(`at_plan = "warn"`)
			out, code := w.plan()
			if code != 2 {
				t.Fatalf("the plan is refused:\n%s", out)
			}
			w.has(out, "Warning: Not ready: gcp_secret projects/demo/secrets/stripe/versions/1", "It is looked at again in apply")
			if out, code := w.apply(); code != 1 {
				t.Fatalf("apply goes on:\n%s", out)
			}
			put(`at_plan = "check"`)
			out, code = w.plan()
			if code != 1 {
				t.Fatalf("the plan is not refused:\n%s", out)
			}
			w.has(out, "Error: Not ready: gcp_secret projects/demo/secrets/stripe/versions/1")
			put(`at_plan = "skip"`)
			w.box.Secret("stripe", sandbox.Enabled)
			w.has(w.says(), `stripe/versions/1: at_plan is "skip"`)
			w.applies()
			w.quiet()
		})
	}
}

// A report looks once: it neither waits nor skips, and an advisory requirement
// does not count.
func TestReportOfWhatIsAdvisory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(`
data "rollout_preflight" "infra" {
  ` + requires(`advisory = true`) + `
}
output "passed" {
  value = data.rollout_preflight.infra.passed
}
output "status" {
  value = data.rollout_preflight.infra.findings[0].status
}
`)
	out := w.applies()
	w.has(out, "passed = true", `status = "failed"`)
}

// A candidate that depends on a database is not rolled out into its maintenance:
// the length of the rollout counts, and what is behind of it does not.
func TestMaintenanceDuringTheRollout(t *testing.T) {
	t.Parallel()
	sql := `requires {
    cloud_sql_instance {
      instance = "demo:us-central1:db"
    }
  }`
	at := func(w *world, d time.Duration) {
		w.box.SQL("db", sandbox.SQLInstance{Maintenance: w.clock.Now().Add(d)})
	}
	w := newWorld(t)
	at(w, 40*time.Minute) // the rollout takes 31 minutes, and the platform up to 10 to settle
	w.deploys(w.V2, sql)
	out, code := w.plan()
	if code != 1 {
		t.Fatalf("maintenance is due in the rollout, and nobody says so:\n%s", out)
	}
	w.has(out, "Maintenance is due at 2026-03-04 14:40 UTC, and the time until 2026-03-04 14:41 UTC has to be free of it")
	at(w, 45*time.Minute)
	w.applies()
	w.only(w.V2)
	// A barrier has no rollout: it looks an hour ahead.
	w.write(strings.ReplaceAll(barrierOf, "REQUIRES", sql))
	at(w, 50*time.Minute)
	if out, code := w.plan(); code != 1 {
		t.Errorf("the barrier is open:\n%s", out)
	}
}

// google is a world with everything that the kinds ask Google for.
func (w *world) google() {
	w.Helper()
	if _, err := w.box.Index("shop/worker", "v1", "linux/amd64", "linux/arm64"); err != nil {
		w.Fatal(err)
	}
	internal := func(s *runpb.Service) { s.Ingress = runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY }
	if err := w.box.CreateService(w.Context(), "backend", w.V1, sandbox.With(internal)); err != nil {
		w.Fatal(err)
	}
	member := "serviceAccount:api@demo.iam.gserviceaccount.com"
	w.box.SQL("db", sandbox.SQLInstance{})
	w.box.Topic("orders")
	w.box.Subscribe("orders-mail", sandbox.Subscription{Topic: "orders"})
	w.box.GrantOn("topics/orders", "roles/pubsub.publisher", "", member)
	w.box.Bucket("uploads", sandbox.Bucket{Location: "eu", Versioning: true, Objects: []string{"models/v7/weights"}})
	w.box.GrantOn("buckets/uploads", "roles/storage.objectUser", "", member)
}
