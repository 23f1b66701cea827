package sandbox

import (
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
)

func TestFailedRevisionKeepsTheOldSplit(t *testing.T) {
	for name, c := range map[string]struct {
		behaviour Behaviour
		image     string
		code      codes.Code
		text      string
	}{
		"does not listen": {Behaviour{FailStart: FailListen}, "", codes.FailedPrecondition, "The user-provided container failed to start and listen on the port"},
		"fails its probe": {Behaviour{FailStart: FailProbe}, "", codes.FailedPrecondition, "failed the configured startup probe checks"},
		"lacks a setting": {Behaviour{NeedEnv: []string{"DATABASE_URL"}}, "", codes.FailedPrecondition, "failed to start and listen"},
		"bad setting":     {Behaviour{}, "", codes.FailedPrecondition, "failed to start and listen"},
		"no such tag":     {Behaviour{}, "/shop/api:nope", codes.NotFound, "nope' not found."},
		"foreign image":   {Behaviour{}, "gcr.io/x/y:z", codes.NotFound, "Image 'gcr.io/x/y:z' not found."},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{})
			first := w.shop()
			image := must(w.Image("shop/api", "bad", c.behaviour))
			switch {
			case strings.HasPrefix(c.image, "/"):
				image = w.Registry() + c.image
			case c.image != "":
				image = c.image
			}
			if name == "bad setting" {
				sv := w.get()
				sv.Template.Containers[0].Env = []*runpb.EnvVar{{Name: "SANDBOX_LATENCY", Values: &runpb.EnvVar_Value{Value: "often"}}}
				sv.Traffic = []*runpb.TrafficTarget{byName(first, 100, ""), latest(0, "canary")}
				must(w.update(sv, "template", "traffic"))
			} else if op := w.deploy(first, image, "canary"); op.GetError().GetCode() != int32(c.code) || !strings.Contains(op.GetError().GetMessage(), c.text) {
				t.Errorf("operation: %v", op.GetError())
			}
			sv, v := w.get(), w.Service("shop")
			if v.Ready || !strings.Contains(v.Message, c.text) || !strings.HasPrefix(v.Message, "Revision '"+v.Newest+"' is not ready") {
				t.Errorf("service condition: %q", v.Message)
			}
			if v.Percent[first] != 100 || v.LatestReady != first || v.Observed != 1 || sv.GetGeneration() != 2 {
				t.Errorf("got %+v", v)
			}
			rev, err := w.revisions.GetRevision(w.ctx(), &runpb.GetRevisionRequest{Name: sv.GetLatestCreatedRevision()})
			if err != nil || rev.GetConditions()[0].GetState() != runpb.Condition_CONDITION_FAILED {
				t.Errorf("revision: %v %v", rev.GetConditions(), err)
			}
		})
	}
}

// A failed revision that has only a tag: nothing of that write is routed, and
// nothing that still names it will be. Traffic without it works; whether the
// operation then ends well is Options.Forgive.
func TestLaterTrafficWithAndWithoutTheFailedRevision(t *testing.T) {
	for _, forgive := range []bool{false, true} {
		w := start(t, Options{Forgive: forgive})
		first := w.shop()
		second := func() string {
			w.deploy(first, must(w.Image("shop/api", "v2", Behaviour{})), "canary")
			return w.Service("shop").Newest
		}()
		w.deploy(first, must(w.Image("shop/api", "bad", Behaviour{FailStart: FailListen})), "worse")
		bad := w.Service("shop").Newest
		// The trap of naming a new revision LATEST: while it has failed, LATEST is
		// the newest one that is ready, and so is its tag.
		if v := w.Service("shop"); v.Tags["worse"] != second || v.Asked["worse"] != "LATEST" {
			t.Errorf("the tag of LATEST: %+v", v)
		}

		op := must(w.update(&runpb.Service{Name: w.name("shop"), Traffic: []*runpb.TrafficTarget{byName(first, 50, ""), byName(second, 50, ""), byName(bad, 0, "worse")}}, "traffic"))
		if v := w.Service("shop"); op.GetError() == nil || v.Percent[first] != 100 || v.Wanted[second] != 50 {
			t.Errorf("forgive=%v: a split that names the failed revision was applied: %+v", forgive, v)
		}
		op = must(w.update(&runpb.Service{Name: w.name("shop"), Traffic: []*runpb.TrafficTarget{byName(first, 50, ""), byName(second, 50, "")}}, "traffic"))
		v := w.Service("shop")
		if v.Percent[first] != 50 || v.Percent[second] != 50 {
			t.Errorf("forgive=%v: a good split was not applied: %+v", forgive, v)
		}
		if (op.GetError() == nil) != forgive || v.Ready != forgive {
			t.Errorf("forgive=%v: operation %v, ready %v", forgive, op.GetError(), v.Ready)
		}
	}
}

func TestSecretsAreCheckedWhenARevisionStarts(t *testing.T) {
	const email = "api@demo.iam.gserviceaccount.com"
	for name, c := range map[string]struct {
		prepare func(w *world)
		version string
		text    string
	}{
		"all is well":     {func(w *world) { _ = w.Grant("db", accessor, "serviceAccount:"+email) }, "1", ""},
		"project binding": {func(w *world) { w.GrantProject(accessor, "serviceAccount:"+email) }, "latest", ""},
		"no binding":      {func(*world) {}, "1", "Permission denied on secret: projects/481516234200/secrets/db/versions/1 for Revision service account " + email},
		"only if":         {func(w *world) { _ = w.GrantIf("db", accessor, "false", "serviceAccount:"+email) }, "1", "Permission denied on secret"},
		"no such version": {func(w *world) { _ = w.Grant("db", accessor, "serviceAccount:"+email) }, "7", "Secret projects/481516234200/secrets/db/versions/7 was not found"},
		"disabled version": {func(w *world) {
			_ = w.Grant("db", accessor, "serviceAccount:"+email)
			_ = w.SetSecretVersion("db", 1, Disabled)
		}, "1", "is in DISABLED state"},
		"latest is newest": {func(w *world) {
			_ = w.Grant("db", accessor, "serviceAccount:"+email)
			must(w.AddSecretVersion("db", Destroyed))
		}, "latest", "is in DESTROYED state"},
		"secret is missing": {func(w *world) { delete(w.vault.secrets, "db") }, "1", "secrets/db/versions/1 was not found"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{})
			w.Secret("db", Enabled)
			c.prepare(w)
			w.shop(RunAs(email), SecretEnv("DB", "db", c.version))
			v, sv := w.Service("shop"), w.get()
			if v.Ready != (c.text == "") || !strings.Contains(v.Message, c.text) {
				t.Errorf("ready %v, message %q, want %q", v.Ready, v.Message, c.text)
			}
			if c.text != "" && sv.GetTerminalCondition().GetReason() != runpb.Condition_SECRETS_ACCESS_CHECK_FAILED {
				t.Errorf("reason %v", sv.GetTerminalCondition())
			}
		})
	}
}
