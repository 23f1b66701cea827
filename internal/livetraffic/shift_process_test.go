package livetraffic_test

import (
	"strings"
	"testing"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/livetraffic"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

// The proof that moving traffic fails nobody: the provider is a process of its
// own under a real Terraform, the service is real HTTP, and users of every kind
// are at work all the time. Beside it, under the same load, the plain switch
// that fails them.

// Traffic goes from 0 to 10, 50 and 100 %, and no request fails.
func TestShiftFailsNoRequest(t *testing.T) {
	w := newWorld(t)
	w.moves(func() {
		home := w.box.Service(shop).Newest
		apply := w.rollsOut()
		for _, share := range []int{10, 50} {
			w.follows(apply, share)
		}
		w.exits(apply, 0)
		w.allOn(w.box.Service(shop).Newest)
		if w.box.Service(shop).Newest == home {
			t.Error("nothing was moved")
		}
	})
}

// At 50 % the candidate's health check begins to fail. Traffic goes home, and no
// request fails.
func TestRollbackFailsNoRequest(t *testing.T) {
	w := newWorld(t)
	home := w.box.Service(shop).Newest
	w.moves(func() {
		apply := w.rollsOut()
		for _, share := range []int{10, 50} {
			w.follows(apply, share)
		}
		bad := w.box.Service(shop).Newest
		if err := w.box.SetBehaviour(shop, bad, sandbox.Behaviour{Version: "bad", Unhealthy: true}); err != nil {
			t.Fatal(err)
		}
		w.exits(apply, 1)
		if said := strings.Join(strings.Fields(apply.out.String()), " "); !strings.Contains(said, "Rollout of "+bad+" was rolled back at 50 %") {
			t.Errorf("the message:\n%s", &apply.out)
		}
		w.allOn(home)
	})
}

// rollsOut begins to bring another image live.
func (w *world) rollsOut() *command {
	w.Helper()
	first := w.images == 1
	w.deploys(w.image())
	if first {
		w.exits(w.terraform("init", "-no-color"), 0)
	}
	return w.terraform("apply", "-no-color", "-auto-approve", "-input=false")
}

// follows waits until the candidate has a share, and fails the test unless that
// is what users see.
func (w *world) follows(apply *command, share int) {
	w.Helper()
	at := func() bool {
		v := w.box.Service(shop)
		return v.Percent[v.Newest] == share && !v.Reconciling
	}
	w.reaches(apply, share, at)
	w.see(w.box.Service(shop).Newest, share, at)
}

// allOn fails the test unless one revision serves everything.
func (w *world) allOn(revision string) {
	w.Helper()
	v := w.box.Service(shop)
	if v.Percent[revision] != 100 || len(v.Tags) != 0 {
		w.Errorf("live is %v, tags %v", v.Percent, v.Tags)
	}
	w.until("that users are served by "+revision+" alone", func() bool {
		return w.served(func() bool { return true }).Share(revision) == 100
	})
}

// The twin that does it wrong on purpose: the same users, one write past the
// provider, and a stop of the old side. Were nothing counted here, the two
// proofs above would prove nothing.
func TestPlainSwitchFailsRequests(t *testing.T) {
	w := newWorld(t)
	first := w.box.Service(shop).Newest
	second := w.beside(w.image())
	for _, move := range []struct{ from, to string }{{first, second}, {second, first}} {
		before := w.load.Report()
		if err := w.box.Meddle(shop, map[string]int{move.to: 100}, nil); err != nil {
			t.Fatal(err)
		}
		w.box.HardStop(shop, move.from)
		for _, k := range []livetraffic.Kind{livetraffic.Long, livetraffic.Stream, livetraffic.Socket} {
			w.until("a failed request of kind "+string(k), func() bool { return w.load.Report().ByKind[k].Failed > before.ByKind[k].Failed })
		}
		w.allOn(move.to)
	}
	r := w.load.Stop()
	t.Logf("what users saw of a plain switch:\n%s", r)
	if c := r.Total(); c.Failed < 6 || c.Served+c.Failed != c.Started {
		t.Errorf("%+v", c)
	}
}

// beside makes a revision without traffic, as any other client of the platform
// would.
func (w *world) beside(image string) string {
	w.Helper()
	client, err := run.NewServicesClient(w.Context(), option.WithEndpoint(w.box.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		w.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // it has done what it was for
	v := w.box.Service(shop)
	service, err := client.GetService(w.Context(), &runpb.GetServiceRequest{Name: "projects/" + w.box.Project() + "/locations/" + w.box.Location() + "/services/" + shop})
	if err != nil {
		w.Fatal(err)
	}
	service.Template.Containers[0].Image = image
	service.Traffic = []*runpb.TrafficTarget{{
		Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION, Revision: v.Newest, Percent: 100,
	}}
	op, err := client.UpdateService(w.Context(), &runpb.UpdateServiceRequest{Service: service, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"template", "traffic"}}})
	if err != nil {
		w.Fatal(err)
	}
	if _, err := op.Wait(w.Context()); err != nil {
		w.Fatal(err)
	}
	return w.box.Service(shop).Newest
}
