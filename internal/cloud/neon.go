package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
)

const (
	// neon is where Neon's API is: https://api-docs.neon.tech/reference/getting-started-with-neon-api
	neon     = "https://console.neon.tech"
	neonBase = "/api/v2"
)

// NeonError is a refusal of Neon's API. What it says in words stays unread.
type NeonError struct{ Status int }

// Error implements error.
func (e NeonError) Error() string { return fmt.Sprintf("Neon answered %d", e.Status) }

// ErrNeonEndpoint says that ROLLOUT_NEON_ENDPOINT is none to which a key may go.
var ErrNeonEndpoint = errors.New("not an address for Neon's API")

// NeonJSON reads one thing of Neon's API into out, with an API key. A refusal is
// a NeonError. What is throttled (429), in the way of a running operation (423) or
// broken for a moment (5xx) is asked again, after the time that Neon says if it
// says one: https://neon.com/docs/reference/api/key-concepts.
func (c *Clients) NeonJSON(caller context.Context, key func() string, path string, query url.Values, out any) error {
	at, err := neonEndpoint()
	if err != nil {
		return err
	}
	at.Path, at.RawQuery = neonBase+path, query.Encode()
	ctx, cancel := context.WithTimeout(caller, oneCall)
	defer cancel()
	wait := firstWait
	for try := 1; ; try++ {
		if err := c.config.Clock.Sleep(ctx, c.turn(c.limit(neon))); err != nil {
			return fmt.Errorf("ask Neon: %w", err)
		}
		after, err := c.askNeon(ctx, key, at, out)
		if err == nil || try == tries || !neonAgain(err) || c.config.Clock.Sleep(ctx, max(after, jitter(wait))) != nil {
			return err
		}
		wait = min(longest, wait*2)
	}
}

// neonEndpoint is where Neon's API is asked: ROLLOUT_NEON_ENDPOINT stands in for
// it. The key goes there, so nobody else may read along.
func neonEndpoint() (*url.URL, error) {
	at, ok := bareURL(first(os.Getenv("ROLLOUT_NEON_ENDPOINT"), neon))
	if !ok || !web.Private(at) {
		return nil, ErrNeonEndpoint // it is not quoted: there may be a password in it
	}
	return at, nil
}

// askNeon asks once. after is how long Neon asks to wait.
func (c *Clients) askNeon(ctx context.Context, key func() string, at *url.URL, out any) (after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("ask Neon: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+key())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", first(c.config.UserAgent, web.Agent))
	resp, err := c.HTTP().Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask Neon: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date is not understood, and waited for as if nothing were said
		return time.Duration(max(0, seconds)) * time.Second, NeonError{resp.StatusCode}
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(out); err != nil {
		return 0, fmt.Errorf("read Neon's answer: %w", err)
	}
	return 0, nil
}

func neonAgain(err error) bool {
	var refused NeonError
	if errors.As(err, &refused) {
		return refused.Status == http.StatusTooManyRequests || refused.Status == http.StatusLocked || refused.Status >= http.StatusInternalServerError
	}
	return lost(err)
}
