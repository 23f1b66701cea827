package provider

import (
	"fmt"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/engine"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/platform"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// previewVersion is the version of what preview means, as the guide "For
// reviewers and policies" states it. A policy compares it. It goes up where a
// field goes or means something else, and stays where one is added.
const previewVersion = 1

// previewRecord is one step of a rollout as it is planned: what a person reads,
// and the same in numbers for policies.
type previewRecord struct {
	Offset         string            `tfsdk:"offset"`
	OffsetSeconds  float64           `tfsdk:"offset_seconds"`
	Weight         float64           `tfsdk:"weight"`
	Bake           string            `tfsdk:"bake"`
	BakeSeconds    float64           `tfsdk:"bake_seconds"`
	LongestSeconds float64           `tfsdk:"longest_seconds"`
	Gates          map[string]string `tfsdk:"gates"`
	DryRun         map[string]string `tfsdk:"dry_run"`
	NoWayBack      *bool             `tfsdk:"no_way_back"`
	Before         []string          `tfsdk:"before"`
	After          []string          `tfsdk:"after"`
	Then           string            `tfsdk:"then"`
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
			out = append(out, d.previewed(at, weight, bake, then))
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
			end(offset, rise(to)+d.passing(weight, to))
			weight, next = to, ""
		case engine.Finish:
			if a.Outcome == engine.Held && d.ladder.OneStep {
				next = "the next apply: "
				continue
			}
			end(offset, d.ends(a.Outcome))
		case engine.Make, engine.Run, engine.Measure, engine.Wait:
		}
	}
	if n := len(out); n > 0 {
		out[0].Before, out[n-1].After = d.jobNames(beforeBlock), d.jobNames(afterBlock)
		if d.ladder.HoldAt != nil { // that apply does not promote
			out[n-1].After = nil
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

// passing says that a rise passes the point of no return.
func (d *deployment) passing(from, to rollout.Weight) string {
	switch {
	case d.way.Ends.Closes(from) || !d.way.Ends.Closes(to):
		return ""
	case d.way.Ends == rollout.AtFirstShare:
		return ", the point of no return: what serves now cannot read what the candidate writes"
	}
	return ", the point of no return"
}

// ends says what comes after the last step of the preview.
func (d *deployment) ends(o engine.Outcome) string {
	if o == engine.Held {
		return "hold: the apply ends, and a person decides"
	}
	return "promoted"
}

// previewed is the record of one step.
func (d *deployment) previewed(at time.Duration, weight rollout.Weight, bake time.Duration, then string) previewRecord {
	r := previewRecord{
		Offset: rollout.Short(at), OffsetSeconds: at.Seconds(), Weight: weight.Float(),
		Bake: rollout.Short(bake), BakeSeconds: bake.Seconds(), Gates: map[string]string{}, Then: then,
	}
	if d.way.Ends.Closes(weight) {
		closed := true // a plan shows no line for what is null
		r.NoWayBack = &closed
	}
	longest := bake
	for _, g := range d.judgedAt(weight, bake) {
		if g.DryRun {
			if r.DryRun == nil { // a plan shows no line for what is null
				r.DryRun = map[string]string{}
			}
			r.DryRun[g.Name] = g.measures()
			continue
		}
		r.Gates[g.Name] = g.measures()
		longest = max(longest, g.WaitFor)
	}
	r.LongestSeconds = longest.Seconds()
	return r
}

// judgedAt lists the gates that are judged at a weight: probes alone at 0, and
// none after promotion where nothing is watched.
func (d *deployment) judgedAt(w rollout.Weight, bake time.Duration) []gateConfig {
	var out []gateConfig
	for _, g := range d.gates {
		if (w > 0 || g.Probe) && (w < rollout.Whole || bake > 0) {
			out = append(out, g)
		}
	}
	return out
}

// summary is the rollout in one line, for whoever reads the plan: from what, to
// what, in which steps, and how long it takes at least. It comes from
// configuration and state alone.
func (d *deployment) summary(prior *record, opened platform.Place) string {
	out := d.kind.Wanted(d.block)
	if aside := d.aside(prior); aside != "" {
		out += " (" + aside + ")"
	}
	out += ": "
	candidate := opened.Candidate
	if d.newest() { // who that is, is read later
		candidate = rollout.Revision(prior.newest())
	}
	if from := prior.from(candidate); from != "" {
		out = from + " → " + out
	}
	least := time.Duration(0)
	for _, what := range d.requires.do {
		out += what + "; "
	}
	if jobs := d.jobNames(beforeBlock); len(jobs) > 0 {
		out += "first " + strings.Join(jobs, ", ") + "; "
	}
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
	case d.ladder.HoldAt != nil:
		out += ", and there it waits for a person"
	case len(d.jobNames(afterBlock)) > 0:
		out += ", then " + strings.Join(d.jobNames(afterBlock), ", ")
	}
	if w, closes := d.closing(); closes {
		out += fmt.Sprintf("; no way home from %s on", w)
	}
	if d.ladder.OneStep {
		return out + "; one step an apply"
	}
	return fmt.Sprintf("%s; at least %s", out, rollout.Short(least))
}
