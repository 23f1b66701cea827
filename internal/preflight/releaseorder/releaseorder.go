package releaseorder

import (
	"context"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// check implements rollout.Check. What is "" is null.
type check struct{ object, revision, promoted string }

// Run compares.
func (c check) Run(context.Context, *rollout.Subject, *rollout.Subject) []rollout.Finding {
	f := rollout.Finding{Check: kind, Object: c.object, Status: rollout.Failed}
	switch {
	case c.revision == "":
		f = f.Because(msgUnmade)
	case c.promoted == "":
		f = f.Because(msgNobody, "revision", c.revision)
	case c.promoted != c.revision:
		f = f.Because(msgOther, "promoted", c.promoted, "revision", c.revision)
	default:
		f.Status, f.Why = rollout.Passed, c.revision+" is promoted there"
	}
	return []rollout.Finding{f}
}
