package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/lazyregexp"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// ECSForm is how a service is named: its ARN, or CLUSTER/NAME.
var ECSForm = AmazonForm{Service: "ecs", Before: "service/", Name: lazyregexp.New(`^[A-Za-z0-9_-]{1,255}/[A-Za-z0-9_-]{1,255}$`)}

// States of tasks.
const (
	ECSRunning = "RUNNING"
	ECSStopped = "STOPPED"
)

const (
	describeServices = "ecs:DescribeServices"
	listTasks        = "ecs:ListTasks"
	describeTasks    = "ecs:DescribeTasks"

	// page is how many tasks one call describes.
	page = 100
)

// ECSPermissions are what reading takes; where says for which blocks.
func ECSPermissions(where string) []cloud.Permission {
	return []cloud.Permission{
		{Action: describeServices, Resource: "arn:{partition}:ecs:{region}:{account}:service/{cluster}/{service}", Phase: cloud.AtPlan, Where: where},
		{Action: listTasks, Resource: "*", Phase: cloud.AtPlan, Where: where},
		{Action: describeTasks, Resource: "arn:{partition}:ecs:{region}:{account}:task/{cluster}/*", Phase: cloud.AtPlan, Where: where},
	}
}

// ECSService is what is decoded of one
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html).
type ECSService struct {
	Arn        string `json:"serviceArn"`
	Name       string `json:"serviceName"`
	Status     string `json:"status"`
	Controller struct {
		Type string `json:"type"`
	} `json:"deploymentController"`
	Configuration struct {
		Minimum *int `json:"minimumHealthyPercent"`
	} `json:"deploymentConfiguration"`
	Deployments []ECSDeployment `json:"deployments"`
}

// ECSDeployment is one of a service.
type ECSDeployment struct {
	ID             string `json:"id"`
	Status         string `json:"status"`
	TaskDefinition string `json:"taskDefinition"`
	State          string `json:"rolloutState"`
	Desired        int    `json:"desiredCount"`
}

// Controlled is who makes the deployments where that is not ECS itself, "" where it is.
func (s ECSService) Controlled() string {
	if by := s.Controller.Type; by != "ECS" {
		return by
	}
	return ""
}

// Primary is the deployment that is wanted of a service.
func (s ECSService) Primary() (ECSDeployment, bool) {
	i := slices.IndexFunc(s.Deployments, func(d ECSDeployment) bool { return d.Status == "PRIMARY" })
	if i < 0 {
		return ECSDeployment{}, false
	}
	return s.Deployments[i], true
}

// ECSTask is what is decoded of one; startedBy is the deployment of a service's task
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html).
type ECSTask struct {
	Arn            string         `json:"taskArn"`
	TaskDefinition string         `json:"taskDefinitionArn"`
	By             string         `json:"startedBy"`
	Last           string         `json:"lastStatus"`
	Desired        string         `json:"desiredStatus"`
	Health         string         `json:"healthStatus"`
	Created        float64        `json:"createdAt"`
	Started        float64        `json:"startedAt"`
	Told           float64        `json:"stoppingAt"`
	Containers     []ECSContainer `json:"containers"`
}

// ECSContainer is one of a task: its image as the task definition has it, and what that
// stood for when it was pulled
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html).
type ECSContainer struct {
	Name   string `json:"name"`
	Image  string `json:"image"`
	Digest string `json:"imageDigest"`
}

// Over reports whether a task has stopped.
func (t ECSTask) Over() bool { return t.Last == ECSStopped || t.Last == "DELETED" }

// ECSShort is what stands behind the last slash of an ARN.
func ECSShort(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// ECSReader asks about one service of Amazon ECS and its tasks, in the words of a kind:
//
//   - ListTasks shows by the desired state, and pages: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
//   - DescribeTasks takes at most 100 at once: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
//   - A task goes from those that are to run to those that were told to stop, and never back: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
type ECSReader struct {
	Clients *cloud.Clients
	Words   Amazon
	Name    cloud.AWSName
}

// Cluster and service are the two parts of its name.
func (r ECSReader) parts() (cluster, service string) {
	cluster, service, _ = strings.Cut(r.Name.Name, "/")
	return cluster, service
}

// Region is where the service is.
func (r ECSReader) Region(ctx context.Context) string { return r.Clients.AWSRegion(ctx, r.Name.Region) }

// Ask sends ECS a request where the service is.
func (r ECSReader) Ask(ctx context.Context, action string, in, out any) error {
	return r.Clients.AWSJSON(ctx, r.Region(ctx), "ecs", "AmazonEC2ContainerServiceV20141113."+action, in, out)
}

// Look reads the service, and then all of its tasks that ECS shows, those that were
// told to stop last. trouble is f with why it could not.
func (r ECSReader) Look(ctx context.Context, f rollout.Finding) (s ECSService, all []ECSTask, trouble *rollout.Finding) {
	if s, trouble = r.service(ctx, f); trouble == nil {
		all, trouble = r.tasks(ctx, f)
	}
	return s, all, trouble
}

// service reads the service. A deleted one is shown for a while.
func (r ECSReader) service(ctx context.Context, f rollout.Finding) (ECSService, *rollout.Finding) {
	var found struct {
		Services []ECSService
		Failures []struct{ Reason string }
	}
	cluster, name := r.parts()
	where := " in " + r.Region(ctx)
	err := r.Ask(ctx, "DescribeServices", map[string]any{"cluster": cluster, "services": []string{name}}, &found)
	missing := slices.ContainsFunc(found.Failures, func(f struct{ Reason string }) bool { return f.Reason == "MISSING" })
	switch {
	case err != nil || ctx.Err() != nil:
		f = r.Words.Unread(ctx, f, err, describeServices, where)
	case missing && len(found.Services) == 0:
		f = r.Words.Gone(f, where)
	case len(found.Services) != 1 || !r.is(found.Services[0]):
		f = r.Words.Odd(f)
	case found.Services[0].Status != "ACTIVE":
		f = r.Words.Gone(f, fmt.Sprintf("%s: what is left of it is %s", where, found.Services[0].Status))
	default:
		return found.Services[0], nil
	}
	return ECSService{}, &f
}

// is reports whether that is the service: an answer about another one is none.
func (r ECSReader) is(s ECSService) bool {
	_, name := r.parts()
	return s.Name == name && strings.HasSuffix(s.Arn, ":service/"+r.Name.Name) && (r.Name.Account == "" || s.Arn == r.Name.Given)
}

func (r ECSReader) tasks(ctx context.Context, f rollout.Finding) ([]ECSTask, *rollout.Finding) {
	arns, trouble := r.listed(ctx, f)
	if trouble != nil {
		return nil, trouble
	}
	cluster, _ := r.parts()
	var out []ECSTask
	for some := range slices.Chunk(arns, page) {
		var found struct{ Tasks []ECSTask }
		if err := r.Ask(ctx, "DescribeTasks", map[string]any{"cluster": cluster, "tasks": some}, &found); err != nil || ctx.Err() != nil {
			f = r.Words.Skipped(ctx, f, err, describeTasks)
			return nil, &f
		}
		if len(found.Tasks) != len(some) { // nothing may be missed
			f = r.Words.Odd(f)
			return nil, &f
		}
		out = append(out, found.Tasks...)
	}
	return out, nil
}

func (r ECSReader) listed(ctx context.Context, f rollout.Finding) ([]string, *rollout.Finding) {
	cluster, name := r.parts()
	var arns []string
	for _, desired := range []string{ECSRunning, ECSStopped} {
		in := map[string]any{"cluster": cluster, "serviceName": name, "desiredStatus": desired}
		for more := true; more; {
			var list struct {
				Arns []string `json:"taskArns"`
				Next string   `json:"nextToken"`
			}
			if err := r.Ask(ctx, "ListTasks", in, &list); err != nil || ctx.Err() != nil {
				f = r.Words.Skipped(ctx, f, err, listTasks)
				return nil, &f
			}
			arns = append(arns, list.Arns...)
			in["nextToken"], more = list.Next, list.Next != ""
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns), nil
}
