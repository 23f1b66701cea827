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

// course decides what the traffic that is found means. changed: new content is
// configured since the last apply.
func (d *deployment) course(o rollout.Observation, prior *record, candidate rollout.Revision, changed bool) course {
	c := course{home: rollout.Revision(d.home.ValueString())}
	left, live := prior.leftRouting(o), o.Routing
	foreign := engine.OriginOf(live, left, d.ladder) == engine.Foreign
	home := engine.HomeOf(live, candidate, prior.memory(c.home, o))
	switch {
	case foreign && live.HasAll(candidate) && prior.blocks(candidate):
		c.restore = true // who gave it everything by hand wants it, and so does the configuration
		c.note = &rollout.Problem{
			What: "Somebody gave all traffic to what is blocked",
			Why:  fmt.Sprintf("%s was blocked after an earlier rollout, and has all traffic now, by hand. It is what is configured.", candidate),
			Fix:  "The block is lifted. It is watched as after a promotion; what fails then is told, and traffic stays unless home is named.",
		}
	case live.HasAll(candidate):
	case foreign:
		d.answers(&c, live, left, home, changed, func() string { return adoption(live, prior, candidate) })
	case changed && len(live.Split) > 1 && live.Home == "" && home == "": // it was adopted
		c.refuses(refusal(fmt.Sprintf("Live is %s, and nothing says which side is home, the rollback target.", live), live, d.onForeign, changed, false, true))
	}
	return c
}

// refuses ends an apply before any write, and says so in the plan.
func (c *course) refuses(p *rollout.Problem) {
	c.refuse = p
	c.note = &rollout.Problem{What: p.What, Why: p.Why, Fix: "Apply will refuse it, before any write; other resources go on. " + p.Fix}
}

// answers decides about a change of traffic that somebody else made.
func (d *deployment) answers(c *course, live rollout.Routing, left *rollout.Routing, home rollout.Revision, changed bool, adoption func() string) {
	seen := fmt.Sprintf("Live is %s, and no mark of ours (a traffic tag) says which side is home, the rollback target.", live)
	if left != nil {
		seen = fmt.Sprintf("The last apply left %s, and live is %s.", left, live)
	}
	does := ""
	switch d.answer(live, left == nil, home != "", changed) {
	case nothing:
		return
	case refuse:
		c.home = home
		c.refuses(refusal(seen, live, d.onForeign, changed, home != "", left == nil))
		return
	case goOn:
		does = "The rollout goes on from there: nobody serves, so it is a first deployment."
		if home != "" {
			does = fmt.Sprintf("The rollout goes on from there: %s is home.", home)
		}
	case adopt:
		c.adopt = true
		does = "It is adopted as it is, and nothing is rolled out. " + adoption()
	case restore:
		c.restore = true
		does = "What is configured is restored: it climbs the steps."
	}
	c.home = home
	c.note = &rollout.Problem{What: "Traffic was moved by somebody else", Why: seen, Fix: does}
}

// answer is what is done about a foreign change of traffic.
type answer int

const (
	nothing answer = iota // a person said which side is home
	goOn
	adopt
	restore
	refuse
)

// answer decides between what configuration asks for and what can be done: with
// nobody there, nobody has to be gone back to; otherwise home has to be known.
func (d *deployment) answer(live rollout.Routing, first, homeKnown, changed bool) answer {
	homeKnown = homeKnown || len(live.Split) == 0
	switch {
	case changed && len(live.Split) < 2:
		return goOn
	case d.onForeign == "adopt" && !changed:
		return adopt
	case first && homeKnown && !d.home.IsNull():
		return nothing
	case d.onForeign == "refuse" || !homeKnown:
		return refuse
	case d.onForeign == "adopt":
		return goOn
	}
	return restore
}

// refusal says what a person can do. It names nothing that would be refused as
// well: where traffic is divided and nothing says which side is home, only a
// person can. homeSettles: naming home is enough then, whatever on_foreign_change
// says.
func refusal(seen string, live rollout.Routing, onForeign string, changed, homeKnown, homeSettles bool) *rollout.Problem {
	p := rollout.Problem{What: "Traffic was moved by somebody else", Why: seen}
	choose := "give one revision all traffic"
	if all := live.Split.Revisions(); len(all) > 0 {
		choose += fmt.Sprintf(", or name the side that is good with home = %q", all[0])
	}
	homeKnown = homeKnown || len(live.Split) == 0
	switch {
	case !homeKnown && changed:
		p.What = "Traffic is divided, and not by this resource"
		p.Fix = "Find out who divided it and why. Then " + choose + "."
		if onForeign == "refuse" && !homeSettles {
			p.Fix = "Find out who divided it and why. Then " + choose + ` and set on_foreign_change = "adopt" to go on from this split.`
		}
	case !homeKnown && onForeign == "restore":
		p.Fix = "To climb the steps again it has to be known which side is home: " + choose + "."
	case !homeKnown:
		p.Fix = "Whoever moved it knew something: find out first. Then " + choose + ` and set on_foreign_change = "restore" to climb the steps again; or set it to "adopt" to leave traffic as it is.`
	case changed:
		p.Fix = `Whoever moved it knew something: find out first. Then give one revision all traffic; or set on_foreign_change = "adopt" to go on from this split, with the side that has been promoted as home.`
	default:
		p.Fix = `Whoever moved it knew something: find out first. Then configure other content; or set on_foreign_change = "restore" to climb the steps again, or "adopt" to leave traffic as it is.`
	}
	return &p
}
