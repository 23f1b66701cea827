package aws

import (
	"context"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A refresh replaces the instances of a group by such as its launch template has now
// (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_StartInstanceRefresh.html);
// moto has none.
type refresh struct {
	id, group, region string
	began, ended      time.Time
	job               job
}

// groupsDocument is what of DescribeAutoScalingGroups is looked at.
type groupsDocument struct {
	Groups []struct {
		Name      string   `xml:"AutoScalingGroupName"`
		Template  string   `xml:"LaunchTemplate>LaunchTemplateId"`
		Version   string   `xml:"LaunchTemplate>Version"`
		Instances []string `xml:"Instances>member>InstanceId"`
	} `xml:"DescribeAutoScalingGroupsResult>AutoScalingGroups>member"`
}

// describeGroups says which version of the launch template each instance was started
// from (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Instance.html);
// moto says that of the first one.
func (s *Sandbox) describeGroups(ctx context.Context, r *request) (*answer, error) {
	if err := s.refreshed(ctx, r.region); err != nil {
		return nil, err
	}
	a, err := s.forward(ctx, r)
	if err != nil || a.status != http.StatusOK {
		return a, err
	}
	if err := s.noted(ctx, r.region, string(a.body)); err != nil {
		return nil, err
	}
	s.scaling.mu.Lock()
	defer s.scaling.mu.Unlock()
	a.body = instancesOfXML.ReplaceAllFunc(a.body, func(list []byte) []byte {
		members := strings.Split(string(list), "<member>")
		for i, m := range members {
			if v := s.scaling.versions[one(m, "InstanceId")]; v != "" {
				members[i] = versionOfXML.ReplaceAllString(m, "<Version>"+v+"</Version>")
			}
		}
		return []byte(strings.Join(members, "<member>"))
	})
	a.header.Del("Content-Length")
	return a, nil
}

var (
	instancesOfXML = regexp.MustCompile(`(?s)<Instances>.*?</Instances>`)
	versionOfXML   = regexp.MustCompile(`<Version>[^<]*</Version>`)
)

// noted remembers the version of each instance that was not seen before: that of its
// group now.
func (s *Sandbox) noted(ctx context.Context, region, doc string) error {
	var d groupsDocument
	if err := xml.Unmarshal([]byte(doc), &d); err != nil {
		return fmt.Errorf("read moto's Auto Scaling groups: %w", err)
	}
	for _, g := range d.Groups {
		if g.Template == "" {
			continue
		}
		version := g.Version
		if _, err := strconv.Atoi(version); err != nil { // "$Latest" and "$Default" are numbers once an instance starts
			out, err := s.call(ctx, "ec2", region, url.Values{"Action": {"DescribeLaunchTemplateVersions"}, "LaunchTemplateId": {g.Template}, "LaunchTemplateVersion.1": {version}})
			if err != nil {
				return err
			}
			version = one(out, "versionNumber")
		}
		s.scaling.mu.Lock()
		if s.scaling.versions == nil {
			s.scaling.versions = map[string]string{}
		}
		for _, id := range g.Instances {
			if s.scaling.versions[id] == "" {
				s.scaling.versions[id] = version
			}
		}
		s.scaling.mu.Unlock()
	}
	return nil
}

// updateGroup notes who is there before a group gets another version.
func (s *Sandbox) updateGroup(ctx context.Context, r *request) (*answer, error) {
	name := r.param("AutoScalingGroupName")
	if _, err := s.call(ctx, "autoscaling", r.region, url.Values{"Action": {"DescribeAutoScalingGroups"}, "AutoScalingGroupNames.member.1": {name}}); err != nil {
		return nil, err
	}
	return s.forward(ctx, r)
}

// addVersion is CreateLaunchTemplateVersion. User data that are empty are none
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestLaunchTemplateData.html);
// moto keeps them, and then starts no instance from that version.
func (s *Sandbox) addVersion(ctx context.Context, r *request) (*answer, error) {
	form := maps.Clone(r.form)
	if form.Get("LaunchTemplateData.UserData") == "" {
		form.Del("LaunchTemplateData.UserData")
	}
	return s.inner(ctx, "ec2", r.region, http.MethodPost, "/", formHeader, []byte(form.Encode()))
}

func (s *Sandbox) startRefresh(_ context.Context, r *request) (*answer, error) {
	for name := range tree(r.form) {
		switch name {
		case "AutoScalingGroupName", "Strategy", "Preferences":
		default:
			return nil, unknownRequest{"StartInstanceRefresh: the parameter " + name}
		}
	}
	s.scaling.mu.Lock()
	defer s.scaling.mu.Unlock()
	name := r.param("AutoScalingGroupName")
	for _, f := range s.scaling.refreshes {
		if f.group == name && f.job.pending() {
			return nil, fail(http.StatusBadRequest, "InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
		}
	}
	f := &refresh{id: fmt.Sprintf("00000000-0000-4000-9000-%012d", len(s.scaling.refreshes)+1), group: name, region: r.region, began: s.now()}
	f.job = job{begun: true, due: s.now().Add(r.trouble.lasts(s.o.Deployments)), held: r.trouble.held}
	s.scaling.refreshes = append(s.scaling.refreshes, f)
	return inTree(r, map[string]any{"InstanceRefreshId": f.id}), nil
}

// refreshed ends the refreshes that are due: what is of another version goes, and what
// is started in its place is of the group's own.
func (s *Sandbox) refreshed(ctx context.Context, region string) error {
	for _, f := range s.scaling.due(region, s.now()) {
		doc, err := s.inner(ctx, "autoscaling", region, http.MethodPost, "/", formHeader,
			[]byte(url.Values{"Action": {"DescribeAutoScalingGroups"}, "Version": {"2011-01-01"}, "AutoScalingGroupNames.member.1": {f.group}}.Encode()))
		if err != nil {
			return err
		}
		for _, list := range between(string(doc.body), "<Instances>", "</Instances>") {
			for _, id := range between(list, "<InstanceId>", "</InstanceId>") {
				form := url.Values{"Action": {"TerminateInstanceInAutoScalingGroup"}, "InstanceId": {id}, "ShouldDecrementDesiredCapacity": {"false"}}
				if _, err := s.call(ctx, "autoscaling", region, form); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// due are the refreshes that end now.
func (s *scaling) due(region string, now time.Time) []*refresh {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*refresh
	for _, f := range s.refreshes {
		if f.region == region && f.job.end(now) {
			f.ended = now
			out = append(out, f)
		}
	}
	return out
}

func (s *Sandbox) describeRefreshes(ctx context.Context, r *request) (*answer, error) {
	if err := s.refreshed(ctx, r.region); err != nil {
		return nil, err
	}
	s.scaling.mu.Lock()
	defer s.scaling.mu.Unlock()
	all := []any{}
	for i := len(s.scaling.refreshes) - 1; i >= 0; i-- { // the newest first
		f := s.scaling.refreshes[i]
		if f.group != r.param("AutoScalingGroupName") {
			continue
		}
		one := map[string]any{"InstanceRefreshId": f.id, "AutoScalingGroupName": f.group, "StartTime": f.began, "Status": "InProgress", "PercentageComplete": 0, "InstancesToUpdate": 0}
		if f.job.over {
			one["Status"], one["EndTime"], one["PercentageComplete"] = "Successful", f.ended, 100
		}
		all = append(all, one)
	}
	return s.pageOf(r, "InstanceRefreshes", all, r.param("NextToken"), s.o.PageSize)
}
