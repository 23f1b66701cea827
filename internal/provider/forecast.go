package provider

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// forecast is how many samples a gate will see in a window, if users come as
// they do now and each has the same share of them: never more than an estimate.
type forecast struct {
	whole float64 // samples at all traffic
	least int     // that it needs
	short []rollout.Weight
}

// judge finds the weights at which there will be too few.
func (f *forecast) judge(weights []rollout.Weight) {
	for _, w := range weights {
		if f.at(w) < float64(f.least) {
			f.short = append(f.short, w)
		}
	}
}

func (f *forecast) at(w rollout.Weight) float64 { return f.whole * float64(w) / float64(rollout.Whole) }

// roughly renders an estimate, rounded down: what is short never looks enough.
func roughly(samples float64) string {
	if samples < 1 {
		return "less than 1"
	}
	return "about " + rollout.Count(int(samples))
}

// first is the smallest step that is short: "about 12 of 100 samples at 10 %".
func (f *forecast) first() string {
	return fmt.Sprintf("%s of %s samples at %s", roughly(f.at(f.short[0])), rollout.Count(f.least), f.short[0])
}

func (f *forecast) list() string {
	var out []string
	for _, w := range f.short {
		out = append(out, fmt.Sprintf("%s at %s", roughly(f.at(w)), w))
	}
	return strings.Join(out, ", ")
}

// fewest is the fewest samples that are worth a proposal: of fewer, a single one
// is more than a tenth.
const fewest = 10

// longest is the longest window that is worth a proposal.
const longest = 24 * time.Hour

// ways lists what would give the gate enough at the smallest of these steps, for
// data that are late by delay.
func (f *forecast) ways(window, delay time.Duration) string {
	var out []string
	few := f.at(f.short[0])
	if wide := time.Duration(float64(window) * float64(f.least) / few); wide > 0 && wide <= longest {
		unit := time.Minute
		if wide < unit {
			unit = 10 * time.Second
		}
		wide = (wide + unit - 1).Truncate(unit)
		out = append(out, fmt.Sprintf("widen window to %s or more, with a bake or wait_for of %s or more", rollout.Short(wide), rollout.Short(wide+delay)))
	}
	if few >= fewest {
		out = append(out, "lower min_samples to "+rollout.Count(int(few)))
	}
	if share := math.Ceil(100 * float64(f.least) / f.whole); share < 100 {
		out = append(out, fmt.Sprintf("begin with a step of %v %% or more", share))
	}
	if len(out) == 0 {
		return "Apply when more users come, or let an http gate decide"
	}
	return strings.ToUpper(out[0][:1]) + strings.Join(out, "; or ")[1:]
}
