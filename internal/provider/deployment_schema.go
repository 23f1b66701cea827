package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// deploymentSchema is what users write and read of rollout_safe_deployment.
func deploymentSchema(ctx context.Context) schema.Schema {
	blocks := platformBlocks(true)
	blocks["requires"] = requiresBlock(true, true, "It is checked in every plan, as far as it is known, and in apply before the first write and before every rise.")
	blocks["step"] = stepBlock()
	blocks["gate"] = gateBlock()
	blocks[beforeBlock] = jobBlock("A job that runs before the candidate is made, such as a migration: once everything that is required is there, in the order in which they stand, and exactly once for a content. " +
		"One that an earlier apply began is waited for, one that has succeeded is not run again, one that has failed is run again by the next apply. Until all have succeeded nothing is made and nothing moves. " +
		"Nothing is undone where a rollout goes home. Content that was promoted before comes back without them. The guide [Jobs](../guides/jobs) has more.")
	blocks[afterBlock] = jobBlock("A job that runs after promotion, once `watch` is over and before the rollout is complete, like `before`. From the moment when it begins there is no way back: where it fails the apply fails, and traffic stays.")
	blocks["timeouts"] = timeoutsBlock(ctx,
		"How long a first rollout may take. The last two minutes of it are kept for the way home (half of a timeout below four minutes). Default: the sum of its bakes and waits, and an hour.",
		"How long a rollout may take. The last two minutes of it are kept for the way home (half of a timeout below four minutes). Default: the sum of its bakes and waits, and an hour.")
	attributes := deploymentSettings()
	for name, a := range deploymentComputed() {
		attributes[name] = a
	}
	return schema.Schema{
		MarkdownDescription: "Moves a revision into production in steps: checks first that everything it needs is there, moves traffic, watches, and promotes or rolls back. The guide [How a rollout goes](../guides/how-a-rollout-goes) says when an apply succeeds. Destroying it makes no call: traffic stays as it is, and so do the traffic tags of a rollout that has not ended.",
		Attributes:          attributes,
		Blocks:              typed(blocks),
	}
}

func deploymentSettings() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"watch":             text("How long the gates are judged after promotion, such as `\"10m\"`. A gate that fails in this time takes traffic home. Default: promotion ends the rollout."),
		"hold_at":           schema.Float64Attribute{Optional: true, MarkdownDescription: "The weight of a step at which the apply ends, for a person to decide: it succeeds, with a warning, once the gates of that step have passed. A later apply without `hold_at` goes on from there. No gate is judged in between. Not together with `advance = \"one_step\"`."},
		"advance":           text("`all` (the default) does the whole rollout in one apply. `one_step` judges the time since the last apply and raises one step, then the apply ends with success and a warning; plans show a change until the revision is promoted."),
		"max_unattended":    text("With `one_step`: how long a step may last without an apply. After that the next apply rolls back. Default `\"24h\"`."),
		"on_failure":        text("`rollback` (the default) moves traffic back to the rollback target (home) when a gate fails, or before promotion has no data for `wait_for`; `stay` leaves it where it is. The apply fails either way."),
		"on_interrupt":      text("`rollback` (the default) moves all traffic back to the rollback target (home) as soon as the apply is interrupted; `stay` leaves it where it is, and a later apply goes on from there. The apply fails either way."),
		"on_foreign_change": text("What an apply does about traffic that somebody else moved: `refuse` (the default) fails before any write; `restore` climbs the steps again; `adopt` keeps it, and succeeds with a warning. The guide [How a rollout goes](../guides/how-a-rollout-goes#moved-by-hand) has each case."),
		"on_return":         text("How a revision that was promoted before comes back: `at_once` (the default) moves everything as soon as the `http` gates have passed; `steps` climbs the steps. The gates are judged during `watch` either way."),
		"home":              text("The revision to roll back to, if several serve. It overrides the one that a rollout has marked. Where one revision has all traffic, that one is used."),
		"triggers": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "What the app reads when it starts and no setting says, such as the hash of a file or the id of a migration: a change plans a rollout of a new revision, also of the same settings. Triggers are part of what a revision is: an older one that was made for the same ones is taken again. Only where the revision is made here (`image`). Values are shown in plans and state.",
		},
		"retry": text("Names a blocked revision, to try its content once more: `\"api-42\"`. Each value works once; for another try write `\"api-42#2\"`."),
	}
}

func deploymentComputed() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"id":               text("The target: the platform's name and the service's id."),
		"preview":          previewAttribute(),
		"preview_version":  schema.Int64Attribute{Computed: true, MarkdownDescription: "The version of what `preview` means: 1. A policy that knows another one cannot decide. It is known in every plan."},
		"revision":         text("The revision that was last made or found for this configuration."),
		"promoted":         text("The revision that was promoted last, by a rollout or by `adopt`. Before the first rollout: the one that served."),
		"promoted_before":  schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The revisions that were promoted before it, the newest first."},
		"traffic":          trafficAttribute("What users get now: percent by revision."),
		"rollout":          text("The planned rollout in one line: from what to what, what comes with it that the configuration does not say, in which steps, and how long it takes at least. Every plan of a rollout shows it."),
		"left":             leftAttribute(),
		"observed":         observedAttribute(),
		"outcome":          text("How the last rollout ended: `promoted`, `unchanged`, `held`, `adopted`, `rolled_back`, `failed` (nothing had moved), `stayed`, `unverified` or `halted`. Only the first four are success. It is `unfinished` after the import of a rollout that is under way."),
		"failed_revision":  text("The revision whose rollout failed last. Null once one is promoted."),
		"blocked":          blockedAttribute(),
		"retried":          schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Values of `retry` that are spent."},
		"findings":         findingsAttribute("What the requirements said in the last rollout."),
		"timeline":         schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "What was done in the last rollout, and what stopped it: one line each, with its time in UTC (RFC 3339)."},
		"way_home":         text("The command that moves all traffic back to the rollback target (home)."),
		"next_apply_after": text("With `one_step`: when the next apply can raise the weight without waiting for the bake (RFC 3339, UTC)."),
		"console":          text("The address of the target's page in the platform's console."),
	}
}

func previewAttribute() schema.ListNestedAttribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	number := func(doc string) schema.Attribute {
		return schema.Float64Attribute{Computed: true, MarkdownDescription: doc}
	}
	measured := func(doc string) schema.Attribute {
		return schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: doc}
	}
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The configured steps in parts: when each begins, how long it is watched, by which gates, and what comes next. The time to start a revision and to settle a change comes on top. Terraform prints an attribute only where it changes, so the text of a plan has `preview` in the first plan and where the steps change; its JSON always has it. It shows the configured steps also where a return or a resumed rollout takes another way: a warning of the plan says so. The guide [For reviewers and policies](../guides/reviewing) says what a policy may rely on.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"offset":          text("When the step begins, counted from the first one."),
			"offset_seconds":  number("The same in seconds."),
			"weight":          number("The candidate's share in percent."),
			"bake":            text("How long the candidate is watched at this weight, at least."),
			"bake_seconds":    number("The same in seconds."),
			"longest_seconds": number("How long the step may last while its gates wait for data, in seconds: the longest `wait_for` of them, and `bake` at least."),
			"gates":           measured("The gates that decide at this weight, by name, and what each measures: the name of its source and one word, such as `cloud_monitoring error_rate`, `http requests` or `prometheus query`."),
			"dry_run":         measured("The gates that only measure at this weight, like `gates`. Null where there is none."),
			"before":          schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The jobs that run before this step, by name and in order: before the first, those of `before`. Null where there is none."},
			"after":           schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The jobs that run after this step: after the last, those of `after`. Null where there is none."},
			"then":            text("What comes after the step, in words for people."),
		}},
	}
}

// observedMembers are what the platform shows beside traffic.
func observedMembers() map[string]schema.Attribute {
	text := func(doc string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: doc}
	}
	return map[string]schema.Attribute{
		"object":          text("The identity of the target. A service that was deleted and made again under the same name has another one."),
		"newest":          text("The revision that was made last, by anyone."),
		"template":        text("The hash of the service's current template, which is what the next revision is made from."),
		"unserved":        text("What the service's template has that the revision with all traffic has not, in words, such as `cpu 1 → 2, +FOO: made as api-43, serves nobody`. What the configuration sets is left out, and so is every value of a setting."),
		"secret_versions": schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The version that each secret resolves to, as `NAME:VERSION` by setting. Only metadata is read."},
		"behind":          schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Where revisions are places, such as target groups: what is behind each that serves, by its name, such as the ARN of a task definition."},
		"abort":           text("A person's word that rollouts shall stop, and why (on Cloud Run the service's annotation `rollout-abort`); null where nobody has said so."),
	}
}

func observedAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{Computed: true, MarkdownDescription: "What the platform shows of the target, beside its traffic.", Attributes: observedMembers()}
}

// leftAttribute is what the last apply or import ended with; it is never
// refreshed, and what a plan compares the live world with.
func leftAttribute() schema.SingleNestedAttribute {
	members := observedMembers()
	delete(members, "newest")
	delete(members, "abort")
	delete(members, "unserved")
	members["traffic"] = trafficAttribute("The split.")
	members["home"] = schema.StringAttribute{Computed: true, MarkdownDescription: "The revision that the traffic tag of the rollback target named then."}
	members["kept"] = schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "The revisions that had the traffic tag of the candidate then."}
	members["since"] = schema.StringAttribute{Computed: true, MarkdownDescription: "When the split settled, if the rollout waits at a step (RFC 3339, UTC)."}
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
