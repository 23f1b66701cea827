package provider_test

import (
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

const imported = `
import {
  to = rollout_safe_deployment.api
  id = "cloud_run/@service"
}
`

// takesOver is a configuration as a person writes it to take over what is there.
func (w *world) takesOver(image string) {
	w.Helper()
	w.write(imported + replaceWords(staged, image, ""))
}

// dies leaves what a rollout leaves whose process and state are gone: its marks,
// and a share.
func (w *world) dies(share int) (candidate string) {
	w.Helper()
	w.change(func(s *runpb.Service) {
		s.Template.Containers[0].Image = w.V2
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: w.first, Percent: 100}}
	})
	candidate = w.box.Service(shop).Newest
	split := map[string]int{w.first: 100 - share, candidate: share}
	if err := w.box.Meddle(shop, split, map[string]string{"ro-home": w.first, "ro-cand": candidate}); err != nil {
		w.Fatal(err)
	}
	return candidate
}

// placeholder is a service as the google provider makes it first, with Google's
// own sample: https://cloud.google.com/run/docs/quickstarts/deploy-container.
func (w *world) placeholder() {
	w.Helper()
	const hello = "us-docker.pkg.dev/cloudrun/container/hello"
	w.box.AcceptImage(hello, sandbox.Behaviour{Version: "hello"})
	w.recreate(hello)
	w.first = w.box.Service(shop).Newest
}

// What serves is what is configured: the import and its apply write nothing.
func TestImportOfACleanService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takesOver(w.V1)
	out, code := w.plan()
	if code != 2 {
		t.Fatal(out)
	}
	w.has(out, "Plan: 1 to import, 0 to add, 1 to change, 0 to destroy", "Nothing will move")
	writes := w.box.Writes()
	w.has(w.applies(), "1 imported, 0 added, 1 changed")
	if w.box.Writes() != writes {
		t.Error("something was written")
	}
	w.quiet()
	w.takesOver(w.V2)
	w.applies()
	w.only(w.V2)
	w.quiet()
	out, _ = w.terraform("show", "-no-color")
	w.has(out, `promoted_before = [ "`+w.first+`", ]`)
}

// The sample goes on serving until the steps are climbed, and a failure goes back
// to it.
func TestImportOfAPlaceholder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.placeholder()
	w.takesOver(w.Bad)
	w.fails("failed before any traffic moved", "is blocked")
	if live := w.live(); live[w.first] != 100 {
		t.Fatalf("live is %v", live)
	}
	w.takesOver(w.V2)
	w.applies()
	w.only(w.V2)
	w.quiet()
}

// Each way out that the message names is one.
func TestImportOfASplit(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"by hand", "without an import"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.more()
			w.half()
			w.takesOver(w.V2)
			out, code := w.plan()
			if code != 1 {
				t.Fatal(out)
			}
			w.has(out, "Several revisions share the traffic", "Choose the side that is good; "+w.first+" has most.", `a first apply with home = "`+w.first+`"`)
			if way == "by hand" {
				_, command, found := strings.Cut(out, "\n  gcloud ")
				if command, _, _ = strings.Cut(command, "\n"); !found || !strings.HasSuffix(command, "--to-revisions "+w.first+"=100") {
					t.Fatalf("the message names no command:\n%s", out)
				}
				w.gcloud()(strings.Fields(command)...)
			} else {
				w.deploys(w.V2, `home = "`+w.first+`"`)
			}
			w.applies()
			w.only(w.V2)
			w.quiet()
		})
	}
}

// A rollout whose process and state are gone: the next apply finishes it, or
// undoes it, as the configuration wants.
func TestImportInTheMiddleOfARollout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		share int
		image string
		out   string
		least time.Duration // what is owed: bakes and watch
		makes int           // revisions
	}{
		"at 0":                         {0, "@v2", "", 31 * time.Minute, 0},
		"at a step":                    {10, "@v2", "The rollout goes on from 10 %", 30 * time.Minute, 0},
		"in the watch":                 {100, "@v2", "An unfinished watch is repeated", 10 * time.Minute, 0},
		"reverted":                     {10, "@v1", "An unfinished rollout is undone", 10 * time.Minute, 0},
		"reverted before it began":     {0, "@v1", "Nothing will move", 0, 0},
		"superseded":                   {10, "@v3", "An unfinished rollout is undone first", 31 * time.Minute, 1},
		"superseded, all of it served": {100, "@v3", "An unfinished watch is left behind", 31 * time.Minute, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.dies(c.share)
			revisions := len(w.box.Service(shop).Revisions)
			w.takesOver(w.expand(c.image))
			out, code := w.plan()
			if code != 2 {
				t.Fatal(out)
			}
			w.has(out, "1 to import", c.out)
			began := w.clock.Now()
			w.applies()
			w.only(w.expand(c.image))
			if took := w.clock.Now().Sub(began); took < c.least {
				t.Errorf("it took %s, and %s is owed", took, c.least)
			}
			v := w.box.Service(shop)
			if len(v.Tags) != 0 || len(v.Revisions) != revisions+c.makes {
				t.Errorf("tags %v, revisions %v", v.Tags, v.Revisions)
			}
			w.quiet()
		})
	}
}

// The way home of a rollout that was imported in the middle is the one that its
// marks name.
func TestImportInTheMiddleOfABadRollout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	candidate := w.dies(50)
	if err := w.box.SetBehaviour(shop, candidate, sandbox.Behaviour{Version: "2", ErrorShare: 1}); err != nil {
		t.Fatal(err)
	}
	w.takesOver(w.V2)
	w.fails("was rolled back at 50 %", candidate+" is blocked")
	w.only(w.V1)
}

// What somebody else divides in between is his.
func TestImportInTheMiddleAndThenAHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	candidate := w.dies(10)
	w.deploys(w.V2, "")
	if out, code := w.terraform("import", "-no-color", "rollout_safe_deployment.api", "cloud_run/"+w.Service); code != 0 {
		t.Fatal(out)
	}
	if err := w.box.Meddle(shop, map[string]int{w.first: 98, candidate: 2}, nil); err != nil {
		t.Fatal(err)
	}
	writes := w.box.Writes()
	w.fails("Traffic was moved by somebody else", "Nothing was written")
	if w.box.Writes() != writes {
		t.Error("something was written")
	}
}
