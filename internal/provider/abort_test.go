package provider_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/gcloud"
)

// gcloud is the real gcloud, on this sandbox.
func (w *world) gcloud() func(args ...string) string {
	w.Helper()
	cli, err := gcloud.For(w.box.URL(), w.box.Project(), w.box.Location(), w.TempDir())
	if err != nil {
		if os.Getenv("CI") != "" {
			w.Fatalf("CI must have gcloud: %v", err)
		}
		w.Skip(err)
	}
	return func(args ...string) string {
		w.Helper()
		out, err := cli.Run(w.Context(), args...)
		if err != nil {
			w.Fatalf("gcloud %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(out)
	}
}

// asks is a person's word, without gcloud. "" takes it back.
func (w *world) asks(why string) {
	w.Helper()
	if err := w.box.Annotate(shop, "rollout-abort", why); err != nil {
		w.Fatal(err)
	}
}

var takesBack = regexp.MustCompile(`gcloud (run services update \S+ --project \S+ --region \S+ --update-annotations \S+=)`)

func (w *processWorld) asks(why string) {
	w.Helper()
	if err := w.box.Annotate(shop, "rollout-abort", why); err != nil {
		w.Fatal(err)
	}
}

// TestAbortByGcloud: a person stops a rollout with gcloud in the middle of it, and
// takes that back with the command that the message names.
func TestAbortByGcloud(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gcloud := w.gcloud()
	w.deploys(w.V2, `on_failure = "stay"`)
	w.once(10, func() {
		gcloud("run", "services", "update", shop, "--update-annotations", "rollout-abort=bad checkout")
	})
	began := w.clock.Now()
	out := w.fails("was rolled back at 10 %", `A person asked for the rollout to stop: "bad checkout".`, "Traffic is back on "+w.first+" 100 %",
		"No rollout begins as long as a person's word stands", "This was the first apply")
	if took := w.clock.Now().Sub(began); took > 3*time.Minute {
		t.Errorf("it was heard after %s", took)
	}
	w.only(w.V1)
	if tags := w.box.Service(shop).Tags; len(tags) != 0 {
		t.Errorf("our marks are left: %v", tags)
	}

	// Nothing begins as long as it stands, with other content neither.
	w.deploys(w.V3, "")
	told, code := w.plan()
	if code != 2 {
		t.Fatal(told)
	}
	w.has(told, "A person asked for rollouts to stop", `On the service stands: "bad checkout". No rollout begins as long as it does.`, "Apply will refuse it, before any write; other resources go on.")
	writes := w.box.Writes()
	w.fails("A person asked for rollouts to stop", "Nothing was written")
	if w.box.Writes() != writes {
		t.Error("something was written")
	}

	command := takesBack.FindStringSubmatch(out)
	if command == nil {
		t.Fatalf("the message names no command:\n%s", out)
	}
	gcloud(strings.Fields(command[1])...)
	w.applies()
	w.only(w.V3)
	w.quiet()
}

// The word may come at any moment: while the candidate is made, at a step, in the
// watch. What was under way is blocked, and what others wrote stays.
func TestAbortAtEachStep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		share int
		out   string
	}{
		"while it is made": {0, "failed before any traffic moved"},
		"at a step":        {50, "was rolled back at 50 %"},
		"in the watch":     {100, "was rolled back at 100 %"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := w.box.Annotate(shop, "team", "shop"); err != nil {
				t.Fatal(err)
			}
			w.deploys(w.V1, "")
			w.applies() // so that there is state to remember the block
			w.deploys(w.V2, "")
			w.once(c.share, func() { w.asks("bad\ncheckout\x1b[31m") })
			out := w.fails(c.out, `A person asked for the rollout to stop: "bad checkout [31m".`, "is blocked. Apply another revision, or set retry = ")
			aborted := w.box.Service(shop).Newest
			w.has(out, aborted+" is blocked")
			w.only(w.V1)
			told, _ := w.plan() // taking the word back is not enough
			w.has(told, "Warning: A person asked for rollouts to stop", "Warning: "+aborted+" is blocked")
			w.asks("")
			w.fails(aborted + " is blocked")
			w.deploys(w.V2, `retry = "`+aborted+`"`)
			w.applies()
			w.only(w.V2)
			w.change(func(s *runpb.Service) {
				if s.GetAnnotations()["team"] != "shop" {
					t.Errorf("somebody's annotations are gone: %v", s.GetAnnotations())
				}
			})
		})
	}
}

// Nothing is under way: nothing stops, and every plan says that the word stands.
func TestAbortAtRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.asks("no deployments tonight")
	out, code := w.plan()
	if code != 0 {
		t.Fatalf("the plan is not empty:\n%s", out)
	}
	w.has(out, "A person asked for rollouts to stop", `"no deployments tonight". Nothing is under way`, "--update-annotations rollout-abort=")
	w.deploys(w.V2, `on_failure = "stay"`)
	w.applies()
	w.only(w.V2)

	t.Run("what it kept from beginning is not blocked, and no retry is spent", func(t *testing.T) {
		w.asks("")
		w.deploys(w.Bad, "")
		w.fails("is blocked")
		bad := w.box.Service(shop).Newest
		w.asks("no deployments tonight")
		w.deploys(w.Bad, `retry = "`+bad+`"`)
		writes := w.box.Writes()
		w.fails("A person asked for rollouts to stop", "Nothing was written")
		w.deploys(w.V3, "")
		w.fails("A person asked for rollouts to stop", "Nothing was written")
		if w.box.Writes() != writes {
			t.Error("something was written")
		}
		w.asks("")
		w.deploys(w.Bad, `retry = "`+bad+`"`)
		w.fails("GET / answered 500") // it was tried
		w.deploys(w.V3, "")
		w.applies()
		w.only(w.V3)
		w.quiet()
	})
}

// It waits at a step, and nobody watches: the word is a change in the plan, and
// the apply takes it home, also where state is lost.
func TestAbortOfWhatWaits(t *testing.T) {
	t.Parallel()
	for _, forgets := range []bool{false, true} {
		w := newWorld(t)
		w.deploys(w.V2, "hold_at = 10")
		w.applies()
		if forgets {
			if out, code := w.terraform("state", "rm", "rollout_safe_deployment.api"); code != 0 {
				t.Fatal(out)
			}
		}
		w.asks("bad checkout")
		out, code := w.plan()
		if code != 2 {
			t.Fatalf("the plan is empty:\n%s", out)
		}
		w.has(out, "A person asked for the rollout to stop", "An apply takes everything home, and blocks what was rolled out.")
		w.fails("was rolled back at 10 %", `"bad checkout"`)
		w.only(w.V1)
	}
}

// An apply that adopts rolls nothing out, so a word stops nothing of it.
func TestAbortAndAdoption(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploys(w.V2, "")
	w.applies()
	w.moveAll(1)
	w.asks("bad checkout")
	w.deploys(w.V2, `on_foreign_change = "adopt"`)
	w.has(w.applies(), "What is live was adopted", "Nothing is under way, so nothing stops")
	w.only(w.V1)
}

// TestAbortAfterAKill: the process is dead, and a person asks for it to stop. The
// next apply takes it home.
func TestAbortAfterAKill(t *testing.T) {
	t.Parallel()
	w := newProcessWorld(t)
	w.deploys("2s")
	w.killed("provider", 10)
	w.asks("bad checkout")
	r := w.apply()
	if code := w.ended(r); code != 1 {
		t.Fatalf("exit %d:\n%s", code, r.out.String())
	}
	out := flatten(r.out.String())
	for _, part := range []string{"was rolled back at 10 %", `A person asked for the rollout to stop: "bad checkout"`} {
		if !strings.Contains(out, part) {
			t.Errorf("the message lacks %q:\n%s", part, r.out.String())
		}
	}
	if v := w.box.Service(shop); v.Percent[v.Newest] != 0 || len(v.Tags) != 0 {
		t.Fatalf("live is %v, tags %v", v.Percent, v.Tags)
	}
	w.asks("")
	w.promotes()
}
