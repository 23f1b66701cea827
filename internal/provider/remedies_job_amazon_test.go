package provider_test

import (
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// newAmazonJobsWorld is a service of Cloud Run beside jobs of AWS.
func newAmazonJobsWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyWorld(t)
	w.amazon = awstest.New(t, jobsOn(w))
	w.appears()
	w.serve()
	w.jobsOnAWS()
	return w
}

// runsOnAWSFirst is a job of AWS before the second image.
func (w *world) runsOnAWSFirst(kind, inside string) {
	w.Helper()
	w.simple("", "  before {\n    name = \"migrate\"\n    "+kind+" {\n"+inside+"    }\n  }\n")
}

const (
	goodTask = "      task_definition = \"migrate\"\n      cluster = \"shop\"\n      service = \"worker\"\n"
	goodCall = "      function = \"tidy\"\n      qualifier = \"1\"\n"
)

// amazonJobRemedies are those of what is wrong with a job of AWS.
func amazonJobRemedies() []remedy {
	wrong := func(says, kind, bad, good string) remedy {
		return remedy{
			says: says, on: newAmazonJobsWorld,
			provoke: func(w *world) string {
				w.runsOnAWSFirst(kind, bad)
				return w.planned()
			},
			fix: func(w *world, _ said, _ string) { w.runsOnAWSFirst(kind, good) },
		}
	}
	out := []remedy{
		wrong("ecs_task.gone", "ecs_task", "      task_definition = \"none\"\n      cluster = \"shop\"\n", goodTask),
		wrong("ecs_task.no_cluster", "ecs_task", "      task_definition = \"migrate\"\n      cluster = \"none\"\n", goodTask),
		wrong("ecs_task.no_service", "ecs_task", "      task_definition = \"migrate\"\n      cluster = \"shop\"\n      service = \"none\"\n", goodTask),
		wrong("ecs_task.no_network", "ecs_task", "      task_definition = \"migrate\"\n      cluster = \"shop\"\n", goodTask),
		wrong("ecs_task.container", "ecs_task", goodTask+"      container = \"web\"\n", goodTask+"      container = \"migrate\"\n"),
		wrong("lambda.gone", "lambda", "      function = \"tidy\"\n      qualifier = \"9\"\n", goodCall),
		{
			says: "todo.job_unclear todo.job_say", on: newAmazonJobsWorld,
			provoke: func(w *world) string {
				w.runsOnAWSFirst("ecs_task", goodTask)
				sees := w.amazon.Fault(aws.Fault{Kind: aws.Denied, Action: "ecs:DescribeTasks"})
				w.failed()
				sees()
				w.clock.Advance(3 * time.Hour)
				return w.failed()
			},
			fix: func(w *world, _ said, out string) { w.awsCLI(w.saysOfJob(out)...) },
		},
	}
	for last, kind := range map[string]aws.FaultKind{
		"denied": aws.Denied, "unauthenticated": aws.Unauthenticated, "unasked": aws.Internal, "unreadable": aws.DropBefore, "throttled": aws.Throttle,
	} {
		out = append(out, remedy{
			says: "ecs_task." + last + " lambda." + last, on: newAmazonJobsWorld,
			provoke: func(w *world) string {
				w.simple("", "  before {\n    name = \"migrate\"\n    ecs_task {\n"+goodTask+"    }\n  }\n  after {\n    name = \"tidy\"\n    lambda {\n"+goodCall+"    }\n  }\n")
				defer w.amazon.Fault(aws.Fault{Kind: kind})()
				return w.planned()
			},
		})
	}
	return out
}
