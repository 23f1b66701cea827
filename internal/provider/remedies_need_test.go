package provider_test

import (
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// needs is a deployment of the second image that requires one thing.
func (w *world) needs(kind, settings string) {
	w.Helper()
	w.simple("", "  requires {\n    "+kind+" {\n"+settings+"    }\n  }\n")
}

const (
	database = "      instance = \"demo:us-central1:db\"\n"
	orders   = "      topic = \"projects/demo/topics/orders\"\n"
	mails    = orders + "      subscriptions = [\"projects/demo/subscriptions/orders-mail\"]\n"
	uploads  = "      name = \"uploads\"\n"
	backend  = "      service = \"projects/demo/locations/us-central1/services/backend\"\n"
	worker   = "      image = \"@registry/shop/worker:v1\"\n"
)

// need returns a plan of a deployment that needs one thing, in a world in which
// change has happened.
func need(kind, settings string, change func(w *world)) func(*world) string {
	return func(w *world) string {
		w.google()
		change(w)
		w.needs(kind, settings)
		return w.planned()
	}
}

// corrects writes the requirement as it should have been.
func corrects(kind, settings string) func(*world, said, string) {
	return func(w *world, _ said, _ string) { w.needs(kind, settings) }
}

func asItWas(*world) {}

// askedRemedies are those about who could not be asked, of each kind that asks
// Google.
func askedRemedies() []remedy {
	var out []remedy
	for _, k := range []struct{ kind, settings, method, match string }{
		{"cloud_run_service", backend, getService, "services/backend"},
		{"cloud_sql_instance", database, "cloudsql.GetInstance", ""},
		{"gcs_bucket", uploads, "storage.GetBucket", ""},
		{"pubsub_topic", orders, "pubsub.GetTopic", ""},
	} {
		for last, kind := range map[string]sandbox.FaultKind{
			"denied": sandbox.Denied, "unauthenticated": sandbox.Unauthenticated, "unasked": sandbox.Internal,
			"no_answer": sandbox.TimedOut, "unreadable": sandbox.DropBefore,
		} {
			if beyond[k.kind+"."+last] != "" {
				continue
			}
			out = append(out, remedy{
				says: k.kind + "." + last,
				provoke: func(w *world) string {
					w.google()
					w.needs(k.kind, k.settings)
					return w.during(sandbox.Fault{Kind: kind, Method: k.method, Match: k.match}, w.planned)
				},
			})
		}
	}
	return out
}

var needRemedies = []remedy{
	{
		says: "cloud_run_service.gone", provoke: need("cloud_run_service", strings.Replace(backend, "backend", "late", 1), asItWas),
		fix: func(w *world, _ said, _ string) { w.must(w.box.CreateService(w.Context(), "late", w.V1)) },
	},
	{
		says: "cloud_run_service.changing",
		provoke: func(w *world) string {
			w.google()
			w.needs("cloud_run_service", backend)
			defer w.box.Fault(sandbox.Fault{Kind: sandbox.NeverSettle, Method: "run.UpdateService", Match: "backend"})()
			w.changes("backend", func(s *runpb.Service) { s.Template.Containers[0].Image = w.V3 })
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.passes() },
	},
	{
		says: "cloud_run_service.not_ready",
		provoke: need("cloud_run_service", backend, func(w *world) {
			w.changes("backend", func(s *runpb.Service) { s.Template.Containers[0].Image = w.NoStart })
			w.clock.Advance(time.Hour)
		}),
		fix: func(w *world, _ said, _ string) {
			w.changes("backend", func(s *runpb.Service) { s.Template.Containers[0].Image = w.V3 })
			w.passes()
		},
	},
	{says: "cloud_run_service.other_ingress", provoke: need("cloud_run_service", backend+"      ingress = \"all\"\n", asItWas), fix: runsIt},
	{
		says: "cloud_run_service.not_promoted", provoke: need("cloud_run_service", backend+"      revision = \"backend-00009-fox\"\n", asItWas),
		fix: func(w *world, _ said, _ string) {
			w.needs("cloud_run_service", backend+fmt.Sprintf("      revision = %q\n", w.box.Service("backend").Newest))
		},
	},
	{
		says: "cloud_run_service.divided",
		provoke: need("cloud_run_service", backend+"      image = \"@v1\"\n", func(w *world) {
			w.changes("backend", func(s *runpb.Service) { s.Template.Containers[0].Image = w.V3 })
			w.passes()
			v := w.box.Service("backend")
			w.must(w.box.Meddle("backend", map[string]int{v.Revisions[0]: 50, v.Revisions[1]: 50}, nil))
		}),
		fix: func(w *world, _ said, _ string) {
			w.must(w.box.Meddle("backend", map[string]int{w.box.Service("backend").Revisions[1]: 100}, nil))
		},
	},
	{
		says: "cloud_run_service.other_image", provoke: need("cloud_run_service", backend+"      image = \"@v3\"\n", asItWas),
		fix: func(w *world, _ said, _ string) {
			w.changes("backend", func(s *runpb.Service) { s.Template.Containers[0].Image = w.V3 })
			w.passes()
		},
	},
	{
		says: "cloud_run_service.tagged",
		provoke: need("cloud_run_service", backend+"      image = \"@v1\"\n", func(w *world) {
			w.changes("backend", func(s *runpb.Service) { s.Template.Containers[0].Image = w.expand("@registry/shop/api:v1") })
			w.passes()
		}),
		fix: func(w *world, _ said, _ string) {
			w.changes("backend", func(s *runpb.Service) { s.Template.Containers[0].Image = w.V1 })
			w.passes()
		},
	},
	{
		says: "cloud_sql_instance.gone", provoke: need("cloud_sql_instance", strings.Replace(database, ":db", ":late", 1), asItWas),
		fix: func(w *world, _ said, _ string) { w.box.SQL("late", sandbox.SQLInstance{}) },
	},
	{
		says: "cloud_sql_instance.another", provoke: need("cloud_sql_instance", strings.Replace(database, "us-central1", "europe-west1", 1), asItWas),
		fix: corrects("cloud_sql_instance", database),
	},
	{
		says:    "cloud_sql_instance.stopped",
		provoke: need("cloud_sql_instance", database, func(w *world) { w.box.SQL("db", sandbox.SQLInstance{Activation: "NEVER"}) }), fix: runsIt,
	},
	{
		says:    "cloud_sql_instance.not_running",
		provoke: need("cloud_sql_instance", database, func(w *world) { w.box.SQL("db", sandbox.SQLInstance{State: "MAINTENANCE"}) }),
		fix:     func(w *world, _ said, _ string) { w.box.SQL("db", sandbox.SQLInstance{}) }, // it has ended
	},
	{
		says: "cloud_sql_instance.other_version", provoke: need("cloud_sql_instance", database+"      database_version = \"POSTGRES_17\"\n", asItWas),
		fix: func(w *world, _ said, _ string) { w.box.SQL("db", sandbox.SQLInstance{Version: "POSTGRES_17"}) },
	},
	{
		says: "cloud_sql_instance.maintenance",
		provoke: need("cloud_sql_instance", database, func(w *world) {
			w.box.SQL("db", sandbox.SQLInstance{Maintenance: w.clock.Now().Add(5 * time.Minute)})
		}), fix: runsIt,
	},
	{
		says: "cloud_sql_instance.busy",
		provoke: need("cloud_sql_instance", database, func(w *world) {
			w.box.SQL("db", sandbox.SQLInstance{Operations: []sandbox.SQLOperation{{Type: "RESTART", Status: "RUNNING", Start: w.clock.Now()}}})
		}),
		fix: func(w *world, _ said, _ string) { w.box.SQL("db", sandbox.SQLInstance{}) },
	},
	{
		says: "gcs_bucket.gone", provoke: need("gcs_bucket", "      name = \"late\"\n", asItWas),
		fix: func(w *world, _ said, _ string) { w.box.Bucket("late", sandbox.Bucket{}) },
	},
	{
		says: "gcs_bucket.elsewhere", provoke: need("gcs_bucket", uploads+"      location = \"US\"\n", asItWas),
		fix: corrects("gcs_bucket", uploads+"      location = \"EU\"\n"),
	},
	{
		says: "gcs_bucket.no_versioning",
		provoke: need("gcs_bucket", uploads+"      versioning = true\n", func(w *world) {
			w.box.Bucket("uploads", sandbox.Bucket{Location: "eu"})
		}), fix: runsIt,
	},
	{says: "gcs_bucket.versioning", provoke: need("gcs_bucket", uploads+"      versioning = false\n", asItWas), fix: runsIt},
	{
		says: "gcs_bucket.empty", provoke: need("gcs_bucket", uploads+"      prefix = \"pictures/\"\n", asItWas),
		fix: func(w *world, _ said, _ string) {
			w.box.Bucket("uploads", sandbox.Bucket{Location: "eu", Objects: []string{"pictures/1"}})
		},
	},
	{ // without a policy nobody knows: it warns, and stops nothing
		says: "gcs_bucket.policy_unread",
		provoke: func(w *world) string {
			w.google()
			w.needs("gcs_bucket", uploads+"      writable_by = \"api@demo.iam.gserviceaccount.com\"\n")
			return w.without("storage.buckets.getIamPolicy", w.planned)
		},
	},
	{says: "gcs_bucket.no_grant", provoke: need("gcs_bucket", uploads+"      writable_by = \"job@demo.iam.gserviceaccount.com\"\n", asItWas), fix: runsIt, then: settled},
	{
		says: "gcs_bucket.conditional_grant",
		provoke: need("gcs_bucket", uploads+"      writable_by = \"job@demo.iam.gserviceaccount.com\"\n", func(w *world) {
			w.box.GrantOn("buckets/uploads", "roles/storage.objectUser", "request.time < timestamp('2030-01-01T00:00:00Z')", "serviceAccount:job@demo.iam.gserviceaccount.com")
		}), fix: runsIt, then: settled,
	},
	{
		says: "pubsub_topic.gone", provoke: need("pubsub_topic", strings.Replace(orders, "orders", "late", 1), asItWas),
		fix: func(w *world, _ said, _ string) { w.box.Topic("late") },
	},
	{
		says: "pubsub_topic.subscription_gone", provoke: need("pubsub_topic", strings.Replace(mails, "orders-mail", "orders-late", 1), asItWas),
		fix: func(w *world, _ said, _ string) {
			w.box.Subscribe("orders-late", sandbox.Subscription{Topic: "orders"})
		},
	},
	{
		says: "pubsub_topic.subscription_unread",
		provoke: func(w *world) string {
			w.google()
			w.needs("pubsub_topic", mails)
			return w.without("pubsub.subscriptions.get", w.planned)
		},
	},
	{
		says:    "pubsub_topic.detached",
		provoke: need("pubsub_topic", mails, func(w *world) { w.box.Subscribe("orders-mail", sandbox.Subscription{Topic: "orders", Detached: true}) }),
		fix: func(w *world, _ said, _ string) {
			w.box.Subscribe("orders-mail", sandbox.Subscription{Topic: "orders"})
		},
	},
	{
		says:    "pubsub_topic.topic_deleted",
		provoke: need("pubsub_topic", mails, func(w *world) { w.box.Subscribe("orders-mail", sandbox.Subscription{}) }),
		fix: func(w *world, _ said, _ string) {
			w.box.Subscribe("orders-mail", sandbox.Subscription{Topic: "orders"})
		},
	},
	{
		says: "pubsub_topic.other_topic",
		provoke: need("pubsub_topic", mails, func(w *world) {
			w.box.Topic("returns")
			w.box.Subscribe("orders-mail", sandbox.Subscription{Topic: "returns"})
		}),
		fix: corrects("pubsub_topic", orders),
	},
	{
		says: "pubsub_topic.inactive",
		provoke: need("pubsub_topic", mails, func(w *world) {
			w.box.Subscribe("orders-mail", sandbox.Subscription{Topic: "orders", State: "RESOURCE_ERROR"})
		}),
		fix: func(w *world, _ said, _ string) {
			w.box.Subscribe("orders-mail", sandbox.Subscription{Topic: "orders"})
		},
	},
	{ // as with a bucket
		says: "pubsub_topic.policy_unread",
		provoke: func(w *world) string {
			w.google()
			w.needs("pubsub_topic", orders+"      publishable_by = \"api@demo.iam.gserviceaccount.com\"\n")
			return w.without("pubsub.topics.getIamPolicy", w.planned)
		},
	},
	{says: "pubsub_topic.no_grant", provoke: need("pubsub_topic", orders+"      publishable_by = \"job@demo.iam.gserviceaccount.com\"\n", asItWas), fix: runsIt, then: settled},
	{
		says: "pubsub_topic.conditional_grant",
		provoke: need("pubsub_topic", orders+"      publishable_by = \"job@demo.iam.gserviceaccount.com\"\n", func(w *world) {
			w.box.GrantOn("topics/orders", "roles/pubsub.publisher", "request.time < timestamp('2030-01-01T00:00:00Z')", "serviceAccount:job@demo.iam.gserviceaccount.com")
		}), fix: runsIt, then: settled,
	},
	{
		says: "image.gone", provoke: need("image", strings.Replace(worker, "v1", "v2", 1), asItWas),
		fix: func(w *world, _ said, _ string) {
			_, err := w.box.Index("shop/worker", "v2", "linux/amd64")
			w.must(err)
		},
	},
	{
		says: "image.other_platform", provoke: need("image", worker+"      platform = \"linux/s390x\"\n", asItWas),
		fix: func(w *world, s said, _ string) {
			_, err := w.box.Index("shop/worker", "v1", s["platform"], "linux/amd64")
			w.must(err)
		},
	},
	{
		says: "image.nothing_that_runs",
		provoke: need("image", strings.Replace(worker, "worker", "notes", 1), func(w *world) {
			_, err := w.box.Index("shop/notes", "v1", "unknown/unknown")
			w.must(err)
		}),
		fix: corrects("image", worker),
	},
	{
		says: "image.denied",
		provoke: func(w *world) string {
			w.google()
			w.needs("image", worker)
			return w.without("artifactregistry.repositories.downloadArtifacts", w.planned)
		},
	},
	{
		says: "image.unreadable",
		provoke: func(w *world) string {
			w.google()
			w.needs("image", worker)
			return w.during(sandbox.Fault{Kind: sandbox.DropBefore, Method: "registry.GetManifest"}, w.planned)
		},
	},
	{
		says: "requires.within_over todo.meet",
		provoke: func(w *world) string {
			w.deploys("@v2", requires(`within = "2m"`))
			return w.failed()
		},
		fix: func(w *world, _ said, _ string) { w.hasStripe(sandbox.Enabled) },
	},
	{
		says: "requires.not_asked_at_plan requirement.deferred",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Enabled)
			w.deploys("@v2", requires(`at_plan = "skip"`))
			return w.planned()
		},
	},
	{
		says: "web.variable_unset",
		provoke: func(w *world) string {
			w.watched("    http {\n      request {\n        path        = \"/\"\n        headers_env = { X-Api-Key = \"FIX_KEY_OF_A_HEADER\" }\n      }\n    }\n")
			return w.planned()
		},
		fix: func(w *world, s said, _ string) { w.setenv(s["variable"], "key") },
	},
}

// settled is an apply after which nothing is unknown any more.
func settled(w *world) {
	w.Helper()
	if out := w.applies(); strings.Contains(out, "is unknown") {
		w.Errorf("the grant does not help:\n%s", out)
	}
	w.only(w.V2)
}

var workflowRemedies = []remedy{
	{
		says: "abort.stands now.nothing_written",
		provoke: func(w *world) string {
			w.asks("no deployments tonight")
			w.deploys("@v2", "")
			return w.failed()
		}, fix: runsIt,
	},
	{
		says: "rollout.nothing_moved todo.aborted todo.take_back", // while it waits for what it requires: nothing has begun
		provoke: func(w *world) string {
			w.deploys("@v2", requires(`within = "10m"`))
			w.later(time.Minute, func() { w.asks("no deployments tonight") })
			return w.failed()
		},
		fix: func(w *world, s said, out string) {
			w.hasStripe(sandbox.Enabled)
			runsIt(w, s, out)
		},
	},
	{
		says: "abort.goes_home",
		provoke: func(w *world) string {
			w.deploys("@v2", "hold_at = 10")
			w.applies()
			w.deploys("@v2", "")
			w.asks("bad checkout")
			return w.planned()
		}, fix: runsIt,
	},
	{
		says: "abort.rests",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.asks("no deployments tonight")
			w.deploys("@v2", "")
			return w.planned()
		}, fix: runsIt,
	},
	{
		says: "drift.template",
		provoke: func(w *world) string {
			w.promoted("@v2")
			w.ci(func(t *runpb.RevisionTemplate) { t.MaxInstanceRequestConcurrency = 7 })
			w.settle()
			return w.planned()
		},
	},
	{
		says: "drift.secret_versions",
		provoke: func(w *world) string {
			w.hasStripe(sandbox.Enabled)
			w.simple(strings.Replace(mountsStripe, "versions/1", "versions/latest", 1), "")
			w.applies()
			w.hasStripe(sandbox.Enabled, sandbox.Enabled)
			return w.planned()
		},
	},
	{
		says: "newest.first",
		provoke: func(w *world) string {
			w.ciImage(w.V2)
			w.settle()
			w.wants(theNewest, "")
			return w.planned()
		},
		fix: func(w *world, s said, _ string) { w.wants(fmt.Sprintf("revision = %q", s["newest"]), "") },
	},
	{
		says: "newest.changed",
		provoke: func(w *world) string {
			w.wants(theNewest, "")
			w.applies()
			w.ciImage(w.V3)
			w.settle()
			defer w.settle()
			return w.savedPlan(func() { w.ciImage(w.V2) })
		},
	},
	{
		says: "newest.old_state",
		provoke: func(w *world) string {
			w.wants(theNewest, "")
			w.applies()
			w.ciImage(w.V3)
			w.settle()
			w.terraform("apply", "-refresh-only", "-auto-approve", "-no-color")
			w.ciImage(w.V2)
			w.settle()
			out, _ := w.terraform("plan", "-no-color", "-refresh=false")
			return out
		},
	},
	{
		says: "newest.missing",
		provoke: func(w *world) string {
			w.wants(theNewest, "")
			w.applies()
			planned := w.ciImage(w.V3)
			w.settle()
			w.terraform("apply", "-refresh-only", "-auto-approve", "-no-color")
			w.ciImage(w.V2)
			w.settle()
			w.remove(planned)
			out, _ := w.terraform("plan", "-no-color", "-refresh=false")
			return out
		},
	},
	{
		says: "newest.broken",
		provoke: func(w *world) string {
			w.wants(theNewest, "")
			w.applies()
			w.ciImage(w.NoStart)
			w.clock.Advance(time.Hour)
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.ciImage(w.V2); w.settle() },
	},
	{says: "function.percentage", provoke: stepping("linear_steps(0, \"5m\")"), fix: steps("linear_steps(20, \"5m\")")},
	{says: "function.bake", provoke: stepping("canary_steps(10, \"often\")"), fix: steps("canary_steps(10, \"5m\")")},
	{says: "function.factor", provoke: stepping("exponential_steps(1, 1, \"5m\")"), fix: steps("exponential_steps(1, 2, \"5m\")")},
}

// stepped is a deployment whose steps a function writes.
func (w *world) stepped(call string) {
	w.Helper()
	w.write(`
locals {
  steps = provider::rollout::` + call + `
}

resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "@v2"
  }
  dynamic "step" {
    for_each = local.steps
    content {
      weight = step.value.weight
      bake   = step.value.bake
    }
  }
}
`)
}

func stepping(call string) func(*world) string {
	return func(w *world) string {
		w.stepped(call)
		return w.planned()
	}
}

func steps(call string) func(*world, said, string) {
	return func(w *world, _ said, _ string) { w.stepped(call) }
}
