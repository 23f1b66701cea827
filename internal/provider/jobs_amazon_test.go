package provider_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

// ecsAPI is what stands before the actions of ECS.
const ecsAPI = "AmazonEC2ContainerServiceV20141113."

// tasksOfMigrate are the families of the copies of the job's task definition.
const tasksOfMigrate = "migrate-rollout-*"

// newLambdaJobsWorld is that of Lambda, with jobs.
func newLambdaJobsWorld(t *testing.T) *world {
	t.Helper()
	w := newEmptyLambdaWorld(t)
	w.amazon = awstest.New(t, jobsOn(w))
	w.functionAppears()
	w.jobsOnAWS()
	w.serve()
	return w
}

// jobsOn is an AWS whose tasks take as long as jobs do.
func jobsOn(w *world) aws.Options {
	return aws.Options{Now: w.clock.Now, TaskStarts: time.Second, TaskRuns: 34 * time.Second}
}

// jobsOnAWS makes a task definition that migrates, a service whose network it shares,
// and a function that tidies up.
func (w *world) jobsOnAWS() {
	w.Helper()
	w.ecs("CreateCluster", map[string]any{"clusterName": "shop"})
	w.jobsInCluster()
}

// jobsInCluster are those of a cluster that is there.
func (w *world) jobsInCluster() {
	w.Helper()
	w.must(w.amazon.CreateLogGroup(w.Context(), "/ecs/migrate"))
	w.definesJob("migrate@sha256:1")
	w.ecs("CreateService", map[string]any{
		"cluster": "shop", "serviceName": "worker", "taskDefinition": "migrate", "desiredCount": 1, "launchType": "FARGATE",
		"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{
			"subnets": []string{w.anyOf("DescribeSubnets", "subnetId")}, "securityGroups": []string{w.anyOf("DescribeSecurityGroups", "groupId")},
		}},
	})
	w.must(w.amazon.CreateFunction(aws.FunctionSpec{Name: "tidy", Zip: []byte("tidy")}))
	_, err := w.amazon.Publish("tidy", []byte("tidy"), nil)
	w.must(err)
}

func (w *world) ecs(action string, in any) {
	w.Helper()
	w.must(w.amazon.JSON(w.Context(), "ecs", ecsAPI+action, in, nil))
}

// anyOf is the id of something that every account has.
func (w *world) anyOf(action, id string) string {
	w.Helper()
	out, err := w.amazon.Query(w.Context(), "ec2", url.Values{"Action": {action}})
	w.must(err)
	return element(out, id)
}

// definesJob makes a revision of the task definition migrate.
func (w *world) definesJob(image string) {
	w.Helper()
	role := "arn:aws:iam::" + w.amazon.Account() + ":role/task"
	w.ecs("RegisterTaskDefinition", map[string]any{
		"family": "migrate", "networkMode": "awsvpc", "requiresCompatibilities": []string{"FARGATE"}, "cpu": "256", "memory": "512", "executionRoleArn": role,
		"containerDefinitions": []any{map[string]any{
			"name": "migrate", "image": image,
			"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]string{"awslogs-group": "/ecs/migrate", "awslogs-region": w.amazon.Region(), "awslogs-stream-prefix": "job"}},
		}},
	})
}

// The jobs of a release on AWS.
const (
	migratesOnECS = `  before {
    name = "migrate"
    ecs_task {
      task_definition = "migrate"
      cluster         = "shop"
      service         = "worker"
    }
  }
`
	tidiesOnLambda = `  after {
    name = "tidy"
    lambda {
      function  = "tidy"
      qualifier = "1"
      payload   = jsonencode({ command = "contract" })
    }
  }
`
)

// releases wants a build, with jobs.
func (w *world) releasesWith(build int, jobs string) {
	w.Helper()
	w.write(fmt.Sprintf(`
resource "rollout_safe_deployment" "api" {
  lambda_alias {
    alias       = "@alias"
    filename    = "@zip%d"
    code_sha256 = "@sum%d"
  }
  step {
    weight = 10
    bake   = "5m"
  }
  watch = "5m"
%s}
`, build, build, jobs))
}

func (w *world) tasks(want int) {
	w.Helper()
	if got := len(w.amazon.TasksRun()); got != want {
		w.Errorf("%d tasks have run, want %d", got, want)
	}
}

func TestJobsOfAWSRunOnceForAContent(t *testing.T) {
	t.Parallel()
	w := newLambdaJobsWorld(t)
	var tidied []string
	w.must(w.amazon.Handle("tidy", func(in aws.Invocation) ([]byte, error) {
		tidied = append(tidied, string(in.Payload)+" "+in.Context)
		return nil, nil
	}))
	w.releasesWith(2, migratesOnECS+tidiesOnLambda)
	out, _ := w.plan()
	w.states(out, "first migrate; 10 % for 5m, 100 % for 5m, then tidy")
	w.applies()
	w.quiet()
	w.tasks(1)
	if r := w.amazon.TasksRun()[0]; r.Environment["migrate"]["ROLLOUT_JOB"] != "migrate" || len(r.Subnets) != 1 {
		t.Errorf("the task: %+v", r)
	}
	if len(tidied) != 1 || !strings.Contains(tidied[0], `{"command":"contract"}`) || !strings.Contains(tidied[0], `"ROLLOUT_JOB":"tidy"`) {
		t.Errorf("invoked: %q", tidied)
	}
	w.releasesWith(3, migratesOnECS+tidiesOnLambda)
	w.applies()
	w.releasesWith(2, migratesOnECS+tidiesOnLambda) // released before: it owes none
	w.applies()
	w.quiet()
	w.tasks(2)
	if len(tidied) != 2 {
		t.Errorf("invoked: %q", tidied)
	}
}

func TestTaskThatFailsBefore(t *testing.T) {
	t.Parallel()
	w := newLambdaJobsWorld(t)
	w.amazon.RunsTasks(tasksOfMigrate, func(aws.TaskRun) aws.TaskEnd {
		return aws.TaskEnd{Exit: 3, Log: []string{"applying 0042", `column "tier" exists`}}
	})
	versions := len(w.amazon.Versions(shop))
	w.releasesWith(2, migratesOnECS)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "failed before any traffic moved", "ended with exit code 3 after 34s", `The last lines of its log: applying 0042 column "tier" exists`,
		"the next apply runs the job again", "aws ecs describe-tasks --cluster shop --tasks arn:aws:ecs:")
	if n := len(w.amazon.Versions(shop)); n != versions {
		t.Errorf("%d versions were made", n-versions)
	}
	w.amazon.RunsTasks(tasksOfMigrate, func(aws.TaskRun) aws.TaskEnd { return aws.TaskEnd{} })
	w.definesJob("migrate@sha256:2") // the job is corrected
	w.applies()
	w.tasks(2)
	if got := w.amazon.TasksRun()[1].Images["migrate"]; got != "migrate@sha256:2" {
		t.Errorf("what was run again is %s", got)
	}
}

func TestFunctionThatFailsBefore(t *testing.T) {
	t.Parallel()
	w := newLambdaJobsWorld(t)
	fails := true
	w.must(w.amazon.Handle("tidy", func(in aws.Invocation) ([]byte, error) {
		in.Print("applying 0042")
		if fails {
			return nil, fmt.Errorf("column exists")
		}
		return nil, nil
	}))
	jobs := strings.Replace(tidiesOnLambda, "after {", "before {", 1)
	w.releasesWith(2, jobs)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "failed before any traffic moved", "Error: column exists", "The last lines of its log: applying 0042", "aws lambda get-alias --function-name tidy --name rollout-")
	fails = false
	w.applies()
}

// TestJobsOfAWSWhoseAnswersAreLost: the connection breaks as each has begun. What the
// function has done is proven once it must have ended.
func TestJobsOfAWSWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	w := newLambdaJobsWorld(t)
	ran := 0
	w.must(w.amazon.Handle("tidy", func(aws.Invocation) ([]byte, error) {
		ran++
		return nil, nil
	}))
	w.amazon.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "ecs:RunTask", Times: 1})
	w.amazon.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "lambda:Invoke", Times: 1})
	w.releasesWith(2, migratesOnECS+tidiesOnLambda)
	w.applies()
	w.tasks(1)
	if ran != 1 {
		t.Errorf("invoked %d times", ran)
	}
	w.quiet()
}

// TestTaskThatNobodyRemembers: the apply dies with the task, and the next one comes
// when ECS has forgotten it. It guesses nothing, and a person says what became of it.
func TestTaskThatNobodyRemembers(t *testing.T) {
	t.Parallel()
	w := newLambdaJobsWorld(t)
	gone := w.amazon.Fault(aws.Fault{Kind: aws.Denied, Action: "ecs:DescribeTasks"}) // as if it had died: it sees no end
	w.releasesWith(2, migratesOnECS)
	if out, code := w.apply(); code != 1 {
		t.Fatal(out)
	}
	gone()
	w.clock.Advance(3 * time.Hour)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, `Nobody can tell what became of job "migrate"`, "ECS shows no task of it any more", "aws ecs tag-resource --region "+w.amazon.Region()+" --resource-arn arn:aws:ecs:", "'key=rollout-run,value=1 succeeded'")
	w.tasks(1)
	w.awsCLI(w.saysOfJob(out)...)
	w.applies()
	w.tasks(1)
}

// saysOfJob is the command with which a person says what became of a job.
func (w *world) saysOfJob(out string) []string {
	w.Helper()
	for _, line := range strings.Split(strings.ReplaceAll(out, "│", " "), "\n") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "aws "); ok {
			before, quoted, _ := strings.Cut(rest, "'")
			return append(strings.Fields(before), strings.TrimSuffix(quoted, "'"))
		}
	}
	w.Fatalf("it prints no command:\n%s", out)
	return nil
}

// TestTaskWithTheCandidatesImage: before a load balancer, where the content of the
// group that is wanted is an image by its digest.
func TestTaskWithTheCandidatesImage(t *testing.T) {
	t.Parallel()
	w := newEmptyALBWorld(t)
	w.balancerAppears()
	w.must(w.amazon.CreateLogGroup(t.Context(), "/ecs/migrate"))
	w.ecs("CreateCluster", map[string]any{"clusterName": "shop"})
	w.definesJob("migrate@sha256:1")
	w.serve()
	const job = `  before {
    name = "migrate"
    ecs_task {
      task_definition = "migrate"
      cluster         = "shop"
      subnets         = ["subnet-1"]
      launch_type     = "FARGATE"
      command         = ["bin/migrate", "up"]
      candidate_image = true
    }
  }
`
	w.shifts("green", "shop:2", job)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "the candidate has none that is known by its digest")
	w.tasks(0)
	w.shifts("green", "registry/shop@sha256:22", job)
	w.applies()
	w.at("green")
	w.tasks(1)
	if r := w.amazon.TasksRun()[0]; r.Images["migrate"] != "registry/shop@sha256:22" || strings.Join(r.Commands["migrate"], " ") != "bin/migrate up" {
		t.Errorf("what ran: %+v", r)
	}
}
