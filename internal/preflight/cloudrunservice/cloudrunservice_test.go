package cloudrunservice

import (
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/clock/clocktest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

const inBody = "the body holds a key"

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// harness is the sandbox, with everything that is asked for.
type harness struct {
	*sandbox.Sandbox
	t        *testing.T
	clock    *clocktest.Clock
	endpoint string
	block    values
}

func start(t *testing.T) *harness { return settling(t, 0) }

func settling(t *testing.T, d time.Duration) *harness {
	h := &harness{t: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	s, err := sandbox.Start(sandbox.Options{Now: h.clock.Now, Settle: d})
	if err != nil {
		t.Fatal(err)
	}
	h.Sandbox, h.endpoint = s, s.URL()
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("violations: %q", v)
		}
	})
	if err := s.CreateService(t.Context(), "backend", h.image("v1")); err != nil {
		t.Fatal(err)
	}
	h.block = values{"service": service}
	return h
}

func (h *harness) Open(t *testing.T) rollout.Check {
	t.Helper()
	clients := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.endpoint}, Clock: h.clock})
	c, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), h.block), clients)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *harness) Become(t *testing.T, s preflighttest.State) bool {
	switch s {
	case preflighttest.Good:
	case preflighttest.Missing:
		h.block["service"] = "projects/demo/locations/us-central1/services/none"
	case preflighttest.Denied:
		h.Deny(getService, getRevision)
	case preflighttest.Busy:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "run.", Times: 3}))
	case preflighttest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "run."}))
	case preflighttest.Babbles:
		h.endpoint = preflighttest.Babbling(t, inBody)
	}
	return true
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return getService }
func (h *harness) Calls() int         { return len(h.Sandbox.Calls()) }
func (h *harness) Secrets() []string  { return []string{inBody} }

// run opens the check and runs it.
func (h *harness) run() []rollout.Finding {
	h.t.Helper()
	return h.Open(h.t).Run(h.t.Context(), nil, nil)
}

const service = "projects/demo/locations/us-central1/services/backend"

// image makes one of the sample app, and returns it by digest.
func (h *harness) image(tag string) string {
	h.t.Helper()
	ref, err := h.Image("backend", tag, sandbox.Behaviour{Version: tag})
	if err != nil {
		h.t.Fatal(err)
	}
	return ref
}

// update changes the service as its owner would.
func (h *harness) update(change func(*runpb.Service), mask ...string) {
	h.t.Helper()
	client, err := cloud.New(cloud.Config{Google: cloud.Google{Endpoint: h.URL()}, Clock: h.clock}).CloudRunServices(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := client.GetService(h.t.Context(), &runpb.GetServiceRequest{Name: service})
	if err != nil {
		h.t.Fatal(err)
	}
	change(s)
	if _, err := client.UpdateService(h.t.Context(), &runpb.UpdateServiceRequest{Service: s, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask}}); err != nil {
		h.t.Fatal(err)
	}
}

// deploy makes another revision with this image, which gets a share.
func (h *harness) deploy(image string, percent int) (old, made string) {
	h.t.Helper()
	old = h.Service("backend").Newest
	h.update(func(s *runpb.Service) { s.Template.Containers[0].Image = image }, "template")
	made = h.Service("backend").Newest
	if err := h.Meddle("backend", map[string]int{old: 100 - percent, made: percent}, nil); err != nil {
		h.t.Fatal(err)
	}
	return old, made
}

func (h *harness) Writes() int { return 0 } // what the world did before is not the check's

func TestReady(t *testing.T) {
	h := settling(t, time.Hour)
	preflighttest.Expect(t, h.run(), "failed, may pass: a change of it is under way")
	h.clock.Advance(time.Hour)
	first := h.Service("backend").Newest
	preflighttest.Expect(t, h.run(), "passed: it exists and is ready: "+first+" 100 %")
	if err := h.BreakRevision("backend", first, "it ran out of memory\nsecond line"); err != nil {
		t.Fatal(err)
	}
	preflighttest.Expect(t, h.run(), "failed: it is not ready: Revision '"+first+"' is not ready and cannot serve traffic. it ran out of memory")
	h.block["service"] = "projects/demo/locations/us-central1/services/none"
	preflighttest.Expect(t, h.run(), "failed, may pass: there is no such service")
}

func TestPromoted(t *testing.T) {
	h := start(t)
	v2 := h.image("v2")
	old, made := h.deploy(v2, 10)
	split := old + " 90 %, " + made + " 10 %"
	preflighttest.Expect(t, h.run(), "passed: it exists and is ready: "+split)
	h.block["revision"] = made
	preflighttest.Expect(t, h.run(), "failed, may pass: "+made+" does not have all traffic: "+split)
	h.block = values{"service": service, "image": v2}
	preflighttest.Expect(t, h.run(), "failed, may pass: no revision has all traffic, whose image could be compared: "+split)
	if err := h.Meddle("backend", map[string]int{made: 100}, nil); err != nil {
		t.Fatal(err)
	}
	preflighttest.Expect(t, h.run(), "passed: it exists and is ready, and "+made+" has all traffic with that image")
	h.block["revision"] = made
	preflighttest.Expect(t, h.run(), "passed: it exists and is ready, and "+made+" has all traffic with that image")
	h.block["revision"] = "backend-none"
	preflighttest.Expect(t, h.run(), "failed, may pass: backend-none does not have all traffic: "+made+" 100 %")
	h.block = values{"service": service, "image": h.image("v1")}
	preflighttest.Expect(t, h.run(), "failed, may pass: "+made+", which has all traffic, runs "+v2)
	h.Deny(getRevision)
	preflighttest.Expect(t, h.run(), "skipped: run.revisions.get is denied on it, or it does not exist")
}

// Which image a tag stood for when the revision was made is not known.
func TestImageByTag(t *testing.T) {
	h := start(t)
	h.image("v2")
	tagged := h.Registry() + "/backend:v2"
	_, made := h.deploy(tagged, 100)
	h.block["image"] = h.image("v2")
	preflighttest.Expect(t, h.run(), "skipped: "+made+", which has all traffic, names its image by a tag: "+tagged+". Which image that was is not known")
}

func TestIngress(t *testing.T) {
	h := start(t)
	first := h.Service("backend").Newest
	h.block["ingress"] = "all"
	preflighttest.Expect(t, h.run(), "passed: it exists and is ready: "+first+" 100 %")
	for native, word := range ingresses {
		h.update(func(s *runpb.Service) { s.Ingress = native }, "ingress")
		for _, want := range words {
			h.block["ingress"] = want
			if want == word {
				preflighttest.Expect(t, h.run(), "passed: it exists and is ready: "+first+" 100 %")
			} else {
				preflighttest.Expect(t, h.run(), "failed: its ingress is "+word+", not "+want)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	byDigest := "gcr.io/demo/api@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"all":                {values{"service": service, "revision": "backend-00042-fox", "image": byDigest, "ingress": "internal-and-cloud-load-balancing"}, nil},
		"unknown":            {values{"service": preflighttest.Unknown, "revision": preflighttest.Unknown, "image": preflighttest.Unknown, "ingress": preflighttest.Unknown}, nil},
		"a name":             {values{"service": "backend"}, []string{"service"}},
		"an id of v1":        {values{"service": "locations/us-central1/namespaces/demo/services/backend"}, []string{"service"}},
		"a long revision":    {values{"service": service, "revision": service + "/revisions/backend-1"}, []string{"revision"}},
		"an image by tag":    {values{"service": service, "image": "gcr.io/demo/api:v1"}, []string{"image"}},
		"ingress of the API": {values{"service": service, "ingress": "INGRESS_TRAFFIC_ALL"}, []string{"ingress"}},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), c.block), nil); (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
}
