package ecstask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// definition is a task definition as ECS shows it: what is not read here is copied
// as it is, and never looked at.
type definition struct {
	TaskDefinition map[string]json.RawMessage
	Tags           []struct{ Key, Value string }

	containers []container
}

// container is what matters of one.
type container struct {
	Name      string `json:"name"`
	Essential *bool  `json:"essential"`
	Log       struct {
		Driver  string            `json:"logDriver"`
		Options map[string]string `json:"options"`
	} `json:"logConfiguration"`
}

// errUnread does not say what stands there, for that may be anything.
var errUnread = errors.New("its containers cannot be read")

// shown are the fields of a task definition that ECS sets itself, so that a
// registration does not take them
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html).
var shown = []string{
	"taskDefinitionArn", "family", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy", "deregisteredAt", "deleteRequestedAt",
}

func (j *task) ask(ctx context.Context, action string, in, out any) error {
	return j.clients.AWSJSON(ctx, j.region, "ecs", "AmazonEC2ContainerServiceV20141113."+action, in, out)
}

// fetch returns a task definition, or the error of AWS as it came.
func (j *task) fetch(ctx context.Context, named string) (*definition, error) {
	d := &definition{}
	err := j.ask(ctx, "DescribeTaskDefinition", map[string]any{"taskDefinition": named, "include": []string{"TAGS"}}, d)
	if err == nil && json.Unmarshal(d.TaskDefinition["containerDefinitions"], &d.containers) != nil {
		err = errUnread
	}
	return d, err
}

func (j *task) describe(ctx context.Context, named string) (*definition, error) {
	d, err := j.fetch(ctx, named)
	return d, cloud.AWSError("describe the task definition "+named, err)
}

// text is one of its fields.
func (d *definition) text(field string) string {
	var out string
	if json.Unmarshal(d.TaskDefinition[field], &out) != nil {
		return "" // it is not there
	}
	return out
}

func (d *definition) tag(key string) string {
	for _, t := range d.Tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// job is the container whose end decides; false where that is not known.
func (d *definition) job(named string) (container, bool) {
	essential := func(c container) bool { return c.Essential == nil || *c.Essential }
	var found []container
	for _, c := range d.containers {
		if c.Name == named || named == "" && (len(d.containers) == 1 || essential(c)) {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		return container{}, false
	}
	return found[0], true
}

// names lists the containers.
func (d *definition) names() string {
	var out []string
	for _, c := range d.containers {
		out = append(out, c.Name)
	}
	return strings.Join(out, ", ")
}

// copied is the registration of a copy, with another image of one container if one
// is given.
func (d *definition) copied(family, container, image string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	for field, value := range d.TaskDefinition {
		if !slices.Contains(shown, field) && string(value) != "null" {
			out[field] = value
		}
	}
	var err error
	if out["family"], err = json.Marshal(family); err != nil {
		return nil, fmt.Errorf("copy the task definition: %w", err)
	}
	if image == "" {
		return out, nil
	}
	var all []map[string]json.RawMessage
	if err := json.Unmarshal(out["containerDefinitions"], &all); err != nil {
		return nil, fmt.Errorf("copy the task definition: %w", errUnread)
	}
	for i, c := range d.containers {
		if c.Name == container {
			if all[i]["image"], err = json.Marshal(image); err != nil {
				return nil, fmt.Errorf("copy the task definition: %w", err)
			}
		}
	}
	if out["containerDefinitions"], err = json.Marshal(all); err != nil {
		return nil, fmt.Errorf("copy the task definition: %w", err)
	}
	return out, nil
}

// register makes a copy for an errand, and returns its ARN. m is the mark of the
// first one; nil for a later run's.
func (j *task) register(ctx context.Context, e rollout.Errand, m *mark) (string, error) {
	d, err := j.describe(ctx, j.definition)
	if err != nil {
		return "", err
	}
	c, ok := d.job(j.container)
	if !ok {
		return "", fmt.Errorf("%w: which container of %s is the job is not known: it has %s", rollout.ErrInvalid, j.definition, d.names())
	}
	in, err := d.copied(j.familyFor(e.Key), c.Name, e.Image)
	if err != nil {
		return "", err
	}
	tags := []map[string]string{{"key": errandTag, "value": e.Key}}
	if m != nil {
		tags = append(tags, map[string]string{"key": runTag, "value": m.String()})
	}
	if in["tags"], err = json.Marshal(tags); err != nil {
		return "", fmt.Errorf("copy the task definition: %w", err)
	}
	var out struct {
		TaskDefinition struct{ TaskDefinitionArn string }
	}
	if err := j.ask(ctx, "RegisterTaskDefinition", in, &out); err != nil {
		return "", cloud.AWSError("copy the task definition "+j.definition+" to the family "+j.familyFor(e.Key), err)
	}
	return out.TaskDefinition.TaskDefinitionArn, nil
}

// familyFor is the family of an errand's copies.
func (j *task) familyFor(key string) string {
	const longest = 255 // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
	end := "-rollout-" + key
	return j.family[:min(len(j.family), longest-len(end))] + end
}
