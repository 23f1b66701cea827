package alb

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// scaler is what Auto Scaling tells of a group
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html).
type scaler struct {
	Name          string    `xml:"AutoScalingGroupName"`
	Min           int       `xml:"MinSize"`
	Desired       int       `xml:"DesiredCapacity"`
	Groups        []string  `xml:"TargetGroupARNs>member"`
	Sources       []string  `xml:"TrafficSources>member>Identifier"`
	Version       string    `xml:"LaunchTemplate>Version"`
	Mixed         string    `xml:"MixedInstancesPolicy>LaunchTemplate>LaunchTemplateSpecification>Version"`
	Instances     []machine `xml:"Instances>member"`
	Template      string    `xml:"LaunchTemplate>LaunchTemplateId"`
	MixedTemplate string    `xml:"MixedInstancesPolicy>LaunchTemplate>LaunchTemplateSpecification>LaunchTemplateId"`
	Others        []source  `xml:"MixedInstancesPolicy>LaunchTemplate>Overrides>member>LaunchTemplateSpecification"`
}

// source is a launch template that instances are started from. Types of instances
// may have one of their own
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateOverrides.html).
type source struct {
	Template string `xml:"LaunchTemplateId"`
	Version  string `xml:"Version"`
}

// machine is an instance of a group
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Instance.html).
type machine struct {
	ID       string `xml:"InstanceId"`
	State    string `xml:"LifecycleState"`
	Template string `xml:"LaunchTemplate>LaunchTemplateId"`
	Version  string `xml:"LaunchTemplate>Version"`
}

// version of the launch template that instances are to be started from.
func (a *scaler) version() string {
	if a.Version != "" {
		return a.Version
	}
	return a.Mixed
}

// outdated counts the instances that were started from another template, or from
// another version of theirs. "$Latest" and "$Default" name none, so nothing is known
// of them.
func (a *scaler) outdated() int {
	n, from := 0, append([]source{{cmp.Or(a.Template, a.MixedTemplate), a.version()}}, a.Others...)
	if _, err := strconv.Atoi(a.version()); err != nil {
		return 0
	}
	for _, i := range a.Instances {
		if i.Version != "" && !slices.ContainsFunc(from, i.isOf) {
			n++
		}
	}
	return n
}

// startsOther reports whether instances are to be started from something else than
// what words of a person name; false where that cannot be told.
func (a *scaler) startsOther(words string) bool {
	return words != "" && a.template() != "" && !strings.Contains(a.version(), "$") && !isCalled(a.template(), words)
}

// isOf reports whether an instance was started from a template, as far as its version
// has a number.
func (m machine) isOf(s source) bool {
	_, err := strconv.Atoi(s.Version)
	return (s.Template == "" || m.Template == "" || m.Template == s.Template) && (err != nil || m.Version == s.Version)
}

// autoscaling asks an action of Auto Scaling.
func (t *balancer) autoscaling(ctx context.Context, action string, in url.Values, out any) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	return cloud.AWSError("read the Auto Scaling groups", t.clients.AWSQuery(ctx, t.region, "autoscaling", "2011-01-01", action, in, out))
}

// scaler returns the Auto Scaling group that registers its instances in a target
// group, nil where none does. Which one that is, is looked for once.
func (t *balancer) scaler(ctx context.Context, g *group) (*scaler, error) {
	if known, asked := t.scaling[g.arn]; asked && known == nil {
		return nil, nil //nolint:nilnil // instances need not be of Auto Scaling
	} else if asked {
		all, _, err := t.scalers(ctx, url.Values{"AutoScalingGroupNames.member.1": {known.Name}})
		if err != nil || len(all) == 0 {
			return nil, err
		}
		return &all[0], nil
	}
	for token := ""; ; {
		in := url.Values{}
		if token != "" {
			in.Set("NextToken", token)
		}
		all, next, err := t.scalers(ctx, in)
		if err != nil {
			return nil, err
		}
		for i, a := range all {
			if slices.Contains(a.Groups, g.arn) || slices.Contains(a.Sources, g.arn) {
				t.knows(g, &all[i])
				return &all[i], nil
			}
		}
		if token = next; token == "" {
			t.knows(g, nil)
			return nil, nil //nolint:nilnil // as above
		}
	}
}

func (t *balancer) knows(g *group, a *scaler) {
	if t.scaling == nil {
		t.scaling = map[string]*scaler{}
	}
	t.scaling[g.arn] = a
}

func (t *balancer) scalers(ctx context.Context, in url.Values) (all []scaler, next string, err error) {
	var out struct {
		Groups []scaler `xml:"DescribeAutoScalingGroupsResult>AutoScalingGroups>member"`
		Next   string   `xml:"DescribeAutoScalingGroupsResult>NextToken"`
	}
	err = t.autoscaling(ctx, "DescribeAutoScalingGroups", in, &out)
	return out.Groups, out.Next, err
}

// scalerSays is why the last instance could not be started, "" where the last one
// could.
func (t *balancer) scalerSays(ctx context.Context, a *scaler) string {
	var out struct {
		Activities []struct {
			Status  string `xml:"StatusCode"`
			Message string `xml:"StatusMessage"`
		} `xml:"DescribeScalingActivitiesResult>Activities>member"`
	}
	in := url.Values{"AutoScalingGroupName": {a.Name}, "MaxRecords": {"1"}}
	if err := t.autoscaling(ctx, "DescribeScalingActivities", in, &out); err != nil { // it is worth having, and stands in the way of nothing
		return fmt.Sprintf("; what %s of Auto Scaling did cannot be seen: %s", a.Name, rollout.OneLine(err.Error(), longestDenial))
	}
	if len(out.Activities) == 0 || out.Activities[0].Message == "" {
		return ""
	}
	last := out.Activities[0]
	return fmt.Sprintf("; %s of Auto Scaling says: %s (%s)", a.Name, rollout.OneLine(last.Message, longestReason), last.Status)
}
