package httpcheck

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check implements rollout.Check.
type check struct {
	client  *http.Client
	at      *url.URL
	status  web.Statuses
	timeout time.Duration
}

// Run asks once.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: web.Shown(c.at)}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	code, err := c.ask(limited)
	switch {
	case ctx.Err() != nil:
		f.Status = rollout.Skipped
		f = f.Because(msgInterrupted)
	case err != nil:
		f.Status, f.Retry = rollout.Failed, true
		f = f.Because(msgNoAnswer, "reason", web.Reason(err, c.timeout))
	case !c.status.Accept(code):
		f.Status, f.Retry = rollout.Failed, true
		f = f.Because(msgAnotherStatus, "status", code, "wanted", c.status)
	default:
		f.Status, f.Why = rollout.Passed, fmt.Sprintf("it answered %d", code)
	}
	return []rollout.Finding{f}
}

func (c check) ask(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.at.String(), http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("ask: %w", err)
	}
	req.Header.Set("User-Agent", web.Agent)
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("ask: %w", err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}
