package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// tryGates tries the gates that will judge the candidate on what serves now. A
// gate that cannot work is better found here than while users see the candidate.
func (p *planning) tryGates(ctx context.Context, o rollout.Observation, diags *diag.Diagnostics) {
	if !p.d.gatesKnown || len(o.Routing.Split) == 0 {
		return
	}
	serves := o.Routing.Split.Revisions()[0]
	of, err := p.opened.Target.Subject(ctx, serves)
	if err != nil {
		return
	}
	for _, g := range p.d.gates {
		if unfinished(g.source) { // an ephemeral value that only apply has
			continue
		}
		opened, err := g.open(ctx, p.core)
		if err != nil {
			g.warn(diags, "cannot be opened", sentence(err.Error())+"\n\nApply fails here before anything moves, unless this is mended.")
			continue
		}
		if delay, err := opened.Delay(ctx, of); err == nil { // else Look says so
			p.tooLate(g, p.d.tooLate(g, delay), diags)
		}
		v, err := opened.Look(ctx, p.clock, of)
		switch {
		case err != nil:
			g.unmeasured(v, err, diags)
		case o.Routing.HasAll(serves): // a part of the traffic may be too little
			g.baseline(serves, v, diags)
		}
	}
}

// tooLate refuses a rollout that no candidate could pass.
func (p *planning) tooLate(g gateConfig, problem *rollout.Problem, diags *diag.Diagnostics) {
	at := g.at.AtName("name")
	switch {
	case problem == nil:
	case p.preflight == modeError:
		diags.AddAttributeError(at, problem.What, problem.Detail()+"\n\nNothing was changed. With ROLLOUT_PREFLIGHT=warn this is a warning.")
	default:
		diags.AddAttributeWarning(at, problem.What, problem.Detail())
	}
}

func (g gateConfig) warn(diags *diag.Diagnostics, what, why string) {
	diags.AddAttributeWarning(g.at.AtName("name"), fmt.Sprintf("Gate %q %s", g.Name, what), why)
}

// unmeasured says what comes of a gate that could not be measured.
func (g gateConfig) unmeasured(v rollout.Verdict, err error, diags *diag.Diagnostics) {
	then := "Apply measures it again before the first write, and goes on: what keeps it may be over by then. No candidate passes it before."
	switch {
	case g.DryRun:
		then = "It is a dry run, and decides nothing."
	case runner.Lasting(err):
		then = "Apply measures it again before its first write, and fails there if it is as it is now."
	}
	g.warn(diags, "could not be measured", sentence(v.Why)+"\n\n"+then)
}

// baseline says what the gate says of what serves now, where that speaks
// against the gate. Users may be few at the moment of a plan: nothing is said
// of a gate that would wait for them.
func (g gateConfig) baseline(serves rollout.Revision, v rollout.Verdict, diags *diag.Diagnostics) {
	absent := v.Outcome == rollout.NoData && !g.Probe && !g.DryRun
	then := "The rollout waits for more until the bake is over, or wait_for, and then goes home unverified."
	if g.OnNoData == rollout.AbsenceFails {
		then = "With on_no_data = \"fail\" that is a breach, whatever the candidate is like."
	}
	switch {
	case v.Outcome == rollout.Fail || v.Breaching:
		then = "A gate that fails what serves today will fail the candidate whatever it is like. Look at it before you apply."
		if g.DryRun {
			then = "It is a dry run, and decides nothing."
		}
		diags.AddAttributeWarning(g.at.AtName("name"), fmt.Sprintf("%s, which serves now, fails gate %q", serves, g.Name), sentence(v.Why)+"\n\n"+then)
	case absent && v.Samples > 0:
		g.warn(diags, "has too few samples on what serves now", sentence(v.Why)+" The candidate gets a part of that traffic. "+then+"\n\nLower min_samples, or widen window.")
	case absent && g.OnNoData == rollout.AbsenceFails:
		g.warn(diags, "has no data on what serves now", sentence(v.Why)+" "+then+"\n\nUse on_no_data = \"wait\" unless users always come.")
	}
}
