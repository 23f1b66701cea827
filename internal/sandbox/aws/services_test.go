package aws_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// TestServicesRegisterTheirTasks: new tasks are there from the beginning of a
// deployment, and the old ones leave at its end. What no load balancer names takes no
// service.
func TestServicesRegisterTheirTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{Deployments: time.Minute, HealthChecks: 10 * time.Second, Tasks: true})
	b, c := w.front()
	ask := func(operation, body string) (map[string]any, error) {
		return w.json(w.Admin(), "ecs", "AmazonEC2ContainerServiceV20141113."+operation, body)
	}
	for _, r := range [][2]string{
		{"CreateCluster", `{"clusterName":"main"}`},
		{"RegisterTaskDefinition", `{"family":"app","containerDefinitions":[{"name":"app","image":"app","memory":128,"cpu":1}]}`},
		{"RegisterTaskDefinition", `{"family":"app","containerDefinitions":[{"name":"app","image":"app","memory":128,"cpu":1}]}`},
		{"CreateService", fmt.Sprintf(`{"cluster":"main","serviceName":"blue","taskDefinition":"app:1","desiredCount":2,"loadBalancers":[{"targetGroupArn":%q,"containerName":"app","containerPort":8080}]}`, b.Groups["blue"])},
	} {
		ok[map[string]any](t)(ask(r[0], r[1]))
	}
	_, err := ask("CreateService", fmt.Sprintf(`{"cluster":"main","serviceName":"green","taskDefinition":"app:1","desiredCount":2,"loadBalancers":[{"targetGroupArn":%q,"containerName":"app","containerPort":8080}]}`, b.Groups["green"]))
	if err == nil || !strings.Contains(err.Error(), "does not have an associated load balancer") {
		t.Errorf("a service of a group that nothing names: %v", err)
	}
	expect := func(what string, want map[string]int) {
		t.Helper()
		got := map[string]int{}
		for one := range strings.SplitSeq(states(t.Context(), t, c, b.Groups["blue"]), ", ") {
			got[strings.Fields(one)[1]]++
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	expect("at first", map[string]int{"initial": 2})
	w.clock.elapse(time.Minute)
	expect("after the checks", map[string]int{"healthy": 2})
	out := ok[map[string]any](t)(ask("UpdateService", `{"cluster":"main","service":"blue","taskDefinition":"app:2"}`))
	service, _ := out["service"].(map[string]any)
	if definition := fmt.Sprint(service["taskDefinition"]); !strings.HasPrefix(definition, "arn:aws:ecs:") || service["availabilityZoneRebalancing"] != "ENABLED" {
		t.Errorf("the service has %s, rebalancing %v", definition, service["availabilityZoneRebalancing"])
	}
	expect("deployed", map[string]int{"healthy": 2, "initial": 2})
	w.clock.elapse(time.Minute)
	expect("over", map[string]int{"draining": 2, "healthy": 2})
	w.clock.elapse(5 * time.Minute)
	expect("gone", map[string]int{"healthy": 2})
}

// TestInstancesAreRefreshed: an instance has the version that it was started from,
// until a refresh replaces it.
func TestInstancesAreRefreshed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, aws.Options{Deployments: time.Minute})
	b, _ := w.front()
	query := func(service, version, field string, form url.Values) string {
		t.Helper()
		out := ok[string](t)(w.query(w.Admin(), service, version, form))
		_, out, _ = strings.Cut(out, "<"+field+">")
		out, _, _ = strings.Cut(out, "</"+field+">")
		return out
	}
	scaling := func(field string, form url.Values) string {
		t.Helper()
		form.Set("AutoScalingGroupName", "blue")
		return query("autoscaling", "2011-01-01", field, form)
	}
	template := func(action, field, image string, form url.Values) string {
		t.Helper()
		form.Set("Action", action)
		form.Set("LaunchTemplateData.ImageId", image)
		form.Set("LaunchTemplateData.InstanceType", "t2.micro")
		return query("ec2", "2016-11-15", field, form)
	}
	subnet := query("ec2", "2016-11-15", "subnetId", url.Values{"Action": {"DescribeSubnets"}, "Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {b.VPC}})
	id := template("CreateLaunchTemplate", "launchTemplateId", "ami-12c6146b", url.Values{"LaunchTemplateName": {"blue"}})
	scaling("RequestId", url.Values{
		"Action": {"CreateAutoScalingGroup"}, "MinSize": {"2"}, "MaxSize": {"2"}, "DesiredCapacity": {"2"}, "VPCZoneIdentifier": {subnet},
		"LaunchTemplate.LaunchTemplateId": {id}, "LaunchTemplate.Version": {"$Latest"},
	})
	expect := func(what string, want string) {
		t.Helper()
		list := scaling("Instances", url.Values{"Action": {"DescribeAutoScalingGroups"}, "AutoScalingGroupNames.member.1": {"blue"}})
		var got []string
		for _, part := range strings.Split(list, "<Version>")[1:] {
			got = append(got, part[:strings.Index(part, "<")])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", what, got, want)
		}
	}
	expect("at first", "1 1")
	template("CreateLaunchTemplateVersion", "versionNumber", "ami-0b301ce3ce3475b5a", url.Values{"LaunchTemplateId": {id}, "LaunchTemplateData.UserData": {""}})
	scaling("RequestId", url.Values{"Action": {"UpdateAutoScalingGroup"}, "LaunchTemplate.LaunchTemplateId": {id}, "LaunchTemplate.Version": {"2"}})
	expect("with another version", "1 1")
	scaling("InstanceRefreshId", url.Values{"Action": {"StartInstanceRefresh"}, "Strategy": {"Rolling"}})
	if _, err := w.query(w.Admin(), "autoscaling", "2011-01-01", url.Values{"Action": {"StartInstanceRefresh"}, "AutoScalingGroupName": {"blue"}}); err == nil || !strings.Contains(err.Error(), "InstanceRefreshInProgress") {
		t.Errorf("a second refresh: %v", err)
	}
	expect("while they are replaced", "1 1")
	w.clock.elapse(time.Minute)
	expect("after that", "2 2")
	if s := scaling("Status", url.Values{"Action": {"DescribeInstanceRefreshes"}}); s != "Successful" {
		t.Errorf("the refresh is %s", s)
	}
}
