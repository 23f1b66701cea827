package aws_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// tasks is a world with a definition that RunTask takes.
type tasks struct {
	*world
	definition string
}

func newTasks(t *testing.T, o aws.Options) *tasks {
	t.Helper()
	w := &tasks{world: newWorld(t, o)}
	w.must("CreateCluster", `{"clusterName":"main"}`)
	d := w.must("RegisterTaskDefinition", `{"family":"migrate","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
		"taskRoleArn":"arn:aws:iam::`+w.Account()+`:role/task","executionRoleArn":"arn:aws:iam::`+w.Account()+`:role/start",
		"containerDefinitions":[{"name":"app","image":"app@sha256:1","logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/migrate","awslogs-region":"`+w.Region()+`","awslogs-stream-prefix":"job"}}}]}`)
	w.definition = d["taskDefinition"].(map[string]any)["taskDefinitionArn"].(string)
	return w
}

func (w *tasks) ask(k aws.Key, operation, body string) (map[string]any, error) {
	return w.json(k, "ecs", "AmazonEC2ContainerServiceV20141113."+operation, body)
}

func (w *tasks) must(operation, body string) map[string]any {
	w.t.Helper()
	out, err := w.ask(w.Admin(), operation, body)
	if err != nil {
		w.t.Fatalf("%s: %v", operation, err)
	}
	return out
}

const inVPC = `"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"],"securityGroups":["sg-1"]}},"launchType":"FARGATE"`

func (w *tasks) run(more string) (map[string]any, error) {
	return w.ask(w.Admin(), "RunTask", `{"cluster":"main","taskDefinition":"migrate",`+inVPC+more+`}`)
}

func (w *tasks) listed(filter string) int {
	w.t.Helper()
	return len(w.must("ListTasks", `{"cluster":"main"`+filter+`}`)["taskArns"].([]any))
}

// state is what DescribeTasks shows of one, in a line.
func (w *tasks) state(arn string) string {
	w.t.Helper()
	out := w.must("DescribeTasks", fmt.Sprintf(`{"cluster":"main","tasks":[%q],"include":["TAGS"]}`, arn))
	if f := out["failures"].([]any); len(f) > 0 {
		return f[0].(map[string]any)["reason"].(string)
	}
	t := out["tasks"].([]any)[0].(map[string]any)
	c := t["containers"].([]any)[0].(map[string]any)
	return strings.ReplaceAll(fmt.Sprint(t["lastStatus"], "|", t["stopCode"], "|", t["stoppedReason"], "|", c["exitCode"], "|", c["reason"], "|", t["startedBy"]), "<nil>", "")
}

func one(out map[string]any, list, field string) string {
	items, _ := out[list].([]any)
	if len(items) == 0 {
		return ""
	}
	text, _ := items[0].(map[string]any)[field].(string)
	return text
}

// TestAPersonSaysHowTasksEnd by the sandbox's own API.
func TestAPersonSaysHowTasksEnd(t *testing.T) {
	t.Parallel()
	w := newTasks(t, aws.Options{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL()+"/sandbox/tasks/migr*", strings.NewReader(`{"takes":"1m","exit":3}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	arn := one(ok[map[string]any](t)(w.run("")), "tasks", "taskArn")
	w.clock.elapse(time.Second)
	if got := w.state(arn); got != "RUNNING|||||" {
		t.Errorf("it is %s", got)
	}
	w.clock.elapse(time.Minute)
	if got := w.state(arn); got != "STOPPED|EssentialContainerExited|Essential container in task exited|3||" {
		t.Errorf("then it is %s", got)
	}
}

func TestATaskRunsAndEnds(t *testing.T) {
	t.Parallel()
	w := newTasks(t, aws.Options{TaskStarts: time.Minute, TaskRuns: 10 * time.Minute})
	if err := w.CreateLogGroup(t.Context(), "/ecs/migrate"); err != nil {
		t.Fatal(err)
	}
	w.RunsTasks("migrate", func(r aws.TaskRun) aws.TaskEnd {
		return aws.TaskEnd{Exit: 3, Log: []string{r.Images["app"], strings.Join(r.Commands["app"], " "), r.Environment["app"]["A"], r.Tags["k"], strings.Join(r.Subnets, "")}}
	})
	arn := one(ok[map[string]any](t)(w.run(`,"startedBy":"us","tags":[{"key":"k","value":"v"}],"overrides":{"containerOverrides":[{"name":"app","command":["up"],"environment":[{"name":"A","value":"B"}]}]}`)), "tasks", "taskArn")
	for _, step := range []struct {
		after   time.Duration
		want    string
		running int
		stopped int
	}{
		{0, "PROVISIONING|||||us", 1, 0},
		{time.Minute, "RUNNING|||||us", 1, 0},
		{10 * time.Minute, "STOPPED|EssentialContainerExited|Essential container in task exited|3||us", 0, 1},
		{59 * time.Minute, "STOPPED|EssentialContainerExited|Essential container in task exited|3||us", 0, 1},
		{time.Minute, "MISSING", 0, 0},
	} {
		w.clock.elapse(step.after)
		if got := w.state(arn); got != step.want {
			t.Errorf("%s later: %q, want %q", step.after, got, step.want)
		}
		if got := w.listed(`,"family":"migrate"`); got != step.running {
			t.Errorf("%d run", got)
		}
		if got := w.listed(`,"family":"migrate","desiredStatus":"STOPPED"`); got != step.stopped {
			t.Errorf("%d have stopped", got)
		}
	}
	id := arn[strings.LastIndex(arn, "/")+1:]
	events := ok[map[string]any](t)(w.json(w.Admin(), "logs", "Logs_20140328.FilterLogEvents", `{"logGroupName":"/ecs/migrate","logStreamNames":["job/app/`+id+`"]}`))["events"].([]any)
	var said []string
	for _, e := range events {
		said = append(said, e.(map[string]any)["message"].(string))
	}
	if got := strings.Join(said, "|"); got != "app@sha256:1|up|B|v|subnet-1" {
		t.Errorf("it said %q", got)
	}
	last := func(stream string) (map[string]any, error) {
		return w.json(w.Admin(), "logs", "Logs_20140328.GetLogEvents", `{"logGroupName":"/ecs/migrate","logStreamName":"`+stream+`","limit":2}`)
	}
	events = ok[map[string]any](t)(last("job/app/" + id))["events"].([]any)
	if len(events) != 2 || events[1].(map[string]any)["message"] != "subnet-1" {
		t.Errorf("the last lines: %v", events)
	}
	_, err := last("job/app/other")
	refused(t, err, "ResourceNotFoundException")
}

func TestATokenStartsOneTask(t *testing.T) {
	t.Parallel()
	w := newTasks(t, aws.Options{})
	first := one(ok[map[string]any](t)(w.run(`,"clientToken":"a"`)), "tasks", "taskArn")
	if again := one(ok[map[string]any](t)(w.run(`,"clientToken":"a"`)), "tasks", "taskArn"); again != first || len(w.TasksRun()) != 1 {
		t.Errorf("again: %s, not %s", again, first)
	}
	_, err := w.run(`,"clientToken":"a","startedBy":"somebody"`)
	refused(t, err, "ConflictException")
	if !strings.Contains(err.Error(), first) {
		t.Errorf("the task is not named: %v", err)
	}
	w.clock.elapse(2 * time.Hour)
	if later := one(ok[map[string]any](t)(w.run(`,"clientToken":"a"`)), "tasks", "taskArn"); later == first {
		t.Error("a token is known for ever")
	}
}

func TestTasksThatNeverRun(t *testing.T) {
	t.Parallel()
	w := newTasks(t, aws.Options{TaskRuns: time.Minute})
	end := aws.TaskEnd{Refused: "RESOURCE:MEMORY"}
	w.RunsTasks("migrate", func(aws.TaskRun) aws.TaskEnd { return end })
	if out := ok[map[string]any](t)(w.run("")); one(out, "failures", "reason") != "RESOURCE:MEMORY" || one(out, "tasks", "taskArn") != "" || len(w.TasksRun()) != 0 {
		t.Errorf("refused: %v", out)
	}
	end = aws.TaskEnd{NotStarted: "CannotPullContainerError: not found"}
	arn := one(ok[map[string]any](t)(w.run("")), "tasks", "taskArn")
	w.clock.elapse(time.Minute)
	if got := w.state(arn); got != "STOPPED|TaskFailedToStart|CannotPullContainerError: not found||CannotPullContainerError: not found|" {
		t.Errorf("not started: %q", got)
	}
	end = aws.TaskEnd{}
	arn = one(ok[map[string]any](t)(w.run("")), "tasks", "taskArn")
	w.must("StopTask", fmt.Sprintf(`{"cluster":"main","task":%q,"reason":"enough"}`, arn))
	if got := w.state(arn); got != "STOPPED|UserInitiated|enough|143||" {
		t.Errorf("stopped: %q", got)
	}
}

func TestWhatRunTaskRefuses(t *testing.T) {
	t.Parallel()
	w := newTasks(t, aws.Options{})
	for name, x := range map[string]struct{ body, code string }{
		"no network":          {`{"cluster":"main","taskDefinition":"migrate","launchType":"FARGATE"}`, "InvalidParameterException"},
		"no instances":        {`{"cluster":"main","taskDefinition":"migrate","networkConfiguration":{"awsvpcConfiguration":{"subnets":["s"]}}}`, "InvalidParameterException"},
		"a container":         {`{"cluster":"main","taskDefinition":"migrate",` + inVPC + `,"overrides":{"containerOverrides":[{"name":"web"}]}}`, "InvalidParameterException"},
		"a long startedBy":    {`{"cluster":"main","taskDefinition":"migrate",` + inVPC + `,"startedBy":"` + strings.Repeat("a", 129) + `"}`, "InvalidParameterException"},
		"a long token":        {`{"cluster":"main","taskDefinition":"migrate",` + inVPC + `,"clientToken":"` + strings.Repeat("a", 65) + `"}`, "InvalidParameterException"},
		"another cluster":     {`{"cluster":"other","taskDefinition":"migrate",` + inVPC + `}`, "ClusterNotFoundException"},
		"another definition":  {`{"cluster":"main","taskDefinition":"other",` + inVPC + `}`, "ClientException"},
		"type and strategies": {`{"cluster":"main","taskDefinition":"migrate",` + inVPC + `,"capacityProviderStrategy":[{"capacityProvider":"FARGATE"}]}`, "InvalidParameterException"},
	} {
		if _, err := w.ask(w.Admin(), "RunTask", x.body); code(err) != x.code {
			t.Errorf("%s: %v, want %s", name, err, x.code)
		}
	}
}

func TestWhoMayRunTasks(t *testing.T) {
	t.Parallel()
	w := newTasks(t, aws.Options{})
	account := "arn:aws:iam::" + w.Account() + ":role/"
	body := `{"cluster":"main","taskDefinition":"migrate",` + inVPC + `,"tags":[{"key":"k","value":"v"}]}`
	all := []string{
		allow(w.definition, "ecs:RunTask"), allow(account+"task", "iam:PassRole"), allow(account+"start", "iam:PassRole"),
		allow("arn:aws:ecs:"+w.Region()+":"+w.Account()+":task/main/*", "ecs:TagResource"),
	}
	for i, name := range []string{"ecs:RunTask", "iam:PassRole", "iam:PassRole", "ecs:TagResource"} {
		k := ok[aws.Key](t)(w.User(fmt.Sprint("lacks-", i), policy(append(append([]string{}, all[:i]...), all[i+1:]...)...)))
		_, err := w.ask(k, "RunTask", body)
		refused(t, err, "AccessDeniedException")
		if !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	k := ok[aws.Key](t)(w.User("all", policy(all...)))
	if _, err := w.ask(k, "RunTask", body); err != nil || len(w.TasksRun()) != 1 {
		t.Errorf("with all of it: %v, %d tasks", err, len(w.TasksRun()))
	}
}

func TestALostAnswerHasRunTheTask(t *testing.T) {
	t.Parallel()
	w := newTasks(t, aws.Options{})
	w.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "ecs:RunTask", Times: 1})
	if _, err := w.run(`,"clientToken":"a"`); err == nil || len(w.TasksRun()) != 1 {
		t.Errorf("%v, %d tasks", err, len(w.TasksRun()))
	}
	if _, err := w.run(`,"clientToken":"a"`); err != nil || len(w.TasksRun()) != 1 {
		t.Errorf("again: %v, %d tasks", err, len(w.TasksRun()))
	}
}
