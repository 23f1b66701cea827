package sandbox

import (
	"maps"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	dmon "google.golang.org/api/monitoring/v3"
	"google.golang.org/grpc/codes"
)

func TestAnySplitIsExactInAHundred(t *testing.T) {
	for _, want := range []map[string]int{
		{"a": 50, "b": 30, "c": 20}, {"a": 33, "b": 67}, {"a": 1, "b": 1, "c": 98}, {"a": 34, "b": 33, "c": 33}, {"a": 100},
	} {
		sv := &service{}
		for _, r := range slices.Sorted(maps.Keys(want)) {
			rev := &revision{id: r, uid: r}
			half := int32(want[r] / 2) // two entries for one revision add up
			sv.live = append(sv.live, target{percent: half, rev: rev}, target{percent: int32(want[r]) - half, rev: rev}, target{tag: r, rev: rev})
		}
		for range 3 {
			got := map[string]int{}
			for range 100 {
				got[sv.turn().id]++
			}
			if !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
	}
	if r := (&service{}).turn(); r != nil {
		t.Errorf("nothing serves, got %v", r)
	}
}

func TestFaultsForWritesSpareReads(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	w.Fault(Fault{Kind: Internal, Writes: true})
	w.get()
	_, err := w.update(&runpb.Service{Name: w.name("shop"), Description: "x"}, "description")
	wantCode(t, err, codes.Internal)
}

func TestMaskClearsAndIgnores(t *testing.T) {
	w := start(t, Options{})
	w.shop(With(func(s *runpb.Service) { s.Annotations = map[string]string{"k": "v"} }))
	must(w.update(&runpb.Service{Name: w.name("shop"), Uid: "x", Uri: "y", Generation: 9}, "uid", "uri", "generation", "name", "etag"))
	if v := w.Service("shop"); v.Generation != 1 || v.Annotations["k"] != "v" {
		t.Errorf("output-only paths changed something: %+v", v)
	}
	must(w.update(&runpb.Service{Name: w.name("shop")}, "annotations", "binary_authorization.use_default"))
	if v := w.Service("shop"); len(v.Annotations) != 0 || v.Generation != 2 {
		t.Errorf("a path that was not sent must be cleared: %+v", v)
	}
}

func TestAllowMissing(t *testing.T) {
	w := start(t, Options{})
	image := must(w.Image("shop/api", "v1", Behaviour{}))
	q := &runpb.UpdateServiceRequest{Service: &runpb.Service{
		Name: w.name("shop"), Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{Image: image}}},
	}}
	_, err := w.send(q)
	wantCode(t, err, codes.NotFound)
	q.AllowMissing = true
	must(w.send(q))
	if !w.Service("shop").Ready {
		t.Errorf("got %+v", w.Service("shop"))
	}
}

func TestOnlyIdleOldRevisionsAreDeleted(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	del := func(r string) error {
		_, err := w.revisions.DeleteRevision(w.ctx(), &runpb.DeleteRevisionRequest{Name: w.store.revision("shop", r)})
		return err
	}
	sv := w.get() // LATEST keeps all traffic, and the newest revision fails
	sv.Template.Containers[0].Image = must(w.Image("shop/api", "bad", Behaviour{FailStart: FailListen}))
	must(w.update(sv, "template"))
	if v := w.Service("shop"); v.Percent[first] != 100 || v.Newest == first {
		t.Fatalf("got %+v", v)
	}
	wantCode(t, del(first), codes.FailedPrecondition)
	if err := w.Meddle("shop", map[string]int{first: 100}, nil); err != nil {
		t.Fatal(err)
	}
	wantCode(t, del(w.Service("shop").Newest), codes.FailedPrecondition)
}

func TestDeletingAServiceEndsItsOperations(t *testing.T) {
	w := start(t, Options{Settle: time.Minute})
	w.shop()
	w.clock.pass(time.Minute)
	op := must(w.update(&runpb.Service{Name: w.name("shop"), Description: "x"}, "description"))
	gone, err := w.services.DeleteService(w.ctx(), &runpb.DeleteServiceRequest{Name: w.name("shop")})
	if err != nil {
		t.Fatal(err)
	}
	if got := must(w.store.operationByName(op.GetName())); !got.GetDone() || got.GetError() == nil {
		t.Errorf("the earlier write: %v", got)
	}
	if got := must(w.store.operationByName(gone.Name())); got.GetDone() {
		t.Errorf("the deletion is done too early: %v", got)
	}
	w.clock.pass(time.Minute)
	if got := must(w.store.operationByName(gone.Name())); !got.GetDone() || got.GetError() != nil {
		t.Errorf("the deletion: %v", got)
	}
}

func TestANewBehaviourStartsItsOwnCount(t *testing.T) {
	b := newBehaviour(Behaviour{ErrorShare: 0.5})
	if b.fails() || !b.fails() || b.fails() {
		t.Error("every second request must fail")
	}
	b.put(Behaviour{ErrorShare: 0.5})
	if b.fails() || !b.fails() {
		t.Error("after a change every second request must fail")
	}
}

func TestAnImageOfTheSameNameElsewhereIsAnother(t *testing.T) {
	w := start(t, Options{})
	must(w.Image("shop/api", "v1", Behaviour{}))
	if _, _, found := w.images.resolve("gcr.io/shop/api:v1"); found {
		t.Error("an image of another registry was found in ours")
	}
	if _, _, found := w.images.resolve("not a reference"); found {
		t.Error("nonsense was found")
	}
}

func TestANonceMakesARevision(t *testing.T) {
	w := start(t, Options{})
	first := w.shop()
	_, got := w.do("GET", v1Path+"/services/shop", "")
	meta := got["spec"].(map[string]any)["template"].(map[string]any)["metadata"].(map[string]any)
	meta["labels"] = map[string]any{nonce: "abc"}
	if code, body := w.do("PUT", v1Path+"/services/shop", string(must(jsonOf(got)))); code != 200 {
		t.Fatalf("%d %v", code, body)
	}
	v := w.Service("shop")
	if len(v.Revisions) != 2 || v.Newest == first {
		t.Errorf("gcloud could not find its revision: %+v", v)
	}
	sv := w.get()
	sv.Template.Containers[0].Args = []string{"x"}
	must(w.update(sv, "template"))
	if rev := w.revision("shop", w.Service("shop").Newest); rev.meta.templateLabels[nonce] != "" {
		t.Error("a template that v2 changed still carries gcloud's nonce")
	}
}

func TestWindowsEndWhereTheyShould(t *testing.T) {
	w := start(t, Options{})
	at := w.clock.now()
	w.Record("shop", "r", "2xx", 1, 0, at.Add(30*time.Second))
	w.Record("shop", "r", "2xx", 2, 0, at.Add(90*time.Second))
	w.Record("shop", "r", "2xx", 4, 0, at.Add(150*time.Second))
	w.clock.pass(time.Hour)
	c := must(dmon.NewService(w.ctx(), w.plain()...))
	ts := must(c.Projects.TimeSeries.List("projects/demo").Filter(`metric.type="run.googleapis.com/request_count"`).
		IntervalStartTime("2026-03-04T14:00:00Z").IntervalEndTime("2026-03-04T14:02:00Z").
		AggregationAlignmentPeriod("60s").AggregationPerSeriesAligner("ALIGN_DELTA").Do()).TimeSeries
	if len(ts) != 1 || len(ts[0].Points) != 2 {
		t.Fatalf("got %+v", ts)
	}
	p := ts[0].Points
	if *p[0].Value.Int64Value != 2 || *p[1].Value.Int64Value != 1 || p[0].Interval.EndTime != "2026-03-04T14:02:00Z" || p[0].Interval.StartTime != "2026-03-04T14:01:00Z" {
		t.Errorf("points: %+v %+v", p[0], p[1])
	}
	raw := must(c.Projects.TimeSeries.List("projects/demo").Filter(`metric.type="run.googleapis.com/request_count"`).
		IntervalStartTime("2026-03-04T14:00:00Z").IntervalEndTime("2026-03-04T15:00:00Z").View("HEADERS").Do()).TimeSeries
	if len(raw) != 1 || len(raw[0].Points) != 0 {
		t.Errorf("headers: %+v", raw)
	}
}

func TestPlainSeriesJoinCodesOfAClass(t *testing.T) {
	w := start(t, Options{})
	at := w.clock.now().Add(30 * time.Second)
	w.telemetry.add("shop", "r", 200, 3, 0, at)
	w.telemetry.add("shop", "r", 201, 4, 0, at)
	w.clock.pass(time.Minute)
	ask := func() []any {
		_, body := w.do("GET", "/prometheus/api/v1/query?query=rollout_requests_total&time="+w.clock.now().Format(time.RFC3339), "")
		return body["data"].(map[string]any)["result"].([]any)
	}
	if got := ask(); len(got) != 1 || got[0].(map[string]any)["value"].([]any)[1] != "7" {
		t.Errorf("got %v", got)
	}
	w.clock.pass(time.Hour)
	w.MetricsLag(10 * time.Minute)
	if got := ask(); len(got) != 0 { // the last visible sample is older than the lookback
		t.Errorf("got %v", got)
	}
}

func TestAnInstanceThatIsStillRoutedStays(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	fetch(t, w.ServiceURL("shop"))
	fetch(t, w.TagURL("shop", "canary"))
	w.split(map[string]int{first: 50, second: 50})
	if a, b := w.InFlight("shop", first), w.InFlight("shop", second); a != 0 || b != 0 {
		t.Errorf("instances: %d and %d, want both running and idle", a, b)
	}
	if err := w.Meddle("shop", map[string]int{first: 100}, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	if n := w.InFlight("shop", second); n != -1 {
		t.Errorf("nothing routes to the second, and its instance runs: %d", n)
	}
}
