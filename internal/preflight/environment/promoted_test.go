package environment

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/blocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/alb"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/cloudrun"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/lambdaalias"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

func TestPromotedExam(t *testing.T) {
	t.Run("Google", func(t *testing.T) {
		preflighttest.Run(t, Promoted(), func(t *testing.T) preflighttest.Harness { return startOnGoogle(t, Promoted()) })
	})
	t.Run("AWS", func(t *testing.T) {
		preflighttest.Run(t, Promoted(), func(t *testing.T) preflighttest.Harness { return startOnAWS(t, Promoted()) })
	})
}

// asked runs promoted_from for a candidate that has facts.
func asked(t *testing.T, w interface {
	Open(*testing.T) rollout.Check
}, facts map[string]string,
) []rollout.Finding {
	t.Helper()
	return w.Open(t).Run(t.Context(), &rollout.Subject{Revision: "new", Facts: facts}, nil)
}

func TestPromotedService(t *testing.T) {
	const tag = "us-docker.pkg.dev/demo/shop/api:v1"
	w := startOnGoogle(t, Promoted())
	live := w.Service("staging").Newest
	_, digest, _ := strings.Cut(w.image, "@")
	elsewhere := "europe-docker.pkg.dev/prod/shop/api@" + digest
	passes := fmt.Sprintf("passed: %s is promoted in %s, as %s", brief(digest), service1("staging"), live)
	young := fmt.Sprintf("failed, may pass: %s is promoted in %s, and the last change there was at 2026-03-04 14:00:00 UTC, which is not 2h ago", live, service1("staging"))
	for name, c := range map[string]struct {
		image string
		since any
		want  string
	}{
		"the same":              {w.image, nil, passes},
		"the same in a copy":    {elsewhere, nil, passes},
		"another":               {"api@" + digestA, nil, fmt.Sprintf("failed: %s is not what is promoted in %s: %s is, of %s", brief(digestA), service1("staging"), live, brief(digest))},
		"by a tag":              {tag, nil, `skipped: the image of the candidate is named by a tag, and a tag may have been moved: ` + tag + ` (container "")`},
		"long enough":           {w.image, "1h", passes + ", and nothing has changed there since 2026-03-04 14:00:00 UTC"},
		"not long enough":       {w.image, "2h", young},
		"another, and too new":  {"api@" + digestA, "2h", fmt.Sprintf("failed: %s is not what is promoted in %s: %s is, of %s", brief(digestA), service1("staging"), live, brief(digest))},
		"nobody knows its make": {"", nil, "skipped: nobody can tell what new is made of: content of its block names neither a task definition by its ARN nor an image by its digest"},
	} {
		t.Run(name, func(t *testing.T) {
			w.Block = values{ofCloudRun: service1("staging"), "for": c.since}
			preflighttest.Expect(t, asked(t, w, map[string]string{"image": c.image}), c.want)
		})
	}
	// Any change there begins the time anew.
	must(t, w.Annotate("staging", "owner", "me"))
	w.Clock.Advance(30 * time.Minute)
	w.Block = values{ofCloudRun: service1("staging"), "for": "1h"}
	preflighttest.Expect(t, asked(t, w, map[string]string{"image": w.image}),
		strings.NewReplacer("14:00:00", "15:00:00", "2h", "1h").Replace(young))
}

// TestServesAlready: who has all traffic is kept from nothing any more, so that a
// plan that moves nobody does not tell of staging, which has gone on.
func TestServesAlready(t *testing.T) {
	w := startOnGoogle(t, Promoted())
	candidate := rollout.Subject{Revision: "api-7", Facts: map[string]string{"image": "api@" + digestA}, ServiceURL: nil}
	if got := said(w.Open(t).Run(t.Context(), &candidate, nil)); !strings.HasPrefix(got, "failed: ") {
		t.Error(got)
	}
	place := open(t, cloudrun.Kind(), w.Clients(), values{"service": service1("production")})
	now, err := place.Target.Subject(t.Context(), rollout.Revision(w.Service("production").Newest))
	must(t, err)
	now.Facts["image"] = "api@" + digestA
	preflighttest.Expect(t, w.Open(t).Run(t.Context(), &now, nil), "passed: "+string(now.Revision)+" has all traffic already")
}

// open opens a platform as the provider does.
func open(t *testing.T, k platform.Kind, clients *cloud.Clients, v values) platform.Place {
	t.Helper()
	s := blocktest.Schema{Name: k.Name, Doc: k.Doc, Attributes: maps.Clone(k.Locate)}
	maps.Copy(s.Attributes, k.Make)
	p, err := k.Open(t.Context(), s.Object(t, v), "", clients)
	must(t, err)
	return p
}

// TestMarks: while a rollout goes on nothing is promoted there, also where one
// revision has all traffic, for it is being watched. What platforms write, they
// write themselves here.
func TestMarks(t *testing.T) {
	google, amazon, tasks := startOnGoogle(t, Promoted()), startOnAWS(t, Promoted()), startBalanced(t, Promoted())
	amazon.Fill["function"] = "*"
	for name, c := range map[string]struct {
		w interface {
			Open(*testing.T) rollout.Check
		}
		place func() platform.Place
		home  rollout.Revision
		facts map[string]string
		want  string
	}{
		"Cloud Run": {
			google, func() platform.Place {
				return open(t, cloudrun.Kind(), google.Clients(), values{"service": service1("staging")})
			},
			rollout.Revision(google.Service("staging").Newest),
			map[string]string{"image": google.image},
			"a rollout of it is not over: its tags are there",
		},
		"Lambda": {
			amazon, func() platform.Place {
				return open(t, lambdaalias.Kind(), amazon.Clients(), values{"alias": amazon.ARN("lambda", "function:shop:live")})
			},
			"1",
			map[string]string{"code": sumOf("v1")},
			"a rollout of it is not over: its mark stands in the description of the alias",
		},
		"a load balancer": {
			tasks, func() platform.Place {
				return open(t, alb.Kind(), tasks.Clients(), values{"listener": tasks.front.Listener, "ecs_cluster": "main"})
			},
			"blue",
			map[string]string{"target_group_arn": "x", "content": "shop@" + digestA},
			"a rollout of it is not over: its mark stands in the weights",
		},
	} {
		t.Run(name, func(t *testing.T) {
			apply := func(want rollout.Routing) {
				t.Helper()
				asOwner(t, amazon, tasks, name)
				p := c.place()
				o, err := p.Target.Observe(t.Context())
				must(t, err)
				must(t, p.Target.Apply(t.Context(), want, o.Token))
			}
			at := rollout.Routing{Split: rollout.All(c.home)}
			apply(at)
			if got := said(asked(t, c.w, c.facts)); !strings.HasPrefix(got, "passed: ") {
				t.Errorf("at rest: %s", got)
			}
			at.Home = c.home
			apply(at)
			if got := said(asked(t, c.w, c.facts)); !strings.HasPrefix(got, "failed: nothing is promoted in ") || !strings.HasSuffix(got, c.want) {
				t.Errorf("while a rollout goes on: %s", got)
			}
		})
	}
}

// asOwner lets whoever asks next be the owner of the account.
func asOwner(t *testing.T, amazon *onAWS, tasks *balancer, name string) {
	t.Helper()
	key := amazon.Admin()
	if name == "a load balancer" {
		key = tasks.Admin()
	}
	t.Setenv("AWS_ACCESS_KEY_ID", key.ID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key.Secret)
}

func TestDividedIsNotPromoted(t *testing.T) {
	google := startOnGoogle(t, Promoted())
	first := google.Service("staging").Newest
	other, err := google.Image("api", "v2", sandbox.Behaviour{Version: "v2"})
	must(t, err)
	moves(t, google, "staging", other)
	second := google.Service("staging").Newest
	must(t, google.Meddle("staging", map[string]int{first: 99, second: 1}, nil))
	if got := said(asked(t, google, map[string]string{"image": google.image})); !strings.Contains(got, "nothing is promoted in "+service1("staging")+": live is "+first+" 99 %") {
		t.Error(got)
	}
	amazon := startOnAWS(t, Promoted())
	_, err = amazon.Publish("shop", []byte("v2"), nil)
	must(t, err)
	must(t, amazon.SetAlias("shop", "live", "1", map[string]float64{"2": 0.00001}))
	if got := said(asked(t, amazon, map[string]string{"code": sumOf("v1")})); !strings.Contains(got, "nothing is promoted in shop:live: live is 1 99.99 %, 2 0.01 %") {
		t.Error(got)
	}
	must(t, amazon.SetAlias("shop", "live", "2", nil))
	if got := said(asked(t, amazon, map[string]string{"code": sumOf("v1")})); !strings.Contains(got, "is not what is promoted in shop:live: 2 is") {
		t.Error(got)
	}
	preflighttest.Expect(t, asked(t, amazon, map[string]string{"code": sumOf("v2")}), "passed: "+sumOf("v2")+" is promoted in shop:live, as 2")
}

// moves gives a service another image, and leaves its traffic.
func moves(t *testing.T, w *onGoogle, service, image string) {
	t.Helper()
	client, err := w.Clients().CloudRunServices(t.Context())
	must(t, err)
	s, err := client.GetService(t.Context(), &runpb.GetServiceRequest{Name: service1(service)})
	must(t, err)
	s.Template.Containers[0].Image = image
	s.Traffic = []*runpb.TrafficTarget{{Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION, Revision: w.Service(service).Newest, Percent: 100}}
	_, err = client.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: s})
	must(t, err)
	w.Clock.Advance(time.Hour)
}

// TestPromotedTasks: every image of the candidate's task definition has to be live
// there, or that of the container which is named.
func TestPromotedTasks(t *testing.T) {
	w := startBalanced(t, Promoted())
	alone := values{ofService: w.serviceARN("blue")}
	both := w.registers("both", container1("app", "copy@"+digestA, nil), container1("proxy", "nginx:1", nil))
	same := w.registers("same", container1("app", "copy@"+digestA, nil))
	other := w.registers("other", container1("app", "copy@"+digestB, nil))
	behind := values{ofListener: w.front.Listener, "ecs_cluster": "main"}
	in := w.serviceARN("blue")
	for name, c := range map[string]struct {
		block   values
		content string
		want    string
	}{
		"behind a listener":      {behind, same, "passed: " + brief(digestA) + " is promoted in " + w.front.Listener + ", as blue:1"},
		"a service":              {alone, same, "passed: " + brief(digestA) + " is promoted in " + in + ", as blue:1"},
		"an image as content":    {alone, "shop@" + digestA, "passed: " + brief(digestA) + " is promoted in " + in + ", as blue:1"},
		"another":                {alone, other, "failed: " + brief(digestB) + " is not what is promoted in " + in + ": blue:1 is, of " + brief(digestA)},
		"a tag beside it":        {alone, both, `skipped: the image of the candidate is named by a tag, and a tag may have been moved: nginx:1 (container "proxy")`},
		"of which one is meant":  {values{ofService: in, "container": "app"}, both, "passed: " + brief(digestA) + " is promoted in " + in + ", as blue:1"},
		"of which none is meant": {values{ofService: in, "container": "web"}, both, "failed: blue:1, which is live in " + in + ", has no container web"},
		"a word as content":      {alone, "release 7", "skipped: nobody can tell what new is made of: content of its block names neither a task definition by its ARN nor an image by its digest"},
		"nothing of its name":    {alone, w.ARN("ecs", "task-definition/none:1"), "failed, may pass: there is no task definition " + w.ARN("ecs", "task-definition/none:1") + ", which is the candidate"},
		"for too short":          {values{ofService: in, "for": "2h"}, same, "failed, may pass: blue:1 is promoted in " + in + ", and the last change there was at 2026-03-04 14:00:00 UTC, which is not 2h ago"},
		"for a time":             {values{ofService: in, "for": "30m"}, same, "passed: " + brief(digestA) + " is promoted in " + in + ", as blue:1, and nothing has changed there since 2026-03-04 14:00:00 UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			w.Block = c.block
			preflighttest.Expect(t, asked(t, w, map[string]string{"target_group_arn": "x", "content": c.content, "region": w.Region()}), c.want)
		})
	}
	w.Block = behind
	facts := map[string]string{"target_group_arn": "x", "content": same, "region": w.Region()}
	w.forward(t, 99, 1)
	preflighttest.Expect(t, asked(t, w, facts), "failed, may pass: nothing is promoted in "+w.front.Listener+": several target groups have traffic")
	w.forward(t, 100, 0)
	w.FailDeployment(in, "essential container exited")
	w.ecs("UpdateService", map[string]any{"cluster": "main", "service": "blue", "forceNewDeployment": true}, nil)
	w.Clock.Advance(time.Hour)
	preflighttest.Expect(t, asked(t, w, facts), "failed, may pass: nothing is promoted in "+w.front.Listener+": the service blue is being deployed: 2 deployments have tasks")
}

func TestValidate(t *testing.T) {
	listener := "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/front/1/2"
	run, fn := values{ofCloudRun: service1("a")}, values{ofLambda: "shop:live"}
	with := func(v values, more ...any) values {
		out := maps.Clone(v)
		for i := 0; i+1 < len(more); i += 2 {
			out[fmt.Sprint(more[i])] = more[i+1]
		}
		return out
	}
	faulty := map[string]preflighttest.Case{
		"whole":              {Block: pair(with(run), with(fn))},
		"one":                {Block: values{"environment": []any{with(run, "name", "a")}}, Wrong: []string{"environment"}},
		"none":               {Block: values{}, Wrong: []string{"environment"}},
		"three":              {Block: values{"environment": []any{with(run, "name", "a"), with(run, "name", "b"), with(run, "name", "c")}}, Wrong: []string{"environment"}},
		"one name":           {Block: values{"environment": []any{with(run, "name", "a"), with(fn, "name", "a")}}, Wrong: []string{"environment"}},
		"two places of one":  {Block: pair(with(run, ofLambda, "shop"), with(fn)), Wrong: []string{"environment"}},
		"no place":           {Block: pair(values{}, with(fn)), Wrong: []string{"environment"}},
		"a name":             {Block: pair(values{ofCloudRun: "api"}, with(fn)), Wrong: []string{"environment"}},
		"a bucket":           {Block: pair(values{ofLambda: "arn:aws:s3:::shop"}, with(run)), Wrong: []string{"environment"}},
		"a cluster":          {Block: pair(values{ofService: "arn:aws:ecs:eu-west-1:123456789012:cluster/a"}, with(run)), Wrong: []string{"environment"}},
		"no definition":      {Block: pair(values{ofDefinition: "a:b"}, with(run)), Wrong: []string{"environment"}},
		"a definition":       {Block: pair(values{ofDefinition: "a:7", "container": "app"}, with(run))},
		"no cluster":         {Block: pair(values{ofListener: listener}, with(run)), Wrong: []string{"environment"}},
		"a listener":         {Block: pair(values{ofListener: listener, "ecs_cluster": "main"}, with(run))},
		"a rule as listener": {Block: pair(values{ofRule: listener, "ecs_cluster": "main"}, with(run)), Wrong: []string{"environment"}},
		"beside":             {Block: pair(with(run, "container", "app"), with(fn)), Wrong: []string{"environment"}},
		"no role":            {Block: pair(with(fn, "role_arn", "reader"), with(run)), Wrong: []string{"environment"}},
		"a role":             {Block: pair(with(fn, "role_arn", "arn:aws:iam::123456789012:role/reader"), with(run))},
		"no key":             {Block: pair(with(run), with(fn), values{"key": "a*b", "reason": "x"}), Wrong: []string{"expect"}},
		"no reason":          {Block: pair(with(run), with(fn), values{"key": "a", "reason": " "}), Wrong: []string{"expect"}},
	}
	preflighttest.Validates(t, Parity(), faulty)
	for name, b := range map[string]values{
		"a place not known": pair(values{ofCloudRun: preflighttest.Unknown}, with(fn)), "one of two not known": pair(values{ofCloudRun: preflighttest.Unknown, ofLambda: "shop"}, with(run)),
		"a reason not known": pair(with(run), with(fn), values{"key": "a", "reason": preflighttest.Unknown}), "a cluster not known": pair(values{ofListener: listener, "ecs_cluster": preflighttest.Unknown}, with(run)),
	} {
		if got := preflighttest.Faulty(t, Parity(), b); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	preflighttest.Validates(t, Promoted(), map[string]preflighttest.Case{
		"whole":                {Block: with(run, "for", "30m")},
		"an alias":             {Block: fn},
		"a service":            {Block: values{ofService: "arn:aws:ecs:eu-west-1:123456789012:service/main/a", "for": "1h"}},
		"no place":             {Block: values{}, Wrong: []string{""}},
		"two":                  {Block: with(run, ofLambda, "shop:live"), Wrong: []string{""}},
		"no alias":             {Block: values{ofLambda: "shop"}, Wrong: []string{ofLambda}},
		"a version":            {Block: values{ofLambda: "shop:7"}, Wrong: []string{ofLambda}},
		"no time":              {Block: with(run, "for", "long"), Wrong: []string{"for"}},
		"nothing as time":      {Block: with(run, "for", "0s"), Wrong: []string{"for"}},
		"a time of an alias":   {Block: with(fn, "for", "1h"), Wrong: []string{"for"}},
		"a time of a listener": {Block: values{ofListener: listener, "ecs_cluster": "main", "for": "1h"}, Wrong: []string{"for"}},
		"a name":               {Block: values{ofCloudRun: "api"}, Wrong: []string{ofCloudRun}},
		"no cluster":           {Block: values{ofListener: listener}, Wrong: []string{ofListener}},
		"beside":               {Block: with(run, "role_arn", "arn:aws:iam::123456789012:role/reader"), Wrong: []string{"role_arn"}},
	})
	for want, b := range map[string]values{service1("a"): run, "shop:live": fn, "": {ofLambda: preflighttest.Unknown}} {
		if got := Promoted().Object(t.Context(), preflighttest.Block(t, Promoted(), b)); got != want {
			t.Errorf("object %q, want %q", got, want)
		}
	}
}

func TestSecretOf(t *testing.T) {
	const manager = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
	for from, want := range map[string][2]string{
		"prod/url": {"prod/url", "latest"}, "/prod/url": {"prod/url", "latest"}, "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/url": {"prod/url", "latest"},
		manager + "prod/stripe-AbCdEf": {"prod/stripe", "latest"}, manager + "prod/stripe-AbCdEf:key::": {"prod/stripe", "latest"},
		manager + "prod/stripe-AbCdEf:key:AWSCURRENT:": {"prod/stripe", "latest"}, manager + "prod/stripe-AbCdEf:key:AWSPREVIOUS:": {"prod/stripe", "stage AWSPREVIOUS"},
		manager + "prod/stripe-AbCdEf:::9d4cb84b-ad69-40c0-a0ab-cead3EXAMPLE": {"prod/stripe", "pinned"}, manager + "short": {"short", "latest"},
	} {
		if name, version := secretOf(from); name != want[0] || version != want[1] {
			t.Errorf("%s: %s %s", from, name, version)
		}
	}
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]string{"": "default", "2": "2", "2000m": "2", "250m": "0.25", "odd": "odd"} {
		if got := cores(text); got != want {
			t.Errorf("%q cores are %q", text, got)
		}
	}
	for text, want := range map[string]string{"": "default", "1Gi": "1024 MiB", "1024Mi": "1024 MiB", "512Mi": "512 MiB", "1073741824": "1024 MiB", "odd": "odd"} {
		if got := mebibytes(text); got != want {
			t.Errorf("%q of memory is %q", text, got)
		}
	}
	for text, want := range map[string]string{"": "default", "256": "0.25", "1024": "1", "1 vCPU": "1", ".5 vcpu": "0.5"} {
		if got := units1024(text); got != want {
			t.Errorf("%q units are %q", text, got)
		}
	}
	for text, want := range map[string]string{"": "default", "2048": "2048 MiB", "2 GB": "2048 MiB", "0.5GB": "512 MiB"} {
		if got := memoryOf(text); got != want {
			t.Errorf("%q of memory is %q", text, got)
		}
	}
	if a := codeOf(strings.Repeat("a", 64)); a.digest != digestA {
		t.Error(a)
	}
	if a := imageOf("", "shop@sha256:123"); a.digest != "" {
		t.Error(a)
	}
}

// TestMoving: whatever is under way, or did not end well, is no promotion.
func TestMoving(t *testing.T) {
	good, bad := &runpb.Condition{State: runpb.Condition_CONDITION_SUCCEEDED}, &runpb.Condition{State: runpb.Condition_CONDITION_FAILED}
	all := rollout.All("api-1")
	for want, s := range map[string]*runpb.Service{
		"":                        {TerminalCondition: good},
		"the service is changing": {TerminalCondition: good, Reconciling: true},
		"the last change of the service has not succeeded": {TerminalCondition: bad},
		"a rollout of it is not over: its tags are there":  {TerminalCondition: good, Traffic: []*runpb.TrafficTarget{{Tag: "rc"}}},
	} {
		if got := movingService(s, all); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	one := deployment{Status: "PRIMARY", State: "COMPLETED", Running: 2}
	for want, d := range map[string][]deployment{
		"": {one},
		"the deployment of the service api is IN_PROGRESS":            {{State: "IN_PROGRESS", Running: 2}},
		"the deployment of the service api is of no known state":      {{Running: 2}},
		"no task of the service api runs":                             {{State: "COMPLETED"}},
		"the service api is being deployed: 2 deployments have tasks": {one, one},
	} {
		if got := (service{Name: "api", Deployments: d}).moving(); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	of := func(name, status string, running int) deployment {
		return deployment{TaskDefinition: name, Status: status, Running: running}
	}
	for want, d := range map[string][]deployment{
		"":  nil,
		"a": {of("a", "PRIMARY", 1)},
		"b": {of("a", "PRIMARY", 1), of("b", "ACTIVE", 2)},
		"c": {of("b", "ACTIVE", 2), of("c", "PRIMARY", 2)},
	} {
		if got := (service{Deployments: d}).live().TaskDefinition; got != want {
			t.Errorf("live is %q, want %q", got, want)
		}
	}
}

// TestUnchanged: the last of all moments at which anything changed counts.
func TestUnchanged(t *testing.T) {
	at := func(n int64) *timestamppb.Timestamp { return timestamppb.New(time.Unix(n, 0)) }
	condition := func(n int64) []*runpb.Condition { return []*runpb.Condition{{LastTransitionTime: at(n)}} }
	for name, c := range map[string]struct {
		s *runpb.Service
		v *runpb.Revision
	}{
		"the service":            {&runpb.Service{UpdateTime: at(9), Conditions: condition(5)}, &runpb.Revision{CreateTime: at(7)}},
		"its routes":             {&runpb.Service{UpdateTime: at(2), Conditions: condition(9)}, &runpb.Revision{CreateTime: at(7)}},
		"what it ended with":     {&runpb.Service{UpdateTime: at(2), TerminalCondition: condition(9)[0]}, &runpb.Revision{CreateTime: at(7)}},
		"the revision":           {&runpb.Service{UpdateTime: at(2)}, &runpb.Revision{CreateTime: at(9)}},
		"the revision was ready": {&runpb.Service{UpdateTime: at(2)}, &runpb.Revision{CreateTime: at(1), Conditions: condition(9)}},
	} {
		if got := unchanged(c.s, c.v); got.Unix() != 9 {
			t.Errorf("%s: %v", name, got)
		}
	}
}
