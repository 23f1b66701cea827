package provider

import (
	"fmt"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// previewRecord is one step of a rollout as it is planned.
type previewRecord struct {
	Offset string   `tfsdk:"offset"`
	Weight float64  `tfsdk:"weight"`
	Bake   string   `tfsdk:"bake"`
	Gates  []string `tfsdk:"gates"`
	Then   string   `tfsdk:"then"`
}

// preview renders what engine.Preview decides ahead: the same table that an
// apply follows.
func (d *deployment) preview() []previewRecord {
	var out []previewRecord
	at, weight := time.Duration(0), rollout.Weight(0)
	next := "" // said of what another apply does
	end := func(until time.Duration, then string) {
		then = next + then
		if bake := until - at; bake > 0 || weight > 0 {
			out = append(out, previewRecord{
				Offset: rollout.Short(at), Weight: weight.Float(), Bake: rollout.Short(bake), Gates: d.judgedAt(weight, bake), Then: then,
			})
		}
		at = until
	}
	for _, decision := range engine.Preview(d.ladder) {
		offset := decision.At.Sub(time.Time{})
		switch a := decision.Action.(type) {
		case engine.Apply:
			to := a.Want.Split[engine.PreviewCandidate]
			if to == weight { // a mark moves nothing
				continue
			}
			end(offset, rise(to))
			weight, next = to, ""
		case engine.Finish:
			if a.Outcome == engine.Held && d.ladder.OneStep {
				next = "the next apply: "
				continue
			}
			end(offset, d.ends(a.Outcome))
		case engine.Make, engine.Measure, engine.Wait:
		}
	}
	return out
}

func rise(w rollout.Weight) string {
	if w == rollout.Whole {
		return "promote: everything"
	}
	return fmt.Sprintf("raise to %s", w)
}

// ends says what comes after the last step of the preview.
func (d *deployment) ends(o engine.Outcome) string {
	if o == engine.Held {
		return "hold: the apply ends, and a person decides"
	}
	return "promoted"
}

// judgedAt lists the gates that are judged at a weight: probes alone at 0, and
// none after promotion where nothing is watched.
func (d *deployment) judgedAt(w rollout.Weight, bake time.Duration) []string {
	out := []string{}
	for _, g := range d.gates {
		if (w > 0 || g.Probe) && (w < rollout.Whole || bake > 0) {
			name := g.Name
			if g.DryRun {
				name += " (dry run)"
			}
			out = append(out, name)
		}
	}
	return out
}

// summary is the rollout in one line, for whoever reads the plan: from what, to
// what, in which steps, and how long it takes at least. It comes from
// configuration and state alone.
func (d *deployment) summary(prior *record) string {
	out := d.kind.Wanted(d.block)
	if aside := d.aside(prior); aside != "" {
		out += " (" + aside + ")"
	}
	out += ": "
	if promoted := prior.promotedThere(); promoted != "" {
		out = promoted + " → " + out
	}
	least := time.Duration(0)
	for i, step := range d.preview() {
		if i > 0 {
			out += ", "
		}
		out += rollout.Weight(step.Weight * 100).String()
		bake, _ := time.ParseDuration(step.Bake)
		if least += bake; bake > 0 {
			out += " for " + step.Bake
		}
	}
	switch {
	case d.ladder.OneStep:
		return out + "; one step an apply"
	case d.ladder.HoldAt != nil:
		out += ", and there it waits for a person"
	}
	return fmt.Sprintf("%s; at least %s", out, rollout.Short(least))
}
