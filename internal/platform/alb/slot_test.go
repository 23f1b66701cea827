package alb

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	sandbox "github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// images makes task definitions: app:2 has the image shop:2, and so on; app:5 has a
// container that stands before the app.
func (h *harness) images(t *testing.T) {
	t.Helper()
	one := func(name, image string) map[string]any {
		return map[string]any{
			"name": name, "image": image, "memory": 128, "cpu": 1, "environment": []any{map[string]any{"name": "KEY", "value": secret}},
			"dockerLabels": map[string]any{"release": "release of " + image},
		}
	}
	for n := 2; n <= 4; n++ {
		h.json(t, "RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{one("app", fmt.Sprintf("shop:%d", n))}}, nil)
	}
	h.json(t, "RegisterTaskDefinition", map[string]any{"family": "app", "containerDefinitions": []any{one("proxy", "nginx:1"), one("app", "shop:5")}}, nil)
}

// brings lets a service have a task definition, and waits until it has.
func (h *harness) brings(t *testing.T, service, definition string) {
	t.Helper()
	h.json(t, "UpdateService", map[string]any{"cluster": cluster, "service": service, "taskDefinition": definition}, nil)
	h.clock.Advance(time.Minute)
	h.json(t, "DescribeServices", map[string]any{"cluster": cluster, "services": []string{service}}, nil)
}

func (h *harness) chooses(t *testing.T, content string, of turns) (platform.Choice, error) {
	t.Helper()
	if of.groups == nil {
		of.groups = map[string]string{"b": h.balancer.Groups["blue"], "g": h.balancer.Groups["green"]}
	}
	return h.open(t, settings{cluster: cluster}).choose(t.Context(), of, content)
}

// marks lets the weights say that a rollout goes on, as the driver writes them.
func (h *harness) marks(t *testing.T, r rollout.Routing) {
	t.Helper()
	b := h.open(t, settings{cluster: cluster})
	o, err := b.Observe(t.Context(), "blue", "green")
	h.must(t, err)
	h.must(t, b.Apply(t.Context(), r, o.Token))
}

// TestSlot: what is wanted, what there is, and which slot that makes. Blue holds
// shop:2 and has all users, green holds shop:3, unless it is said otherwise.
func TestSlot(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"listener", "rule"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, of == "rule")
			h.images(t)
			h.brings(t, "blue", "app:2")
			h.brings(t, "green", "app:3")
			held := map[string]string{"b": "shop:2", "g": "shop:3"}
			with := func(slot, content string) map[string]string {
				out := maps.Clone(held)
				out[slot] = content
				return out
			}
			for _, c := range []struct {
				name, content, slot, live string
				contents                  map[string]string
				first                     func()
			}{
				{"content that is live keeps its slot", "shop:2", "b", "b", held, nil},
				{"other content gets the idle one", "shop:4", "g", "b", with("g", "shop:4"), nil},
				{"what the idle one holds is there", "shop:3", "g", "b", held, nil},
				{"a rollout goes on", "shop:3", "g", "b", held, func() {
					h.marks(t, rollout.Routing{Split: rollout.Split{"blue": 9000, "green": 1000}, Home: "blue"})
				}},
				{"it is taken back", "shop:2", "b", "b", held, nil},
				{"it is watched", "shop:3", "g", "g", held, func() {
					h.marks(t, rollout.Routing{Split: rollout.All("green"), Home: "blue"})
				}},
				{"something new while it is watched", "shop:4", "b", "g", with("b", "shop:4"), nil},
				{"it is promoted", "shop:3", "g", "g", held, func() {
					h.marks(t, rollout.Routing{Split: rollout.All("green")})
				}},
				{"the next release", "shop:4", "b", "g", with("b", "shop:4"), nil},
				{"it was rolled back", "shop:3", "g", "b", held, func() {
					h.marks(t, rollout.Routing{Split: rollout.All("blue")})
				}},
				{"somebody moved everybody by hand", "shop:2", "b", "g", held, func() {
					h.set(t, map[rollout.Revision]int{"blue": 0, "green": 1})
				}},
				{"somebody divided users by hand", "shop:2", "b", "", held, func() {
					h.set(t, map[rollout.Revision]int{"blue": 70, "green": 30})
				}},
				{"nobody serves", "shop:4", "b", "", with("b", "shop:4"), func() {
					h.set(t, map[rollout.Revision]int{"blue": 0, "green": 0})
				}},
				{"the group is not attached", "shop:4", "g", "b", with("g", "shop:4"), func() {
					h.set(t, map[rollout.Revision]int{"blue": 100})
				}},
			} {
				if c.first != nil {
					c.first()
				}
				writes := h.Writes()
				got, err := h.chooses(t, c.content, turns{})
				if err != nil || got.Slot != c.slot || got.Live != c.live || !maps.Equal(got.Contents, c.contents) {
					t.Errorf("%s: with %s it is %+v (%v), want %s of %s, live %s", c.name, c.content, got, err, c.slot, c.contents, c.live)
				}
				if want := h.balancer.Groups[map[string]string{"b": "blue", "g": "green"}[c.slot]]; got.Place != want {
					t.Errorf("%s: the group is %s, want %s", c.name, got.Place, want)
				}
				if h.Writes() != writes {
					t.Errorf("%s: it wrote something", c.name)
				}
			}
		})
	}
}

// TestSlotFromNothing: before anything is there both are to hold what is wanted, and
// the first release goes where the load balancer points. Of two that hold the same,
// the one that users are served from is meant.
func TestSlotFromNothing(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	h.images(t)
	h.set(t, map[rollout.Revision]int{"green": 100, "blue": 0})
	both := map[string]string{"b": "shop:2", "g": "shop:2"}
	if got, err := h.chooses(t, "shop:2", turns{}); err != nil || got.Slot != "g" || got.Live != "" || !maps.Equal(got.Contents, both) {
		t.Errorf("from nothing it is %+v (%v)", got, err)
	}
	h.group(t, "blue")
	h.group(t, "green")
	h.brings(t, "blue", "app:2")
	h.brings(t, "green", "app:2")
	if got, err := h.chooses(t, "shop:2", turns{}); err != nil || got.Slot != "g" || got.Live != "g" || !maps.Equal(got.Contents, both) {
		t.Errorf("with the same in both it is %+v (%v)", got, err)
	}
}

// TestSlotOfALabel: a release may be more than an image.
func TestSlotOfALabel(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	h.images(t)
	h.brings(t, "blue", "app:2")
	h.brings(t, "green", "app:5")
	got, err := h.chooses(t, "release of shop:4", turns{container: "app", label: "release"})
	if want := map[string]string{"b": "release of shop:2", "g": "release of shop:4"}; err != nil || got.Slot != "g" || !maps.Equal(got.Contents, want) {
		t.Errorf("it is %+v (%v)", got, err)
	}
	got, err = h.chooses(t, "release of shop:5", turns{container: "app", label: "release"})
	if err != nil || got.Slot != "g" || got.Contents["b"] != "release of shop:2" {
		t.Errorf("it is %+v (%v)", got, err)
	}
}

// TestSlotThatCannotBeTold: each has a message of its own, and none a guess.
func TestSlotThatCannotBeTold(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	h.images(t)
	h.brings(t, "blue", "app:2")
	h.brings(t, "green", "app:3")
	refuses := func(content string, of turns, want rollout.Message, parts ...string) {
		t.Helper()
		got, err := h.chooses(t, content, of)
		var p rollout.Problem
		if !errors.As(err, &p) || want.With("group", "blue").What != p.What {
			t.Errorf("it is %+v (%v), want %q", got, err, want.What)
			return
		}
		for _, part := range parts {
			if !strings.Contains(p.Why, part) {
				t.Errorf("it says %q, without %q", p.Why, part)
			}
		}
		if strings.Contains(p.Error(), secret) {
			t.Errorf("a setting is told: %v", p)
		}
	}
	h.set(t, map[rollout.Revision]int{"blue": 70, "green": 30})
	refuses("shop:4", turns{}, msgSlotNoneIdle, "blue has 70 %", `holds "shop:2"`, "green has 30 %", "shop:4")
	h.set(t, map[rollout.Revision]int{"blue": 100, "green": 0})

	// A group that is none of the two.
	h.group(t, "more-1")
	h.set(t, map[rollout.Revision]int{"blue": 90, "green": 0, "more-1": 10})
	refuses("shop:4", turns{}, msgSlotOthers, "more-1 has 10 %")
	h.set(t, map[rollout.Revision]int{"blue": 100, "green": 0, "more-1": 0})
	if got, err := h.chooses(t, "shop:4", turns{}); err != nil || got.Slot != "g" {
		t.Errorf("with a third group at weight 0 it is %+v (%v)", got, err)
	}

	// Several containers.
	h.brings(t, "green", "app:5")
	refuses("shop:4", turns{}, msgSlotContainers, "app:5", "proxy, app")
	refuses("shop:4", turns{container: "web"}, msgSlotNoContainer, "app:2", `"web"`)
	if got, err := h.chooses(t, "shop:5", turns{container: "app"}); err != nil || got.Slot != "g" {
		t.Errorf("with a container it is %+v (%v)", got, err)
	}
	refuses("shop:4", turns{container: "app", label: "other"}, msgSlotNoLabel, "app:2", `"other"`)
	h.brings(t, "green", "app:3")

	// A deployment that is under way: of the idle one it is no trouble.
	h.json(t, "UpdateService", map[string]any{"cluster": cluster, "service": "green", "taskDefinition": "app:4"}, nil)
	if got, err := h.chooses(t, "shop:4", turns{}); err != nil || got.Slot != "g" {
		t.Errorf("while the idle one is deployed it is %+v (%v)", got, err)
	}
	h.clock.Advance(time.Minute)
	h.json(t, "UpdateService", map[string]any{"cluster": cluster, "service": "blue", "taskDefinition": "app:3"}, nil)
	refuses("shop:4", turns{}, msgSlotBetween, "shop:3 and shop:2", "the service blue of Amazon ECS")
	h.clock.Advance(time.Minute)
	if got, err := h.chooses(t, "shop:3", turns{}); err != nil || got.Slot != "b" {
		t.Errorf("after it has ended it is %+v (%v)", got, err)
	}

	// Nobody knows who registered the targets.
	b := h.open(t, settings{})
	_, err := b.choose(t.Context(), turns{groups: map[string]string{"b": h.balancer.Groups["blue"], "g": h.balancer.Groups["green"]}}, "shop:4")
	if p, ok := errorAs(err); !ok || p.What != msgSlotUnowned.With("group", "blue").What {
		t.Errorf("without a cluster it is %v", err)
	}
	gone := strings.Replace(h.balancer.Groups["green"], "/green/", "/gone/", 1)
	refuses("shop:4", turns{groups: map[string]string{"b": h.balancer.Groups["blue"], "g": gone}}, msgSlotGone, gone)
	away := h.Nowhere(t)
	if b, ok := away.(*balancer); ok {
		_, err = b.choose(t.Context(), turns{groups: map[string]string{"b": h.balancer.Groups["blue"], "g": h.balancer.Groups["green"]}}, "shop:4")
		if p, ok := errorAs(err); !ok || p.What != msgSlotGone.What {
			t.Errorf("without a listener it is %v", err)
		}
	}
}

func errorAs(err error) (p rollout.Problem, ok bool) {
	ok = errors.As(err, &p)
	return p, ok
}

// machines gives groups of instances their Auto Scaling groups, each with a launch
// template of its own that has the image ami-1 in its first version, and so on.
func (h *harness) machines(t *testing.T) map[string]string {
	t.Helper()
	subnet := h.ask(t, "ec2", "subnetId", url.Values{"Action": {"DescribeSubnets"}, "Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {h.balancer.VPC}})
	templates, groups := map[string]string{}, map[string]string{}
	for _, of := range []string{"b", "g"} {
		groups[of] = h.ask(t, "elasticloadbalancing", "TargetGroupArn", url.Values{"Action": {"CreateTargetGroup"}, "Name": {"machines-" + of}, "Protocol": {"HTTP"}, "Port": {"8080"}, "VpcId": {h.balancer.VPC}, "TargetType": {"instance"}})
		h.balancer.Groups["machines-"+of] = groups[of]
		templates[of] = h.ask(t, "ec2", "launchTemplateId", url.Values{"Action": {"CreateLaunchTemplate"}, "LaunchTemplateName": {of}, "LaunchTemplateData.ImageId": {"ami-12c6146b"}, "LaunchTemplateData.InstanceType": {"t2.micro"}})
		h.ask(t, "autoscaling", "RequestId", url.Values{
			"Action": {"CreateAutoScalingGroup"}, "AutoScalingGroupName": {of}, "MinSize": {"0"}, "MaxSize": {"2"}, "DesiredCapacity": {"2"}, "VPCZoneIdentifier": {subnet},
			"LaunchTemplate.LaunchTemplateId": {templates[of]}, "LaunchTemplate.Version": {"1"}, "TargetGroupARNs.member.1": {groups[of]},
		})
	}
	h.must(t, h.box.Forward(t.Context(), h.balancer.Listener, sandbox.Share{Group: groups["b"], Weight: 100}, sandbox.Share{Group: groups["g"]}))
	h.machinesOf = groups
	return templates
}

// version makes the next one of a launch template, and lets its group have it.
func (h *harness) version(t *testing.T, of, template, image, version string) {
	t.Helper()
	h.ask(t, "ec2", "versionNumber", url.Values{"Action": {"CreateLaunchTemplateVersion"}, "LaunchTemplateId": {template}, "LaunchTemplateData.ImageId": {image}, "LaunchTemplateData.InstanceType": {"t2.micro"}})
	h.ask(t, "autoscaling", "RequestId", url.Values{"Action": {"UpdateAutoScalingGroup"}, "AutoScalingGroupName": {of}, "LaunchTemplate.LaunchTemplateId": {template}, "LaunchTemplate.Version": {version}})
}

// ask returns a field of an answer.
func (h *harness) ask(t *testing.T, service, field string, form url.Values) string {
	t.Helper()
	out, err := h.box.Query(t.Context(), service, form)
	h.must(t, err)
	_, out, _ = strings.Cut(out, "<"+field+">")
	out, _, _ = strings.Cut(out, "</"+field+">")
	return out
}

// TestSlotOfAutoScaling: what a group of instances holds is the image in its launch
// template.
func TestSlotOfAutoScaling(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	templates := h.machines(t)
	chooses := func(content string, of turns) (platform.Choice, error) {
		of.groups = h.machinesOf
		return h.open(t, settings{}).choose(t.Context(), of, content)
	}
	if got, err := chooses("ami-12c6146b", turns{}); err != nil || got.Slot != "b" || got.Live != "b" {
		t.Errorf("with the same in both it is %+v (%v)", got, err)
	}
	got, err := chooses("ami-0b301ce3ce3475b5a", turns{})
	if want := map[string]string{"b": "ami-12c6146b", "g": "ami-0b301ce3ce3475b5a"}; err != nil || got.Slot != "g" || !maps.Equal(got.Contents, want) {
		t.Errorf("with another image it is %+v (%v)", got, err)
	}
	h.version(t, "g", templates["g"], "ami-0b301ce3ce3475b5a", "2")
	if got, err := chooses("ami-0b301ce3ce3475b5a", turns{}); err != nil || got.Slot != "g" || got.Contents["g"] != "ami-0b301ce3ce3475b5a" {
		t.Errorf("while its instances are replaced it is %+v (%v)", got, err)
	}
	h.version(t, "b", templates["b"], "ami-0b301ce3ce3475b5a", "$Latest")
	if _, err := chooses("ami-12c6146b", turns{}); err == nil || !strings.Contains(err.Error(), "ami-0b301ce3ce3475b5a and ami-12c6146b") {
		t.Errorf("while instances that serve are replaced it is %v", err)
	}
	if _, err := chooses("ami-12c6146b", turns{label: "release"}); err == nil || !strings.Contains(err.Error(), "gives its instances no tag") {
		t.Errorf("without a tag it is %v", err)
	}
}

// TestSlotOfWhatSaysNothing: a launch configuration, and a launch template without an
// image, are no content.
func TestSlotOfWhatSaysNothing(t *testing.T) {
	t.Parallel()
	h := newBareHarness(t)
	templates := h.machines(t)
	refuses := func(want rollout.Message) {
		t.Helper()
		_, err := h.open(t, settings{}).choose(t.Context(), turns{groups: h.machinesOf}, "ami-12c6146b")
		if p, ok := errorAs(err); !ok || p.What != want.With("group", "machines-g").What {
			t.Errorf("it is %v, want %q", err, want.What)
		}
	}
	h.ask(t, "ec2", "versionNumber", url.Values{"Action": {"CreateLaunchTemplateVersion"}, "LaunchTemplateId": {templates["g"]}, "LaunchTemplateData.InstanceType": {"t2.micro"}})
	h.ask(t, "autoscaling", "RequestId", url.Values{"Action": {"UpdateAutoScalingGroup"}, "AutoScalingGroupName": {"g"}, "LaunchTemplate.LaunchTemplateId": {templates["g"]}, "LaunchTemplate.Version": {"2"}})
	refuses(msgSlotNoImage)
	subnet := h.ask(t, "ec2", "subnetId", url.Values{"Action": {"DescribeSubnets"}, "Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {h.balancer.VPC}})
	h.ask(t, "autoscaling", "RequestId", url.Values{"Action": {"CreateLaunchConfiguration"}, "LaunchConfigurationName": {"old"}, "ImageId": {"ami-12c6146b"}, "InstanceType": {"t2.micro"}})
	h.ask(t, "autoscaling", "RequestId", url.Values{"Action": {"DeleteAutoScalingGroup"}, "AutoScalingGroupName": {"g"}, "ForceDelete": {"true"}})
	h.ask(t, "autoscaling", "RequestId", url.Values{
		"Action": {"CreateAutoScalingGroup"}, "AutoScalingGroupName": {"g"}, "MinSize": {"0"}, "MaxSize": {"1"}, "DesiredCapacity": {"0"}, "VPCZoneIdentifier": {subnet},
		"LaunchConfigurationName": {"old"}, "TargetGroupARNs.member.1": {h.machinesOf["g"]},
	})
	refuses(msgSlotNothingNamed)
}

// TestHolds: what a group holds has a name for good, and who brings it there.
func TestHolds(t *testing.T) {
	t.Parallel()
	h := newHarness(t, false)
	h.images(t)
	h.brings(t, "green", "app:3")
	held, err := h.open(t, settings{cluster: cluster}).holding(t.Context(), "blue", "green")
	h.must(t, err)
	for r, want := range map[rollout.Revision]string{"blue": ":task-definition/app:1", "green": ":task-definition/app:3"} {
		if !strings.HasSuffix(held[r].Content, want) || held[r].By != "the service "+string(r)+" of Amazon ECS" {
			t.Errorf("%s holds %+v", r, held[r])
		}
	}
	if held, err := h.open(t, settings{}).holding(t.Context(), "blue"); err != nil || len(held) > 0 {
		t.Errorf("without a cluster %v is held (%v)", held, err)
	}
	bare := newBareHarness(t)
	templates := bare.machines(t)
	held, err = bare.open(t, settings{}).holding(t.Context(), "machines-b")
	if want := (platform.Held{Content: templates["b"] + ":1", By: "the Auto Scaling group b"}); err != nil || held["machines-b"] != want {
		t.Errorf("instances hold %+v (%v), want %+v", held, err, want)
	}
}

func TestIsCalled(t *testing.T) {
	t.Parallel()
	const definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:7"
	for _, c := range []struct {
		content, words string
		want           bool
	}{
		{definition, definition, true},
		{definition, "app:7", true},
		{definition, "app:8", false},
		{definition, "7", false},
		{definition, "", false},
		{"lt-0abc:7", "7", true},
		{"lt-0abc:7", "lt-0abc:7", true},
		{"lt-0abc:17", "7", false},
		{"lt-0abc:7", "lt-0abd:7", false},
		{"lt-0abc:7", "", false},
	} {
		if got := isCalled(c.content, c.words); got != c.want {
			t.Errorf("%s is called %q: %v", c.content, c.words, got)
		}
	}
}
