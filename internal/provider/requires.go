package provider

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/preflight"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// requirement is one block inside requires.
type requirement struct {
	kind  preflight.Kind
	block types.Object
	at    path.Path
}

// requirements are all of them; unknown where it is not known yet which.
type requirements struct {
	list    []requirement
	unknown bool
}

func decodeRequires(ctx context.Context, src source, diags *diag.Diagnostics) (requirements, []fault) {
	var out requirements
	var faults []fault
	var list types.List
	diags.Append(src.GetAttribute(ctx, path.Root("requires"), &list)...)
	out.unknown = list.IsUnknown()
	for i, o := range objects(list) {
		for _, k := range catalog.Checks() {
			blocks := listOf(o, k.Name)
			out.unknown = out.unknown || blocks.IsUnknown()
			for n, b := range objects(blocks) {
				r := requirement{kind: k, block: b, at: path.Root("requires").AtListIndex(i).AtName(k.Name).AtListIndex(n)}
				for _, p := range k.Validate(ctx, b) {
					faults = append(faults, in(r.at, anchor(k.Attributes), p))
				}
				out.list = append(out.list, r)
			}
		}
	}
	return out, faults
}

// run runs every requirement. What is not known yet is Deferred; what cannot
// be opened is Skipped, which is not a pass either.
func (r requirements) run(ctx context.Context, c *core, candidate, live *rollout.Subject) []rollout.Finding {
	results := make([][]rollout.Finding, len(r.list))
	var all sync.WaitGroup
	for i, one := range r.list {
		all.Go(func() { results[i] = one.run(ctx, c, candidate, live) })
	}
	all.Wait()
	var out []rollout.Finding
	for _, found := range results {
		out = append(out, found...)
	}
	if r.unknown {
		out = append(out, rollout.Finding{
			Check: "requires", Status: rollout.Deferred, Why: "some requirements are not known before apply",
		})
	}
	return out
}

func (r requirement) run(ctx context.Context, c *core, candidate, live *rollout.Subject) []rollout.Finding {
	object := r.kind.Object(ctx, r.block)
	if unknownIn(r.block) {
		return []rollout.Finding{{
			Check: r.kind.Name, Object: object, Status: rollout.Deferred, Why: "it is not known before apply, and is looked at there before anything moves",
		}}
	}
	check, err := r.kind.Open(ctx, r.block, c.clients)
	if err != nil {
		unopened := rollout.Finding{Check: r.kind.Name, Object: object, Status: rollout.Skipped}
		return []rollout.Finding{unopened.Because(msgRequirementUnopened, "why", err)}
	}
	return check.Run(ctx, candidate, live)
}

// at returns the block to which a finding belongs, for the message.
func (r requirements) at(ctx context.Context, f rollout.Finding, otherwise path.Path) path.Path {
	for _, one := range r.list {
		if one.kind.Name == f.Check && one.kind.Object(ctx, one.block) == f.Object {
			return one.at.AtName(anchor(one.kind.Attributes))
		}
	}
	return otherwise
}

// about is what a finding is about: the kind, and the thing where it is known.
func about(f rollout.Finding) string {
	if f.Object == "" {
		return f.Check
	}
	return f.Check + " " + f.Object
}

// found is a finding as a message. then says what comes of it; it may be "".
func found(f rollout.Finding, then string) rollout.Problem {
	m := msgUnmet
	switch {
	case f.Status == rollout.Skipped:
		m = msgUnverified
	case f.Status == rollout.Failed && f.Advisory:
		m = msgWorthALook
	}
	return m.With("about", about(f), "why", sentence(f.Why), "todo", strings.TrimSpace(f.Fix+"\n\n"+then))
}

// report turns the findings of a plan into messages. An error is for where
// traffic would move; elsewhere it would also block a destroy.
func (c *core) report(d *diag.Diagnostics, findings []rollout.Finding, moves bool, at func(rollout.Finding) path.Path) {
	deferred := ""
	for _, f := range findings {
		switch {
		case f.Status == rollout.Passed:
		case f.Status == rollout.Deferred:
			deferred += fmt.Sprintf("\n  - %s: %s", about(f), f.Why)
		case f.Status == rollout.Failed && !f.Advisory && moves && c.preflight == modeError:
			addError(d, at(f), found(f, wayRound))
		case f.Status == rollout.Skipped && !f.Permission:
			addWarning(d, at(f), found(f, lookedAtAgain))
		default:
			addWarning(d, at(f), found(f, ""))
		}
	}
	if deferred != "" {
		addWarning(d, path.Empty(), msgDeferred.With("requirements", deferred))
	}
}
