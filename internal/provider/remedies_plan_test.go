package provider_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// watched is a deployment whose one step is watched by one gate.
func (w *world) watched(gate string) {
	w.Helper()
	w.simple("", "  step {\n    weight = 10\n    bake   = \"10m\"\n  }\n  gate {\n    name = \"errors\"\n"+gate+"  }\n")
}

const (
	byErrors  = "    fail_above = 5\n    cloud_monitoring {\n      metric = \"error_rate\"\n    }\n"
	byRequest = "    http {\n      request {\n        path = \"/healthz\"\n      }\n    }\n"
	bySeries  = "    fail_above = 5\n    prometheus {\n      url   = \"URL\"\n      query = \"sum(increase(rollout_requests_total{revision=\\\"{{revision}}\\\",code_class=\\\"5xx\\\"}[{{window}}])) or 0 * sum(increase(rollout_requests_total{revision=\\\"{{revision}}\\\"}[{{window}}]))\"\nMORE    }\n"
)

func bySeriesAt(url, more string) string {
	return strings.NewReplacer("URL", url, "MORE", more).Replace(bySeries)
}

// setenv sets a variable that no other test reads.
func (w *world) setenv(name, value string) {
	w.Helper()
	w.must(os.Setenv(name, value)) // the test is parallel, and the name is its own
	w.Cleanup(func() { _ = os.Unsetenv(name) })
}

var gateRemedies = []remedy{
	{
		says: "cloudwatch_logs.no_requests",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched("    fail_above = 0\n    cloudwatch_logs {\n      filter    = \"ERROR\"\n      log_group = \"/shop\"\n    }\n")
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.watched(byErrors) },
	},
	{
		says: "cloudwatch_logs.everybody",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched("    fail_above = 0\n    cloudwatch_logs {\n      filter    = \"ERROR\"\n      requests  = \"GET\"\n      log_group = \"/shop\"\n    }\n")
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.watched(byErrors) },
	},
	{
		says: "gate.unopened prometheus.no_credential",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched(bySeriesAt("@endpoint/prometheus", "      token_env = \"FIX_TOKEN_AT_PLAN\"\n"))
			return w.planned()
		},
		fix: func(w *world, s said, _ string) { w.setenv(s["variable"], "token") },
	},
	{
		says: "gate.unopened_in_apply prometheus.no_credential",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched(bySeriesAt("@endpoint/prometheus", "      basic_auth_env = \"FIX_PASSWORD_IN_APPLY\"\n"))
			return w.failed()
		},
		fix: func(w *world, s said, _ string) { w.setenv(s["variable"], "user:password") },
	},
	{
		says: "prometheus.credential_in_clear",
		provoke: func(w *world) string {
			w.users(nobody)
			w.setenv("FIX_TOKEN_IN_CLEAR", "token")
			w.watched(bySeriesAt("http://prometheus.example.com", "      token_env = \"FIX_TOKEN_IN_CLEAR\"\n"))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { // an address of this machine
			w.watched(bySeriesAt("@endpoint/prometheus", "      token_env = \"FIX_TOKEN_IN_CLEAR\"\n"))
		},
	},
	{
		says: "gate.too_late todo.warn_instead",
		provoke: func(w *world) string {
			w.users(nobody)
			w.box.MetricsLag(15 * time.Minute)
			w.watched(byErrors)
			return w.planned()
		},
		fix: func(w *world, s said, _ string) { w.watched("    wait_for = \"" + s["needs"] + "\"\n" + byErrors) },
	},
	{
		says: "gate.unmeasured",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched(byErrors)
			return w.during(sandbox.Fault{Kind: sandbox.Internal, Method: "monitoring.ListTimeSeries"}, w.planned)
		},
	},
	{
		says: "gate.unmeasurable",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched(byErrors)
			return w.without("monitoring.timeSeries.list", w.planned)
		},
	},
	{
		says: "gate.unmeasured_dry_run",
		provoke: func(w *world) string {
			w.watched("    dry_run = true\n" + byErrors)
			return w.without("monitoring.timeSeries.list", w.planned)
		},
	},
	{
		says: "gate.baseline_fails",
		provoke: func(w *world) string {
			w.must(w.box.SetBehaviour(shop, w.first, sandbox.Behaviour{Version: "1", Unhealthy: true}))
			w.watched(byRequest)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.must(w.box.SetBehaviour(shop, w.first, sandbox.Behaviour{Version: "1"}))
		},
	},
	{ // it decides nothing: the rollout goes on as it is
		says: "gate.baseline_fails_dry_run",
		provoke: func(w *world) string {
			w.must(w.box.SetBehaviour(shop, w.first, sandbox.Behaviour{Version: "1", Unhealthy: true}))
			w.watched("    dry_run = true\n" + byRequest)
			return w.planned()
		},
	},
	{
		says: "gate.invalid",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched(strings.Replace(bySeriesAt("@endpoint/prometheus", ""), "}}]))\"\n", "}}])\"\n", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.watched(bySeriesAt("@endpoint/prometheus", "")) },
	},
	{ // it asks for nothing: once somebody serves, they are tried
		says: "gate.untried",
		provoke: func(w *world) string {
			w.must(w.box.CreateService(w.Context(), "other", w.NoStart))
			w.Service = strings.TrimSuffix(w.Service, shop) + "other"
			w.watched(byErrors)
			return w.planned()
		},
		then: func(w *world) {
			w.change(func(s *runpb.Service) { s.Template.Containers[0].Image = w.V1 })
			w.clock.Every(10*time.Second, func(time.Time) { w.box.Load("other", 1000) })
			w.passes()
			if out := w.applies(); strings.Contains(flatten(out), "could not be tried") {
				w.Errorf("it is said still:\n%s", out)
			}
			if v := w.box.Service("other"); v.Percent[v.Newest] != 100 || v.Image != w.V2 {
				w.Errorf("live is %v of %s", v.Percent, v.Image)
			}
		},
	},
	{
		says: "gate.no_data",
		provoke: func(w *world) string {
			w.watched(byErrors)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.fewUsers() }, // they come
	},
	{
		says: "todo.between",
		provoke: func(w *world) string {
			w.users(w.newest)
			w.watched("    pass_below = 1\n" + strings.Replace(byErrors, "fail_above = 5", "fail_above = 50", 1))
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) {
			w.watched("    pass_below = 20\n" + strings.Replace(byErrors, "fail_above = 5", "fail_above = 50", 1))
		},
	},
	{
		says: "todo.unasked",
		provoke: func(w *world) string {
			w.logsIn("a wrong password")
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.logsIn(sandbox.Password) },
	},
	{
		says: "gate.of_everybody",
		provoke: func(w *world) string {
			w.users(nobody)
			w.watched(strings.NewReplacer(`revision=\"{{revision}}\",`, "", `{revision=\"{{revision}}\"}`, "").Replace(bySeriesAt("@endpoint/prometheus", "")))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.watched(bySeriesAt("@endpoint/prometheus", "")) },
	},
	{
		says: "gate.few_samples",
		provoke: func(w *world) string {
			w.fewUsers()
			w.watched("    min_samples = 100\n" + byErrors)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.watched("    min_samples = 1\n    window = \"2m\"\n" + byErrors) },
	},
	{
		says: "gate.few_samples_fail",
		provoke: func(w *world) string {
			w.fewUsers()
			w.watched("    min_samples = 100\n    on_no_data = \"fail\"\n" + byErrors)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.watched("    min_samples = 1\n    on_no_data = \"fail\"\n    window = \"2m\"\n" + byErrors)
		},
	},
	{
		says: "gate.no_data_fails",
		provoke: func(w *world) string {
			w.watched("    on_no_data = \"fail\"\n" + byErrors)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.fewUsers()
			w.watched("    on_no_data = \"wait\"\n" + byErrors)
		},
	},
}

// logsIn is a gate that begins at what is promoted.
func (w *world) logsIn(password string) {
	w.Helper()
	w.watched(fmt.Sprintf("    http {\n      request {\n        on     = \"promoted\"\n        path   = \"/login\"\n        method = \"POST\"\n"+
		"        body   = jsonencode({ user = \"probe\", password = %q })\n      }\n      request {\n        path = \"/account\"\n      }\n    }\n", password))
}

// fewUsers lets a request come every five seconds to each revision that serves.
func (w *world) fewUsers() {
	w.clock.Every(5*time.Second, func(now time.Time) {
		for r := range w.box.Service(shop).Percent {
			w.box.Record(shop, r, "2xx", 1, 30*time.Millisecond, now)
		}
	})
	w.passes()
}

var planRemedies = []remedy{
	{
		says: "foreign.will_be_refused",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v3", "") }, image: "@v3", // other content
	}, {
		says: "foreign.moved way_home.if_ever",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v2", `on_foreign_change = "restore"`) },
	}, {
		says: "foreign.moved_and_blocked",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@bad", "")
			w.fails("is blocked")
			w.moveAll(2)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v3", "") }, image: "@v3",
	}, {
		says: "foreign.goes_on",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			w.deploys("@v3", "")
			return w.planned()
		}, image: "@v3",
	}, {
		says: "foreign.goes_on_from_split",
		provoke: func(w *world) string { // where home is named, and where it is known
			w.more()
			other := w.now()
			w.split(map[string]int{w.first: 70, other: 30})
			w.deploys("@v2", "home = \""+w.first+`"`)
			w.has(w.planned(), "Warning: Everything goes to "+w.first+" first", "what "+other+" has: it goes to "+w.first)
			w.deploys("@v2", "home = \""+w.first+"\"\n  on_foreign_change = \"adopt\"")
			return w.planned()
		},
	}, {
		says: "foreign.will_be_adopted todo.adopted_or_retry",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			w.deploys("@v2", `on_foreign_change = "adopt"`)
			return w.planned()
		}, image: "@v1",
	}, {
		says: "rollout.adopted todo.adopted_or_retry",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			w.deploys("@v2", `on_foreign_change = "adopt"`)
			return w.applies()
		},
		fix: func(w *world, s said, _ string) {
			w.deploys("@v2", "retry = \""+s["retry"]+"\"\n  on_foreign_change = \"restore\"")
		},
	}, {
		says: "rollout.adopted todo.adopted",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.more()
			w.split(map[string]int{w.first: 100})
			w.forgets(w.box.Service(shop).Revisions[1])
			w.deploys("@v2", `on_foreign_change = "adopt"`)
			return w.applies()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v3", "") }, image: "@v3", // other content
	}, {
		says: "plan.does_not_serve todo.adopted_or_retry",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			w.deploys("@v2", `on_foreign_change = "adopt"`)
			w.applies()
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v3", "") }, image: "@v3", // other content
	}, {
		says: "foreign.will_be_restored",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			w.deploys("@v2", `on_foreign_change = "restore"`)
			return w.planned()
		},
	}, {
		says: "foreign.blocked_was_promoted",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.moveAll(1)
			w.deploys("@v2", `on_foreign_change = "adopt"`)
			w.applies()
			w.moveAll(0)
			w.deploys("@v2", "")
			return w.planned()
		},
	}, {
		says: "foreign.divided way_home.unknown",
		provoke: func(w *world) string {
			w.more()
			w.split(map[string]int{w.first: 60, w.now(): 40})
			w.deploys("@v2", "")
			return w.failed()
		},
		fix: func(w *world, s said, _ string) { w.deploys("@v2", "home = \""+s["most"]+`"`) },
	}, {
		says: "way_home.unknown",
		provoke: func(w *world) string {
			w.more()
			w.split(map[string]int{w.first: 60, w.now(): 40})
			w.deploys("@v2", "")
			return w.failed()
		},
		fix: func(w *world, _ said, out string) {
			w.runs("Error: " + strings.ReplaceAll(flatten(out), "<the good one>", w.first))
		},
	}, {
		says: "foreign.divided_and_refused",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.split(map[string]int{w.first: 90, w.now(): 10})
			w.deploys("@v3", "")
			return w.failed()
		},
		fix: func(w *world, s said, _ string) {
			w.deploys("@v3", "home = \""+s["most"]+"\"\n  on_foreign_change = \"adopt\"")
		}, image: "@v3",
	}, {
		says: "foreign.unknown_home",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.more()
			w.split(map[string]int{w.first: 60, w.now(): 30, w.box.Service(shop).Revisions[1]: 10})
			return w.failed()
		},
		fix: func(w *world, s said, _ string) {
			w.deploys("@v2", "home = \""+s["most"]+"\"\n  on_foreign_change = \"restore\"")
		},
	}, {
		says: "foreign.restore_unknown_home",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.more()
			w.split(map[string]int{w.first: 60, w.now(): 30, w.box.Service(shop).Revisions[1]: 10})
			w.deploys("@v2", `on_foreign_change = "restore"`)
			return w.failed()
		},
		fix: func(w *world, s said, _ string) {
			w.deploys("@v2", "home = \""+s["most"]+"\"\n  on_foreign_change = \"restore\"")
		},
	}, {
		says: "foreign.and_other_content",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			w.applies()
			w.more()
			w.split(map[string]int{w.first: 70, w.now(): 30})
			w.deploys("@v3", "home = \""+w.first+`"`)
			return w.failed()
		},
		fix: func(w *world, s said, _ string) {
			if s["home"] != w.first {
				w.Errorf("home is %q", s["home"])
			}
			w.deploys("@v3", "home = \""+w.first+"\"\n  on_foreign_change = \"adopt\"")
		}, image: "@v3",
	}, {
		says: "retry.nothing",
		provoke: func(w *world) string {
			w.deploys("@v2", `retry = "foo"`)
			return w.planned()
		},
	}, {
		says: "retry.something_else",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@bad", "")
			w.failed()
			w.must(w.box.SetBehaviour(shop, w.now(), sandbox.Behaviour{Version: "mended"}))
			w.deploys("@bad", `retry = "foo"`)
			return w.planned()
		},
		fix: func(w *world, s said, _ string) { w.deploys("@bad", "retry = "+s["words"]) }, image: "@bad",
	}, {
		says: "blocked.planned",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@bad", "")
			w.failed()
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v3", "") }, image: "@v3",
	}, {
		says: "blocked.planned_with_share",
		provoke: func(w *world) string {
			w.stays()
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.measures("@v1", "") }, image: "@v1",
	}, {
		says: "plan.waits",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			w.applies()
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.deploys("@v2", "") },
	}, {
		says: "plan.nothing_will_move",
		provoke: func(w *world) string {
			w.deploys("@v1", "")
			return w.planned()
		}, image: "@v1",
	}, {
		says: "plan.watch_repeated",
		provoke: func(w *world) string {
			w.unverified()
			return w.planned()
		},
	}, {
		says: "plan.watch_left",
		provoke: func(w *world) string {
			w.unverified()
			w.measures("@v3", "")
			return w.planned()
		}, image: "@v3",
	}, {
		says: "plan.undone",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deploys("@v3", "hold_at = 50")
			w.applies()
			w.deploys("@v2", "")
			return w.planned()
		},
	}, {
		says: "plan.undone_first",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			w.applies()
			w.deploys("@v3", "")
			return w.planned()
		}, image: "@v3",
	}, {
		says: "plan.returns",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.promoted("@v3")
			w.deploys("@v2", "")
			return w.planned()
		},
	}, {
		says: "plan.goes_on",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			w.applies()
			w.deploys("@v2", "")
			return w.planned()
		},
	}, {
		says: "plan.goes_on_since",
		provoke: func(w *world) string {
			for range 2 { // the next is the last step
				w.deploys("@v2", `advance = "one_step"`)
				w.applies()
				w.clock.Advance(time.Hour)
			}
			return w.planned()
		},
	}, { // what it foretells: everybody goes home, where a good revision serves
		says: "plan.unattended",
		provoke: func(w *world) string {
			w.deploys("@v2", `advance = "one_step"`)
			w.applies()
			w.clock.Advance(25 * time.Hour)
			return w.planned()
		},
		then: func(w *world) { w.failed(); w.only(w.V1) },
	}, {
		says: "plan.target_unknown",
		provoke: func(w *world) string {
			const config = "resource \"terraform_data\" \"service\" {\n  input            = \"@service\"\n  triggers_replace = \"TRIGGER\"\n}\nresource \"rollout_safe_deployment\" \"api\" {\n  cloud_run {\n    service = terraform_data.service.output\n    image   = \"@v2\"\n  }\n}\n"
			w.write(strings.Replace(config, "TRIGGER", "1", 1))
			w.applies()
			w.write(strings.Replace(config, "TRIGGER", "2", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.simple("", "") }, // a name that is known at plan
	}, {
		says: "plan.target_gone",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.deletes()
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.must(w.box.CreateService(w.Context(), shop, w.V1)) },
	}, {
		says: "plan.destroyed",
		provoke: func(w *world) string {
			w.promoted("@v2")
			out, _ := w.terraform("destroy", "-no-color", "-auto-approve")
			return out
		},
	}, {
		says: "plan.split_destroyed",
		provoke: func(w *world) string {
			w.write(replaceWords(strings.ReplaceAll(exact, "LIVE", "@first"), "", ""))
			w.applies()
			out, _ := w.terraform("destroy", "-no-color", "-auto-approve")
			return out
		}, image: "@v1",
	}, {
		says: "live.denied",
		provoke: func(w *world) string {
			w.promoted("@v2")
			return w.without(servicesGet, w.planned)
		}, then: func(w *world) { w.quiet(); w.only(w.V2) },
	}, {
		says: "live.unseen",
		provoke: func(w *world) string {
			w.promoted("@v2")
			return w.during(sandbox.Fault{Kind: sandbox.Internal, Method: getService}, w.planned)
		}, then: func(w *world) { w.quiet(); w.only(w.V2) },
	},
}

// unverified leaves a promotion whose watch nobody could judge.
func (w *world) unverified() string {
	w.Helper()
	w.users(nobody)
	w.once(100, func() { w.box.DropMetrics(true) })
	w.measures("@v2", "")
	defer w.box.DropMetrics(false)
	return w.fails("has all traffic, unverified")
}

// stays leaves a bad candidate with a share of traffic, and blocked.
func (w *world) stays() string {
	w.Helper()
	w.users(func(r string) bool { return strings.HasPrefix(r, "shop-00003") })
	w.measures("@v2", "")
	w.applies()
	w.measures("@v3", `on_failure = "stay"`)
	return w.fails("stopped at 10 %, and traffic stays")
}

// forgets deletes a revision that serves nobody.
func (w *world) forgets(revision string) {
	w.Helper()
	client, err := run.NewRevisionsClient(w.Context(), w.options()...)
	w.must(err)
	defer func() { _ = client.Close() }()
	_, err = client.DeleteRevision(w.Context(), &runpb.DeleteRevisionRequest{Name: w.Service + "/revisions/" + revision})
	w.must(err)
}
