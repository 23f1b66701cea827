package ecstask

import (
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/job/jobtest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func TestExam(t *testing.T) {
	jobtest.Run(t, Kind(), func(t *testing.T) jobtest.Harness { return newHarness(t) })
}

type harness struct {
	*world
	seeded int
}

func newHarness(t *testing.T) *harness {
	h := &harness{world: newWorld(t)}
	h.RunsTasks(family+"-rollout-*", func(aws.TaskRun) aws.TaskEnd { return h.code })
	h.seeded = len(h.Sandbox.Calls())
	return h
}

func (h *harness) Open(t *testing.T) rollout.Job {
	t.Helper()
	return h.open()
}

func (h *harness) WithImage(t *testing.T) (j rollout.Job, one, other string) {
	t.Helper()
	h.block["candidate_image"] = true
	return h.Open(t), "app@sha256:1", "app@sha256:2"
}

func (h *harness) task(id string) aws.TaskRun {
	h.t.Helper()
	for _, r := range h.TasksRun() {
		if r.ARN == id {
			return r
		}
	}
	h.t.Fatalf("there is no task %s", id)
	return aws.TaskRun{}
}

func (h *harness) Image(id string) string          { return h.task(id).Images["app"] }
func (h *harness) Told(id, variable string) string { return h.task(id).Environment["app"][variable] }
func (h *harness) Clock() rollout.Clock            { return h.clock }
func (h *harness) Begun() int                      { return len(h.TasksRun()) }
func (h *harness) Calls() int                      { return len(h.Sandbox.Calls()) - h.seeded }
func (h *harness) Lacks() jobtest.Reserve          { return jobtest.Reserve{Foresight: true} }

func (h *harness) Behave(takes time.Duration, exit int, lines ...string) {
	h.code = aws.TaskEnd{Takes: takes, Exit: exit, Log: lines}
}

func (h *harness) Permission(trouble jobtest.Trouble) string {
	return map[jobtest.Trouble]string{jobtest.Unreadable: "ecs:DescribeTaskDefinition", jobtest.Forbidden: "ecs:RunTask", jobtest.Silent: "logs:GetLogEvents"}[trouble]
}

func (h *harness) Break(t *testing.T, trouble jobtest.Trouble) bool {
	t.Helper()
	switch trouble {
	case jobtest.Missing:
		h.block["task_definition"] = "none"
	case jobtest.Unreadable, jobtest.Forbidden, jobtest.Silent:
		t.Cleanup(h.Fault(aws.Fault{Kind: aws.Denied, Action: h.Permission(trouble)}))
	case jobtest.LosesAnswers:
		t.Cleanup(h.Fault(aws.Fault{Kind: aws.LostAnswer, Action: "ecs:RunTask", Times: 1}))
	case jobtest.Hangs:
		t.Cleanup(h.Fault(aws.Fault{Kind: aws.Hang, Action: "ecs:"}))
	}
	return true
}
