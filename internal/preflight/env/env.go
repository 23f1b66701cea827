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
		f = f.Because(msgMissing, "revision", candidate.Revision, "names", strings.Join(missing, ", "))
	}
	out := []rollout.Finding{f}
	if live == nil {
		return out
	}
	if lost := without(without(live.Env, candidate.Env), c.names); len(lost) > 0 {
		f := rollout.Finding{Check: name, Object: strings.Join(lost, ", "), Status: rollout.Failed, Advisory: true}
		out = append(out, f.Because(msgLost, "live", live.Revision, "names", strings.Join(lost, ", "), "revision", candidate.Revision))
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
