package cloudrun

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check adapts a function to rollout.Check.
type check func(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding

func (c check) Run(ctx context.Context, candidate, live *rollout.Subject) []rollout.Finding {
	return c(ctx, candidate, live)
}

const checkName = "cloud_run"

// requires is what the platform itself wants to be true before anything moves.
func (t *service) requires() []rollout.Check {
	return []rollout.Check{check(t.serviceUsable), check(t.secretsUsable)}
}

// serviceUsable looks at the service: that its traffic can be changed at all,
// that its longest request fits, and that a split is what users will get.
func (t *service) serviceUsable(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	if _, err := t.Observe(ctx); err != nil {
		return []rollout.Finding{unread(t.String(), err)}
	}
	out := []rollout.Finding{{Check: checkName, Object: t.service, Status: rollout.Passed, Why: "the service exists and can be read"}}
	out = append(out, t.longest(ctx)...)
	out = append(out, t.tags(ctx)...)
	if t.last.GetTemplate().GetSessionAffinity() {
		f := rollout.Finding{Check: checkName, Object: t.service, Status: rollout.Failed, Advisory: true}
		out = append(out, f.Because(msgSessionAffinity))
	}
	return out
}

// unread is what is said of something that could not be read.
func unread(object string, err error) rollout.Finding {
	f := rollout.Finding{Check: checkName, Object: object, Status: rollout.Skipped}
	switch {
	case errors.Is(err, rollout.ErrGone):
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgGone)
	case errors.Is(err, rollout.ErrDenied):
		return f.Because(msgDenied, "why", err)
	default:
		return f.Because(msgUnread, "why", err)
	}
}

// longest compares the longest request with the time that Cloud Run gives one:
// 30 s must be left for it to end
// (https://cloud.google.com/run/docs/configuring/request-timeout). A revision
// that is named has the timeout that it was made with; the newest has the template's.
func (t *service) longest(ctx context.Context) []rollout.Finding {
	const spare = 30 * time.Second
	asked := t.settings.longestRequest
	if asked == 0 {
		return nil
	}
	limit, whose, m := t.last.GetTemplate().GetTimeout().AsDuration(), "the service", msgLongestRequestOfService
	if r := t.settings.revision; r != "" {
		found, err := t.getRevisions(ctx, []rollout.Revision{r})
		switch {
		case err != nil:
			return []rollout.Finding{unread(t.revision(r), err)}
		case found[r] == nil:
			return nil // that it is missing is said where it would be given traffic
		}
		limit, whose, m = found[r].GetTimeout().AsDuration(), string(r), msgLongestRequestOfRevision
	}
	if asked+spare > limit {
		f := rollout.Finding{Check: checkName, Object: t.service, Status: rollout.Failed}
		return []rollout.Finding{f.Because(m, "longest", rollout.Short(asked), "whose", whose, "timeout", rollout.Short(limit), "needed", rollout.Short(asked+spare))}
	}
	return []rollout.Finding{{
		Check: checkName, Object: t.service, Status: rollout.Passed,
		Why: fmt.Sprintf("the longest request of %s fits into the request timeout of %s", rollout.Short(asked), rollout.Short(limit)),
	}}
}

// tags looks for somebody's tag on a revision that cannot serve: while there is
// one, Cloud Run applies no change of traffic.
func (t *service) tags(ctx context.Context) []rollout.Finding {
	var out []rollout.Finding
	for _, e := range t.last.GetTraffic() {
		if e.GetTag() == "" || e.GetRevision() == "" || t.marks.ours(e.GetTag()) {
			continue
		}
		r := short(e.GetRevision())
		found, err := t.getRevisions(ctx, []rollout.Revision{r})
		if err != nil {
			out = append(out, unread(t.revision(r), err))
			continue
		}
		h := health(found[r])
		if h.State != rollout.Broken && h.State != rollout.Missing {
			continue
		}
		f := rollout.Finding{Check: checkName, Object: t.service, Status: rollout.Failed}
		out = append(out, f.Because(msgTagOfBroken, "tag", e.GetTag(), "revision", r, "state", h.State, "service", t.service, "project", t.project, "location", t.location))
	}
	return out
}

// secretsUsable looks at the versions that the candidate will be made with, or
// was, by their metadata alone (permission secretmanager.versions.get). Once
// they are resolved it is these that count, and not what latest means by now.
func (t *service) secretsUsable(ctx context.Context, _, _ *rollout.Subject) []rollout.Finding {
	secrets := t.settings.secrets
	if t.resolved != nil {
		secrets = t.resolved.secrets
	}
	all, err := t.secretVersions(ctx, secrets)
	if err != nil {
		return []rollout.Finding{unread("Secret Manager", err)}
	}
	var out []rollout.Finding
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v := all[name]
		v.asked = t.settings.secrets[name] // as it is written
		out = append(out, secretFinding(name, v))
	}
	return out
}

func secretFinding(name string, v found) rollout.Finding {
	f := rollout.Finding{Check: checkName, Object: fmt.Sprintf("%s = %s", name, v.asked), Status: rollout.Passed}
	switch {
	case errors.Is(v.err, rollout.ErrGone):
		f.Status, f.Retry = rollout.Failed, true
		return f.Because(msgVersionGone)
	case errors.Is(v.err, rollout.ErrDenied):
		f.Status = rollout.Skipped
		return f.Because(msgVersionDenied, "why", v.err)
	case v.err != nil:
		f.Status = rollout.Skipped
		return f.Because(msgVersionUnread, "why", v.err)
	case v.state == secretmanagerpb.SecretVersion_DISABLED:
		f.Status = rollout.Failed
		return f.Because(msgVersionDisabled, "version", v.ref.version, "secret", v.ref.secret, "project", v.ref.project)
	case v.state != secretmanagerpb.SecretVersion_ENABLED:
		f.Status = rollout.Failed
		return f.Because(msgVersionNotEnabled, "version", v.ref.version, "state", v.state)
	}
	f.Why = fmt.Sprintf("version %s is enabled", v.ref.version)
	return f
}
