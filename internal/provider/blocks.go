package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/catalog"
)

// The blocks that several objects share, put together from the catalog. One-of
// blocks are lists of at most one: a single nested block would demand its
// required members even where it is absent.

// platformBlocks returns one block a platform: where, and what if makes.
func platformBlocks(makes bool) map[string]schema.Block {
	out := map[string]schema.Block{}
	for _, k := range catalog.Platforms() {
		attributes := map[string]schema.Attribute{}
		for name, a := range k.Locate {
			attributes[name] = a
		}
		if makes {
			for name, a := range k.Make {
				attributes[name] = a
			}
		}
		out[k.Name] = schema.ListNestedBlock{
			MarkdownDescription: k.Doc + " Exactly one platform block is given.",
			NestedObject:        schema.NestedBlockObject{Attributes: attributes},
		}
	}
	return out
}

// requiresBlock returns the block in which every kind of check has its own, but
// for those that need a candidate where an object has none.
func requiresBlock(candidate bool) schema.ListNestedBlock {
	kinds := map[string]schema.Block{}
	for _, k := range catalog.Checks() {
		if k.NeedsCandidate && !candidate {
			continue
		}
		kinds[k.Name] = schema.ListNestedBlock{
			MarkdownDescription: k.Doc,
			NestedObject:        schema.NestedBlockObject{Attributes: k.Attributes, Blocks: k.Blocks},
		}
	}
	return schema.ListNestedBlock{
		MarkdownDescription: "What must be there, and usable, before anything moves. It is looked at in every plan, as far as it is known, and in apply before the first write and before every rise. No secret's value is ever read.",
		NestedObject:        schema.NestedBlockObject{Blocks: kinds},
	}
}

func stepBlock() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		MarkdownDescription: "A rung of the rollout. Steps ascend; after the last one everything moves. Without any step everything moves at once.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"weight": schema.Float64Attribute{
				Required:            true,
				MarkdownDescription: "The candidate's share in percent. At 0 it has its own address only, and probes alone are judged.",
			},
			"bake": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "How long this step is watched at least, such as `\"10m\"`. Every gate has to pass over a window that lies within.",
			},
		}},
	}
}

// gateBlock returns the block of a condition; each kind of source has its own
// inside.
func gateBlock() schema.ListNestedBlock {
	kinds := map[string]schema.Block{}
	for _, k := range catalog.Gates() {
		kinds[k.Name] = schema.ListNestedBlock{
			MarkdownDescription: k.Doc + " Exactly one source is given in a gate.",
			NestedObject:        schema.NestedBlockObject{Attributes: k.Attributes, Blocks: k.Blocks},
		}
	}
	return schema.ListNestedBlock{
		MarkdownDescription: "A condition on a measurement. It is evaluated at every interval; the rollout rises only while every gate passes, and goes home when one fails. " +
			"Plan and apply try it first on what serves now: an apply ends before anything moves where its query or a permission is wrong.",
		NestedObject: schema.NestedBlockObject{Attributes: gateAttributes(), Blocks: kinds},
	}
}

func gateAttributes() map[string]schema.Attribute {
	number := func(doc string) schema.Attribute {
		return schema.Float64Attribute{Optional: true, MarkdownDescription: doc}
	}
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required: true, MarkdownDescription: "What the gate is called in plans, events and errors. Names are unique.",
		},
		"fail_above": number("A value above this is a breach."),
		"pass_below": number("A value at or below this passes; between it and `fail_above` the gate waits. Default: `fail_above`."),
		"fail_below": number("A value below this is a breach."),
		"pass_above": number("A value at or above this passes; between it and `fail_below` the gate waits. Default: `fail_below`."),
		"for":        text("How long the value must be a breach at every evaluation before the gate fails. Default: it fails at once."),
		"failures_allowed": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "How many breaches in a row do not fail yet. Default 0. Not together with `for`.",
		},
		"window":   text("How much time one evaluation looks at. Default `\"1m\"`; nothing for probes, which look at a moment. A window that is not full may fail, and cannot pass."),
		"interval": text("How often the gate is evaluated. Default `\"10s\"`."),
		"min_samples": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "How many samples a value must stand on to count. With fewer there is no data. Default 1.",
		},
		"on_no_data": text("What becomes of an evaluation that finds no data or an error: `wait` (the default) for `wait_for`, or `fail`, which counts it as a breach. No data is never a pass."),
		"wait_for":   text("How long, from the step's beginning, the gate may take to pass. Default: the bake. It has to cover `window` and how late the data arrive: a plan refuses less. When it is over, before promotion everything goes home as unverified; after promotion traffic stays and the apply fails."),
		"dry_run": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "Measures and reports, and never decides: to try a gate before it is trusted.",
		},
	}
}

// findingType is a finding as it stands in state.
func findingAttributes() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"check":  text("The kind of requirement."),
		"object": text("What was looked at."),
		"status": text("`passed`, `failed`, `deferred` (not known yet) or `skipped` (it could not be looked at)."),
		"why":    text("What was seen."),
		"fix":    text("What to do about it."),
	}
}

func findingsAttribute(doc string) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: doc,
		NestedObject: schema.NestedAttributeObject{Attributes: findingAttributes()},
	}
}

// trafficAttribute is a split in state: percent by revision.
func trafficAttribute(doc string) schema.MapAttribute {
	return schema.MapAttribute{ElementType: types.Float64Type, Computed: true, MarkdownDescription: doc}
}
