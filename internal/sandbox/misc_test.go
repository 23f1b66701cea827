package sandbox

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"google.golang.org/grpc/codes"
)

func TestRegistryHoldsRealImages(t *testing.T) {
	w := start(t, Options{})
	want := Behaviour{ErrorShare: 0.25, Latency: 3 * time.Millisecond, FailStart: FailProbe, StartDelay: time.Minute, Version: "v9", Body: "hello", NeedEnv: []string{"A", "B"}, Unhealthy: true, APIKey: "k", ForgetsSessions: true}
	byDigest := must(w.Image("shop/api", "v9", want))
	byTag := must(name.ParseReference(w.Registry() + "/shop/api:v9"))
	img := must(remote.Image(byTag, remote.WithContext(t.Context())))
	if d := must(img.Digest()); byDigest != w.Registry()+"/shop/api@"+d.String() {
		t.Errorf("%s is not %s", byDigest, d)
	}
	if tags := must(remote.List(byTag.Context(), remote.WithContext(t.Context()))); len(tags) != 1 || tags[0] != "v9" {
		t.Errorf("tags: %v", tags)
	}
	got, _, found := w.images.resolve(byDigest)
	if !found || got.Version != want.Version || got.ErrorShare != want.ErrorShare || got.Latency != want.Latency || got.FailStart != want.FailStart ||
		got.StartDelay != want.StartDelay || got.Body != want.Body || strings.Join(got.NeedEnv, " ") != "A B" || !got.Unhealthy ||
		got.APIKey != "k" || !got.ForgetsSessions {
		t.Errorf("the behaviour came back as %+v", got)
	}
	if _, _, found := w.images.resolve(byTag.String()); !found {
		t.Error("the image is not found by its tag")
	}
	if _, err := remote.Image(must(name.ParseReference(w.Registry() + "/shop/api:nope"))); err == nil {
		t.Error("a missing tag was found")
	}
}

func TestRevisionOverridesItsImage(t *testing.T) {
	w := start(t, Options{})
	w.AcceptImage("gcr.io/acme/api:1", Behaviour{Version: "image"})
	if err := w.CreateService(w.ctx(), "shop", "gcr.io/acme/api:1", Env("SANDBOX_VERSION", "env"), Env("SANDBOX_UNHEALTHY", "true")); err != nil {
		t.Fatal(err)
	}
	if _, _, body := fetch(t, w.ServiceURL("shop")); !strings.Contains(body, `"version":"env"`) {
		t.Errorf("body: %s", body)
	}
	if code, _, _ := fetch(t, w.ServiceURL("shop")+"/healthz"); code != 503 {
		t.Errorf("healthz: %d", code)
	}
	if _, _, body := fetch(t, w.ServiceURL("shop")+"/env"); !strings.Contains(body, `"SANDBOX_VERSION"`) || strings.Contains(body, `"env"`) {
		t.Errorf("names: %s", body)
	}
}

func TestStartDelayIsOfTheClock(t *testing.T) {
	w := start(t, Options{Settle: time.Second})
	first, _ := w.two(Behaviour{}, Behaviour{})
	w.deploy(first, must(w.Image("shop/api", "slow", Behaviour{StartDelay: time.Minute})), "slow")
	slow := w.store.revision("shop", w.Service("shop").Newest)
	w.clock.pass(30 * time.Second)
	rev := must(w.revisions.GetRevision(w.ctx(), &runpb.GetRevisionRequest{Name: slow}))
	if !rev.GetReconciling() || rev.GetConditions()[0].GetState() != runpb.Condition_CONDITION_RECONCILING || !w.get().GetReconciling() {
		t.Errorf("ready too early: %v", rev.GetConditions())
	}
	w.clock.pass(31 * time.Second)
	rev = must(w.revisions.GetRevision(w.ctx(), &runpb.GetRevisionRequest{Name: slow}))
	if rev.GetReconciling() || rev.GetConditions()[0].GetState() != runpb.Condition_CONDITION_SUCCEEDED || w.Service("shop").Tags["slow"] == "" {
		t.Errorf("not ready: %v, %+v", rev.GetConditions(), w.Service("shop"))
	}
}

func TestLatestReadyNeverGoesBack(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	w.split(map[string]int{second: 100})
	if err := w.Meddle("shop", map[string]int{first: 100}, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	if v := w.Service("shop"); v.LatestReady != second || v.Percent[first] != 100 {
		t.Errorf("got %+v", v)
	}
}

func TestMeddlingDuringAReconcile(t *testing.T) {
	w := start(t, Options{Settle: time.Minute})
	first, second := w.two(Behaviour{}, Behaviour{})
	op := must(w.update(splitOf(w, first, 50, second, 50), "traffic"))
	w.split(map[string]int{first: 80, second: 20})
	if v := w.Service("shop"); v.Percent[second] != 20 || !v.Reconciling {
		t.Errorf("at once: %+v", v)
	}
	w.clock.pass(time.Minute)
	if v := w.Service("shop"); v.Percent[second] != 20 || v.Reconciling || !must(w.store.operationByName(op.GetName())).GetDone() {
		t.Errorf("afterwards: %+v", v)
	}
	for name, bad := range map[string]map[string]int{"sum": {first: 99}, "unknown": {"shop-x": 100}} {
		if err := w.Meddle("shop", bad, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if v := w.Service("shop"); v.Percent[second] != 20 || v.Wanted["shop-x"] != 0 {
		t.Errorf("a refused meddling left %+v", v)
	}
}

func TestOperationsAreListedAndResumed(t *testing.T) {
	w := start(t, Options{Settle: time.Minute, PageSize: 2})
	w.shop()
	w.clock.pass(time.Minute)
	var last string
	for _, text := range []string{"a", "b", "c"} {
		op := must(w.update(&runpb.Service{Name: w.name("shop"), Description: text}, "description"))
		if last = op.GetName(); op.GetDone() {
			t.Error("the answer to a write says that it is done")
		}
	}
	resumed := w.services.UpdateServiceOperation(last)
	if _, err := resumed.Poll(w.ctx()); err != nil || resumed.Done() {
		t.Errorf("before its time: done %v, %v", resumed.Done(), err)
	}
	w.clock.pass(time.Minute)
	if sv, err := resumed.Poll(w.ctx()); err != nil || sv.GetDescription() != "c" {
		t.Errorf("after its time: %v, %v", sv, err)
	}
	one := must(w.lro.ListOperations(w.ctx(), &longrunningpb.ListOperationsRequest{Name: w.store.parent()}))
	two := must(w.lro.ListOperations(w.ctx(), &longrunningpb.ListOperationsRequest{Name: w.store.parent(), PageToken: one.GetNextPageToken()}))
	if len(one.GetOperations()) != 2 || one.GetOperations()[0].GetName() != last || len(two.GetOperations()) != 2 || two.GetNextPageToken() != "" {
		t.Errorf("pages: %v %v", one, two)
	}
	must(w.lro.DeleteOperation(w.ctx(), &longrunningpb.DeleteOperationRequest{Name: last}))
	_, err := w.lro.WaitOperation(w.ctx(), &longrunningpb.WaitOperationRequest{Name: last})
	wantCode(t, err, codes.NotFound)
}

func TestAServiceThatNeverServedIsNotMeasured(t *testing.T) {
	w := start(t, Options{})
	if err := w.CreateService(w.ctx(), "shop", must(w.Image("shop/api", "bad", Behaviour{FailStart: FailListen}))); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := fetch(t, w.ServiceURL("shop")); code != 503 {
		t.Errorf("got %d", code)
	}
	if v := w.Service("shop"); len(v.Percent) != 0 || v.LatestReady != "" || v.Ready {
		t.Errorf("got %+v", v)
	}
	if len(w.telemetry.visible()) != 0 {
		t.Error("a request that reached no container was counted")
	}
}

func TestLatencyIsMeasuredAtTheProxy(t *testing.T) {
	w := start(t, Options{})
	first := w.shop(Env("SANDBOX_LATENCY", "50ms"))
	for range 4 {
		fetch(t, w.ServiceURL("shop"))
	}
	w.clock.pass(time.Second)
	got := w.telemetry.visible()[seriesKey{"shop", first, 200}]
	if len(got) != 1 || got[0].n != 4 || got[0].quantile(0.5) < 40 || got[0].quantile(0.5) > 500 {
		t.Errorf("samples: %v", got)
	}
}

func TestTelemetryForgetsTheOldest(t *testing.T) {
	w := start(t, Options{})
	for i := range horizon + 1 {
		w.Record("shop", "r", "2xx", 1, 0, w.clock.now().Add(time.Duration(i-horizon-1)*time.Second))
	}
	if n := len(w.telemetry.visible()[seriesKey{"shop", "r", 200}]); n != horizon/2+1 {
		t.Errorf("%d seconds are kept", n)
	}
}

func TestPolicies(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	code, pol := w.do("GET", "/v2/"+w.name("shop")+":getIamPolicy", "")
	if code != 200 {
		t.Fatalf("%d %v", code, pol)
	}
	body := `{"policy":{"etag":"` + pol["etag"].(string) + `","bindings":[{"role":"roles/run.invoker","members":["allUsers"]}]}}`
	if code, pol = w.do("POST", "/v1/"+w.name("shop")+":setIamPolicy", body); code != 200 || len(pol["bindings"].([]any)) != 1 {
		t.Errorf("%d %v", code, pol)
	}
	if code, pol = w.do("POST", "/v2/"+w.name("shop")+":setIamPolicy", body); code != 409 {
		t.Errorf("a stale etag: %d %v", code, pol)
	}
	w.Secret("db", Enabled)
	_ = w.Grant("db", accessor, "serviceAccount:a@b", "user:c@d")
	w.Revoke("db", accessor, "user:c@d")
	_, pol = w.do("GET", "/v1/projects/demo/secrets/db:getIamPolicy?options.requestedPolicyVersion=3", "")
	if text := string(must(jsonOf(pol))); strings.Contains(text, "c@d") || !strings.Contains(text, "a@b") {
		t.Errorf("policy: %s", text)
	}
	w.Revoke("db", accessor, "serviceAccount:a@b")
	if _, pol = w.do("GET", "/v1/projects/demo/secrets/db:getIamPolicy", ""); pol["bindings"] != nil {
		t.Errorf("policy: %v", pol)
	}
}

func TestRegionalSecretsAreNotEmulated(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	code, _ := w.do("GET", "/v1/projects/demo/locations/us-central1/secrets/db", "")
	if code != 501 || len(w.Violations()) != 1 {
		t.Errorf("%d %q", code, w.Violations())
	}
}

func TestTwoSandboxesAreAlike(t *testing.T) {
	tell := func() string {
		w := start(t, Options{Settle: time.Minute})
		first, second := w.two(Behaviour{}, Behaviour{})
		must(w.update(splitOf(w, first, 50, second, 50), "traffic"))
		w.clock.pass(time.Hour)
		v := w.Service("shop")
		return strings.Join(append(v.Revisions, v.UID, v.ETag), " ")
	}
	if a, b := tell(), tell(); a != b {
		t.Errorf("%s is not %s", a, b)
	}
}

func TestStartFailsOnATakenPort(t *testing.T) {
	w := start(t, Options{})
	if s, err := Start(Options{Addr: w.Addr()}); err == nil {
		s.Close()
		t.Error("two sandboxes on one port")
	} else if errors.Unwrap(err) == nil {
		t.Errorf("the cause is lost: %v", err)
	}
}
