package httpcheck

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

const agent = "terraform-provider-rollout"

// check implements rollout.Check.
type check struct {
	client  *http.Client
	at      *url.URL
	status  []int // none: any 2xx
	timeout time.Duration
}

// Run asks once.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: shown(c.at)}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	code, err := c.ask(limited)
	switch {
	case ctx.Err() != nil:
		f.Status, f.Why, f.Fix = rollout.Skipped, "the look at it was interrupted", "Run it again."
	case err != nil:
		f.Status, f.Retry, f.Why = rollout.Failed, true, "it did not answer: "+c.reason(err)
		f.Fix = "See that it runs, and that it can be reached from where Terraform runs."
	case !c.accepts(code):
		f.Status, f.Retry, f.Why = rollout.Failed, true, fmt.Sprintf("it answered %d, not %s", code, c.wants())
		f.Fix = "See what is wrong with it, or correct url or status."
	default:
		f.Why = fmt.Sprintf("it answered %d", code)
	}
	return []rollout.Finding{f}
}

func (c check) ask(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.at.String(), http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("ask: %w", err)
	}
	req.Header.Set("User-Agent", agent)
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask: %w", err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

func (c check) accepts(code int) bool {
	if len(c.status) == 0 {
		return code/100 == 2
	}
	return slices.Contains(c.status, code)
}

func (c check) wants() string {
	if len(c.status) == 0 {
		return "2xx"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(c.status), "[]"), " ", " or ")
}

// shown is an address without its query, in which people put keys.
func shown(at *url.URL) string {
	return (&url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}).String()
}

// reason says why there was no answer in words of our own: an error of net/http
// quotes the address with its query, and what a broken server sent.
func (c check) reason(err error) string {
	var (
		unnamed   *net.DNSError
		slow      net.Error
		untrusted *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return "nothing came within " + rollout.Short(c.timeout)
	case errors.As(err, &unnamed):
		return "its host name is not known here"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(err, &untrusted):
		return "its certificate is not valid"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS"
	}
	return "the request failed"
}
