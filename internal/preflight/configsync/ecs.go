package configsync

import (
	"context"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// container is what is decoded of one in a task definition: names alone
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html).
type container struct {
	Name        string  `json:"name"`
	Environment []named `json:"environment"`
	Secrets     []named `json:"secrets"`
	Files       []struct {
		Type string `json:"type"`
	} `json:"environmentFiles"`
}

type named struct {
	Name string `json:"name"`
}

// task asks for the names of the variables in a task definition: of all containers,
// or of the one that is meant.
func (c check) task(ctx context.Context, f rollout.Finding, p place) ([]string, *rollout.Finding) {
	var out struct {
		Definition struct {
			Arn        string      `json:"taskDefinitionArn"`
			Containers []container `json:"containerDefinitions"`
		} `json:"taskDefinition"`
	}
	region := c.clients.AWSRegion(ctx, p.definition.Region)
	err := c.clients.AWSJSON(ctx, region, "ecs", "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", map[string]any{"taskDefinition": p.at}, &out)
	switch {
	case err != nil && ctx.Err() == nil && cloud.AWSCode(err) == "ClientException": // what ECS says of one that there is not
		f = tasks.Gone(f, " in "+region)
		return nil, &f
	case err != nil || ctx.Err() != nil:
		f = tasks.Unread(ctx, f, err, describeDefinition, " in "+region)
		return nil, &f
	case out.Definition.Arn == "":
		f = tasks.Odd(f)
		return nil, &f
	}
	names, found := []string{}, false
	for _, one := range out.Definition.Containers {
		if p.target != "" && one.Name != p.target {
			continue
		}
		found = true
		if len(one.Files) > 0 {
			f.Status = rollout.Skipped
			f = f.Because(msgFiles, "container", one.Name, "place", p.name)
			return nil, &f
		}
		for _, e := range one.Environment {
			names = append(names, e.Name)
		}
		for _, s := range one.Secrets {
			names = append(names, s.Name)
		}
	}
	if !found {
		f = f.Because(msgNoContainer, "place", p.name, "container", p.target)
		return nil, &f
	}
	return names, nil
}
