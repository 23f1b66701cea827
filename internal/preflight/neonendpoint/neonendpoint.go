package neonendpoint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud/web"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// usualSuspend is what 0 seconds stand for.
const usualSuspend = 300 * time.Second

// latest is how many operations are looked at; they come newest first.
const latest = "100"

// check implements rollout.Check.
type check struct {
	clients           *cloud.Clients
	project, endpoint string
	min, max          *float64
	suspend           *time.Duration
	state             string
	variable          string
	given             func() string // the key of the configuration, nil where there is none
}

// object names the endpoint for people.
func (c check) object() string {
	if c.project == "" || c.endpoint == "" {
		return ""
	}
	return c.project + "/" + c.endpoint
}

// endpoint is the part of one that is looked at.
type endpoint struct {
	Endpoint struct {
		ID       string   `json:"id"`
		Project  string   `json:"project_id"`
		Branch   string   `json:"branch_id"`
		Min      *float64 `json:"autoscaling_limit_min_cu"`
		Max      *float64 `json:"autoscaling_limit_max_cu"`
		Suspend  *int64   `json:"suspend_timeout_seconds"`
		Current  string   `json:"current_state"`
		Pending  string   `json:"pending_state"`
		Disabled bool     `json:"disabled"`
	} `json:"endpoint"`
}

// operations are the latest of a project, the newest first. nil is no answer.
type operations struct {
	All []operation `json:"operations"`
}

type operation struct {
	Branch   string `json:"branch_id"`
	Endpoint string `json:"endpoint_id"`
	Action   string `json:"action"`
	Status   string `json:"status"`
}

// Run asks for the endpoint and, where that is well, for what is done to it.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.object()}
	key := c.key()
	if key == nil {
		f.Status = rollout.Skipped
		return []rollout.Finding{f.Because(msgNoKey, "variable", c.variable)}
	}
	at := "/projects/" + url.PathEscape(c.project)
	var found endpoint
	if err := c.clients.NeonJSON(ctx, key, at+"/endpoints/"+url.PathEscape(c.endpoint), nil, &found); err != nil || ctx.Err() != nil {
		return []rollout.Finding{c.unread(ctx, f, err)}
	}
	e := found.Endpoint
	if e.ID != c.endpoint || e.Project != c.project || e.Min == nil || e.Max == nil || e.Suspend == nil || e.Current == "" {
		f.Status = rollout.Skipped
		return []rollout.Finding{f.Because(msgOddAnswer)}
	}
	out := c.judge(f, found)
	var all operations
	if err := c.clients.NeonJSON(ctx, key, at+"/operations", url.Values{"limit": {latest}}, &all); err != nil || ctx.Err() != nil {
		return append(out, c.unread(ctx, f, err))
	}
	if all.All == nil {
		f.Status = rollout.Skipped
		return append(out, f.Because(msgOddAnswer))
	}
	if o := unfinished(all.All, e.ID, e.Branch); o != nil {
		f.Status, f.Retry = rollout.Failed, true
		out = append(out, f.Because(msgBusy, "action", word(o.Action), "status", word(o.Status)))
	}
	if len(out) > 0 {
		return out
	}
	f.Status = rollout.Passed
	f.Why = fmt.Sprintf("it is %s, %s to %s CU, suspends %s, and every operation on it has finished", word(e.Current), units(*e.Min), units(*e.Max), suspends(effective(*e.Suspend)))
	return []rollout.Finding{f}
}

// key returns the API key behind a function; nil where there is none.
func (c check) key() func() string {
	value := strings.TrimSpace(os.Getenv(c.variable))
	if c.given != nil || value == "" {
		return c.given
	}
	return func() string { return value }
}

// judge says everything of the endpoint that is not as it is wanted. What was
// just changed may be so in a moment.
func (c check) judge(f rollout.Finding, found endpoint) []rollout.Finding {
	e := found.Endpoint
	f.Status, f.Retry = rollout.Failed, true
	var out []rollout.Finding
	if c.min != nil && *e.Min != *c.min {
		out = append(out, f.Because(msgOtherSize, "setting", "min_cu", "found", units(*e.Min), "wanted", units(*c.min)))
	}
	if c.max != nil && *e.Max != *c.max {
		out = append(out, f.Because(msgOtherSize, "setting", "max_cu", "found", units(*e.Max), "wanted", units(*c.max)))
	}
	if is := effective(*e.Suspend); c.suspend != nil && is != *c.suspend {
		out = append(out, f.Because(msgOtherSuspend, "found", suspends(is), "wanted", suspends(*c.suspend)))
	}
	switch {
	case e.Disabled:
		f.Retry = false
		out = append(out, f.Because(msgDisabled))
	case e.Pending != "" && e.Pending != e.Current:
		out = append(out, f.Because(msgBecoming, "current", word(e.Current), "pending", word(e.Pending)))
	case c.state != "" && e.Current != c.state:
		out = append(out, f.Because(msgOtherState, "found", word(e.Current), "wanted", c.state))
	}
	return out
}

// unfinished returns an operation on the endpoint, or on its branch as a whole,
// that is under way or may be tried again; nil if there is none.
func unfinished(all []operation, endpoint, branch string) *operation {
	var ended []string // the sorts of which a later one has ended
	for _, o := range all {
		if o.Endpoint != endpoint && (o.Endpoint != "" || o.Branch != branch) {
			continue
		}
		switch o.Status {
		case "finished", "skipped", "cancelled":
			ended = append(ended, o.Action)
		case "failed", "error":
			if !slices.Contains(ended, o.Action) {
				return &o
			}
		default: // under way, or a status that is not known
			return &o
		}
	}
	return nil
}

// effective is after how long an endpoint suspends; below 0 it never does.
func effective(seconds int64) time.Duration {
	if seconds == 0 {
		return usualSuspend
	}
	return time.Duration(seconds) * time.Second
}

func suspends(after time.Duration) string {
	if after < 0 {
		return never
	}
	return "after " + rollout.Short(after)
}

func units(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// word shows one of Neon's own words; whoever answers in its place may have put
// anything there.
func word(text string) string {
	if text == "" || len(text) > 40 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
		return "in a state that is not known"
	}
	return text
}

// unread is the finding where nothing could be seen.
func (c check) unread(ctx context.Context, f rollout.Finding, err error) rollout.Finding {
	f.Status = rollout.Skipped
	var refused cloud.NeonError
	switch {
	case ctx.Err() != nil:
		return f.Because(msgInterrupted)
	case errors.Is(err, cloud.ErrNeonEndpoint):
		return f.Because(msgNoAddress)
	case !errors.As(err, &refused):
		return f.Because(msgUnread, "reason", web.Reason(err, longestCall))
	}
	switch refused.Status {
	case http.StatusNotFound:
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgGone)
	case http.StatusUnauthorized:
		return f.Because(msgUnauthenticated)
	case http.StatusForbidden:
		return f.Because(msgDenied, "project", c.project)
	}
	return f.Because(msgUnasked, "code", refused.Status)
}

// longestCall is how long package cloud waits for an answer.
const longestCall = 30 * time.Second
