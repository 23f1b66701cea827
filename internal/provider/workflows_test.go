package provider_test

import (
	"strings"
	"testing"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// wanted is a rollout in steps; words in capitals are replaced by a test.
const wanted = `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    WANTED
  }
  step {
    weight = 10
    bake   = "10m"
  }
  step {
    weight = 50
    bake   = "10m"
  }
  gate {
    name = "answers"
    http {
      request {
        path = "/"
      }
    }
  }
  SETTINGS
}
`

func (w *world) wants(what, settings string) {
	w.Helper()
	w.write(strings.NewReplacer("WANTED", what, "SETTINGS", settings).Replace(wanted))
}

const theNewest = `revision = "newest"`

// ci makes a revision that serves nobody, as a pipeline does, and returns it.
func (w *world) ci(change func(*runpb.RevisionTemplate)) string {
	w.Helper()
	v := w.box.Service(shop)
	w.change(func(s *runpb.Service) {
		change(s.Template)
		s.Traffic = s.Traffic[:0]
		for r, p := range v.Percent {
			s.Traffic = append(s.Traffic, &runpb.TrafficTarget{Type: byName, Revision: r, Percent: int32(p)})
		}
		for tag, r := range v.Tags {
			s.Traffic = append(s.Traffic, &runpb.TrafficTarget{Type: byName, Revision: r, Tag: tag})
		}
	})
	return w.box.Service(shop).Newest
}

func (w *world) ciImage(image string) string {
	w.Helper()
	return w.ci(func(t *runpb.RevisionTemplate) { t.Containers[0].Image = image })
}

func (w *world) settle() { w.clock.Advance(time.Minute) }

// serves fails the test unless one revision has all traffic.
func (w *world) serves(revision string) {
	w.Helper()
	if live := w.live(); live[revision] != 100 {
		w.Fatalf("live is %v, want %s", live, revision)
	}
}

// keeps plans, lets something happen, and applies that plan.
func (w *world) keeps(meanwhile func()) (out string, code int) {
	w.Helper()
	if out, code := w.terraform("plan", "-no-color", "-out=saved"); code != 0 {
		w.Fatal(out)
	}
	meanwhile()
	return w.terraform("apply", "-no-color", "saved")
}

// CI makes a revision, and Terraform moves the traffic: the plan names it.
func TestNewestIsRolledOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.has(w.says(), "Warning: Apply takes the newest revision of that moment", "It is "+w.first+" now")
	w.applies()
	w.serves(w.first)
	w.quiet()

	made := w.ci(func(t *runpb.RevisionTemplate) {
		t.Containers[0].Image = w.V2
		t.Containers[0].Resources.Limits["cpu"] = "2000m"
		t.Containers[0].Env = append(t.Containers[0].Env, &runpb.EnvVar{Name: "FOO", Values: &runpb.EnvVar_Value{Value: "hush"}})
	})
	w.settle()
	out := w.says("hush", "did not ask for")
	w.has(out, `revision = "`+w.first+`" -> "`+made+`"`, "cpu 1 → 2, +FOO: made as "+made+", serves nobody)")
	w.applies()
	w.serves(made)
	w.quiet()

	again := w.ciImage(w.V3) // the rollback target is what was promoted
	w.settle()
	w.has(w.applies(), made+" → newest (image ")
	w.serves(again)
	w.quiet()
}

// A plan that was reviewed for one revision does not roll out another one.
func TestNewestThatIsMadeBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.applies()
	planned := w.ciImage(w.V2)
	w.settle()
	var newest string
	var writes int
	out, code := w.keeps(func() {
		newest = w.ciImage(w.V3)
		writes = w.box.Writes()
	})
	if code != 1 || w.box.Writes() != writes {
		t.Fatalf("exit %d, %d writes:\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "Error: Another revision is the newest since the plan",
		"The plan was made for "+planned+", and the newest revision is "+newest+" now. Nothing was written.", "Plan again (with a refresh)")
	w.serves(w.first)
	w.settle()
	w.applies() // the fix that the error names
	w.serves(newest)
	w.quiet()
}

func TestNewestThatStateDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.applies()
	planned := w.ciImage(w.V2)
	w.settle()
	w.terraform("apply", "-refresh-only", "-auto-approve", "-no-color")
	newest := w.ciImage(w.V3)
	w.settle()
	out, _ := w.terraform("plan", "-no-color", "-refresh=false")
	w.has(out, "Warning: This plan is not for the newest revision", "State knows "+planned+" as the newest revision, and "+newest+" is the newest now")
	out, code := w.terraform("apply", "-no-color", "-refresh=false", "-auto-approve")
	if code != 1 {
		t.Fatalf("it was applied:\n%s", out)
	}
	w.has(out, "Another revision is the newest since the plan")
	w.serves(w.first)

	w.remove(planned)
	out, _ = w.terraform("plan", "-no-color", "-refresh=false")
	w.has(out, "Error: Not ready: revision "+planned, "It is the newest revision of the state, and does not exist. Plan again with a refresh.")
	w.applies() // the fix that the error names
	w.serves(newest)
	w.quiet()
}

// remove deletes a revision by hand.
func (w *world) remove(revision string) {
	w.Helper()
	client, err := run.NewRevisionsClient(w.Context(), w.options()...)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.DeleteRevision(w.Context(), &runpb.DeleteRevisionRequest{Name: w.Service + "/revisions/" + revision}); err != nil {
		w.Fatal(err)
	}
}

// A newer revision is new content: what a person did about the one before does
// not stop it.
func TestNewestAfterTrafficWasMovedByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.applies()
	w.ciImage(w.V2)
	w.settle()
	w.applies()
	w.moveAll(1)
	w.has(w.says(), "Traffic was moved by somebody else", "Apply will refuse it")
	w.fails("Traffic was moved by somebody else")
	newest := w.ciImage(w.V3)
	w.settle()
	w.has(w.says("Apply will refuse it"), "The rollout goes on from there: "+w.first+" is home")
	w.applies()
	w.serves(newest)
	w.quiet()
}

// A revision that is still being made is waited for.
func TestNewestThatIsStarting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.applies()
	made := w.ciImage(w.image("slow", sandbox.Behaviour{Version: "slow", StartDelay: 3 * time.Minute}))
	w.says("Not ready")
	begun := w.clock.Now()
	w.applies()
	if took := w.clock.Now().Sub(begun); took < 23*time.Minute {
		t.Errorf("it took %s, and its start alone takes 3m", took)
	}
	w.serves(made)
	w.quiet()
}

func TestNewestThatCannotServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.applies()
	broken := w.ciImage(w.NoStart)
	w.clock.Advance(time.Hour)
	w.has(w.fails("Not ready: revision "+broken), "It is the newest revision, and cannot serve: ", "or name the revision to roll out")
	good := w.ciImage(w.V2)
	w.settle()
	w.applies()
	w.serves(good)
	w.quiet()
}

// What failed is not tried again by the next merge; what CI makes next is.
func TestNewestThatFailedIsBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.applies()
	bad := w.ciImage(w.Bad)
	w.settle()
	w.fails(bad + " is blocked")
	w.serves(w.first)
	w.has(w.says(), "Warning: "+bad+" is blocked")
	same := w.ci(func(t *runpb.RevisionTemplate) { t.Labels = map[string]string{"merge": "2"} })
	w.settle()
	writes := w.box.Writes()
	w.fails(bad + " is blocked")
	if got := w.box.Writes(); got != writes || same == bad {
		t.Errorf("the same content as %s: %d writes", same, got-writes)
	}
	good := w.ciImage(w.V2)
	w.settle()
	w.says("Warning: ")
	w.applies()
	w.serves(good)
	w.quiet()
}

func TestNewestThatIsMadeInTheMiddleIsRolledOutNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "")
	w.applies()
	planned, newest := w.ciImage(w.V2), ""
	w.settle()
	w.once(10, func() { newest = w.ciImage(w.V3) })
	w.applies()
	w.serves(planned)
	if out, code := w.plan(); code != 2 || !strings.Contains(out, newest) {
		t.Fatalf("exit %d, %s is not in the plan:\n%s", code, newest, out)
	}
	w.applies()
	w.serves(newest)
	w.quiet()
}

// A rollout that waits for a person gives way to a newer revision: that is what
// is wanted now.
func TestNewestWhileOneIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "hold_at = 10")
	w.applies()
	held := w.ciImage(w.V2)
	w.settle()
	w.applies()
	if live := w.live(); live[held] != 10 {
		t.Fatalf("live is %v", live)
	}
	w.quiet()
	newest := w.ciImage(w.V3)
	w.settle()
	w.has(w.says(), "An unfinished rollout is undone first", held+" goes back to "+w.first)
	w.applies()
	if live := w.live(); live[newest] != 10 || live[held] != 0 {
		t.Fatalf("live is %v, want 10 %% of %s", live, newest)
	}
	w.quiet()
}

// Where CI has moved the traffic as well, the newest is watched and promoted.
func TestNewestThatHasAllTrafficAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, "watch = \"5m\"")
	w.applies()
	newest := w.ciImage(w.V2)
	w.settle()
	if err := w.box.Meddle(shop, map[string]int{newest: 100}, nil); err != nil {
		t.Fatal(err)
	}
	w.has(w.says("refuse"), "Warning: Nothing will move", newest+" is what is wanted, and has all traffic already")
	begun := w.clock.Now()
	w.applies()
	if took := w.clock.Now().Sub(begun); took < 5*time.Minute {
		t.Errorf("it was not watched: %s", took)
	}
	w.serves(newest)
	w.has(w.observed(), `outcome          = "promoted"`)
	w.quiet()
}

// What was adopted stays until CI makes a newer one.
func TestNewestAfterAnAdoption(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(theNewest, `on_foreign_change = "adopt"`)
	w.applies()
	left := w.ciImage(w.V2)
	w.settle()
	w.applies()
	w.moveAll(1)
	w.has(w.applies(), "What is live was adopted")
	w.quiet()
	newest := w.ciImage(w.V3)
	w.settle()
	w.applies()
	if w.serves(newest); w.live()[left] > 0 {
		t.Errorf("live is %v", w.live())
	}
	w.quiet()
}

// A change of triggers rolls out a new revision of the same settings, and going
// back to the triggers of before the one that was made for them.
func TestTriggers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	triggered := func(settings string) string {
		w.Helper()
		w.wants(`image = "`+w.V2+`"`, settings)
		if out, code := w.plan(); code != 2 {
			t.Fatalf("%s plans nothing:\n%s", settings, out)
		}
		w.applies()
		w.only(w.V2)
		w.quiet()
		for r := range w.live() {
			return r
		}
		return ""
	}
	none := triggered("")
	first := triggered(`triggers = { migration = "0041" }`)
	second := triggered(`triggers = { migration = "0042" }`)
	if none == first || first == second {
		t.Fatalf("no new revision was made: %s, %s, %s", none, first, second)
	}
	if back := triggered(`triggers = { migration = "0041" }`); back != first {
		t.Errorf("going back leads to %s, want %s", back, first)
	}
	if back := triggered(""); back != none {
		t.Errorf("without triggers it is %s, want %s", back, none)
	}
	// Another tool that knows nothing of our annotation takes it away: that is
	// no other content.
	triggered(`triggers = { migration = "0042" }`)
	w.ci(func(t *runpb.RevisionTemplate) { t.Annotations = nil })
	w.settle()
	w.quiet()
}

// What is blocked is content for those triggers: another value is a reason to
// try it again.
func TestTriggersOfBlockedContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wants(`image = "`+w.V2+`"`, "")
	w.applies()
	w.wants(`image = "`+w.Bad+`"`, `triggers = { migration = "0041" }`)
	out := w.fails("was rolled back at 10 %", "is blocked")
	bad := w.box.Service(shop).Newest
	w.fails("Error: " + bad + " is blocked")
	w.wants(`image = "`+w.Bad+`"`, `triggers = { migration = "0042" }`)
	w.says("Warning: ")
	if again := w.fails("was rolled back at 10 %"); again == out || w.box.Service(shop).Newest == bad {
		t.Errorf("it was not tried again:\n%s", again)
	}
}

func TestTriggersThatAreNotKnownAtPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const migration = `
resource "terraform_data" "migration" {
  input = { id = "ID" }
}
`
	before := ""
	for _, c := range []struct{ id, triggers string }{
		{"0041", ""},
		{"0042", "triggers = terraform_data.migration.output"},
		{"0043", "triggers = { migration = terraform_data.migration.output.id }"},
	} {
		w.write(strings.ReplaceAll(migration, "ID", c.id) + strings.NewReplacer("WANTED", `image = "@v2"`, "SETTINGS", c.triggers).Replace(wanted))
		if c.triggers != "" {
			w.has(w.says(), "Some requirements are looked at in apply", "~ rollout ")
		}
		w.applies()
		if made := w.box.Service(shop).Newest; made == before {
			t.Errorf("for %s no new revision was made", c.id)
		} else {
			before = made
		}
		w.quiet()
	}
}

const stripe = "projects/demo/secrets/stripe/versions/latest"

func (w *world) means(settings string) {
	w.Helper()
	w.wants(`image = "`+w.V2+`"`+"\n"+`secrets = { STRIPE_KEY = "`+stripe+`", STRIPE_TOO = "`+stripe+`" }`+"\n"+settings, "")
}

func (w *world) secret() {
	w.Helper()
	w.box.Secret("stripe", sandbox.Enabled)
	if err := w.box.Grant("stripe", "roles/secretmanager.secretAccessor", "serviceAccount:api@demo.iam.gserviceaccount.com"); err != nil {
		w.Fatal(err)
	}
}

// observed is what state holds.
func (w *world) observed() string {
	w.Helper()
	out, code := w.terraform("state", "show", "-no-color", "rollout_safe_deployment.api")
	if code != 0 {
		w.Fatal(out)
	}
	return out
}

func (w *world) rotate() {
	if _, err := w.box.AddSecretVersion("stripe", sandbox.Enabled); err != nil {
		w.Error(err)
	}
}

func TestSecretVersionsThatAreNotTracked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secret()
	w.means("track_secret_versions = false")
	w.applies()
	w.rotate()
	w.quiet()
	w.means("")
	w.has(w.says(), "(stripe: 1 → 2): 10 % for 10m", "Warning: A secret has a new version: ", "stripe: 1 → 2. Apply makes a new revision and rolls it out.")
	w.applies()
	w.quiet()
	w.rotate()
	w.means("track_secret_versions = false") // the opt-out counts at once
	w.says("did not ask for", "2 → 3")
	writes := w.box.Writes()
	w.applies()
	if w.box.Writes() != writes {
		t.Error("something was written")
	}
	w.quiet()
	// The next rollout brings it all the same, and says so.
	w.V2 = w.V3
	w.means("track_secret_versions = false")
	w.has(w.says("did not ask for"), "(stripe: 2 → 3): 10 % for 10m")
	w.applies()
	w.only(w.V3)
	w.has(w.observed(), `"STRIPE_KEY" = "stripe:3"`)
	w.quiet()
	w.rotate()
	w.ci(func(t *runpb.RevisionTemplate) { t.MaxInstanceRequestConcurrency = 7 })
	w.has(w.says("A secret has a new version"), "(concurrency 80 → 7: made as ", "; stripe: 3 → 4)", "Another tool changed the template")
}

// A version that is disabled in the middle takes everybody home, also where
// latest means another one by then.
func TestSecretThatIsDisabledInTheMiddle(t *testing.T) {
	for name, also := range map[string]func(*world){
		"the newest":          func(*world) {},
		"and there is a next": (*world).rotate,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.secret()
			w.means("")
			w.once(50, func() { t.Error("it rose all the same") })
			w.once(10, func() {
				w.disable()
				also(w)
			})
			out := w.fails("was rolled back at 10 %", "cloud_run STRIPE_KEY = "+stripe+": version 1 is DISABLED", "gcloud secrets versions enable 1 --secret stripe")
			w.serves(w.first)
			if strings.Contains(out, w.box.Service(shop).Newest+" is blocked") {
				t.Errorf("it is blocked, and nothing is wrong with it:\n%s", out)
			}
			if err := w.box.SetSecretVersion("stripe", 1, sandbox.Enabled); err != nil {
				t.Fatal(err)
			}
		})
	}
}
