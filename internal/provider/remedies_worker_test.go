package provider_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// ofService is a live worker.
const ofService = "      enqueues {\n        classes = [\"Mail/2\"]\n      }\n      handles {\n        cloud_run_service = \"projects/demo/locations/us-central1/services/NAME\"\n      }\n"

// works makes a service that handles jobs, by the label of its image.
func (w *world) works(name, handles string) {
	w.Helper()
	image, err := w.box.Labelled("shop/"+name, "v1", map[string]string{"rollout.handles": handles})
	w.must(err)
	w.must(w.box.CreateService(w.Context(), name, image))
}

// ofTasks is a live worker on ECS.
const ofTasks = "      enqueues {\n        classes = [\"Mail/2\"]\n      }\n      handles {\n        ecs_service = \"shop/NAME\"\n      }\n"

// definesWorker adds a revision of a task definition (poster), of so many containers with an image
// that handles mail, by its label.
func (w *world) definesWorker(containers int) {
	w.Helper()
	image, err := w.box.Labelled("shop/poster", "v1", map[string]string{"rollout.handles": "Mail/2"})
	w.must(err)
	var all []any
	for i := range containers {
		all = append(all, map[string]any{"name": fmt.Sprint("c", i), "image": image, "memory": 128, "cpu": 1})
	}
	w.ecs("RegisterTaskDefinition", map[string]any{"family": "poster", "containerDefinitions": all})
}

// worksOnECS makes a service of ECS that handles mail.
func (w *world) worksOnECS(containers, tasks int) {
	w.Helper()
	w.definesWorker(containers)
	w.ecs("CreateService", map[string]any{"cluster": "shop", "serviceName": "poster", "taskDefinition": "poster:1", "desiredCount": tasks})
}

// workedBy requires a live worker on ECS, with more in its block.
func (w *world) workedBy(name, more string) {
	w.Helper()
	w.needs("worker_jobs", strings.Replace(ofTasks, "NAME\"\n", name+"\"\n"+more, 1))
}

// onTasks is a plan against a live worker on ECS; more happens before.
func onTasks(name, more string, before func(w *world)) func(*world) string {
	return func(w *world) string {
		before(w)
		w.workedBy(name, more)
		return w.planned()
	}
}

var ecsWorkerRemedies = []remedy{
	{says: "worker_jobs_ecs.gone", on: newNeedyWorld, provoke: onTasks("poster", "", asItWas), fix: func(w *world, _ said, _ string) { w.worksOnECS(1, 2) }},
	{
		says: "worker_jobs.no_task", on: newNeedyWorld, provoke: onTasks("poster", "", func(w *world) { w.worksOnECS(1, 0) }),
		fix: func(w *world, _ said, _ string) {
			w.awsCLI("ecs", "update-service", "--cluster", "shop", "--service", "poster", "--desired-count", "2")
		},
	},
	{
		says: "worker_jobs.other_tasks", on: newNeedyWorld,
		provoke: onTasks("poster", "        revision = \"poster:2\"\n", func(w *world) { w.worksOnECS(1, 2) }),
		fix: func(w *world, _ said, _ string) {
			w.definesWorker(1)
			w.awsCLI("ecs", "update-service", "--cluster", "shop", "--service", "poster", "--task-definition", "poster:2")
			w.clock.Advance(time.Minute)
		},
	},
	{
		says: "worker_jobs.container", on: newNeedyWorld, provoke: onTasks("poster", "", func(w *world) { w.worksOnECS(2, 2) }),
		fix: func(w *world, _ said, _ string) { w.workedBy("poster", "        container = \"c0\"\n") },
	},
	{
		says: "worker_jobs.no_digest", on: newNeedyWorld, provoke: onTasks("mailer", "", asItWas),
		fix: func(w *world, _ said, _ string) {
			w.worksOnECS(1, 2)
			w.workedBy("poster", "")
		},
	},
}

// ecsWorkerTroubles are those about who could not be asked about a worker on ECS.
func ecsWorkerTroubles() []remedy {
	var out []remedy
	for last, kind := range map[string]aws.FaultKind{
		"denied": aws.Denied, "unauthenticated": aws.Unauthenticated, "unasked": aws.Internal, "unreadable": aws.DropBefore, "throttled": aws.Throttle,
	} {
		out = append(out, remedy{says: "worker_jobs_ecs." + last, on: newNeedyWorld, provoke: func(w *world) string {
			w.worksOnECS(1, 2)
			w.workedBy("poster", "")
			defer w.amazon.Fault(aws.Fault{Kind: kind, Action: "ecs:"})()
			return w.planned()
		}})
	}
	return out
}

// hasWorker makes what the example about the order of releases names.
func (w *world) hasWorker() {
	w.Helper()
	w.works("worker", "MailJob/2-3")
	image, err := w.box.Labelled("shop/worker", "v2", map[string]string{"rollout.handles": "Billing::ChargeJob/2, Billing::RefundJob/1+, MailJob/2-3"})
	w.must(err)
	w.others = map[string]string{"worker": "projects/demo/locations/us-central1/services/worker", "worker_image": image}
}

// enqueuesFrom requires that what a source says is handled.
func (w *world) enqueuesFrom(source string) {
	w.Helper()
	w.needs("worker_jobs", "      enqueues {\n        "+source+"\n      }\n      handles {\n        classes = [\"Mail/2\"]\n      }\n")
}

func enqueuing(source string) func(*world) string {
	return func(w *world) string {
		w.enqueuesFrom(source)
		return w.planned()
	}
}

// lists is a plan where the manifest of what is enqueued has this text.
func lists(text string) func(*world) string {
	return func(w *world) string {
		w.put("jobs.txt", text)
		w.enqueuesFrom(fmt.Sprintf("file = %q", filepath.Join(w.dir, "jobs.txt")))
		return w.planned()
	}
}

// listing is the remedy of a list that was wrong.
func listing(w *world, _ said, _ string) {
	w.put("jobs.txt", "Mail/2\n")
	w.enqueuesFrom(fmt.Sprintf("file = %q", filepath.Join(w.dir, "jobs.txt")))
}

// labelled is a plan with an image that has these labels, a set for each platform.
func labelled(labels ...map[string]string) func(*world) string {
	return func(w *world) string {
		image, err := w.box.Labelled("shop/jobs", "v1", labels...)
		w.must(err)
		return enqueuing("image = \"" + image + "\"")(w)
	}
}

// builds is the remedy of an image that says something else.
func builds(w *world, _ said, _ string) {
	image, err := w.box.Labelled("shop/jobs", "v2", map[string]string{"rollout.enqueues": "Mail/2"})
	w.must(err)
	w.enqueuesFrom("image = \"" + image + "\"")
}

// onWorker is a plan against a live worker; more happens before.
func onWorker(name string, more func(w *world)) func(*world) string {
	return func(w *world) string {
		more(w)
		w.needs("worker_jobs", strings.Replace(ofService, "NAME", name, 1))
		return w.planned()
	}
}

var workerRemedies = []remedy{
	{says: "worker_jobs.unhandled", provoke: onWorker("worker", func(w *world) { w.works("worker", "Other/1") }), fix: func(w *world, _ said, _ string) {
		w.works("newer", "Other/1, Mail/1-2") // the worker is released first
		w.needs("worker_jobs", strings.Replace(ofService, "NAME", "newer", 1))
	}},
	{says: "worker_jobs.uncounted", provoke: lists("Mail"), fix: listing},
	{says: "worker_jobs.unread", provoke: enqueuing("file = \"nowhere/jobs.txt\""), fix: listing},
	{says: "worker_jobs.no_manifest", provoke: lists("sends mail"), fix: listing},
	{says: "worker_jobs.nothing", provoke: lists("# nothing"), fix: listing},
	{says: "worker_jobs.no_label", provoke: labelled(map[string]string{"jobs": "Mail/2"}), fix: builds},
	{says: "worker_jobs.other_labels", provoke: labelled(map[string]string{"rollout.enqueues": "Mail/2"}, map[string]string{"rollout.enqueues": "Mail/3"}), fix: builds},
	{says: "worker_jobs.image_gone", provoke: enqueuing("image = \"@registry/shop/jobs:none\""), fix: builds},
	{
		says: "worker_jobs.image_denied",
		provoke: func(w *world) string {
			at := w.registry(func(rw http.ResponseWriter, _ *http.Request) bool {
				rw.WriteHeader(http.StatusUnauthorized)
				return true
			})
			return enqueuing("image = \"" + at + "/shop/jobs:v1\"")(w)
		}, fix: builds,
	},
	{
		says: "worker_jobs.image_unread",
		provoke: func(w *world) string {
			at := w.registry(func(rw http.ResponseWriter, _ *http.Request) bool { rw.WriteHeader(http.StatusTeapot); return true })
			return enqueuing("image = \"" + at + "/shop/jobs:v1\"")(w)
		}, fix: builds,
	},
	{says: "worker_jobs.service_gone", provoke: onWorker("late", asItWas), fix: func(w *world, _ said, _ string) { w.works("late", "Mail/2") }},
	{
		says: "worker_jobs.nobody", provoke: onWorker("broken", func(w *world) { w.must(w.box.CreateService(w.Context(), "broken", w.NoStart)) }),
		fix: func(w *world, _ said, _ string) {
			w.works("whole", "Mail/2")
			w.needs("worker_jobs", strings.Replace(ofService, "NAME", "whole", 1))
		},
	},
	{
		says: "worker_jobs.other_revision",
		provoke: func(w *world) string {
			w.works("worker", "Mail/2")
			w.needs("worker_jobs", strings.Replace(strings.Replace(ofService, "NAME", "worker", 1), "services/worker\"\n", "services/worker\"\n        revision = \"worker-00009-abc\"\n", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { // its rollout is finished
			w.needs("worker_jobs", strings.Replace(strings.Replace(ofService, "NAME", "worker", 1), "services/worker\"\n", "services/worker\"\n        revision = \""+w.box.Service("worker").Newest+"\"\n", 1))
		},
	},
	{
		says: "worker_jobs.tagged", provoke: onWorker("tagged", func(w *world) {
			image, err := w.box.Labelled("shop/tagged", "v1", map[string]string{"rollout.handles": "Mail/2"})
			w.must(err)
			host, _, _ := strings.Cut(image, "@")
			w.must(w.box.CreateService(w.Context(), "tagged", host+":v1"))
		}),
		fix: func(w *world, _ said, _ string) {
			w.works("digest", "Mail/2")
			w.needs("worker_jobs", strings.Replace(ofService, "NAME", "digest", 1))
		},
	},
}

// askedOfWorkers are those about a live worker that could not be asked.
func askedOfWorkers() []remedy {
	var out []remedy
	for last, kind := range map[string]sandbox.FaultKind{
		"denied": sandbox.Denied, "unauthenticated": sandbox.Unauthenticated, "unasked": sandbox.Internal, "no_answer": sandbox.TimedOut,
	} {
		out = append(out, remedy{
			says: "worker_jobs_cloud_run." + last,
			provoke: func(w *world) string {
				w.works("worker", "Mail/2")
				w.needs("worker_jobs", strings.Replace(ofService, "NAME", "worker", 1))
				return w.during(sandbox.Fault{Kind: kind, Method: getService, Match: "services/worker"}, w.planned)
			},
		})
	}
	return out
}
