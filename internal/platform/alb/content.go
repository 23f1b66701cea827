package alb

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// owner is who registers the targets of a group: a service of ECS or an Auto Scaling
// group; both are nil where nobody is known.
func (t *balancer) owner(ctx context.Context, g *group) (s *service, a *scaler, err error) {
	if t.settings.cluster != "" {
		if s, err = t.service(ctx, g); s != nil || err != nil {
			return s, nil, err
		}
	}
	if g.TargetType == types.TargetTypeEnumInstance {
		a, err = t.scaler(ctx, g)
	}
	return nil, a, err
}

func (s *service) by() string { return "the service " + s.Name + " of Amazon ECS" }
func (a *scaler) by() string  { return "the Auto Scaling group " + a.Name }

// definitions are the task definitions that tasks of a service are of: first the one
// that they are being brought to, then those of deployments before that have tasks
// yet (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html).
func (s *service) definitions() []string {
	var out []string
	for _, d := range s.Deployments {
		switch {
		case d.Status == "PRIMARY":
			out = slices.Insert(out, 0, d.TaskDefinition)
		case d.Running > 0:
			out = append(out, d.TaskDefinition)
		}
	}
	return out
}

// template is the launch template that instances are to be started from, and its
// version, as ID:VERSION; "" where there is none.
func (a *scaler) template() string {
	switch {
	case a.Template != "":
		return a.Template + ":" + a.version()
	case a.MixedTemplate != "":
		return a.MixedTemplate + ":" + a.version()
	}
	return ""
}

// templates are the same with those that instances were started from which go on.
func (a *scaler) templates() []string {
	if a.template() == "" {
		return nil
	}
	out := []string{a.template()}
	for _, i := range a.Instances {
		v := i.Template + ":" + i.Version
		if i.Version != "" && !strings.HasPrefix(i.State, "Terminat") && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// holding implements platform.Place.Holds: what groups hold is fingerprinted by the
// task definition, or by the version of the launch template, for neither can change.
// "$Latest" and "$Default" name none.
func (t *balancer) holding(ctx context.Context, of ...rollout.Revision) (map[rollout.Revision]platform.Held, error) {
	if slices.ContainsFunc(of, func(r rollout.Revision) bool { return t.groups[r] == nil }) {
		r, err := t.read(ctx)
		if err != nil {
			return nil, err
		}
		if err := t.look(ctx, r, of); err != nil {
			return nil, err
		}
	}
	out := map[rollout.Revision]platform.Held{}
	for _, r := range of {
		g := t.groups[r]
		if g == nil {
			continue
		}
		s, a, err := t.owner(ctx, g)
		switch {
		case err != nil:
			return nil, err
		case s != nil && len(s.definitions()) > 0:
			out[r] = platform.Held{Content: s.definitions()[0], By: s.by()}
		case a != nil && a.template() != "" && !strings.Contains(a.version(), "$"):
			out[r] = platform.Held{Content: a.template(), By: a.by()}
		}
	}
	return out, nil
}

// isCalled reports whether words of a person mean what is held: the ARN of a task
// definition or FAMILY:REVISION, ID:VERSION of a launch template or its version.
func isCalled(content, words string) bool {
	if content == words {
		return true
	}
	if strings.Contains(content, ":task-definition/") {
		return short(content) == words
	}
	return strings.HasSuffix(content, ":"+words) && !strings.Contains(words, ":")
}

// inside is what a group holds for rollout_slot, what it is being brought to first,
// and by whom: nothing, where nobody brings anything there and no target is
// registered.
func (t *balancer) inside(ctx context.Context, g *group, of turns) (by string, holds []string, err error) {
	s, a, err := t.owner(ctx, g)
	var names []string
	read := t.image
	switch {
	case err != nil:
		return "", nil, slotUnread(err)
	case s != nil:
		by, names = s.by(), s.definitions()
	case a != nil:
		by, names, read = a.by(), a.templates(), t.amazonImage
	case len(g.targets) > 0:
		return "", nil, msgSlotUnowned.With("group", name(g.arn), "targets", len(g.targets))
	default:
		return "", nil, nil
	}
	for _, n := range names {
		content, err := read(ctx, n, of)
		if err != nil {
			return "", nil, err
		}
		if !slices.Contains(holds, content) {
			holds = append(holds, content)
		}
	}
	if len(holds) == 0 {
		return "", nil, msgSlotNothingNamed.With("group", name(g.arn), "by", by)
	}
	return by, holds, nil
}

// container is what of a task definition is read: environment and secrets are not.
type container struct {
	Name   string            `json:"name"`
	Image  string            `json:"image"`
	Labels map[string]string `json:"dockerLabels"`
}

// image is the content of a task definition
// (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html).
func (t *balancer) image(ctx context.Context, definition string, of turns) (string, error) {
	var out struct {
		Definition struct {
			Containers []container `json:"containerDefinitions"`
		} `json:"taskDefinition"`
	}
	if err := t.ecs(ctx, "DescribeTaskDefinition", map[string]any{"taskDefinition": definition}, &out); err != nil {
		return "", slotUnread(err)
	}
	var names []string
	for _, c := range out.Definition.Containers {
		names = append(names, c.Name)
	}
	all := strings.Join(names, ", ")
	if of.container == "" && len(names) > 1 {
		return "", msgSlotContainers.With("definition", short(definition), "containers", all)
	}
	for _, c := range out.Definition.Containers {
		switch {
		case of.container != "" && c.Name != of.container:
		case of.label == "":
			return c.Image, nil
		case c.Labels[of.label] == "":
			return "", msgSlotNoLabel.With("what", "The container "+c.Name+" of "+short(definition)+" has no docker label", "label", of.label)
		default:
			return c.Labels[of.label], nil
		}
	}
	return "", msgSlotNoContainer.With("definition", short(definition), "container", of.container, "containers", all)
}

// amazonImage is the content of a version of a launch template, as ID:VERSION. What
// instances run when they start is not read: passwords have been seen there
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html).
func (t *balancer) amazonImage(ctx context.Context, template string, of turns) (string, error) {
	var out struct {
		Image string `xml:"launchTemplateVersionSet>item>launchTemplateData>imageId"`
		Tags  []struct {
			Of   string `xml:"resourceType"`
			Tags []struct {
				Key   string `xml:"key"`
				Value string `xml:"value"`
			} `xml:"tagSet>item"`
		} `xml:"launchTemplateVersionSet>item>launchTemplateData>tagSpecificationSet>item"`
	}
	id, version, _ := strings.Cut(template, ":")
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	in := url.Values{"LaunchTemplateId": {id}, "LaunchTemplateVersion.1": {version}}
	if err := t.clients.AWSQuery(ctx, t.region, "ec2", "2016-11-15", "DescribeLaunchTemplateVersions", in, &out); err != nil {
		return "", slotUnread(cloud.AWSError("read the launch template "+template, err))
	}
	if of.label == "" && out.Image != "" {
		return out.Image, nil
	}
	for _, s := range out.Tags {
		for _, one := range s.Tags {
			if s.Of == "instance" && one.Key == of.label && one.Value != "" {
				return one.Value, nil
			}
		}
	}
	if of.label == "" {
		return "", msgSlotNoImage.With("template", template)
	}
	return "", msgSlotNoLabel.With("what", "The launch template "+template+" gives its instances no tag", "label", of.label)
}
