package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/gate"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/runner"
)

const (
	defaultWindow   = time.Minute
	defaultInterval = 10 * time.Second
)

// gateConfig is a gate block, decoded.
type gateConfig struct {
	rollout.Gate
	kind   *gate.Kind
	source types.Object
	at     path.Path
	least  time.Duration // shortest window that the source can measure
	counts bool          // its samples are requests
	what   string        // it measures, in the source's word; "" where that is not known yet
	// shown: what a preview says of it is known, whatever else is not.
	shown  bool
	most   int  // of them that it counts; 0 for any number
	things bool // its value can be a number of things
	all    bool // it does not name the revision
	faults bool // it needs no threshold
	takes  bool // it says nothing for a while
}

// measures is what the gate measures, in the words that a policy compares:
// "cloud_monitoring error_rate".
func (g gateConfig) measures() string { return g.kind.Name + " " + g.what }

func (d *deployment) readGates(ctx context.Context, src source, diags *diag.Diagnostics) {
	var list types.List
	diags.Append(src.GetAttribute(ctx, path.Root("gate"), &list)...)
	d.gatesKnown, d.gatesShown = !unknownIn(list), !list.IsUnknown()
	names := map[string]bool{}
	for i, o := range objects(list) {
		at := path.Root("gate").AtListIndex(i)
		g := d.readGate(ctx, o, at)
		if g.Name != "" && names[g.Name] {
			d.fault(at.AtName("name"), msgTwoGates.With("gate", g.Name))
		}
		names[g.Name] = true
		d.gatesShown = d.gatesShown && g.shown
		d.gates = append(d.gates, g)
	}
}

func (d *deployment) readGate(ctx context.Context, o types.Object, at path.Path) gateConfig {
	g := gateConfig{at: at}
	g.Name = stringOf(o, "name").ValueString()
	read := func(name string, def time.Duration) time.Duration {
		v, problem := duration(fmt.Sprintf("%s of gate %q", name, g.Name), stringOf(o, name), def)
		d.note(at.AtName(name), problem)
		return v
	}
	g.For, g.WaitFor = read("for", 0), read("wait_for", 0)
	g.Window, g.Interval = read("window", defaultWindow), read("interval", defaultInterval)
	g.FailAbove, g.PassBelow = pointer(numberOf(o, "fail_above")), pointer(numberOf(o, "pass_below"))
	g.FailBelow, g.PassAbove = pointer(numberOf(o, "fail_below")), pointer(numberOf(o, "pass_above"))
	g.FailuresAllowed = int(intOf(o, "failures_allowed").ValueInt64())
	g.MinSamples = max(1, int(intOf(o, "min_samples").ValueInt64()))
	g.DryRun, g.Count = boolOf(o, "dry_run").ValueBool(), boolOf(o, "count").ValueBool()
	absent, problem := word(fmt.Sprintf("on_no_data of gate %q", g.Name), stringOf(o, "on_no_data"), "wait", "fail")
	d.note(at.AtName("on_no_data"), problem)
	if absent == "fail" {
		g.OnNoData = rollout.AbsenceFails
	}
	d.readSource(ctx, o, &g)
	g.none()
	g.shown = g.what != "" && !unknownIn(stringOf(o, "name")) && !unknownIn(stringOf(o, "wait_for")) && !unknownIn(boolOf(o, "dry_run"))
	d.checkGate(o, g)
	return g
}

// readSource finds the one block that says what is measured.
func (d *deployment) readSource(ctx context.Context, o types.Object, g *gateConfig) {
	kinds := catalog.Gates()
	found, unknown := 0, false
	for i := range kinds {
		k := &kinds[i]
		list := listOf(o, k.Name)
		unknown = unknown || list.IsUnknown()
		for _, b := range objects(list) {
			found++
			g.kind, g.source = k, b
		}
	}
	switch {
	case found == 1:
	case found == 0 && unknown:
		return
	default:
		m := msgNoSource
		if found > 1 {
			m = msgTwoSources
		}
		d.fault(g.at.AtName("name"), m.With("gate", g.Name, "sources", gateNames(kinds)))
		g.kind = nil
		return
	}
	for _, p := range g.kind.Validate(ctx, g.source) {
		at := g.at.AtName(g.kind.Name).AtListIndex(0)
		if always := anchor(g.kind.Attributes); always == "" && p.At == "" {
			d.fault(g.at.AtName("name"), p)
		} else {
			d.faults = append(d.faults, in(at, always, p))
		}
	}
	description := g.kind.Describe(ctx, g.source)
	g.Unit, g.least, g.counts, g.things = description.Unit, description.MinWindow, description.Counts, description.Countable
	g.WaitFor, g.takes = max(g.WaitFor, description.Takes), description.Takes > 0
	g.most, g.what, g.all = description.Most, description.Measures, description.Everybody
	g.Probe, g.faults = g.kind.Probe, description.Faults
	if g.Probe {
		g.Window = 0
	}
}

// none makes one fault a breach where faults are counted and nothing else is said.
func (g *gateConfig) none() {
	if g.Probe || g.faults && g.FailAbove == nil && g.PassBelow == nil && g.FailBelow == nil && g.PassAbove == nil {
		zero := 0.0
		g.FailAbove = &zero
	}
}

func gateNames(kinds []gate.Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return quoted(names)
}

// checkGate looks at one gate alone.
func (d *deployment) checkGate(o types.Object, g gateConfig) {
	given := 0
	for _, name := range []string{"fail_above", "pass_below", "fail_below", "pass_above"} {
		if v := numberOf(o, name); !v.IsNull() {
			given++
		}
	}
	add := func(p rollout.Problem) { d.fault(g.at.AtName("name"), p) }
	switch {
	case g.kind == nil:
	case g.Probe && (given > 0 || !stringOf(o, "window").IsNull()):
		add(msgProbeWithThreshold.With("gate", g.Name))
	case !g.Probe && !g.faults && given == 0:
		add(msgNoThreshold.With("gate", g.Name))
	default:
		d.checkSource(g, add)
	}
	d.checkNumbers(o, g, add)
}

// checkSource holds what one gate asks for against what its source can measure.
func (d *deployment) checkSource(g gateConfig, add func(rollout.Problem)) {
	switch {
	case g.takes && g.OnNoData == rollout.AbsenceFails:
		d.fault(g.at.AtName("on_no_data"), msgNoPatience.With("gate", g.Name))
	case g.Count && !g.things:
		add(msgNotCountable.With("gate", g.Name))
	case g.Probe:
	case g.MinSamples > 1 && !g.counts:
		add(msgNeverEnoughSamples.With("gate", g.Name, "min_samples", g.MinSamples))
	case g.most > 0 && g.MinSamples > g.most:
		d.fault(g.at.AtName("min_samples"), msgMoreThanCounted.With("gate", g.Name, "samples", rollout.Count(g.MinSamples), "most", rollout.Count(g.most)))
	case g.Window < g.least:
		add(msgWindowTooShort.With("gate", g.Name, "window", rollout.Short(g.Window), "least", rollout.Short(g.least)))
	}
}

// checkNumbers looks at what one gate allows for.
func (d *deployment) checkNumbers(o types.Object, g gateConfig, add func(rollout.Problem)) {
	if g.For > 0 && g.FailuresAllowed > 0 {
		add(msgForgivesTwice.With("gate", g.Name))
	}
	switch {
	case g.Interval < time.Second:
		add(msgTooOften.With("gate", g.Name, "interval", rollout.Short(g.Interval)))
	case g.kind != nil && !g.Probe && g.Interval > g.Window:
		add(msgLooksAway.With("gate", g.Name, "interval", rollout.Short(g.Interval), "window", rollout.Short(g.Window)))
	case g.For > 0 && g.For <= g.Interval:
		add(msgForgivesNothing.With("gate", g.Name, "for", rollout.Short(g.For), "interval", rollout.Short(g.Interval)))
	}
	if less(g.FailAbove, g.PassBelow) || less(g.PassAbove, g.FailBelow) {
		add(msgFailsWhereItPasses.With("gate", g.Name))
	}
	if v := intOf(o, "failures_allowed"); v.ValueInt64() < 0 || intOf(o, "min_samples").ValueInt64() < 0 {
		add(msgNegativeNumber.With("gate", g.Name))
	}
}

func less(a, b *float64) bool { return a != nil && b != nil && *a < *b }

func pointer(v types.Float64) *float64 {
	if v.IsNull() || v.IsUnknown() {
		return nil
	}
	f := v.ValueFloat64()
	return &f
}

// checkGates refuses a bake in which a gate can never see enough: it would end
// unverified however good the candidate is.
func (d *deployment) checkGates() {
	if !d.ladderKnown {
		return
	}
	for _, g := range d.gates {
		if !g.owed() {
			continue
		}
		for i, s := range d.ladder.Steps {
			if s.Weight > 0 && max(s.Bake, g.WaitFor) < g.Window {
				d.fault(path.Root("step").AtListIndex(i).AtName("bake"), neverEnough(g, fmt.Sprintf("Step %d", i+1), s.Bake))
			}
		}
		if w := d.ladder.Watch; w > 0 && max(w, g.WaitFor) < g.Window {
			d.fault(path.Root("watch"), neverEnough(g, "The watch", w))
		}
	}
}

// owed reports whether the rollout waits for the gate to see a full window.
func (g gateConfig) owed() bool { return g.kind != nil && !g.Probe && !g.DryRun }

func neverEnough(g gateConfig, what string, bake time.Duration) rollout.Problem {
	return msgNeverEnough.With("what", what, "gate", g.Name, "bake", rollout.Short(max(bake, g.WaitFor)), "window", rollout.Short(g.Window))
}

// tooLate is what is wrong with a gate whose data are late by delay: a full
// window is seen only that long after it has passed. nil if there is time for it.
func (d *deployment) tooLate(g gateConfig, delay time.Duration) *rollout.Problem {
	if delay == 0 || !d.ladderKnown || !g.owed() {
		return nil
	}
	needs := (g.Window + delay + time.Second - 1).Truncate(time.Second)
	var short []string
	add := func(what string, bake time.Duration) {
		if has := max(bake, g.WaitFor); has < needs {
			short = append(short, fmt.Sprintf("%s gives it %s", what, rollout.Short(has)))
		}
	}
	for i, s := range d.ladder.Steps {
		if s.Weight > 0 {
			add(fmt.Sprintf("step %d", i+1), s.Bake)
		}
	}
	if d.ladder.Watch > 0 {
		add("the watch", d.ladder.Watch)
	}
	if len(short) == 0 {
		return nil
	}
	return msgTooLate.Found("gate", g.Name, "window", rollout.Short(g.Window), "delay", rollout.Short(delay), "needs", rollout.Short(needs), "short", strings.Join(short, ", "))
}

// openGates opens the sources of all gates.
func (d *deployment) openGates(ctx context.Context, c *core) ([]runner.Gate, error) {
	var out []runner.Gate
	for _, g := range d.gates {
		opened, err := g.open(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("gate %q: %w", g.Name, err)
		}
		out = append(out, opened)
	}
	return out, nil
}

func (g gateConfig) open(ctx context.Context, c *core) (runner.Gate, error) {
	source, err := g.kind.Open(ctx, g.source, c.clients)
	return runner.Gate{Gate: g.Gate, Source: source}, err
}
