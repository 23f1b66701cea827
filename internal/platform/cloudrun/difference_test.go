package cloudrun

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

func TestDifference(t *testing.T) {
	app := func(t *runpb.RevisionTemplate) *runpb.Container { return t.GetContainers()[0] }
	for name, c := range map[string]struct {
		change func(*runpb.RevisionTemplate)
		want   string
	}{
		"nothing":                        {func(*runpb.RevisionTemplate) {}, ""},
		"what makes no difference":       {func(t *runpb.RevisionTemplate) { t.Labels, t.Revision = nil, "" }, ""},
		"the order of settings":          {func(t *runpb.RevisionTemplate) { slices.Reverse(app(t).Env) }, ""},
		"what the issue asks for":        {func(t *runpb.RevisionTemplate) { app(t).Resources.Limits["cpu"] = "2"; add(t, plain("FOO", "hush")) }, "cpu 1 → 2, +FOO"},
		"a part of a core":               {func(t *runpb.RevisionTemplate) { app(t).Resources.Limits["cpu"] = "1500m" }, "cpu 1 → 1500m"},
		"a core in another word":         {func(t *runpb.RevisionTemplate) { app(t).Resources.Limits["cpu"] = "1" }, "cpu 1000m → 1"},
		"a limit that is new":            {func(t *runpb.RevisionTemplate) { app(t).Resources.Limits["nvidia.com/gpu"] = "1" }, "nvidia.com/gpu none → 1"},
		"no limits at all":               {func(t *runpb.RevisionTemplate) { app(t).Resources = nil }, "cpu 1 → none, memory 512Mi → none"},
		"cpu beside requests":            {func(t *runpb.RevisionTemplate) { app(t).Resources.CpuIdle = true }, "cpu idle off → on"},
		"a setting less, one of another": {func(t *runpb.RevisionTemplate) { app(t).Env = []*runpb.EnvVar{plain("A", "hush"), plain("B", "2")} }, "A changed, -KEY"},
		"a setting that is empty now":    {func(t *runpb.RevisionTemplate) { app(t).Env[0] = &runpb.EnvVar{Name: "A"} }, "A changed"},
		"a secret in place of a value":   {func(t *runpb.RevisionTemplate) { app(t).Env[0] = secret("A", "key", "1") }, "A changed"},
		"a value in place of a secret":   {func(t *runpb.RevisionTemplate) { app(t).Env[1] = plain("KEY", "hush") }, "KEY changed"},
		"a version":                      {func(t *runpb.RevisionTemplate) { app(t).Env[1] = secret("KEY", "projects/demo/secrets/key", "4") }, "key: 3 → 4"},
		"another secret":                 {func(t *runpb.RevisionTemplate) { app(t).Env[1] = secret("KEY", "other", "3") }, "KEY: key:3 → other:3"},
		"an image of the same name": {
			func(t *runpb.RevisionTemplate) { app(t).Image = "host/app@sha256:" + strings.Repeat("2", 64) },
			"image host/app sha256:1 → sha256:222222222222",
		},
		"another image":          {func(t *runpb.RevisionTemplate) { app(t).Image = "host/web:v2" }, "image host/app@sha256:1 → host/web:v2"},
		"command and arguments":  {func(t *runpb.RevisionTemplate) { app(t).Command, app(t).Args = nil, []string{"--key=hush"} }, "command changed, args changed"},
		"the port":               {func(t *runpb.RevisionTemplate) { app(t).Ports[0].ContainerPort = 9090 }, "port 8080 → 9090"},
		"the port's protocol":    {func(t *runpb.RevisionTemplate) { app(t).Ports[0].Name = "h2c" }, "ports changed"},
		"no port":                {func(t *runpb.RevisionTemplate) { app(t).Ports = nil }, "ports changed"},
		"a probe":                {func(t *runpb.RevisionTemplate) { app(t).StartupProbe = nil }, "startup probe changed"},
		"a mount":                {func(t *runpb.RevisionTemplate) { app(t).VolumeMounts = []*runpb.VolumeMount{{Name: "v"}} }, "volume mounts changed"},
		"the sidecar":            {func(t *runpb.RevisionTemplate) { t.Containers[1].Image = "host/proxy@sha256:3" }, "sidecar 1 changed"},
		"another sidecar":        {func(t *runpb.RevisionTemplate) { t.Containers = append(t.Containers, &runpb.Container{Image: "x"}) }, "containers 2 → 3"},
		"no container":           {func(t *runpb.RevisionTemplate) { t.Containers = nil }, "containers 2 → 0"},
		"volumes":                {func(t *runpb.RevisionTemplate) { t.Volumes[0].Name = "w" }, "-volume v, +volume w"},
		"a volume":               {func(t *runpb.RevisionTemplate) { t.Volumes[0].GetSecret().Secret = "other" }, "volume v changed"},
		"concurrency":            {func(t *runpb.RevisionTemplate) { t.MaxInstanceRequestConcurrency = 7 }, "concurrency 0 → 7"},
		"the timeout":            {func(t *runpb.RevisionTemplate) { t.Timeout = durationpb.New(90 * time.Second) }, "timeout 1m → 1m30s"},
		"no timeout":             {func(t *runpb.RevisionTemplate) { t.Timeout = nil }, "timeout 1m → 0s"},
		"the account":            {func(t *runpb.RevisionTemplate) { t.ServiceAccount = "" }, "service account api@demo.iam.gserviceaccount.com → none"},
		"scaling":                {func(t *runpb.RevisionTemplate) { t.Scaling.MinInstanceCount, t.Scaling.MaxInstanceCount = 1, 50 }, "min instances 0 → 1, max instances 100 → 50"},
		"no scaling":             {func(t *runpb.RevisionTemplate) { t.Scaling = nil }, "max instances 100 → 0"},
		"the network":            {func(t *runpb.RevisionTemplate) { t.VpcAccess.Connector = "d" }, "vpc access changed"},
		"where it runs":          {func(t *runpb.RevisionTemplate) { t.ExecutionEnvironment = 2 }, "execution environment none → GEN2"},
		"where it will run":      {func(t *runpb.RevisionTemplate) { t.ExecutionEnvironment = 99 }, "execution environment none → 99"},
		"affinity":               {func(t *runpb.RevisionTemplate) { t.SessionAffinity = true }, "session affinity off → on"},
		"a field that is newer":  {func(t *runpb.RevisionTemplate) { newer(t.GetScaling(), 1) }, "other fields"},
		"a newer one and others": {func(t *runpb.RevisionTemplate) { newer(app(t), 1); app(t).WorkingDir = "/srv" }, "working dir none → /srv, other fields"},
		"a newer one of a sidecar": {
			func(t *runpb.RevisionTemplate) { newer(t.GetContainers()[1], 1) }, "sidecar 1 changed, other fields",
		},
	} {
		t.Run(name, func(t *testing.T) {
			was, now := template(), template()
			c.change(now)
			before := [2]proto.Message{proto.CloneOf(was), proto.CloneOf(now)}
			if got := strings.Join(difference(was, now, project), ", "); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
			if !proto.Equal(before[0], was) || !proto.Equal(before[1], now) {
				t.Error("what was compared was changed")
			}
		})
	}
}

func add(t *runpb.RevisionTemplate, e *runpb.EnvVar) {
	t.Containers[0].Env = append(t.Containers[0].Env, e)
}

// told are the strings whose values are told; none of them can be a secret.
var told = regexp.MustCompile(`^(service_account|encryption_key|` +
	`containers\.(image|working_dir|base_image_uri|env\.name|env\.value_source\.secret_key_ref\.(secret|version)|resources\.limits)|volumes\.name)$`)

// TestEveryFieldDiffers: what makes a difference is told in words, and values
// only of what is known to be no secret. A field that a new version of the
// client brings is among them at once.
func TestEveryFieldDiffers(t *testing.T) {
	for _, w := range ways((&runpb.RevisionTemplate{}).ProtoReflect().Descriptor(), nil) {
		a, b := &runpb.RevisionTemplate{}, &runpb.RevisionTemplate{}
		set(a.ProtoReflect(), w, true)
		set(b.ProtoReflect(), w, false)
		got := strings.Join(difference(a, b, project), ", ")
		if (got == "") != idle.MatchString(w.String()) {
			t.Errorf("of %s it says %q", w, got)
		}
		if strings.Contains(got, "other fields") {
			t.Errorf("%s has no words of its own: %q", w, got)
		}
		if shown := regexp.MustCompile(`\b(one|two)\b`).MatchString(got); shown != told.MatchString(w.String()) {
			t.Errorf("of %s it says %q", w, got)
		}
	}
}

// TestUnserved: the difference between what serves and what the template has,
// but for what the configuration sets.
func TestUnserved(t *testing.T) {
	h := newHarness(t)
	image := h.image(t, sandbox.Behaviour{Version: "theirs"})
	keeps := func(s *runpb.Service) {
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: string(h.old), Percent: 100}}
	}
	unserved := func(s settings) string { return look(t, h.open(t, h.path(), s)).Unserved }
	h.change(t, func(s *runpb.Service) {
		c := s.Template.Containers[0]
		c.Image, c.Command, c.Args = image, []string{"/app"}, []string{"-v"}
		c.Env = settingsIn(t, "A=1", "KEY from key:3", "FOO=hush")
		keeps(s)
	})
	made := h.box.Service(shop).Newest
	all := settings{
		image: image, env: map[string]string{"A": "2"}, secrets: map[string]secretRef{"KEY": {project, "key", "latest"}}, command: []string{}, args: []string{},
	}
	if got, want := unserved(all), "+FOO: made as "+made+", serves nobody"; got != want {
		t.Errorf("beside what is ours: %q, want %q", got, want)
	}
	got, want := unserved(settings{}), ", +A, +FOO, +KEY, command changed, args changed: made as "+made+", serves nobody"
	if !strings.HasPrefix(got, "image ") || !strings.HasSuffix(got, want) {
		t.Errorf("where nothing is ours: %q, want …%q", got, want)
	}
	h.change(t, func(s *runpb.Service) {
		for i := range 13 {
			add(s.Template, plain(fmt.Sprintf("MANY_%02d", i), "x"))
		}
		keeps(s)
	})
	if got := unserved(all); !strings.Contains(got, "MANY_08, and 4 more: made as ") {
		t.Errorf("of many: %q", got)
	}
	h.change(t, func(s *runpb.Service) {
		s.Template.Containers[0].Env = settingsIn(t, "A=1")
		keeps(s)
	})
	made = h.box.Service(shop).Newest
	h.clock.Advance(time.Minute)
	h.meddle(t, map[string]int{string(h.old): 50, made: 50}, nil)
	if got := unserved(all); got != "" {
		t.Errorf("of several that serve: %q", got)
	}
	h.meddle(t, map[string]int{made: 100}, nil)
	if got := unserved(settings{}); got != "" {
		t.Errorf("where the newest serves: %q", got)
	}
}

// TestMakeForTriggers: what is made for other triggers is another revision, and
// for the same ones it is the one that is there.
func TestMakeForTriggers(t *testing.T) {
	h := newHarness(t)
	image := h.image(t, sandbox.Behaviour{Version: "made"})
	asking := func(triggers string) settings { return settings{image: image, triggers: triggers} }
	seen := map[rollout.Revision]string{}
	for _, triggers := range []string{"", "aa", "bb"} {
		made := h.make(t, asking(triggers))
		if before, twice := seen[made]; twice {
			t.Fatalf("%q and %q are both %s", before, triggers, made)
		}
		seen[made] = triggers
		if got := h.live(t).GetTemplate().GetAnnotations()[triggersKey]; got != triggers {
			t.Errorf("for %q the template says %q", triggers, got)
		}
	}
	writes, template := h.Writes(), look(t, h.open(t, h.path(), settings{})).Template
	for made, triggers := range seen {
		of, at := h.maker(t, asking(triggers))
		if found, err := of.Find(t.Context()); err != nil || found != made {
			t.Errorf("for %q, found %s (%v), want %s", triggers, found, err, made)
		}
		if again, err := of.Make(t.Context(), at); err != nil || again != made {
			t.Errorf("for %q, made %s (%v), want %s", triggers, again, err, made)
		}
		content, err := of.Content(t.Context())
		described, failed := of.Subject(t.Context(), made)
		if err != nil || failed != nil || described.Facts["content"] != content || !strings.HasSuffix(content, triggers) {
			t.Errorf("for %q the content is %q (%v), and of what was made %q (%v)", triggers, content, err, described.Facts["content"], failed)
		}
		if planned, err := of.planned(t.Context()); err != nil || planned.Facts["content"] != content {
			t.Errorf("for %q the content is %q, and planned is %q (%v)", triggers, content, planned.Facts["content"], err)
		}
		if of.settings.triggers != "" && template == content {
			t.Error("triggers count as a change of the template")
		}
	}
	if h.Writes() != writes {
		t.Error("something was written")
	}
}

// TestSecretsUsableOnceTheyAreResolved: the version that the candidate is made
// with counts, and not what latest means by then.
func TestSecretsUsableOnceTheyAreResolved(t *testing.T) {
	h := newHarness(t)
	h.box.Secret("db", sandbox.Enabled)
	of, _ := h.maker(t, settings{image: h.image(t, sandbox.Behaviour{}), secrets: map[string]secretRef{"A": {project, "db", "latest"}}})
	if _, err := of.Content(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.box.AddSecretVersion("db", sandbox.Enabled); err != nil {
		t.Fatal(err)
	}
	if err := h.box.SetSecretVersion("db", 1, sandbox.Disabled); err != nil {
		t.Fatal(err)
	}
	want := rollout.Finding{
		Check: checkName, Object: "A = projects/demo/secrets/db/versions/latest", Status: rollout.Failed,
		Why: "version 1 is DISABLED; a revision that needs it would not start",
		Fix: "Name another version, or enable it:\n  gcloud secrets versions enable 1 --secret db --project demo",
	}
	if got := of.secretsUsable(t.Context(), nil, nil); !slices.Equal(got, []rollout.Finding{want}) {
		t.Errorf("it finds %+v, want %+v", got, want)
	}
}
