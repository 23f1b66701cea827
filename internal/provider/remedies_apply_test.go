package provider_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// third is bad for its users.
func third(r string) bool { return strings.HasPrefix(r, "shop-00003") }

// savedPlan plans, lets something happen, and applies that plan.
func (w *world) savedPlan(meanwhile func()) string {
	w.Helper()
	if out, code := w.terraform("plan", "-no-color", "-input=false", "-out=saved"); code != 0 {
		w.Fatal(out)
	}
	meanwhile()
	out, code := w.terraform("apply", "-no-color", "saved")
	if code != 1 {
		w.Fatalf("the apply succeeded:\n%s", out)
	}
	return out
}

// otherwise rolls out other content, which every message about what is blocked
// advises.
func otherwise(w *world, _ said, _ string) { w.deploys("@v3", "") }

var rolloutRemedies = []remedy{
	{
		says: "rollout.rolled_back now.back todo.first_apply way_home.if_ever",
		provoke: func(w *world) string {
			w.users(w.newest)
			w.measures("@v2", "")
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.measures("@v1", "") }, image: "@v1",
	}, {
		says: "rollout.rolled_back todo.blocked",
		provoke: func(w *world) string {
			w.users(third)
			w.measures("@v2", "")
			w.applies()
			w.measures("@v3", "")
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.measures("@v2", "") },
	}, {
		says: "rollout.nothing_moved todo.blocked",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@bad", "")
			return w.failed()
		}, fix: otherwise, image: "@v3",
	}, { // the other way out that it names
		says: "todo.blocked",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@bad", "")
			return w.failed()
		},
		fix: func(w *world, s said, _ string) {
			w.must(w.box.SetBehaviour(shop, w.now(), sandbox.Behaviour{Version: "mended"}))
			w.deploys("@bad", fmt.Sprintf("retry = %q", s["retry"]))
		}, image: "@bad",
	}, {
		says: "rollout.blocked now.unwritten todo.other_content_or_retry",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@bad", "")
			w.failed()
			return w.failed()
		}, fix: otherwise, image: "@v3",
	}, {
		says: "rollout.stayed now.live todo.blocked way_home.command", provoke: func(w *world) string { return w.stays() },
		fix: func(w *world, _ said, _ string) { w.measures("@v2", "") },
	}, {
		says: "way_home.command", provoke: func(w *world) string { return w.stays() },
		fix:  func(w *world, _ said, out string) { w.runs(out) },
		then: func(w *world) { w.only(w.V2) }, // it is home already
	}, {
		says: "rollout.promoted_unverified todo.no_data", provoke: func(w *world) string { return w.unverified() },
	}, {
		says: "rollout.taken_back todo.no_data",
		provoke: func(w *world) string {
			w.measures("@v2", "")
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.users(nobody) },
	}, {
		says: "todo.never_measured",
		provoke: func(w *world) string {
			w.users(nobody)
			allow := func() {}
			w.once(10, func() { allow = w.box.Deny("monitoring.timeSeries.list") })
			w.measures("@v2", "")
			defer func() { allow() }()
			return w.failed()
		},
	}, {
		says: "rollout.halted todo.taken_off",
		provoke: func(w *world) string {
			w.users(nobody)
			w.measures("@v2", "")
			w.applies()
			w.once(50, func() { w.moveAll(1) })
			w.measures("@v3", "")
			return w.failed()
		},
		fix: func(w *world, s said, _ string) { w.measures("@v3", fmt.Sprintf("retry = %q", s["retry"])) }, image: "@v3",
	}, {
		says: "todo.taken_off_at_first",
		provoke: func(w *world) string {
			w.users(nobody)
			w.once(50, func() { w.moveAll(1) })
			w.measures("@v2", "")
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.measures("@v3", "") }, image: "@v3",
	}, {
		says: "rollout.halted todo.halted_denied",
		provoke: func(w *world) string {
			w.users(nobody)
			allow := func() {}
			w.once(10, func() { allow = w.box.Deny(servicesWrite) })
			w.measures("@v2", "")
			defer func() { allow() }()
			return w.failed()
		},
	}, {
		says: "todo.halted_blocked",
		provoke: func(w *world) string {
			w.users(third)
			w.measures("@v2", "")
			w.applies()
			allow := func() {}
			w.once(10, func() {
				if strings.HasPrefix(w.now(), "shop-00003") {
					allow = w.box.Deny(servicesWrite)
				}
			})
			w.measures("@v3", "")
			defer func() { allow() }()
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.measures("@v2", "") },
	}, {
		says: "todo.halted",
		provoke: func(w *world) string {
			w.users(nobody)
			mend := func() {}
			w.once(10, func() { mend = w.box.Fault(sandbox.Fault{Kind: sandbox.Unavailable, Method: getService}) })
			w.measures("@v2", "")
			defer func() { mend() }()
			return w.failed()
		},
	}, {
		says: "rollout.outdated todo.plan_again",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@v3", "")
			return w.savedPlan(func() { w.moveAll(1) })
		}, image: "@v3",
	}, {
		says: "todo.out_of_time",
		provoke: func(w *world) string {
			w.measures("@v2", "timeouts {\n    create = \"33m\"\n  }")
			w.once(10, func() { w.users(nobody) })
			return w.during(sandbox.Fault{Kind: sandbox.SettleAfter, Method: "run.UpdateService", D: 8 * time.Minute}, w.failed)
		},
		fix: func(w *world, _ said, _ string) { w.measures("@v2", "timeouts {\n    create = \"3h\"\n  }") },
	}, {
		says: "todo.denied",
		provoke: func(w *world) string {
			w.deploys("@v2", "")
			return w.without(servicesWrite, w.failed)
		},
	}, {
		says: "todo.provide",
		provoke: func(w *world) string {
			w.more()
			w.namesRevision("shop-00099-none", "")
			w.provided(softened, w.read())
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.namesRevision(w.now(), "") }, image: "@v3",
	}, {
		says: "rollout.nothing",
		provoke: func(w *world) string {
			w.deploys("@v2", "")
			return w.during(sandbox.Fault{Kind: sandbox.Internal, Method: "run.ListRevisions"}, w.failed)
		},
	}, {
		says: "now.unknown todo.remove_cause",
		provoke: func(w *world) string {
			w.deploys("@v2", "")
			for n := 1; n < 30; n++ { // at the first look of the rollout itself
				out := w.during(sandbox.Fault{Kind: sandbox.Denied, Method: getService, Skip: n}, w.failed)
				if strings.Contains(flatten(out), "failed before any traffic moved") {
					return out
				}
			}
			return ""
		},
	}, {
		says: "rollout.held",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			return w.applies()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v2", "") },
	}, {
		says: "rollout.held way_home.command",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			return w.applies()
		},
		fix: runsIt, then: func(w *world) { w.only(w.V1) },
	}, {
		says: "rollout.one_step",
		provoke: func(w *world) string {
			w.deploys("@v2", `advance = "one_step"`)
			w.applies()
			return w.applies()
		},
	}, {
		says: "todo.name_home",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			w.deploys("@v2", `on_foreign_change = "adopt"`)
			w.applies()
			w.moveAll(0)
			w.must(w.box.SetBehaviour(shop, w.now(), sandbox.Behaviour{Version: "2", Unhealthy: true, ErrorShare: 1}))
			w.deploys("@v2", "")
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v2", "home = \""+w.first+`"`) },
		// What is bad is blocked: the apply takes everybody home, and says so.
		then: func(w *world) { w.fails("Traffic is back on " + w.first); w.only(w.V1) },
	},
}

const exactly = "resource \"rollout_traffic_split\" \"api\" {\n  cloud_run {\n    service = \"@service\"\n  }\n  weights = { WEIGHTS }\n}\n"

// exactly writes exact weights.
func (w *world) exactly(weights string) {
	w.Helper()
	w.write(strings.Replace(exactly, "WEIGHTS", weights, 1))
}

// toSecond gives everything to the second revision, which serves nobody.
func (w *world) toSecond() {
	w.Helper()
	w.more()
	w.exactly(fmt.Sprintf("%q = 100", w.now()))
}

var splitRemedies = []remedy{
	{
		says: "split.cannot_serve",
		provoke: func(w *world) string {
			w.more()
			w.exactly(`"shop-00099-none" = 100`)
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.exactly(fmt.Sprintf("%q = 100", w.now())) }, image: "@v3",
	}, {
		says: "split.not_moved",
		provoke: func(w *world) string {
			w.toSecond()
			return w.without(servicesWrite, w.failed)
		}, image: "@v3",
	}, {
		says: "split.somebody_moved",
		provoke: func(w *world) string {
			w.toSecond()
			return w.during(sandbox.Fault{Kind: sandbox.Before, Method: "run.UpdateService", Do: func() {
				w.split(map[string]int{w.first: 50, w.now(): 50})
			}}, w.failed)
		}, image: "@v3",
	}, {
		says: "split.not_settled",
		provoke: func(w *world) string {
			w.toSecond()
			return w.during(sandbox.Fault{Kind: sandbox.NeverSettle, Method: "run.UpdateService"}, w.failed)
		}, image: "@v3",
	}, {
		says: "split.outdated",
		provoke: func(w *world) string {
			w.exactly("\"@first\" = 100")
			w.applies()
			w.toSecond()
			return w.savedPlan(func() { w.split(map[string]int{w.first: 50, w.now(): 50}) })
		}, image: "@v3",
	}, {
		says: "split.rollout_under_way",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			w.applies()
			w.exactly(fmt.Sprintf("%q = 100", w.now()))
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v2", "") }, // it finishes
	},
}
