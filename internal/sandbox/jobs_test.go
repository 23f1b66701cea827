package sandbox

import (
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
)

// jobbing is a world with the official clients for jobs.
type jobbing struct {
	*world
	jobs       *run.JobsClient
	executions *run.ExecutionsClient
	tasks      *run.TasksClient
}

func startJobs(t *testing.T, o Options) jobbing {
	t.Helper()
	w := jobbing{world: start(t, o)}
	opts := []option.ClientOption{option.WithGRPCConn(w.conn), option.WithoutAuthentication()}
	w.jobs = must(run.NewJobsClient(t.Context(), opts...))
	w.executions = must(run.NewExecutionsClient(t.Context(), opts...))
	w.tasks = must(run.NewTasksClient(t.Context(), opts...))
	return w
}

const migrate = "projects/demo/locations/us-central1/jobs/migrate"

// begin runs the job, and returns the execution that the operation is about.
func (w jobbing) begin(q *runpb.RunJobRequest) *runpb.Execution {
	w.t.Helper()
	q.Name = migrate
	op, err := w.jobs.RunJob(w.ctx(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	if op.Done() {
		w.t.Error("the answer to RunJob says that it has ended")
	}
	return must(op.Metadata())
}

func (w jobbing) look(name string) *runpb.Execution {
	w.t.Helper()
	x, err := w.executions.GetExecution(w.ctx(), &runpb.GetExecutionRequest{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

func TestJobThatSucceeds(t *testing.T) {
	w := startJobs(t, Options{})
	image := must(w.Image("shop/migrate", "v1", Behaviour{Runs: 30 * time.Second, Print: "2 migrations\ndone"}))
	op, err := w.jobs.CreateJob(t.Context(), &runpb.CreateJobRequest{
		Parent: "projects/demo/locations/us-central1", JobId: "migrate",
		Job: &runpb.Job{Template: &runpb.ExecutionTemplate{Template: &runpb.TaskTemplate{Containers: []*runpb.Container{{Image: image}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	j := must(op.Poll(t.Context()))
	if j.GetName() != migrate || j.GetTemplate().GetTaskCount() != 1 || j.GetTemplate().GetTemplate().GetMaxRetries() != 3 || j.GetTemplate().GetTemplate().GetTimeout().GetSeconds() != 600 {
		t.Errorf("it is %v", j)
	}
	env := []*runpb.EnvVar{{Name: "KEY", Values: &runpb.EnvVar_Value{Value: "one"}}}
	x := w.begin(&runpb.RunJobRequest{Etag: j.GetEtag(), Overrides: &runpb.RunJobRequest_Overrides{
		ContainerOverrides: []*runpb.RunJobRequest_Overrides_ContainerOverride{{Env: env}},
	}})
	if got := w.look(x.GetName()); !got.GetReconciling() || got.GetRunningCount() != 1 || got.GetCompletionTime() != nil || got.GetTemplate().GetContainers()[0].GetEnv()[0].GetValue() != "one" {
		t.Errorf("while it runs it is %v", got)
	}
	w.clock.pass(30 * time.Second)
	got := w.look(x.GetName())
	if got.GetReconciling() || got.GetSucceededCount() != 1 || got.GetConditions()[0].GetState() != runpb.Condition_CONDITION_SUCCEEDED || got.GetCompletionTime().AsTime().Sub(got.GetStartTime().AsTime()) != 30*time.Second {
		t.Errorf("ended it is %v", got)
	}
	if again := must(w.jobs.GetJob(t.Context(), &runpb.GetJobRequest{Name: migrate})); len(again.GetTemplate().GetTemplate().GetContainers()[0].GetEnv()) > 0 || again.GetEtag() != j.GetEtag() {
		t.Errorf("an override has changed the job: %v", again)
	}
	lines := w.entries(`resource.type="cloud_run_job" resource.labels.job_name="migrate" labels."run.googleapis.com/execution_name"="` + lastPart(x.GetName()) + `"`)
	if len(lines) != 2 || lines[0].TextPayload != "done" || lines[0].Labels["run.googleapis.com/execution_name"] != lastPart(x.GetName()) {
		t.Errorf("it printed %+v", lines)
	}
}

func TestJobThatFails(t *testing.T) {
	for _, c := range []struct {
		name    string
		b       Behaviour
		timeout time.Duration
		takes   time.Duration
		exit    int32
		says    string
	}{
		{"an exit code, after its retries", Behaviour{Runs: 10 * time.Second, Exit: 3}, time.Minute, 20 * time.Second, 3, "The container exited with an error."},
		{"its timeout, after its retries", Behaviour{Runs: time.Hour}, time.Minute, 2 * time.Minute, 0, "The configured timeout was reached."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := startJobs(t, Options{})
			image := must(w.Image("shop/migrate", "v1", c.b))
			if err := w.CreateJob("migrate", image, func(j *runpb.Job) {
				j.Template.Template.Timeout = durationpb.New(c.timeout)
				j.Template.Template.Retries = &runpb.TaskTemplate_MaxRetries{MaxRetries: 1}
			}); err != nil {
				t.Fatal(err)
			}
			x := w.begin(&runpb.RunJobRequest{})
			w.clock.pass(c.takes - time.Second)
			if got := w.look(x.GetName()); !got.GetReconciling() {
				t.Errorf("it ended too early: %v", got)
			}
			w.clock.pass(time.Second)
			got := w.look(x.GetName())
			done := got.GetConditions()[0]
			if got.GetFailedCount() != 1 || got.GetRetriedCount() != 1 || done.GetExecutionReason() != runpb.Condition_NON_ZERO_EXIT_CODE ||
				done.GetMessage() != "Task "+lastPart(x.GetName())+"-task0 failed with message: "+c.says {
				t.Errorf("it ended as %v", got)
			}
			task := must(w.tasks.ListTasks(t.Context(), &runpb.ListTasksRequest{Parent: x.GetName()}).Next())
			if task.GetLastAttemptResult().GetExitCode() != c.exit || task.GetRetried() != 1 {
				t.Errorf("its task ended as %v", task.GetLastAttemptResult())
			}
		})
	}
}

func TestExecutionsAreListedNewestFirst(t *testing.T) {
	w := startJobs(t, Options{PageSize: 2})
	if err := w.CreateJob("migrate", must(w.Image("shop/migrate", "v1", Behaviour{Runs: time.Minute})), nil); err != nil {
		t.Fatal(err)
	}
	var names []string
	for range 3 {
		names = append([]string{w.begin(&runpb.RunJobRequest{}).GetName()}, names...)
	}
	it := w.executions.ListExecutions(t.Context(), &runpb.ListExecutionsRequest{Parent: migrate})
	for _, want := range names {
		if got := must(it.Next()); got.GetName() != want {
			t.Errorf("listed %s, want %s", got.GetName(), want)
		}
	}
	if _, err := w.executions.CancelExecution(t.Context(), &runpb.CancelExecutionRequest{Name: names[0]}); err != nil {
		t.Fatal(err)
	}
	if got := w.look(names[0]); got.GetCancelledCount() != 1 || got.GetConditions()[0].GetExecutionReason() != runpb.Condition_CANCELLED {
		t.Errorf("cancelled it is %v", got)
	}
	_, err := w.executions.CancelExecution(t.Context(), &runpb.CancelExecutionRequest{Name: names[0]})
	wantCode(t, err, codes.FailedPrecondition)
}

func TestWhatKeepsAJobFromRunning(t *testing.T) {
	w := startJobs(t, Options{})
	image := must(w.Image("shop/migrate", "v1", Behaviour{}))
	if err := w.CreateJob("migrate", image, nil); err != nil {
		t.Fatal(err)
	}
	stale := must(w.jobs.GetJob(t.Context(), &runpb.GetJobRequest{Name: migrate})).GetEtag()
	w.clock.pass(time.Second)
	if err := w.SetJobImage("migrate", must(w.Image("shop/migrate", "v2", Behaviour{Version: "v2"}))); err != nil {
		t.Fatal(err)
	}
	_, err := w.jobs.RunJob(t.Context(), &runpb.RunJobRequest{Name: migrate, Etag: stale})
	wantCode(t, err, codes.Aborted)
	_, err = w.jobs.RunJob(t.Context(), &runpb.RunJobRequest{Name: migrate + "s"})
	wantCode(t, err, codes.NotFound)
	overridden := &runpb.RunJobRequest{Name: migrate, Overrides: &runpb.RunJobRequest_Overrides{
		ContainerOverrides: []*runpb.RunJobRequest_Overrides_ContainerOverride{{Name: "other"}},
	}}
	_, err = w.jobs.RunJob(t.Context(), overridden)
	wantCode(t, err, codes.InvalidArgument)
	w.Deny("run.jobs.runWithOverrides")
	_, err = w.jobs.RunJob(t.Context(), overridden)
	wantCode(t, err, codes.PermissionDenied)
	held := must(w.jobs.TestIamPermissions(t.Context(), &iampb.TestIamPermissionsRequest{Resource: migrate, Permissions: []string{"run.jobs.run", "run.jobs.runWithOverrides"}}))
	if len(held.GetPermissions()) != 1 || held.GetPermissions()[0] != "run.jobs.run" {
		t.Errorf("held are %v", held)
	}
	if err := w.SetJobImage("migrate", w.Registry()+"/shop/none:v1"); err != nil {
		t.Fatal(err)
	}
	_, err = w.jobs.RunJob(t.Context(), &runpb.RunJobRequest{Name: migrate})
	wantCode(t, err, codes.FailedPrecondition)
	if n := len(w.Executions("migrate")); n > 0 {
		t.Errorf("%d executions have begun", n)
	}
}
