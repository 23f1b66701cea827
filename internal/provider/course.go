package provider

import (
	"fmt"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// adopted is the outcome of an apply that took what somebody else did as it is.
const adopted = "adopted"

// course is what an apply does about what it finds, before the first write.
type course struct {
	// refuse ends the apply before any write.
	refuse *rollout.Problem
	// adopt takes what is live as it is, and rolls nothing out.
	adopt bool
	// restore lifts the block on the wanted content.
	restore bool
	// home is where a roll-back goes, if something says so.
	home rollout.Revision
	// note is what a plan says about it.
	note *rollout.Problem
}

// course decides what somebody else's change of traffic means. changed: new
// content is configured since the last apply.
func (d *deployment) course(o rollout.Observation, prior *record, candidate rollout.Revision, changed bool) course {
	c := course{home: rollout.Revision(d.home.ValueString())}
	left := prior.leftRouting(o)
	live := o.Routing
	if engine.OriginOf(live, left) != engine.Foreign || live.HasAll(candidate) {
		return c
	}
	seen := fmt.Sprintf("Live is %s, and no mark of ours (a traffic tag) says which side is home, the rollback target.", live)
	if left != nil {
		seen = fmt.Sprintf("The last apply left %s, and live is %s.", left, live)
	}
	sole := live.Split.Sole()
	switch {
	case sole != "" && changed:
		c.note = &rollout.Problem{
			What: "Traffic was moved by somebody else", Why: seen,
			Fix: fmt.Sprintf("The rollout goes on from there: %s is home.", sole),
		}
	case d.onForeign == "adopt" && changed:
		c.note = &rollout.Problem{What: "Traffic was moved by somebody else", Why: seen, Fix: "It is adopted, and the rollout goes on from it."}
	case d.onForeign == "adopt":
		c.adopt = true
		c.note = &rollout.Problem{What: "Traffic was moved by somebody else", Why: seen, Fix: "It is adopted as it is, and nothing is rolled out. " + adoption(live, prior, candidate)}
	case d.onForeign == "restore":
		c.restore = true
		if promoted := rollout.Revision(prior.Promoted.ValueString()); c.home == "" {
			c.home = promotedIn(live, promoted)
		}
		c.note = &rollout.Problem{What: "Traffic was moved by somebody else", Why: seen, Fix: "What is configured is restored: it climbs the steps."}
	case c.home != "" && left == nil:
		return c // a person said which side is home
	default:
		c.refuse = refusal(seen, left == nil)
		c.note = &rollout.Problem{What: c.refuse.What, Why: c.refuse.Why, Fix: "Apply will refuse it, before any write; other resources go on. " + c.refuse.Fix}
	}
	return c
}

// promotedIn is who was promoted last, if it still serves.
func promotedIn(live rollout.Routing, promoted rollout.Revision) rollout.Revision {
	if live.Split[promoted] > 0 {
		return promoted
	}
	return ""
}

func refusal(seen string, first bool) *rollout.Problem {
	if first {
		return &rollout.Problem{
			What: "Traffic is divided, and not by this resource", Why: seen,
			Fix: "Name the side that is good with home = \"…\", take the split as it is with on_foreign_change = \"adopt\", or give one revision all traffic first.",
		}
	}
	return &rollout.Problem{
		What: "Traffic was moved by somebody else", Why: seen,
		Fix: "Whoever moved it knew something: find out first. Then configure other content; or set on_foreign_change = \"restore\" to climb the steps again, or \"adopt\" to leave traffic as it is.",
	}
}
