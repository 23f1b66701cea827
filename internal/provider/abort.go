package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

var (
	msgAbortStands = rollout.Message{
		ID: "abort.stands", What: "A person asked for rollouts to stop",
		Why: `On the service stands: "{why}". No rollout begins as long as it does.`,
		Fix: "Find out what it was about; then take it back, and apply again:\n  {command}",
	}
	msgAbortGoesHome = rollout.Message{
		ID: "abort.goes_home", What: "A person asked for the rollout to stop",
		Why: `On the service stands: "{why}". Live is {live}. An apply takes everything home, and blocks what was rolled out.`,
		Fix: "To go on instead, take it back first:\n  {command}",
	}
	msgAbortRests = rollout.Message{
		ID: "abort.rests", What: "A person asked for rollouts to stop",
		Why: `On the service stands: "{why}". Nothing is under way, so nothing stops. No rollout begins as long as it stands.`,
		Fix: "To take it back:\n  {command}",
	}
)

// abortMessages are those about a person's word that rollouts shall stop.
func abortMessages() []rollout.Message {
	return []rollout.Message{msgAbortStands, msgAbortGoesHome, msgAbortRests}
}

// heed refuses to begin a rollout as long as a person's word stands. What is
// under way goes on to the runner, which takes it home.
func (c *course) heed(o rollout.Observation, candidate rollout.Revision, resume string) {
	if o.Abort == "" || c.refuse != nil || c.adopt || underWay(o.Routing, candidate) || o.Routing.HasAll(candidate) {
		return
	}
	p := msgAbortStands.With("why", o.Abort, "command", resume)
	c.refuses(&p)
	c.heeds = true
}

// underWay: a rollout has begun, and nobody has ended it.
func underWay(live rollout.Routing, candidate rollout.Revision) bool {
	switch {
	case len(live.Split) > 1:
		return true
	case live.Home == "" || candidate == "":
		return false
	}
	return live.Keeps(candidate) || live.HasAll(candidate) && live.Home != candidate
}

// aborts warns of a person's word, and reports whether an apply takes everything
// home for it. Where it makes an apply refuse, the course has said so.
func (p *planning) aborts(c course, candidate rollout.Revision, diags *diag.Diagnostics) (home bool) {
	if p.shows.Abort == "" || c.refuse != nil {
		return false
	}
	m := msgAbortRests
	if home = p.moves && !c.adopt && underWay(p.shows.Routing, candidate); home {
		m = msgAbortGoesHome
	}
	if home && p.d.beyond(p.shows.Routing, candidate) {
		m = msgAbortBeyond
	}
	addWarning(diags, p.d.line(), m.With("why", p.shows.Abort, "live", p.shows.Routing, "command", p.opened.Resume))
	return home
}
