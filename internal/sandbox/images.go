package sandbox

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
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

// inProcess sends requests to the registry's handler without a socket, so that
// the store may ask it while it holds its lock.
type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	t.handler.ServeHTTP(rec, r)
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
	ref, err := name.ParseReference(s.Registry() + "/" + repo + ":" + tag)
	if err != nil {
		return "", fmt.Errorf("name image %s:%s: %w", repo, tag, err)
	}
	if err := remote.Write(ref, img); err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	d, err := img.Digest()
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", ref, err)
	}
	return ref.Context().Digest(d.String()).String(), nil
}

func sampleImage(b Behaviour) (v1.Image, error) {
	return mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: "amd64", OS: "linux",
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
