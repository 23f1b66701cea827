package provider_test

import (
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// runsFirst is a job before the second image; with more in its block.
func (w *world) runsFirst(inside string) {
	w.Helper()
	w.simple("", "  before {\n    name    = \"migrate\"\n    timeout = \"5m\"\n    cloud_run_job {\n      job = \"projects/demo/locations/us-central1/jobs/migrate\"\n"+inside+"    }\n  }\n")
}

// runsAfter is that job, and one after promotion.
func (w *world) runsAfter() {
	w.Helper()
	w.runsFirst("")
	w.write(strings.TrimSuffix(w.read(), "}\n") + "  after {\n    name = \"contract\"\n    cloud_run_job {\n      job = \"projects/demo/locations/us-central1/jobs/contract\"\n    }\n  }\n}\n")
}

// first is what a plan says of a job, in a world in which change has happened.
func first(inside string, change func(w *world)) func(*world) string {
	return func(w *world) string {
		w.job("migrate", sandbox.Behaviour{})
		change(w)
		w.runsFirst(inside)
		return w.planned()
	}
}

// fatal is what an apply says of a job that does as it is told.
func fatal(inside string, b sandbox.Behaviour) func(*world) string {
	return func(w *world) string {
		w.job("migrate", b)
		w.runsFirst(inside)
		return w.failed()
	}
}

func worksNow(w *world, _ said, _ string) { w.job("migrate", sandbox.Behaviour{}) }

func jobRemedies() []remedy {
	const candidates = "      candidate_image = true\n"
	out := []remedy{
		{
			says: "cloud_run_job.gone", provoke: func(w *world) string {
				w.runsFirst("")
				return w.planned()
			}, fix: worksNow,
		}, {
			says: "cloud_run_job.not_ready", provoke: first("", func(w *world) { w.must(w.box.SetJobImage("migrate", "example.com/none:v1")) }), fix: worksNow,
		}, {
			says: "cloud_run_job.may_not_run",
			provoke: func(w *world) string {
				return w.without("run.jobs.run", func() string { return first("", asItWas)(w) })
			},
		}, {
			says: "cloud_run_job.other_image todo.unmet", provoke: fatal(candidates, sandbox.Behaviour{}),
			fix: func(w *world, _ said, _ string) { w.must(w.box.SetJobImage("migrate", w.V2)) },
		}, {
			says: "cloud_run_job.tagged",
			provoke: func(w *world) string {
				w.job("migrate", sandbox.Behaviour{})
				w.must(w.box.SetJobImage("migrate", w.box.Registry()+"/shop/api:v2"))
				w.runsFirst(candidates)
				return w.failed()
			},
			fix: func(w *world, _ said, _ string) { w.must(w.box.SetJobImage("migrate", w.V2)) },
		}, {
			says: "todo.job_failed now.printed", provoke: fatal("", sandbox.Behaviour{Exit: 1, Print: "no such column"}), fix: worksNow,
		}, {
			says: "todo.job_goes_on now.running", provoke: fatal("", sandbox.Behaviour{Runs: time.Hour}),
			fix: func(w *world, _ said, _ string) { w.clock.Advance(time.Hour) },
		}, {
			says: "todo.job_not_begun",
			provoke: func(w *world) string {
				w.job("migrate", sandbox.Behaviour{})
				w.runsFirst("")
				return w.during(sandbox.Fault{Kind: sandbox.Denied, Method: "run.RunJob"}, w.failed)
			},
		}, {
			says: "now.applied todo.job_after",
			provoke: func(w *world) string {
				w.job("migrate", sandbox.Behaviour{})
				w.job("contract", sandbox.Behaviour{Exit: 1})
				w.runsAfter()
				return w.failed()
			},
			fix: func(w *world, _ said, _ string) { w.job("contract", sandbox.Behaviour{}) },
		}, {
			says: "way_back.reverted now.begun_after",
			provoke: func(w *world) string {
				w.job("migrate", sandbox.Behaviour{})
				w.job("contract", sandbox.Behaviour{Exit: 1})
				w.runsAfter()
				w.failed()
				w.write(strings.ReplaceAll(w.read(), w.V2, w.V1))
				return w.failed()
			}, fix: runsIt, image: "@v1",
		}, {
			says: "plan.watch_repeated now.unless_begun",
			provoke: func(w *world) string {
				w.job("migrate", sandbox.Behaviour{})
				w.job("contract", sandbox.Behaviour{})
				w.dies(100)
				w.runsAfter()
				return w.planned()
			},
		}, {
			says: "job.no_candidate_image",
			provoke: func(w *world) string {
				w.job("migrate", sandbox.Behaviour{})
				w.must(w.box.SetJobImage("migrate", w.V2))
				w.changes(shop, func(s *runpb.Service) { s.Template.Containers[0].Image = w.box.Registry() + "/shop/api:v2" })
				w.runsFirst(candidates)
				w.write(strings.Replace(w.read(), "image   = \""+w.V2+"\"", "revision = \"newest\"", 1))
				return w.planned()
			},
			fix: func(w *world, _ said, _ string) { w.runsFirst(candidates) },
		},
	}
	for last, kind := range map[string]sandbox.FaultKind{
		"denied": sandbox.Denied, "unauthenticated": sandbox.Unauthenticated, "unasked": sandbox.Internal, "no_answer": sandbox.TimedOut,
	} {
		out = append(out, remedy{
			says: "cloud_run_job." + last,
			provoke: func(w *world) string {
				return w.during(sandbox.Fault{Kind: kind, Method: "run.GetJob"}, func() string { return first("", asItWas)(w) })
			},
		})
	}
	return out
}
