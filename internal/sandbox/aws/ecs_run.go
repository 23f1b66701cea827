package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A TaskRun is what the code of a task sees: one run, outside of any service
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html).
type TaskRun struct {
	ARN, Family, Definition, Cluster string
	StartedBy, Token                 string
	Tags                             map[string]string
	Images                           map[string]string   // by container
	Commands                         map[string][]string // by container, as the overrides say
	Environment                      map[string]map[string]string
	Subnets, SecurityGroups          []string
	PublicIP, LaunchType             string
}

// A TaskEnd is how a run ends.
type TaskEnd struct {
	Takes time.Duration // from when its containers begin; 0: Options.TaskRuns

	Exit int      // of every container
	Log  []string // what each of them says, if its log driver is awslogs
	// NotStarted says why no container has ever begun: "CannotPullContainerError: …".
	NotStarted string
	// Refused says why RunTask places nothing: "RESOURCE:MEMORY"
	// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html).
	Refused string
}

// TaskCode is what the tasks of a family do; it is called once for each run.
type TaskCode func(TaskRun) TaskEnd

// RunsTasks says what the tasks of families do, whose names may have wildcards. Those
// of others end well.
func (s *Sandbox) RunsTasks(family string, do TaskCode) {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	if s.containers.code == nil {
		s.containers.code = map[string]TaskCode{}
	}
	s.containers.code[family] = do
}

// TasksRun are all runs so far, those that nobody can see any more included.
func (s *Sandbox) TasksRun() []TaskRun {
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	var out []TaskRun
	for _, t := range s.containers.runs {
		out = append(out, t.TaskRun)
	}
	return out
}

// stoppedTasksShown is how long a task that has stopped can be seen: "at least 1
// hour" (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html).
// Nobody may count on more.
const stoppedTasksShown = time.Hour

// A ran is a task that RunTask started.
type ran struct {
	TaskRun
	asked      string // the request, to tell another one with the same token
	group      string
	containers []containerShape
	made       time.Time
	started    time.Time // when its containers begin
	job        job       // ends with the task
	end        TaskEnd
	stopped    *stopping
}

type stopping struct {
	at     time.Time
	code   string
	reason string
}

// A containerShape is what of a container definition matters to a run.
type containerShape struct {
	Name, Image string
	Essential   *bool
	LogConfig   struct {
		LogDriver string
		Options   map[string]string
	} `json:"logConfiguration"`
}

type definitionShape struct {
	TaskDefinitionArn, Family, NetworkMode, Status string

	TaskRoleArn, ExecutionRoleArn string
	RequiresCompatibilities       []string
	ContainerDefinitions          []containerShape
}

// A runRequest is what RunTask takes, as far as the sandbox knows.
type runRequest struct {
	Cluster, TaskDefinition, LaunchType, PlatformVersion, Group, StartedBy, ClientToken, PropagateTags string

	Count                                      *int
	EnableECSManagedTags, EnableExecuteCommand *bool
	NetworkConfiguration                       *struct {
		AwsvpcConfiguration struct {
			Subnets, SecurityGroups []string
			AssignPublicIP          string
		}
	}
	CapacityProviderStrategy []struct {
		CapacityProvider string
		Weight, Base     int
	}
	Overrides struct {
		ContainerOverrides []struct {
			Name        string
			Command     []string
			Environment []struct{ Name, Value string }
		}
		TaskRoleArn, ExecutionRoleArn string
	}
	Tags []struct{ Key, Value string }
}

// runTask starts tasks: moto's need instances, and never end.
func (s *Sandbox) runTask(ctx context.Context, r *request) (*answer, error) {
	var q runRequest
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if q.Count != nil && *q.Count != 1 {
		return nil, unknownRequest{"RunTask of more than one task"}
	}
	cluster, err := s.clusterOf(ctx, r.region, q.Cluster)
	if err != nil {
		return nil, err
	}
	d, err := s.definition(ctx, r.region, q.TaskDefinition)
	if err != nil {
		return nil, err
	}
	if err := q.check(d, cluster); err != nil {
		return nil, err
	}
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	if again, err := s.again(q, r, cluster.arn); again != nil || err != nil {
		return again, err
	}
	t := s.start(q, r, d, cluster.arn)
	if t.end.Refused != "" {
		return ranAnswer(nil, map[string]any{"arn": cluster.arn, "reason": t.end.Refused}), nil
	}
	return ranAnswer(t.shown(s.now()), nil), nil
}

func ranAnswer(task, failure map[string]any) *answer {
	tasks, failures := []any{}, []any{}
	if task != nil {
		tasks = append(tasks, task)
	}
	if failure != nil {
		failures = append(failures, failure)
	}
	return inJSON(http.StatusOK, map[string]any{"tasks": tasks, "failures": failures}).set("Content-Type", "application/x-amz-json-1.1")
}

// A clusterShape is a cluster, and whether it says itself where tasks run.
type clusterShape struct {
	arn      string
	strategy bool
}

func (s *Sandbox) clusterOf(ctx context.Context, region, name string) (clusterShape, error) {
	if name == "" {
		name = "default"
	}
	var out struct {
		Clusters []struct {
			ClusterArn, Status              string
			DefaultCapacityProviderStrategy []any
		}
	}
	err := s.askJSON(ctx, "ecs", region, "AmazonEC2ContainerServiceV20141113.DescribeClusters", map[string]any{"clusters": []string{name}}, &out)
	if err != nil {
		return clusterShape{}, err
	}
	if len(out.Clusters) == 0 || out.Clusters[0].Status == "INACTIVE" {
		return clusterShape{}, fail(http.StatusBadRequest, "ClusterNotFoundException", "Cluster not found.")
	}
	return clusterShape{out.Clusters[0].ClusterArn, len(out.Clusters[0].DefaultCapacityProviderStrategy) > 0}, nil
}

// definition is what moto has; the texts are seen.
func (s *Sandbox) definition(ctx context.Context, region, name string) (definitionShape, error) {
	var out struct{ TaskDefinition definitionShape }
	err := s.askJSON(ctx, "ecs", region, "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", map[string]any{"taskDefinition": name}, &out)
	if err != nil {
		return out.TaskDefinition, fail(http.StatusBadRequest, "ClientException", "TaskDefinition not found.")
	}
	if out.TaskDefinition.Status == "INACTIVE" {
		return out.TaskDefinition, fail(http.StatusBadRequest, "ClientException", "TaskDefinition is inactive")
	}
	return out.TaskDefinition, nil
}

// Who started a task may be named by 128 of these
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html#ECS-RunTask-request-startedBy).
var (
	startedByForm = regexp.MustCompile(`^[A-Za-z0-9/_-]{0,128}$`)
	tokenForm     = regexp.MustCompile(`^[!-~]{0,64}$`)
)

// check is what RunTask refuses before it does anything
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html#API_RunTask_Errors);
// the texts are seen or modelled.
func (q runRequest) check(d definitionShape, cluster clusterShape) error {
	bad := func(text string) error { return fail(http.StatusBadRequest, "InvalidParameterException", "%s", text) }
	net, instances := q.NetworkConfiguration, q.LaunchType != "FARGATE" && len(q.CapacityProviderStrategy) == 0 && (q.LaunchType != "" || !cluster.strategy)
	switch {
	case !startedByForm.MatchString(q.StartedBy), !tokenForm.MatchString(q.ClientToken):
		return bad("startedBy or clientToken is too long, or has characters that are not allowed.")
	case q.LaunchType != "" && len(q.CapacityProviderStrategy) > 0:
		return bad("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	case d.NetworkMode == "awsvpc" && (net == nil || len(net.AwsvpcConfiguration.Subnets) == 0):
		return bad("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	case d.NetworkMode != "awsvpc" && net != nil:
		return bad("Network Configuration is not valid for the given networkMode of this task definition.")
	case q.LaunchType == "FARGATE" && !slices.Contains(d.RequiresCompatibilities, "FARGATE"):
		return bad("Task definition does not support launch_type FARGATE.")
	case instances:
		return bad("No Container Instances were found in your cluster.") // the sandbox has none
	}
	return q.checkOverrides(d)
}

func (q runRequest) checkOverrides(d definitionShape) error {
	for _, o := range q.Overrides.ContainerOverrides {
		if !slices.ContainsFunc(d.ContainerDefinitions, func(c containerShape) bool { return c.Name == o.Name }) {
			return fail(http.StatusBadRequest, "InvalidParameterException", "Override for container named %s is not a container in the TaskDefinition.", o.Name)
		}
	}
	return nil
}

// again answers a token that was used before in the cluster: with the task, if the
// request is the same, and else with a conflict that names it
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html). How
// long a token is known is not written there: as long as its task can be seen, which
// is the stricter reading.
func (s *Sandbox) again(q runRequest, r *request, cluster string) (*answer, error) {
	for _, t := range s.containers.runs {
		if q.ClientToken == "" || t.Token != q.ClientToken || t.Cluster != cluster || !t.visible(s.now()) {
			continue
		}
		if t.asked != string(r.body) {
			e := fail(http.StatusBadRequest, "ConflictException", "The provided clientToken is already in use with a different RunTask request.")
			e.extra = map[string]any{"resourceIds": []string{t.ARN}}
			return nil, e
		}
		return ranAnswer(t.shown(s.now()), nil), nil
	}
	return nil, nil
}

// start runs the code of a task, and notes when it begins and ends.
func (s *Sandbox) start(q runRequest, r *request, d definitionShape, cluster string) *ran {
	s.containers.ids++
	id := fmt.Sprintf("%032x", s.containers.ids)
	t := &ran{asked: string(r.body), group: q.Group, containers: d.ContainerDefinitions, made: s.now()}
	if t.group == "" {
		t.group = "family:" + d.Family
	}
	t.TaskRun = TaskRun{
		ARN:    strings.Replace(cluster, ":cluster/", ":task/", 1) + "/" + id,
		Family: d.Family, Definition: d.TaskDefinitionArn, Cluster: cluster, StartedBy: q.StartedBy, Token: q.ClientToken, LaunchType: q.LaunchType,
		Tags: map[string]string{}, Images: map[string]string{}, Commands: map[string][]string{}, Environment: map[string]map[string]string{},
	}
	for _, tag := range q.Tags {
		t.Tags[tag.Key] = tag.Value
	}
	for _, c := range d.ContainerDefinitions {
		t.Images[c.Name] = c.Image
	}
	for _, o := range q.Overrides.ContainerOverrides {
		t.Commands[o.Name], t.Environment[o.Name] = o.Command, map[string]string{}
		for _, e := range o.Environment {
			t.Environment[o.Name][e.Name] = e.Value
		}
	}
	if n := q.NetworkConfiguration; n != nil {
		t.Subnets, t.SecurityGroups, t.PublicIP = n.AwsvpcConfiguration.Subnets, n.AwsvpcConfiguration.SecurityGroups, n.AwsvpcConfiguration.AssignPublicIP
	}
	for family, do := range s.containers.code {
		if like(family, d.Family) {
			t.end = do(t.TaskRun)
		}
	}
	if t.end.Refused != "" {
		return t
	}
	t.started = s.now().Add(s.o.TaskStarts)
	if t.end.Takes == 0 {
		t.end.Takes = s.o.TaskRuns
	}
	t.job = job{begun: true, due: t.started.Add(r.trouble.lasts(t.end.Takes)), held: r.trouble.held}
	s.says(t, id, r.region)
	s.containers.runs = append(s.containers.runs, t)
	return t
}

// says writes what the containers say to where the driver awslogs puts it:
// PREFIX/CONTAINER/TASK
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html).
func (s *Sandbox) says(t *ran, id, region string) {
	for _, c := range t.containers {
		o := c.LogConfig.Options
		if c.LogConfig.LogDriver != "awslogs" || t.end.NotStarted != "" || o["awslogs-stream-prefix"] == "" {
			continue
		}
		in := region
		if o["awslogs-region"] != "" {
			in = o["awslogs-region"]
		}
		for _, line := range t.end.Log {
			e := logEvent{at: t.started, ingested: t.started, stream: o["awslogs-stream-prefix"] + "/" + c.Name + "/" + id, text: line}
			s.logs.add(in+" "+o["awslogs-group"], e)
		}
	}
}

// settle ends the task if its time has come.
func (t *ran) settle(now time.Time) {
	if !t.job.end(now) || t.stopped != nil {
		return
	}
	t.stopped = &stopping{at: t.job.due, code: "EssentialContainerExited", reason: "Essential container in task exited"}
	if t.job.due.Before(t.made) || t.job.held != nil {
		t.stopped.at = now
	}
	if t.end.NotStarted != "" {
		t.stopped.code, t.stopped.reason = "TaskFailedToStart", t.end.NotStarted
	}
}

func (t *ran) visible(now time.Time) bool {
	t.settle(now)
	return t.stopped == nil || now.Sub(t.stopped.at) < stoppedTasksShown
}

// Stopped tasks show exit codes, and why they stopped
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html).
// A container that a StopTask ends is told to end, which most take as 143.
func (t *ran) shown(now time.Time) map[string]any {
	t.settle(now)
	last, desired := "PROVISIONING", "RUNNING"
	if !now.Before(t.started) && now.After(t.made) {
		last = "RUNNING"
	}
	out := map[string]any{
		"taskArn": t.ARN, "taskDefinitionArn": t.Definition, "clusterArn": t.Cluster, "startedBy": t.StartedBy, "group": t.group,
		"createdAt": unix(t.made), "launchType": t.LaunchType, "version": 1, "attachments": []any{},
	}
	if t.stopped != nil {
		last, desired = "STOPPED", "STOPPED"
		out["stoppedAt"], out["stoppedReason"], out["stopCode"] = unix(t.stopped.at), t.stopped.reason, t.stopped.code
	}
	if last != "PROVISIONING" && t.end.NotStarted == "" {
		out["startedAt"] = unix(t.started)
	}
	containers := []any{}
	for _, c := range t.containers {
		one := map[string]any{"name": c.Name, "image": c.Image, "lastStatus": last, "taskArn": t.ARN, "containerArn": strings.Replace(t.ARN, ":task/", ":container/", 1) + "/" + c.Name}
		switch {
		case t.stopped == nil:
		case t.end.NotStarted != "":
			one["reason"] = t.end.NotStarted
		case t.stopped.code == "UserInitiated":
			one["exitCode"] = 143
		default:
			one["exitCode"] = t.end.Exit
		}
		containers = append(containers, one)
	}
	tags := []any{}
	for k, v := range t.Tags {
		tags = append(tags, map[string]any{"key": k, "value": v})
	}
	out["lastStatus"], out["desiredStatus"], out["containers"], out["tags"] = last, desired, containers, tags
	return out
}

// stopTask ends a task at once; the grace between the two signals is not modelled
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html).
func (s *Sandbox) stopTask(_ context.Context, r *request) (*answer, error) {
	var q struct{ Cluster, Task, Reason string }
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	t := s.containers.run(q.Cluster, q.Task, s.now())
	if t == nil {
		if ended, err := s.containers.end(q.Cluster, q.Task, q.Reason, s.now()); ended != nil || err != nil {
			return inJSON(http.StatusOK, map[string]any{"task": ended}).set("Content-Type", "application/x-amz-json-1.1"), err
		}
		return nil, fail(http.StatusBadRequest, "InvalidParameterException", "The referenced task was not found.")
	}
	if t.stopped == nil {
		t.stopped = &stopping{at: s.now(), code: "UserInitiated", reason: q.Reason}
		t.job.over = true
	}
	shown := t.shown(s.now())
	return inJSON(http.StatusOK, map[string]any{"task": shown}).set("Content-Type", "application/x-amz-json-1.1"), nil
}

// run finds a task that can be seen, by ARN or by id in its cluster.
func (c *containers) run(cluster, task string, now time.Time) *ran {
	if cluster == "" {
		cluster = "default"
	}
	for _, t := range c.runs {
		named := t.ARN == task || strings.HasSuffix(t.ARN, "/"+task)
		if named && (t.Cluster == cluster || strings.HasSuffix(t.Cluster, "/"+cluster)) && t.visible(now) {
			return t
		}
	}
	return nil
}

// listRuns are the tasks that RunTask started, as ListTasks filters them: startedBy
// has to be the only filter (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html).
func (s *Sandbox) listRuns(ctx context.Context, r *request) (*answer, error) {
	var q struct {
		Cluster, Family, StartedBy, DesiredStatus, ServiceName, LaunchType, NextToken string
		MaxResults                                                                    int
	}
	if err := r.decode(&q); err != nil {
		return nil, err
	}
	if q.StartedBy != "" && q.Family+q.DesiredStatus+q.LaunchType != "" {
		return nil, unknownRequest{"ListTasks with another filter beside startedBy"}
	}
	cluster, err := s.clusterOf(ctx, r.region, q.Cluster)
	if err != nil {
		return nil, err
	}
	if q.DesiredStatus == "" {
		q.DesiredStatus = "RUNNING"
	}
	s.containers.mu.Lock()
	defer s.containers.mu.Unlock()
	arns := []string{}
	for _, t := range s.containers.runs {
		is := func(asked, have string) bool { return asked == "" || asked == have }
		if t.Cluster == cluster.arn && t.visible(s.now()) && is(q.Family, t.Family) && is(q.StartedBy, t.StartedBy) && is(q.LaunchType, t.LaunchType) &&
			t.shown(s.now())["desiredStatus"] == q.DesiredStatus {
			arns = append(arns, t.ARN)
		}
	}
	return inJSON(http.StatusOK, map[string]any{"taskArns": arns}).set("Content-Type", "application/x-amz-json-1.1"), nil
}

// passTaskRoles is needed where a task, or a definition, gets roles
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html);
// who gives tags to what is made needs to be allowed to tag it
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html).
func passTaskRoles(s *Sandbox, r *request) []need {
	var q struct {
		Family, TaskDefinition, Cluster string

		TaskRoleArn, ExecutionRoleArn string
		Tags                          []any
	}
	if json.Unmarshal(r.body, &q) != nil {
		return nil
	}
	tagged := "task-definition/" + q.Family + ":*"
	if q.TaskDefinition != "" {
		d, err := s.definition(r.in.Context(), r.region, q.TaskDefinition)
		if err != nil {
			return nil // whoever asks is told why
		}
		q.TaskRoleArn, q.ExecutionRoleArn = d.TaskRoleArn, d.ExecutionRoleArn
		cluster := q.Cluster[strings.LastIndex(q.Cluster, "/")+1:]
		if cluster == "" {
			cluster = "default"
		}
		tagged = "task/" + cluster + "/*"
	}
	var out []need
	for _, role := range []string{q.TaskRoleArn, q.ExecutionRoleArn} {
		if n := (need{"iam:PassRole", role}); role != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if len(q.Tags) > 0 {
		out = append(out, need{"ecs:TagResource", "arn:aws:ecs:" + r.region + ":" + s.account + ":" + tagged})
	}
	return out
}

// onDefinition is the definition that a task is run from, as moto has it.
func onDefinition(s *Sandbox, r *request) []string {
	d, err := s.definition(r.in.Context(), r.region, r.param("taskDefinition"))
	if err != nil {
		return nil
	}
	return []string{d.TaskDefinitionArn}
}

// onTask is one task.
func onTask(s *Sandbox, r *request) []string {
	task := r.param("task")
	if strings.HasPrefix(task, "arn:") {
		return []string{task}
	}
	cluster := r.param("cluster")
	cluster = cluster[strings.LastIndex(cluster, "/")+1:]
	if cluster == "" {
		cluster = "default"
	}
	return []string{"arn:aws:ecs:" + r.region + ":" + s.account + ":task/" + cluster + "/" + task}
}
