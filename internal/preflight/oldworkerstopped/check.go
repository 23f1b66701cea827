package oldworkerstopped

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// shown is how many tasks one finding has.
const shown = 5

// check implements rollout.Check.
type check struct {
	clients       *cloud.Clients
	service       cloud.AWSName
	cluster, name string
	wanted        cloud.AWSName // the task definition
}

// Run asks for the service, and then for its tasks.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: kind, Object: c.service.Given}
	r := c.reader()
	s, tasks, trouble := r.Look(ctx, f)
	if trouble != nil {
		return []rollout.Finding{*trouble}
	}
	return []rollout.Finding{c.judge(f, r.Region(ctx), s, tasks)}
}

func (c check) reader() preflight.ECSReader {
	return preflight.ECSReader{Clients: c.clients, Words: amazon, Name: c.service}
}

// judge says who is old and has not stopped. Only then it counts whether ECS may
// still go back: a deployment that is not completed may fail.
func (c check) judge(f rollout.Finding, region string, s preflight.ECSService, tasks []preflight.ECSTask) rollout.Finding {
	if by := s.Controlled(); by != "" {
		f.Status = rollout.Skipped
		return f.Because(msgController, "controller", by)
	}
	now, ok := s.Primary()
	if !ok {
		return amazon.Odd(f)
	}
	f.Status, f.Retry = rollout.Failed, true
	if !c.wants(now.TaskDefinition) {
		found, wanted := preflight.ECSShort(now.TaskDefinition), c.wanted.Name
		if found == wanted { // of another account, or another region
			found, wanted = now.TaskDefinition, c.wanted.Given
		}
		return f.Because(msgOther, "found", found, "wanted", wanted)
	}
	current, old := c.parted(now, tasks)
	state := progress(now)
	switch command := c.command(region, old); {
	case command != "":
		f.Enforceable = true
		return f.Because(msgRunning, "state", state, "tasks", c.told(old), "command", command)
	case len(old) > 0:
		return f.Because(msgStopping, "state", state, "tasks", c.told(old))
	case len(s.Deployments) > 1 || now.State != "COMPLETED":
		return f.Because(msgDeploying, "state", state, "cluster", c.cluster, "service", c.name, "region", region)
	}
	f.Status, f.Retry = rollout.Passed, false
	f.Why = fmt.Sprintf("nothing but %s runs there: %d tasks", preflight.ECSShort(now.TaskDefinition), len(current))
	return f
}

// progress is how far a deployment has come.
func progress(d preflight.ECSDeployment) string {
	return fmt.Sprintf("the deployment of %s is %s", preflight.ECSShort(d.TaskDefinition), cmp.Or(d.State, "in no known state"))
}

// parted are the tasks that have not stopped: of the deployment that is wanted, and
// all others.
func (c check) parted(now preflight.ECSDeployment, tasks []preflight.ECSTask) (current, old []preflight.ECSTask) {
	for _, t := range tasks {
		switch {
		case t.Over():
		case c.wants(t.TaskDefinition) && t.By == now.ID:
			current = append(current, t)
		default:
			old = append(old, t)
		}
	}
	return current, old
}

// wants reports whether an ARN is that of the wanted task definition.
func (c check) wants(arn string) bool {
	if c.wanted.Account != "" {
		return arn == c.wanted.Given
	}
	return preflight.ECSShort(arn) == c.wanted.Name
}

// told are old tasks for people: which, of what, and since when they are as they are.
func (c check) told(old []preflight.ECSTask) string {
	var out []string
	for _, t := range old[:min(shown, len(old))] {
		of := preflight.ECSShort(t.TaskDefinition)
		if c.wants(t.TaskDefinition) {
			of += ", of an earlier deployment"
		}
		since := ""
		if at := cmp.Or(t.Told, t.Started, t.Created); at > 0 {
			since = " since " + preflight.Moment(time.UnixMilli(int64(at*1000))) //nolint:mnd // seconds
		}
		out = append(out, fmt.Sprintf("task %s of %s (%s%s)", preflight.ECSShort(t.Arn), of, t.Last, since))
	}
	if len(old) > shown {
		out = append(out, fmt.Sprintf("and %d more", len(old)-shown))
	}
	return strings.Join(out, ", ")
}

// command stops the first that nobody has told to stop, "" where all were.
func (c check) command(region string, old []preflight.ECSTask) string {
	i := slices.IndexFunc(old, func(t preflight.ECSTask) bool { return t.Desired != preflight.ECSStopped })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("aws ecs stop-task --region %s --cluster %s --task %s", region, c.cluster, preflight.ECSShort(old[i].Arn))
}
