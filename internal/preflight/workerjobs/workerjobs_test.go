package workerjobs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws/awstest"
)

type values = preflighttest.Values

func TestMain(m *testing.M) { os.Exit(awstest.Main(m)) }

const service = "projects/demo/locations/us-central1/services/worker"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return live(t) })
}

// live is a project whose live worker handles two classes, and a candidate that
// enqueues one of them.
func live(t *testing.T) *preflighttest.OnGoogle {
	t.Helper()
	h := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	h.API, h.Needs, h.GRPC = "run.", []string{getService, getRevision}, true
	worker := labelled(t, h, "worker", map[string]string{"rollout.handles": "Mail/2, Charge/1-3"})
	if err := h.CreateService(t.Context(), "worker", worker); err != nil {
		t.Fatal(err)
	}
	h.Gone = func() { h.Block["enqueues"] = []any{values{"classes": []any{"Mail/2", "New/1"}}} }
	h.Block = values{"enqueues": []any{values{"classes": []any{"Mail/2"}}}, "handles": []any{values{"cloud_run_service": service}}}
	return h
}

func labelled(t *testing.T, h *preflighttest.OnGoogle, repo string, labels ...map[string]string) string {
	t.Helper()
	ref, err := h.Labelled("shop/"+repo, "v1", labels...)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// rolls gives shares of the worker to images.
func rolls(t *testing.T, h *preflighttest.OnGoogle, image string, percent int32) {
	t.Helper()
	clients := h.Clients()
	client, err := clients.CloudRunServices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := client.GetService(t.Context(), &runpb.GetServiceRequest{Name: service})
	if err != nil {
		t.Fatal(err)
	}
	s.Template.Containers[0].Image = image
	old := h.Service("worker").Newest
	s.Traffic = []*runpb.TrafficTarget{{Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, Percent: percent}}
	if percent < 100 {
		s.Traffic = append(s.Traffic, &runpb.TrafficTarget{Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION, Revision: old, Percent: 100 - percent})
	}
	op, err := client.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: s})
	if err == nil {
		_, err = op.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestLive: what is live is what its revisions with traffic say.
func TestLive(t *testing.T) {
	h := live(t)
	preflighttest.Expect(t, h.Run(), "passed: all of 1 jobs that may be enqueued are handled")
	h.Block["enqueues"] = []any{values{"classes": []any{"Mail/2", "New"}}}
	preflighttest.Expect(t, h.Run(), "failed: jobs may be enqueued that are not handled:\n  - New: nobody handles it")

	h.Block["handles"] = []any{values{"cloud_run_service": service, "revision": h.Service("worker").Newest}}
	h.Block["enqueues"] = []any{values{"classes": []any{"Mail/2"}}}
	preflighttest.Expect(t, h.Run(), "passed: all of 1 jobs that may be enqueued are handled")
	h.Block["handles"] = []any{values{"cloud_run_service": service, "revision": "worker-9"}}
	preflighttest.Expect(t, h.Run(), "failed, may pass: worker-9 does not have all traffic of "+service+": its traffic is on "+h.Service("worker").Newest)
	h.Block["handles"] = []any{values{"cloud_run_service": service}}

	// While two serve, both have to handle it.
	rolls(t, h, labelled(t, h, "worker", map[string]string{"rollout.handles": "Mail/2\nNew/1"}), 50)
	revisions := h.Service("worker").Revisions
	slices.Sort(revisions)
	h.Block["handles"] = []any{values{"cloud_run_service": service, "revision": revisions[1]}}
	preflighttest.Expect(t, h.Run(), "failed, may pass: "+revisions[1]+" does not have all traffic of "+service+": its traffic is on "+revisions[0]+" and "+revisions[1])
	h.Block["handles"] = []any{values{"cloud_run_service": service}}
	h.Block["enqueues"] = []any{values{"classes": []any{"New/1"}}}
	preflighttest.Expect(t, h.Run(), fmt.Sprintf("failed: jobs may be enqueued that are not handled:\n  - New/1: nobody handles it (classes, label rollout.handles of %s)", revisions[0]))
	rolls(t, h, labelled(t, h, "worker", map[string]string{"rollout.handles": "New/1"}), 100)
	preflighttest.Expect(t, h.Run(), "passed: all of 1 jobs that may be enqueued are handled")

	// The other way round: what any live API enqueues the candidate has to handle.
	h.Block = values{"enqueues": []any{values{"cloud_run_service": service, "label": "rollout.handles"}}, "handles": []any{values{"classes": []any{"Mail"}}}}
	preflighttest.Expect(t, h.Run(), "failed: jobs may be enqueued that are not handled:\n  - New/1: nobody handles it")
}

func TestLiveThatSaysNothing(t *testing.T) {
	h := live(t)
	plain, err := h.Image("shop/worker", "v2", sandbox.Behaviour{Version: "2"})
	if err != nil {
		t.Fatal(err)
	}
	rolls(t, h, plain, 100)
	preflighttest.Expect(t, h.Run(), "failed: "+plain+" has no label rollout.handles")
	h.Block["handles"] = []any{values{"cloud_run_service": strings.Replace(service, "worker", "none", 1)}}
	preflighttest.Expect(t, h.Run(), "failed, may pass: there is no service "+strings.Replace(service, "worker", "none", 1))
}

// onECS is an account whose worker of two tasks on ECS handles two classes.
func onECS(t *testing.T) (w *preflighttest.OnAWS, image func(tag, handles string) string) {
	t.Helper()
	registry := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	w = preflighttest.NewOnAWS(t, Kind())
	image = func(tag, handles string) string {
		ref, err := registry.Labelled("shop/mailer", tag, map[string]string{"rollout.handles": handles})
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	ecs(w, "CreateCluster", values{"clusterName": "shop"})
	defines(w, image("v1", "Mail/2, Charge/1-3"))
	ecs(w, "CreateService", values{"cluster": "shop", "serviceName": "mailer", "taskDefinition": "mailer:1", "desiredCount": 2})
	w.Fill["cluster"], w.Fill["service"] = "shop", "mailer"
	w.Block = values{"enqueues": []any{values{"classes": []any{"Mail/2"}}}, "handles": []any{values{"ecs_service": w.ARN("ecs", "service/shop/mailer")}}}
	w.Gone = func() { w.Block["handles"], w.Fill["service"] = []any{values{"ecs_service": "shop/none"}}, "none" }
	return w, image
}

func ecs(w *preflighttest.OnAWS, action string, in values) {
	w.JSON("ecs", "AmazonEC2ContainerServiceV20141113."+action, in, nil)
}

// defines adds a revision of the worker's task definition, of those images.
func defines(w *preflighttest.OnAWS, images ...string) {
	var all []any
	for i, image := range images {
		all = append(all, values{"name": fmt.Sprint("c", i), "image": image, "memory": 128, "cpu": 1})
	}
	ecs(w, "RegisterTaskDefinition", values{"family": "mailer", "containerDefinitions": all})
}

func TestExamOnECS(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { w, _ := onECS(t); return w })
}

func TestPermissionsOnECS(t *testing.T) {
	preflighttest.Permissions(t, Kind(), func(t *testing.T) *preflighttest.OnAWS { w, _ := onECS(t); return w })
}

// TestTasks: what is live on ECS is what its tasks run that have not stopped.
func TestTasks(t *testing.T) {
	w, image := onECS(t)
	service := w.ARN("ecs", "service/shop/mailer")
	handles := func(more values) {
		side := values{"ecs_service": service}
		for k, v := range more {
			side[k] = v
		}
		w.Block["handles"] = []any{side}
	}
	const passed = "passed: all of 1 jobs that may be enqueued are handled"
	preflighttest.Expect(t, w.Run(), passed)
	for _, one := range []string{"mailer:1", w.ARN("ecs", "task-definition/mailer:1")} {
		handles(values{"revision": one, "container": "c0"})
		preflighttest.Expect(t, w.Run(), passed)
	}
	handles(values{"revision": "mailer:2"})
	preflighttest.Expect(t, w.Run(), "failed, may pass: "+service+" does not run mailer:2 alone: its tasks are of mailer:1")

	// As long as an old task has not stopped, both have to handle it.
	w.StopsWithin(service, time.Minute)
	defines(w, image("v2", "Mail/2, New/1"))
	ecs(w, "UpdateService", values{"cluster": "shop", "service": "mailer", "taskDefinition": "mailer:2"})
	handles(nil)
	w.Block["enqueues"] = []any{values{"classes": []any{"New/1"}}}
	found := w.Run()
	if f := found[0]; f.Status != rollout.Failed || strings.Count(f.Why, "nobody handles it") != 1 || !strings.Contains(f.Why, "label rollout.handles of 127.0.0.1") {
		t.Errorf("got %+v", f)
	}
	handles(values{"revision": "mailer:2"})
	preflighttest.Expect(t, w.Run(), "failed, may pass: "+service+" does not run mailer:2 alone: its tasks are of mailer:1 and mailer:2")
	w.Clock.Advance(time.Minute)
	preflighttest.Expect(t, w.Run(), passed)

	ecs(w, "UpdateService", values{"cluster": "shop", "service": "mailer", "desiredCount": 0})
	preflighttest.Expect(t, w.Run(), "failed, may pass: no task of "+service+" runs")
}

// A tag is what it stood for when ECS pulled it.
func TestTasksOfATag(t *testing.T) {
	w, image := onECS(t)
	ref := image("v2", "New/1")
	repo, digest, _ := strings.Cut(ref, "@")
	defines(w, repo+":latest")
	ecs(w, "UpdateService", values{"cluster": "shop", "service": "mailer", "taskDefinition": "mailer:2"})
	w.Block["enqueues"] = []any{values{"classes": []any{"New/1"}}}
	id := fmt.Sprintf("%019d%04d", 2, 0)
	preflighttest.Expect(t, w.Run(), "skipped: ECS does not say by which digest task "+id+" runs "+repo+":latest")
	w.Pulls(repo+":latest", digest)
	ecs(w, "UpdateService", values{"cluster": "shop", "service": "mailer", "taskDefinition": "mailer:2", "forceNewDeployment": true})
	preflighttest.Expect(t, w.Run(), "passed: all of 1 jobs that may be enqueued are handled")

	defines(w, repo+":latest", repo+":latest")
	ecs(w, "UpdateService", values{"cluster": "shop", "service": "mailer", "taskDefinition": "mailer:3"})
	id = fmt.Sprintf("%019d%04d", 4, 0)
	preflighttest.Expect(t, w.Run(), "failed: task "+id+` has 2 containers that may say its jobs, and one has to (container is "")`)
	w.Block["handles"] = []any{values{"ecs_service": "shop/mailer", "container": "c1"}}
	preflighttest.Expect(t, w.Run(), "passed: all of 1 jobs that may be enqueued are handled")
}

// TestRevisionMayNotBeRead: each of the two permissions is named.
func TestRevisionMayNotBeRead(t *testing.T) {
	h := live(t)
	defer h.Deny(getRevision)()
	preflighttest.Expect(t, h.Run(), "skipped: "+service+": "+getRevision+" is denied on it, or it does not exist")
}

func TestImages(t *testing.T) {
	h := live(t)
	handled := []any{values{"classes": []any{"Mail/2"}}}
	for name, c := range map[string]struct {
		image string
		label any
		want  string
	}{
		"a label":         {labelled(t, h, "a", map[string]string{"rollout.enqueues": `["Mail/2"]`}), nil, "passed: all of 1 jobs that may be enqueued are handled"},
		"another label":   {labelled(t, h, "b", map[string]string{"jobs": "Mail/2"}), "jobs", "passed: all of 1 jobs that may be enqueued are handled"},
		"two platforms":   {labelled(t, h, "c", map[string]string{"rollout.enqueues": "Mail/2"}, map[string]string{"rollout.enqueues": "Mail/2"}), nil, "passed: all of 1 jobs that may be enqueued are handled"},
		"two that differ": {labelled(t, h, "d", map[string]string{"rollout.enqueues": "Mail/2"}, map[string]string{"rollout.enqueues": "New"}), nil, "failed: IMAGE says other jobs in its label rollout.enqueues for one platform than for another"},
		"one of two":      {labelled(t, h, "e", map[string]string{"rollout.enqueues": "Mail/2"}, nil), nil, "failed: IMAGE says other jobs in its label rollout.enqueues for one platform than for another"},
		"no label":        {labelled(t, h, "f", map[string]string{"rollout.handles": "Mail/2"}), nil, "failed: IMAGE has no label rollout.enqueues"},
		"an empty one":    {labelled(t, h, "g", map[string]string{"rollout.enqueues": ""}), nil, "failed: IMAGE has no label rollout.enqueues"},
		"no jobs":         {labelled(t, h, "h", map[string]string{"rollout.enqueues": " # none"}), nil, "failed: label rollout.enqueues of IMAGE lists no job, so nothing is compared"},
		"no manifest":     {labelled(t, h, "i", map[string]string{"rollout.enqueues": "{"}), nil, "failed: label rollout.enqueues of IMAGE is no list of jobs: it is no object in JSON with a list of texts called enqueues"},
		"no image":        {h.Registry() + "/shop/none:v1", nil, "failed, may pass: the registry has no image IMAGE"},
	} {
		t.Run(name, func(t *testing.T) {
			block := values{"image": c.image}
			if c.label != nil {
				block["label"] = c.label
			}
			h.Block = values{"enqueues": []any{block}, "handles": handled}
			preflighttest.Expect(t, h.Open(t).Run(t.Context(), nil, nil), strings.ReplaceAll(c.want, "IMAGE", c.image))
		})
	}
	h.Block = values{"enqueues": []any{values{"image": strings.TrimPrefix(preflighttest.Answering(t, 401, preflighttest.InBody), "http://") + "/shop/api:v1"}}, "handles": handled}
	if f := h.Run()[0]; !strings.HasPrefix(f.Why, "the registry does not let ") || f.Status.String() != "skipped" {
		t.Errorf("%+v", f)
	}
	h.Block = values{"enqueues": []any{values{"image": strings.TrimPrefix(preflighttest.Answering(t, 200, preflighttest.InBody), "http://") + "/shop/api:v1"}}, "handles": handled}
	if f := h.Run()[0]; !strings.HasPrefix(f.Why, "the registry gave no answer about ") || f.Status.String() != "skipped" {
		t.Errorf("%+v", f)
	}
}

func TestFiles(t *testing.T) {
	h := live(t)
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"a list":      {"# of the app\nBilling::Mail/2 # and why\n\nshop.tasks.mail\n", "passed: all of 2 jobs that may be enqueued are handled"},
		"an object":   {`{"enqueues": ["Billing::Mail/2"], "handles": ["Other"]}`, "passed: all of 1 jobs that may be enqueued are handled"},
		"of one side": {`{"handles": ["Other"]}`, "failed: FILE is no list of jobs: it is no object in JSON with a list of texts called enqueues"},
		"no texts":    {`[1]`, "failed: FILE is no list of jobs: it is no list of texts in JSON"},
		"a sentence":  {"Billing::Mail/2\nand some more", "failed: FILE is no list of jobs: number 2 of its jobs has another form than Class, Class/2, Class/1-3 or Class/1+"},
		"a range":     {"Billing::Mail/3-2", "failed: FILE is no list of jobs: number 1 of its jobs has another form than Class, Class/2, Class/1-3 or Class/1+"},
		"nothing":     {"# nothing yet\n", "failed: FILE lists no job, so nothing is compared"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, strings.ReplaceAll(name, " ", "_"))
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			h.Block = values{"enqueues": []any{values{"file": file}}, "handles": []any{values{"classes": []any{"Billing::Mail/1-2", "shop.tasks.mail"}}}}
			preflighttest.Expect(t, h.Open(t).Run(t.Context(), nil, nil), strings.ReplaceAll(c.want, "FILE", file))
		})
	}
	h.Block["enqueues"] = []any{values{"file": filepath.Join(dir, "none")}}
	preflighttest.Expect(t, h.Run(), "failed: "+filepath.Join(dir, "none")+" could not be read: no such file or directory")
}

func TestCompare(t *testing.T) {
	for _, c := range []struct{ enqueues, handles, want string }{
		{"A", "A", ""},
		{"A", "B", "A: nobody handles it"},
		{"A/2", "A/2", ""},
		{"A/2", "A/1-3", ""},
		{"A/2", "A/1+", ""},
		{"A/1-2", "A/1+", ""},
		{"A/1+", "A/1+", ""},
		{"A/2", "A/3", "A/2: it is handled as A/3"},
		{"A/1-3", "A/2-3", "A/1-3: it is handled as A/2-3"},
		{"A/1-3", "A/1-2", "A/1-3: it is handled as A/1-2"},
		{"A/1+", "A/1-9", "A/1+: it is handled as A/1-9"},
		{"A/0", "A/1+", "A/0: it is handled as A/1+"},
		{"A/2", "A", "unknown A/2: one side alone says how many arguments it has"},
		{"A", "A/2", "unknown A: one side alone says how many arguments it has"},
		{"A/2", "A/1,A/2", ""},
		{"A/3", "A/1,A/2", "A/3: it is handled as A/1 and A/2"},
		{"A/3", "A/1,A", "unknown A/3: one side alone says how many arguments it has"},
		{"A/1,A/2", "A/1", "A/2: it is handled as A/1"},
		{"a", "A", "a: nobody handles it"},
	} {
		given, _ := manifest(c.enqueues, enqueues)
		taken, _ := manifest(c.handles, handles)
		var got []string
		for _, v := range compare(given, taken) {
			unknown := ""
			if v.unknown {
				unknown = "unknown "
			}
			got = append(got, fmt.Sprintf("%s%s: %s", unknown, v.of, v.why))
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s against %s: %q, want %q", c.enqueues, c.handles, got, c.want)
		}
	}
}

func TestManyThatAreNotHandled(t *testing.T) {
	h := live(t)
	var many []any
	for i := range 25 {
		many = append(many, fmt.Sprintf("New%02d", i))
	}
	h.Block = values{"enqueues": []any{values{"classes": many}}, "handles": []any{values{"classes": []any{"A"}}}}
	if why := h.Run()[0].Why; !strings.HasSuffix(why, "New19: nobody handles it\n  - and 5 more") {
		t.Error(why)
	}
	h.Block = values{"enqueues": []any{values{"classes": []any{"A/1"}}}, "handles": []any{values{"classes": []any{"A"}}}}
	preflighttest.Expect(t, h.Run(), "skipped: nobody can tell of some jobs whether their arguments are taken:\n  - A/1: one side alone says how many arguments it has")
}

func TestValidate(t *testing.T) {
	one := func(side values) values {
		return values{"enqueues": []any{side}, "handles": []any{values{"classes": []any{"A"}}}}
	}
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"classes":                {one(values{"classes": []any{"A/1", "b.c/2+", "D::E/0-3"}}), nil},
		"a file":                 {one(values{"file": "jobs.txt"}), nil},
		"an image":               {one(values{"image": "gcr.io/p/api:v1", "label": "jobs"}), nil},
		"a service":              {one(values{"cloud_run_service": service}), nil},
		"unknown":                {one(values{"image": preflighttest.Unknown}), nil},
		"one side":               {values{"enqueues": []any{values{"file": "a"}}}, []string{""}},
		"no side":                {values{}, []string{"", ""}},
		"a side twice":           {values{"enqueues": []any{values{"file": "a"}, values{"file": "b"}}, "handles": []any{values{"file": "a"}}}, []string{""}},
		"no source":              {one(values{}), []string{"enqueues"}},
		"two sources":            {one(values{"file": "a", "image": "gcr.io/p/api:v1"}), []string{"enqueues"}},
		"no class":               {one(values{"classes": []any{}}), []string{"enqueues"}},
		"an empty file":          {one(values{"file": ""}), []string{"enqueues"}},
		"a sentence":             {one(values{"classes": []any{"mail somebody"}}), []string{"enqueues"}},
		"no image":               {one(values{"image": "https://gcr.io/p"}), []string{"enqueues"}},
		"the name of a service":  {one(values{"cloud_run_service": "worker"}), []string{"enqueues"}},
		"a revision of nothing":  {one(values{"file": "a", "revision": "worker-2"}), []string{"enqueues"}},
		"a label without images": {one(values{"file": "a", "label": "jobs"}), []string{"enqueues"}},
	})
	b := preflighttest.Block(t, Kind(), one(values{"file": "jobs.txt"}))
	if got := Kind().Object(t.Context(), b); got != "jobs.txt against classes" {
		t.Errorf("object %q", got)
	}
}

func FuzzManifest(f *testing.F) {
	for _, s := range []string{"A/1", "[\"A\"]", "{\"handles\":[\"A/1-2\"]}", "# x\nA, B/2+", "A/999-1000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		jobs, wrong := manifest(text, handles)
		if wrong != "" && jobs != nil {
			t.Errorf("%q is wrong, and is %v", text, jobs)
		}
		for _, j := range jobs {
			if again, ok := parseJob(j.String()); !ok || again != j {
				t.Errorf("%q has %v, which is read as %v", text, j, again)
			}
		}
	})
}
