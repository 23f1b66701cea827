package image

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight/preflighttest"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

type values = preflighttest.Values

func TestExam(t *testing.T) {
	preflighttest.Run(t, Kind(), func(t *testing.T) preflighttest.Harness { return start(t) })
}

// start is a project with everything that is asked for.
func start(t *testing.T) *preflighttest.OnGoogle {
	h := preflighttest.NewOnGoogle(t, Kind(), sandbox.Options{})
	h.API, h.Needs = "registry.", []string{permission}
	h.Instead = func(address string) { h.Block["image"] = strings.TrimPrefix(address, "http://") + "/shop/api:v1" }
	h.Gone = func() { h.Block["image"] = h.Registry() + "/shop/api:none" }
	h.Block = values{"image": made(t, h, "linux/amd64")}
	return h
}

const permission = "artifactregistry.repositories.downloadArtifacts"

// made makes an image for these platforms: with an index, unless there is one.
func made(t *testing.T, h *preflighttest.OnGoogle, platforms ...string) string {
	t.Helper()
	tag := strings.NewReplacer("/", "-").Replace(strings.Join(platforms, "."))
	if len(platforms) == 1 {
		ref, err := h.ImageFor("shop/api", tag, platforms[0])
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	ref, err := h.Index("shop/api", tag, platforms...)
	if err != nil {
		t.Fatal(err)
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
			h.Block = values{"image": made(t, h, c.is...)}
			if c.platform != nil {
				h.Block["platform"] = c.platform
			}
			preflighttest.Expect(t, h.Run(), c.want)
		})
	}
}

// Of a tag it is told what it stands for now.
func TestTags(t *testing.T) {
	h := start(t)
	_, digest, _ := strings.Cut(made(t, h, "linux/amd64"), "@")
	h.Block["image"] = h.Registry() + "/shop/api:linux-amd64"
	preflighttest.Expect(t, h.Run(), "passed: it is in its registry, for linux/amd64: "+digest)
	h.Block["image"] = h.Registry() + "/shop/api@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	preflighttest.Expect(t, h.Run(), "failed, may pass: its registry has no such image")
}

func TestOddRegistries(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"no manifest":  {http.StatusOK, preflighttest.InBody, "skipped: the registry gave no answer that could be read"},
		"an empty one": {http.StatusOK, "{}", "skipped: the registry gave no answer that could be read"},
		"busy":         {http.StatusServiceUnavailable, preflighttest.InBody, "skipped: the registry gave no answer that could be read"},
		"refused":      {http.StatusUnauthorized, preflighttest.InBody, "skipped: the registry does not let it be pulled (at Google: artifactregistry.repositories.downloadArtifacts), or it does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			h.Answer(c.status, c.body)
			preflighttest.Expect(t, h.Run(), c.want)
		})
	}
}

func TestValidate(t *testing.T) {
	preflighttest.Validates(t, Kind(), map[string]preflighttest.Case{
		"a tag":       {values{"image": "gcr.io/p/api:v1", "platform": "linux/arm64/v8"}, nil},
		"unknown":     {values{"image": preflighttest.Unknown, "platform": preflighttest.Unknown}, nil},
		"an address":  {values{"image": "https://gcr.io/p/api"}, []string{"image"}},
		"nothing":     {values{"image": ""}, []string{"image"}},
		"a processor": {values{"image": "gcr.io/p/api:v1", "platform": "amd64"}, []string{"platform"}},
		"no platform": {values{"image": "gcr.io/p/api:v1", "platform": ""}, []string{"platform"}},
	})
}
