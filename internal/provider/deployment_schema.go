package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// deploymentSchema is what users write and read of rollout_safe_deployment.
func deploymentSchema(ctx context.Context) schema.Schema {
	blocks := platformBlocks(true)
	blocks["requires"] = requiresBlock(true)
	blocks["step"] = stepBlock()
	blocks["gate"] = gateBlock()
	blocks["timeouts"] = timeouts.Block(ctx, timeouts.Opts{
		Create: true, Update: true,
		CreateDescription: "How long a first rollout may take, the way home included, for which the last two minutes are kept (half of a timeout below four). Default: what its bakes and its watch add up to, and an hour.",
		UpdateDescription: "How long a rollout may take, the way home included, for which the last two minutes are kept (half of a timeout below four). Default: what its bakes and its watch add up to, and an hour.",
	})
	attributes := deploymentSettings()
	for name, a := range deploymentComputed() {
		attributes[name] = a
	}
	return schema.Schema{
		MarkdownDescription: "Moves a revision into production in steps: proves first that everything it needs is there, moves traffic, watches, and promotes or rolls back. An apply succeeds only if the wanted revision serves. Destroying it leaves traffic as it is.",
		Attributes:          attributes,
		Blocks:              blocks,
	}
}

func deploymentSettings() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"watch":             text("How long gates go on after promotion, with the way home open, such as `\"10m\"`. Default: promotion ends the rollout."),
		"hold_at":           schema.Float64Attribute{Optional: true, MarkdownDescription: "The weight of a step at which the apply ends with success and waits for a person: a later apply without it goes on from there. Nobody watches in between. Not together with `advance = \"one_step\"`."},
		"advance":           text("`all` (the default) takes the whole rollout in one apply; `one_step` raises one step an apply, judges all the time since the last one, and is not finished until promoted."),
		"max_unattended":    text("With `one_step`: how long a step may stand without an apply. After that the next apply goes home. Default `\"24h\"`."),
		"on_failure":        text("`rollback` (the default) takes traffic home when a gate fails or evidence is missing; `stay` leaves it where it is. The apply fails either way."),
		"on_interrupt":      text("`rollback` (the default) sends one write home when the apply is interrupted; `stay` leaves traffic where it is, for a later apply to go on."),
		"on_foreign_change": text("What an apply does about traffic that somebody else moved: `refuse` (the default) it, `restore` what is configured by climbing the steps, or `adopt` it as it is."),
		"on_return":         text("How a revision that was promoted before comes back: `at_once` (the default), after its probes passed, or by the `steps`."),
		"home":              text("Where a roll-back goes, where several revisions serve and nothing else says so."),
		"retry":             text("Names a blocked revision, to try its content once more: `\"api-42\"`; for another try `\"api-42#2\"`."),
	}
}

func deploymentComputed() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"id":               text("The target: the platform's name and the service's."),
		"preview":          previewAttribute(),
		"revision":         text("The revision that this configuration stands for."),
		"promoted":         text("The revision that was promoted last, by this or by adopting it."),
		"promoted_before":  schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Those promoted before it, the newest first."},
		"traffic":          trafficAttribute("What users get now: percent by revision."),
		"rollout":          text("The rollout in one line, as it is planned: from what to what, in which steps, and how long it takes at least. It changes with every rollout, so that it stands in every plan of one; `preview` has the same in parts, which a plan hides where they are as before."),
		"left":             leftAttribute(),
		"observed":         observedAttribute(),
		"outcome":          text("How the last rollout ended: `promoted`, `unchanged`, `held`, `adopted`, `rolled_back`, `failed` (nothing had moved), `stayed`, `unverified` or `halted`. Only the first four are success."),
		"failed_revision":  text("The revision whose rollout failed last, until another one is promoted."),
		"blocked":          blockedAttribute(),
		"retried":          schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Values of `retry` that are spent."},
		"findings":         findingsAttribute("What the requirements said in the last rollout."),
		"timeline":         schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "What was done in the last rollout, and what stopped it: a line each, with its time (RFC 3339, UTC)."},
		"way_home":         text("The command with which a person takes all traffic back to what served before."),
		"next_apply_after": text("With `one_step`: when the next apply can raise without waiting, as an RFC 3339 time."),
		"console":          text("The page on which a person sees the target."),
	}
}

func previewAttribute() schema.ListNestedAttribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The rollout as it is planned, where all goes well: each step, when it begins, how long it is watched, by whom, and what comes next. Time to start a revision and to settle a change comes on top.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"offset": text("When the step begins, counted from the first one."),
			"weight": schema.Float64Attribute{Computed: true, MarkdownDescription: "The candidate's share in percent."},
			"bake":   text("How long it is watched at this weight, at least."),
			"gates":  schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The gates that are judged at this weight."},
			"then":   text("What comes after it."),
		}},
	}
}

// observedMembers are what the platform shows beside traffic.
func observedMembers() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"object":          text("The identity of the target itself; another one of the same name is another target."),
		"newest":          text("The revision that was made last, by anyone."),
		"template":        text("The hash of what the platform would make next."),
		"secret_versions": schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Which version each secret stands for, by metadata."},
	}
}

func observedAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{Computed: true, MarkdownDescription: "What the platform shows beside traffic.", Attributes: observedMembers()}
}

// leftAttribute is what the last apply or import ended with; it is never
// refreshed, and what a plan compares the live world with.
func leftAttribute() schema.SingleNestedAttribute {
	members := observedMembers()
	delete(members, "newest")
	members["traffic"] = trafficAttribute("The split.")
	members["home"] = schema.StringAttribute{Computed: true, MarkdownDescription: "The revision that our mark of the way home named then."}
	members["kept"] = schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The revisions that were kept reachable then."}
	members["since"] = schema.StringAttribute{Computed: true, MarkdownDescription: "When the split settled, if the rollout waits at a step."}
	return schema.SingleNestedAttribute{
		Computed: true, Attributes: members,
		MarkdownDescription: "What the last apply or import ended with. A plan compares it with what is live.",
	}
}

func blockedAttribute() schema.ListNestedAttribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "What is not rolled out again unless `retry` names it: content that failed a gate, that the platform could not run, or that a person took traffic off.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"revision": text("The revision."), "content": text("The hash of its content."), "why": text("Why it is blocked."),
		}},
	}
}

// spareTime is what a rollout is given beyond its bakes and its watch, where
// no timeout is configured.
const spareTime = time.Hour
