package provider

import (
	"fmt"
	"strings"

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
	// heeds: it is refused because of a person's word.
	heeds bool
	// stranded: it is refused because somebody is beyond the point of no return.
	stranded bool
	// note is what a plan says about it.
	note *rollout.Problem
	// moved is what was seen where somebody else moved traffic, and a rollout would go
	// on from there; else "".
	moved string
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
		c.note = msgBlockedWasPromoted.Found("revision", candidate)
	case live.HasAll(candidate):
	case foreign:
		d.answers(&c, live, left, home, candidate, changed, func() string { return adoption(live, prior, candidate) })
	case changed && len(live.Split) > 1 && live.Home == "" && home == "": // it was adopted
		c.refuses(refusal(fmt.Sprintf("Live is %s, and nothing says which side is home, the rollback target.", live), live, d.onForeign, changed, "", true))
	}
	return c
}

// refuses ends an apply before any write, and says so in the plan.
func (c *course) refuses(p *rollout.Problem) {
	c.refuse = p
	c.note = msgWillBeRefused.Found("what", p.What, "why", p.Why, "todo", p.Fix)
}

// answers decides about a change of traffic that somebody else made.
func (d *deployment) answers(c *course, live rollout.Routing, left *rollout.Routing, home, candidate rollout.Revision, changed bool, adoption func() string) {
	seen := fmt.Sprintf("Live is %s, and no mark of ours (a traffic tag) says which side is home, the rollback target.", live)
	if left != nil {
		seen = fmt.Sprintf("The last apply left %s, and live is %s.", left, live)
	}
	switch d.answer(live, left == nil, home != "", changed) {
	case nothing:
		c.note = fromSplit(live, home, candidate, seen)
		return
	case refuse:
		c.home = home
		c.refuses(refusal(seen, live, d.onForeign, changed, home, left == nil))
		return
	case goOn:
		c.moved = seen
		c.note = msgGoesOnWithoutHome.Found("seen", seen)
		if home != "" {
			c.note = msgGoesOnFromThere.Found("seen", seen, "home", home)
		}
		if p := fromSplit(live, home, candidate, seen); p != nil {
			c.note = p
		}
	case adopt:
		c.adopt = true
		c.note = msgWillBeAdopted.Found("seen", seen, "adoption", adoption())
	case restore:
		c.restore = true
		c.note = msgWillBeRestored.Found("seen", seen)
	}
	c.home = home
}

// fromSplit says what moves before the first step: what those have who are neither
// home nor wanted. nil if there is nobody.
func fromSplit(live rollout.Routing, home, candidate rollout.Revision, seen string) *rollout.Problem {
	var others []string
	for _, r := range live.Split.Revisions() {
		if r != home && r != candidate {
			others = append(others, string(r))
		}
	}
	if home == "" || len(live.Split) < 2 || len(others) == 0 {
		return nil
	}
	return msgGoesOnFromSplit.Found("seen", seen, "home", home, "others", strings.Join(others, ", "))
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
func refusal(seen string, live rollout.Routing, onForeign string, changed bool, home rollout.Revision, homeSettles bool) *rollout.Problem {
	homeKnown := home != "" || len(live.Split) == 0
	if homeKnown && changed {
		return msgForeignAndOther.Found("seen", seen, "home", home)
	}
	if homeKnown {
		return msgForeign.Found("seen", seen)
	}
	m := msgForeignUnknownHome
	switch {
	case changed && onForeign == "refuse" && !homeSettles:
		m = msgDividedAndRefused
	case changed:
		m = msgDivided
	case onForeign == "restore":
		m = msgRestoreUnknownHome
	}
	return m.Found("seen", seen, "most", live.Split.Revisions()[0])
}
