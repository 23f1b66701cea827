package oldworkerstopped

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const (
	// steady is how long a new task has to run before an old one is stopped for it: one
	// that ends right after its start shows as running in between.
	steady = time.Minute
	// usualMinimum is the minimum healthy percent of a service that says none
	// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html).
	usualMinimum = 100
)

// Enforce implements rollout.Enforcer: it tells old tasks to stop, as many as may at
// once. What could not be looked at, and a service that wants something else, is for
// Run to tell: nobody is told to stop for that.
func (c check) Enforce(ctx context.Context) (string, *rollout.Finding) {
	f := rollout.Finding{Check: kind, Object: c.service.Given, Status: rollout.Failed, Retry: true}
	region := c.clients.AWSRegion(ctx, c.service.Region)
	s, tasks, unread := c.look(ctx, f, region)
	if unread != nil {
		return "", nil
	}
	now, ok := s.primary()
	if by := s.Controller.Type; !ok || by != "" && by != "ECS" || !c.wants(now.TaskDefinition) {
		return "", nil
	}
	current, old := c.parted(now, tasks)
	old = slices.DeleteFunc(old, func(t task) bool { return t.Desired == stopped })
	may, runs, least := s.spare(now, current, old, c.clients.Clock().Now())
	var told []task
	for _, t := range old {
		if t.Last == running {
			if may <= 0 {
				continue
			}
			may--
		}
		if trouble := c.stop(ctx, f, region, t); trouble != nil {
			return c.did(told), trouble
		}
		told = append(told, t)
	}
	if len(told) == 0 && len(old) > 0 {
		f = f.Because(msgKept, "least", least, "steady", runs, "state", now.told(), "tasks", c.told(old), "region", region, "cluster", c.cluster, "service", c.name)
		return "", &f
	}
	return c.did(told), nil
}

// spare is how many old tasks may stop, as the service's deployments themselves would
// have it: with the new ones that have run for a while, as many go on as the minimum
// healthy percent asks for, rounded up
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html).
func (s service) spare(now deployment, current, old []task, at time.Time) (may, runs, least int) {
	percent := usualMinimum
	if m := s.Configuration.Minimum; m != nil {
		percent = *m
	}
	least = (now.Desired*percent + 99) / 100 //nolint:mnd // percent
	for _, t := range current {
		since := time.UnixMilli(int64(t.Started * 1000)) //nolint:mnd // seconds
		if t.Last == running && t.Desired == running && t.Health != "UNHEALTHY" && at.Sub(since) >= steady {
			runs++
		}
	}
	may = runs - least
	for _, t := range old {
		if t.Last == running {
			may++
		}
	}
	return may, runs, least
}

// stop tells one task
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html).
func (c check) stop(ctx context.Context, f rollout.Finding, region string, t task) *rollout.Finding {
	err := c.ask(ctx, region, "StopTask", map[string]any{
		"cluster": c.cluster, "task": t.Arn, "reason": "an old worker of " + c.service.Name + ", for which a rollout has waited (terraform-provider-rollout)",
	}, nil)
	if err == nil {
		return nil
	}
	trouble := amazon.Skipped(ctx, f, err, stopTask)
	trouble.Retry = !errors.Is(cloud.AWSError("stop", err), rollout.ErrDenied)
	trouble = trouble.Because(msgUntold, "task", short(t.Arn), "why", trouble.Why, "todo", trouble.Fix)
	return &trouble
}

// did says who was told, "" where nobody was.
func (c check) did(told []task) string {
	if len(told) == 0 {
		return ""
	}
	return "told old tasks to stop: " + c.told(told)
}
