package sandbox

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/gcloud"
)

// gcloudFor returns a function that runs the real gcloud against the sandbox.
func (w *world) gcloudFor() func(args ...string) (string, error) {
	w.t.Helper()
	gcloud, err := gcloud.For(w.URL(), "demo", "us-central1", w.t.TempDir())
	if err != nil {
		if os.Getenv("CI") != "" {
			w.t.Fatalf("CI must have gcloud: %v", err)
		}
		w.t.Skip(err)
	}
	return func(args ...string) (string, error) { return gcloud.Run(w.ctx(), args...) }
}

func TestGcloud(t *testing.T) {
	w := start(t, Options{Now: systemNow, Settle: 300 * time.Millisecond})
	run := w.gcloudFor()
	gcloud := func(args ...string) string {
		t.Helper()
		began := stopwatch()
		out, err := run(args...)
		if err != nil {
			t.Fatalf("gcloud %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		t.Logf("%s: gcloud %s", began().Round(100*time.Millisecond), strings.Join(args, " "))
		return strings.TrimSpace(out)
	}
	v1 := must(w.Image("shop/api", "v1", Behaviour{Version: "v1"}))
	v2 := must(w.Image("shop/api", "v2", Behaviour{Version: "v2"}))
	w.Secret("db-pass", Enabled, Disabled)
	_ = w.Grant("db-pass", accessor, "serviceAccount:run-sa@demo.iam.gserviceaccount.com")

	gcloud("run", "deploy", "shop", "--image", v1, "--service-account", "run-sa@demo.iam.gserviceaccount.com",
		"--set-env-vars", "A=1", "--set-secrets", "DB=db-pass:1", "--max-instances", "7", "--no-allow-unauthenticated")
	v := w.Service("shop")
	first := v.Newest
	if !v.Ready || v.Env["A"] != "1" || v.Env["DB"] != "secret:db-pass:1" || w.get().GetTemplate().GetScaling().GetMaxInstanceCount() != 7 {
		t.Fatalf("after the deploy: %+v", v)
	}

	// A field that v1 does not know must survive what gcloud writes from now on.
	sv := w.get()
	sv.Template.EncryptionKeyShutdownDuration = durationpb.New(time.Hour)
	sv.Template.Containers[0].LivenessProbe = &runpb.Probe{ProbeType: &runpb.Probe_HttpGet{HttpGet: &runpb.HTTPGetAction{Path: "/healthz"}}}
	must(w.update(sv, "template"))
	w.until(func() bool { return !w.Service("shop").Reconciling })
	kept := w.Service("shop").Newest

	gcloud("run", "deploy", "shop", "--image", v2, "--no-traffic", "--tag", "canary")
	v = w.Service("shop")
	second := v.Newest
	tpl := w.get().GetTemplate()
	if v.Percent[kept] != 100 || v.Tags["canary"] != second || second == kept || v.Env["A"] != "1" ||
		tpl.GetContainers()[0].GetLivenessProbe().GetHttpGet().GetPath() != "/healthz" || tpl.GetEncryptionKeyShutdownDuration().GetSeconds() != 3600 {
		t.Fatalf("after the deploy without traffic: %+v\n%v", v, tpl)
	}

	gcloud("run", "services", "update-traffic", "shop", "--to-revisions", kept+"=90,"+second+"=10")
	if v = w.Service("shop"); v.Percent[second] != 10 || v.Percent[kept] != 90 || v.Tags["canary"] != second {
		t.Errorf("after update-traffic: %+v", v)
	}
	if out := gcloud("run", "services", "describe", "shop", "--format", "value(status.url,status.latestCreatedRevisionName)"); !strings.Contains(out, w.ServiceURL("shop")) || !strings.Contains(out, second) {
		t.Errorf("describe: %q", out)
	}
	if out := gcloud("run", "services", "list", "--format", "value(metadata.name)"); out != "shop" {
		t.Errorf("list: %q", out)
	}
	if out := gcloud("run", "revisions", "list", "--service", "shop", "--format", "value(metadata.name)"); strings.Join(strings.Fields(out), " ") != strings.Join([]string{second, kept, first}, " ") {
		t.Errorf("revisions: %q", out)
	}
	if out := gcloud("run", "revisions", "describe", second, "--format", "value(status.imageDigest)"); !strings.HasPrefix(out, w.Registry()+"/shop/api@sha256:") {
		t.Errorf("revision: %q", out)
	}
	if out := gcloud("secrets", "versions", "describe", "latest", "--secret", "db-pass", "--format", "value(name,state)"); !strings.Contains(out, "versions/2") || !strings.Contains(strings.ToUpper(out), "DISABLED") {
		t.Errorf("secret version: %q", out)
	}
	if out := gcloud("secrets", "get-iam-policy", "db-pass", "--format", "value(bindings.members)"); !strings.Contains(out, "run-sa@demo") {
		t.Errorf("secret policy: %q", out)
	}

	t.Run("an annotation of the service", func(t *testing.T) {
		before := w.get()
		for _, why := range []string{"bad checkout", "", "^|^bad, very bad"} {
			flag, text := "rollout-abort="+why, why
			if sep, rest, found := strings.Cut(strings.TrimPrefix(why, "^"), "^"); found {
				flag, text = "^"+sep+"^rollout-abort="+rest, rest
			}
			etag := w.get().GetEtag()
			gcloud("run", "services", "update", "shop", "--update-annotations", flag)
			now := w.get()
			if got, there := now.GetAnnotations()["rollout-abort"]; !there || got != text {
				t.Errorf("%q: the annotations are %v", flag, now.GetAnnotations())
			}
			if now.GetEtag() == etag || now.GetLatestCreatedRevision() != before.GetLatestCreatedRevision() ||
				!proto.Equal(now.GetTemplate(), before.GetTemplate()) || fmt.Sprint(now.GetTraffic()) != fmt.Sprint(before.GetTraffic()) {
				t.Errorf("%q: it changed more than the annotation, or no etag: %v", flag, now)
			}
		}
	})
	t.Run("a foreign write stops gcloud", func(t *testing.T) {
		w.Fault(Fault{Kind: Before, Method: "run.UpdateService", Do: func() { w.split(map[string]int{kept: 99, second: 1}) }})
		out, err := run("run", "services", "update-traffic", "shop", "--to-revisions", second+"=100")
		if err == nil || !strings.Contains(out, "Conflict for resource 'shop'") || w.Service("shop").Percent[second] != 1 {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("a revision that fails", func(t *testing.T) {
		bad := must(w.Image("shop/api", "bad", Behaviour{FailStart: FailListen}))
		out, err := run("run", "deploy", "shop", "--image", bad, "--no-traffic", "--tag", "worse")
		if err == nil || !strings.Contains(out, "is not ready and cannot serve traffic. The user-provided container failed to start") {
			t.Errorf("%v: %s", err, out)
		}
		if v := w.Service("shop"); v.Percent[kept] != 99 || v.Tags["worse"] != "" {
			t.Errorf("got %+v", v)
		}
	})
	gcloud("run", "services", "delete", "shop")
	if w.Service("shop").Exists {
		t.Error("the service is still there")
	}
}
