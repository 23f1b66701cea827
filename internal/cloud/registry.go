package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
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
	limited, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	auth, err := c.registryAuth(limited, ref.Context())
	if err != nil {
		return "", err
	}
	head, err := remote.Head(ref, remote.WithContext(limited), remote.WithAuth(auth), remote.WithUserAgent(c.config.UserAgent),
		remote.WithTransport(pacedHTTP{of: c, inner: remote.DefaultTransport}),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1})) // it would try again by the system's clock
	switch {
	case err == nil:
		return ref.Context().Digest(head.Digest.String()).Name(), nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return "", fmt.Errorf("image %s: the registry gave no answer within %s: %w", image, rollout.Short(oneCall), err)
	}
	err = registryError(image, err)
	if errors.Is(err, rollout.ErrDenied) && auth == authn.Anonymous && googleRegistry(ref.Context().RegistryStr()) {
		err = fmt.Errorf("%w to a request without credentials: with an endpoint in force, none is sent to Google's own registries; give the image by its digest", err)
	}
	return "", err
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
