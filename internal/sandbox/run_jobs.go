package sandbox

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	jobForm       = "projects/*/locations/*/jobs/*"
	executionForm = "projects/*/locations/*/jobs/*/executions/*"
	taskForm      = "projects/*/locations/*/jobs/*/executions/*/tasks/*"
)

// runJobs is google.cloud.run.v2.Jobs.
type runJobs struct {
	runpb.UnimplementedJobsServer
	st       *store
	pageSize int
}

// jobLocked looks a job up by its full name.
func (r *runJobs) jobLocked(name, permission string) (*job, error) {
	vars, err := r.st.parse(name, jobForm, permission)
	if err != nil {
		return nil, err
	}
	return r.st.findJobLocked(vars[0])
}

func (r *runJobs) CreateJob(_ context.Context, q *runpb.CreateJobRequest) (*longrunningpb.Operation, error) {
	if _, err := r.st.parse(q.GetParent(), locationForm, "run.jobs.create"); err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	return r.st.createJobLocked(q.GetJobId(), q.GetJob(), q.GetValidateOnly())
}

func (st *store) createJobLocked(id string, sent *runpb.Job, validate bool) (*longrunningpb.Operation, error) {
	if len(id) > 63 || !label.MatchString(id) {
		return nil, invalid("job_id", "%q must begin with a letter, not end with a hyphen and have at most 63 characters", id)
	}
	if _, there := st.jobs[id]; there {
		return nil, status.Errorf(codes.AlreadyExists, "Resource '%s' already exists.", id)
	}
	want, err := st.wantedJob(sent)
	if err != nil {
		return nil, err
	}
	j := &job{id: id, uid: uid("job", st.project, id, strconv.Itoa(st.born)), created: st.now()}
	st.takeJobLocked(j, want)
	if validate {
		return st.dryJob(st.jobLocked(j)), nil
	}
	st.born++
	st.jobs[id] = j
	return st.wroteJobLocked(j), nil
}

// wroteJobLocked is the answer to a write of a job: an operation that the next
// look shows ended, with the error of what is wrong with it. That a job settles at
// once is modelled.
func (st *store) wroteJobLocked(j *job) *longrunningpb.Operation {
	op := st.startLocked(nil)
	op.shown = st.jobLocked(j)
	shown := &longrunningpb.Operation{Name: st.operation(op.id), Metadata: pack(op.shown)}
	op.done, op.fail = true, j.broken
	return shown
}

func (r *runJobs) GetJob(_ context.Context, q *runpb.GetJobRequest) (*runpb.Job, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	j, err := r.jobLocked(q.GetName(), "run.jobs.get")
	if err != nil {
		return nil, err
	}
	return r.st.jobLocked(j), nil
}

func (r *runJobs) ListJobs(_ context.Context, q *runpb.ListJobsRequest) (*runpb.ListJobsResponse, error) {
	if _, err := r.st.parse(q.GetParent(), locationForm, "run.jobs.list"); err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	ids, next, err := page(slices.Sorted(maps.Keys(r.st.jobs)), q.GetPageSize(), r.pageSize, q.GetPageToken(), q.GetParent()+"/jobs")
	if err != nil {
		return nil, err
	}
	out := &runpb.ListJobsResponse{NextPageToken: next}
	for _, id := range ids {
		j, err := r.st.findJobLocked(id)
		if err != nil {
			return nil, err
		}
		out.Jobs = append(out.Jobs, r.st.jobLocked(j))
	}
	return out, nil
}

// UpdateJob replaces a job: the request has no mask.
func (r *runJobs) UpdateJob(_ context.Context, q *runpb.UpdateJobRequest) (*longrunningpb.Operation, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	j, err := r.jobLocked(q.GetJob().GetName(), "run.jobs.update")
	if status.Code(err) == codes.NotFound && q.GetAllowMissing() {
		return r.st.createJobLocked(lastPart(q.GetJob().GetName()), q.GetJob(), q.GetValidateOnly())
	}
	if err != nil {
		return nil, err
	}
	if err := r.st.guardJob(j, q.GetJob().GetEtag()); err != nil {
		return nil, err
	}
	want, err := r.st.wantedJob(q.GetJob())
	if err != nil {
		return nil, err
	}
	if q.GetValidateOnly() {
		would := *j
		would.want = want
		return r.st.dryJob(r.st.jobLocked(&would)), nil
	}
	r.st.takeJobLocked(j, want)
	return r.st.wroteJobLocked(j), nil
}

// guardJob refuses a write, or a run, whose etag is not the current one.
func (st *store) guardJob(j *job, sent string) error {
	if sent == "" || sent == j.version.etag(st.job(j.id)) {
		return nil
	}
	return conflict(j.id, sent, j.version)
}

func (r *runJobs) DeleteJob(_ context.Context, q *runpb.DeleteJobRequest) (*longrunningpb.Operation, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	j, err := r.jobLocked(q.GetName(), "run.jobs.delete")
	if err != nil {
		return nil, err
	}
	if err := r.st.guardJob(j, q.GetEtag()); err != nil {
		return nil, err
	}
	last := r.st.jobLocked(j)
	last.DeleteTime = timestamppb.New(r.st.now())
	if q.GetValidateOnly() {
		return r.st.dryJob(last), nil
	}
	delete(r.st.jobs, j.id)
	op := r.st.startLocked(nil)
	op.done, op.shown = true, last
	return r.st.showLocked(op), nil
}

// RunJob begins an execution. Its operation ends with the execution, and with an
// error where that fails. Overrides need a permission of their own (docs, Method:
// projects.locations.jobs.run).
func (r *runJobs) RunJob(_ context.Context, q *runpb.RunJobRequest) (*longrunningpb.Operation, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	j, err := r.jobLocked(q.GetName(), "run.jobs.run")
	if err != nil {
		return nil, err
	}
	if p := "run.jobs.runWithOverrides"; q.GetOverrides() != nil && r.st.vault.denies(p) {
		return nil, denied(p, q.GetName())
	}
	if err := r.st.guardJob(j, q.GetEtag()); err != nil {
		return nil, err
	}
	if j.broken != nil {
		return nil, status.Errorf(codes.FailedPrecondition, "Job '%s' is not ready: %s", j.id, j.broken.message)
	}
	if q.GetValidateOnly() {
		return nil, status.Error(codes.Unimplemented, "validate_only of RunJob is not emulated")
	}
	x, err := r.st.beginRunLocked(j, q)
	if err != nil {
		return nil, err
	}
	op := r.st.startLocked(nil)
	op.run = x
	return r.st.showLocked(op), nil
}

func (r *runJobs) TestIamPermissions(_ context.Context, q *iampb.TestIamPermissionsRequest) (*iampb.TestIamPermissionsResponse, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	if _, err := r.jobLocked(q.GetResource(), "run.jobs.get"); err != nil {
		return nil, err
	}
	return r.st.vault.held(q.GetPermissions()), nil
}

// runExecutions is google.cloud.run.v2.Executions.
type runExecutions struct {
	runpb.UnimplementedExecutionsServer
	st       *store
	pageSize int
}

// executionLocked looks an execution up by its full name.
func (st *store) executionOfLocked(name, form, permission string) (*execution, error) {
	vars, err := st.parse(name, form, permission)
	if err != nil {
		return nil, err
	}
	j, err := st.findJobLocked(vars[0])
	if err != nil {
		return nil, st.missing("EXECUTION", vars[1])
	}
	x := j.find(vars[1])
	if x == nil {
		return nil, st.missing("EXECUTION", vars[1])
	}
	return x, nil
}

func (r *runExecutions) GetExecution(_ context.Context, q *runpb.GetExecutionRequest) (*runpb.Execution, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	x, err := r.st.executionOfLocked(q.GetName(), executionForm, "run.executions.get")
	if err != nil {
		return nil, err
	}
	return r.st.executionLocked(x), nil
}

// ListExecutions lists the newest first (as gcloud and the console show them); "-"
// stands for all jobs (ListExecutionsRequest.parent).
func (r *runExecutions) ListExecutions(_ context.Context, q *runpb.ListExecutionsRequest) (*runpb.ListExecutionsResponse, error) {
	vars, err := r.st.parse(q.GetParent(), jobForm, "run.executions.list")
	if err != nil {
		return nil, err
	}
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	if vars[0] != "-" && r.st.jobs[vars[0]] == nil {
		return nil, r.st.missing("JOB", vars[0])
	}
	var all []*execution
	for _, id := range slices.Sorted(maps.Keys(r.st.jobs)) {
		if vars[0] == "-" || vars[0] == id {
			j, err := r.st.findJobLocked(id)
			if err != nil {
				return nil, err
			}
			all = append(all, j.runs...)
		}
	}
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b *execution) int { return cmp.Compare(b.created.UnixNano(), a.created.UnixNano()) })
	all, next, err := page(all, q.GetPageSize(), r.pageSize, q.GetPageToken(), q.GetParent()+"/executions")
	if err != nil {
		return nil, err
	}
	out := &runpb.ListExecutionsResponse{NextPageToken: next}
	for _, x := range all {
		out.Executions = append(out.Executions, r.st.executionLocked(x))
	}
	return out, nil
}

// CancelExecution ends an execution that goes on; its tasks end as cancelled.
func (r *runExecutions) CancelExecution(_ context.Context, q *runpb.CancelExecutionRequest) (*longrunningpb.Operation, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	x, err := r.st.executionOfLocked(q.GetName(), executionForm, "run.executions.cancel")
	if err != nil {
		return nil, err
	}
	if _, over := x.ended(r.st.now()); over {
		return nil, status.Errorf(codes.FailedPrecondition, "Execution '%s' has completed and cannot be cancelled.", x.id)
	}
	if !q.GetValidateOnly() {
		x.cancelled = r.st.now()
	}
	return r.st.dryJob(r.st.executionLocked(x)), nil
}

// DeleteExecution forgets an execution that has ended.
func (r *runExecutions) DeleteExecution(_ context.Context, q *runpb.DeleteExecutionRequest) (*longrunningpb.Operation, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	x, err := r.st.executionOfLocked(q.GetName(), executionForm, "run.executions.delete")
	if err != nil {
		return nil, err
	}
	if _, over := x.ended(r.st.now()); !over {
		return nil, status.Errorf(codes.FailedPrecondition, "Execution '%s' is running and cannot be deleted.", x.id)
	}
	shown := r.st.executionLocked(x)
	if !q.GetValidateOnly() {
		x.of.runs = slices.DeleteFunc(x.of.runs, func(o *execution) bool { return o == x })
	}
	return r.st.dryJob(shown), nil
}

// runTasks is google.cloud.run.v2.Tasks.
type runTasks struct {
	runpb.UnimplementedTasksServer
	st       *store
	pageSize int
}

func (r *runTasks) GetTask(_ context.Context, q *runpb.GetTaskRequest) (*runpb.Task, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	x, err := r.st.executionOfLocked(q.GetName(), taskForm, "run.tasks.get")
	if err != nil {
		return nil, err
	}
	for i := range x.tasks {
		if t := r.st.taskLocked(x, i); t.GetName() == q.GetName() {
			return t, nil
		}
	}
	return nil, r.st.missing("TASK", lastPart(q.GetName()))
}

func (r *runTasks) ListTasks(_ context.Context, q *runpb.ListTasksRequest) (*runpb.ListTasksResponse, error) {
	r.st.mu.Lock()
	defer r.st.mu.Unlock()
	x, err := r.st.executionOfLocked(q.GetParent(), executionForm, "run.tasks.list")
	if err != nil {
		return nil, err
	}
	var all []int32
	for i := range x.tasks {
		all = append(all, i)
	}
	all, next, err := page(all, q.GetPageSize(), r.pageSize, q.GetPageToken(), q.GetParent()+"/tasks")
	if err != nil {
		return nil, err
	}
	out := &runpb.ListTasksResponse{NextPageToken: next}
	for _, i := range all {
		out.Tasks = append(out.Tasks, r.st.taskLocked(x, i))
	}
	return out, nil
}
