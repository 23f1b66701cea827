package oldworkerstopped

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t).OnAWS })
}

func TestPermissions(t *testing.T) {
	preflighttest.Permissions(t, Kind(), func(t *testing.T) *preflighttest.OnAWS { return start(t).OnAWS })
}

// world is an account with a worker of two tasks.
type world struct{ *preflighttest.OnAWS }

func start(t *testing.T) world {
	w := world{preflighttest.NewOnAWS(t, Kind())}
	w.ecs("CreateCluster", values{"clusterName": "shop"})
	for range 2 {
		w.ecs("RegisterTaskDefinition", values{"family": "worker", "containerDefinitions": []any{values{"name": "worker", "image": "worker", "memory": 128, "cpu": 1}}})
	}
	w.ecs("CreateService", values{"cluster": "shop", "serviceName": "worker", "taskDefinition": "worker:1", "desiredCount": 2})
	w.Fill["cluster"], w.Fill["service"] = "shop", "worker"
	w.Block = values{"ecs_service": w.ARN("ecs", "service/shop/worker"), "task_definition": w.ARN("ecs", "task-definition/worker:1")}
	w.Gone = func() { w.Block["ecs_service"], w.Fill["service"] = "shop/none", "none" }
	return w
}

func (w world) ecs(action string, in values) {
	w.JSON("ecs", "AmazonEC2ContainerServiceV20141113."+action, in, nil)
}

// deploys worker:2 takes a minute, and wants it.
func (w world) deploys(t *testing.T) {
	t.Helper()
	w.Block["task_definition"] = "worker:2"
	undo := w.Fault(aws.Fault{Kind: aws.SettleAfter, Action: "ecs:UpdateService", D: time.Minute})
	defer undo()
	w.ecs("UpdateService", values{"cluster": "shop", "service": "worker", "taskDefinition": "worker:2"})
}

const passes = "passed: nothing but worker:2 runs there: 2 tasks"

// id is that of a task of the first deployment.
func id(n int) string { return fmt.Sprintf("%019d%04d", 1, n) }

func TestOldTasksRunAndStop(t *testing.T) {
	w := start(t)
	w.StopsWithin(w.ARN("ecs", "service/shop/worker"), 30*time.Second)
	w.deploys(t)
	f := w.Run()
	preflighttest.Expect(t, f, "failed, may pass: old tasks run there, and the deployment of worker:2 is IN_PROGRESS: "+
		"task "+id(0)+" of worker:1 (RUNNING since 2026-03-04 14:00 UTC), task "+id(1)+" of worker:1 (RUNNING since 2026-03-04 14:00 UTC)")
	if want := "\n  aws ecs stop-task --region eu-central-1 --cluster shop --task " + id(0); !strings.HasSuffix(f[0].Fix, want) {
		t.Errorf("no %s in\n%s", want, f[0].Fix)
	}
	w.Clock.Advance(time.Minute) // completed, and what was old ends what it does
	f = w.Run()
	preflighttest.Expect(t, f, "failed, may pass: old tasks were told to stop and have not yet, and the deployment of worker:2 is COMPLETED: "+
		"task "+id(0)+" of worker:1 (STOPPING since 2026-03-04 14:01 UTC), task "+id(1)+" of worker:1 (STOPPING since 2026-03-04 14:01 UTC)")
	if strings.Contains(f[0].Fix, "stop-task") {
		t.Errorf("they were told to stop already: %s", f[0].Fix)
	}
	w.Clock.Advance(30 * time.Second)
	preflighttest.Expect(t, w.Run(), passes)
}

// Without its old tasks a deployment may still go back.
func TestDeploymentHasToBeCompleted(t *testing.T) {
	w := start(t)
	w.deploys(t)
	for n := range 2 {
		w.ecs("StopTask", values{"cluster": "shop", "task": id(n)})
	}
	f := w.Run()
	preflighttest.Expect(t, f, "failed, may pass: no old task runs there, but the deployment of worker:2 is IN_PROGRESS, so ECS may start old ones again")
	w.Clock.Advance(time.Minute)
	preflighttest.Expect(t, w.Run(), passes)
}

func TestDeploymentThatFails(t *testing.T) {
	w := start(t)
	w.FailDeployment(w.ARN("ecs", "service/shop/worker"), "image not found")
	w.deploys(t)
	w.Clock.Advance(time.Minute)
	if f := w.Run(); !strings.HasPrefix(f[0].Why, "old tasks run there, and the deployment of worker:2 is FAILED:") || f[0].Status != rollout.Failed {
		t.Errorf("got %+v", f)
	}
}

func TestNamesAndOthers(t *testing.T) {
	w := start(t)
	w.Fill["service"] = "*"
	for _, x := range []struct{ service, definition, want string }{
		{"shop/worker", "worker:1", "passed: nothing but worker:1 runs there: 2 tasks"},
		{w.ARN("ecs", "service/shop/worker"), "worker:1", "passed: nothing but worker:1 runs there: 2 tasks"},
		{"shop/worker", w.ARN("ecs", "task-definition/worker:2"), "failed, may pass: it is to run worker:1, and not worker:2"},
		{"shop/worker", "arn:aws:ecs:eu-central-1:000000000000:task-definition/worker:1", "failed, may pass: it is to run " + w.ARN("ecs", "task-definition/worker:1") + ", and not arn:aws:ecs:eu-central-1:000000000000:task-definition/worker:1"},
		{"shop/none", "worker:1", "failed, may pass: there is no such service in eu-central-1"},
	} {
		w.Block = values{"ecs_service": x.service, "task_definition": x.definition, "region": w.Region()}
		preflighttest.Expect(t, w.Run(), x.want)
	}
	w.ecs("DeleteService", values{"cluster": "shop", "service": "worker", "force": true})
	w.Block = values{"ecs_service": "shop/worker", "task_definition": "worker:1"}
	preflighttest.Expect(t, w.Run(), "failed, may pass: there is no such service in eu-central-1: what is left of it is INACTIVE")
}

// TestEnforce: old tasks that are at work are told to stop, once the new ones have run
// for a minute, and as many as may.
func TestEnforce(t *testing.T) {
	w := start(t)
	service := w.ARN("ecs", "service/shop/worker")
	w.Protect(service)
	w.StopsWithin(service, 30*time.Second)
	w.deploys(t)
	w.Clock.Advance(90 * time.Second)
	command := "\n  aws ecs describe-services --region eu-central-1 --cluster shop --services worker"
	if did, trouble := w.Enforce(""); did != "" || trouble == nil || !trouble.Retry || !strings.Contains(trouble.Fix, command) ||
		!strings.HasPrefix(trouble.Why, "old tasks run there, and are not told to stop, because 2 have to go on and 0 new ones have run for a minute; the deployment of worker:2 is IN_PROGRESS: task "+id(0)+" of worker:1") {
		t.Errorf("new ones have run for half a minute: %q, %+v", did, trouble)
	}
	w.Clock.Advance(30 * time.Second)
	if did, trouble := w.Enforce("ecs:StopTask"); did != "" || trouble == nil || trouble.Retry || trouble.Status != rollout.Skipped || trouble.Fix == "" ||
		!strings.HasPrefix(trouble.Why, "task "+id(0)+" was to be told to stop, and was not: ") || !strings.Contains(trouble.Why, "ecs:StopTask") {
		t.Errorf("nobody may: %q, %+v", did, trouble)
	}
	undo := w.Fault(aws.Fault{Kind: aws.Throttle, Action: "ecs:StopTask", Times: 100})
	if did, trouble := w.Enforce(""); did != "" || trouble == nil || !trouble.Retry {
		t.Errorf("it is throttled: %q, %+v", did, trouble)
	}
	undo()
	const both = "told old tasks to stop: task 0 of worker:1 (RUNNING since 2026-03-04 14:00 UTC), task 1 of worker:1 (RUNNING since 2026-03-04 14:00 UTC)"
	if did, trouble := w.Enforce(""); trouble != nil || strings.NewReplacer(id(0), "0", id(1), "1").Replace(did) != both {
		t.Errorf("%q, %+v", did, trouble)
	}
	writes := w.Writes()
	if did, trouble := w.Enforce(""); did != "" || trouble != nil || w.Writes() != writes {
		t.Errorf("told already: %q, %+v", did, trouble)
	}
	if f := w.Run(); !strings.HasPrefix(f[0].Why, "old tasks were told to stop and have not yet, and the deployment of worker:2 is COMPLETED: ") {
		t.Errorf("got %+v", f)
	}
	w.Clock.Advance(30 * time.Second)
	preflighttest.Expect(t, w.Run(), passes)
	if unused := w.Unused("reader"); len(unused) > 0 {
		t.Errorf("nobody needs %q", unused)
	}
}

// TestEnforceAsManyAsMay: where half have to go on, and new ones do not run yet, half
// of the old ones are told, and no more the next time.
func TestEnforceAsManyAsMay(t *testing.T) {
	w := start(t)
	w.Protect(w.ARN("ecs", "service/shop/worker"))
	w.ecs("UpdateService", values{"cluster": "shop", "service": "worker", "deploymentConfiguration": values{"minimumHealthyPercent": 50, "maximumPercent": 100}})
	w.deploys(t)
	if did, trouble := w.Enforce(""); trouble != nil || !strings.Contains(did, id(0)) || strings.Contains(did, id(1)) {
		t.Errorf("%q, %+v", did, trouble)
	}
	if did, trouble := w.Enforce(""); did != "" || trouble == nil || !strings.Contains(trouble.Why, "1 have to go on and 0 new ones") {
		t.Errorf("%q, %+v", did, trouble)
	}
	w.Clock.Advance(2 * time.Minute)
	if did, trouble := w.Enforce(""); trouble != nil || !strings.Contains(did, id(1)) {
		t.Errorf("%q, %+v", did, trouble)
	}
}

// Nobody is told to stop for what is not wanted there, or cannot be seen.
func TestEnforceOnlyWhatIsWanted(t *testing.T) {
	for name, provoke := range map[string]func(w world){
		"another one is wanted": func(w world) { w.Block["task_definition"] = "worker:1" },
		"another one deploys": func(w world) {
			w.ecs("CreateService", values{"cluster": "shop", "serviceName": "other", "taskDefinition": "worker:1", "desiredCount": 2, "deploymentController": values{"type": "CODE_DEPLOY"}})
			w.Protect(w.ARN("ecs", "service/shop/other"))
			w.ecs("UpdateService", values{"cluster": "shop", "service": "other", "taskDefinition": "worker:2"})
			w.Block["ecs_service"], w.Fill["service"] = "shop/other", "other"
			w.Clock.Advance(time.Hour)
		},
		"it is not there":    func(w world) { w.Gone() },
		"it may not be seen": func(w world) { w.Fault(aws.Fault{Kind: aws.Denied, Action: "ecs:DescribeTasks"}) },
		"all is done": func(w world) {
			for n := range 2 {
				w.ecs("StopTask", values{"cluster": "shop", "task": id(n)})
			}
		},
	} {
		w := start(t)
		w.Protect(w.ARN("ecs", "service/shop/worker"))
		w.deploys(t)
		w.Clock.Advance(time.Hour)
		provoke(w)
		w.Open(t)
		writes := w.Writes()
		if did, trouble := w.Enforce(""); did != "" || trouble != nil || w.Writes() != writes {
			t.Errorf("%s: %q, %+v", name, did, trouble)
		}
	}
}

// TestSpare: as many go on as the service says, and new ones count once they run steadily.
func TestSpare(t *testing.T) {
	at := time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)
	of := func(n int, last, desired, health string, ago time.Duration) (out []preflight.ECSTask) {
		for range n {
			out = append(out, preflight.ECSTask{Last: last, Desired: desired, Health: health, Started: float64(at.Add(-ago).Unix())})
		}
		return out
	}
	old := func(n int) []preflight.ECSTask { return of(n, "RUNNING", "RUNNING", "", time.Hour) }
	current := func(n int) []preflight.ECSTask { return of(n, "RUNNING", "RUNNING", "HEALTHY", time.Minute) }
	percent := func(n int) *int { return &n }
	for name, x := range map[string]struct {
		minimum      *int
		desired      int
		current, old []preflight.ECSTask
		may          int
	}{
		"all run":                           {percent(100), 4, current(4), old(4), 4},
		"it says none, which is all":        {nil, 4, current(3), old(4), 3},
		"none runs yet":                     {percent(100), 4, nil, old(4), 0},
		"half is enough":                    {percent(50), 4, nil, old(4), 2},
		"half of three is two":              {percent(50), 3, nil, old(3), 1},
		"none is enough":                    {percent(0), 4, nil, old(4), 4},
		"more are wanted than there are":    {percent(100), 8, current(1), old(4), -3},
		"one that has just begun":           {percent(100), 1, of(1, "RUNNING", "RUNNING", "", 59*time.Second), old(1), 0},
		"one that is about to begin":        {percent(100), 1, of(1, "PENDING", "RUNNING", "", time.Hour), old(1), 0},
		"one that is about to end":          {percent(100), 1, of(1, "RUNNING", "STOPPED", "", time.Hour), old(1), 0},
		"one that is not well":              {percent(100), 1, of(1, "RUNNING", "RUNNING", "UNHEALTHY", time.Hour), old(1), 0},
		"an old one that has not yet begun": {percent(100), 1, nil, of(1, "PENDING", "RUNNING", "", 0), -1},
	} {
		var s preflight.ECSService
		s.Configuration.Minimum = x.minimum
		if may, _, _ := spare(s, preflight.ECSDeployment{Desired: x.desired}, x.current, x.old, at); may != x.may {
			t.Errorf("%s: %d may stop, want %d", name, may, x.may)
		}
	}
}

// What moto does not show.
func TestJudge(t *testing.T) {
	c := check{cluster: "shop", name: "worker"}
	c.wanted.Name = "worker:2"
	now := preflight.ECSDeployment{ID: "ecs-svc/2", Status: "PRIMARY", TaskDefinition: "arn:aws:ecs:eu-west-1:1:task-definition/worker:2", State: "COMPLETED"}
	own := preflight.ECSTask{Arn: "a/own", TaskDefinition: now.TaskDefinition, By: now.ID, Last: "RUNNING", Desired: "RUNNING"}
	earlier := preflight.ECSTask{Arn: "a/earlier", TaskDefinition: now.TaskDefinition, By: "ecs-svc/1", Last: "DEACTIVATING", Desired: "STOPPED", Told: 1772632800}
	ended := preflight.ECSTask{Arn: "a/ended", TaskDefinition: "x/worker:1", By: "ecs-svc/1", Last: "STOPPED", Desired: "STOPPED"}
	deleted := preflight.ECSTask{Arn: "a/deleted", TaskDefinition: "x/worker:1", By: "ecs-svc/1", Last: "DELETED", Desired: "STOPPED"}
	left := preflight.ECSDeployment{ID: "ecs-svc/1", Status: "ACTIVE", TaskDefinition: "x/worker:1", State: "COMPLETED"}
	silent := now
	silent.State = ""
	with := func(s preflight.ECSService, d ...preflight.ECSDeployment) preflight.ECSService {
		s.Deployments = d
		return s
	}
	var many []preflight.ECSTask
	for i := range 12 {
		many = append(many, preflight.ECSTask{Arn: fmt.Sprint("a/", i), TaskDefinition: "x/worker:1", Last: "STOPPING", Desired: "STOPPED"})
	}
	const odd = "skipped: ECS answered with something else than that service"
	codeDeploy := preflight.ECSService{}
	codeDeploy.Controller.Type = "CODE_DEPLOY"
	for _, x := range []struct {
		s     preflight.ECSService
		tasks []preflight.ECSTask
		want  string
	}{
		{with(preflight.ECSService{}, now), []preflight.ECSTask{own, ended, deleted}, "passed: nothing but worker:2 runs there: 1 tasks"},
		{with(preflight.ECSService{}, now), nil, "passed: nothing but worker:2 runs there: 0 tasks"},
		{with(preflight.ECSService{}, now), []preflight.ECSTask{own, earlier}, "failed, may pass: old tasks were told to stop and have not yet, and the deployment of worker:2 is COMPLETED: " +
			"task earlier of worker:2, of an earlier deployment (DEACTIVATING since 2026-03-04 14:00 UTC)"},
		{with(preflight.ECSService{}, now, left), []preflight.ECSTask{own}, "failed, may pass: no old task runs there, but the deployment of worker:2 is COMPLETED, so ECS may start old ones again"},
		{with(preflight.ECSService{}, silent), []preflight.ECSTask{own}, "failed, may pass: no old task runs there, but the deployment of worker:2 is in no known state, so ECS may start old ones again"},
		{with(preflight.ECSService{}, left), []preflight.ECSTask{own}, odd},
		{with(codeDeploy), nil, "skipped: its deployments are made by CODE_DEPLOY, and which of its tasks are old cannot be told"},
	} {
		preflighttest.Expect(t, []rollout.Finding{c.judge(rollout.Finding{}, "eu-west-1", x.s, x.tasks)}, x.want)
	}
	if f := c.judge(rollout.Finding{}, "eu-west-1", with(preflight.ECSService{}, now), many); !strings.HasSuffix(f.Why, ", and 7 more") || f.Status != rollout.Failed {
		t.Errorf("of twelve: %s", f.Why)
	}
}

// ecsOfMany is an ECS that shows a service with more tasks than one answer has. The
// last is old; unshown is one that is listed, and not described.
func ecsOfMany(t *testing.T, unshown bool) string {
	t.Helper()
	const definition, arn = "arn:aws:ecs:eu-central-1:1:task-definition/worker:", "arn:aws:ecs:eu-central-1:1:task/shop/"
	answers := map[string]func(in map[string]any) any{
		"DescribeServices": func(map[string]any) any {
			return values{"services": []any{values{
				"serviceArn": "arn:aws:ecs:eu-central-1:1:service/shop/worker", "serviceName": "worker", "status": "ACTIVE",
				"deployments": []any{values{"id": "ecs-svc/2", "status": "PRIMARY", "taskDefinition": definition + "2", "rolloutState": "COMPLETED"}},
			}}}
		},
		"ListTasks": func(in map[string]any) any {
			switch {
			case in["desiredStatus"] == "STOPPED":
				return values{"taskArns": []string{}}
			case in["nextToken"] == nil:
				out := []string{}
				for i := range 100 {
					out = append(out, fmt.Sprintf("%s%03d", arn, i))
				}
				return values{"taskArns": out, "nextToken": "more"}
			}
			return values{"taskArns": []string{arn + "100"}}
		},
		"DescribeTasks": func(in map[string]any) any {
			out := []any{}
			for _, one := range in["tasks"].([]any) {
				t := values{"taskArn": one, "taskDefinitionArn": definition + "2", "startedBy": "ecs-svc/2", "lastStatus": "RUNNING", "desiredStatus": "RUNNING"}
				if one == arn+"100" {
					t["taskDefinitionArn"], t["startedBy"] = definition+"1", "ecs-svc/1"
				}
				if !unshown || one != arn+"007" {
					out = append(out, t)
				}
			}
			return values{"tasks": out}
		},
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || answers[action] == nil {
			t.Errorf("%s: %v", action, err)
			return
		}
		if err := json.NewEncoder(w).Encode(answers[action](in)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestManyTasks(t *testing.T) {
	for unshown, want := range map[bool]string{
		false: "failed, may pass: old tasks run there, and the deployment of worker:2 is COMPLETED: task 100 of worker:1 (RUNNING)",
		true:  "skipped: ECS answered with something else than that service",
	} {
		t.Setenv("AWS_ACCESS_KEY_ID", "test")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
		clients := cloud.New(cloud.Config{AWS: cloud.AWS{Endpoint: ecsOfMany(t, unshown), Region: "eu-central-1"}, Clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))})
		c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), values{"ecs_service": "shop/worker", "task_definition": "worker:2"}), clients)
		if err != nil {
			t.Fatal(err)
		}
		preflighttest.Expect(t, c.Run(t.Context(), nil, nil), want)
	}
}

func TestValidate(t *testing.T) {
	const (
		service    = "arn:aws:ecs:eu-west-1:123456789012:service/shop/worker"
		definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/worker:8"
	)
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":            {values{"ecs_service": service, "task_definition": definition, "region": "eu-west-1"}, nil},
		"names":          {values{"ecs_service": "shop/worker", "task_definition": "worker:8"}, nil},
		"unknown":        {values{"ecs_service": preflighttest.Unknown, "task_definition": preflighttest.Unknown}, nil},
		"the old form":   {values{"ecs_service": "arn:aws:ecs:eu-west-1:123456789012:service/worker", "task_definition": definition}, []string{"ecs_service"}},
		"a name alone":   {values{"ecs_service": "worker", "task_definition": definition}, []string{"ecs_service"}},
		"a family":       {values{"ecs_service": service, "task_definition": "worker"}, []string{"task_definition"}},
		"another thing":  {values{"ecs_service": service, "task_definition": service}, []string{"task_definition"}},
		"nothing":        {values{"ecs_service": "", "task_definition": ""}, []string{"ecs_service", "task_definition"}},
		"another region": {values{"ecs_service": service, "task_definition": definition, "region": "eu-west-2"}, []string{"region"}},
	})
}
