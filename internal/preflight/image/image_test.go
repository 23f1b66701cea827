package image

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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

func start(t *testing.T) *harness {
	h := &harness{t: t, clock: clocktest.New(time.Date(2026, 3, 4, 14, 0, 0, 0, time.UTC))}
	s, err := sandbox.Start(sandbox.Options{Now: h.clock.Now})
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
	h.block = values{"image": h.made("linux/amd64")}
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
		h.block["image"] = h.Registry() + "/shop/api:none"
	case preflighttest.Denied:
		h.Deny(permission)
	case preflighttest.Busy:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Throttle, Method: "registry.", Times: 3}))
	case preflighttest.Hangs:
		t.Cleanup(h.Fault(sandbox.Fault{Kind: sandbox.Hang, Method: "registry."}))
	case preflighttest.Babbles:
		h.block["image"] = strings.TrimPrefix(preflighttest.Answering(t, http.StatusOK, inBody), "http://") + "/shop/api:v1"
	}
	return true
}

func (h *harness) Subjects() (candidate, live *rollout.Subject) {
	return &rollout.Subject{Revision: "api-2"}, &rollout.Subject{Revision: "api-1"}
}

func (h *harness) Permission() string { return permission }
func (h *harness) Calls() int         { return len(h.Sandbox.Calls()) }
func (h *harness) Secrets() []string  { return []string{inBody} }

// run opens the check and runs it.
func (h *harness) run() []rollout.Finding {
	h.t.Helper()
	return h.Open(h.t).Run(h.t.Context(), nil, nil)
}

const permission = "artifactregistry.repositories.downloadArtifacts"

// made makes an image for these platforms: with an index, unless there is one.
func (h *harness) made(platforms ...string) string {
	h.t.Helper()
	tag := strings.NewReplacer("/", "-").Replace(strings.Join(platforms, "."))
	if len(platforms) == 1 {
		ref, err := h.ImageFor("shop/api", tag, platforms[0])
		if err != nil {
			h.t.Fatal(err)
		}
		return ref
	}
	ref, err := h.Index("shop/api", tag, platforms...)
	if err != nil {
		h.t.Fatal(err)
	}
	return ref
}

func TestPlatforms(t *testing.T) {
	for name, c := range map[string]struct {
		is       []string
		platform any
		want     string
	}{
		"one":                     {[]string{"linux/amd64"}, nil, "passed: it is in its registry, for linux/amd64"},
		"another one":             {[]string{"linux/arm64"}, nil, "failed: it is made for linux/arm64, not for linux/amd64, so it would not start"},
		"another one, as asked":   {[]string{"linux/arm64"}, "linux/arm64", "passed: it is in its registry, for linux/arm64"},
		"another system":          {[]string{"windows/amd64"}, nil, "failed: it is made for windows/amd64, not for linux/amd64, so it would not start"},
		"several":                 {[]string{"linux/arm64", "linux/amd64"}, nil, "passed: it is in its registry, for linux/amd64"},
		"several others":          {[]string{"linux/arm64", "linux/arm/v7"}, nil, "failed: it is made for linux/arm/v7, linux/arm64, not for linux/amd64, so it would not start"},
		"any of its variants":     {[]string{"linux/arm64/v8", "linux/amd64"}, "linux/arm64", "passed: it is in its registry, for linux/arm64"},
		"another of its variants": {[]string{"linux/arm/v6", "linux/amd64"}, "linux/arm/v7", "failed: it is made for linux/amd64, linux/arm/v6, not for linux/arm/v7, so it would not start"},
		"what is said of others":  {[]string{"linux/amd64", "linux/arm64"}, "unknown/unknown", "failed: it is made for linux/amd64, linux/arm64, not for unknown/unknown, so it would not start"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.block = values{"image": h.made(c.is...)}
			if c.platform != nil {
				h.block["platform"] = c.platform
			}
			preflighttest.Expect(t, h.run(), c.want)
		})
	}
}

// Of a tag it is told what it stands for now.
func TestTags(t *testing.T) {
	h := start(t)
	_, digest, _ := strings.Cut(h.made("linux/amd64"), "@")
	h.block["image"] = h.Registry() + "/shop/api:linux-amd64"
	preflighttest.Expect(t, h.run(), "passed: it is in its registry, for linux/amd64: "+digest)
	h.block["image"] = h.Registry() + "/shop/api@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	preflighttest.Expect(t, h.run(), "failed, may pass: its registry has no such image")
}

func TestOddRegistries(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"no manifest":  {http.StatusOK, inBody, "skipped: the registry gave no answer that could be read"},
		"an empty one": {http.StatusOK, "{}", "skipped: the registry gave no answer that could be read"},
		"busy":         {http.StatusServiceUnavailable, inBody, "skipped: the registry gave no answer that could be read"},
		"refused":      {http.StatusUnauthorized, inBody, "skipped: the registry does not let it be pulled (at Google: artifactregistry.repositories.downloadArtifacts), or it does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.block["image"] = strings.TrimPrefix(preflighttest.Answering(t, c.status, c.body), "http://") + "/shop/api:v1"
			preflighttest.Expect(t, h.run(), c.want)
		})
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		block values
		want  []string
	}{
		"a tag":       {values{"image": "gcr.io/p/api:v1", "platform": "linux/arm64/v8"}, nil},
		"unknown":     {values{"image": preflighttest.Unknown, "platform": preflighttest.Unknown}, nil},
		"an address":  {values{"image": "https://gcr.io/p/api"}, []string{"image"}},
		"nothing":     {values{"image": ""}, []string{"image"}},
		"a processor": {values{"image": "gcr.io/p/api:v1", "platform": "amd64"}, []string{"platform"}},
		"no platform": {values{"image": "gcr.io/p/api:v1", "platform": ""}, []string{"platform"}},
	} {
		if got := preflighttest.Faulty(t, Kind(), c.block); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if _, err := Kind().Open(t.Context(), preflighttest.Block(t, Kind(), c.block), nil); (err == nil) != (len(c.want) == 0) {
			t.Errorf("%s: opened with %v", name, err)
		}
	}
}
