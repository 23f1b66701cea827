package alb

import (
	"context"
	"fmt"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// services are those of the ECS cluster, by the ARN of the group in which they
// register their tasks.
type services struct{ by map[string]string }

// service is what ECS tells of one
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html).
type service struct {
	Arn           string `json:"serviceArn"`
	Name          string `json:"serviceName"`
	Status        string `json:"status"`
	Desired       int    `json:"desiredCount"`
	LoadBalancers []struct {
		Group string `json:"targetGroupArn"`
	} `json:"loadBalancers"`
	Deployments []struct {
		Status         string `json:"status"`
		TaskDefinition string `json:"taskDefinition"`
		State          string `json:"rolloutState"`
		Reason         string `json:"rolloutStateReason"`
		Desired        int    `json:"desiredCount"`
		Running        int    `json:"runningCount"`
	} `json:"deployments"`
	Events []struct {
		Message string `json:"message"`
	} `json:"events"`
}

// ecs asks an action of ECS.
func (t *balancer) ecs(ctx context.Context, action string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	err := t.clients.AWSJSON(ctx, t.region, "ecs", "AmazonEC2ContainerServiceV20141113."+action, in, out)
	return cloud.AWSError("read the services of "+t.settings.cluster, err)
}

// ecsPage is how many services one call describes
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html).
const ecsPage = 10

// service returns the one that registers its tasks in a group, nil where none does.
// Which one that is, is looked for once.
func (t *balancer) service(ctx context.Context, g *group) (*service, error) {
	if t.services == nil {
		found := &services{by: map[string]string{}}
		for token := ""; ; {
			var page struct {
				Arns []string `json:"serviceArns"`
				Next string   `json:"nextToken"`
			}
			in := map[string]any{"cluster": t.settings.cluster, "maxResults": ecsPage}
			if token != "" {
				in["nextToken"] = token
			}
			if err := t.ecs(ctx, "ListServices", in, &page); err != nil {
				return nil, err
			}
			all, err := t.describe(ctx, page.Arns)
			if err != nil {
				return nil, err
			}
			for _, s := range all {
				for _, b := range s.LoadBalancers {
					found.by[b.Group] = s.Arn
				}
			}
			if token = page.Next; token == "" {
				break
			}
		}
		t.services = found
	}
	arn := t.services.by[g.arn]
	if arn == "" {
		return nil, nil //nolint:nilnil // a group need not be one of ECS
	}
	one, err := t.describe(ctx, []string{arn})
	if err != nil || len(one) == 0 {
		return nil, err
	}
	return &one[0], nil
}

func (t *balancer) describe(ctx context.Context, arns []string) ([]service, error) {
	if len(arns) == 0 {
		return nil, nil
	}
	var out struct {
		Services []service `json:"services"`
	}
	err := t.ecs(ctx, "DescribeServices", map[string]any{"cluster": t.settings.cluster, "services": arns}, &out)
	return out.Services, err
}

// rolled says whether a service has brought what is wanted
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html).
// A circuit breaker may take a service back to what it had before
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html):
// a deployment that is completed says nothing, unless it is of what is to be there.
func (t *balancer) rolled(ctx context.Context, g *group, s *service) rollout.Health {
	if len(s.Deployments) == 0 {
		return rollout.Health{State: rollout.Ready}
	}
	now, wants := s.Deployments[0], t.settings.brings(g)
	for _, d := range s.Deployments {
		if d.Status == "PRIMARY" {
			now = d
		}
	}
	for _, d := range s.Deployments {
		if d.State == "FAILED" && (d.Status == "PRIMARY" || wants != "" && isCalled(d.TaskDefinition, wants)) {
			return rollout.Health{State: rollout.Broken, Reason: fmt.Sprintf("the deployment of %s failed: %s", s.Name, rollout.OneLine(d.Reason, longestReason)) + t.serviceSays(ctx, s)}
		}
	}
	switch {
	case wants != "" && !isCalled(now.TaskDefinition, wants):
		return rollout.Health{State: rollout.Starting, Reason: fmt.Sprintf("%s runs %s, and is to run %s", s.Name, short(now.TaskDefinition), short(wants)) + t.serviceSays(ctx, s)}
	case now.State == "IN_PROGRESS":
		return rollout.Health{State: rollout.Starting, Reason: fmt.Sprintf("%s is being deployed: %d of %d tasks run", s.Name, now.Running, now.Desired) + t.serviceSays(ctx, s)}
	}
	return rollout.Health{State: rollout.Ready}
}

// serviceSays is the last event of a service, and why its last task stopped.
func (t *balancer) serviceSays(ctx context.Context, s *service) string {
	out := ""
	if len(s.Events) > 0 {
		out += "; Amazon ECS says: " + rollout.OneLine(s.Events[0].Message, longestReason)
	}
	var list struct {
		Arns []string `json:"taskArns"`
	}
	var tasks struct {
		Tasks []struct {
			Reason  string  `json:"stoppedReason"`
			Stopped float64 `json:"stoppedAt"`
		} `json:"tasks"`
	}
	in := map[string]any{"cluster": t.settings.cluster, "serviceName": s.Name, "desiredStatus": "STOPPED"}
	err := t.ecs(ctx, "ListTasks", in, &list)
	if err == nil && len(list.Arns) > 0 {
		err = t.ecs(ctx, "DescribeTasks", map[string]any{"cluster": t.settings.cluster, "tasks": list.Arns}, &tasks)
	}
	if err != nil { // why a task stopped is worth having, and stands in the way of nothing
		return out + "; why its tasks stopped cannot be seen: " + rollout.OneLine(err.Error(), longestDenial)
	}
	last, reason := -1.0, ""
	for _, one := range tasks.Tasks {
		if one.Stopped > last && one.Reason != "" {
			last, reason = one.Stopped, one.Reason
		}
	}
	if reason != "" {
		out += "; its last task stopped: " + rollout.OneLine(reason, longestReason)
	}
	return out
}

// short is what stands behind the last slash of an ARN.
func short(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
