package cloudrunjob

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/iterator"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	name           = "cloud_run_job"
	getJob         = "run.jobs.get"
	runJob         = "run.jobs.run"
	override       = "run.jobs.runWithOverrides"
	getExecution   = "run.executions.get"
	listExecutions = "run.executions.list"
	listTasks      = "run.tasks.list"
	listEntries    = "logging.logEntries.list"
	role           = "roles/run.developer"

	// keyed is the variable of an execution that says what it was begun for.
	keyed    = "ROLLOUT_KEY"
	pageSize = 100
	// mostWhy bounds what the platform says of an execution.
	mostWhy = 300
)

// runner implements rollout.Job.
type runner struct {
	clients                 *cloud.Clients
	id                      string
	project, location, name string
	args                    []string
	image                   bool
	lines                   int
}

// Inspect reads the job, and asks what may be done with it.
func (r *runner) Inspect(ctx context.Context, image string) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: r.id, Status: rollout.Failed}
	found, err := r.get(ctx)
	switch {
	case ctx.Err() == nil && cloud.Gone(err):
		f.Retry = true
		return []rollout.Finding{f.Because(msgGone)}
	case err != nil || ctx.Err() != nil:
		return []rollout.Finding{asked.Skipped(ctx, f, err, getJob, role)}
	case path.Base(found.GetName()) != r.name:
		f.Status = rollout.Skipped
		return []rollout.Finding{f.Because(msgOddAnswer)}
	case found.GetTerminalCondition().GetState() != runpb.Condition_CONDITION_SUCCEEDED:
		f.Retry = found.GetReconciling()
		return []rollout.Finding{f.Because(msgNotReady, "reason", reason(found), "job", r.name, "project", r.project, "location", r.location)}
	}
	if m, pairs := r.differs(found, image); m != nil {
		return []rollout.Finding{f.Because(*m, pairs...)}
	}
	return []rollout.Finding{r.permitted(ctx, f, found)}
}

func reason(j *runpb.Job) string {
	line, _, _ := strings.Cut(j.GetTerminalCondition().GetMessage(), "\n")
	if line == "" {
		return "it is not ready, and Cloud Run gives no reason"
	}
	return rollout.OneLine(line, mostWhy)
}

// permitted asks whether the job may be run, which Cloud Run says of itself.
func (r *runner) permitted(ctx context.Context, f rollout.Finding, found *runpb.Job) rollout.Finding {
	all, err := r.clients.CloudRunJobs(ctx)
	if err != nil {
		return asked.Skipped(ctx, f, err, runJob, role)
	}
	wanted := []string{runJob, override}
	held, err := all.Jobs.TestIamPermissions(ctx, &iampb.TestIamPermissionsRequest{Resource: r.id, Permissions: wanted})
	if err != nil || ctx.Err() != nil {
		f.Permission = true // it could not be simulated: an apply shows it
		return asked.Skipped(ctx, f, err, runJob, role)
	}
	denied := slices.DeleteFunc(wanted, func(p string) bool { return slices.Contains(held.GetPermissions(), p) })
	if len(denied) > 0 {
		f.Retry = true
		return f.Because(msgMayNotRun, "permissions", strings.Join(denied, " and "), "role", role)
	}
	f.Status, f.Why = rollout.Passed, "it exists, and may be run; "+last(found)
	return f
}

// last says in a few words when the job was run last.
func last(j *runpb.Job) string {
	switch x := j.GetLatestCreatedExecution(); {
	case x.GetName() == "":
		return "it was never run"
	case x.GetCompletionTime() == nil:
		return fmt.Sprintf("execution %s goes on", x.GetName())
	default:
		return fmt.Sprintf("it was run last as %s, which ended %s", x.GetName(), x.GetCompletionTime().AsTime().UTC().Format(time.RFC3339))
	}
}

// differs says why the job does not run the image; nil if it does, or need not.
func (r *runner) differs(j *runpb.Job, image string) (*rollout.Message, []any) {
	if !r.image || image == "" {
		return nil, nil
	}
	found := first(j.GetTemplate().GetTemplate()).GetImage()
	_, has, byDigest := strings.Cut(found, "@")
	_, want, known := strings.Cut(image, "@")
	switch {
	case !byDigest:
		return &msgTagged, []any{"found", found}
	case !known || has != want:
		return &msgOtherImage, []any{"found", found, "image", image}
	}
	return nil, nil
}

// first is the container that does the work: the first.
func first(t *runpb.TaskTemplate) *runpb.Container {
	if all := t.GetContainers(); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (r *runner) get(ctx context.Context) (*runpb.Job, error) {
	all, err := r.clients.CloudRunJobs(ctx)
	if err != nil {
		return nil, err
	}
	found, err := all.Jobs.GetJob(ctx, &runpb.GetJobRequest{Name: r.id})
	if err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	return found, nil
}

// Find reads all executions that Cloud Run shows of the job.
func (r *runner) Find(ctx context.Context, key string) ([]rollout.Execution, error) {
	all, err := r.clients.CloudRunJobs(ctx)
	if err != nil {
		return nil, err
	}
	var found []*runpb.Execution
	it := all.Executions.ListExecutions(ctx, &runpb.ListExecutionsRequest{Parent: r.id, PageSize: pageSize})
	for {
		x, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, cloud.GoogleError("list executions of "+r.id, err)
		}
		if keyOf(x) == key {
			found = append(found, x)
		}
	}
	slices.SortStableFunc(found, func(a, b *runpb.Execution) int {
		return b.GetCreateTime().AsTime().Compare(a.GetCreateTime().AsTime())
	})
	out := make([]rollout.Execution, len(found))
	for i, x := range found {
		out[i] = shown(x)
	}
	return out, nil
}

// keyOf is what an execution was begun for; "" if not by us.
func keyOf(x *runpb.Execution) string {
	for _, e := range first(x.GetTemplate()).GetEnv() {
		if e.GetName() == keyed {
			return e.GetValue()
		}
	}
	return ""
}

// Start begins an execution of the job as it is at this moment.
func (r *runner) Start(ctx context.Context, e rollout.Errand) (rollout.Execution, error) {
	begun, err := r.Find(ctx, e.Key)
	if err != nil {
		return rollout.Execution{}, err
	}
	for _, x := range begun {
		if x.State == rollout.JobRunning {
			return x, nil
		}
	}
	j, err := r.get(ctx)
	if err != nil {
		return rollout.Execution{}, cloud.GoogleError("get "+r.id, err)
	}
	if m, pairs := r.differs(j, e.Image); m != nil {
		return rollout.Execution{}, fmt.Errorf("%w: %s", rollout.ErrInvalid, m.With(pairs...).Error())
	}
	all, err := r.clients.CloudRunJobs(ctx)
	if err != nil {
		return rollout.Execution{}, err
	}
	op, err := all.Jobs.RunJob(ctx, r.request(j, e))
	if err != nil {
		return rollout.Execution{}, cloud.GoogleError("run "+r.id, err)
	}
	x, err := op.Metadata()
	if err != nil || x.GetName() == "" {
		return rollout.Execution{}, fmt.Errorf("run %s: the answer does not name the execution", r.id)
	}
	return shown(x), nil
}

// request asks for a run: its variables are merged with those of the job, its
// arguments replace them.
func (r *runner) request(j *runpb.Job, e rollout.Errand) *runpb.RunJobRequest {
	o := &runpb.RunJobRequest_Overrides_ContainerOverride{Name: first(j.GetTemplate().GetTemplate()).GetName(), Args: r.args}
	add := func(name, value string) {
		o.Env = append(o.Env, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}})
	}
	add(keyed, e.Key)
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		add(name, e.Env[name])
	}
	return &runpb.RunJobRequest{
		Name: r.id, Etag: j.GetEtag(),
		Overrides: &runpb.RunJobRequest_Overrides{ContainerOverrides: []*runpb.RunJobRequest_Overrides_ContainerOverride{o}},
	}
}

// Look reads an execution, and of one that has failed what its task and its log
// tell. What it wrote last may not be in the log yet: for a moment it is told as
// running.
func (r *runner) Look(ctx context.Context, id string) (rollout.Execution, error) {
	all, err := r.clients.CloudRunJobs(ctx)
	if err != nil {
		return rollout.Execution{}, err
	}
	found, err := all.Executions.GetExecution(ctx, &runpb.GetExecutionRequest{Name: r.id + "/executions/" + id})
	if err != nil {
		return rollout.Execution{}, cloud.GoogleError("get execution "+id+" of "+r.id, err)
	}
	x := shown(found)
	if x.State != rollout.JobFailed {
		return x, nil
	}
	if read := r.explain(ctx, all, found, &x); read && len(x.Log) == 0 && r.clients.Clock().Now().Sub(x.Ended) < lateLog {
		return rollout.Execution{ID: x.ID, State: rollout.JobRunning, Began: x.Began}, nil
	}
	return x, ctx.Err()
}

// explain adds the exit code, which stands at the task alone, and the log. It
// reports whether the log was read.
func (r *runner) explain(ctx context.Context, all *cloud.RunJobs, found *runpb.Execution, x *rollout.Execution) bool {
	it := all.Tasks.ListTasks(ctx, &runpb.ListTasksRequest{Parent: found.GetName(), PageSize: pageSize})
	for range pageSize {
		task, err := it.Next()
		if err != nil {
			if !errors.Is(err, iterator.Done) {
				x.Why += "; its exit code could not be read (it needs " + listTasks + ")"
			}
			break
		}
		if code := task.GetLastAttemptResult().GetExitCode(); code != 0 {
			exit := int(code)
			x.Exit, x.Why = &exit, ""
			break
		}
	}
	if r.lines == 0 {
		return false
	}
	lines, err := r.log(ctx, x)
	if err != nil {
		x.Why = strings.TrimPrefix(x.Why+"; its log could not be read: "+err.Error(), "; ")
		return false
	}
	x.Log = lines
	return true
}

// shown is an execution in our words.
func shown(x *runpb.Execution) rollout.Execution {
	out := rollout.Execution{ID: path.Base(x.GetName()), State: rollout.JobRunning}
	if t := x.GetStartTime(); t != nil {
		out.Began = t.AsTime()
	}
	if x.GetCompletionTime() == nil {
		return out
	}
	out.Ended = x.GetCompletionTime().AsTime()
	done := completed(x)
	switch {
	case done.GetState() == runpb.Condition_CONDITION_SUCCEEDED:
		out.State = rollout.JobSucceeded
	case done.GetState() == runpb.Condition_CONDITION_FAILED:
		out.State, out.Why = rollout.JobFailed, rollout.OneLine(done.GetMessage(), mostWhy)
	default:
		out.State, out.Why = rollout.JobUnclear, "Cloud Run says that it has completed, and not how"
	}
	return out
}

// completed is the condition that says how an execution has ended.
func completed(x *runpb.Execution) *runpb.Condition {
	for _, c := range x.GetConditions() {
		if c.GetType() == "Completed" {
			return c
		}
	}
	return nil
}
