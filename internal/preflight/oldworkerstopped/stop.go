package oldworkerstopped

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
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
	r := c.reader()
	s, tasks, unread := r.Look(ctx, f)
	if unread != nil {
		return "", nil
	}
	now, ok := s.Primary()
	if !ok || s.Controlled() != "" || !c.wants(now.TaskDefinition) {
		return "", nil
	}
	current, old := c.parted(now, tasks)
	old = slices.DeleteFunc(old, func(t preflight.ECSTask) bool { return t.Desired == preflight.ECSStopped })
	may, runs, least := spare(s, now, current, old, c.clients.Clock().Now())
	var those []preflight.ECSTask
	for _, t := range old {
		if t.Last == preflight.ECSRunning {
			if may <= 0 {
				continue
			}
			may--
		}
		if trouble := c.stop(ctx, f, t); trouble != nil {
			return c.did(those), trouble
		}
		those = append(those, t)
	}
	if len(those) == 0 && len(old) > 0 {
		f = f.Because(msgKept, "least", least, "steady", runs, "state", progress(now), "tasks", c.told(old), "region", r.Region(ctx), "cluster", c.cluster, "service", c.name)
		return "", &f
	}
	return c.did(those), nil
}

// spare is how many old tasks may stop, as the service's deployments themselves would
// have it: with the new ones that have run for a while, as many go on as the minimum
// healthy percent asks for, rounded up
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html).
func spare(s preflight.ECSService, now preflight.ECSDeployment, current, old []preflight.ECSTask, at time.Time) (may, runs, least int) {
	percent := usualMinimum
	if m := s.Configuration.Minimum; m != nil {
		percent = *m
	}
	least = (now.Desired*percent + 99) / 100 //nolint:mnd // percent
	for _, t := range current {
		since := time.UnixMilli(int64(t.Started * 1000)) //nolint:mnd // seconds
		if t.Last == preflight.ECSRunning && t.Desired == preflight.ECSRunning && t.Health != "UNHEALTHY" && at.Sub(since) >= steady {
			runs++
		}
	}
	may = runs - least
	for _, t := range old {
		if t.Last == preflight.ECSRunning {
			may++
		}
	}
	return may, runs, least
}

// stop tells one task
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html).
func (c check) stop(ctx context.Context, f rollout.Finding, t preflight.ECSTask) *rollout.Finding {
	err := c.reader().Ask(ctx, "StopTask", map[string]any{
		"cluster": c.cluster, "task": t.Arn, "reason": "an old worker of " + c.service.Name + ", for which a rollout has waited (terraform-provider-rollout)",
	}, nil)
	if err == nil {
		return nil
	}
	trouble := amazon.Skipped(ctx, f, err, stopTask)
	trouble.Retry = !errors.Is(cloud.AWSError("stop", err), rollout.ErrDenied)
	trouble = trouble.Because(msgUntold, "task", preflight.ECSShort(t.Arn), "why", trouble.Why, "todo", trouble.Fix)
	return &trouble
}

// did says who was told, "" where nobody was.
func (c check) did(told []preflight.ECSTask) string {
	if len(told) == 0 {
		return ""
	}
	return "told old tasks to stop: " + c.told(told)
}
