package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/api"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A job is one Cloud Run job.
type job struct {
	id, uid    string
	want       *runpb.Job // with defaults; no output-only field
	version    version
	generation int64
	created    time.Time
	broken     *failure // its image is not there
	runs       []*execution
	serial     int
}

// An execution is one run of a job. What it comes to is decided when it begins;
// when that shows is a matter of the clock.
type execution struct {
	id, uid   string
	of        *job
	template  *runpb.TaskTemplate // with the overrides
	tasks     int32
	parallel  int32
	labels    map[string]string
	created   time.Time
	wait      // until it begins
	behaviour Behaviour
	broken    *failure // it cannot begin
	cancelled time.Time
	printed   bool
}

// mostRuns is how many completed executions a job keeps (docs, Cloud Run quotas).
const mostRuns = 1000

// attempts is how often each task is tried: none of them has another end.
func (x *execution) attempts() int {
	if x.behaviour.Exit == 0 && !x.late() {
		return 1
	}
	return 1 + int(x.template.GetMaxRetries())
}

// late: an attempt takes longer than its task may.
func (x *execution) late() bool { return x.behaviour.Runs > x.template.GetTimeout().AsDuration() }

// ends is when it will have ended by itself.
func (x *execution) ends() time.Time {
	if x.broken != nil {
		return x.due
	}
	rounds := (int(x.tasks) + int(x.parallel) - 1) / int(x.parallel)
	return x.due.Add(time.Duration(rounds*x.attempts()) * min(x.behaviour.Runs, x.template.GetTimeout().AsDuration()))
}

// ended reports when it has ended; false while it goes on.
func (x *execution) ended(now time.Time) (time.Time, bool) {
	switch {
	case !x.cancelled.IsZero():
		return x.cancelled, true
	case !x.over(now) || now.Before(x.ends()):
		return time.Time{}, false
	}
	return x.ends(), true
}

// failure is what it has come to, nil if well.
func (x *execution) failure() *failure {
	switch {
	case !x.cancelled.IsZero():
		return &failure{code: codes.Canceled, message: "Execution was cancelled.", execution: runpb.Condition_CANCELLED}
	case x.broken != nil:
		return x.broken
	case x.late():
		return x.failed("The configured timeout was reached.")
	case x.behaviour.Exit != 0:
		return x.failed("The container exited with an error.")
	}
	return nil
}

// failed is the text that gcloud shows (googlecodelabs/feedback#1369); that of a
// timeout is modelled.
func (x *execution) failed(why string) *failure {
	return &failure{
		code: codes.Unknown, execution: runpb.Condition_NON_ZERO_EXIT_CODE,
		message: fmt.Sprintf("Task %s-task0 failed with message: %s", x.id, why),
	}
}

// settleLocked writes what the container has printed, once it has ended.
func (x *execution) settleLocked(st *store) {
	at, over := x.ended(st.now())
	if !over || x.printed {
		return
	}
	x.printed = true
	if x.broken != nil || !x.cancelled.IsZero() || x.behaviour.Print == "" {
		return
	}
	for range int(x.tasks) * x.attempts() {
		for line := range strings.SplitSeq(x.behaviour.Print, "\n") {
			st.logs.printed(x.of.id, x.id, line, at)
		}
	}
}

// flush writes what containers of jobs have printed by now.
func (st *store) flush() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(st.jobs)) {
		for _, x := range st.jobs[id].runs {
			x.settleLocked(st)
		}
	}
}

// follow ends the operation of a run with what the execution has come to.
func (x *execution) follow(op *operation, st *store) {
	x.settleLocked(st)
	if _, over := x.ended(st.now()); over {
		op.done, op.fail, op.shown = true, x.failure(), st.executionLocked(x)
	}
}

// findJobLocked returns a job, with what has happened to its executions.
func (st *store) findJobLocked(id string) (*job, error) {
	j, ok := st.jobs[id]
	if !ok {
		return nil, st.missing("JOB", id)
	}
	for _, x := range j.runs {
		x.settleLocked(st)
	}
	return j, nil
}

func (j *job) find(id string) *execution {
	i := slices.IndexFunc(j.runs, func(x *execution) bool { return x.id == id })
	if i < 0 {
		return nil
	}
	return j.runs[i]
}

func (p place) job(id string) string { return p.parent() + "/jobs/" + id }

func (p place) execution(job, id string) string { return p.job(job) + "/executions/" + id }

// wantedJob is what a write asks for, with what Cloud Run sets where the user is
// silent: one task, three retries, ten minutes (job.proto, task_template.proto).
func (st *store) wantedJob(sent *runpb.Job) (*runpb.Job, error) {
	want := cloneOf(sent)
	clearOutput(want.ProtoReflect())
	want.Name, want.Etag = "", ""
	if want.GetStartExecutionToken() != "" || want.GetRunExecutionToken() != "" {
		return nil, status.Error(codes.Unimplemented, "execution tokens are not emulated")
	}
	if err := validateMeta("job", want.GetLabels(), want.GetAnnotations(), want.GetTemplate().GetLabels(), want.GetTemplate().GetAnnotations()); err != nil {
		return nil, err
	}
	t := want.GetTemplate()
	if len(t.GetTemplate().GetContainers()) == 0 {
		return nil, invalid("job.template.template.containers", "required field not present")
	}
	for i, c := range t.GetTemplate().GetContainers() {
		at := fmt.Sprintf("job.template.template.containers[%d]", i)
		if c.GetImage() == "" {
			return nil, invalid(at+".image", "required field not present")
		}
		if err := validateEnv(at, c.GetEnv()); err != nil {
			return nil, err
		}
	}
	st.fillJob(want)
	if d := t.GetTemplate().GetTimeout().AsDuration(); d <= 0 || d > 168*time.Hour {
		return nil, invalid("job.template.template.timeout", "must be between 1s and 604800s, not %s", d)
	}
	return want, nil
}

func (p place) fillJob(j *runpb.Job) {
	if j.GetLaunchStage() == api.LaunchStage_LAUNCH_STAGE_UNSPECIFIED {
		j.LaunchStage = api.LaunchStage_GA
	}
	t := j.GetTemplate()
	if t.GetTaskCount() == 0 {
		t.TaskCount = 1
	}
	if t.Template.GetTimeout() == nil {
		t.Template.Timeout = durationpb.New(10 * time.Minute)
	}
	if t.Template.Retries == nil {
		t.Template.Retries = &runpb.TaskTemplate_MaxRetries{MaxRetries: 3}
	}
	if t.Template.GetServiceAccount() == "" {
		t.Template.ServiceAccount = p.number + "-compute@developer.gserviceaccount.com"
	}
	if t.Template.GetExecutionEnvironment() == runpb.ExecutionEnvironment_EXECUTION_ENVIRONMENT_UNSPECIFIED {
		t.Template.ExecutionEnvironment = runpb.ExecutionEnvironment_EXECUTION_ENVIRONMENT_GEN2
	}
	for _, c := range t.Template.GetContainers() {
		fillContainer(c)
	}
}

// cloneOf copies a message.
func cloneOf[M proto.Message](m M) M {
	out, ok := proto.Clone(m).(M)
	if !ok {
		panic("sandbox: a clone changed its type")
	}
	return out
}

// takeJobLocked makes a job what a write asks for.
func (st *store) takeJobLocked(j *job, want *runpb.Job) {
	j.want, j.broken = want, nil
	j.generation++
	j.version = versionAt(st.now(), j.version)
	for _, c := range want.GetTemplate().GetTemplate().GetContainers() {
		if _, _, found := st.images.resolve(c.GetImage()); !found {
			j.broken = imageMissing(c.GetImage())
		}
	}
}

// beginLocked begins an execution of a job, with the overrides of the request.
func (st *store) beginRunLocked(j *job, q *runpb.RunJobRequest) (*execution, error) {
	t := cloneOf(j.want.GetTemplate())
	o := q.GetOverrides()
	if err := override(t, o); err != nil {
		return nil, err
	}
	j.serial++
	id := uid("execution", j.uid, strconv.Itoa(j.serial))
	x := &execution{
		id: j.id + "-" + suffix(id, "a") + suffix(id, "b")[:2], uid: id, of: j, template: t.GetTemplate(), tasks: t.GetTaskCount(),
		parallel: t.GetParallelism(), labels: t.GetLabels(), created: st.now(), wait: wait{due: st.now().Add(st.settle)},
	}
	if x.parallel == 0 || x.parallel > x.tasks {
		x.parallel = x.tasks
	}
	c := x.template.GetContainers()[0]
	b, _, found := st.images.resolve(c.GetImage())
	x.behaviour = b.overridden(c.GetEnv())
	account := &runpb.RevisionTemplate{ServiceAccount: x.template.GetServiceAccount(), Containers: x.template.GetContainers(), Volumes: x.template.GetVolumes()}
	switch lines := st.vault.check(st.place, account); {
	case !found:
		x.broken = imageMissing(c.GetImage())
	case lines != "":
		x.broken = secretsFailed(lines)
	case b.FailStart != "" || !b.hasEnv(c.GetEnv()):
		x.behaviour.Exit = max(1, x.behaviour.Exit)
	}
	j.runs = append(j.runs, x)
	if len(j.runs) > mostRuns {
		j.runs = slices.Clone(j.runs[len(j.runs)-mostRuns:])
	}
	return x, nil
}

// override applies what a request changes for one execution: arguments are
// replaced, variables are merged (job.proto, RunJobRequest.Overrides).
func override(t *runpb.ExecutionTemplate, o *runpb.RunJobRequest_Overrides) error {
	if n := o.GetTaskCount(); n != 0 {
		t.TaskCount = n
	}
	if d := o.GetTimeout(); d != nil {
		t.Template.Timeout = d
	}
	all := t.GetTemplate().GetContainers()
	for i, change := range o.GetContainerOverrides() {
		at := fmt.Sprintf("overrides.container_overrides[%d]", i)
		n := slices.IndexFunc(all, func(c *runpb.Container) bool { return c.GetName() == change.GetName() })
		switch {
		case n < 0 && change.GetName() == "" && len(all) == 1:
			n = 0
		case n < 0:
			return invalid(at+".name", "the job has no container %q", change.GetName())
		}
		if err := validateEnv(at, change.GetEnv()); err != nil {
			return err
		}
		if len(change.GetArgs()) > 0 || change.GetClearArgs() {
			all[n].Args = change.GetArgs()
		}
		for _, e := range change.GetEnv() {
			all[n].Env = slices.DeleteFunc(all[n].Env, func(old *runpb.EnvVar) bool { return old.GetName() == e.GetName() })
			all[n].Env = append(all[n].Env, e)
		}
	}
	return nil
}

// jobLocked renders a job as v2 shows it.
func (st *store) jobLocked(j *job) *runpb.Job {
	out := cloneOf(j.want)
	out.Name, out.Uid = st.job(j.id), j.uid
	out.Generation, out.ObservedGeneration = j.generation, j.generation
	out.CreateTime, out.UpdateTime = timestamppb.New(j.created), timestamppb.New(j.version.time())
	out.Creator, out.LastModifier = creator, creator
	out.Etag = j.version.etag(out.GetName())
	out.TerminalCondition = condition("Ready", false, j.broken, j.version.time())
	out.ExecutionCount = int32(j.serial)
	if len(j.runs) > 0 {
		last := j.runs[len(j.runs)-1]
		out.LatestCreatedExecution = &runpb.ExecutionReference{Name: last.id, CreateTime: timestamppb.New(last.created)}
		if at, over := last.ended(st.now()); over {
			out.LatestCreatedExecution.CompletionTime = timestamppb.New(at)
		}
	}
	return out
}

// executionLocked renders an execution.
func (st *store) executionLocked(x *execution) *runpb.Execution {
	now := st.now()
	at, over := x.ended(now)
	out := &runpb.Execution{
		Name: st.execution(x.of.id, x.id), Uid: x.uid, Job: x.of.id, Creator: creator, Generation: 1, Labels: maps.Clone(x.labels),
		CreateTime: timestamppb.New(x.created), UpdateTime: timestamppb.New(x.created), LaunchStage: api.LaunchStage_GA,
		Parallelism: x.parallel, TaskCount: x.tasks, Template: cloneOf(x.template), Reconciling: !over,
		LogUri: "https://console.cloud.google.com/logs/viewer?project=" + st.project + "&execution_name=" + x.id,
		Etag:   versionAt(x.created, 0).etag(st.execution(x.of.id, x.id)),
	}
	f := x.failure()
	if !over {
		f = nil
	}
	if x.over(now) && x.broken == nil {
		out.StartTime = timestamppb.New(x.due)
	}
	done := condition("Completed", !over, f, x.created)
	if over {
		out.ObservedGeneration, out.CompletionTime, out.UpdateTime = 1, timestamppb.New(at), timestamppb.New(at)
		done.LastTransitionTime = timestamppb.New(at)
	}
	out.Conditions = []*runpb.Condition{done}
	switch {
	case !over && x.over(now):
		out.RunningCount = x.parallel
	case !over:
	case f == nil:
		out.SucceededCount = x.tasks
	case !x.cancelled.IsZero():
		out.CancelledCount = x.tasks
	default:
		out.FailedCount = x.tasks
		if x.attempts() > 1 {
			out.RetriedCount = x.tasks
		}
	}
	return out
}

// taskLocked renders one task of an execution.
func (st *store) taskLocked(x *execution, index int32) *runpb.Task {
	shown := st.executionLocked(x)
	out := &runpb.Task{
		Name: fmt.Sprintf("%s/tasks/%s-task%d", shown.GetName(), x.id, index), Uid: uid("task", x.uid, strconv.Itoa(int(index))),
		Job: x.of.id, Execution: x.id, Index: index, Generation: 1, CreateTime: shown.GetCreateTime(), StartTime: shown.GetStartTime(),
		CompletionTime: shown.GetCompletionTime(), UpdateTime: shown.GetUpdateTime(), Containers: x.template.GetContainers(), Volumes: x.template.GetVolumes(),
		MaxRetries: x.template.GetMaxRetries(), Timeout: x.template.GetTimeout(), ServiceAccount: x.template.GetServiceAccount(),
		Reconciling: shown.GetReconciling(), Conditions: shown.GetConditions(), LogUri: shown.GetLogUri(),
	}
	if shown.GetReconciling() {
		return out
	}
	f := x.failure()
	switch {
	case f == nil:
		out.LastAttemptResult = &runpb.TaskAttemptResult{}
	case x.broken != nil || !x.cancelled.IsZero():
		return out
	case x.late():
		out.LastAttemptResult = &runpb.TaskAttemptResult{Status: status.New(codes.DeadlineExceeded, "The configured timeout was reached.").Proto()}
	default:
		out.LastAttemptResult = &runpb.TaskAttemptResult{
			ExitCode: int32(x.behaviour.Exit), Status: status.New(codes.Unknown, "The container exited with an error.").Proto(),
		}
	}
	out.Retried = int32(x.attempts() - 1)
	return out
}

// dryJob is the answer to validate_only.
func (st *store) dryJob(m proto.Message) *longrunningpb.Operation {
	return &longrunningpb.Operation{
		Name: st.operation("validate-only"), Done: true, Metadata: pack(m),
		Result: &longrunningpb.Operation_Response{Response: pack(m)},
	}
}
