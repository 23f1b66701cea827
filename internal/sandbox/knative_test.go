package sandbox

import (
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
)

const v1Path = "/apis/serving.knative.dev/v1/namespaces/demo"

// The bodies are those that gcloud 528 sent, shortened.
func TestKnativeFacade(t *testing.T) {
	w := start(t, Options{})
	image := must(w.Image("shop/api", "v1", Behaviour{}))
	if code, body := w.do("GET", v1Path+"/services/shop?alt=json", ""); code != 404 {
		t.Fatalf("before the deploy: %d %v", code, body)
	}
	code, sv := w.do("POST", v1Path+"/services?alt=json", `{"apiVersion":"serving.knative.dev/v1","kind":"Service",
		"metadata":{"annotations":{"run.googleapis.com/client-name":"gcloud","team":"a"},"labels":{},"name":"shop","namespace":"demo"},
		"spec":{"template":{"metadata":{"annotations":{"run.googleapis.com/startup-cpu-boost":"True"},"labels":{"client.knative.dev/nonce":"nqeldfugeg"}},
		"spec":{"containers":[{"image":"`+image+`","name":""}],"nodeSelector":{},"serviceAccountName":"run-sa@demo.iam.gserviceaccount.com"}}},"status":{"address":{}}}`)
	if code != 200 {
		t.Fatalf("POST: %d %v", code, sv)
	}
	first := w.Service("shop").Newest
	stored := w.get()
	if stored.GetAnnotations()["team"] != "a" || len(stored.GetAnnotations()) != 1 || len(stored.GetTemplate().GetLabels()) != 0 ||
		!stored.GetTemplate().GetContainers()[0].GetResources().GetStartupCpuBoost() {
		t.Errorf("v2 shows %v", stored)
	}
	meta := sv["metadata"].(map[string]any)
	if meta["annotations"].(map[string]any)["run.googleapis.com/client-name"] != "gcloud" || meta["resourceVersion"] == "" {
		t.Errorf("v1 shows %v", meta)
	}
	_, list := w.do("GET", v1Path+"/revisions?labelSelector=serving.knative.dev%2Fservice+%3D+shop%2Cclient.knative.dev%2Fnonce%3Dnqeldfugeg", "")
	if items := list["items"].([]any); len(items) != 1 {
		t.Errorf("revisions by nonce: %v", list)
	}

	put := func(resourceVersion, template, traffic string) (int, map[string]any) {
		return w.do("PUT", v1Path+"/services/shop", `{"metadata":{"name":"shop","namespace":"demo","resourceVersion":"`+resourceVersion+`"},"spec":{"template":`+template+`,"traffic":`+traffic+`}}`)
	}
	rv := meta["resourceVersion"].(string)
	next := `{"metadata":{"name":"shop-00002-sah"},"spec":{"containers":[{"image":"` + image + `","env":[{"name":"A","value":"1"},{"name":"S","valueFrom":{"secretKeyRef":{"name":"nope","key":"1"}}}]}]}}`
	code, _ = put(rv, next, `[{"percent":100,"revisionName":"`+first+`"},{"revisionName":"shop-00002-sah","tag":"canary"}]`)
	if v := w.Service("shop"); code != 200 || v.Newest != "shop-00002-sah" || v.Env["A"] != "1" || v.Env["S"] != "secret:nope:1" || v.Ready || v.Percent[first] != 100 {
		t.Errorf("PUT: %d %+v", code, v)
	}
	code, body := w.do("GET", v1Path+"/services/shop", "")
	status := body["status"].(map[string]any)
	ready := status["conditions"].([]any)[0].(map[string]any)
	if code != 200 || ready["type"] != "Ready" || ready["status"] != "False" || ready["reason"] != "SecretsAccessCheckFailed" || status["observedGeneration"] != 2.0 {
		t.Errorf("status: %v", status)
	}
	if code, body = put(rv, next, `[{"percent":100,"revisionName":"`+first+`"}]`); code != 409 || body["error"].(map[string]any)["status"] != "ABORTED" {
		t.Errorf("a stale resourceVersion: %d %v", code, body)
	}
	if last := w.Calls()[len(w.Calls())-1]; last.Face != "knative" || last.Method != "run.UpdateService" || last.ETag != rv || !last.Write || last.Effect {
		t.Errorf("journal: %+v", last)
	}
}

func TestKnativeKeepsWhatItCannotSay(t *testing.T) {
	w := start(t, Options{})
	first := w.shop(With(func(s *runpb.Service) {
		s.Description = "kept"
		s.Template.Volumes = []*runpb.Volume{{Name: "scratch", VolumeType: &runpb.Volume_EmptyDir{EmptyDir: &runpb.EmptyDirVolumeSource{}}}}
		s.Template.Containers[0].StartupProbe = &runpb.Probe{ProbeType: &runpb.Probe_HttpGet{HttpGet: &runpb.HTTPGetAction{Path: "/healthz"}}}
	}))
	_, got := w.do("GET", v1Path+"/services/shop", "")
	spec := got["spec"].(map[string]any)
	spec["traffic"] = []any{map[string]any{"revisionName": first, "percent": 100}, map[string]any{"revisionName": first, "tag": "home"}}
	if code, body := w.do("PUT", v1Path+"/services/shop", string(must(jsonOf(got)))); code != 200 {
		t.Fatalf("PUT: %d %v", code, body)
	}
	v, sv := w.Service("shop"), w.get()
	if len(v.Revisions) != 1 || v.Tags["home"] != first || sv.GetDescription() != "kept" || len(sv.GetTemplate().GetVolumes()) != 1 ||
		sv.GetTemplate().GetContainers()[0].GetStartupProbe().GetHttpGet().GetPath() != "/healthz" {
		t.Errorf("an echo with other traffic changed the template: %+v\n%v", v, sv.GetTemplate())
	}
}

func TestKnativeStrangers(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	w.shop()
	for _, c := range []struct {
		method, path, body string
		code               int
	}{
		{"PATCH", v1Path + "/services/shop", "{}", 501},
		{"GET", v1Path + "/services/shop?watch=true", "", 501},
		{"GET", v1Path + "/revisions?labelSelector=a+in+(b)", "", 501},
		{"GET", v1Path + "/configurations", "", 501},
		{"PUT", v1Path + "/services/shop", `{"spec":{"templates":{}}}`, 400},
	} {
		before := len(w.Violations())
		if code, body := w.do(c.method, c.path, c.body); code != c.code || len(w.Violations()) != before+1 {
			t.Errorf("%s %s: %d %v; violations %q", c.method, c.path, code, body, w.Violations()[before:])
		}
	}
	if code, body := w.do("GET", "/apis/serving.knative.dev/v1/namespaces/other/services/shop", ""); code != 403 || !strings.Contains(body["error"].(map[string]any)["message"].(string), "run.services.get") {
		t.Errorf("a foreign namespace: %d %v", code, body)
	}
}
