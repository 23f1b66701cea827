package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

// tryGates tries the gates that will judge the candidate on what serves now. A
// gate that cannot work is better found here than while users see the candidate.
func (p *planning) tryGates(ctx context.Context, candidate rollout.Revision, diags *diag.Diagnostics) {
	split := p.shows.Routing.Split
	switch {
	case !p.d.gatesKnown || len(p.d.gates) == 0:
		return
	case len(split) == 0:
		p.untried("Nobody serves now, so there is nothing to measure.", diags)
		return
	}
	serves := split.Revisions()[0]
	of, err := p.opened.Target.Subject(ctx, serves)
	if err != nil {
		p.untried(sentence(fmt.Sprintf("%s, which serves now, could not be described: %v", serves, err)), diags)
		return
	}
	for _, g := range p.d.gates {
		if openEnded(g.source) { // an ephemeral value that only apply has
			continue
		}
		p.try(ctx, g, of, candidate, diags)
	}
}

// untried says that nothing was found out about gates that would judge.
func (p *planning) untried(why string, diags *diag.Diagnostics) {
	for _, g := range p.d.gates {
		if g.owed() {
			g.warn(diags, msgGatesUntried.With("why", why))
			return
		}
	}
}

// try tries one gate on what serves now.
func (p *planning) try(ctx context.Context, g gateConfig, of rollout.Subject, candidate rollout.Revision, diags *diag.Diagnostics) {
	if g.all && g.owed() {
		g.warn(diags, msgOfEverybody.With("gate", g.Name, "names", "{{"+strings.Join(rollout.OwnFacts, "}}, {{")+"}}", "name", "{{revision}}"))
	}
	opened, err := g.open(ctx, p.core)
	if err != nil {
		g.warn(diags, msgGateUnopened.With("gate", g.Name, "why", sentence(err.Error())))
		return
	}
	delay, err := opened.Delay(ctx, of)
	if err == nil { // else Look says so
		p.refuse(g.at, p.d.tooLate(g, delay), diags)
	}
	v, err := opened.Look(ctx, p.clock, of)
	if err != nil {
		p.unmeasured(g, v, err, diags)
		return
	}
	live := p.shows.Routing.Split[of.Revision]
	g.baseline(of.Revision, live, v, diags)
	if problem := g.tooFew(v, of.Revision, live, delay, p.judged(candidate)); problem != nil {
		g.warn(diags, *problem)
	}
}

// refuse refuses a rollout that no candidate could pass.
func (p *planning) refuse(at path.Path, problem *rollout.Problem, diags *diag.Diagnostics) {
	switch {
	case problem == nil:
	case p.preflight == modeError:
		problem.Fix += "\n\n" + todoWarnInstead.With().Fix
		addError(diags, at.AtName("name"), *problem)
	default:
		addWarning(diags, at.AtName("name"), *problem)
	}
}

func (g gateConfig) warn(diags *diag.Diagnostics, p rollout.Problem) {
	addWarning(diags, g.at.AtName("name"), p)
}

// unmeasured says what comes of a gate that could not be measured. What is wrong
// with its question is wrong in apply as well; a permission may be another's there.
func (p *planning) unmeasured(g gateConfig, v rollout.Verdict, err error, diags *diag.Diagnostics) {
	say := msgUnmeasured
	switch {
	case g.DryRun:
		say = msgUnmeasuredDryRun
	case errors.Is(err, rollout.ErrInvalid):
		p.refuse(g.at, msgGateInvalid.Found("gate", g.Name, "why", sentence(err.Error())), diags)
		return
	case runner.Lasting(err):
		say = msgUnmeasurable
	}
	g.warn(diags, say.With("gate", g.Name, "why", sentence(v.Why)))
}

// baseline says what the gate says of what serves now, where that speaks
// against the gate. Users may be few at the moment of a plan, so nothing is
// refused for want of them. What has a part of the traffic may be a candidate
// itself: that it fails says nothing against the gate.
func (g gateConfig) baseline(serves rollout.Revision, live rollout.Weight, v rollout.Verdict, diags *diag.Diagnostics) {
	why, fails := sentence(v.Why), v.Outcome == rollout.Fail || v.Breaching
	switch {
	case fails && live < rollout.Whole:
	case fails && g.DryRun:
		g.warn(diags, msgBaselineFailsDryRun.With("revision", serves, "gate", g.Name, "why", why))
	case fails:
		g.warn(diags, msgBaselineFails.With("revision", serves, "gate", g.Name, "why", why))
	case v.Outcome != rollout.NoData || v.Samples > 0 || !g.owed():
	case g.OnNoData == rollout.AbsenceFails:
		g.warn(diags, msgNoDataFails.With("gate", g.Name, "why", why))
	default:
		g.warn(diags, msgNoData.With("gate", g.Name, "why", why))
	}
}

// judged lists the weights at which users' traffic is going to be judged by the
// window. With one_step a gate looks at all the time between two applies, which
// nobody knows ahead: none.
func (p *planning) judged(candidate rollout.Revision) []rollout.Weight {
	var out []rollout.Weight
	l := p.d.ladder
	if l.OneStep {
		return nil
	}
	for _, s := range l.Steps {
		ahead := candidate == "" || s.Weight >= p.shows.Routing.Split[candidate] && !p.returns(candidate)
		if s.Weight > 0 && ahead && (l.HoldAt == nil || s.Weight <= *l.HoldAt) {
			out = append(out, s.Weight)
		}
	}
	if l.Watch > 0 && l.HoldAt == nil {
		out = append(out, rollout.Whole)
	}
	return out
}

// tooFew is what is wrong with a gate that will have too few samples at some of
// the weights, where what serves now had v at its live share; nil if it will
// have enough.
func (g gateConfig) tooFew(v rollout.Verdict, serves rollout.Revision, live rollout.Weight, delay time.Duration, weights []rollout.Weight) *rollout.Problem {
	if !g.owed() || !g.counts || v.Samples == 0 || g.most > 0 && v.Samples >= g.most { // there may be more
		return nil
	}
	f := forecast{whole: float64(v.Samples) * float64(rollout.Whole) / float64(live), least: max(1, g.MinSamples)}
	f.judge(weights)
	if len(f.short) == 0 {
		return nil
	}
	say := msgFewSamples
	if g.OnNoData == rollout.AbsenceFails {
		say = msgFewSamplesFail
	}
	return say.Found("gate", g.Name, "first", f.first(), "revision", serves, "samples", rollout.Count(v.Samples), "window", v.Window,
		"live", live, "length", rollout.Short(g.Window), "short", f.list(), "least", rollout.Count(f.least), "ways", f.ways(g.Window, delay))
}
