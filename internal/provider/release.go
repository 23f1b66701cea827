package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// part is what a deployment says of itself in a release of several. known is
// false where some of that is not known yet.
type part struct {
	role    rollout.Role // "" for a deployment that says nothing
	change  rollout.Change
	release string
	// after are the roles of the deployments that it waits for, as often as it
	// waits for one of them.
	after []rollout.Role
	known bool
}

func releaseAttributes() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"role":    text("What it is in a release of several deployments: `schema`, `worker`, `api` or `frontend`. A plan that changes two roles of one release is refused unless the one that comes later waits for the other, by a `release_order` in its `requires`. The guide [Release order](../guides/release-order) has more."),
		"change":  text("What a release does to what its deployments offer each other, beside `role`: `add` (the default) goes from `schema` to `frontend`, so that whatever is used is there first; `remove` goes the other way round."),
		"release": text("The name of the release that it belongs to, beside `role`, where one configuration has several apps. Default: all deployments that name none are of one release."),
	}
}

// readPart reads what a deployment says of itself.
func (d *deployment) readPart(ctx context.Context, src source, diags *diag.Diagnostics) {
	var role, change, release types.String
	diags.Append(src.GetAttribute(ctx, path.Root("role"), &role)...)
	diags.Append(src.GetAttribute(ctx, path.Root("change"), &change)...)
	diags.Append(src.GetAttribute(ctx, path.Root("release"), &release)...)
	d.part.known = !role.IsUnknown() && !change.IsUnknown() && !release.IsUnknown() && !d.requires.unknown
	if !role.IsNull() {
		w, problem := word("role", role, texts(rollout.Roles())...)
		d.note(path.Root("role"), problem)
		d.part.role = rollout.Role(w)
	}
	w, problem := word("change", change, string(rollout.Add), string(rollout.Remove))
	d.note(path.Root("change"), problem)
	d.part.change, d.part.release = rollout.Change(w), release.ValueString()
	switch {
	case !role.IsNull():
	case !change.IsNull():
		d.fault(path.Root("change"), msgNoRoleBeside.With("attribute", "change"))
	case !release.IsNull():
		d.fault(path.Root("release"), msgNoRoleBeside.With("attribute", "release"))
	}
	for _, r := range d.requires.list {
		if r.kind.After != nil {
			d.waits(r, r.kind.After(ctx, r.block))
		}
	}
}

// waits takes in one requirement that a deployment of a role comes first.
func (d *deployment) waits(r requirement, role types.String) {
	d.part.known = d.part.known && !role.IsUnknown()
	first := rollout.Role(role.ValueString())
	if !slices.Contains(rollout.Roles(), first) {
		return
	}
	d.part.after = append(d.part.after, first)
	if d.part.known && d.part.role != "" && d.part.change.Before(d.part.role, first) {
		d.fault(r.at.AtName("role"), msgWrongWay.With("role", d.part.role, "first", first, "change", d.part.change, "order", order(d.part.change)))
	}
}

func texts[T ~string](words []T) []string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return out
}

// order is the order of roles, for people.
func order(c rollout.Change) string { return strings.Join(texts(c.Order()), ", then ") }

// member is a deployment that a plan changes, among others of its release.
type member struct {
	part
	id string // of its target, "" while that is not known
}

// name is a member for people.
func (m member) name() string {
	if m.id == "" {
		return string(m.role)
	}
	return fmt.Sprintf("%s (%s)", m.role, m.id)
}

// members are the deployments that this plan changes. Terraform plans one at a
// time, and one that another refers to before it; so whoever comes second knows
// both. Its zero value is empty and ready.
type members struct {
	mu  sync.Mutex
	all []member
}

// join adds a deployment, and returns what contradicts the order of its release,
// nil for nothing.
func (m *members) join(one member) *rollout.Problem {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = slices.DeleteFunc(m.all, func(o member) bool { return o.role == one.role && o.release == one.release && o.id == one.id }) // planned twice: it is replaced
	m.all = append(m.all, one)
	for _, other := range m.all {
		switch {
		case other.release != one.release || other.role == one.role:
		case other.change != one.change:
			return msgAddsAndRemoves.Found("one", one.name(), "change", one.change, "other", other.name(), "others", other.change)
		case one.change.Before(one.role, other.role):
			// A reference would have made Terraform plan that one after this one.
			return missing(one, other)
		case !m.covers(one, other.role, m.count(other)):
			return missing(other, one)
		}
	}
	return nil
}

// count is how many deployments of a role a plan changes in a release.
func (m *members) count(like member) (n int) {
	for _, o := range m.all {
		if o.release == like.release && o.role == like.role {
			n++
		}
	}
	return n
}

// covers reports whether a deployment waits for all that there are of a role,
// or for one that does, and is changed as well: what does not change stops nobody.
func (m *members) covers(one member, role rollout.Role, all int) bool {
	own := 0
	for _, r := range one.after {
		if r == role {
			own++
		}
	}
	return own >= all || slices.ContainsFunc(m.all, func(o member) bool {
		return o.release == one.release && o.role != one.role && slices.Contains(one.after, o.role) &&
			one.change.Before(o.role, one.role) && m.covers(o, role, all)
	})
}

func missing(first, second member) *rollout.Problem {
	return msgNoEdge.Found("first", first.name(), "role", first.role, "second", second.name(), "later", second.role,
		"change", first.change, "order", order(first.change))
}

// ordered says what a plan that changes this deployment contradicts in the order
// of its release.
func (p *planning) ordered(diags *diag.Diagnostics, id string) {
	if !p.moves || !p.d.part.known || p.d.part.role == "" || p.preflight == modeOff {
		return
	}
	problem := p.members.join(member{p.d.part, id})
	switch {
	case problem == nil:
	case p.preflight == modeError:
		addError(diags, path.Root("role"), *problem)
	default:
		addWarning(diags, path.Root("role"), *problem)
	}
}
