package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// ImageByDigest returns the reference with the digest that it stands for now:
// "host/repo@sha256:…". A reference that has a digest is returned as it is,
// without a call. Only the manifest's digest is asked for.
func (c *Clients) ImageByDigest(ctx context.Context, image string) (string, error) {
	ref, err := name.ParseReference(image)
	if err != nil {
		return "", fmt.Errorf("image %q: %w: %w", image, rollout.ErrInvalid, err)
	}
	if _, ok := ref.(name.Digest); ok {
		return image, nil
	}
	digest := ""
	err = c.askRegistry(ctx, ref, image, func(o ...remote.Option) error {
		head, err := remote.Head(ref, o...)
		if err == nil {
			digest = ref.Context().Digest(head.Digest.String()).Name()
		}
		return err //nolint:wrapcheck // askRegistry says what was asked
	})
	return digest, err
}

// ImagePlatforms returns what the image is made for, "linux/amd64" and the like,
// and the digest that the reference stands for now. Of an image for several
// platforms the index says it, of another one its configuration: nothing else of
// that is looked at, and no layer is fetched.
func (c *Clients) ImagePlatforms(ctx context.Context, image string) (platforms []v1.Platform, digest string, err error) {
	ref, err := name.ParseReference(image)
	if err != nil {
		return nil, "", fmt.Errorf("image %q: %w: %w", image, rollout.ErrInvalid, err)
	}
	err = c.askRegistry(ctx, ref, image, func(o ...remote.Option) error {
		found, err := remote.Get(ref, o...)
		if err != nil {
			return err //nolint:wrapcheck // askRegistry says what was asked
		}
		digest = found.Digest.String()
		platforms, err = platformsOf(found)
		return err
	})
	return platforms, digest, err
}

// ImageLabels returns the labels that an image was built with: one set for each
// platform that it is for. No layer is fetched.
func (c *Clients) ImageLabels(ctx context.Context, image string) (labels []map[string]string, err error) {
	ref, err := name.ParseReference(image)
	if err != nil {
		return nil, fmt.Errorf("image %q: %w: %w", image, rollout.ErrInvalid, err)
	}
	err = c.askRegistry(ctx, ref, image, func(o ...remote.Option) error {
		found, err := remote.Get(ref, o...)
		if err != nil {
			return err //nolint:wrapcheck // askRegistry says what was asked
		}
		images, err := imagesOf(found)
		if err != nil {
			return err
		}
		for _, one := range images {
			config, err := one.ConfigFile()
			if err != nil {
				return fmt.Errorf("read its configuration: %w", err)
			}
			labels = append(labels, config.Config.Labels)
		}
		return nil
	})
	return labels, err
}

// partsOf is what an address stands for: an image, or else an index and what it lists.
func partsOf(d *remote.Descriptor) (v1.Image, v1.ImageIndex, []v1.Descriptor, error) {
	switch {
	case d.MediaType.IsImage():
		image, err := d.Image()
		if err != nil {
			return nil, nil, nil, fmt.Errorf("read its manifest: %w", err)
		}
		return image, nil, nil, nil
	case !d.MediaType.IsIndex():
		return nil, nil, nil, fmt.Errorf("%s is the type of no image", d.MediaType)
	}
	index, err := d.ImageIndex()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read its index: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read its index: %w", err)
	}
	listed := slices.DeleteFunc(slices.Clone(manifest.Manifests), attests)
	return nil, index, listed, nil
}

// attests reports whether something listed is what was said of an image:
// https://docs.docker.com/build/metadata/attestations/attestation-storage
func attests(m v1.Descriptor) bool { return m.Platform != nil && m.Platform.OS == "unknown" }

// imagesOf are those that could run: one, or those of an index.
func imagesOf(d *remote.Descriptor) ([]v1.Image, error) {
	image, index, listed, err := partsOf(d)
	if err != nil {
		return nil, err
	}
	if image != nil {
		return []v1.Image{image}, nil
	}
	var out []v1.Image
	for _, m := range listed {
		if !m.MediaType.IsImage() {
			continue
		}
		image, err := index.Image(m.Digest)
		if err != nil {
			return nil, fmt.Errorf("read an image of its index: %w", err)
		}
		out = append(out, image)
	}
	return out, nil
}

func platformsOf(d *remote.Descriptor) ([]v1.Platform, error) {
	image, index, listed, err := partsOf(d)
	if err != nil {
		return nil, err
	}
	if image != nil {
		return platformOf(image)
	}
	var out []v1.Platform
	for _, m := range listed {
		switch {
		case m.Platform != nil:
			out = append(out, *m.Platform)
		case m.MediaType.IsImage():
			found, err := platformIn(index, m.Digest)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

// platformIn is that of an image whose index does not say it.
func platformIn(index v1.ImageIndex, digest v1.Hash) ([]v1.Platform, error) {
	image, err := index.Image(digest)
	if err != nil {
		return nil, fmt.Errorf("read an image of its index: %w", err)
	}
	return platformOf(image)
}

func platformOf(image v1.Image) ([]v1.Platform, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read its configuration: %w", err)
	}
	p := config.Platform()
	if p == nil { // nothing that runs: a chart, a file
		return nil, nil
	}
	return []v1.Platform{*p}, nil
}

// askRegistry asks within the time of one call, and says what an error means.
func (c *Clients) askRegistry(ctx context.Context, ref name.Reference, image string, ask func(...remote.Option) error) error {
	limited, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	auth, err := c.registryAuth(limited, ref.Context())
	if err != nil {
		return err
	}
	err = ask(remote.WithContext(limited), remote.WithAuth(auth), remote.WithUserAgent(c.config.UserAgent),
		remote.WithTransport(pacedHTTP{of: c, inner: remote.DefaultTransport}),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1})) // it would try again by the system's clock
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("image %s: the registry gave no answer within %s: %w", image, rollout.Short(oneCall), err)
	}
	err = registryError(image, err)
	if errors.Is(err, rollout.ErrDenied) && auth == authn.Anonymous && googleRegistry(ref.Context().RegistryStr()) {
		err = fmt.Errorf("%w to a request without credentials: with an endpoint in force, none is sent to Google's own registries; give the image by its digest", err)
	}
	return err
}

// registryAuth returns what a registry is shown. Who has put another address in
// the place of Google's means that Google itself is not told who asks.
func (c *Clients) registryAuth(ctx context.Context, repository name.Repository) (authn.Authenticator, error) {
	if !googleRegistry(repository.RegistryStr()) {
		found, err := authn.DefaultKeychain.Resolve(repository)
		if err != nil {
			return authn.Anonymous, nil //nolint:nilerr // a file that cannot be read holds nothing that could be shown
		}
		return found, nil
	}
	if at, err := c.googleEndpoint(); at != nil || err != nil {
		return authn.Anonymous, err
	}
	creds, err := c.GoogleCredentials()
	if err != nil {
		return nil, err
	}
	t, err := creds.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("google credentials: %w", err)
	}
	return authn.FromConfig(authn.AuthConfig{Username: "oauth2accesstoken", Password: t.Value}), nil
}

// googleRegistry reports whether Google's own credentials open a registry.
func googleRegistry(host string) bool {
	return host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") || strings.HasSuffix(host, "-docker.pkg.dev")
}

func registryError(image string, err error) error {
	var t *transport.Error
	if errors.As(err, &t) {
		switch t.StatusCode {
		case http.StatusNotFound:
			return fmt.Errorf("image %s %w", image, rollout.ErrGone)
		case http.StatusUnauthorized, http.StatusForbidden:
			return fmt.Errorf("image %s: %w: the registry answered %d", image, rollout.ErrDenied, t.StatusCode)
		}
		text := http.StatusText(t.StatusCode) // the body that it could not read stays out, as in line
		if len(t.Errors) > 0 {
			text = first(line(t.Errors[0].Message), text)
		}
		return fmt.Errorf("image %s: the registry answered %d: %s", image, t.StatusCode, text)
	}
	return fmt.Errorf("image %s: %w", image, err)
}
