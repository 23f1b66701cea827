package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// hasMailer makes a worker of two tasks on ECS: mailer:1, with mailer:2 to come.
func (w *world) hasMailer() {
	w.Helper()
	for range 2 {
		w.ecs("RegisterTaskDefinition", map[string]any{"family": "mailer", "containerDefinitions": []any{map[string]any{"name": "mailer", "image": "mailer", "memory": 128, "cpu": 1}}})
	}
	w.ecs("CreateService", map[string]any{"cluster": "shop", "serviceName": "mailer", "taskDefinition": "mailer:1", "desiredCount": 2})
}

// deploysMailer begins a deployment of mailer:2, which takes a while.
func (w *world) deploysMailer(d time.Duration) {
	w.Helper()
	undo := w.amazon.Fault(aws.Fault{Kind: aws.SettleAfter, Action: "ecs:UpdateService", D: d})
	defer undo()
	w.awsCLI("ecs", "update-service", "--cluster", "shop", "--service", "mailer", "--task-definition", "mailer:2")
}

// mailersStopWithin is how long old tasks take.
func (w *world) mailersStopWithin(d time.Duration) {
	w.amazon.StopsWithin("arn:aws:ecs:"+w.amazon.Region()+":"+w.amazon.Account()+":service/shop/mailer", d)
}

// oldMailers are how many tasks of mailer:1 have not stopped, past our check.
func (w *world) oldMailers() (n int) {
	w.Helper()
	for _, desired := range []string{"RUNNING", "STOPPED"} {
		var list struct{ TaskArns []string }
		w.must(w.amazon.JSON(w.Context(), "ecs", ecsAPI+"ListTasks", map[string]any{"cluster": "shop", "serviceName": "mailer", "desiredStatus": desired}, &list))
		if len(list.TaskArns) == 0 {
			continue
		}
		var found struct {
			Tasks []struct{ TaskDefinitionArn, LastStatus string }
		}
		w.must(w.amazon.JSON(w.Context(), "ecs", ecsAPI+"DescribeTasks", map[string]any{"cluster": "shop", "tasks": list.TaskArns}, &found))
		for _, t := range found.Tasks {
			if strings.HasSuffix(t.TaskDefinitionArn, "/mailer:1") && t.LastStatus != "STOPPED" {
				n++
			}
		}
	}
	return n
}

// mailersAreAtWork: a deployment waits for old tasks until somebody stops them.
func (w *world) mailersAreAtWork() {
	w.amazon.Protect("arn:aws:ecs:" + w.amazon.Region() + ":" + w.amazon.Account() + ":service/shop/mailer")
}

const mailerTwo = "      ecs_service     = \"shop/mailer\"\n      task_definition = \"mailer:2\"\n"

// ofMailer is what the plan of a deployment says that waits for mailer:2; more
// happens before.
func ofMailer(more func(w *world)) func(w *world) string {
	return func(w *world) string {
		more(w)
		w.needs("old_worker_stopped", mailerTwo)
		return w.planned()
	}
}

var oldWorkerRemedies = []remedy{
	{
		says: "old_worker_stopped.other", on: newNeedyWorld, provoke: ofMailer(asItWas),
		fix: func(w *world, _ said, _ string) { w.deploysMailer(0) },
	},
	{
		says: "old_worker_stopped.running", on: newNeedyWorld, provoke: ofMailer(func(w *world) { w.deploysMailer(time.Minute) }),
		fix: func(w *world, _ said, out string) {
			w.runsOnAWS(out)
			first := commandOfAWS.FindStringSubmatch(out)[1]
			w.awsCLI(strings.Fields(strings.TrimSuffix(first, "0") + "1")...) // the other likewise
			if n := w.oldMailers(); n > 0 {
				w.Errorf("the commands leave %d old tasks", n)
			}
			w.clock.Advance(time.Minute) // it is completed
		},
	},
	{
		says: "requires.enforced_in_apply", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.mailersAreAtWork()
			w.deploysMailer(time.Minute)
			w.needs("old_worker_stopped", mailerTwo+"      within = \"10m\"\n      stop_after = \"5m\"\n")
			return w.planned()
		},
		fix: func(*world, said, string) {}, // the next apply does it
	},
	{
		says: "requires.enforced", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.mailersAreAtWork()
			w.deploysMailer(time.Minute)
			w.needs("old_worker_stopped", mailerTwo+"      within = \"10m\"\n      stop_after = \"5m\"\n")
			return w.applies()
		},
		fix: func(w *world, _ said, _ string) { w.needs("old_worker_stopped", mailerTwo+"      within = \"10m\"\n") },
	},
	{
		says: "old_worker_stopped.kept", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.mailersAreAtWork()
			w.deploysMailer(12 * time.Minute)
			w.needs("old_worker_stopped", mailerTwo+"      within = \"10m\"\n      stop_after = \"5m\"\n")
			return w.failed()
		},
		fix: func(w *world, _ said, out string) {
			const asks = "ecs describe-services --region eu-central-1 --cluster shop --services mailer"
			w.states(out, "the service's events say: aws "+asks)
			w.awsCLI(strings.Fields(asks)...)
			w.awsCLI("ecs", "update-service", "--cluster", "shop", "--service", "mailer", "--deployment-configuration", "minimumHealthyPercent=0,maximumPercent=100")
		},
	},
	{
		says: "old_worker_stopped.untold", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.mailersAreAtWork()
			w.deploysMailer(time.Minute)
			w.needs("old_worker_stopped", mailerTwo+"      within = \"10m\"\n      stop_after = \"5m\"\n")
			defer w.amazon.Fault(aws.Fault{Kind: aws.Denied, Action: "ecs:StopTask"})()
			began := w.clock.Now()
			out := w.failed()
			if d := w.clock.Now().Sub(began); d >= 10*time.Minute {
				w.Errorf("what nobody may was waited for: %s", d)
			}
			return out
		},
		fix: func(*world, said, string) {}, // it is granted
	},
	{
		says: "old_worker_stopped.stopping", on: newNeedyWorld,
		provoke: ofMailer(func(w *world) {
			w.mailersStopWithin(30 * time.Second)
			w.deploysMailer(0)
		}),
		fix: func(w *world, _ said, _ string) { w.needs("old_worker_stopped", mailerTwo+"      within = \"5m\"\n") },
	},
	{
		says: "old_worker_stopped.deploying", on: newNeedyWorld,
		provoke: ofMailer(func(w *world) {
			w.ecs("UpdateService", map[string]any{"cluster": "shop", "service": "mailer", "desiredCount": 0})
			w.deploysMailer(time.Minute)
		}),
		fix: func(w *world, _ said, out string) {
			w.runsOnAWS(out)
			w.needs("old_worker_stopped", mailerTwo+"      within = \"5m\"\n")
		},
	},
	{
		says: "old_worker_stopped.controller", on: newNeedyWorld,
		provoke: func(w *world) string {
			w.ecs("CreateService", map[string]any{"cluster": "shop", "serviceName": "other", "taskDefinition": "mailer:2", "desiredCount": 0, "deploymentController": map[string]any{"type": "CODE_DEPLOY"}})
			w.needs("old_worker_stopped", strings.Replace(mailerTwo, "shop/mailer", "shop/other", 1))
			return w.planned()
		},
		fix: func(w *world, _ said, _ string) { w.simple("", "") },
	},
}

// TestOldWorkerStopped: an API waits until the last old task of its worker has ended
// what it does, and does not move where that takes longer than it has.
func TestOldWorkerStopped(t *testing.T) {
	t.Parallel()
	w := newNeedyWorld(t)
	w.mailersStopWithin(90 * time.Second)
	w.deploysMailer(30 * time.Minute)
	w.needs("old_worker_stopped", mailerTwo+"      within = \"10m\"\n")
	out, code := w.plan()
	if code != 2 {
		t.Fatalf("beside within a plan is refused:\n%s", out)
	}
	w.has(out, "Not ready: old_worker_stopped shop/mailer", "of mailer:1 (RUNNING since")
	writes := w.box.Writes()
	out = w.failed()
	w.states(out, "old tasks run there, and the deployment of mailer:2 is IN_PROGRESS", "of mailer:1 (RUNNING since", "aws ecs stop-task --region eu-central-1 --cluster shop --task", "before any traffic moved", "within allows 10m")
	if n := w.box.Writes(); n != writes {
		t.Errorf("beside an old worker %d things were written", n-writes)
	}
	began := w.clock.Now()
	w.clock.Advance(19 * time.Minute) // in another minute it is completed
	early := 0
	w.clock.Every(time.Second, func(time.Time) {
		if w.box.Writes() != writes {
			return
		}
		early = w.oldMailers()
	})
	w.applies()
	if early > 0 {
		t.Errorf("the API moved beside %d old tasks", early)
	}
	if n := w.oldMailers(); n > 0 {
		t.Errorf("%d old tasks run", n)
	}
	if d := w.clock.Now().Sub(began); d < 20*time.Minute+90*time.Second {
		t.Errorf("nobody waited: %s", d)
	}
	w.quiet()
}

// TestOldWorkerIsStopped: old tasks that are at work have their time, and are told to
// stop then; not for a release that does not come, and not before new ones run.
func TestOldWorkerIsStopped(t *testing.T) {
	t.Parallel()
	w := newNeedyWorld(t)
	w.mailersAreAtWork()
	w.mailersStopWithin(90 * time.Second)
	w.deploysMailer(time.Minute)
	const stops = mailerTwo + "      within = \"10m\"\n      stop_after = \"5m\"\n"
	w.needs("old_worker_stopped", stops+"    }\n    log_group {\n      group = \"/app/none\"\n      within = \"8m\"\n")
	out := w.failed()
	w.states(out, "no such log group", "before any traffic moved")
	if n := w.oldMailers(); n != 2 {
		t.Fatalf("%d old tasks run after a release that did not come, want 2", n)
	}
	w.setenv("ROLLOUT_PREFLIGHT", "warn")
	w.simple("", "  before {\n    name = \"migrate\"\n    cloud_run_job {\n      job = \"projects/demo/locations/us-central1/jobs/none\"\n    }\n  }\n"+
		"  requires {\n    old_worker_stopped {\n"+strings.Replace(stops, "\"5m\"", "\"0s\"", 1)+"    }\n  }\n")
	w.clock.Advance(5 * time.Minute) // all may stop
	w.failed()
	if n := w.oldMailers(); n != 2 {
		t.Fatalf("%d old tasks run after a release whose job is not there, want 2", n)
	}
	w.needs("old_worker_stopped", stops)
	writes, stopped := w.box.Writes(), time.Duration(0)
	began := w.clock.Now()
	w.clock.Every(time.Second, func(at time.Time) {
		if w.oldMailers() < 2 && stopped == 0 {
			stopped = at.Sub(began)
		}
		if w.box.Writes() != writes && w.oldMailers() > 0 && !t.Failed() {
			t.Error("the API moves beside an old worker")
		}
	})
	w.applies()
	if stopped < 5*time.Minute {
		t.Errorf("they had %s", stopped)
	}
	out, _ = w.terraform("show", "-no-color")
	w.has(out, "old_worker_stopped shop/mailer: told old tasks to stop: task")
	if n := w.oldMailers(); n > 0 {
		t.Errorf("%d old tasks run", n)
	}
	w.quiet()

	w.ecs("UpdateService", map[string]any{"cluster": "shop", "service": "mailer", "forceNewDeployment": true})
	w.barrier(1, "    old_worker_stopped {\n"+stops+"    }\n")
	w.has(w.applies(), "What a requirement asks for was enforced", "old_worker_stopped shop/mailer: told old tasks to stop: task")
}
