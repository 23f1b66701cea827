package provider_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func (w *world) imageOf(revision string) string {
	w.Helper()
	client, err := run.NewRevisionsClient(w.Context(), w.options()...)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	r, err := client.GetRevision(w.Context(), &runpb.GetRevisionRequest{Name: w.Service + "/revisions/" + revision})
	if err != nil {
		w.Fatal(err)
	}
	return r.GetContainers()[0].GetImage()
}

// staged is a whole rollout; words in capitals are replaced by a test.
const staged = `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
  }
  step {
    weight = 0
    bake   = "1m"
  }
  step {
    weight = 10
    bake   = "10m"
  }
  step {
    weight = 50
    bake   = "10m"
  }
  watch = "10m"
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

func (w *world) deploys(image, settings string) {
	w.Helper()
	w.write(replaceWords(staged, image, settings))
}

func TestStagedRolloutIsPromoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.only(w.V2)
	if tags := w.box.Service(shop).Tags; len(tags) != 0 {
		t.Errorf("our marks are left: %v", tags)
	}
	w.quiet()

	w.deploys(w.V3, "")
	out, code := w.plan()
	if code != 2 {
		t.Fatalf("a new image plans nothing:\n%s", out)
	}
	w.applies()
	w.only(w.V3)
	w.quiet()

	// Yesterday's image returns at once, and makes no third revision.
	revisions := len(w.box.Service(shop).Revisions)
	w.deploys(w.V2, "")
	out, _ = w.plan()
	w.has(out, "A return does not climb")
	w.applies()
	w.only(w.V2)
	if n := len(w.box.Service(shop).Revisions); n != revisions {
		t.Errorf("a return made %d revisions", n-revisions)
	}
	w.quiet()
}

func TestBadRevisionGoesHomeAndIsBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.deploys(w.Bad, "")
	out, code := w.apply()
	if code != 1 {
		t.Fatalf("a bad revision was applied:\n%s", out)
	}
	bad := w.box.Service(shop).Newest
	w.only(w.V2)
	w.has(out, "Rollout of "+bad+" failed before any traffic moved", `Gate "answers" failed`, "GET / answered 500",
		bad+" is blocked. Apply another revision, or set retry = \""+bad+"\" to try it again.", "the way home:", "gcloud run services update-traffic shop")
	whole := regexp.MustCompile(`(?m)^[│ ]*gcloud run services update-traffic shop --project demo --region us-central1 --to-revisions \S+=100$`)
	if !whole.MatchString(out) {
		t.Errorf("the way home is not a line that can be copied:\n%s", out)
	}

	// The next unrelated merge says so, and fails before any write.
	out, code = w.plan()
	if code != 2 {
		t.Fatalf("the difference is not in the plan:\n%s", out)
	}
	w.has(out, bad+" is blocked")
	writes := w.box.Writes()
	out, code = w.apply()
	if code != 1 || w.box.Writes() != writes {
		t.Fatalf("a blocked revision: exit %d, %d writes\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "Error: "+bad+" is blocked", bad+` is blocked: gate "answers" failed at 14:31:10 UTC: GET / answered 500`,
		"Nothing was written; live is", "Apply another revision, or set retry = \""+bad+"\".")

	// A retry lifts it once: the name is spent afterwards.
	w.deploys(w.Bad, `retry = "`+bad+`"`)
	if out, code = w.apply(); code != 1 {
		t.Fatal(out)
	}
	w.has(out, "failed before any traffic moved", "GET / answered 500")
	writes = w.box.Writes()
	if out, code = w.apply(); code != 1 || w.box.Writes() != writes {
		t.Fatalf("a spent retry: exit %d, %d writes\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "Apply another revision, or set retry = \""+bad+"#2\".")
	w.deploys(w.Bad, `retry = "`+bad+`#2"`)
	out, code = w.apply()
	if code != 1 || w.box.Writes() == writes {
		t.Fatalf("a second retry, exit %d:\n%s", code, out)
	}
	w.has(out, bad+" is blocked. Apply another revision, or set retry = \""+bad+"#3\" to try it again.")

	// The fix needs no word from anybody.
	w.deploys(w.V3, "")
	w.applies()
	w.only(w.V3)
	w.quiet()
}

func TestFirstApplyThatFailsLeavesNoState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.NoStart, "")
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.has(out, "cannot serve", "failed to start and listen", "This was the first apply, and a failed one leaves no state")
	if out, _ := w.terraform("state", "list"); strings.TrimSpace(out) != "" {
		t.Errorf("state holds %s", out)
	}
	w.only(w.V1)
	w.deploys(w.V2, "")
	w.applies()
	w.only(w.V2)
	w.quiet()
}

func TestRollbackByHandIsRespected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	good := w.box.Service(shop).Revisions[1]
	if err := w.box.Meddle(shop, map[string]int{good: 100}, nil); err != nil {
		t.Fatal(err)
	}
	out, code := w.plan()
	if code != 2 {
		t.Fatalf("drift is not in the plan:\n%s", out)
	}
	w.has(out, "Traffic was moved by somebody else", "Apply will refuse it, before any write; other resources go on")
	// An unrelated change is applied beside it: no write to the service, and
	// the other resource goes on.
	w.write(strings.NewReplacer("IMAGE", w.V2, "SETTINGS", "").Replace(staged) + `
resource "terraform_data" "other" {
  input = "unrelated"
}
`)
	writes := w.box.Writes()
	out, code = w.apply()
	if code != 1 || w.box.Writes() != writes {
		t.Fatalf("exit %d, %d writes:\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "terraform_data.other: Creation complete", "Nothing was written")
	w.only(w.V1)

	t.Run("other content goes on from there", func(t *testing.T) {
		w.deploys(w.V3, "")
		out, _ := w.plan()
		w.has(out, "The rollout goes on from there: "+good+" is home")
		w.applies()
		w.only(w.V3)
		w.quiet()
	})
	t.Run("what was taken off by hand is blocked", func(t *testing.T) {
		w.deploys(w.V2, "")
		writes := w.box.Writes()
		out, code := w.apply()
		if code != 1 || w.box.Writes() != writes {
			t.Fatalf("exit %d:\n%s", code, out)
		}
		w.has(out, "is blocked")
	})
}

func TestForeignChangeRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	if err := w.box.Meddle(shop, map[string]int{w.box.Service(shop).Revisions[1]: 100}, nil); err != nil {
		t.Fatal(err)
	}
	w.deploys(w.V2, `on_foreign_change = "restore"`)
	out := w.applies()
	w.has(out, "Traffic was moved by somebody else", "it climbs the steps")
	w.only(w.V2)
	out, _ = w.terraform("show", "-no-color")
	w.has(out, "from 10 % to 50 %")
	w.quiet()
}

func TestForeignChangeAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	if err := w.box.Meddle(shop, map[string]int{w.box.Service(shop).Revisions[1]: 100}, nil); err != nil {
		t.Fatal(err)
	}
	w.deploys(w.V2, `on_foreign_change = "adopt"`)
	writes := w.box.Writes()
	newest := w.box.Service(shop).Newest
	w.has(w.applies(), "What is live was adopted", "to roll out "+newest+" again, set retry = \""+newest+"\" and on_foreign_change = \"restore\"")
	if w.box.Writes() != writes {
		t.Error("adopting wrote something")
	}
	w.only(w.V1)
	out, code := w.plan()
	if code != 0 {
		t.Fatalf("after adopting the plan is not empty:\n%s", out)
	}
	w.has(out, "What is configured does not serve")
}

func TestHoldAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "hold_at = 10")
	out := w.applies()
	w.has(out, "waits at 10 %, and nobody watches")
	if live := w.live(); live[w.box.Service(shop).Newest] != 10 {
		t.Fatalf("live is %v", live)
	}
	out, code := w.plan()
	if code != 0 {
		t.Fatalf("while it holds the plan is not empty:\n%s", out)
	}
	w.has(out, "A rollout waits, and nobody watches")
	w.deploys(w.V2, "")
	out, _ = w.plan()
	w.has(out, "The rollout goes on from 10 %")
	w.applies()
	w.only(w.V2)
	w.quiet()
}

func TestOneStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, `advance = "one_step"`)
	for _, want := range []int{10, 50} {
		w.has(w.applies(), "until the next apply")
		if got := w.live()[w.box.Service(shop).Newest]; got != want {
			t.Fatalf("one step later the candidate has %d %%, want %d", got, want)
		}
		w.clock.Advance(time.Hour)
		if out, code := w.plan(); code != 2 {
			t.Fatalf("before promotion the plan is empty:\n%s", out)
		}
	}
	w.applies()
	w.only(w.V2)
	w.quiet()
}

func TestOneStepUnattendedForTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, `advance = "one_step"`)
	w.applies()
	w.clock.Advance(25 * time.Hour)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.has(out, "nobody has watched", "max_unattended")
	w.only(w.V1)
}

func TestDestroyMovesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	writes := w.box.Writes()
	out, code := w.terraform("destroy", "-no-color", "-auto-approve")
	if code != 0 || w.box.Writes() != writes {
		t.Fatalf("exit %d, %d writes\n%s", code, w.box.Writes()-writes, out)
	}
	w.has(out, "Traffic stays as it is")
	w.only(w.V2)
}

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V1, "")
	out, code := w.terraform("import", "-no-color", "rollout_safe_deployment.api", "cloud_run/"+w.Service)
	if code != 0 {
		t.Fatal(out)
	}
	out, code = w.plan()
	if code != 2 {
		t.Fatalf("the first plan after an import:\n%s", out)
	}
	w.has(out, "Nothing will move")
	writes := w.box.Writes()
	w.applies()
	if w.box.Writes() != writes {
		t.Error("the apply after an import wrote something")
	}
	w.quiet()
}

func TestImportOfNonsense(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	out, code := w.terraform("import", "-no-color", "rollout_safe_deployment.api", "cloud_run/nonsense")
	if code != 1 {
		t.Fatal(out)
	}
	w.has(out, "This is not an id that can be imported", "An id looks like cloud_run/projects/PROJECT/locations/REGION/services/NAME")
}

func TestStateLostInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "hold_at = 10")
	w.applies()
	if out, code := w.terraform("state", "rm", "rollout_safe_deployment.api"); code != 0 {
		t.Fatal(out)
	}
	w.deploys(w.V2, "")
	out, _ := w.plan()
	w.has(out, "The rollout goes on from 10 %")
	w.applies()
	w.only(w.V2)
	w.quiet()
}

func TestSettingsThatMoveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	calls := len(w.box.Calls())
	w.deploys(w.V2, `on_failure = "stay"`)
	out, code := w.plan()
	if code != 2 {
		t.Fatal(out)
	}
	if strings.Contains(out, "known after apply") {
		t.Errorf("a setting that moves nothing makes values unknown:\n%s", out)
	}
	_ = calls
	writes := w.box.Writes()
	w.applies()
	if w.box.Writes() != writes {
		t.Error("something was written")
	}
	w.quiet()
}

func TestTemplateChangedByAnotherToolIsRolledOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	before := w.box.Service(shop).Newest
	w.change(func(s *runpb.Service) {
		s.Template.MaxInstanceRequestConcurrency = 7
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: before, Percent: 100}}
	})
	out, code := w.plan()
	if code != 2 {
		t.Fatalf("a template that serves nobody is not in the plan:\n%s", out)
	}
	w.applies()
	w.only(w.V2)
	if now := w.box.Service(shop); now.Percent[before] != 0 {
		t.Errorf("live is %v", now.Percent)
	}
	w.quiet()
}

const byName = runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION

// change is another tool that changes the service.
func (w *world) change(f func(*runpb.Service)) {
	w.Helper()
	client, err := run.NewServicesClient(w.Context(), w.options()...)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	s, err := client.GetService(w.Context(), &runpb.GetServiceRequest{Name: w.Service})
	if err != nil {
		w.Fatal(err)
	}
	f(s)
	if _, err := client.UpdateService(w.Context(), &runpb.UpdateServiceRequest{Service: s}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) options() []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(w.box.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

func replaceWords(config, image, settings string) string {
	return strings.NewReplacer("IMAGE", image, "SETTINGS", settings).Replace(config)
}
