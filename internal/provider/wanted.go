package provider

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// decodeWanted reads the platform block of a deployment, and what a new
// revision is wanted for.
func decodeWanted(ctx context.Context, src source, diags *diag.Diagnostics) (place, []fault) {
	p, faults := decodePlace(ctx, src, diags)
	diags.Append(src.GetAttribute(ctx, path.Root("triggers"), &p.triggers)...)
	if p.kind != nil && !p.kind.Makes(p.block) && len(p.triggers.Elements()) > 0 {
		faults = append(faults, fault{path.Root("triggers"), msgTriggersElsewhere.With()})
	}
	return p, faults
}

// trigger stands for the triggers in the content of a revision, "" where there
// are none.
func (p place) trigger() string {
	if len(p.triggers.Elements()) == 0 {
		return ""
	}
	all := map[string]*string{}
	for name, v := range p.triggers.Elements() {
		if s, ok := v.(types.String); ok {
			all[name] = s.ValueStringPointer()
		}
	}
	text, _ := json.Marshal(all) // a map of strings, which has its keys sorted
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// newest reports whether whatever was made last is wanted.
func (p place) newest() bool { return p.kind != nil && p.kind.Newest(p.block) }

// tracks reports whether secrets that mean another version are rolled out.
func (p place) tracks() bool { return p.kind != nil && p.kind.Tracks(p.block) }

// asksAnew reports whether other content is wanted than at the last apply,
// decided from configuration and state alone: another one is configured, or the
// newest is, and that is another one.
func (d *deployment) asksAnew(before place, prior *record) bool {
	return d.makingChanged(before) || d.newest() && prior.newest() != prior.Revision.ValueString()
}

// newest is the revision that was the newest at the last refresh, "" where
// nothing is known of it. A plan is made for it.
func (r *record) newest() string {
	if r.Observed == nil {
		return ""
	}
	return r.Observed.Newest.ValueString()
}

// drifted reports whether the template is another one than the one that was
// rolled out. What an unfinished rollout of our own left in it is no news.
func (d *deployment) drifted(prior *record) bool {
	return d.makes() && prior.finished() && !prior.Left.Template.Equal(prior.Observed.Template)
}

// versions lists the secrets that mean another version than the one that was
// rolled out, "" where there are none. A rollout brings them, also one that is
// planned for another reason.
func (d *deployment) versions(prior *record) string {
	if !d.makes() || !prior.finished() {
		return ""
	}
	return versionChanges(prior.Left.SecretVersions, prior.Observed.SecretVersions)
}

// finished: the last rollout ended with everything that it wanted.
func (r *record) finished() bool {
	switch r.Outcome.ValueString() {
	case engine.Promoted.String(), engine.Unchanged.String():
		return r.Left != nil && r.Observed != nil
	}
	return false
}

// aside is what a rollout brings that the configuration does not say, for one
// line of a plan. It comes from state alone.
func (d *deployment) aside(prior *record) string {
	var parts []string
	switch {
	case d.newest() && prior.Observed != nil:
		parts = append(parts, cmp.Or(prior.Observed.Unserved.ValueString(), prior.newest()))
	case d.drifted(prior):
		parts = append(parts, prior.Observed.Unserved.ValueString())
	}
	parts = append(parts, d.versions(prior))
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// versionChanges lists the secrets that mean another version than before:
// "stripe: 6 → 7". A secret that several settings have is told once.
func versionChanges(before, now map[string]string) string {
	var out []string
	for name, v := range now {
		was := before[name]
		from, _, _ := cutVersion(was)
		secret, version, named := cutVersion(v)
		switch {
		case was == v:
		case was == "" || !named || from != secret:
			out = append(out, name+": "+cmp.Or(was, "none")+" → "+v)
		default:
			out = append(out, secret+": "+strings.TrimPrefix(was, from+":")+" → "+version)
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// cutVersion takes NAME:VERSION apart.
func cutVersion(s string) (secret, version string, ok bool) {
	if at := strings.LastIndex(s, ":"); at > 0 {
		return s[:at], s[at+1:], true
	}
	return "", s, false
}

// toCome returns the newest revision of an observation as the one to roll out,
// and a problem where it is not the one that the plan was made for. A create has
// no state to compare with.
func (r *record) toCome(o rollout.Observation) (rollout.Revision, *rollout.Problem) {
	planned := r.newest()
	switch {
	case o.Newest == "":
		p := msgNoRevision.With()
		return "", &p
	case planned != "" && planned != string(o.Newest):
		p := msgNewestChanged.With("planned", planned, "newest", o.Newest)
		return "", &p
	}
	return o.Newest, nil
}
