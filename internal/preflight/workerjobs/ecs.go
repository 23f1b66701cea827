package workerjobs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// onECS reads the images that a service's tasks run. One that was told to stop may
// still take jobs, or enqueue them, until it has.
func (c check) onECS(ctx context.Context, f rollout.Finding, s source) ([]jobs, *rollout.Finding) {
	_, tasks, trouble := preflight.ECSReader{Clients: c.clients, Words: amazon, Name: s.tasks}.Look(ctx, f)
	if trouble != nil {
		if !strings.Contains(trouble.Why, s.tasks.Given) {
			trouble.Why = s.tasks.Given + ": " + trouble.Why // there are two sides
		}
		return nil, trouble
	}
	tasks = slices.DeleteFunc(tasks, preflight.ECSTask.Over)
	if len(tasks) == 0 {
		f.Retry = true
		return nil, because(f, rollout.Failed, msgNoTask, "service", s.tasks.Given)
	}
	definitions, images := map[string]bool{}, map[string]bool{}
	for _, t := range tasks {
		definitions[preflight.ECSShort(t.TaskDefinition)] = true
	}
	if running := slices.Sorted(maps.Keys(definitions)); s.live != "" && !slices.Equal(running, []string{preflight.ECSShort(s.live)}) {
		f.Retry = true
		return nil, because(f, rollout.Failed, msgOtherTasks, "definition", preflight.ECSShort(s.live), "service", s.tasks.Given, "running", strings.Join(running, " and "))
	}
	for _, t := range tasks {
		image, trouble := s.imageOf(f, t)
		if trouble != nil {
			return nil, trouble
		}
		images[image] = true
	}
	var out []jobs
	for _, image := range slices.Sorted(maps.Keys(images)) {
		of, trouble := c.inImage(ctx, f, s, image, image)
		if trouble != nil {
			return nil, trouble
		}
		out = append(out, of...)
	}
	return out, nil
}

// imageOf is the image of a task's container that says its jobs, by the digest that
// ECS pulled: what a tag of the task definition stands for now may be another one.
func (s source) imageOf(f rollout.Finding, t preflight.ECSTask) (string, *rollout.Finding) {
	var found []preflight.ECSContainer
	for _, one := range t.Containers {
		if one.Name == s.container || s.container == "" {
			found = append(found, one)
		}
	}
	id := preflight.ECSShort(t.Arn)
	if len(found) != 1 {
		return "", because(f, rollout.Failed, msgContainer, "task", id, "count", len(found), "wanted", s.container)
	}
	ref, err := name.ParseReference(found[0].Image)
	if err != nil || found[0].Digest == "" { // one that is about to begin has none yet
		return "", because(f, rollout.Skipped, msgNoDigest, "task", id, "image", found[0].Image)
	}
	return ref.Context().Digest(found[0].Digest).Name(), nil
}
