package image

import (
	"context"
	"errors"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check implements rollout.Check.
type check struct {
	clients  *cloud.Clients
	image    string
	platform v1.Platform
}

// Run asks the registry.
func (c check) Run(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: kind, Object: c.image, Status: rollout.Failed}
	found, digest, err := c.clients.ImagePlatforms(ctx, c.image)
	switch {
	case err != nil || ctx.Err() != nil:
		f = c.unread(ctx, f, err)
	case len(found) == 0:
		f = f.Because(msgNothingThatRuns)
	case !slices.ContainsFunc(found, func(p v1.Platform) bool { return p.Satisfies(c.platform) }):
		f = f.Because(msgOtherPlatform, "found", words(found), "platform", c.platform)
	default:
		f.Status, f.Why = rollout.Passed, "it is in its registry, for "+c.platform.String()
		if !strings.HasSuffix(c.image, digest) {
			f.Why += ": " + digest
		}
	}
	return []rollout.Finding{f}
}

func words(found []v1.Platform) string {
	var out []string
	for _, p := range found {
		out = append(out, p.String())
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// unread says why nothing could be seen, by the sort of the error alone: a
// registry says what it likes.
func (c check) unread(ctx context.Context, f rollout.Finding, err error) rollout.Finding {
	var problem rollout.Problem
	f.Status = rollout.Skipped
	switch {
	case ctx.Err() != nil:
		return f.Because(msgInterrupted)
	case errors.Is(err, rollout.ErrGone):
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgGone)
	case errors.Is(err, rollout.ErrDenied):
		return f.Because(msgDenied)
	case errors.As(err, &problem):
		return f.Because(msgNoClient, "what", problem.What, "fix", problem.Fix)
	case errors.Is(err, context.DeadlineExceeded):
		return f.Because(msgNoAnswer)
	}
	return f.Because(msgUnread)
}
