package provider_test

import (
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// migrating is a rollout with a job before it and one after.
const migrating = `
resource "rollout_safe_deployment" "api" {
  cloud_run {
    service = "@service"
    image   = "IMAGE"
  }
  before {
    name = "migrate"
    cloud_run_job { job = "projects/demo/locations/us-central1/jobs/migrate" }
  }
  step {
    weight = 10
    bake   = "10m"
  }
  watch = "10m"
  after {
    name = "contract"
    cloud_run_job { job = "projects/demo/locations/us-central1/jobs/contract" }
  }
  gate {
    name = "answers"
    http {
      request {
        path = "/"
      }
    }
  }
  SETTINGS
}
`

func (w *world) migrates(image string) {
	w.Helper()
	w.write(replaceWords(migrating, image, ""))
}

// job makes a job that does as it is told, once for each attempt.
func (w *world) job(name string, b sandbox.Behaviour) {
	w.Helper()
	b.Version = "job " + name
	image, err := w.box.Image("shop/"+name, "v1", b)
	if err != nil {
		w.Fatal(err)
	}
	if w.box.Executions(name) == nil {
		if err := w.box.CreateJob(name, image, func(j *runpb.Job) {
			j.Template.Template.Retries, j.Template.Template.Timeout = &runpb.TaskTemplate_MaxRetries{}, durationpb.New(2*time.Hour)
		}); err == nil {
			return
		}
	}
	if err := w.box.SetJobImage(name, image); err != nil {
		w.Fatal(err)
	}
}

func (w *world) withJobs() {
	w.Helper()
	w.job("migrate", sandbox.Behaviour{Runs: 30 * time.Second})
	w.job("contract", sandbox.Behaviour{Runs: 20 * time.Second})
}

// ran fails the test unless so many executions of a job have begun.
func (w *world) ran(name string, want int) {
	w.Helper()
	if got := len(w.box.Executions(name)); got != want {
		w.Errorf("%d executions of %s have begun, want %d", got, name, want)
	}
}

// states fails the test unless an output says all of these.
func (w *world) states(out string, all ...string) {
	w.Helper()
	flat := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(out)), " ")
	for _, want := range all {
		if !strings.Contains(flat, want) {
			w.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

func TestJobsRunOnceForAContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.migrates(w.V2)
	w.applies()
	w.only(w.V2)
	w.ran("migrate", 1)
	w.ran("contract", 1)
	w.quiet()

	w.migrates(w.V3)
	out, _ := w.plan()
	w.states(out, "first migrate; 10 % for 10m, 100 % for 10m, then contract; at least 20m")
	w.applies()
	w.ran("migrate", 2)
	w.ran("contract", 2)

	// What was released before comes back without them.
	w.migrates(w.V2)
	w.applies()
	w.only(w.V2)
	w.ran("migrate", 2)
	w.ran("contract", 2)
}

func TestJobThatFailsBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.job("migrate", sandbox.Behaviour{Runs: 34 * time.Second, Exit: 1, Print: "applying 0042\nERROR: column \"tier\" of relation \"users\" already exists"})
	revisions := len(w.box.Service(shop).Revisions)
	w.migrates(w.V2)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, `Rollout of the candidate failed before any traffic moved`, `ended with exit code 1 after 34s`,
		`The last lines of its log: applying 0042 ERROR: column "tier" of relation "users" already exists`,
		"the next apply runs the job again", "gcloud run jobs executions describe migrate-")
	w.ran("migrate", 1)
	if n := len(w.box.Service(shop).Revisions); n != revisions {
		t.Errorf("%d revisions were made", n-revisions)
	}
	w.job("migrate", sandbox.Behaviour{Runs: 30 * time.Second})
	w.applies()
	w.only(w.V2)
	w.ran("migrate", 2)
}

func TestJobThatFailsAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.migrates(w.V2)
	w.applies()
	w.job("contract", sandbox.Behaviour{Runs: 20 * time.Second, Exit: 7, Print: "still in use"})
	w.migrates(w.V3)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.only(w.V3)
	w.states(out, "stopped at 100 %, and traffic stays", "ended with exit code 7", "still in use", "goes on serving", `Job "migrate" was run for this content`)
	w.job("contract", sandbox.Behaviour{Runs: 20 * time.Second})
	w.applies()
	w.only(w.V3)
	w.ran("migrate", 2)
	w.ran("contract", 3)
	w.quiet()
}

// TestRevertOnceAJobAfterPromotionHasBegun: nobody goes back from there, also not
// because a merge was reverted. Where none has begun, all go back.
func TestRevertOnceAJobAfterPromotionHasBegun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.migrates(w.V2)
	w.applies()
	second := w.now()
	w.job("contract", sandbox.Behaviour{Runs: 20 * time.Second, Exit: 7})
	w.migrates(w.V3)
	if out, code := w.apply(); code != 1 {
		t.Fatal(out)
	}
	third := w.now()
	w.migrates(w.V2)
	out, code := w.plan()
	if code != 2 {
		t.Fatal(out)
	}
	w.states(out, "everything goes back to it at once, without the steps. Unless a job after promotion (contract) has begun for "+third)
	if out, code = w.apply(); code != 1 {
		t.Fatal(out)
	}
	w.states(out, "A merge was reverted beyond the point of no return", `Job "contract" has begun for `+third, "what "+second+" needs may be gone", "--to-revisions "+second+"=100")
	if strings.Contains(out, "--to-revisions "+third) {
		t.Errorf("who is live is told to be home:\n%s", out)
	}
	w.only(w.V3)

	w.must(w.box.Meddle(shop, map[string]int{second: 100}, nil)) // as the message has it
	w.migrates(w.V2)
	w.applies()
	w.only(w.V2)
	w.quiet()
}

// TestReturnFromBeyondThePoint: what a job after promotion has taken away does not
// come back with a revision that needs it.
func TestReturnFromBeyondThePoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.migrates(w.V2)
	w.applies()
	second := w.now()
	w.migrates(w.V3)
	w.applies()
	w.migrates(w.V2)
	out, _ := w.plan()
	w.states(out, "A return from beyond the point of no return", second+" was promoted before", "what "+second+" needs may be gone")
	if strings.Contains(out, "A return does not climb") {
		t.Error("two warnings tell of one return")
	}
}

func TestWhatARollBackLeavesOfJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.migrates(w.Bad)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.only(w.V1)
	w.states(out, "was rolled back", `Job "migrate" was run for this content`, "nothing is undone")
	w.ran("migrate", 1)
	w.ran("contract", 0)
}

// TestJobThatOutlivesItsApply: the apply is killed while the job runs; the next one
// waits for it.
func TestJobThatOutlivesItsApply(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.job("migrate", sandbox.Behaviour{Runs: time.Hour})
	w.migrates(w.V2)
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "has not ended within 15m", `Job "migrate" goes on running`, "the next apply waits for what is running")
	w.ran("migrate", 1)
	w.migrates(w.V2)
	w.clock.Advance(30 * time.Minute)
	w.applies()
	w.only(w.V2)
	w.ran("migrate", 1)
}

func TestJobWithTheCandidatesImage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	asks := strings.Replace(migrating, `jobs/migrate" }`, `jobs/migrate"
      candidate_image = true
    }`, 1)
	asks = strings.Replace(asks, `cloud_run_job { job = "projects/demo/locations/us-central1/jobs/migrate"`, `cloud_run_job {
      job = "projects/demo/locations/us-central1/jobs/migrate"`, 1)
	w.write(replaceWords(asks, w.V2, ""))
	out, code := w.apply()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "it would run 127.0.0.1", "and the candidate's image is")
	w.ran("migrate", 0)
	if err := w.box.SetJobImage("migrate", w.V2); err != nil {
		t.Fatal(err)
	}
	w.applies()
	w.only(w.V2)
	w.ran("migrate", 1)
}

func TestJobsAreInspectedAtPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.migrates(w.V2)
	out, code := w.plan()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "There is no such job.")
	w.withJobs()
	allow := w.box.Deny("run.jobs.runWithOverrides")
	out, code = w.plan()
	if code != 1 {
		t.Fatal(out)
	}
	w.states(out, "run.jobs.runWithOverrides is denied")
	allow()
	if out, code = w.plan(); code != 2 {
		t.Fatal(out)
	}
	w.ran("migrate", 0)
}

// TestJobWhoseAnswerIsLost: the connection breaks as the job has begun.
func TestJobWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withJobs()
	w.Cleanup(w.box.Fault(sandbox.Fault{Kind: sandbox.LostAnswer, Method: "run.RunJob", Times: 1}))
	w.migrates(w.V2)
	w.applies()
	w.ran("migrate", 1)
	w.ran("contract", 1)
}
