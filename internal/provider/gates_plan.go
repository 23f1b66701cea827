package provider

import (
	"context"

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
		opened, err := g.open(ctx, p.core)
		if err != nil {
			g.warn(diags, msgGateUnopened.With("gate", g.Name, "why", sentence(err.Error())))
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
	switch {
	case problem == nil:
	case p.preflight == modeError:
		problem.Fix += "\n\n" + warnedInstead
		addError(diags, g.at.AtName("name"), *problem)
	default:
		g.warn(diags, *problem)
	}
}

func (g gateConfig) warn(diags *diag.Diagnostics, p rollout.Problem) {
	addWarning(diags, g.at.AtName("name"), p)
}

// unmeasured says what comes of a gate that could not be measured.
func (g gateConfig) unmeasured(v rollout.Verdict, err error, diags *diag.Diagnostics) {
	m := msgUnmeasured
	switch {
	case g.DryRun:
		m = msgUnmeasuredDryRun
	case runner.Lasting(err):
		m = msgUnmeasurable
	}
	g.warn(diags, m.With("gate", g.Name, "why", sentence(v.Why)))
}

// baseline says what the gate says of what serves now, where that speaks
// against the gate. Users may be few at the moment of a plan: nothing is said
// of a gate that would wait for them.
func (g gateConfig) baseline(serves rollout.Revision, v rollout.Verdict, diags *diag.Diagnostics) {
	absent := v.Outcome == rollout.NoData && !g.Probe && !g.DryRun
	switch {
	case (v.Outcome == rollout.Fail || v.Breaching) && g.DryRun:
		g.warn(diags, msgBaselineFailsDryRun.With("revision", serves, "gate", g.Name, "why", sentence(v.Why)))
	case v.Outcome == rollout.Fail || v.Breaching:
		g.warn(diags, msgBaselineFails.With("revision", serves, "gate", g.Name, "why", sentence(v.Why)))
	case absent && v.Samples > 0 && g.OnNoData == rollout.AbsenceFails:
		g.warn(diags, msgFewSamplesFail.With("gate", g.Name, "why", sentence(v.Why)))
	case absent && v.Samples > 0:
		g.warn(diags, msgFewSamples.With("gate", g.Name, "why", sentence(v.Why)))
	case absent && g.OnNoData == rollout.AbsenceFails:
		g.warn(diags, msgNoDataFails.With("gate", g.Name, "why", sentence(v.Why)))
	}
}
