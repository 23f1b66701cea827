package sandbox

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// testClock is a clock that moves only when a test says so.
type testClock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *testClock {
	return &testClock{t: time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC)}
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *testClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a sandbox with a clock and the official gRPC clients.
type world struct {
	*Sandbox
	t         *testing.T
	clock     *testClock
	conn      *grpc.ClientConn
	services  *run.ServicesClient
	revisions *run.RevisionsClient
	lro       longrunningpb.OperationsClient
	rude      bool // violations are expected
}

func start(t *testing.T, o Options) *world {
	t.Helper()
	w := &world{t: t, clock: newClock()}
	if o.Now == nil {
		o.Now = w.clock.now
	}
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	w.Sandbox = s
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 && !w.rude {
			t.Errorf("violations: %q", v)
		}
	})
	w.conn, err = grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.conn.Close() })
	ctx := t.Context()
	opts := []option.ClientOption{option.WithGRPCConn(w.conn), option.WithoutAuthentication()}
	if w.services, err = run.NewServicesClient(ctx, opts...); err != nil {
		t.Fatal(err)
	}
	if w.revisions, err = run.NewRevisionsClient(ctx, opts...); err != nil {
		t.Fatal(err)
	}
	w.lro = longrunningpb.NewOperationsClient(w.conn)
	return w
}

// must fails the test on an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (w *world) ctx() context.Context { return w.t.Context() }

func (w *world) name(id string) string { return w.store.service(id) }

// shop makes the service "shop" from an image that works and returns its first revision.
func (w *world) shop(opts ...ServiceOption) string {
	w.t.Helper()
	img := must(w.Image("shop/api", "v1", Behaviour{Version: "v1"}))
	if err := w.CreateService(w.ctx(), "shop", img, opts...); err != nil {
		w.t.Fatal(err)
	}
	return w.Service("shop").Newest
}

// get reads the service shop as a client does.
func (w *world) get() *runpb.Service {
	w.t.Helper()
	sv, err := w.services.GetService(w.ctx(), &runpb.GetServiceRequest{Name: w.name("shop")})
	if err != nil {
		w.t.Fatal(err)
	}
	return sv
}

// update sends a service with a mask and returns the operation as it was answered.
func (w *world) update(sv *runpb.Service, mask ...string) (*longrunningpb.Operation, error) {
	q := &runpb.UpdateServiceRequest{Service: sv}
	if len(mask) > 0 {
		q.UpdateMask = &fieldmaskpb.FieldMask{Paths: mask}
	}
	return w.send(q)
}

func (w *world) send(q *runpb.UpdateServiceRequest) (*longrunningpb.Operation, error) {
	op, err := w.services.UpdateService(w.ctx(), q)
	if err != nil {
		return nil, err
	}
	return w.lro.GetOperation(w.ctx(), &longrunningpb.GetOperationRequest{Name: op.Name()})
}

// deploy puts an image beside what serves: old keeps all traffic, the new
// revision gets only the tag.
func (w *world) deploy(old, image, tag string) *longrunningpb.Operation {
	w.t.Helper()
	sv := w.get()
	sv.Template.Revision = ""
	sv.Template.Containers[0].Image = image
	sv.Traffic = []*runpb.TrafficTarget{byName(old, 100, ""), latest(0, tag)}
	op, err := w.update(sv, "template", "traffic")
	if err != nil {
		w.t.Fatal(err)
	}
	return op
}

func byName(revision string, percent int32, tag string) *runpb.TrafficTarget {
	return &runpb.TrafficTarget{
		Type:     runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
		Revision: revision, Percent: percent, Tag: tag,
	}
}

func latest(percent int32, tag string) *runpb.TrafficTarget {
	return &runpb.TrafficTarget{
		Type:    runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST,
		Percent: percent, Tag: tag,
	}
}

func wantCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
}

// fetch gets a URL and returns status, X-Revision and body.
func fetch(t *testing.T, url string) (int, string, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("X-Revision"), string(body)
}

// splitOf is a service that asks for a split and keeps the tag canary on b.
func splitOf(w *world, a string, pa int32, b string, pb int32) *runpb.Service {
	sv := &runpb.Service{Name: w.name("shop")}
	if pa > 0 {
		sv.Traffic = append(sv.Traffic, byName(a, pa, ""))
	}
	if pb > 0 {
		sv.Traffic = append(sv.Traffic, byName(b, pb, ""))
	}
	sv.Traffic = append(sv.Traffic, byName(b, 0, "canary"))
	return sv
}

func contains(err error, text string) bool { return strings.Contains(err.Error(), text) }
