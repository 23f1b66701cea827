package aws_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestServicesRollOutAndSayWhyTheyFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{Deployments: time.Minute})
	ask := func(operation, body string) map[string]any {
		t.Helper()
		out, err := w.json(w.Admin(), "ecs", "AmazonEC2ContainerServiceV20141113."+operation, body)
		if err != nil {
			t.Fatalf("%s: %v", operation, err)
		}
		return out
	}
	ask("CreateCluster", `{"clusterName":"main"}`)
	for range 3 {
		ask("RegisterTaskDefinition", `{"family":"app","containerDefinitions":[{"name":"app","image":"app","memory":128,"cpu":1}]}`)
	}
	created := ask("CreateService", `{"cluster":"main","serviceName":"app","taskDefinition":"app:1","desiredCount":2}`)
	arn := created["service"].(map[string]any)["serviceArn"].(string)
	state := func() string {
		t.Helper()
		s := ask("DescribeServices", `{"cluster":"main","services":["app"]}`)["services"].([]any)[0].(map[string]any)
		var all []string
		for _, one := range s["deployments"].([]any) {
			d := one.(map[string]any)
			definition := d["taskDefinition"].(string)
			all = append(all, fmt.Sprintf("%s %s %s %v/%v", d["status"], definition[strings.LastIndex(definition, "/")+1:], d["rolloutState"], d["runningCount"], d["desiredCount"]))
		}
		if events := s["events"].([]any); len(events) > 0 {
			all = append(all, events[0].(map[string]any)["message"].(string))
		}
		return strings.Join(all, "; ")
	}
	expect := func(what, want string) {
		t.Helper()
		if got := state(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("at first", "PRIMARY app:1 IN_PROGRESS 0/2")
	w.clock.elapse(time.Minute)
	expect("settled", "PRIMARY app:1 COMPLETED 2/2; (service app) has reached a steady state.")
	ask("UpdateService", `{"cluster":"main","service":"app","taskDefinition":"app:2"}`)
	expect("during", "PRIMARY app:2 IN_PROGRESS 0/2; ACTIVE app:1 COMPLETED 2/2; (service app) has reached a steady state.")
	w.clock.elapse(time.Minute)
	expect("after", "PRIMARY app:2 COMPLETED 2/2; (service app) has reached a steady state.")
	w.FailDeployment(arn, "image not found")
	ask("UpdateService", `{"cluster":"main","service":"app","taskDefinition":"app:3"}`)
	w.StopTask(arn, "TaskFailedToStart", "CannotPullContainerError: not found")
	w.clock.elapse(time.Minute)
	if got := state(); !strings.HasPrefix(got, "PRIMARY app:3 FAILED 0/2; ACTIVE app:2 COMPLETED 2/2; (service app) (deployment ecs-svc/") || !strings.HasSuffix(got, "image not found") {
		t.Errorf("failed: %q", got)
	}
	tasks := ask("ListTasks", `{"cluster":"main","serviceName":"app","desiredStatus":"STOPPED"}`)["taskArns"].([]any)
	if len(tasks) != 1 {
		t.Fatalf("stopped tasks: %v", tasks)
	}
	task := ask("DescribeTasks", fmt.Sprintf(`{"cluster":"main","tasks":[%q]}`, tasks[0]))["tasks"].([]any)[0].(map[string]any)
	if task["stoppedReason"] != "CannotPullContainerError: not found" || task["stopCode"] != "TaskFailedToStart" {
		t.Errorf("the task: %v", task)
	}
	if n := len(ask("ListTasks", `{"cluster":"main","serviceName":"app"}`)["taskArns"].([]any)); n != 2 {
		t.Errorf("%d tasks run", n)
	}
}

func TestTasksThatAreTold(t *testing.T) {
	t.Parallel()
	w, ask, service := ofTasks(t)
	if s := ask("DescribeServices", `{"cluster":"main","services":["app"]}`)["services"].([]any)[0].(map[string]any); s["networkConfiguration"] != nil {
		t.Errorf("outside of a VPC it has the network %v", s["networkConfiguration"])
	}
	w.StopsWithin(service, 30*time.Second)
	all := func(desired string) []any {
		t.Helper()
		return ask("ListTasks", `{"cluster":"main","serviceName":"app","desiredStatus":"`+desired+`"}`)["taskArns"].([]any)
	}
	expect := func(what string, running int, stopped ...string) {
		t.Helper()
		if n := len(all("RUNNING")); n != running {
			t.Errorf("%s: %d tasks run, want %d", what, n, running)
		}
		var got []string
		for _, arn := range all("STOPPED") {
			one := ask("DescribeTasks", fmt.Sprintf(`{"cluster":"main","tasks":[%q]}`, arn))["tasks"].([]any)[0].(map[string]any)
			got = append(got, fmt.Sprint(one["lastStatus"], " ", one["stopCode"]))
		}
		if !slices.Equal(got, stopped) {
			t.Errorf("%s: %q, want %q", what, got, stopped)
		}
	}
	w.clock.elapse(time.Minute)
	ask("UpdateService", `{"cluster":"main","service":"app","taskDefinition":"app:2"}`)
	expect("during", 2)
	first := all("RUNNING")[0].(string)
	ask("StopTask", `{"cluster":"main","task":"`+first[strings.LastIndex(first, "/")+1:]+`","reason":"by hand"}`)
	expect("one is told", 1, "STOPPING UserInitiated")
	w.clock.elapse(time.Minute)
	expect("completed", 2, "STOPPED UserInitiated", "STOPPING ServiceSchedulerInitiated")
	w.clock.elapse(30 * time.Second)
	expect("at the end", 2, "STOPPED UserInitiated", "STOPPED ServiceSchedulerInitiated")
	w.clock.elapse(time.Hour)
	expect("an hour later", 2)
}

// ofTasks is a service of two tasks, whose deployments take a minute.
func ofTasks(t *testing.T) (w *world, ask func(operation, body string) map[string]any, service string) {
	t.Helper()
	w = newWorld(t, aws.Options{Deployments: time.Minute})
	ask = func(operation, body string) map[string]any {
		t.Helper()
		return ok[map[string]any](t)(w.json(w.Admin(), "ecs", "AmazonEC2ContainerServiceV20141113."+operation, body))
	}
	ask("CreateCluster", `{"clusterName":"main"}`)
	for range 2 {
		ask("RegisterTaskDefinition", `{"family":"app","containerDefinitions":[{"name":"app","image":"app","memory":128,"cpu":1}]}`)
	}
	return w, ask, ask("CreateService", `{"cluster":"main","serviceName":"app","taskDefinition":"app:1","desiredCount":2}`)["service"].(map[string]any)["serviceArn"].(string)
}

// A deployment waits for older tasks that are protected from scale-in, with its own
// beside them, until somebody stops them.
func TestProtectedTasks(t *testing.T) {
	t.Parallel()
	w, ask, service := ofTasks(t)
	w.Protect(service)
	w.clock.elapse(time.Minute)
	expect := func(what string, running int, states ...string) {
		t.Helper()
		if n := len(ask("ListTasks", `{"cluster":"main","serviceName":"app","desiredStatus":"RUNNING"}`)["taskArns"].([]any)); n != running {
			t.Errorf("%s: %d tasks run, want %d", what, n, running)
		}
		var got []string
		for _, d := range ask("DescribeServices", `{"cluster":"main","services":["app"]}`)["services"].([]any)[0].(map[string]any)["deployments"].([]any) {
			d := d.(map[string]any)
			got = append(got, fmt.Sprintf("%v %v %v", d["status"], d["rolloutState"], d["runningCount"]))
		}
		if !slices.Equal(got, states) {
			t.Errorf("%s: %q, want %q", what, got, states)
		}
	}
	expect("before", 2, "PRIMARY COMPLETED 2")
	old := ask("ListTasks", `{"cluster":"main","serviceName":"app","desiredStatus":"RUNNING"}`)["taskArns"].([]any)
	ask("UpdateService", `{"cluster":"main","service":"app","taskDefinition":"app:2"}`)
	expect("at first", 2, "PRIMARY IN_PROGRESS 0", "ACTIVE COMPLETED 2")
	w.clock.elapse(time.Hour)
	expect("its own run", 4, "PRIMARY IN_PROGRESS 2", "ACTIVE COMPLETED 2")
	for i, arn := range old {
		expect("one by one", 4-i, "PRIMARY IN_PROGRESS 2", fmt.Sprint("ACTIVE COMPLETED ", 2-i))
		ask("StopTask", fmt.Sprintf(`{"cluster":"main","task":%q}`, arn))
	}
	expect("at the end", 2, "PRIMARY COMPLETED 2")
}

func TestScalingActivities(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	w.Activity("blue", "Failed", "Your quota allows for 0 more running instance(s).")
	w.Activity("green", "Successful", "")
	out, err := w.query(w.Admin(), "autoscaling", "2011-01-01", url.Values{"Action": {"DescribeScalingActivities"}, "AutoScalingGroupName": {"blue"}})
	if err != nil || !strings.Contains(out, "<StatusMessage>Your quota allows") || strings.Contains(out, "green") {
		t.Errorf("%s %v", out, err)
	}
}

func TestRolesAreSimulated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{})
	iam := func(form url.Values) (string, error) { return w.query(w.Admin(), "iam", "2010-05-08", form) }
	for _, form := range []url.Values{
		{"Action": {"CreateRole"}, "RoleName": {"app"}, "AssumeRolePolicyDocument": {`{"Version":"2012-10-17","Statement":[]}`}},
		{"Action": {"PutRolePolicy"}, "RoleName": {"app"}, "PolicyName": {"inline"}, "PolicyDocument": {policy(allow("arn:aws:s3:::b/*", "s3:GetObject"), `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/secret"}`)}},
		{"Action": {"CreatePolicy"}, "PolicyName": {"attached"}, "PolicyDocument": {policy(allow("*", "sqs:SendMessage"))}},
		{"Action": {"AttachRolePolicy"}, "RoleName": {"app"}, "PolicyArn": {"arn:aws:iam::" + w.Account() + ":policy/attached"}},
	} {
		if _, err := iam(form); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct{ action, resource, want string }{
		{"s3:GetObject", "arn:aws:s3:::b/k", "allowed"},
		{"s3:GetObject", "arn:aws:s3:::b/secret", "explicitDeny"},
		{"s3:PutObject", "arn:aws:s3:::b/k", "implicitDeny"},
		{"sqs:SendMessage", "", "allowed"},
	} {
		form := url.Values{"Action": {"SimulatePrincipalPolicy"}, "PolicySourceArn": {"arn:aws:iam::" + w.Account() + ":role/app"}, "ActionNames.member.1": {x.action}}
		if x.resource != "" {
			form.Set("ResourceArns.member.1", x.resource)
		}
		out, err := iam(form)
		if err != nil || !strings.Contains(out, "<EvalDecision>"+x.want+"</EvalDecision>") {
			t.Errorf("%s on %s: %s %v", x.action, x.resource, out, err)
		}
	}
	_, err := iam(url.Values{"Action": {"SimulatePrincipalPolicy"}, "PolicySourceArn": {"arn:aws:iam::" + w.Account() + ":role/nobody"}, "ActionNames.member.1": {"s3:GetObject"}})
	refused(t, err, "NoSuchEntity")
}
