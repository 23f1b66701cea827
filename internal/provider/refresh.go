package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// refresh brings what is observed up to date, and nothing else: what was
// promoted and left is never refreshed.
func (s *shared) refresh(ctx context.Context, p place, r *record, look func(context.Context, rollout.Target) (rollout.Observation, error)) (gone bool, err error) {
	opened, err := p.open(ctx, s.core)
	if err != nil {
		return false, err
	}
	o, err := look(ctx, opened.Target)
	switch {
	case errors.Is(err, rollout.ErrGone):
		s.gone.Store(opened.ID, true)
		return true, nil
	case err != nil:
		return false, err
	}
	s.gone.Delete(opened.ID)
	r.observe(o, r.beside(ctx, opened, o))
	r.ID = types.StringValue(opened.ID)
	r.Console = known(opened.Console)
	return false, nil
}

// besides is what a plan compares beside what is observed.
type besides struct {
	secrets map[string]string // the version that each setting stands for
	behind  map[string]string // what is behind each revision that serves
}

// beside reads it. What cannot be read is for others to tell; what was known of it
// stays.
func (r *record) beside(ctx context.Context, opened platform.Place, o rollout.Observation) besides {
	var out besides
	var err error
	if opened.Secrets != nil {
		if out.secrets, err = opened.Secrets(ctx); err != nil && r.Observed != nil {
			out.secrets = r.Observed.SecretVersions
		}
	}
	if opened.Holds == nil {
		return out
	}
	holds, err := opened.Holds(ctx, o.Routing.Split.Revisions()...)
	if err != nil && r.Observed != nil {
		out.behind = r.Observed.Behind
		return out
	}
	out.behind = map[string]string{}
	for v, h := range holds {
		out.behind[string(v)] = h.Content
	}
	return out
}

// observe looks at everything that a plan compares.
func observe(ctx context.Context, t rollout.Target) (rollout.Observation, error) {
	return t.Observe(ctx)
}

// glance observes traffic alone, in one call where the platform can.
func glance(ctx context.Context, t rollout.Target) (rollout.Observation, error) {
	if g, ok := t.(rollout.Glancer); ok {
		return g.Glance(ctx)
	}
	return t.Observe(ctx)
}

// refreshFailed says that state is as it was. What a role may not see must not
// keep it from planning.
func refreshFailed(d *diag.Diagnostics, p place, err error) {
	if errors.Is(err, rollout.ErrDenied) {
		addWarning(d, p.line(), msgLiveDenied.With("why", err))
		return
	}
	addError(d, p.line(), msgLiveUnseen.With("why", err))
}

func importFailure(gone bool, err error, id string) rollout.Problem {
	if gone {
		return msgImportGone.With("id", id)
	}
	return msgImportUnread.With("id", id, "why", err)
}
