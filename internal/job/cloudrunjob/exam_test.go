package cloudrunjob

import (
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/job/jobtest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
)

func TestExam(t *testing.T) {
	jobtest.Run(t, Kind(), func(t *testing.T) jobtest.Harness { return start(t) })
}

type values = jobtest.Values

const migrate = "projects/demo/locations/us-central1/jobs/migrate"

// shop is a project with the job migrate.
type shop struct {
	*sandbox.Sandbox
	t     *testing.T
	clock *clocktest.Clock
	block values
}

func start(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)), block: values{"job": migrate}}
	s.Sandbox = sandboxtest.New(t, sandbox.Options{Now: s.clock.Now})
	if err := s.CreateJob("migrate", s.image(sandbox.Behaviour{Runs: time.Minute}), func(j *runpb.Job) {
		j.Template.Template.Retries = &runpb.TaskTemplate_MaxRetries{}
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) image(b sandbox.Behaviour) string {
	s.t.Helper()
	ref, err := s.Sandbox.Image("shop/migrate", "v1", b)
	if err != nil {
		s.t.Fatal(err)
	}
	return ref
}

func (s *shop) Open(t *testing.T) rollout.Job {
	t.Helper()
	j, err := Kind().Open(t.Context(), jobtest.Block(t, Kind(), s.block), cloud.New(cloud.Config{Google: cloud.Google{Endpoint: s.URL()}, Clock: s.clock}))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (s *shop) WithImage(t *testing.T) (j rollout.Job, one, other string) {
	t.Helper()
	s.block["candidate_image"] = true
	one = s.Executed().GetContainers()[0].GetImage()
	return s.Open(t), one, strings.Split(one, "@")[0] + "@sha256:" + strings.Repeat("0", 64)
}

// Executed is the template of the job.
func (s *shop) Executed() *runpb.TaskTemplate {
	s.t.Helper()
	c, err := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: s.URL()}, Clock: s.clock}).CloudRunJobs(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	j, err := c.Jobs.GetJob(s.t.Context(), &runpb.GetJobRequest{Name: migrate})
	if err != nil {
		s.t.Fatal(err)
	}
	return j.GetTemplate().GetTemplate()
}

func (s *shop) execution(id string) *runpb.Container {
	for _, x := range s.Executions("migrate") {
		if strings.HasSuffix(x.GetName(), "/"+id) {
			return x.GetTemplate().GetContainers()[0]
		}
	}
	s.t.Fatalf("there is no execution %s", id)
	return nil
}

func (s *shop) Image(id string) string { return s.execution(id).GetImage() }

func (s *shop) Told(id, variable string) string {
	for _, e := range s.execution(id).GetEnv() {
		if e.GetName() == variable {
			return e.GetValue()
		}
	}
	return ""
}

func (s *shop) Clock() rollout.Clock { return s.clock }

func (s *shop) Behave(takes time.Duration, exit int, lines ...string) {
	s.t.Helper()
	if err := s.SetJobImage("migrate", s.image(sandbox.Behaviour{Runs: takes, Exit: exit, Print: strings.Join(lines, "\n")})); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) Begun() int { return len(s.Executions("migrate")) }

func (s *shop) Calls() int { return len(s.Sandbox.Calls()) }

func (s *shop) Permission(trouble jobtest.Trouble) string {
	return map[jobtest.Trouble]string{jobtest.Unreadable: getJob, jobtest.Forbidden: override, jobtest.Silent: listEntries}[trouble]
}

func (s *shop) Break(t *testing.T, trouble jobtest.Trouble) bool {
	t.Helper()
	switch trouble {
	case jobtest.Missing:
		s.block["job"] = "projects/demo/locations/us-central1/jobs/none"
	case jobtest.Unreadable, jobtest.Forbidden, jobtest.Silent:
		t.Cleanup(s.Deny(s.Permission(trouble)))
	case jobtest.LosesAnswers:
		t.Cleanup(s.Fault(sandbox.Fault{Kind: sandbox.LostAnswer, Method: "run.RunJob", Times: 1}))
	case jobtest.Hangs:
		t.Cleanup(s.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "run."}))
	}
	return true
}
