package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// measured is a rollout that is judged by what users get.
const measured = `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
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
    name        = "errors"
    fail_above  = 5
    for         = "2m"
    window      = "1m"
    min_samples = 20
    cloud_monitoring {
      metric = "error_rate"
    }
  }
  SETTINGS
}
`

// users send 1,000 requests every 10 s; of those that the bad revision gets a
// tenth fails.
func (w *world) users(bad func(revision string) bool) {
	w.clock.Every(10*time.Second, func(now time.Time) {
		for r, p := range w.box.Service(shop).Percent {
			good := 10 * p
			if bad(r) {
				good = 9 * p
				w.box.Record(shop, r, "5xx", p, 30*time.Millisecond, now)
			}
			w.box.Record(shop, r, "2xx", good, 30*time.Millisecond, now)
		}
	})
}

func nobody(string) bool { return false }

func (w *world) newest(r string) bool { return r == w.box.Service(shop).Newest && r != w.first }

// once calls f at the first tick at which the candidate has a share.
func (w *world) once(share int, f func()) {
	var only sync.Once
	w.clock.Every(10*time.Second, func(time.Time) {
		v := w.box.Service(shop)
		if v.Newest != w.first && v.Percent[v.Newest] == share {
			only.Do(f)
		}
	})
}

func (w *world) fails(parts ...string) string {
	w.Helper()
	out, code := w.apply()
	if code != 1 {
		w.Fatalf("the apply succeeded:\n%s", out)
	}
	w.has(out, parts...)
	return out
}

func (w *world) measures(image, settings string) {
	w.Helper()
	w.write(replaceWords(measured, image, settings))
}

func TestGoodRevisionByWhatUsersGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	w.box.MetricsLag(3 * time.Minute)
	w.measures(w.V2, "")
	w.applies()
	w.only(w.V2)
	w.quiet()
}

// TestABakeThatIsJustLongEnough: a window and the delay, which has a sample of
// Cloud Run in it, whatever the phase in which those are taken.
func TestABakeThatIsJustLongEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	w.box.MetricsSampling(time.Minute)
	w.box.MetricsLag(3 * time.Minute)
	w.clock.Advance(10*time.Minute + 17*time.Second)
	short := func(bake string) string {
		return strings.NewReplacer(`"10m"`, fmt.Sprintf("%q", bake)).Replace(measured)
	}
	w.write(replaceWords(short("4m59s"), w.V2, ""))
	out, _ := w.plan()
	w.has(out, `Error: Gate "errors" has too little time`, "its data arrive 4m late", "step 1 gives it 4m59s, step 2 gives it 4m59s, the watch gives it 4m59s")
	w.write(replaceWords(short("5m"), w.V2, ""))
	w.applies()
	w.only(w.V2)
}

func TestBadRevisionByWhatUsersGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(w.newest)
	w.measures(w.V2, "")
	w.fails("was rolled back at 10 %", `Gate "errors" measured 10 %`, "limit 5 %", "samples); "+w.first+" in the same time: 0 %",
		"Traffic is back on "+w.first+" 100 %, settled 14:03:00 UTC", "What happened (2026-03-04, UTC):", "stopped: gate \"errors\" measured 10 % over", "If you ever have to do it by hand, the way home: gcloud run services update-traffic shop")
	w.only(w.V1)
}

func TestNoMetricsIsNotAPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.measures(w.V2, "")
	w.fails("was taken back at 10 %, unverified", `gate "errors" gave no verdict at 10 % within 10m`, "It is not blocked")
	w.only(w.V1)
	w.users(nobody)
	w.applies()
	w.only(w.V2)
}

// TestQueryThatCannotBeReadMovesNobody: the plan refuses it, an apply that was let
// past finds it before users see the candidate, and a correct one is then all that
// it takes.
func TestQueryThatCannotBeReadMovesNobody(t *testing.T) {
	w := newWorld(t)
	w.users(nobody)
	query := "sum(rate(rollout_requests_total{revision=\"{{revision}}\",code_class=\"5xx\"}[{{window}}])) or vector(0)"
	asks := func(query string) {
		w.write(replaceWords(strings.Replace(measured, `cloud_monitoring {
      metric = "error_rate"
    }`, fmt.Sprintf("prometheus {\nurl = \"@endpoint/prometheus\"\nquery = %q\nsamples = %q\n}", query, `sum(increase(rollout_requests_total{revision="{{revision}}"}[{{window}}]))`), 1), w.V2, ""))
	}
	asks(query + ")")
	out, _ := w.plan()
	w.has(out, `Error: Gate "errors" cannot work`, "it cannot read query (status 400, bad_data)", "an apply would fail at it before its first write", "Correct what the gate asks", "With ROLLOUT_PREFLIGHT=warn this is a warning")
	mended := false
	w.once(10, func() {
		if !mended {
			t.Error("users saw the candidate")
		}
	})
	writes := w.box.Writes()
	t.Setenv("ROLLOUT_PREFLIGHT", "warn") // the provider runs in this process
	w.fails("failed before any traffic moved", "it cannot read query (status 400, bad_data)", "correct the request, or log in again, and apply again")
	if got := w.box.Writes(); got != writes {
		t.Errorf("%d writes", got-writes)
	}
	w.only(w.V1)
	mended = true
	asks(query)
	w.applies()
	w.only(w.V2)
}

func TestMetricsGoneInTheWatchMoveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	w.once(100, func() { w.box.DropMetrics(true) })
	w.measures(w.V2, "")
	w.fails("has all traffic, unverified")
	w.only(w.V2)
	w.box.DropMetrics(false)
	out := w.applies()
	w.has(out, "An unfinished watch is repeated")
	w.only(w.V2)
	w.quiet()
}

func TestOnFailureStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(w.newest)
	w.measures(w.V2, `on_failure = "stay"`)
	w.fails("stopped at 10 %, and traffic stays")
	if got := w.live()[w.box.Service(shop).Newest]; got != 10 {
		t.Errorf("the candidate has %d %%", got)
	}
}

func TestMovedByHandInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	w.measures(w.V2, "")
	w.applies()
	writes := 0
	w.once(50, func() {
		writes = w.box.Writes()
		w.moveAll(1)
	})
	w.measures(w.V3, "")
	out := w.fails("was halted", "omebody else moved traffic", "Traffic is not touched any more")
	newest := w.box.Service(shop).Newest
	w.has(out, newest+" is blocked, because somebody took its traffic: set retry = \""+newest+"\", or apply other content")
	if n := w.box.Writes() - writes; n > 1 {
		t.Errorf("%d writes after somebody moved traffic by hand:\n%s", n, out)
	}
	w.only(w.V2)
	// It stays off: the next unrelated merge does not roll it out again.
	before := w.box.Writes()
	w.fails("Error: "+newest+" is blocked", "somebody took traffic off it in the middle of its rollout. Nothing was written; live is",
		"Apply another revision, or set retry = \""+newest+"\".", "If you ever have to do it by hand")
	if w.box.Writes() != before {
		t.Error("what a person took off was rolled out again")
	}
}

// A split that is not ours is refused, and nobody knows who is good: the last
// line says how to choose. The first event and the last say it as well.
func TestRefusedSplitEndsWithHowToChoose(t *testing.T) {
	w := newWorld(t)
	w.more()
	if err := w.box.Meddle(shop, map[string]int{w.first: 50, w.box.Service(shop).Newest: 50}, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.dir, "progress.jsonl")
	t.Setenv("ROLLOUT_PROGRESS_FILE", file) // the provider runs in this process
	w.measures(w.V2, "")
	out := flatten(w.fails("Traffic is divided, and not by this resource", "no mark of ours (a traffic tag) says which side is home, the rollback target"))
	if want := "give it everything: gcloud run services update-traffic shop --project demo --region us-central1 --to-revisions <the good one>=100"; !strings.HasSuffix(out, want) {
		t.Errorf("its last line is not how to choose:\n%s", out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"event":"way_home"`) || !strings.Contains(lines[1], `"event":"finish"`) || !strings.Contains(lines[2], `"event":"way_home"`) {
		t.Errorf("events are\n%s", text)
	}
}

func TestDeniedBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Cleanup(w.box.Deny("run.services.update"))
	w.measures(w.V2, "")
	w.fails("failed before any traffic moved", "permission denied", "run.services.update", "Grant the permission that the message names")
	w.only(w.V1)
}

func TestDeniedInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users(nobody)
	allow := func() {}
	w.once(10, func() { allow = w.box.Deny("run.services.update") })
	w.measures(w.V2, "")
	w.fails("was halted", "The way home was refused too", "run.services.update", "Live is", "Grant the permission that the message names")
	allow()
	w.applies()
	w.only(w.V2)
}

func TestTimeIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.measures(w.V2, "timeouts {\n    create = \"33m\"\n  }")
	w.once(10, func() { w.users(nobody) })
	w.box.Fault(sandbox.Fault{Kind: sandbox.SettleAfter, Method: "run.UpdateService", D: 8 * time.Minute})
	w.fails("the time that Terraform allows (timeouts) is over", "Raise the timeout")
	w.only(w.V1)
}

// Everything that a network does, at once, and the rollout still ends where it
// should.
func TestHostileNetwork(t *testing.T) {
	t.Parallel()
	for i, f := range []sandbox.Fault{
		{Kind: sandbox.Throttle, Times: 40},
		{Kind: sandbox.Unavailable, Method: "run.Get", Times: 40},
		{Kind: sandbox.LostAnswer, Method: "run.UpdateService", Times: 3},
		{Kind: sandbox.DropBefore, Method: "run.UpdateService", Skip: 1, Times: 1},
		{Kind: sandbox.Conflict, Method: "run.UpdateService", Times: 3},
		{Kind: sandbox.SettleAfter, Method: "run.UpdateService", D: time.Minute},
		{Kind: sandbox.StaleRead, Times: 0, D: 20 * time.Second},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.users(nobody)
			w.measures(w.V2, "")
			w.box.Fault(f)
			w.applies()
			w.only(w.V2)
			if n := len(w.box.Service(shop).Revisions); n != 2 {
				t.Errorf("%d revisions were made", n)
			}
		})
	}
}

// What the provider's own configuration does not know yet cannot be asked: the
// plan says so once, and the apply asks.
func TestProviderConfigurationUnknownAtPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("main.tf", w.expand(`
terraform {
  required_providers {
    rollout = {
      source = "terraform-rollout/rollout"
    }
  }
}
resource "terraform_data" "endpoint" {
  input = "@endpoint"
}
provider "rollout" {
  google {
    endpoint = terraform_data.endpoint.output
  }
}
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
}
`))
	out, code := w.plan()
	if code != 2 {
		t.Fatal(out)
	}
	w.has(out, "The provider's own configuration is not known yet")
	w.applies()
	w.only(w.V2)
	w.quiet()
}
