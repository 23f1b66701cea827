package runner_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// task is a job on the stage: it takes a minute, and ends as it is told to.
type task struct {
	*stage
	name string
	end  rollout.Execution // what it ends with; the zero state stands for succeeded
	lose int               // answers to Start that are lost
	hide time.Duration     // what was begun shows only so late
	took time.Duration     // how long it takes; 0 stands for a minute
	deny error
	runs []rollout.Execution
	of   map[string]string // key by execution
}

func (k *task) job(timeout time.Duration) runner.Job {
	return runner.Job{
		Job: k, Name: k.name, Timeout: timeout,
		Errand: func(content string, candidate rollout.Revision) (rollout.Errand, error) {
			return rollout.Errand{Key: "key of " + content, Image: string(candidate)}, nil
		},
	}
}

func (k *task) Inspect(context.Context, string) []rollout.Finding { return nil }

func (k *task) shows(x rollout.Execution) rollout.Execution {
	if x.Ended.After(k.clock.Now()) {
		return rollout.Execution{ID: x.ID, State: rollout.JobRunning, Began: x.Began}
	}
	return x
}

func (k *task) Find(_ context.Context, key string) ([]rollout.Execution, error) {
	var out []rollout.Execution
	for _, x := range k.runs {
		if k.of[x.ID] == key && !k.clock.Now().Before(x.Began.Add(k.hide)) {
			out = append([]rollout.Execution{k.shows(x)}, out...)
		}
	}
	return out, nil
}

func (k *task) Start(_ context.Context, e rollout.Errand) (rollout.Execution, error) {
	if k.deny != nil {
		return rollout.Execution{}, k.deny
	}
	x := k.end
	x.ID, x.Began, x.Ended = fmt.Sprintf("%s-%d", k.name, len(k.runs)+1), k.clock.Now(), k.clock.Now().Add(cmp.Or(k.took, time.Minute))
	if x.State == rollout.JobUnclear && x.Why == "" {
		x.State = rollout.JobSucceeded
	}
	if k.of == nil {
		k.of = map[string]string{}
	}
	k.runs, k.of[x.ID] = append(k.runs, x), e.Key
	k.note("start %s", x.ID)
	if k.lose > 0 {
		k.lose--
		return rollout.Execution{}, errors.New("the connection was lost")
	}
	return k.shows(x), nil
}

func (k *task) Look(_ context.Context, id string) (rollout.Execution, error) {
	for _, x := range k.runs {
		if x.ID == id {
			return k.shows(x), nil
		}
	}
	return rollout.Execution{}, rollout.ErrGone
}

// making is a rollout that makes api-2.
func (s *stage) making() runner.Rollout {
	delete(s.health, "api-2")
	r := s.rollout()
	r.Maker, r.Candidate = s, ""
	return r
}

func TestJobsRunInTheirPlace(t *testing.T) {
	s := newStage(t)
	first, second, last := &task{stage: s, name: "migrate"}, &task{stage: s, name: "seed"}, &task{stage: s, name: "contract"}
	r := s.making()
	r.Require = s.checks(func(*rollout.Subject, int) rollout.Finding { return rollout.Finding{Status: rollout.Passed} })
	r.JobsBefore, r.JobsAfter = []runner.Job{first.job(time.Hour), second.job(time.Hour)}, []runner.Job{last.job(time.Hour)}
	res := s.run(r, engine.Promoted)
	s.expect(s.did("check", "make", "start", "apply")[:4], "check nobody beside api-1", "start migrate-1", "start seed-1", "check nobody beside api-1")
	all := s.did("make", "start", "apply")
	s.expect(all[2:3], "make api-2")
	s.expect(all[len(all)-3:], "apply api-2 100 %, home api-1", "start contract-1", "apply api-2 100 %")
	if len(res.Ran) != 3 || !res.Ran[2].After || res.Ran[0].State != rollout.JobSucceeded || res.FailedJob != nil {
		t.Errorf("it says that it ran %+v", res.Ran)
	}
	said := strings.Join(whys(s.told), "\n")
	for _, want := range []string{
		`job "migrate" has begun (execution migrate-1)`, `job "migrate" succeeded after 1m (execution migrate-1)`, "from here on there is no way back",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}

func whys(events []rollout.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Why)
	}
	return out
}

// TestJobWhoseAnswerIsLost is not begun twice: what was begun shows a moment later.
func TestJobWhoseAnswerIsLost(t *testing.T) {
	s := newStage(t)
	k := &task{stage: s, name: "migrate", lose: 1, hide: 10 * time.Second}
	r := s.making()
	r.JobsBefore = []runner.Job{k.job(time.Hour)}
	s.run(r, engine.Promoted)
	s.expect(s.did("start"), "start migrate-1")
}

// TestJobThatFailedBeforeALostAnswer: what failed in an earlier apply is not taken
// for what was begun here, and what fails here is not begun again here.
func TestJobThatFailedBeforeALostAnswer(t *testing.T) {
	s := newStage(t)
	one := 1
	k := &task{stage: s, name: "migrate", end: rollout.Execution{State: rollout.JobFailed, Exit: &one, Log: []string{"no such column"}}}
	r := s.making()
	r.JobsBefore = []runner.Job{k.job(time.Hour)}
	res := s.run(r, engine.NothingMoved)
	if want := `job "migrate" ended with exit code 1 after 1m (execution migrate-1)`; res.Stop.Why != want || res.FailedJob == nil || res.FailedJob.Log[0] != "no such column" {
		t.Errorf("it ends with %q, %+v", res.Stop.Why, res.FailedJob)
	}
	k.lose, k.hide, k.took = 1, 10*time.Second, 5*time.Second
	res = s.run(r, engine.NothingMoved)
	s.expect(s.did("start", "make"), "start migrate-1", "start migrate-2")
	k.end = rollout.Execution{}
	s.run(r, engine.Promoted)
	s.expect(s.did("start", "make"), "start migrate-1", "start migrate-2", "start migrate-3", "make api-2")
	s.run(r, engine.Promoted)
	s.expect(s.did("start", "make"), "start migrate-1", "start migrate-2", "start migrate-3", "make api-2")
	if res.Stop.Kind != engine.JobFailed {
		t.Errorf("it stops for %v", res.Stop)
	}
}

func TestJobsThatEndARollout(t *testing.T) {
	for _, c := range []struct {
		name    string
		task    task
		timeout time.Duration
		after   bool
		want    engine.Outcome
		says    string
	}{
		{"it takes too long", task{}, 30 * time.Second, false, engine.NothingMoved, `job "migrate" has not ended within 30s (execution migrate-1)`},
		{"nobody can tell", task{end: rollout.Execution{Why: "the log has no end of it"}}, time.Hour, false, engine.NothingMoved, `nobody can tell what became of job "migrate" (execution migrate-1): the log has no end of it`},
		{"it may not be run", task{deny: fmt.Errorf("run.jobs.run: %w", rollout.ErrDenied)}, time.Hour, false, engine.NothingMoved, `job "migrate" could not be run: run.jobs.run: permission denied`},
		{"it fails after promotion", task{end: rollout.Execution{State: rollout.JobFailed, Why: "the container was killed"}}, time.Hour, true, engine.Stayed, `failed after 1m (execution migrate-1): the container was killed; `},
		{"it may not be run after promotion", task{deny: rollout.ErrDenied}, time.Hour, true, engine.Stayed, "traffic stays: api-2 100 %"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			k := c.task
			k.stage, k.name = s, "migrate"
			r := s.making()
			if c.after {
				r.JobsAfter = []runner.Job{k.job(c.timeout)}
			} else {
				r.JobsBefore = []runner.Job{k.job(c.timeout)}
			}
			res := s.run(r, c.want)
			if !strings.Contains(res.Why, c.says) {
				t.Errorf("it says %q, not %q", res.Why, c.says)
			}
			if n := len(s.did("make")); !c.after && n > 0 {
				t.Error("the candidate was made")
			}
		})
	}
}

// TestInterruptedWhileAJobRuns: nothing has moved, and the next apply waits for the
// job that goes on.
func TestInterruptedWhileAJobRuns(t *testing.T) {
	s := newStage(t)
	k := &task{stage: s, name: "migrate"}
	r := s.making()
	r.JobsBefore = []runner.Job{k.job(time.Hour)}
	ctx, cancel := context.WithCancel(t.Context())
	s.after = func(_ context.Context, _ string, _ int) error {
		if len(k.runs) > 0 {
			cancel()
		}
		return nil
	}
	res := r.Run(ctx)
	if res.Outcome != engine.NothingMoved || len(res.Ran) != 1 || res.Ran[0].State != rollout.JobRunning {
		t.Errorf("it ends %s: %s, %+v", res.Outcome, res.Why, res.Ran)
	}
	s.after = nil
	s.run(r, engine.Promoted)
	s.expect(s.did("start"), "start migrate-1")
}
