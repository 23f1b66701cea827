package ecstask

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/blocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

type values = blocktest.Values

// world is a cluster with a task definition, and whoever runs it may do what the
// kind says that it needs.
type world struct {
	*aws.Sandbox
	t     *testing.T
	clock *clocktest.Clock
	block values
	code  aws.TaskEnd

	subnet, group string
}

const (
	family = "migrate"
	ecs    = "AmazonEC2ContainerServiceV20141113."
	key    = "3f9ac2-migrate"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	awstest.Nobody(t)
	w := &world{t: t, clock: clocktest.New(noon), block: values{"task_definition": family, "cluster": "shop", "service": "api"}}
	w.Sandbox = awstest.New(t, aws.Options{Now: w.clock.Now, TaskStarts: time.Second, TaskRuns: time.Minute})
	w.json("CreateCluster", map[string]any{"clusterName": "shop"})
	w.register("app@sha256:1")
	w.subnet, w.group = w.first("DescribeSubnets", "subnetId"), w.first("DescribeSecurityGroups", "groupId")
	w.json("CreateService", map[string]any{
		"cluster": "shop", "serviceName": "api", "taskDefinition": family, "desiredCount": 1, "launchType": "FARGATE",
		"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{"subnets": []string{w.subnet}, "securityGroups": []string{w.group}, "assignPublicIp": "DISABLED"}},
	})
	if err := w.CreateLogGroup(t.Context(), "/ecs/migrate"); err != nil {
		t.Fatal(err)
	}
	w.RunsTasks(w.copies(), func(aws.TaskRun) aws.TaskEnd { return w.code })
	w.become("")
	return w
}

// first is a thing that every account has.
func (w *world) first(action, id string) string {
	w.t.Helper()
	out, err := w.Query(w.t.Context(), "ec2", url.Values{"Action": {action}})
	if err != nil {
		w.t.Fatal(err)
	}
	_, out, _ = strings.Cut(out, "<"+id+">")
	out, _, _ = strings.Cut(out, "<")
	return out
}

// copies is the family of the errand's copies.
func (w *world) copies() string { return family + "-rollout-" + key }

func (w *world) json(action string, in any) map[string]any {
	w.t.Helper()
	var out map[string]any
	if err := w.JSON(w.t.Context(), "ecs", ecs+action, in, &out); err != nil {
		w.t.Fatalf("%s: %v", action, err)
	}
	return out
}

// register makes a revision of the job's task definition.
func (w *world) register(image string) {
	w.t.Helper()
	role := "arn:aws:iam::" + w.Account() + ":role/"
	w.json("RegisterTaskDefinition", map[string]any{
		"family": family, "networkMode": "awsvpc", "requiresCompatibilities": []string{"FARGATE"}, "cpu": "256", "memory": "512",
		"taskRoleArn": role + "task", "executionRoleArn": role + "task",
		"containerDefinitions": []any{
			map[string]any{
				"name": "app", "image": image, "environment": []any{map[string]string{"name": "DATABASE", "value": "shop"}},
				"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]string{"awslogs-group": "/ecs/migrate", "awslogs-region": w.Region(), "awslogs-stream-prefix": "job"}},
			},
			map[string]any{"name": "proxy", "image": "proxy@sha256:9", "essential": false},
		},
	})
}

// policy allows what the kind needs, but for one action.
func (w *world) policy(without string) string {
	w.t.Helper()
	all := slices.DeleteFunc(permissions(), func(p cloud.Permission) bool { return p.Action == without })
	text, err := cloud.IAMPolicy(all, cloud.AtApply, map[string]string{
		"partition": "aws", "region": w.Region(), "account": w.Account(), "family": family, "cluster": "shop", "service": "api", "task_role": "task", "log_group": "/ecs/migrate",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

func (w *world) become(without string) {
	w.t.Helper()
	k, err := w.User("runner", w.policy(without))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Setenv("AWS_ACCESS_KEY_ID", k.ID)
	w.t.Setenv("AWS_SECRET_ACCESS_KEY", k.Secret)
}

func schemaOf() blocktest.Schema {
	k := Kind()
	return blocktest.Schema{Name: k.Name, Doc: k.Doc, Attributes: k.Attributes, Blocks: k.Blocks}
}

// open is another process.
func (w *world) open() rollout.Job {
	w.t.Helper()
	clients := cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: w.URL(), Region: w.Region()}, Clock: w.clock})
	object := schemaOf().Object(w.t, w.block)
	if problems := Kind().Validate(w.t.Context(), object); len(problems) > 0 {
		w.t.Fatal(problems)
	}
	j, err := Kind().Open(w.t.Context(), object, clients)
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

// found is what another process finds, in a line.
func (w *world) found() string {
	w.t.Helper()
	all, err := w.open().Find(w.t.Context(), key)
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, x := range all {
		out = append(out, said(x))
	}
	return strings.Join(out, "; ")
}

func said(x rollout.Execution) string {
	out := x.State.String()
	if x.Exit != nil {
		out += fmt.Sprint(" ", *x.Exit)
	}
	if x.Why != "" {
		out += ": " + x.Why
	}
	if len(x.Log) > 0 {
		out += " | " + strings.Join(x.Log, " | ")
	}
	return out
}

func (w *world) start(e rollout.Errand) (rollout.Execution, error) {
	w.t.Helper()
	e.Key = key
	return w.open().Start(w.t.Context(), e)
}

func (w *world) begin() rollout.Execution {
	w.t.Helper()
	x, err := w.start(rollout.Errand{})
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// look is what a process sees that has looked at a task before.
func (w *world) look(id string) string {
	w.t.Helper()
	x, err := w.open().Look(w.t.Context(), id)
	if err != nil {
		return err.Error()
	}
	return said(x)
}

func (w *world) expect(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (w *world) ran(n int) {
	w.t.Helper()
	if got := len(w.TasksRun()); got != n {
		w.t.Errorf("%d tasks ran, want %d", got, n)
	}
}

func TestItRunsOnceAndThatIsKnownForGood(t *testing.T) {
	w := newWorld(t)
	w.expect("before", w.found(), "")
	x := w.begin()
	w.expect("begun", said(x), "running")
	w.expect("seen by another", w.found(), "running")
	if again := w.begin(); again.ID != x.ID {
		t.Errorf("another one was begun: %s", again.ID)
	}
	w.clock.Advance(2 * time.Minute)
	w.expect("over", w.look(x.ID), "succeeded 0")
	w.expect("found", w.found(), "succeeded 0")
	w.clock.Advance(24 * time.Hour)
	w.expect("a day later", w.found(), "succeeded 0")
	if other, err := w.open().Find(t.Context(), "other"); err != nil || len(other) > 0 {
		t.Errorf("of another content: %v %v", other, err)
	}
	w.ran(1)
	r := w.TasksRun()[0]
	w.expect("where", fmt.Sprint(r.LaunchType, r.Subnets, r.SecurityGroups, r.PublicIP, r.StartedBy), "FARGATE["+w.subnet+"] ["+w.group+"]DISABLEDrollout/"+key+"/1")
}

// Whoever finds it over also notes it: the process that began it may be gone.
func TestWhoFindsItNotesItsEnd(t *testing.T) {
	w := newWorld(t)
	w.begin()
	w.clock.Advance(10 * time.Minute)
	w.expect("found", w.found(), "succeeded 0")
	w.clock.Advance(24 * time.Hour)
	w.expect("a day later", w.found(), "succeeded 0")
}

func TestWhatFailsIsToldAndMayRunAgain(t *testing.T) {
	w := newWorld(t)
	w.code = aws.TaskEnd{Exit: 3, Log: []string{"applying 7", "duplicate column \x1b[31mname"}}
	x := w.begin()
	w.clock.Advance(2 * time.Minute)
	w.expect("failed", w.look(x.ID), "failed 3 | applying 7 | duplicate column [31mname")
	w.expect("found", w.found(), "failed 3")
	w.register("app@sha256:2") // it was corrected meanwhile
	w.code = aws.TaskEnd{}
	again := w.begin()
	w.expect("again", w.found(), "running; failed 3 | applying 7 | duplicate column [31mname")
	w.clock.Advance(2 * time.Minute)
	w.expect("it went well", w.look(again.ID), "succeeded 0")
	w.clock.Advance(24 * time.Hour)
	w.expect("later", w.found(), "succeeded 0")
	w.ran(2)
	w.expect("what ran", w.TasksRun()[0].Images["app"]+" "+w.TasksRun()[1].Images["app"], "app@sha256:1 app@sha256:2")
	w.expect("who", w.TasksRun()[1].StartedBy, "rollout/"+key+"/2")
}

func TestHowTasksEnd(t *testing.T) {
	w := newWorld(t)
	for want, end := range map[string]aws.TaskEnd{
		"failed: CannotPullContainerError: not found; TaskFailedToStart": {NotStarted: "CannotPullContainerError: not found"},
		"failed 137: it has printed nothing to /ecs/migrate":             {Exit: 137},
	} {
		w.code = end
		x := w.begin()
		w.clock.Advance(2 * time.Minute)
		w.expect("it", w.look(x.ID), want)
	}
	w.code = aws.TaskEnd{}
	x := w.begin()
	w.clock.Advance(2 * time.Second)
	w.json("StopTask", map[string]any{"cluster": "shop", "task": x.ID, "reason": "by hand"})
	w.expect("stopped", w.look(x.ID), "failed 143: by hand; UserInitiated; it has printed nothing to /ecs/migrate")
	for want, shows := range map[string]shownTask{
		"unclear: Host EC2 went away; its container has no exit code; TerminationNotice": {StoppedReason: "Host EC2 went away", StopCode: "TerminationNotice", StartedAt: 1},
		"failed: no room": {StoppedReason: "no room"},
	} {
		x := rollout.Execution{Began: at(shows.StartedAt)}
		(&task{}).judge(&x, shows, "app")
		w.expect("judged", said(x), want)
	}
}

func TestALostAnswerRunsNothingTwice(t *testing.T) {
	w := newWorld(t)
	w.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "ecs:RunTask", Times: 1})
	if _, err := w.start(rollout.Errand{}); err == nil || errors.Is(err, rollout.ErrInvalid) {
		t.Errorf("the lost answer: %v", err)
	}
	w.expect("found", w.found(), "running")
	w.begin()
	w.ran(1)
}

func TestWhatNeverArrivedIsAskedForAgain(t *testing.T) {
	for _, action := range []string{"ecs:RegisterTaskDefinition", "ecs:RunTask"} {
		w := newWorld(t)
		w.Fault(aws.Fault{Kind: aws.DropBefore, Action: action, Times: 1})
		if _, err := w.start(rollout.Errand{}); err == nil {
			t.Error("nothing arrived, and that is no error")
		}
		w.expect("found after "+action, w.found(), "")
		w.begin()
		w.ran(1)
	}
}

func TestNobodyGuessesWhatECSHasForgotten(t *testing.T) {
	w := newWorld(t)
	w.begin()
	w.clock.Advance(3 * time.Hour)
	w.expect("found", w.found(), "unclear: run 1 was begun at 2026-03-04 12:00 UTC, and ECS shows no task of it any more, so it is not known whether it ran, and what it did: its log may say it")
	all, err := w.open().Find(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	arn, _, _ := strings.Cut(strings.TrimPrefix(all[0].Say, "aws ecs tag-resource --region eu-central-1 --resource-arn "), " ")
	w.expect("what to say", all[0].Say, "aws ecs tag-resource --region eu-central-1 --resource-arn "+arn+" --tags 'key=rollout-run,value=1 succeeded'")
	if _, err := w.start(rollout.Errand{}); !errors.Is(err, rollout.ErrInvalid) {
		t.Errorf("it was begun again: %v", err)
	}
	w.ran(1)
	tag := func(value string) {
		w.json("TagResource", map[string]any{"resourceArn": arn, "tags": []map[string]string{{"key": runTag, "value": value}}})
	}
	tag("1 succeeded")
	w.expect("as a person says", w.found(), "succeeded")
	tag("what?")
	if got := w.found(); !strings.HasPrefix(got, `unclear: its tag rollout-run is "what?", which says nothing of a run, so`) {
		t.Errorf("another word: %q", got)
	}
	tag("1 failed")
	w.expect("as a person says", w.found(), "failed")
	w.begin()
	w.ran(2)
}

func TestWhatECSDoesNotTakeIsNotBegun(t *testing.T) {
	w := newWorld(t)
	w.code = aws.TaskEnd{Refused: "RESOURCE:MEMORY"}
	_, err := w.start(rollout.Errand{})
	if !errors.Is(err, rollout.ErrInvalid) || !strings.Contains(err.Error(), "RESOURCE:MEMORY") {
		t.Errorf("the refusal: %v", err)
	}
	w.expect("found", w.found(), "")
	w.clock.Advance(3 * time.Hour)
	w.expect("hours later", w.found(), "")
	w.code = aws.TaskEnd{}
	w.begin()
	w.expect("then", w.found(), "running")
	w.ran(1)
}

// Two processes that begin at once run one task: the other one is done with beginning
// when this one registers its copy.
func TestTwoProcessesRunOneTask(t *testing.T) {
	w := newWorld(t)
	var other rollout.Execution
	w.Fault(aws.Fault{Kind: aws.Before, Action: "ecs:RegisterTaskDefinition", Do: func() { other = w.begin() }})
	if x := w.begin(); x.ID != other.ID || x.ID == "" {
		t.Errorf("%s beside %s", x.ID, other.ID)
	}
	w.ran(1)
}

func TestTwoProcessesRepeatOneTask(t *testing.T) {
	w := newWorld(t)
	w.code = aws.TaskEnd{Exit: 1}
	w.begin()
	w.clock.Advance(2 * time.Minute)
	w.expect("first", w.found(), "failed 1: it has printed nothing to /ecs/migrate")
	var other rollout.Execution
	w.Fault(aws.Fault{Kind: aws.Before, Action: "ecs:TagResource", Do: func() { other = w.begin() }})
	if _, err := w.start(rollout.Errand{}); !errors.Is(err, rollout.ErrConflict) {
		t.Errorf("beside another process: %v", err)
	}
	all, err := w.open().Find(t.Context(), key)
	if err != nil || len(all) != 2 || all[0].ID != other.ID || other.ID == "" {
		t.Errorf("found %v, not %s: %v", all, other.ID, err)
	}
	w.ran(2)
}

func TestTheCandidatesImage(t *testing.T) {
	w := newWorld(t)
	w.block["candidate_image"], w.block["command"] = true, []any{"migrate", "up"}
	if _, err := w.start(rollout.Errand{Image: "app@sha256:7", Env: map[string]string{"ROLLOUT_B": "2", "ROLLOUT_A": "1"}}); err != nil {
		t.Fatal(err)
	}
	r := w.TasksRun()[0]
	w.expect("what ran", fmt.Sprint(r.Images, r.Commands["app"], r.Environment["app"], r.Family), "map[app:app@sha256:7 proxy:proxy@sha256:9] [migrate up] map[ROLLOUT_A:1 ROLLOUT_B:2 ROLLOUT_KEY:"+key+"]"+w.copies())
	d := w.json("DescribeTaskDefinition", map[string]any{"taskDefinition": family})["taskDefinition"].(map[string]any)
	if d["revision"].(float64) != 1 || d["containerDefinitions"].([]any)[0].(map[string]any)["image"] != "app@sha256:1" {
		t.Errorf("the user's own was changed: %v", d)
	}
	c := w.json("DescribeTaskDefinition", map[string]any{"taskDefinition": w.copies()})["taskDefinition"].(map[string]any)
	for _, field := range []string{"cpu", "memory", "networkMode", "taskRoleArn", "executionRoleArn", "requiresCompatibilities"} {
		if fmt.Sprint(c[field]) != fmt.Sprint(d[field]) {
			t.Errorf("the copy's %s is %v", field, c[field])
		}
	}
	env := c["containerDefinitions"].([]any)[0].(map[string]any)["environment"]
	w.expect("its variables", fmt.Sprint(env), "[map[name:DATABASE value:shop]]")
}

func TestWhereItRuns(t *testing.T) {
	w := newWorld(t)
	w.block = values{"task_definition": family, "cluster": "shop", "capacity_provider": "FARGATE_SPOT", "subnets": []any{"subnet-7"}, "assign_public_ip": true}
	w.begin()
	r := w.TasksRun()[0]
	w.expect("where", fmt.Sprint(r.LaunchType, r.Subnets, r.SecurityGroups, r.PublicIP), "[subnet-7] []ENABLED")
}

func TestInspect(t *testing.T) {
	w := newWorld(t)
	own := values{"task_definition": family, "cluster": "shop"}
	for name, x := range map[string]struct {
		block values
		want  string
	}{
		"good":          {w.block, "passed: the container app of a copy of it will run on the cluster shop"},
		"no definition": {values{"task_definition": "none", "cluster": "shop"}, "failed: there is no such task definition in eu-central-1, or it is not active any more"},
		"no cluster":    {values{"task_definition": family, "cluster": "none"}, "failed: there is no active cluster none in eu-central-1"},
		"no service":    {values{"task_definition": family, "cluster": "shop", "service": "none"}, "failed: there is no active service none on the cluster shop, so it is not known where the task is to run"},
		"no network":    {own, "failed: its network mode is awsvpc, and nothing says in which subnets it is to run"},
		"no container":  {values{"task_definition": family, "cluster": "shop", "container": "web"}, "failed: it is not known which container is the job: the task definition has app, proxy"},
	} {
		w.block = x.block
		w.t.Setenv("AWS_ACCESS_KEY_ID", w.Admin().ID)
		w.t.Setenv("AWS_SECRET_ACCESS_KEY", w.Admin().Secret)
		f := w.open().Inspect(t.Context(), "")[0]
		w.expect(name, f.Status.String()+": "+f.Why, x.want)
		if f.Status != rollout.Passed && f.Fix == "" {
			t.Errorf("%s: no advice", name)
		}
	}
	w.block = values{"task_definition": family, "cluster": "shop", "service": "api"}
	for _, action := range []string{"ecs:DescribeTaskDefinition", "ecs:DescribeClusters", "ecs:DescribeServices"} {
		w.become(action)
		f := w.open().Inspect(t.Context(), "")[0]
		if f.Status != rollout.Skipped || !strings.Contains(f.Why, action+" is denied") {
			t.Errorf("without %s: %v %s", action, f.Status, f.Why)
		}
	}
	if n := w.Writes(); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// Each permission of the list is needed, and no other is.
func TestPermissions(t *testing.T) {
	for _, p := range permissions() {
		w := newWorld(t)
		w.code = aws.TaskEnd{Exit: 1, Log: []string{"x"}}
		w.become(p.Action)
		err := w.whole()
		if err == nil || !strings.Contains(err.Error(), p.Action) {
			t.Errorf("without %s: %v", p.Action, err)
		}
	}
	w := newWorld(t)
	w.code = aws.TaskEnd{Exit: 1, Log: []string{"x"}}
	w.become("")
	if err := w.whole(); err != nil {
		t.Error(err)
	}
	if unused := w.Unused("runner"); len(unused) > 0 {
		t.Errorf("nobody needed %v", unused)
	}
}

// whole inspects, begins and looks, and returns what was not allowed.
func (w *world) whole() error {
	ctx, j := w.t.Context(), w.open()
	for _, f := range j.Inspect(ctx, "") {
		if f.Status != rollout.Passed {
			return errors.New(f.Why)
		}
	}
	if _, err := j.Find(ctx, key); err != nil {
		return err
	}
	x, err := j.Start(ctx, rollout.Errand{Key: key})
	if err != nil {
		return err
	}
	if _, err := j.Find(ctx, key); err != nil {
		return err
	}
	w.clock.Advance(2 * time.Minute)
	if x, err = j.Look(ctx, x.ID); err == nil && len(x.Log) == 0 {
		return errors.New(x.Why)
	}
	return err
}

func TestMarks(t *testing.T) {
	three := 3
	for _, m := range []mark{
		{run: 1, word: begun, at: noon},
		{run: 2, word: begun, at: noon, revision: "4"},
		{run: 1, word: refused, at: noon},
		{run: 1, word: failed, at: noon, task: "abc", exit: &three},
		{run: 1, word: failed, at: noon, task: "abc"},
		{run: 1, word: succeeded, at: noon, task: "abc"},
	} {
		if again, ok := parseMark(m.String()); !ok || again.String() != m.String() {
			t.Errorf("%q became %q", m, again)
		}
	}
	for _, text := range []string{"", "1", "0 begun", "x begun", "1 ended", "1 begun yesterday"} {
		if _, ok := parseMark(text); ok {
			t.Errorf("%q is a mark", text)
		}
	}
}

func TestValidate(t *testing.T) {
	const arn = "arn:aws:ecs:eu-west-1:123456789012:"
	base := func(more values) values {
		out := values{"task_definition": "migrate:7", "cluster": "shop"}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	for name, x := range map[string]struct {
		block values
		at    string
	}{
		"ARNs":               {values{"task_definition": arn + "task-definition/migrate:7", "cluster": arn + "cluster/shop"}, ""},
		"unknown":            {values{"task_definition": blocktest.Unknown, "cluster": blocktest.Unknown, "service": blocktest.Unknown}, ""},
		"a service as task":  {base(values{"task_definition": arn + "service/shop/api"}), "task_definition"},
		"a space":            {base(values{"task_definition": "my job"}), "task_definition"},
		"a service":          {base(values{"cluster": arn + "service/shop/api"}), "cluster"},
		"two regions":        {values{"task_definition": arn + "task-definition/migrate:7", "cluster": "arn:aws:ecs:eu-west-2:123456789012:cluster/shop"}, "region"},
		"no region":          {base(values{"region": "Ireland"}), "region"},
		"service and subnet": {base(values{"service": "api", "subnets": []any{"s"}}), "service"},
		"groups alone":       {base(values{"security_groups": []any{"s"}}), "subnets"},
		"two providers":      {base(values{"launch_type": "FARGATE", "capacity_provider": "FARGATE"}), "launch_type"},
		"too many lines":     {base(values{"log_lines": 51}), "log_lines"},
		"no launch type":     {base(values{"launch_type": "fargate"}), "launch_type"},
	} {
		problems := Kind().Validate(t.Context(), schemaOf().Object(t, x.block))
		switch {
		case x.at == "" && len(problems) > 0, x.at != "" && len(problems) != 1:
			t.Errorf("%s: %v", name, problems)
		case x.at != "" && problems[0].At != x.at:
			t.Errorf("%s: at %s", name, problems[0].At)
		}
	}
}
