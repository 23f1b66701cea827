package sandbox

import (
	"context"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
)

func TestFaultsThatRefuse(t *testing.T) {
	for kind, want := range map[FaultKind]codes.Code{
		Throttle: codes.ResourceExhausted, Unavailable: codes.Unavailable, Internal: codes.Internal,
		Conflict: codes.Aborted, Denied: codes.PermissionDenied, DropBefore: codes.Unavailable,
	} {
		w := start(t, Options{})
		first, second := w.two(Behaviour{}, Behaviour{})
		before := w.Service("shop")
		writes := w.Writes()
		w.Fault(Fault{Kind: kind, Method: "run.UpdateService", Times: 1})
		_, err := w.update(splitOf(w, first, 50, second, 50), "traffic")
		wantCode(t, err, want)
		if w.Writes() != writes || w.Service("shop").Generation != before.Generation {
			t.Errorf("%v: the refused write took effect", want)
		}
		if (w.Service("shop").ETag != before.ETag) != (kind == Conflict) {
			t.Errorf("%v: only a conflict may change the etag", want)
		}
		if _, err := w.update(splitOf(w, first, 50, second, 50), "traffic"); err != nil {
			t.Errorf("%v: the fault struck more than once: %v", want, err)
		}
	}
}

func TestLostAnswerTakesEffect(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	writes := w.Writes()
	w.Fault(Fault{Kind: LostAnswer, Writes: true, Times: 1})
	_, err := w.update(splitOf(w, first, 50, second, 50), "traffic")
	wantCode(t, err, codes.Unavailable)
	if v := w.Service("shop"); v.Percent[second] != 50 || w.Writes() != writes+1 {
		t.Errorf("%d writes, %+v", w.Writes()-writes, v)
	}
}

func TestStaleReadShowsThePast(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	old := w.get()
	must(w.update(splitOf(w, first, 50, second, 50), "traffic"))
	w.Fault(Fault{Kind: StaleRead, Method: "run.GetService", D: time.Minute})
	w.clock.pass(59 * time.Second)
	if got := w.get(); got.GetEtag() != old.GetEtag() {
		t.Error("a read within the time shows the new state")
	}
	w.clock.pass(time.Second)
	if got := w.get(); got.GetEtag() == old.GetEtag() || len(got.GetTraffic()) != 3 {
		t.Error("a read after the time shows the old state")
	}
}

func TestReconcileThatTakesLonger(t *testing.T) {
	w := start(t, Options{Settle: time.Second})
	first, second := w.two(Behaviour{}, Behaviour{})
	w.Fault(Fault{Kind: SettleAfter, Writes: true, D: time.Hour, Times: 1})
	must(w.update(splitOf(w, first, 50, second, 50), "traffic"))
	w.clock.pass(59 * time.Minute)
	if !w.get().GetReconciling() {
		t.Error("settled too early")
	}
	w.clock.pass(time.Minute)
	if w.get().GetReconciling() {
		t.Error("settled too late")
	}

	remove := w.Fault(Fault{Kind: NeverSettle, Writes: true})
	op := must(w.update(splitOf(w, first, 0, second, 100), "traffic"))
	w.clock.pass(1000 * time.Hour)
	if !w.get().GetReconciling() || must(w.store.operationByName(op.GetName())).GetDone() {
		t.Error("it settled")
	}
	remove()
	if w.get().GetReconciling() || !must(w.store.operationByName(op.GetName())).GetDone() {
		t.Error("it does not settle after the fault is gone")
	}
}

func TestForeignWriterAtAChosenMoment(t *testing.T) {
	w := start(t, Options{})
	first, second := w.two(Behaviour{}, Behaviour{})
	sv := splitOf(w, first, 50, second, 50)
	sv.Etag = w.get().GetEtag()
	w.Fault(Fault{Kind: Before, Method: "run.UpdateService", Do: func() { w.split(map[string]int{first: 99, second: 1}) }})
	_, err := w.update(sv, "traffic")
	wantCode(t, err, codes.Aborted)
	if v := w.Service("shop"); v.Percent[second] != 1 {
		t.Errorf("got %v", v.Percent)
	}
	sv.Etag = w.get().GetEtag()
	if _, err := w.update(sv, "traffic"); err != nil {
		t.Errorf("it struck twice: %v", err)
	}
}

func TestHangEndsWithTheClient(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	remove := w.Fault(Fault{Kind: Hang, Method: "run."})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := w.services.GetService(ctx, &runpb.GetServiceRequest{Name: w.name("shop")})
	wantCode(t, err, codes.DeadlineExceeded)
	remove()
	w.get()
}

func TestDeniedPermission(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	allow := w.Deny("run.services.update")
	_, err := w.update(&runpb.Service{Name: w.name("shop"), Description: "x"}, "description")
	wantCode(t, err, codes.PermissionDenied)
	if want := "Permission 'run.services.update' denied on resource '" + w.name("shop") + "' (or resource may not exist)."; err == nil || !contains(err, want) {
		t.Errorf("text: %v", err)
	}
	allow()
	must(w.update(&runpb.Service{Name: w.name("shop"), Description: "x"}, "description"))
}

func TestSkipAndMatch(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	w.Fault(Fault{Kind: Internal, Method: "run.GetService", Match: "services/other"})
	w.Fault(Fault{Kind: Throttle, Method: "run.GetService", Skip: 2, Times: 1})
	ask := func() error {
		_, err := w.services.GetService(w.ctx(), &runpb.GetServiceRequest{Name: w.name("shop")})
		return err
	}
	for i, want := range []codes.Code{codes.OK, codes.OK, codes.ResourceExhausted, codes.OK} {
		t.Log("call", i)
		wantCode(t, ask(), want)
	}
}

func TestARefusedCallReachesNoLaterFault(t *testing.T) {
	w := start(t, Options{})
	w.shop()
	moments := 0
	w.Fault(Fault{Kind: Throttle, Method: "run.UpdateService", Times: 1})
	w.Fault(Fault{Kind: Before, Method: "run.UpdateService", Do: func() { moments++ }})
	_, err := w.update(&runpb.Service{Name: w.name("shop"), Description: "x"}, "description")
	wantCode(t, err, codes.ResourceExhausted)
	if moments != 0 {
		t.Error("the later fault struck")
	}
	must(w.update(&runpb.Service{Name: w.name("shop"), Description: "x"}, "description"))
	if moments != 1 {
		t.Errorf("the later fault struck %d times", moments)
	}
}

func TestUnknownRequestsAreRecorded(t *testing.T) {
	w := start(t, Options{})
	w.rude = true
	err := w.conn.Invoke(t.Context(), "/google.cloud.run.v2.WorkerPools/ListWorkerPools", &runpb.ListWorkerPoolsRequest{}, &runpb.ListWorkerPoolsResponse{})
	wantCode(t, err, codes.Unimplemented)
	raw := &runpb.GetServiceRequest{Name: w.name("shop")}
	raw.ProtoReflect().SetUnknown([]byte{0xf8, 0x01, 0x01}) // field 31, varint 1
	_, err = w.services.GetService(t.Context(), raw)
	wantCode(t, err, codes.Unimplemented)
	if v := w.Violations(); len(v) != 2 {
		t.Errorf("violations: %q", v)
	}
}
