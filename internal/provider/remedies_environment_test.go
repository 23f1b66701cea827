package provider_test

import (
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// stages makes the service staging beside the world's own.
func (w *world) stages(image string, options ...sandbox.ServiceOption) {
	w.Helper()
	w.must(w.box.CreateService(w.Context(), "staging", image, append(options, sandbox.RunAs("api@demo.iam.gserviceaccount.com"))...))
	w.clock.Advance(time.Minute)
}

// stagesNext promotes another image there.
func (w *world) stagesNext(image string) {
	w.Helper()
	w.changes("staging", func(s *runpb.Service) { s.Template.Containers[0].Image = image })
	w.clock.Advance(time.Minute)
}

const stagingService = "projects/demo/locations/us-central1/services/staging"

// likeStaging requires that what is live in staging is what is live here; more stands
// in the block.
func likeStaging(staging, more string) string {
	return fmt.Sprintf("      environment {\n        name = \"staging\"\n        %s\n      }\n      environment {\n        name = \"production\"\n        cloud_run_service = \"@service\"\n      }\n", staging) + more
}

func ofStaging(service string) string { return fmt.Sprintf("cloud_run_service = %q", service) }

// imageDiffers is what every release brings about.
const imageDiffers = "      expect {\n        key       = \"image\"\n        reason    = \"staging is a release ahead\"\n        sometimes = true\n      }\n"

// crowded is a service whose instances answer few requests at once.
func crowded() sandbox.ServiceOption {
	return sandbox.With(func(s *runpb.Service) { s.Template.MaxInstanceRequestConcurrency = 7 })
}

// fromStaging requires that the candidate is promoted there.
func (w *world) fromStaging(more string) string {
	w.Helper()
	w.needs("promoted_from", "      "+ofStaging(stagingService)+"\n"+more)
	return w.planned()
}

var environmentRemedies = []remedy{
	{
		says: "environment_parity.differs",
		provoke: func(w *world) string {
			w.stages(w.V1, crowded())
			w.needs("environment_parity", likeStaging(ofStaging(stagingService), imageDiffers))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.needs("environment_parity", likeStaging(ofStaging(stagingService), imageDiffers+"      expect {\n        key    = \"concurrency\"\n        reason = \"it is loaded there\"\n      }\n"))
		},
	},
	{
		says: "environment_parity.unknown",
		provoke: func(w *world) string {
			w.stages(w.box.Registry() + "/shop/api:v1")
			w.needs("environment_parity", likeStaging(ofStaging(stagingService), ""))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.needs("environment_parity", likeStaging(ofStaging(stagingService), imageDiffers))
		},
	},
	{
		says: "environment_parity.stale",
		provoke: func(w *world) string {
			w.stages(w.V1)
			w.needs("environment_parity", likeStaging(ofStaging(stagingService), strings.Replace(imageDiffers, "true", "false", 1)))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) {
			w.needs("environment_parity", likeStaging(ofStaging(stagingService), imageDiffers))
		},
		then: func(w *world) {
			if out := w.applies(); strings.Contains(out, "Worth a look") {
				w.Errorf("nothing is stale, and it says\n%s", out)
			}
		},
	},
	{
		says: "environment_parity.no_report",
		provoke: func(w *world) string {
			w.simple("", "")
			w.write(w.read() + reportedParity(stagingService))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.stages(w.V1, crowded()) },
		then: func(w *world) {
			w.has(w.applies(), "in_parity = false", `[\"concurrency: 7 and 80\"]`)
		},
	},
	{
		says: "environment.gone",
		provoke: func(w *world) string {
			w.needs("environment_parity", likeStaging(ofStaging(stagingService), imageDiffers))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.stages(w.V1) },
	},
	{
		says:    "promoted_from.other",
		provoke: func(w *world) string { w.stages(w.V1); return w.fromStaging("") },
		fix:     func(w *world, _ said, _ string) { w.stagesNext(w.V2) },
	},
	{
		says: "promoted_from.not_promoted",
		provoke: func(w *world) string {
			w.stages(w.V1)
			before := w.box.Service("staging").Newest
			w.stagesNext(w.V2)
			w.must(w.box.Meddle("staging", map[string]int{before: 50, w.box.Service("staging").Newest: 50}, nil))
			return w.fromStaging("")
		},
		fix: func(w *world, _ said, _ string) {
			w.must(w.box.Meddle("staging", map[string]int{w.box.Service("staging").Newest: 100}, nil))
		},
	},
	{
		says:    "promoted_from.too_young",
		provoke: func(w *world) string { w.stages(w.V2); return w.fromStaging("      for = \"1h\"\n") },
		fix: func(w *world, s said, _ string) {
			until, err := time.Parse("2006-01-02 15:04:05 UTC", s["until"])
			w.must(err)
			w.clock.Advance(until.Sub(w.clock.Now()))
		},
	},
	{
		says:    "promoted_from.no_digest",
		provoke: func(w *world) string { w.stages(w.box.Registry() + "/shop/api:v2"); return w.fromStaging("") },
		fix:     func(w *world, _ said, _ string) { w.stagesNext(w.V2) },
	},
	onECS("environment.no_container", comparesTasks("main", "web"), comparing("main", "app")),
	onECS("environment.no_service", comparesTasks("other", "app"), comparing("main", "app")),
	onECS("environment.no_such_cluster", comparesTasks("mian", "app"), comparing("main", "app")),
	onECS("environment.nobody", func(w *world) string {
		w.forward("blue", 0, "green", 0)
		return comparesTasks("main", "app")(w)
	}, func(w *world, _ said, _ string) { w.forward("blue", 100, "green", 0) }),
	onECS("environment.role_refused", func(w *world) string {
		w.stagesTask()
		return w.toGreen("arn:aws:ecs:eu-central-1:@account:task-definition/built:1",
			"    promoted_from {\n      ecs_service = \"arn:aws:ecs:eu-central-1:@account:service/main/staging\"\n      role_arn    = \"arn:aws:iam::@account:role/nobody\"\n    }\n")
	}, func(w *world, _ said, _ string) {
		promotesTask("arn:aws:ecs:eu-central-1:@account:task-definition/built:1")(w)
	}),
	onECS("promoted_from.no_artifact", func(w *world) string {
		w.stagesTask()
		return promotesTask("release 7")(w)
	}, func(w *world, _ said, _ string) {
		promotesTask("arn:aws:ecs:eu-central-1:@account:task-definition/built:1")(w)
	}),
	onECS("config_sync.no_container", settingsOfTask("app", "web"), func(w *world, _ said, _ string) { settingsOfTask("app", "app")(w) }),
	onECS("config_sync.files", func(w *world) string {
		w.onECS("RegisterTaskDefinition", map[string]any{"family": "filed", "containerDefinitions": []any{map[string]any{
			"name": "app", "image": "app", "memory": 128, "cpu": 1, "environmentFiles": []any{map[string]any{"type": "s3", "value": "arn:aws:s3:::b/f.env"}},
		}}})
		return settingsOfTask("filed", "app")(w)
	}, func(w *world, _ said, _ string) { settingsOfTask("app", "app")(w) }),
	onECS("config_sync_ecs.gone", settingsOfTask("none", "app"), func(w *world, _ said, _ string) { settingsOfTask("app", "app")(w) }),
}

// reportedParity reports on a service of Cloud Run beside the world's own.
func reportedParity(service string) string {
	return "data \"rollout_environment_parity\" \"api\" {\n" + likeStaging(ofStaging(service), "") + "}\n" + `
output "parity" {
  value = {
    in_parity = data.rollout_environment_parity.api.in_parity
    all       = jsonencode([for s in data.rollout_environment_parity.api.settings : "${s.key}: ${s.values["staging"]} and ${s.values["production"]}" if s.status == "different"])
  }
}
`
}

// toGreen is a deployment of content in green, with requirements.
func (w *world) toGreen(content, requires string) string {
	w.Helper()
	w.write(fmt.Sprintf("resource \"rollout_safe_deployment\" \"api\" {\n  alb {\n    listener     = \"@listener\"\n    target_group = \"@green\"\n    content      = %q\n  }\n  requires {\n%s  }\n}\n", content, requires))
	return w.planned()
}

// comparesTasks compares what serves behind the listener with itself: a cluster and
// a container are named for one of them.
func comparesTasks(cluster, container string) func(*world) string {
	return func(w *world) string {
		w.onECS("CreateCluster", map[string]any{"clusterName": "other"})
		one := func(name, cluster, container string) string {
			return fmt.Sprintf("      environment {\n        name        = %q\n        listener    = \"@listener\"\n        ecs_cluster = %q\n        container   = %q\n      }\n", name, cluster, container)
		}
		return w.toGreen("shop:2", "    environment_parity {\n"+one("staging", cluster, container)+one("production", "main", "app")+imageDiffers+"    }\n")
	}
}

func comparing(cluster, container string) func(*world, said, string) {
	return func(w *world, _ said, _ string) { comparesTasks(cluster, container)(w) }
}

// stagesTask has a service whose image is named by its digest, which serves nobody
// of the world's own load balancer.
func (w *world) stagesTask() {
	w.Helper()
	w.onECS("RegisterTaskDefinition", map[string]any{"family": "built", "containerDefinitions": []any{map[string]any{
		"name": "app", "image": "shop@sha256:" + strings.Repeat("a", 64), "memory": 128, "cpu": 1,
	}}})
	w.onECS("CreateService", map[string]any{"cluster": "main", "serviceName": "staging", "taskDefinition": "built", "desiredCount": 1})
	w.clock.Advance(time.Minute)
}

// promotesTask requires that content is what a service beside has live.
func promotesTask(content string) func(*world) string {
	return func(w *world) string {
		return w.toGreen(content, "    promoted_from {\n      ecs_service = \"arn:aws:ecs:eu-central-1:@account:service/main/staging\"\n    }\n")
	}
}

func settingsOfTask(family, container string) func(*world) string {
	return func(w *world) string {
		return w.toGreen("shop:2", fmt.Sprintf("    config_sync {\n      needs = [\"AWS_EXECUTION_ENV\"]\n      place {\n        ecs_task_definition = %q\n        target              = %q\n      }\n    }\n", family, container))
	}
}

// unaskedEnvironments are those about who could not be asked.
func unaskedEnvironments() []remedy {
	var out []remedy
	for last, kind := range map[string]sandbox.FaultKind{
		"denied": sandbox.Denied, "unauthenticated": sandbox.Unauthenticated, "unasked": sandbox.Internal, "no_answer": sandbox.TimedOut,
	} {
		out = append(out, remedy{
			says: "environment_cloud_run." + last + " environment.unseen",
			provoke: func(w *world) string {
				w.stages(w.V1)
				w.needs("environment_parity", likeStaging(ofStaging(stagingService), imageDiffers))
				return w.during(sandbox.Fault{Kind: kind, Method: getService, Match: "services/staging"}, w.planned)
			},
		})
	}
	for last, kind := range map[string]aws.FaultKind{
		"denied": aws.Denied, "unauthenticated": aws.Unauthenticated, "unasked": aws.Internal, "unreadable": aws.DropBefore, "throttled": aws.Throttle,
	} {
		out = append(out, onECS("environment_aws."+last, func(w *world) string {
			return w.trouble(aws.Fault{Kind: kind, Action: "ecs:DescribeTaskDefinition"}, func() string { return comparesTasks("main", "app")(w) })
		}, nil), onECS("config_sync_ecs."+last, func(w *world) string {
			return w.trouble(aws.Fault{Kind: kind, Action: "ecs:DescribeTaskDefinition"}, func() string { return settingsOfTask("app", "app")(w) })
		}, nil))
	}
	return out
}
