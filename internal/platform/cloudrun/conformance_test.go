package cloudrun

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform/platformtest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/sandboxtest"
)

func TestConformance(t *testing.T) {
	platformtest.Run(t, func(t *testing.T) platformtest.Harness {
		t.Helper()
		return newHarness(t)
	})
}

// harness is a service on the sandbox, with two revisions and a tag of somebody
// else's.
type harness struct {
	clock    *clocktest.Clock
	box      *sandbox.Sandbox
	clients  *cloud.Clients
	old, new rollout.Revision
	images   int
}

const (
	shop  = "shop"
	token = "ya29.a-token-that-must-stay-secret" //nolint:gosec // invented
)

func newHarness(t *testing.T) *harness {
	t.Helper()
	h := &harness{clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	box := sandboxtest.New(t, sandbox.Options{Now: h.clock.Now})
	h.box = box
	h.clients = cloud.New(cloud.Config{Google: cloud.Google{Endpoint: box.URL(), AccessToken: token}, Clock: h.clock, UserAgent: "test"})
	if err := box.CreateService(t.Context(), shop, h.image(t, sandbox.Behaviour{Version: "1"})); err != nil {
		t.Fatal(err)
	}
	h.old = rollout.Revision(box.Service(shop).Newest)
	h.new = h.More(t, 1)[0]
	h.meddle(t, map[string]int{string(h.old): 100}, map[string]string{"theirs": string(h.old)})
	return h
}

func (h *harness) image(t *testing.T, b sandbox.Behaviour) string {
	t.Helper()
	h.images++
	ref, err := h.box.Image("shop/api", fmt.Sprintf("v%d", h.images), b)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func (h *harness) meddle(t *testing.T, percents map[string]int, tags map[string]string) {
	t.Helper()
	if err := h.box.Meddle(shop, percents, tags); err != nil {
		t.Fatal(err)
	}
}

func (h *harness) open(t *testing.T, place string, s settings) *service {
	t.Helper()
	p, err := parsePlace(place)
	if err != nil {
		t.Fatal(err)
	}
	m, err := marksOf(p.service)
	if err != nil {
		t.Fatal(err)
	}
	return &service{place: p, marks: m, clients: h.clients, settings: s}
}

func (h *harness) path() string {
	return fmt.Sprintf("projects/%s/locations/%s/services/%s", h.box.Project(), h.box.Location(), shop)
}

func (h *harness) Limits() rollout.Limits    { return limits }
func (h *harness) Clock() platformtest.Clock { return h.clock }
func (h *harness) Old() rollout.Revision     { return h.old }
func (h *harness) New() rollout.Revision     { return h.new }

func (h *harness) Target(t *testing.T) rollout.Target {
	t.Helper()
	return h.open(t, h.path(), settings{})
}

func (h *harness) Nowhere(t *testing.T) rollout.Target {
	t.Helper()
	return h.open(t, h.path()+"-nowhere", settings{})
}

func (h *harness) Maker(t *testing.T, broken bool) (rollout.Target, rollout.Maker) {
	t.Helper()
	b := sandbox.Behaviour{Version: "made"}
	if broken {
		b = sandbox.Behaviour{Version: "broken", FailStart: sandbox.FailListen}
	}
	ref, err := h.box.Image("shop/api", b.Version, b)
	if err != nil {
		t.Fatal(err)
	}
	s := h.open(t, h.path(), settings{image: ref, env: map[string]string{"GREETING": "hello"}})
	return s, s
}

// More makes revisions as another tool would: a change of the template, with
// the traffic pinned where it is.
func (h *harness) More(t *testing.T, n int) []rollout.Revision {
	t.Helper()
	client, err := h.clients.CloudRunServices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []rollout.Revision
	for range n {
		s, err := client.GetService(t.Context(), &runpb.GetServiceRequest{Name: h.path()})
		if err != nil {
			t.Fatal(err)
		}
		s.Template.Containers[0].Image = h.image(t, sandbox.Behaviour{Version: fmt.Sprint(h.images + 1)})
		s.Traffic = []*runpb.TrafficTarget{{Type: byName, Revision: string(h.old), Percent: 100}}
		for tag, r := range h.box.Service(shop).Tags {
			s.Traffic = append(s.Traffic, &runpb.TrafficTarget{Type: byName, Revision: r, Tag: tag})
		}
		if _, err := client.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: s}); err != nil {
			t.Fatal(err)
		}
		out = append(out, rollout.Revision(h.box.Service(shop).Newest))
	}
	return out
}

func (h *harness) Truth(*testing.T) rollout.Split {
	out := rollout.Split{}
	for r, p := range h.box.Service(shop).Percent {
		out[rollout.Revision(r)] = rollout.Weight(p) * percent
	}
	return out
}

func (h *harness) Writes() int { return h.box.Writes() }

func (h *harness) Meddle(t *testing.T, s rollout.Split) {
	t.Helper()
	percents := map[string]int{}
	for r, w := range s {
		percents[string(r)] = int(w / percent)
	}
	h.meddle(t, percents, h.box.Service(shop).Tags)
}

func (h *harness) Break(t *testing.T, r rollout.Revision) {
	t.Helper()
	if err := h.box.BreakRevision(shop, string(r), "the container ran out of memory"); err != nil {
		t.Fatal(err)
	}
}

func (h *harness) Recreate(t *testing.T) {
	t.Helper()
	client, err := h.clients.CloudRunServices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteService(t.Context(), &runpb.DeleteServiceRequest{Name: h.path()}); err != nil {
		t.Fatal(err)
	}
	if err := h.box.CreateService(t.Context(), shop, h.image(t, sandbox.Behaviour{})); err != nil {
		t.Fatal(err)
	}
}

// Foreign is everything but the split, our tags and what the platform counts.
func (h *harness) Foreign(*testing.T) string {
	v := h.box.Service(shop)
	m, _ := marksOf(shop)
	tags := []string{}
	for tag, r := range v.Tags {
		if !m.ours(tag) {
			tags = append(tags, tag+"="+r)
		}
	}
	slices.Sort(tags)
	env := v.Env
	delete(env, "GREETING")
	return fmt.Sprint(v.UID, tags, v.Labels, v.Annotations, env, v.Template)
}

func (h *harness) Fault(_ *testing.T, f platformtest.Fault) (remove func()) {
	update := sandbox.Fault{Method: "run.UpdateService"}
	switch f {
	case platformtest.ThrottleTwice:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "run.", Times: 2})
	case platformtest.UnavailableTwice:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.Unavailable, Method: "run.Get", Times: 2})
	case platformtest.LoseTheAnswer:
		update.Kind, update.Times = sandbox.LostAnswer, 1
	case platformtest.DropTheWrite:
		update.Kind, update.Times = sandbox.DropBefore, 1
	case platformtest.DenyWrites:
		return h.box.Deny("run.services.update")
	case platformtest.DenyReads:
		return h.box.Deny("run.services.get")
	case platformtest.SettleLate:
		update.Kind, update.D = sandbox.SettleAfter, time.Minute
	case platformtest.ShowThePast:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.StaleRead, D: time.Minute})
	case platformtest.WriteInBetween:
		update.Kind, update.Times = sandbox.Conflict, 1
	case platformtest.MoveInBetween:
		update.Kind, update.Do = sandbox.Before, func() {
			if err := h.box.Meddle(shop, map[string]int{string(h.old): 100}, nil); err != nil {
				panic(err)
			}
		}
	case platformtest.HangReads:
		return h.box.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "run.GetService"})
	}
	return h.box.Fault(update)
}

func (h *harness) Permissions() (write, read string) {
	return "run.services.update", "run.services.get"
}
func (h *harness) Secret() string { return token }

func (h *harness) Traits() platformtest.Traits {
	return platformtest.Traits{InFlight: 300 * time.Second}
}
