package provider

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// deployment is a configuration of rollout_safe_deployment, decoded as far as
// it is known. faults is what is wrong with it.
type deployment struct {
	place
	ladder      engine.Ladder
	ladderKnown bool // every number of the preview is known
	gates       []gateConfig
	gatesKnown  bool
	gatesShown  bool // what a preview says of the gates is known
	requires    requirements
	jobs        []jobConfig // before and after, in their order
	jobsShown   bool        // what a preview says of the jobs is known
	onForeign   string
	home, retry types.String
	unattended  time.Duration
	faults      []fault
}

func (d *deployment) fault(at path.Path, p rollout.Problem) {
	d.faults = append(d.faults, fault{at, p})
}

func (d *deployment) note(at path.Path, p *rollout.Problem) {
	if p != nil {
		d.fault(at, *p)
	}
}

// decodeDeployment reads a configuration, a plan or a state.
func decodeDeployment(ctx context.Context, src source) (deployment, diag.Diagnostics) {
	var d deployment
	var diags diag.Diagnostics
	var faults []fault
	d.place, faults = decodeWanted(ctx, src, &diags)
	d.faults = append(d.faults, faults...)
	d.requires, faults = decodeRequires(ctx, src, &diags)
	d.faults = append(d.faults, faults...)
	d.readLadder(ctx, src, &diags)
	d.readWords(ctx, src, &diags)
	d.readGates(ctx, src, &diags)
	d.readJobs(ctx, src, &diags)
	if diags.HasError() {
		return d, diags
	}
	d.checkLadder()
	d.checkGates()
	return d, diags
}

func (d *deployment) readLadder(ctx context.Context, src source, diags *diag.Diagnostics) {
	var steps types.List
	var holdAt types.Float64
	var watch types.String
	diags.Append(src.GetAttribute(ctx, path.Root("step"), &steps)...)
	diags.Append(src.GetAttribute(ctx, path.Root("hold_at"), &holdAt)...)
	diags.Append(src.GetAttribute(ctx, path.Root("watch"), &watch)...)
	d.ladderKnown = !unknownIn(steps) && !holdAt.IsUnknown() && !watch.IsUnknown()
	for i, o := range objects(steps) {
		at := path.Root("step").AtListIndex(i)
		bake, problem := duration(fmt.Sprintf("The bake of step %d", i+1), stringOf(o, "bake"), 0)
		d.note(at.AtName("bake"), problem)
		w, err := rollout.Percent(numberOf(o, "weight").ValueFloat64())
		if err != nil {
			d.fault(at.AtName("weight"), msgNoPercentage.With("of", fmt.Sprintf("step %d", i+1), "why", sentence(err.Error())))
			d.ladderKnown = false
		}
		d.ladder.Steps = append(d.ladder.Steps, engine.Step{Weight: w, Bake: bake})
	}
	var problem *rollout.Problem
	d.ladder.Watch, problem = duration("watch", watch, 0)
	d.note(path.Root("watch"), problem)
	if !holdAt.IsNull() && !holdAt.IsUnknown() {
		w, err := rollout.Percent(holdAt.ValueFloat64())
		if err != nil {
			d.fault(path.Root("hold_at"), msgHoldAtNoPercentage.With("why", sentence(err.Error())))
		}
		d.ladder.HoldAt = &w
	}
}

func (d *deployment) readWords(ctx context.Context, src source, diags *diag.Diagnostics) {
	read := func(name string, words ...string) string {
		var v types.String
		diags.Append(src.GetAttribute(ctx, path.Root(name), &v)...)
		d.ladderKnown = d.ladderKnown && !v.IsUnknown()
		w, problem := word(name, v, words...)
		d.note(path.Root(name), problem)
		return w
	}
	d.ladder.OneStep = read("advance", "all", "one_step") == "one_step"
	if read("on_failure", "rollback", "stay") == "stay" {
		d.ladder.OnFailure = engine.Stay
	}
	if read("on_interrupt", "rollback", "stay") == "stay" {
		d.ladder.OnInterrupt = engine.Stay
	}
	d.ladder.ReturnBySteps = read("on_return", "at_once", "steps") == "steps"
	d.onForeign = read("on_foreign_change", "refuse", "restore", "adopt")
	diags.Append(src.GetAttribute(ctx, path.Root("home"), &d.home)...)
	diags.Append(src.GetAttribute(ctx, path.Root("retry"), &d.retry)...)
	var unattended types.String
	diags.Append(src.GetAttribute(ctx, path.Root("max_unattended"), &unattended)...)
	var problem *rollout.Problem
	d.unattended, problem = duration("max_unattended", unattended, 24*time.Hour)
	d.note(path.Root("max_unattended"), problem)
}

// checkLadder holds the steps against what the platform can do.
func (d *deployment) checkLadder() {
	if !d.ladderKnown {
		return
	}
	limits := rollout.Limits{}
	if d.kind != nil {
		limits = d.kind.Limits
	}
	for _, p := range d.ladder.Validate(limits) {
		at := path.Root(p.At)
		if i, of, ok := strings.Cut(p.At, "."); ok {
			n, _ := strconv.Atoi(i) // the engine counts steps
			at = path.Root("step").AtListIndex(n).AtName(of)
		}
		d.fault(at, p)
	}
	if len(d.ladder.Steps) > 0 && d.ladder.Steps[0].Weight == 0 && d.gatesKnown && !d.probes() {
		d.fault(path.Root("step").AtListIndex(0).AtName("weight"), msgNothingToLookAt.With())
	}
	if d.ladder.OneStep && d.ladder.HoldAt != nil {
		d.fault(path.Root("hold_at"), msgHoldAtWithOneStep.With())
	}
	if d.ladder.OneStep && len(d.ladder.Steps) == 0 {
		d.fault(path.Root("advance"), msgNoStepToTake.With())
	}
}

func (d *deployment) probes() bool {
	for _, g := range d.gates {
		if g.Probe && !g.DryRun {
			return true
		}
	}
	return false
}

// budget is the least time that the rollout takes, and the most that its gates and
// its jobs may be waited for.
func (d *deployment) budget() (least, most time.Duration) {
	add := func(bake time.Duration) {
		longest := bake
		for _, g := range d.gates {
			longest = max(longest, g.WaitFor)
		}
		least, most = least+bake, most+longest
	}
	for _, s := range d.ladder.Steps {
		add(s.Bake)
	}
	add(d.ladder.Watch)
	return least, most + d.jobTime()
}

// length is how long one apply of the rollout takes as planned, with the time in
// which a change settles.
func (d *deployment) length() time.Duration {
	_, most := d.budget()
	if d.ladder.OneStep {
		most = d.longestStep()
	}
	if d.kind != nil {
		most += d.kind.Limits.Settle
	}
	return most
}

// longestStep is the most time that one apply spends at one step.
func (d *deployment) longestStep() time.Duration {
	out := d.ladder.Watch
	for _, s := range d.ladder.Steps {
		out = max(out, s.Bake)
	}
	return out
}

// checkBudget compares the time that the rollout takes with what a timeout
// leaves of itself: an apply keeps its end for the way home. How long a target
// drains is not known without asking it.
func (d *deployment) checkBudget(timeout time.Duration) {
	least, _ := d.budget()
	m := msgTimeoutTooShort
	if d.ladder.OneStep {
		least, m = d.longestStep(), msgTimeoutTooShortForAStep
	}
	nobody := rollout.Observation{}
	has := timeout - reserve(timeout, nobody)
	if timeout == 0 || !d.ladderKnown || least < has {
		return
	}
	d.fault(path.Root("timeouts"), m.With("least", rollout.Short(least), "timeout", rollout.Short(timeout),
		"kept", rollout.Short(timeout-has), "left", rollout.Short(has), "needed", rollout.Short(least+reserve(2*least, nobody))))
}
