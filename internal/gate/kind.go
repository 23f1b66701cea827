// Package gate says what a source of measurements is to the provider: its
// name, the block that users write inside gate, and how to open it. Each kind
// is a folder of its own; package catalog lists them. A source measures and
// never judges: thresholds, time and absence are judged in package engine.
package gate

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/cloud"
	"github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"
)

// Kind describes one source of measurements.
type Kind struct {
	// Name is the name of the block inside gate: http, prometheus.
	Name string
	// Doc is the description of the block.
	Doc string
	// Probe: it asks the revision itself, at every weight, and needs no
	// threshold: its value is how many of its requests were not answered as
	// they should be. Other kinds measure users' traffic.
	Probe bool
	// Now: it says how things are when it is asked, whatever the window, and knows
	// no past.
	Now bool
	// Attributes and Blocks are what stands in the block.
	Attributes map[string]schema.Attribute
	Blocks     map[string]schema.Block

	// Messages is the table of what the source may say to a person, but for what a
	// vendor says in its own words.
	Messages []rollout.Message

	// Permissions are what the source asks of an AWS account, each action once a
	// resource: the documents list them, and the sandbox enforces them.
	Permissions []cloud.Permission

	// Validate says what is wrong with the block without asking anybody.
	// Unknown values are not wrong.
	Validate func(ctx context.Context, block types.Object) []rollout.Problem
	// Describe returns what is known of the measurements without asking.
	Describe func(ctx context.Context, block types.Object) Description
	// Open returns the source, once everything in the block is known. It makes
	// no call. A source whose data arrive late implements rollout.Delayed.
	Open func(ctx context.Context, block types.Object, clients *cloud.Clients) (rollout.Source, error)
}

// Description is what is known of a source without asking it.
type Description struct {
	// Measures is what is measured, in one word: "error_rate", "query". Previews
	// show it behind the name of the kind, and policies compare it, so it never
	// changes. "" where it is not known yet, which it is once the block is.
	Measures string
	Unit     string // of the value: "%", "ms", ""
	// MinWindow is the shortest window that it can measure.
	MinWindow time.Duration
	// Counts: Samples counts requests, so that min_samples means something. A
	// source that does not stands on one sample.
	Counts bool
	// Everybody: what is asked does not name the revision, so that it is answered
	// alike whichever serves. False where that is not known yet.
	Everybody bool
	// Takes is how long it may take until there is anything to say of a candidate: the
	// gate waits that long at least, and cannot take no data for a breach.
	Takes time.Duration
	// Most is the most samples that it counts; 0 if it counts any number.
	Most int
	// Faults: the value is a number of faults, so that the gate needs no threshold:
	// one is a breach.
	Faults bool
	// Countable: the value can be a number of things, and the source is a
	// rollout.Counting: a gate on it may have count.
	Countable bool
}
