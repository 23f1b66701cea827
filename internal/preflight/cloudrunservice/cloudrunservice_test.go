package cloudrunservice

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// backend is a project with a service.
type backend struct {
	*preflighttest.OnGoogle
	t *testing.T
}

func start(t *testing.T) *backend { return settling(t, 0) }

func settling(t *testing.T, d time.Duration) *backend {
	h := &backend{preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{Settle: d}), t}
	h.API, h.Needs, h.GRPC = "run.", []string{getService, getRevision}, true
	h.Gone = func() { h.Block["service"] = "projects/demo/locations/us-central1/services/none" }
	if err := h.CreateService(t.Context(), "backend", h.image("v1")); err != nil {
		t.Fatal(err)
	}
	h.Block = values{"service": service}
	return h
}

const service = "projects/demo/locations/us-central1/services/backend"

// image makes one of the sample app, and returns it by digest.
func (h *backend) image(tag string) string {
	h.t.Helper()
	ref, err := h.Image("backend", tag, sandbox.Behaviour{Version: tag})
	if err != nil {
		h.t.Fatal(err)
	}
	return ref
}

// update changes the service as its owner would.
func (h *backend) update(change func(*runpb.Service), mask ...string) {
	h.t.Helper()
	client, err := h.Clients().CloudRunServices(h.t.Context())
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
func (h *backend) deploy(image string, percent int) (old, made string) {
	h.t.Helper()
	old = h.Service("backend").Newest
	h.update(func(s *runpb.Service) { s.Template.Containers[0].Image = image }, "template")
	made = h.Service("backend").Newest
	if err := h.Meddle("backend", map[string]int{old: 100 - percent, made: percent}, nil); err != nil {
		h.t.Fatal(err)
	}
	return old, made
}

func TestReady(t *testing.T) {
	h := settling(t, time.Hour)
	preflighttest.Expect(t, h.Run(), "failed, may pass: a change of it is under way")
	h.Clock.Advance(time.Hour)
	first := h.Service("backend").Newest
	preflighttest.Expect(t, h.Run(), "passed: it exists and is ready: "+first+" 100 %")
	if err := h.BreakRevision("backend", first, "it ran out of memory\nsecond line"); err != nil {
		t.Fatal(err)
	}
	preflighttest.Expect(t, h.Run(), "failed: it is not ready: Revision '"+first+"' is not ready and cannot serve traffic. it ran out of memory")
	h.Block["service"] = "projects/demo/locations/us-central1/services/none"
	preflighttest.Expect(t, h.Run(), "failed, may pass: there is no such service")
}

func TestPromoted(t *testing.T) {
	h := start(t)
	v2 := h.image("v2")
	old, made := h.deploy(v2, 10)
	split := old + " 90 %, " + made + " 10 %"
	preflighttest.Expect(t, h.Run(), "passed: it exists and is ready: "+split)
	h.Block["revision"] = made
	preflighttest.Expect(t, h.Run(), "failed, may pass: "+made+" does not have all traffic: "+split)
	h.Block = values{"service": service, "image": v2}
	preflighttest.Expect(t, h.Run(), "failed, may pass: no revision has all traffic, whose image could be compared: "+split)
	if err := h.Meddle("backend", map[string]int{made: 100}, nil); err != nil {
		t.Fatal(err)
	}
	preflighttest.Expect(t, h.Run(), "passed: it exists and is ready, and "+made+" has all traffic with that image")
	h.Block["revision"] = made
	preflighttest.Expect(t, h.Run(), "passed: it exists and is ready, and "+made+" has all traffic with that image")
	h.Block["revision"] = "backend-none"
	preflighttest.Expect(t, h.Run(), "failed, may pass: backend-none does not have all traffic: "+made+" 100 %")
	h.Block = values{"service": service, "image": h.image("v1")}
	preflighttest.Expect(t, h.Run(), "failed, may pass: "+made+", which has all traffic, runs "+v2)
	h.Deny(getRevision)
	preflighttest.Expect(t, h.Run(), "skipped: run.revisions.get is denied on it, or it does not exist")
}

// Which image a tag stood for when the revision was made is not known.
func TestImageByTag(t *testing.T) {
	h := start(t)
	h.image("v2")
	tagged := h.Registry() + "/backend:v2"
	_, made := h.deploy(tagged, 100)
	h.Block["image"] = h.image("v2")
	preflighttest.Expect(t, h.Run(), "skipped: "+made+", which has all traffic, names its image by a tag: "+tagged+". Which image that was is not known")
}

func TestIngress(t *testing.T) {
	h := start(t)
	first := h.Service("backend").Newest
	h.Block["ingress"] = "all"
	preflighttest.Expect(t, h.Run(), "passed: it exists and is ready: "+first+" 100 %")
	for native, word := range ingresses {
		h.update(func(s *runpb.Service) { s.Ingress = native }, "ingress")
		for _, want := range words {
			h.Block["ingress"] = want
			if want == word {
				preflighttest.Expect(t, h.Run(), "passed: it exists and is ready: "+first+" 100 %")
			} else {
				preflighttest.Expect(t, h.Run(), "failed: its ingress is "+word+", not "+want)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	byDigest := "gcr.io/demo/api@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"all":                {values{"service": service, "revision": "backend-00042-fox", "image": byDigest, "ingress": "internal-and-cloud-load-balancing"}, nil},
		"unknown":            {values{"service": preflighttest.Unknown, "revision": preflighttest.Unknown, "image": preflighttest.Unknown, "ingress": preflighttest.Unknown}, nil},
		"a name":             {values{"service": "backend"}, []string{"service"}},
		"an id of v1":        {values{"service": "locations/us-central1/namespaces/demo/services/backend"}, []string{"service"}},
		"a long revision":    {values{"service": service, "revision": service + "/revisions/backend-1"}, []string{"revision"}},
		"an image by tag":    {values{"service": service, "image": "gcr.io/demo/api:v1"}, []string{"image"}},
		"ingress of the API": {values{"service": service, "ingress": "INGRESS_TRAFFIC_ALL"}, []string{"ingress"}},
	})
}
