package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
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
// for those that need a candidate where an object has none. applies says that
// something waits for it in apply, when when it is checked.
func requiresBlock(candidate, applies bool, when string) schema.ListNestedBlock {
	kinds := map[string]schema.Block{}
	for _, k := range catalog.Checks() {
		if k.NeedsCandidate && !candidate {
			continue
		}
		kinds[k.Name] = schema.ListNestedBlock{
			MarkdownDescription: k.Doc,
			NestedObject:        schema.NestedBlockObject{Attributes: kindAttributes(k, applies), Blocks: k.Blocks},
		}
	}
	return schema.ListNestedBlock{
		MarkdownDescription: "What must be there, and usable. " + when + " No secret's value is ever read.",
		NestedObject:        schema.NestedBlockObject{Blocks: kinds},
	}
}

// typed returns the blocks with their types worked out. The framework asks for the
// type of a block for each value in it, and works it out anew each time, with those
// of all blocks inside: a third of what a plan costs.
func typed(in map[string]schema.Block) map[string]schema.Block {
	out := map[string]schema.Block{}
	for name, b := range in {
		if list, ok := b.(schema.ListNestedBlock); ok {
			list.NestedObject.Blocks = typed(list.NestedObject.Blocks)
			list.NestedObject.CustomType = list.NestedObject.Type()
			list.CustomType = types.ListType{ElemType: list.NestedObject.CustomType}
			b = list
		}
		out[name] = b
	}
	return out
}

// timeoutsBlock returns the block of timeouts, which has no description of its
// own.
func timeoutsBlock(ctx context.Context, create, update string) schema.Block {
	block := timeouts.Block(ctx, timeouts.Opts{Create: true, Update: true, CreateDescription: create, UpdateDescription: update})
	if b, ok := block.(schema.SingleNestedBlock); ok {
		b.MarkdownDescription = "How long an apply may take. Values are durations, such as `\"90m\"`."
		return b
	}
	return block
}

func stepBlock() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		MarkdownDescription: "A step of the rollout. Weights ascend; after the last step the candidate gets all traffic. Without any step it gets all traffic at once. The functions [`linear_steps`](../functions/linear_steps), [`canary_steps`](../functions/canary_steps) and [`exponential_steps`](../functions/exponential_steps) write steps for a `dynamic` block.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"weight": schema.Float64Attribute{
				Required:            true,
				MarkdownDescription: "The candidate's share of traffic in percent. At 0 it is reached at its own address only (its traffic tag), and only `http` gates are judged.",
			},
			"bake": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "How long this step is watched at least, such as `\"10m\"`. Every gate has to pass over a window that lies wholly within it.",
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
		MarkdownDescription: "A condition on a measurement. It is evaluated at every interval. The weight is raised only if every gate has passed; when one fails, traffic goes home. " +
			"Plan and apply measure it first on the revision that serves now. A plan is refused where the source cannot read what is asked, or where its data come too late for a step, and warns of no data and of steps at which samples will be too few; an apply ends before anything moves if a query or a permission is wrong. " +
			"The guide [Choosing gates](../guides/gates) has more.",
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
			Required: true, MarkdownDescription: "The name of the gate in plans, events and errors. Names are unique.",
		},
		"fail_above": number("A value above this is a breach."),
		"pass_below": number("A value at or below this passes; between it and `fail_above` the gate waits. Default: `fail_above`."),
		"fail_below": number("A value below this is a breach."),
		"pass_above": number("A value at or above this passes; between it and `fail_below` the gate waits. Default: `fail_below`."),
		"for":        text("How long the value must be a breach, at every evaluation, before the gate fails. Each evaluation stands for one `interval`, so `for` is longer than that. Default: it fails at the first."),
		"failures_allowed": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "How many breaches in a row are tolerated before the gate fails. Default 0. Not together with `for`.",
		},
		"window":   text("How much time one evaluation looks at. Default `\"1m\"`; `http` gates have none. A window begins no earlier than the step: until it is full, a breach counts and nothing passes. `cloud_monitoring` has no data for the first minute and the delay of its metric."),
		"interval": text("How often the gate is evaluated. Default `\"10s\"`; at most `window`, but for `http` gates, which have none."),
		"min_samples": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "How many samples a value needs to count. With fewer there is no data. Default 1.",
		},
		"count": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "Whether the value is a number of things, such as payment errors. A thing that never happened has no series: that is 0 only if the same revision reported requests in that window, else no data. More things than are allowed are a breach however few the samples are; `fail_below` and `pass_above` are judged once the window is full. A query in PromQL needs `samples` for it.",
		},
		"on_no_data": text("What an evaluation without data, or with an error, means: `wait` (the default) waits for `wait_for`; `fail` counts it as a breach, for no data once the window is full. No data is never a pass."),
		"wait_for":   text("How long the gate may take to pass, from the beginning of the step. Default: the bake. It has to cover `window` and the delay of the data; a plan refuses less. When it is over without a pass, the apply fails as `unverified`: before promotion traffic goes home, after promotion it stays."),
		"dry_run": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "Whether the gate only measures and reports, and never decides. Use it to try a gate.",
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
