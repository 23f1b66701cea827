package sandbox

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"google.golang.org/grpc/status"
)

// images is the container registry and what is accepted from others.
type images struct {
	addr    string
	handler http.Handler

	mu       sync.Mutex
	accepted map[string]Behaviour
}

func newImages() *images {
	quiet := log.New(io.Discard, "", 0)
	return &images{handler: registry.New(registry.Logger(quiet)), accepted: map[string]Behaviour{}}
}

// registry serves the images to everybody outside. What is read of them passes
// through the same gate as any other call, so that it is in Calls and faults
// strike it; refusals have the form of the OCI distribution specification
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes).
func (s *Sandbox) registry() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := ""
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
		case strings.Contains(r.URL.Path, "/manifests/"):
			method = "registry.GetManifest"
		case strings.Contains(r.URL.Path, "/blobs/"):
			method = "registry.GetBlob"
		}
		if method == "" {
			s.images.handler.ServeHTTP(w, r)
			return
		}
		c := Call{Method: method, Resource: strings.TrimPrefix(r.URL.Path, "/v2/")}
		_, err := s.pass(withFace(r.Context(), "registry"), c, nil, func(context.Context, any) (any, error) { return nil, nil })
		if err == nil {
			s.images.handler.ServeHTTP(w, r)
			return
		}
		cutIfAsked(err)
		st := status.Convert(err)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(httpStatus(st.Code()))
		_, _ = fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":%s}]}`, quoted(st.Message())) // the client has gone if this fails
	})
}

// push lets the sandbox's own images in unseen.
func (im *images) push() remote.Option { return remote.WithTransport(inProcess{im.handler}) }

// inProcess sends requests to the registry's handler without a socket, so that
// the store may ask it while it holds its lock.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	if served.Body == nil { // as a server sees it
		served.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	t.handler.ServeHTTP(rec, served)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

// resolve finds the behaviour and digest of an image. An image on the sandbox's
// own registry must be in it; any other must have been accepted.
func (im *images) resolve(ref string) (b Behaviour, digest string, found bool) {
	im.mu.Lock()
	b, found = im.accepted[ref]
	im.mu.Unlock()
	if found {
		_, digest, _ = strings.Cut(ref, "@")
		return b, digest, true
	}
	parsed, err := name.ParseReference(ref)
	if err != nil || parsed.Context().RegistryStr() != im.addr {
		return Behaviour{}, "", false
	}
	img, err := remote.Image(parsed, remote.WithTransport(inProcess{im.handler}))
	if err != nil {
		return Behaviour{}, "", false
	}
	d, err := img.Digest()
	if err != nil {
		return Behaviour{}, "", false
	}
	config, err := img.ConfigFile()
	if err != nil {
		return Behaviour{}, "", false
	}
	return behaviourIn(config.Config.Env), d.String(), true
}

// Image pushes a tiny real image of the sample app with this behaviour to the
// sandbox's registry and returns its reference by digest,
// "127.0.0.1:PORT/shop/api@sha256:…". Registry() + "/" + repo + ":" + tag names
// it as well.
func (s *Sandbox) Image(repo, tag string, b Behaviour) (byDigest string, err error) {
	img, err := sampleImage(b)
	if err != nil {
		return "", fmt.Errorf("make image %s:%s: %w", repo, tag, err)
	}
	return s.pushed(img, repo, tag)
}

// pushed puts an image into the registry and returns its reference by digest.
func (s *Sandbox) pushed(img v1.Image, repo, tag string) (string, error) {
	ref, err := name.ParseReference(s.Registry() + "/" + repo + ":" + tag)
	if err != nil {
		return "", fmt.Errorf("name image %s:%s: %w", repo, tag, err)
	}
	if err := remote.Write(ref, img, s.images.push()); err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	d, err := img.Digest()
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", ref, err)
	}
	return ref.Context().Digest(d.String()).String(), nil
}

// Index pushes an image of the sample app for each of these platforms
// ("linux/arm64"), and an index of them with what a builder attests beside, as
// docker buildx writes it. It returns the index's reference by digest. With one
// platform and no index the image's own configuration says what it is for:
// ImageFor.
func (s *Sandbox) Index(repo, tag string, platforms ...string) (byDigest string, err error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, text := range append(slices.Clone(platforms), "unknown/unknown") {
		p, err := v1.ParsePlatform(text)
		if err != nil {
			return "", fmt.Errorf("platform %q: %w", text, err)
		}
		img, err := imageFor(Behaviour{Version: tag}, *p)
		if err != nil {
			return "", fmt.Errorf("make image %s:%s: %w", repo, tag, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: p}})
	}
	return s.pushedIndex(index, repo, tag)
}

// pushedIndex is pushed for an index.
func (s *Sandbox) pushedIndex(index v1.ImageIndex, repo, tag string) (string, error) {
	ref, err := name.ParseReference(s.Registry() + "/" + repo + ":" + tag)
	if err != nil {
		return "", fmt.Errorf("name image %s:%s: %w", repo, tag, err)
	}
	if err := remote.WriteIndex(ref, index, s.images.push()); err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	d, err := index.Digest()
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", ref, err)
	}
	return ref.Context().Digest(d.String()).String(), nil
}

// ImageFor is Image for one platform, without an index.
func (s *Sandbox) ImageFor(repo, tag, platform string) (byDigest string, err error) {
	p, err := v1.ParsePlatform(platform)
	if err != nil {
		return "", fmt.Errorf("platform %q: %w", platform, err)
	}
	img, err := imageFor(Behaviour{Version: tag}, *p)
	if err != nil {
		return "", fmt.Errorf("make image %s:%s: %w", repo, tag, err)
	}
	return s.pushed(img, repo, tag)
}

// Labelled pushes an image of the sample app that was built with these labels; with
// several sets an index of one for each platform, linux/amd64 and linux/arm64. It
// returns the reference by digest.
func (s *Sandbox) Labelled(repo, tag string, labels ...map[string]string) (byDigest string, err error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for i, set := range labels {
		p := v1.Platform{OS: "linux", Architecture: []string{"amd64", "arm64"}[i]}
		img, err := imageFor(Behaviour{Version: tag}, p)
		if err == nil {
			img, err = mutate.Config(img, v1.Config{Env: Behaviour{Version: tag}.env(), Entrypoint: []string{"/sample"}, Labels: set})
		}
		if err != nil {
			return "", fmt.Errorf("make image %s:%s: %w", repo, tag, err)
		}
		if len(labels) == 1 {
			return s.pushed(img, repo, tag)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &p}})
	}
	return s.pushedIndex(index, repo, tag)
}

func sampleImage(b Behaviour) (v1.Image, error) {
	return imageFor(b, v1.Platform{OS: "linux", Architecture: "amd64"})
}

func imageFor(b Behaviour, p v1.Platform) (v1.Image, error) {
	return mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: p.Architecture, OS: p.OS, Variant: p.Variant,
		RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{Env: b.env(), Entrypoint: []string{"/sample"}},
	})
}

// AcceptImage makes a reference on another host, exactly as it will be written,
// stand for the sample app with this behaviour. Without it such an image is not found.
func (s *Sandbox) AcceptImage(ref string, b Behaviour) {
	s.images.mu.Lock()
	defer s.images.mu.Unlock()
	s.images.accepted[ref] = b
}
