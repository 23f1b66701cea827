package cloud_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// images is a registry with one image.
type images struct {
	host   string
	digest string // of api:stable
	asked  journal
}

func newImages(t *testing.T) *images {
	t.Helper()
	i := &images{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.add(r.Method + " " + r.URL.Path)
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	i.host = s.Listener.Addr().String()
	i.digest = i.put(t, "api:stable")
	return i
}

// put writes another image to a tag.
func (i *images) put(t *testing.T, tag string) string {
	t.Helper()
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(i.host + "/" + tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	i.asked.read()
	return digest.String()
}

func TestImageByDigest(t *testing.T) {
	nowhere(t)
	i := newImages(t)
	latest := i.put(t, "api")
	tools := i.put(t, "team/tools/migrate:v1.2")
	of, _ := clients(t, cloud.Google{})
	const other = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, c := range map[string]struct {
		image, want string
		asked       []string
	}{
		"a tag":                      {i.host + "/api:stable", i.host + "/api@" + i.digest, []string{"GET /v2/", "HEAD /v2/api/manifests/stable"}},
		"no tag":                     {i.host + "/api", i.host + "/api@" + latest, []string{"GET /v2/", "HEAD /v2/api/manifests/latest"}},
		"a repository of more parts": {i.host + "/team/tools/migrate:v1.2", i.host + "/team/tools/migrate@" + tools, []string{"GET /v2/", "HEAD /v2/team/tools/migrate/manifests/v1.2"}},
		"a digest":                   {i.host + "/api" + other, i.host + "/api" + other, nil},
		"a tag and a digest":         {i.host + "/api:stable" + other, i.host + "/api:stable" + other, nil},
		"a digest at Google":         {"gcr.io/p/api" + other, "gcr.io/p/api" + other, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := of.ImageByDigest(t.Context(), c.image)
			if err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
			if asked := i.asked.read(); !slices.Equal(asked, c.asked) {
				t.Errorf("asked %q", asked)
			}
		})
	}
	t.Run("a tag that has moved", func(t *testing.T) {
		moved := i.put(t, "api:stable")
		if got, err := of.ImageByDigest(t.Context(), i.host+"/api:stable"); err != nil || got != i.host+"/api@"+moved || moved == i.digest {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestImageThatHasNoDigest(t *testing.T) {
	nowhere(t)
	i := newImages(t)
	of, _ := clients(t, cloud.Google{})
	for name, c := range map[string]struct {
		image string
		want  error
		text  string
	}{
		"no such tag":        {i.host + "/api:next", rollout.ErrGone, "image " + i.host + "/api:next does not exist"},
		"no such repository": {i.host + "/web:stable", rollout.ErrGone, "image " + i.host + "/web:stable does not exist"},
		"nothing":            {"", rollout.ErrInvalid, ""},
		"capitals":           {"API:stable", rollout.ErrInvalid, ""},
		"a space":            {i.host + "/api: stable", rollout.ErrInvalid, ""},
		"half a digest":      {i.host + "/api@sha256:e3b0c442", rollout.ErrInvalid, ""},
		"an address":         {"https://" + i.host + "/api:stable", rollout.ErrInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := of.ImageByDigest(t.Context(), c.image)
			means(t, err, c.want)
			if err == nil || got != "" || c.text != "" && err.Error() != c.text {
				t.Errorf("%q, %v; want %q", got, err, c.text)
			}
			if asked := i.asked.read(); errors.Is(c.want, rollout.ErrInvalid) && len(asked) > 0 {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

const (
	imageAnywhere = "registry.example.com/api:stable"
	basic         = `Basic realm="registry"`
	bearer        = `Bearer realm="https://tokens.example.com/token",service="registry"`
)

func TestRegistryThatRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		challenge string // asks for a password, or for a token
		tokens    int    // what is answered to who asks for a token
		manifest  int    // what is answered to who asks for the image
		body      string
		want      error
		text      string // after the image
	}{
		"unauthorized":            {"", 0, http.StatusUnauthorized, "", rollout.ErrDenied, ": permission denied: the registry answered 401"},
		"forbidden":               {"", 0, http.StatusForbidden, "", rollout.ErrDenied, ": permission denied: the registry answered 403"},
		"a password is asked for": {basic, 0, http.StatusOK, "", rollout.ErrDenied, ": permission denied: the registry answered 401"},
		"no token is given":       {bearer, http.StatusForbidden, http.StatusOK, secret, rollout.ErrDenied, ": permission denied: the registry answered 403"},
		"nobody is known":         {bearer, http.StatusUnauthorized, http.StatusOK, secret, rollout.ErrDenied, ": permission denied: the registry answered 401"},
		"no place for tokens":     {bearer, http.StatusNotFound, http.StatusOK, secret, rollout.ErrGone, " does not exist"},
		"something else for a token": {
			bearer, http.StatusTeapot, http.StatusOK, "<html>" + secret, nil,
			": the registry answered 418: I'm a teapot",
		},
		"something else, and why": {
			bearer, http.StatusTeapot, http.StatusOK, `{"errors": [{"code": "DENIED", "message": "it is tea\n` + secret + `"}]}`, nil,
			": the registry answered 418: it is tea",
		},
		"a token does not help": {bearer, http.StatusOK, http.StatusForbidden, `{"token": "` + secret + `"}`, rollout.ErrDenied, ": permission denied: the registry answered 403"},
		"not there":             {"", 0, http.StatusNotFound, "", rollout.ErrGone, " does not exist"},
		"more than it likes":    {"", 0, http.StatusTooManyRequests, "", nil, ": the registry answered 429: Too Many Requests"},
		"no digest":             {"", 0, http.StatusOK, "", nil, ": "},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Host == "tokens.example.com":
					w.WriteHeader(c.tokens)
					_, _ = io.WriteString(w, c.body)
				case c.challenge != "" && r.Header.Get("Authorization") == "":
					w.Header().Set("WWW-Authenticate", c.challenge)
					w.WriteHeader(http.StatusUnauthorized)
				case r.URL.Path != "/v2/":
					w.WriteHeader(c.manifest)
				}
			}))
			t.Cleanup(s.Close)
			divertImages(t, s)
			of, _ := clients(t, cloud.Google{})
			got, err := of.ImageByDigest(t.Context(), imageAnywhere)
			silent(t, err)
			means(t, err, c.want)
			want := "image " + imageAnywhere + c.text
			if got != "" || err == nil || err.Error() != want && (c.text != ": " || !strings.HasPrefix(err.Error(), want)) {
				t.Errorf("%q, %v\nwant %s", got, err, want)
			}
		})
	}
}

func TestARegistryIsTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		says  []int
		tries int
		text  string
	}{
		"throttled":               {[]int{429}, 2, ""},
		"unavailable":             {[]int{503, 500, 502}, 4, ""},
		"cut off":                 {[]int{cut, cut}, 3, ""}, // net/http itself asks again where an old connection was cut
		"unavailable without end": {slices.Repeat([]int{503}, 20), 8, "image " + imageAnywhere + ": the registry answered 503: Service Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			digest := "sha256:" + strings.Repeat("0", 64)
			var asked journal
			s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v2/" {
					return
				}
				asked.add(r.Method)
				code := http.StatusOK
				if len(c.says) > 0 {
					code, c.says = c.says[0], c.says[1:]
				}
				if code == cut {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Docker-Content-Digest", digest)
				w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(code)
			}))
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			t.Cleanup(s.Close)
			divertImages(t, s)
			of, clock := clients(t, cloud.Google{})
			got, err := of.ImageByDigest(t.Context(), imageAnywhere)
			if err == nil && got != "registry.example.com/api@"+digest || err != nil && err.Error() != c.text || (err == nil) != (c.text == "") {
				t.Errorf("%q, %v", got, err)
			}
			if tries := len(asked.read()); tries != c.tries {
				t.Errorf("it was asked %d times, want %d", tries, c.tries)
			}
			if !clock.Now().After(noon) {
				t.Error("it was asked again at once, or by another clock")
			}
		})
	}
}

func TestARegistryThatNeverAnswers(t *testing.T) {
	for _, image := range []string{imageAnywhere, "localhost:5000/api:stable", "gcr.io/p/api:stable"} {
		t.Run(image, func(t *testing.T) {
			nowhere(t)
			synctest.Test(t, func(t *testing.T) {
				before := remote.DefaultTransport
				remote.DefaultTransport = mute(t)
				defer func() { remote.DefaultTransport = before }()
				of, _ := clients(t, cloud.Google{AccessToken: secret})
				ctx, cancel := context.WithTimeout(t.Context(), 31*time.Second)
				defer cancel()
				_, err := of.ImageByDigest(ctx, image)
				silent(t, err)
				means(t, err, context.DeadlineExceeded)
				if ctx.Err() != nil || !strings.HasPrefix(err.Error(), "image "+image+": the registry gave no answer within 30s: ") {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// divertImages has every registry be found at the server.
func divertImages(t *testing.T, s *httptest.Server) {
	t.Helper()
	before := remote.DefaultTransport
	remote.DefaultTransport = diverted(t, s)
	t.Cleanup(func() { remote.DefaultTransport = before })
}

func TestAnImageIsNotWaitedFor(t *testing.T) {
	nowhere(t)
	i := newImages(t)
	of, _ := clients(t, cloud.Google{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := of.ImageByDigest(ctx, i.host+"/api:stable"); got != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", got, err)
	}
}

// asking is every registry at once: it asks for a password, and keeps what it is
// given.
func asking(t *testing.T) *journal {
	t.Helper()
	out := &journal{}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		switch {
		case ok:
			out.add(user + " " + password)
			w.WriteHeader(http.StatusNotFound)
		case r.URL.Path == "/v2/":
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			out.add(r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusNotFound)
		}
		if !strings.HasPrefix(r.Header.Get("User-Agent"), agent) {
			t.Errorf("who asks is %q", r.Header.Get("User-Agent"))
		}
	}))
	t.Cleanup(s.Close)
	divertImages(t, s)
	return out
}

func TestGoogleCredentialsGoToGoogleRegistries(t *testing.T) {
	const (
		nobody = ""
		token  = "oauth2accesstoken " + secret
	)
	for image, want := range map[string]string{
		"gcr.io/p/api:stable":                              token,
		"eu.gcr.io/p/api:stable":                           token,
		"europe-west1-docker.pkg.dev/p/r/api:stable":       token,
		"us-docker.pkg.dev/p/r/api:stable":                 token,
		"ghcr.io/p/api:stable":                             nobody,
		"xgcr.io/p/api:stable":                             nobody,
		"gcr.io.example.com/p/api:stable":                  nobody,
		"gcr.example.com/p/api:stable":                     nobody,
		"evil-docker.pkg.dev.example.com/p/r/api:stable":   nobody,
		"docker.pkg.dev.example.com/p/r/api:stable":        nobody,
		"europe-west1-docker.pkg.development/p/api:stable": nobody,
		"europe-west1-npm.pkg.dev/p/r/api:stable":          nobody,
		"docker-pkg.dev/p/r/api:stable":                    nobody,
		"example.com/gcr.io/api:stable":                    nobody,
		"example.com/us-docker.pkg.dev/api:stable":         nobody,
		"gcr.io:5000/p/api:stable":                         nobody,
		"api:stable":                                       nobody, // Docker Hub
		"p/api:stable":                                     nobody,
	} {
		t.Run(image, func(t *testing.T) {
			nowhere(t)
			users := asking(t)
			of, _ := clients(t, cloud.Google{AccessToken: secret})
			_, err := of.ImageByDigest(t.Context(), image)
			silent(t, err)
			means(t, err, rollout.ErrGone)
			if got := users.read(); !slices.Equal(got, []string{want}) {
				t.Errorf("it was given %q", got)
			}
		})
	}
}

// Who has put another address in the place of Google's may have put a sandbox
// there, and would not expect that Google itself is shown a credential.
func TestNoCredentialGoesPastAnEndpoint(t *testing.T) {
	auth := base64.StdEncoding.EncodeToString([]byte("me:" + secret))
	for name, c := range map[string]struct {
		endpoint, variable, image string
		given                     []string
		end                       error
	}{
		"of this machine":           {"http://127.0.0.1:1", "", "gcr.io/p/api:stable", []string{""}, rollout.ErrGone},
		"of another":                {"https://cloud.example.com", "", "us-docker.pkg.dev/p/r/api:stable", []string{""}, rollout.ErrGone},
		"from the environment":      {"", "http://127.0.0.1:1", "eu.gcr.io/p/api:stable", []string{""}, rollout.ErrGone},
		"one that is none":          {"nonsense", "", "gcr.io/p/api:stable", nil, nil},
		"another registry's own":    {"http://127.0.0.1:1", "", "ghcr.io/p/api:stable", []string{"me " + secret}, rollout.ErrGone},
		"one that is none, and not": {"nonsense", "", "ghcr.io/p/api:stable", []string{"me " + secret}, rollout.ErrGone},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			config := `{"auths": {"ghcr.io": {"auth": "` + auth + `"}, "gcr.io": {"auth": "` + auth + `"}}}`
			if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("ROLLOUT_GOOGLE_ENDPOINT", c.variable)
			users := asking(t)
			of, _ := clients(t, cloud.Google{Endpoint: c.endpoint, AccessToken: secret})
			_, err := of.ImageByDigest(t.Context(), c.image)
			silent(t, err)
			means(t, err, c.end)
			if got := users.read(); !slices.Equal(got, c.given) {
				t.Errorf("it was given %q", got)
			}
		})
	}
}

func TestAPrivateImagePastAnEndpoint(t *testing.T) {
	nowhere(t)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(s.Close)
	divertImages(t, s)
	for image, text := range map[string]string{
		"gcr.io/p/api:stable": "image gcr.io/p/api:stable: permission denied: the registry answered 401 to a request without credentials:" +
			" with an endpoint in force, none is sent to Google's own registries; give the image by its digest",
		imageAnywhere: "image " + imageAnywhere + ": permission denied: the registry answered 401",
	} {
		of, _ := clients(t, cloud.Google{Endpoint: "http://127.0.0.1:1", AccessToken: secret})
		_, err := of.ImageByDigest(t.Context(), image)
		means(t, err, rollout.ErrDenied)
		if err == nil || err.Error() != text {
			t.Errorf("%v\nwant %s", err, text)
		}
	}
}

func TestDockersCredentialsGoToTheirRegistry(t *testing.T) {
	auth := base64.StdEncoding.EncodeToString([]byte("me:" + secret))
	for name, c := range map[string]struct{ config, image, want string }{
		"its own":            {`{"auths": {"ghcr.io": {"auth": "` + auth + `"}}}`, "ghcr.io/p/api:stable", "me " + secret},
		"another's":          {`{"auths": {"ghcr.io": {"auth": "` + auth + `"}}}`, "quay.io/p/api:stable", ""},
		"none":               {`{}`, "ghcr.io/p/api:stable", ""},
		"a file that is not": {`{"auths": {"ghcr.io": {"auth": "` + secret, "ghcr.io/p/api:stable", ""},
		"never Google's":     {`{"auths": {"gcr.io": {"auth": "` + auth + `"}}}`, "gcr.io/p/api:stable", "oauth2accesstoken token"},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			if err := os.WriteFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"), []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			users := asking(t)
			of, _ := clients(t, cloud.Google{AccessToken: "token"})
			_, err := of.ImageByDigest(t.Context(), c.image)
			silent(t, err)
			means(t, err, rollout.ErrGone)
			if got := users.read(); !slices.Equal(got, []string{c.want}) {
				t.Errorf("it was given %q", got)
			}
		})
	}
}

// Without Google's credentials nobody asks a Google registry.
func TestGoogleRegistryWithoutCredentials(t *testing.T) {
	newGoogle(t)
	for name, c := range map[string]struct {
		credentials func(*testing.T) string
		text        string
	}{
		"there are none":     {func(*testing.T) string { return secret }, "There are no Google credentials: "},
		"they give no token": {func(t *testing.T) string { return key(t, "disabled", "denied") }, "google credentials: "},
	} {
		t.Run(name, func(t *testing.T) {
			nowhere(t)
			t.Setenv("GOOGLE_CREDENTIALS", c.credentials(t))
			users := asking(t)
			of, _ := clients(t, cloud.Google{})
			got, err := of.ImageByDigest(t.Context(), "gcr.io/p/api:stable")
			silent(t, err)
			if got != "" || err == nil || !strings.HasPrefix(err.Error(), c.text) || strings.Contains(err.Error(), "PRIVATE KEY") {
				t.Errorf("%q, %v", got, err)
			}
			if got := users.read(); len(got) > 0 {
				t.Errorf("the registry was asked, with %q", got)
			}
		})
	}
}

// An index says what its images are for, or each image does.
func TestImagePlatforms(t *testing.T) {
	nowhere(t)
	i := newImages(t)
	of, _ := clients(t, cloud.Google{})
	put := func(tag string, index v1.ImageIndex) {
		t.Helper()
		ref, err := name.ParseReference(i.host + "/" + tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.WriteIndex(ref, index, remote.WithContext(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	image := func(os, arch string) v1.Image {
		t.Helper()
		out, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: os, Architecture: arch, RootFS: v1.RootFS{Type: "layers"}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	put("api:silent", mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image("linux", "arm64")}))
	put("api:attested", mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: image("linux", "amd64"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}},
		mutate.IndexAddendum{Add: image("", ""), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"}}}))
	put("api:nothing", empty.Index)
	put("api:chart", mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image("", "")}))
	for tag, want := range map[string][]string{"silent": {"linux/arm64"}, "attested": {"linux/amd64"}, "nothing": nil, "chart": nil} {
		found, digest, err := of.ImagePlatforms(t.Context(), i.host+"/api:"+tag)
		var got []string
		for _, p := range found {
			got = append(got, p.String())
		}
		if err != nil || digest == "" || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %q, %v", tag, got, digest, err)
		}
	}
	for ref, want := range map[string]error{i.host + "/api:none": rollout.ErrGone, "API": rollout.ErrInvalid} {
		_, _, err := of.ImagePlatforms(t.Context(), ref)
		means(t, err, want)
	}
}
