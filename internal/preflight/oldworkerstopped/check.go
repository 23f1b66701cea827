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

const (
	// shown is how many tasks one finding has.
	shown = 5
	// page is how many tasks one call describes
	// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html).
	page = 100

	running = "RUNNING"
	stopped = "STOPPED"
)

// check implements rollout.Check.
type check struct {
	clients       *cloud.Clients
	service       cloud.AWSName
	cluster, name string
	wanted        cloud.AWSName // the task definition
}

// service is what is decoded of one
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html).
type service struct {
	Arn        string `json:"serviceArn"`
	Name       string `json:"serviceName"`
	Status     string `json:"status"`
	Controller struct {
		Type string `json:"type"`
	} `json:"deploymentController"`
	Configuration struct {
		Minimum *int `json:"minimumHealthyPercent"`
	} `json:"deploymentConfiguration"`
	Deployments []deployment `json:"deployments"`
}

type deployment struct {
	ID             string `json:"id"`
	Status         string `json:"status"`
	TaskDefinition string `json:"taskDefinition"`
	State          string `json:"rolloutState"`
	Desired        int    `json:"desiredCount"`
}

// primary is the deployment that is wanted of a service.
func (s service) primary() (deployment, bool) {
	i := slices.IndexFunc(s.Deployments, func(d deployment) bool { return d.Status == "PRIMARY" })
	if i < 0 {
		return deployment{}, false
	}
	return s.Deployments[i], true
}

// task is what is decoded of one
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html).
type task struct {
	Arn            string  `json:"taskArn"`
	TaskDefinition string  `json:"taskDefinitionArn"`
	By             string  `json:"startedBy"`
	Last           string  `json:"lastStatus"`
	Desired        string  `json:"desiredStatus"`
	Health         string  `json:"healthStatus"`
	Created        float64 `json:"createdAt"`
	Started        float64 `json:"startedAt"`
	Told           float64 `json:"stoppingAt"`
}

// Run asks for the service, and then for its tasks.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: kind, Object: c.service.Given}
	region := c.clients.AWSRegion(ctx, c.service.Region)
	s, tasks, trouble := c.look(ctx, f, region)
	if trouble != nil {
		return []rollout.Finding{*trouble}
	}
	return []rollout.Finding{c.judge(f, region, s, tasks)}
}

// look reads the service, and then its tasks.
func (c check) look(ctx context.Context, f rollout.Finding, region string) (service, []task, *rollout.Finding) {
	s, trouble := c.read(ctx, f, region)
	if trouble != nil {
		return service{}, nil, trouble
	}
	tasks, trouble := c.tasks(ctx, f, region)
	return s, tasks, trouble
}

func (c check) ask(ctx context.Context, region, action string, in, out any) error {
	return c.clients.AWSJSON(ctx, region, "ecs", "AmazonEC2ContainerServiceV20141113."+action, in, out)
}

// read reads the service. A deleted one is shown for a while.
func (c check) read(ctx context.Context, f rollout.Finding, region string) (service, *rollout.Finding) {
	var found struct {
		Services []service
		Failures []struct{ Reason string }
	}
	err := c.ask(ctx, region, "DescribeServices", map[string]any{"cluster": c.cluster, "services": []string{c.name}}, &found)
	missing := slices.ContainsFunc(found.Failures, func(f struct{ Reason string }) bool { return f.Reason == "MISSING" })
	switch {
	case err != nil || ctx.Err() != nil:
		f = amazon.Unread(ctx, f, err, describeServices, " in "+region)
	case missing && len(found.Services) == 0:
		f = amazon.Gone(f, " in "+region)
	case len(found.Services) != 1 || !c.is(found.Services[0]):
		f = amazon.Odd(f)
	case found.Services[0].Status != "ACTIVE":
		f = amazon.Gone(f, fmt.Sprintf(" in %s: what is left of it is %s", region, found.Services[0].Status))
	default:
		return found.Services[0], nil
	}
	return service{}, &f
}

// is reports whether that is the service: an answer about another one is none.
func (c check) is(s service) bool {
	return s.Name == c.name && strings.HasSuffix(s.Arn, ":service/"+c.service.Name) && (c.service.Account == "" || s.Arn == c.service.Given)
}

// tasks are all of the service that ECS shows, those that were told to stop last.
func (c check) tasks(ctx context.Context, f rollout.Finding, region string) ([]task, *rollout.Finding) {
	var arns []string
	for _, desired := range []string{running, stopped} {
		in := map[string]any{"cluster": c.cluster, "serviceName": c.name, "desiredStatus": desired}
		for more := true; more; {
			var list struct {
				Arns []string `json:"taskArns"`
				Next string   `json:"nextToken"`
			}
			if err := c.ask(ctx, region, "ListTasks", in, &list); err != nil || ctx.Err() != nil {
				f = amazon.Skipped(ctx, f, err, listTasks)
				return nil, &f
			}
			arns = append(arns, list.Arns...)
			in["nextToken"], more = list.Next, list.Next != ""
		}
	}
	slices.Sort(arns)
	var out []task
	for some := range slices.Chunk(slices.Compact(arns), page) {
		var found struct {
			Tasks    []task
			Failures []struct{ Reason string }
		}
		if err := c.ask(ctx, region, "DescribeTasks", map[string]any{"cluster": c.cluster, "tasks": some}, &found); err != nil || ctx.Err() != nil {
			f = amazon.Skipped(ctx, f, err, describeTasks)
			return nil, &f
		}
		if len(found.Tasks) != len(some) { // nothing may be missed
			f = amazon.Odd(f)
			return nil, &f
		}
		out = append(out, found.Tasks...)
	}
	return out, nil
}

// judge says who is old and has not stopped. Only then it counts whether ECS may
// still go back: a deployment that is not completed may fail.
func (c check) judge(f rollout.Finding, region string, s service, tasks []task) rollout.Finding {
	if by := s.Controller.Type; by != "" && by != "ECS" {
		f.Status = rollout.Skipped
		return f.Because(msgController, "controller", by)
	}
	now, ok := s.primary()
	if !ok {
		return amazon.Odd(f)
	}
	f.Status, f.Retry = rollout.Failed, true
	if !c.wants(now.TaskDefinition) {
		found, wanted := short(now.TaskDefinition), c.wanted.Name
		if found == wanted { // of another account, or another region
			found, wanted = now.TaskDefinition, c.wanted.Given
		}
		return f.Because(msgOther, "found", found, "wanted", wanted)
	}
	current, old := c.parted(now, tasks)
	state := now.told()
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
	f.Why = fmt.Sprintf("nothing but %s runs there: %d tasks", short(now.TaskDefinition), len(current))
	return f
}

// told is how far a deployment has come.
func (d deployment) told() string {
	return fmt.Sprintf("the deployment of %s is %s", short(d.TaskDefinition), cmp.Or(d.State, "in no known state"))
}

// parted are the tasks that have not stopped: of the deployment that is wanted, and
// all others.
func (c check) parted(now deployment, tasks []task) (current, old []task) {
	for _, t := range tasks {
		switch {
		case t.Last == stopped, t.Last == "DELETED":
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
	return short(arn) == c.wanted.Name
}

// told are old tasks for people: which, of what, and since when they are as they are.
func (c check) told(old []task) string {
	var out []string
	for _, t := range old[:min(shown, len(old))] {
		of := short(t.TaskDefinition)
		if c.wants(t.TaskDefinition) {
			of += ", of an earlier deployment"
		}
		since := ""
		if at := cmp.Or(t.Told, t.Started, t.Created); at > 0 {
			since = " since " + preflight.Moment(time.UnixMilli(int64(at*1000))) //nolint:mnd // seconds
		}
		out = append(out, fmt.Sprintf("task %s of %s (%s%s)", short(t.Arn), of, t.Last, since))
	}
	if len(old) > shown {
		out = append(out, fmt.Sprintf("and %d more", len(old)-shown))
	}
	return strings.Join(out, ", ")
}

// command stops the first that nobody has told to stop, "" where all were.
func (c check) command(region string, old []task) string {
	i := slices.IndexFunc(old, func(t task) bool { return t.Desired != stopped })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("aws ecs stop-task --region %s --cluster %s --task %s", region, c.cluster, short(old[i].Arn))
}

// short is what stands behind the last slash of an ARN.
func short(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
