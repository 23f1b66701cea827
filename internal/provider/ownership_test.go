package provider_test

import (
	"strings"
	"testing"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// Whose hand it was: our marks stay when somebody moves traffic by hand, as a
// tag does when gcloud moves percentages.

func TestHeldRolloutThatAPersonTookHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "hold_at = 10")
	w.applies()
	bad := w.box.Service(shop).Newest
	w.moveAll(1)
	out, code := w.plan()
	if code != 2 {
		t.Fatalf("drift is not in the plan:\n%s", out)
	}
	w.has(out, "Traffic was moved by somebody else", "The last apply left "+w.first+" 90 %, "+bad+" 10 %")
	for _, settings := range []string{"hold_at = 10", "hold_at = 10\n  max_unattended = \"2h\"", ""} {
		w.deploys(w.V2, settings)
		writes := w.box.Writes()
		w.fails("Traffic was moved by somebody else", "Nothing was written")
		if w.box.Writes() != writes {
			t.Errorf("with %q something was written", settings)
		}
		w.only(w.V1)
	}

	t.Run("other content goes on from there, and what was taken off stays off", func(t *testing.T) {
		w.deploys(w.V3, "")
		w.applies()
		w.only(w.V3)
		w.quiet()
		w.deploys(w.V2, "")
		w.fails("is blocked")
		w.only(w.V3)
	})
}

func TestShareSetByHandIsBakedInFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, `advance = "one_step"`)
	w.applies()
	candidate := w.box.Service(shop).Newest
	w.clock.Advance(20 * time.Minute)
	// 50 is a rung: it may have been ours. It was never watched.
	if err := w.box.Meddle(shop, map[string]int{w.first: 50, candidate: 50}, nil); err != nil {
		t.Fatal(err)
	}
	begin := w.clock.Now()
	w.applies()
	if baked := w.clock.Now().Sub(begin); baked < 10*time.Minute {
		t.Errorf("50 %% was left after %s, and its bake is 10m", baked)
	}
	// 60 is none: that was somebody else.
	w.deploys(w.V3, `advance = "one_step"`)
	w.applies()
	now := w.box.Service(shop)
	if err := w.box.Meddle(shop, map[string]int{candidate: 40, now.Newest: 60}, nil); err != nil {
		t.Fatal(err)
	}
	w.fails("Traffic was moved by somebody else")
}

// An interrupted apply leaves its marks; somebody else's canary beside them is
// not ours to take home.
func TestSomebodyElsesCanaryBesideOurMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "hold_at = 10")
	w.applies()
	w.more()
	v := w.box.Service(shop)
	if err := w.box.Meddle(shop, map[string]int{w.first: 70, v.Newest: 30}, nil); err != nil {
		t.Fatal(err)
	}
	w.deploys(w.V2, "")
	writes := w.box.Writes()
	w.fails("Traffic was moved by somebody else", "Nothing was written")
	if w.box.Writes() != writes {
		t.Error("somebody else's split was overwritten")
	}
}

// Each way out that the message of a foreign split names is one.
func TestForeignSplitAtTheFirstApply(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ settings, out string }{
		"refused":           {"", "Traffic is divided, and not by this resource"},
		"adopt says no one": {`on_foreign_change = "adopt"`, "name the side that is good with home = "},
		"restore neither":   {`on_foreign_change = "restore"`, "name the side that is good with home = "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.more()
			v := w.box.Service(shop)
			if err := w.box.Meddle(shop, map[string]int{w.first: 60, v.Newest: 40}, nil); err != nil {
				t.Fatal(err)
			}
			w.deploys(w.V2, c.settings)
			writes := w.box.Writes()
			w.fails(c.out, "Nothing was written")
			if w.box.Writes() != writes {
				t.Error("something was written")
			}
			w.deploys(w.V2, c.settings+"\n  home = \""+w.first+`"`)
			w.applies()
			w.only(w.V2)
			w.quiet()
		})
	}
}

// What changes while a rollout goes on was not rolled out by it.
func TestTemplateThatChangesInTheMiddleIsRolledOutNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.once(10, func() {
		v := w.box.Service(shop)
		w.change(func(s *runpb.Service) {
			s.Template.MaxInstanceRequestConcurrency = 7
			s.Traffic = s.Traffic[:0]
			for r, p := range v.Percent {
				s.Traffic = append(s.Traffic, &runpb.TrafficTarget{Type: byName, Revision: r, Percent: int32(p)})
			}
			for tag, r := range v.Tags {
				s.Traffic = append(s.Traffic, &runpb.TrafficTarget{Type: byName, Revision: r, Tag: tag})
			}
		})
	})
	w.applies()
	if _, code := w.plan(); code != 2 {
		t.Fatal("the template that was changed meanwhile is forgotten")
	}
	w.applies()
	w.quiet()
}

func TestSecretThatIsRotatedInTheMiddleIsRolledOutNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.box.Secret("stripe", sandbox.Enabled)
	if err := w.box.Grant("stripe", "roles/secretmanager.secretAccessor", "serviceAccount:api@demo.iam.gserviceaccount.com"); err != nil {
		t.Fatal(err)
	}
	w.write(strings.Replace(replaceWords(staged, w.V2, ""), "image   =", "secrets = { STRIPE = \"projects/demo/secrets/stripe/versions/latest\" }\n    image   =", 1))
	w.once(10, func() {
		if _, err := w.box.AddSecretVersion("stripe", sandbox.Enabled); err != nil {
			t.Error(err)
		}
	})
	w.applies()
	out, code := w.plan()
	if code != 2 {
		t.Fatal("the version that was added meanwhile is forgotten")
	}
	w.has(out, "STRIPE")
	w.applies()
	w.quiet()
}

// Another service of the same name is another target: nothing that was
// remembered is about it.
func TestRecreatedServiceRemembersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.deploys(w.Bad, "")
	w.fails("is blocked")
	w.recreate(w.V1)
	out, _ := w.plan()
	if strings.Contains(out, "is blocked") {
		t.Errorf("what was blocked on another service is blocked here:\n%s", out)
	}
	w.deploys(w.V2, "")
	w.applies()
	w.only(w.V2)
	w.quiet()
	out, _ = w.terraform("show", "-no-color")
	w.has(out, "blocked = []", "promoted_before = [ \""+w.box.Service(shop).Revisions[1]+"\", ]")
}

// recreate deletes the service, and makes another one of its name.
func (w *world) recreate(image string) {
	w.Helper()
	client, err := run.NewServicesClient(w.Context(), w.options()...)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	op, err := client.DeleteService(w.Context(), &runpb.DeleteServiceRequest{Name: w.Service})
	if err == nil {
		_, err = op.Wait(w.Context())
	}
	if err == nil {
		err = w.box.CreateService(w.Context(), shop, image, sandbox.RunAs("api@demo.iam.gserviceaccount.com"))
	}
	if err != nil {
		w.Fatal(err)
	}
}

// The target may be another one: that is a replacement, for the plan cannot
// tell, and an apply must not pass over it.
func TestTargetThatIsNotKnownAtPlan(t *testing.T) {
	const config = `
resource "terraform_data" "service" {
  input            = "NAME"
  triggers_replace = "TRIGGER"
}
`
	for name, c := range map[string]struct{ resource, before, after string }{
		"deployment, the same name":    {staged, "@service", "@service"},
		"deployment, another name":     {staged, "@service", "@other"},
		"traffic split, the same name": {exact, "@service", "@service"},
		"traffic split, another name":  {exact, "@service", "@other"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.anotherService()
			other := strings.Replace(w.Service, "/"+shop, "/other", 1)
			write := func(service, trigger string) {
				name := strings.NewReplacer("@service", w.Service, "@other", other).Replace(service)
				live := w.box.Service(name[strings.LastIndex(name, "/")+1:]).Newest
				body := strings.NewReplacer(`"@service"`, "terraform_data.service.output", "LIVE", live).Replace(c.resource)
				w.write(strings.NewReplacer("NAME", name, "TRIGGER", trigger).Replace(config) + replaceWords(body, w.V1, ""))
			}
			write(c.before, "1")
			w.applies()
			w.quiet()
			write(c.after, "2")
			out, _ := w.plan()
			w.has(out, "must be replaced")
			w.applies()
			w.quiet()
		})
	}
}

// An apply that died after it had promoted, and before it could write that down,
// took nobody's traffic: what served before is not blocked.
func TestPromotionThatStateDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.more()
	w.moveAll(0)
	w.deploys(w.V3, "")
	w.applies()
	w.only(w.V3)
	w.quiet()
	w.deploys(w.V2, "")
	w.has(w.applies(), "A return does not climb")
	w.only(w.V2)
}

// Nobody is sent back to whom a person has just fled.
func TestNewContentOnASplitByHand(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{"", `on_foreign_change = "adopt"`, `on_foreign_change = "restore"`} {
		w := newWorld(t)
		w.deploys(w.V2, "")
		w.applies()
		bad := w.box.Service(shop).Newest
		if err := w.box.Meddle(shop, map[string]int{w.first: 90, bad: 10}, nil); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(settings, "adopt") { // and new content comes later
			w.deploys(w.V2, settings)
			w.applies()
			w.quiet()
		}
		w.deploys(w.V3, settings)
		writes := w.box.Writes()
		out := w.fails("name the side that is good with home = \""+w.first+"\"", "Nothing was written")
		if w.box.Writes() != writes {
			t.Errorf("with %q somebody's split was changed", settings)
		}
		if settings == "" { // the message names more then
			settings = `on_foreign_change = "adopt"`
			w.has(out, "and set "+settings+" to go on from this split")
		}
		w.deploys(w.V3, settings+"\n  home = \""+w.first+`"`)
		w.applies() // the fix that is named works
		w.only(w.V3)
	}
}

// Another tool changed the template meanwhile, so what is configured is not what
// the person fled: that is blocked all the same.
func TestAdoptionBesideAChangedTemplate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	fled := w.box.Service(shop).Newest
	w.more()
	w.split(map[string]int{w.first: 30, fled: 70})
	w.deploys(w.V2, `on_foreign_change = "adopt"`)
	w.applies()
	w.quiet()
	w.deploys(w.V3, `on_foreign_change = "adopt"`)
	w.fails("nothing says which side is home", "name the side that is good", "Nothing was written")
	if live := w.live(); live[fled] != 70 {
		t.Errorf("live is %v", live)
	}
}

// What is restored is not blocked by the same apply: the next ones go on.
func TestRestoredContentGoesOn(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{
		"a hold":         {"hold_at = 10\n  on_foreign_change = \"restore\"", `on_foreign_change = "restore"`},
		"step by step":   {"advance = \"one_step\"\n  on_foreign_change = \"restore\"", "advance = \"one_step\"\n  on_foreign_change = \"restore\"", "advance = \"one_step\""},
		"to the default": {"hold_at = 10\n  on_foreign_change = \"restore\"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.deploys(w.V2, "")
			w.applies()
			w.moveAll(1)
			for _, s := range settings {
				w.deploys(w.V2, s)
				w.applies()
				w.clock.Advance(time.Hour)
			}
			w.only(w.V2)
			w.quiet()
		})
	}
}

// Whoever gives blocked content everything by hand has decided.
func TestBlockedContentThatAPersonPromotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.moveAll(1)
	w.deploys(w.V2, `on_foreign_change = "adopt"`)
	w.applies()
	w.moveAll(0)
	w.deploys(w.V2, "")
	out, _ := w.plan()
	w.has(out, "Somebody gave all traffic to what is blocked")
	w.applies()
	w.only(w.V2)
	w.quiet()
}

// A merge that failed is reverted: nothing has to move, and nobody else is
// blamed for the template.
func TestFailedMergeIsReverted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	for _, bad := range []string{w.Bad, w.NoStart} {
		w.deploys(bad, "")
		w.fails("failed before any traffic moved")
		w.deploys(w.V2, "")
		out, _ := w.plan()
		if strings.Contains(out, "by another tool") {
			t.Errorf("our own template is somebody else's:\n%s", out)
		}
		w.has(out, "Nothing will move")
		w.applies()
		w.quiet()
		if v := w.box.Service(shop); len(v.Tags) > 0 {
			t.Errorf("tags of ours stay: %v", v.Tags)
		}
	}
}

// What was not known at plan is looked at when it is, before the first write.
func TestWhatIsWrongOnceItIsKnown(t *testing.T) {
	const late = `
resource "terraform_data" "late" {
  input = LATE
}
`
	for name, c := range map[string]struct{ late, resource, out string }{
		"weights": {`{ "LIVE" = 90 }`, `
resource "rollout_traffic_split" "api" {
  cloud_run {
    service = "@service"
  }
  weights = terraform_data.late.output
}
`, "The weights do not add up to 100"},
		"a step": {"12.5", strings.Replace(staged, "weight = 50", "weight = terraform_data.late.output", 1), "finer than the platform divides"},
		"a requirement": {`"nonsense"`, `
resource "rollout_preflight" "barrier" {
  requires {
    http {
      url = terraform_data.late.output
    }
  }
}
`, "is not an address"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			config := strings.NewReplacer("LATE", c.late, "LIVE", w.first).Replace(late + c.resource)
			w.write(strings.ReplaceAll(replaceWords(config, w.V2, ""), "LIVE", w.first))
			writes := w.box.Writes()
			w.fails(c.out)
			if w.box.Writes() != writes {
				t.Error("something was written")
			}
		})
	}
}

const exact = `
resource "rollout_traffic_split" "api" {
  cloud_run {
    service = "@service"
  }
  weights = { "LIVE" = 100 }
}
`
