package ecstask

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// longestLine is how much of a line is shown.
	longestLine = 300

	// settles is for how long a task that ECS has told of may not be shown: its reads
	// see a write a little later
	// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html).
	settles = 2 * time.Minute
)

// shownTask is a task as ECS shows it.
type shownTask struct {
	TaskArn, TaskDefinitionArn, LastStatus, StartedBy string

	StopCode, StoppedReason         string
	CreatedAt, StartedAt, StoppedAt float64
	Containers                      []struct {
		Name, Reason string
		ExitCode     *int
	}
}

// at is a time of ECS's: seconds, with a fraction.
func at(seconds float64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*float64(time.Second))).UTC()
}

// token is that of a run of an errand, whichever copy it is of: of two processes that
// make one each, ECS takes the first.
func token(memory string, run int) string {
	sum := sha256.Sum256([]byte(memory + " " + strconv.Itoa(run)))
	return hex.EncodeToString(sum[:])
}

// tasks are those of a family that ECS shows.
func (j *task) tasks(ctx context.Context, family string) ([]shownTask, error) {
	var arns []string
	for _, status := range []string{"RUNNING", "STOPPED"} {
		var list struct{ TaskArns []string }
		ask := map[string]any{"cluster": j.cluster.Given, "family": family, "desiredStatus": status}
		if err := j.ask(ctx, "ListTasks", ask, &list); err != nil {
			return nil, cloud.AWSError("list the tasks of the family "+family, err)
		}
		arns = append(arns, list.TaskArns...)
	}
	return j.described(ctx, arns)
}

func (j *task) described(ctx context.Context, arns []string) ([]shownTask, error) {
	if len(arns) == 0 {
		return nil, nil
	}
	const most = 100 // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
	var out struct{ Tasks []shownTask }
	ask := map[string]any{"cluster": j.cluster.Given, "tasks": arns[:min(len(arns), most)]}
	if err := j.ask(ctx, "DescribeTasks", ask, &out); err != nil {
		return nil, cloud.AWSError("describe the tasks of the cluster "+j.cluster.Name, err)
	}
	return out.Tasks, nil
}

// Look returns what ECS shows of a task, and notes how it has ended.
func (j *task) Look(ctx context.Context, id string) (rollout.Execution, error) {
	found, err := j.described(ctx, []string{id})
	if err != nil {
		return rollout.Execution{}, err
	}
	if len(found) == 0 {
		if j.lately(id) {
			return rollout.Execution{ID: id, State: rollout.JobRunning}, nil
		}
		return rollout.Execution{ID: id, Why: "ECS does not show it any more"}, nil
	}
	m, err := j.recall(ctx, familyOf(found[0].TaskDefinitionArn))
	if err != nil {
		return rollout.Execution{}, err
	}
	return j.execution(ctx, m, found[0])
}

func (j *task) saw(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seen == nil {
		j.seen = map[string]time.Time{}
	}
	j.seen[id] = j.clients.Clock().Now()
}

func (j *task) lately(id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	when, ok := j.seen[id]
	return ok && j.clients.Clock().Now().Sub(when) < settles
}

// execution is what a task shows. How it has ended is noted, for ECS forgets it.
func (j *task) execution(ctx context.Context, m *memory, t shownTask) (rollout.Execution, error) {
	j.saw(t.TaskArn)
	x := rollout.Execution{ID: t.TaskArn, State: rollout.JobRunning, Began: at(t.StartedAt)}
	if t.LastStatus != "STOPPED" {
		return x, nil
	}
	d, err := j.describe(ctx, t.TaskDefinitionArn)
	if err != nil {
		return rollout.Execution{}, err
	}
	c, ok := d.job(j.container)
	if !ok {
		return rollout.Execution{ID: t.TaskArn, Why: "which container is the job is not known: it has " + d.names()}, nil
	}
	x.Ended = at(t.StoppedAt)
	j.judge(&x, t, c.Name)
	if m != nil && x.State != rollout.JobUnclear {
		if err := j.remember(ctx, m, t, x); err != nil {
			return rollout.Execution{}, err
		}
	}
	if x.State == rollout.JobFailed && !x.Began.IsZero() && j.lines > 0 {
		x.Log, x.Why = j.log(ctx, c, t.TaskArn, x.Why)
	}
	return x, nil
}

// judge says how a task that has stopped has ended: its job's container decides.
func (j *task) judge(x *rollout.Execution, t shownTask, container string) {
	why := []string{rollout.OneLine(t.StoppedReason, longestLine)}
	for _, c := range t.Containers {
		if c.Name != container {
			continue
		}
		x.Exit = c.ExitCode
		if c.Reason != "" && c.Reason != t.StoppedReason {
			why = append(why, rollout.OneLine(c.Reason, longestLine))
		}
	}
	switch {
	case x.Exit != nil && *x.Exit == 0:
		x.State = rollout.JobSucceeded
		return
	case x.Exit != nil, x.Began.IsZero():
		x.State = rollout.JobFailed
	default: // it has started, and nobody knows how it ended
		x.State = rollout.JobUnclear
		why = append(why, "its container has no exit code")
	}
	if t.StopCode != "" && t.StopCode != "EssentialContainerExited" {
		why = append(why, t.StopCode)
	}
	if t.StopCode == "EssentialContainerExited" && x.State == rollout.JobFailed {
		why = nil // the exit code says it
	}
	x.Why = strings.Join(why, "; ")
}

// remember notes how a run has ended, unless it is not the last one any more.
func (j *task) remember(ctx context.Context, m *memory, t shownTask, x rollout.Execution) error {
	if !m.clear || m.mark.word != begun || !strings.HasSuffix(t.StartedBy, "/"+strconv.Itoa(m.mark.run)) {
		return nil
	}
	end := mark{run: m.mark.run, word: failed, at: x.Ended, task: t.TaskArn[strings.LastIndex(t.TaskArn, "/")+1:], exit: x.Exit}
	if x.State == rollout.JobSucceeded {
		end.word = succeeded
	}
	return j.note(ctx, m, end)
}

// log is the end of what a container has printed, where the driver awslogs takes it.
func (j *task) log(ctx context.Context, c container, task, why string) ([]string, string) {
	o := c.Log.Options
	also := func(text string) string {
		if why == "" {
			return text
		}
		return why + "; " + text
	}
	if c.Log.Driver != "awslogs" || o["awslogs-stream-prefix"] == "" {
		return nil, also("its log is not in CloudWatch Logs under a prefix, so no line of it is known")
	}
	region := o["awslogs-region"]
	if region == "" {
		region = j.region
	}
	stream := fmt.Sprintf("%s/%s/%s", o["awslogs-stream-prefix"], c.Name, task[strings.LastIndex(task, "/")+1:])
	var out struct{ Events []struct{ Message string } }
	ask := map[string]any{"logGroupName": o["awslogs-group"], "logStreamName": stream, "limit": j.lines}
	err := j.clients.AWSJSON(ctx, region, "logs", "Logs_20140328.GetLogEvents", ask, &out)
	switch {
	case cloud.AWSGone(err), err == nil && len(out.Events) == 0:
		return nil, also("it has printed nothing to " + o["awslogs-group"])
	case err != nil:
		return nil, also(cloud.AWSError("its log could not be read: get "+stream+" of "+o["awslogs-group"], err).Error())
	}
	var lines []string
	for _, e := range out.Events {
		if line := rollout.OneLine(e.Message, longestLine); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, why
}
