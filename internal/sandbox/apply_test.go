package sandbox

import (
	"maps"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

func TestNewServiceServesAndIsComplete(t *testing.T) {
	w := start(t, Options{})
	first := w.shop(Env("A", "1"))
	sv := w.get()
	c := sv.GetTemplate().GetContainers()[0]
	if sv.GetReconciling() || sv.GetGeneration() != 1 || sv.GetObservedGeneration() != 1 ||
		lastPart(sv.GetLatestReadyRevision()) != first || sv.GetTerminalCondition().GetState() != runpb.Condition_CONDITION_SUCCEEDED {
		t.Errorf("not settled: %v", sv)
	}
	if c.GetResources().GetLimits()["memory"] != "512Mi" || c.GetPorts()[0].GetContainerPort() != 8080 ||
		sv.GetTemplate().GetTimeout().GetSeconds() != 300 || sv.GetTemplate().GetMaxInstanceRequestConcurrency() != 80 ||
		!strings.HasSuffix(sv.GetTemplate().GetServiceAccount(), "-compute@developer.gserviceaccount.com") {
		t.Errorf("defaults are missing: %v", sv.GetTemplate())
	}
	if len(sv.GetTraffic()) != 1 || sv.GetTrafficStatuses()[0].GetRevision() != "" || sv.GetTrafficStatuses()[0].GetPercent() != 100 {
		t.Errorf("traffic: %v, statuses %v", sv.GetTraffic(), sv.GetTrafficStatuses())
	}
	if code, rev, _ := fetch(t, sv.GetUri()); code != 200 || rev != first {
		t.Errorf("the service answered %d from %q, want 200 from %q", code, rev, first)
	}
}

func TestRevisionAtZeroIsReachableByItsTagAlone(t *testing.T) {
	w := start(t, Options{Settle: 10 * time.Second})
	first := w.shop()
	w.clock.pass(10 * time.Second)
	v2 := must(w.Image("shop/api", "v2", Behaviour{Version: "v2"}))
	op := w.deploy(first, v2, "canary")
	if op.GetDone() || !w.get().GetReconciling() || len(w.get().GetTrafficStatuses()) != 1 {
		t.Fatal("the reconcile is over before its time")
	}
	w.clock.pass(10 * time.Second)
	sv := w.get()
	if sv.GetReconciling() || sv.GetGeneration() != sv.GetObservedGeneration() || len(sv.GetTrafficStatuses()) != 2 {
		t.Fatalf("not settled after its time: %v", sv)
	}
	tagURL := sv.GetTrafficStatuses()[1].GetUri()
	for range 5 {
		if _, rev, _ := fetch(t, sv.GetUri()); rev != first {
			t.Fatalf("the service's URL reached %s", rev)
		}
		if _, rev, _ := fetch(t, tagURL); rev != lastPart(sv.GetLatestCreatedRevision()) || rev == first {
			t.Fatalf("the tag's URL reached %s", rev)
		}
	}
}

func TestEtagGuardsEveryWrite(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	stale := w.get()
	if err := w.Meddle("shop", map[string]int{first: 100}, map[string]string{"x": first}); err != nil {
		t.Fatal(err)
	}
	stale.Traffic = []*runpb.TrafficTarget{byName(first, 100, "")}
	_, err := w.update(stale, "traffic")
	wantCode(t, err, codes.Aborted)
	if !strings.Contains(err.Error(), "Conflict for resource 'shop': version '") {
		t.Errorf("text: %v", err)
	}
	if w.Writes() != 0 {
		t.Error("a refused write took effect")
	}
	stale.Etag = ""
	if _, err := w.update(stale, "traffic"); err != nil {
		t.Errorf("an empty etag must not be checked: %v", err)
	}
	if w.Writes() != 1 {
		t.Errorf("%d writes took effect, want 1", w.Writes())
	}
}

func TestMaskDecidesWhatIsReplaced(t *testing.T) {
	w := start(t, Options{})
	w.shop(Env("A", "1"), With(func(s *runpb.Service) { s.Description, s.Annotations = "old", map[string]string{"k": "v"} }))
	bare := &runpb.Service{Name: w.name("shop"), Description: "new", Labels: map[string]string{"l": "1"}}

	t.Run("a mask merges", func(t *testing.T) {
		must(w.update(proto.Clone(bare).(*runpb.Service), "description"))
		sv := w.get()
		if sv.GetDescription() != "new" || sv.GetAnnotations()["k"] != "v" || len(sv.GetLabels()) != 0 || sv.GetGeneration() != 2 {
			t.Errorf("got %v", sv)
		}
		if len(w.Service("shop").Revisions) != 1 {
			t.Error("a description made a revision")
		}
	})
	t.Run("a JSON path in a mask is known", func(t *testing.T) {
		_, err := w.update(&runpb.Service{Name: w.name("shop"), Scaling: &runpb.ServiceScaling{MinInstanceCount: 2}}, "scaling.minInstanceCount")
		if err != nil || w.get().GetScaling().GetMinInstanceCount() != 2 {
			t.Errorf("got %v, %v", w.get().GetScaling(), err)
		}
	})
	t.Run("an unknown path is refused", func(t *testing.T) {
		_, err := w.update(proto.Clone(bare).(*runpb.Service), "traffics")
		wantCode(t, err, codes.InvalidArgument)
	})
	t.Run("no mask replaces all", func(t *testing.T) {
		full := proto.Clone(bare).(*runpb.Service)
		_, err := w.update(full)
		wantCode(t, err, codes.InvalidArgument) // no template
		full.Template = &runpb.RevisionTemplate{Containers: []*runpb.Container{{Image: w.Service("shop").Image}}}
		must(w.update(full))
		v := w.Service("shop")
		if len(v.Annotations) != 0 || v.Labels["l"] != "1" || len(v.Env) != 0 || len(v.Revisions) != 2 {
			t.Errorf("got %+v", v)
		}
	})
}

func TestSameContentMakesNoRevision(t *testing.T) {
	w := start(t, Options{})
	w.shop(Env("A", "1"))
	before := w.Service("shop")
	op := must(w.update(w.get()))
	after := w.Service("shop")
	if !op.GetDone() || op.GetError() != nil || after.Generation != before.Generation || after.ETag != before.ETag || len(after.Revisions) != 1 {
		t.Errorf("an echo changed something: %+v to %+v", before, after)
	}
}

func TestNamedRevisionSticks(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	v2 := must(w.Image("shop/api", "v2", Behaviour{}))

	sv := w.get()
	sv.Template.Revision = "other-1"
	_, err := w.update(sv, "template")
	wantCode(t, err, codes.InvalidArgument)

	sv.Template.Revision, sv.Template.Containers[0].Image = "shop-blue", v2
	sv.Traffic = []*runpb.TrafficTarget{byName(first, 100, ""), byName("shop-blue", 0, "blue")}
	must(w.update(sv, "template", "traffic"))
	if v := w.Service("shop"); v.Newest != "shop-blue" || v.Tags["blue"] != "shop-blue" || v.Template != "shop-blue" {
		t.Fatalf("got %+v", v)
	}

	sv = w.get()
	sv.Template.Containers[0].Env = []*runpb.EnvVar{{Name: "B", Values: &runpb.EnvVar_Value{Value: "2"}}}
	_, err = w.update(sv, "template")
	wantCode(t, err, codes.AlreadyExists)
	if !strings.Contains(err.Error(), "Revision named 'shop-blue' with different configuration already exists.") {
		t.Errorf("text: %v", err)
	}

	sv = w.get()
	sv.Template.Revision = ""
	must(w.update(sv, "template"))
	if v := w.Service("shop"); len(v.Revisions) != 3 || !strings.HasPrefix(v.Newest, "shop-0000") {
		t.Errorf("clearing the name makes a new revision (#13410): %+v", v)
	}
}

func TestTrafficIsValidated(t *testing.T) {
	w := start(t, Options{})
	r := w.shop()
	for name, traffic := range map[string][]*runpb.TrafficTarget{
		"sum":                   {byName(r, 90, "")},
		"zero without a tag":    {byName(r, 100, ""), byName(r, 0, "")},
		"tag twice":             {byName(r, 100, "a"), byName(r, 0, "a")},
		"tag syntax":            {byName(r, 100, "A_b")},
		"tag too long":          {byName(r, 100, strings.Repeat("a", 43))},
		"latest with a name":    {{Type: 1, Revision: r, Percent: 100}},
		"no type":               {{Revision: r, Percent: 100}},
		"no name":               {{Type: 2, Percent: 100}},
		"full name":             {byName(w.store.revision("shop", r), 100, "")},
		"more than a hundred":   {byName(r, 120, ""), byName(r, -20, "")},
		"negative with the sum": {byName(r, 101, ""), byName(r, -1, "x")},
	} {
		_, err := w.update(&runpb.Service{Name: w.name("shop"), Traffic: traffic}, "traffic")
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		wantCode(t, err, codes.InvalidArgument)
	}
	if v := w.Service("shop"); v.Generation != 1 {
		t.Error("a refused split changed the service")
	}
}

func TestTrafficToAMissingRevisionFailsWhileReconciling(t *testing.T) {
	w := start(t, Options{})
	r := w.shop()
	op := must(w.update(&runpb.Service{Name: w.name("shop"), Traffic: []*runpb.TrafficTarget{byName(r, 90, ""), byName("shop-gone", 10, "")}}, "traffic"))
	if op.GetError().GetCode() != int32(codes.Internal) || !strings.Contains(op.GetError().GetMessage(), "Revision 'shop-gone' does not exist or is deleted.") {
		t.Errorf("operation: %v", op)
	}
	v := w.Service("shop")
	if !maps.Equal(v.Percent, map[string]int{r: 100}) || v.Wanted["shop-gone"] != 10 || v.Ready || v.Observed != 1 || v.Generation != 2 {
		t.Errorf("got %+v", v)
	}
}

func TestRevisionWithoutTrafficIsReadyAndRetired(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	sv := w.get()
	sv.Template.Containers[0].Image = must(w.Image("shop/api", "v2", Behaviour{}))
	sv.Traffic = []*runpb.TrafficTarget{byName(first, 100, "")}
	must(w.update(sv, "template", "traffic"))
	v := w.Service("shop")
	rev := must(w.revisions.GetRevision(w.ctx(), &runpb.GetRevisionRequest{Name: w.store.revision("shop", v.Newest)}))
	ready := rev.GetConditions()[0]
	if v.LatestReady != first || v.Newest == first || !v.Ready ||
		ready.GetState() != runpb.Condition_CONDITION_SUCCEEDED || ready.GetRevisionReason() != runpb.Condition_RETIRED {
		t.Errorf("service %+v, revision %v", v, rev.GetConditions())
	}
	must(w.update(&runpb.Service{Name: w.name("shop"), Traffic: []*runpb.TrafficTarget{latest(100, "")}}, "traffic"))
	if v := w.Service("shop"); v.Percent[v.Newest] != 100 || v.LatestReady != v.Newest {
		t.Errorf("after the switch: %+v", v)
	}
}

func TestValidateOnlyChangesNothing(t *testing.T) {
	w := start(t, Options{})
	r := w.shop()
	op, err := w.services.UpdateService(w.ctx(), &runpb.UpdateServiceRequest{
		Service: &runpb.Service{Name: w.name("shop"), Description: "x", Template: w.get().GetTemplate()}, ValidateOnly: true,
	})
	if err != nil || !op.Done() || w.Service("shop").Generation != 1 || w.Writes() != 0 {
		t.Errorf("got %v, %v, %+v", op, err, w.Service("shop"))
	}
	_, err = w.services.UpdateService(w.ctx(), &runpb.UpdateServiceRequest{
		Service: &runpb.Service{Name: w.name("shop"), Traffic: []*runpb.TrafficTarget{byName(r, 7, "")}, Template: w.get().GetTemplate()}, ValidateOnly: true,
	})
	wantCode(t, err, codes.InvalidArgument)
}

func TestDeletedServiceComesBackAsAnother(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	uid, url := w.Service("shop").UID, w.ServiceURL("shop")
	if _, err := w.services.DeleteService(w.ctx(), &runpb.DeleteServiceRequest{Name: w.name("shop")}); err != nil {
		t.Fatal(err)
	}
	_, err := w.services.GetService(w.ctx(), &runpb.GetServiceRequest{Name: w.name("shop")})
	wantCode(t, err, codes.NotFound)
	if code, _, _ := fetch(t, url); code != 404 {
		t.Errorf("a deleted service answered %d", code)
	}
	w.shop()
	if v := w.Service("shop"); v.UID == uid || v.URL != url {
		t.Errorf("uid %s, url %s; was %s, %s", v.UID, v.URL, uid, url)
	}
	_, err = w.services.CreateService(w.ctx(), &runpb.CreateServiceRequest{
		Parent: w.store.parent(), ServiceId: "shop",
		Service: &runpb.Service{Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{Image: w.Service("shop").Image}}}},
	})
	wantCode(t, err, codes.AlreadyExists)
}

func TestRevisionThatCanGetTrafficIsNotDeleted(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	w.deploy(first, must(w.Image("shop/api", "v2", Behaviour{})), "canary")
	second := w.Service("shop").Newest
	del := func(r string) error {
		_, err := w.revisions.DeleteRevision(w.ctx(), &runpb.DeleteRevisionRequest{Name: w.store.revision("shop", r)})
		return err
	}
	wantCode(t, del(first), codes.FailedPrecondition)
	wantCode(t, del(second), codes.FailedPrecondition)
	if err := w.Meddle("shop", map[string]int{second: 100}, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	if err := del(first); err != nil {
		t.Errorf("an idle old revision must go: %v", err)
	}
	if v := w.Service("shop"); len(v.Revisions) != 1 {
		t.Errorf("left: %v", v.Revisions)
	}
}

func TestASecondWriteTakesOverTheFirstOperation(t *testing.T) {
	w := start(t, Options{Settle: time.Minute})
	first := w.shop()
	w.clock.pass(time.Minute)
	op := w.deploy(first, must(w.Image("shop/api", "v2", Behaviour{})), "canary")
	w.clock.pass(30 * time.Second)
	must(w.update(&runpb.Service{Name: w.name("shop"), Description: "x"}, "description"))
	w.clock.pass(45 * time.Second)
	if done := must(w.store.operationByName(op.GetName())).GetDone(); done || !w.Service("shop").Reconciling {
		t.Error("the later write's time is not over")
	}
	w.clock.pass(15 * time.Second)
	if done := must(w.store.operationByName(op.GetName())).GetDone(); !done || w.Service("shop").Reconciling {
		t.Error("the later write's time is over")
	}
}

func TestBrokenRevisionShowsIt(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	if err := w.BreakRevision("shop", first, "The instance keeps crashing."); err != nil {
		t.Fatal(err)
	}
	rev := must(w.revisions.GetRevision(w.ctx(), &runpb.GetRevisionRequest{Name: w.store.revision("shop", first)}))
	if rev.GetConditions()[0].GetState() != runpb.Condition_CONDITION_FAILED || w.Service("shop").Ready {
		t.Errorf("got %v, %+v", rev.GetConditions(), w.Service("shop"))
	}
}
