package env

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check implements rollout.Check. Its names are sorted, each once.
type check struct{ names []string }

// object names what is required, as the kind's Object does: messages find the
// block by it.
func (c check) object() string { return strings.Join(c.names, ", ") }

// Run compares names.
func (c check) Run(_ context.Context, candidate, live *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: name, Object: c.object()}
	if candidate == nil {
		f.Status, f.Why = rollout.Deferred, "there is no candidate yet, whose settings could be looked at"
		return []rollout.Finding{f}
	}
	missing := without(c.names, candidate.Env)
	if len(missing) == 0 {
		f.Status = rollout.Passed
		f.Why = fmt.Sprintf("%s has what is required", candidate.Revision)
	} else {
		f.Status = rollout.Failed
		f.Why = fmt.Sprintf("%s does not have %s", candidate.Revision, strings.Join(missing, ", "))
		f.Fix = "Set it where the revision's settings are configured, or take it out of names if it is not needed any more."
	}
	out := []rollout.Finding{f}
	if live == nil {
		return out
	}
	if lost := without(without(live.Env, candidate.Env), c.names); len(lost) > 0 {
		out = append(out, rollout.Finding{
			Check: name, Object: strings.Join(lost, ", "), Status: rollout.Failed, Advisory: true,
			Why: fmt.Sprintf("%s has %s, and %s would not", live.Revision, strings.Join(lost, ", "), candidate.Revision),
			Fix: "If that is not meant, set it where the revision's settings are configured.",
		})
	}
	return out
}

// without returns what of all is not among some, sorted, each once.
func without(all, some []string) []string {
	var out []string
	for _, n := range all {
		if !slices.Contains(some, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
