package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secretOfAmazon is what nobody may find anywhere: a setting of a function, of a
// task, and the key in the address of code.
const secretOfAmazon = "hunter2-of-the-account"

// leavesBehind is what Terraform, the provider and an apply leave behind: what they
// print, at the most talkative level, state, plans, and the events.
func (w *world) leavesBehind(do func() []string) map[string]string {
	w.Helper()
	dir := w.TempDir()
	logs, events := filepath.Join(dir, "provider.log"), filepath.Join(dir, "events.json")
	for name, value := range map[string]string{"TF_LOG": "TRACE", "TF_ACC_LOG_PATH": logs, "ROLLOUT_PROGRESS_FILE": events} { // the provider runs in this process
		w.Setenv(name, value)
	}
	w.serve()
	w.env = append(w.env, "TF_LOG=TRACE")
	all := map[string]string{}
	for i, out := range do() {
		all["output "+string(rune('1'+i))] = out
	}
	for name, args := range map[string][]string{"plan as JSON": {"show", "-json", "plan.bin"}, "state as JSON": {"show", "-json"}} {
		out, code := w.terraform(args...)
		if code != 0 {
			w.Fatalf("%s: %s", name, out)
		}
		all[name] = out
	}
	for name, file := range map[string]string{"log": logs, "events": events, "state": filepath.Join(w.dir, "terraform.tfstate"), "plan": filepath.Join(w.dir, "plan.bin")} {
		text, err := os.ReadFile(file)
		w.must(err)
		all[name] = string(text)
	}
	if !strings.Contains(all["log"], "rollout") || !strings.Contains(all["events"], "promote") {
		w.Fatalf("the log has %d bytes, and the events are\n%s", len(all["log"]), all["events"])
	}
	return all
}

func (w *world) nowhere(all map[string]string, secrets ...string) {
	w.Helper()
	for name, text := range all {
		for _, s := range secrets {
			if at := strings.Index(text, s); at >= 0 {
				w.Errorf("%s stands in the %s: …%s…", s, name, text[max(0, at-200):min(len(text), at+200)])
			}
		}
	}
}

// TestSettingsOfAFunctionStandNowhere: values of variables that somebody else gave a
// function, and the address of its code with the key in it, are told to nobody, not
// even where the rollout breaks.
func TestSettingsOfAFunctionStandNowhere(t *testing.T) {
	w := newEmptyLambdaWorld(t)
	w.functionAppears()
	w.configures("--environment", "Variables={STAGE="+secretOfAmazon+"}")
	if out := w.awsCLI("lambda", "get-function", "--function-name", shop); !strings.Contains(out, secretOfAmazon) || !strings.Contains(out, "never-to-be-fetched") {
		t.Fatalf("AWS does not tell it:\n%s", out)
	}
	all := w.leavesBehind(func() []string {
		w.published(2, "", "")
		planned, code := w.terraform("plan", "-no-color", "-input=false", "-out=plan.bin")
		if code != 0 {
			t.Fatal(planned)
		}
		applied := w.applies()
		w.published(3, "", "")
		w.clock.Every(10*time.Second, func(time.Time) {
			if w.shares()["3"] == 5000 {
				w.must(w.amazon.BreakVersion(shop, "3", "KMSKeyNotFound", "its key has gone"))
			}
		})
		return []string{planned, applied, w.fails("its key has gone")}
	})
	w.nowhere(all, secretOfAmazon, "never-to-be-fetched", "awslambda.invalid")
	if out := w.awsCLI("lambda", "get-function-configuration", "--function-name", shop, "--qualifier", "2"); !strings.Contains(out, secretOfAmazon) {
		t.Errorf("the version that was published lost it:\n%s", out)
	}
	for _, c := range w.amazon.Calls() {
		if strings.Contains(c.Resource, "snapshots") {
			t.Errorf("code was fetched: %+v", c)
		}
	}
}

// TestSettingsOfATaskStandNowhere: what stands in a task definition is told to
// nobody, also where the reasons of its tasks are.
func TestSettingsOfATaskStandNowhere(t *testing.T) {
	w := newEmptyALBWorld(t)
	w.balancerAppears()
	w.onECS("CreateCluster", map[string]any{"clusterName": "main"})
	w.onECS("RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{map[string]any{
		"name": "app", "image": "app", "memory": 128, "cpu": 1, "environment": []any{map[string]any{"name": "TOKEN", "value": secretOfAmazon}},
	}}})
	w.service("blue")
	w.service("green")
	w.clock.Advance(time.Minute)
	w.hastens()
	all := w.leavesBehind(func() []string {
		w.takesTurns(1, "listener = \"@listener\"", "    ecs_cluster = \"main\"\n")
		planned, code := w.terraform("plan", "-no-color", "-input=false", "-out=plan.bin")
		if code != 0 {
			t.Fatal(planned)
		}
		arn := "arn:aws:ecs:" + w.amazon.Region() + ":" + w.amazon.Account() + ":service/main/"
		applied := w.applies()
		w.amazon.FailDeployment(arn+"blue", "essential container exited")
		w.onECS("UpdateService", map[string]any{"cluster": "main", "service": "blue", "forceNewDeployment": true})
		w.amazon.StopTask(arn+"blue", "EssentialContainerExited", "Essential container in task exited")
		w.clock.Advance(time.Minute)
		w.takesTurns(2, "listener = \"@listener\"", "    ecs_cluster = \"main\"\n")
		return []string{planned, applied, w.fails("Essential container in task exited")}
	})
	w.nowhere(all, secretOfAmazon)
}
