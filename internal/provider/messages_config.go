package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNoDuration = rollout.Message{
		ID:   "config.no_duration",
		What: "{what} is not a duration",
		Why:  `"{value}" has no meaning as one.`,
		Fix:  `Write a number with a unit, such as "30s", "5m" or "1h30m".`,
	}
	msgUnknownWord = rollout.Message{
		ID:   "config.unknown_word",
		What: "{what} is an unknown word",
		Why:  `"{value}" is none of {words}.`,
		Fix:  "Write one of {words}.",
	}
	msgUnknownMode = rollout.Message{
		ID:   "preflight.unknown_mode",
		What: `{name} = "{value}" has no meaning`,
		Why:  "{name} says what a requirement that is not met does to a plan.",
		Fix:  "Write one of {words}.",
	}
	msgTwoGoogleBlocks = rollout.Message{
		ID:   "google.two_blocks",
		What: "There is more than one google block",
		Why:  "A provider reaches one Google Cloud.",
		Fix:  "Use one block, and an alias of the provider for another.",
	}
	msgTwoAWSBlocks = rollout.Message{
		ID:   "aws.two_blocks",
		What: "There is more than one aws block",
		Why:  "A provider reaches AWS in one way. One block serves all regions: what has an ARN is asked in its own.",
		Fix:  "Use one block, and an alias of the provider for another.",
	}
	msgTwoPlatforms = rollout.Message{
		ID:   "platform.two",
		What: "There is more than one platform block",
		Why:  "An object is about one target, and this one has {platforms}.",
		Fix:  "Leave one, and use another resource for the other.",
	}
	msgNoPlatform = rollout.Message{
		ID:   "platform.none",
		What: "There is no platform block",
		Why:  "Nothing says where traffic is divided.",
		Fix:  "Add one, such as {examples}.",
	}
	msgSlotEmptyContent = rollout.Message{
		ID:   "slot.empty_content",
		What: "content is empty",
		Why:  "It is what is compared with what each slot holds.",
		Fix:  "Give what is wanted, such as the image by digest (var.image).",
	}
	msgNoPercentage = rollout.Message{
		ID:   "weight.no_percentage",
		What: "The weight of {of} cannot be given",
		Why:  "{why}",
		Fix:  "Write a percentage from 0 to 100, with at most two decimals.",
	}
	msgWeightsDoNotAddUp = rollout.Message{
		ID:   "weights.do_not_add_up",
		What: "The weights do not add up to 100",
		Why:  "They are {weights}.",
		Fix:  "Give percentages that add up to 100.",
	}
	msgIndivisible = rollout.Message{
		ID:   "weights.indivisible",
		What: "The platform cannot divide traffic like this",
		Why:  "{why}",
		Fix:  "Use multiples of {grain}, and at most {most} revisions.",
	}
	msgBarrierRequiresNothing = rollout.Message{
		ID:   "barrier.requires_nothing",
		What: "The barrier requires nothing",
		Why:  "Without a requirement it lets everything pass.",
		Fix:  "Add a requires block with at least one requirement.",
	}
	msgHoldAtNoPercentage = rollout.Message{
		ID:   "hold_at.no_percentage",
		What: "hold_at is not a step",
		Why:  "{why}",
		Fix:  "Name the weight of a step.",
	}
	msgNothingToLookAt = rollout.Message{
		ID:   "step.nothing_to_look_at",
		What: "A step at weight 0 has nothing to look at",
		Why:  "No user reaches the candidate at weight 0, so gates on users' traffic say nothing there, and no gate asks the candidate itself.",
		Fix:  "Add a gate with an http block, or remove the step.",
	}
	msgHoldAtWithOneStep = rollout.Message{
		ID:   "hold_at.with_one_step",
		What: `hold_at has no place beside advance = "one_step"`,
		Why:  "With one_step every apply ends after one step already, and a plan is not empty until the revision is promoted; with hold_at as well, every further apply would stay where it is, and the plan would never be empty.",
		Fix:  `Leave hold_at out and apply again when it shall go on, or use advance = "all".`,
	}
	msgNoStepToTake = rollout.Message{
		ID:   "advance.no_step",
		What: "There is no step to take",
		Why:  `advance is "one_step" and no step is configured.`,
		Fix:  "Add steps, or remove advance.",
	}
	msgTimeoutTooShort = rollout.Message{
		ID:   "timeouts.too_short",
		What: "The rollout does not fit into its timeout",
		Why:  "Its bakes and its watch add up to {least}. The timeout is {timeout}, of which {kept} are kept for the way home: the rollout has {left}, and would go home in the middle.",
		Fix:  `Raise the timeout above {needed}, and by what starting a revision, settling and draining take; or shorten the bakes, or use advance = "one_step".`,
	}
	msgTimeoutTooShortForAStep = rollout.Message{
		ID:   "timeouts.too_short_for_a_step",
		What: "The rollout does not fit into its timeout",
		Why:  "Its longest step takes {least}. The timeout is {timeout}, of which {kept} are kept for the way home: the rollout has {left}, and would go home in the middle.",
		Fix:  "Raise the timeout above {needed}, and by what starting a revision, settling and draining take; or shorten the bakes.",
	}
	msgTwoGates = rollout.Message{
		ID:   "gate.two_of_a_name",
		What: `Two gates are called "{gate}"`,
		Why:  "Plans, events and errors name gates.",
		Fix:  "Give each its own name.",
	}
	msgNoSource = rollout.Message{
		ID:   "gate.no_source",
		What: `Gate "{gate}" has no source`,
		Why:  "A gate measures one thing.",
		Fix:  "Give it exactly one of {sources}.",
	}
	msgTwoSources = rollout.Message{
		ID:   "gate.two_sources",
		What: `Gate "{gate}" has more than one source`,
		Why:  "A gate measures one thing.",
		Fix:  "Give it exactly one of {sources}.",
	}
	msgProbeWithThreshold = rollout.Message{
		ID:   "gate.probe_with_threshold",
		What: `Gate "{gate}" has a threshold or a window, and asks the revision itself`,
		Why:  "Such a gate passes when every request is answered as it should be, at that moment.",
		Fix:  "Remove fail_above, pass_below, fail_below, pass_above and window; use failures_allowed or for to forgive a few.",
	}
	msgNoThreshold = rollout.Message{
		ID:   "gate.no_threshold",
		What: `Gate "{gate}" has no threshold`,
		Why:  "A gate without one would always pass.",
		Fix:  "Give fail_above, or fail_below.",
	}
	msgNeverEnoughSamples = rollout.Message{
		ID:   "gate.never_enough_samples",
		What: `Gate "{gate}" can never have enough samples`,
		Why:  "min_samples is {min_samples}, and this source counts no requests.",
		Fix:  "Say how many requests a value stands on (samples, beside a query in PromQL), or remove min_samples.",
	}
	msgWindowTooShort = rollout.Message{
		ID:   "gate.window_too_short",
		What: `Gate "{gate}" has a window that is too short`,
		Why:  "It is {window}, and the source measures {least} at least.",
		Fix:  `Use window = "{least}" or more.`,
	}
	msgForgivesTwice = rollout.Message{
		ID:   "gate.forgives_twice",
		What: `Gate "{gate}" has both for and failures_allowed`,
		Why:  "Both say which breaches are forgiven.",
		Fix:  "Leave one of them.",
	}
	msgTooOften = rollout.Message{
		ID:   "gate.too_often",
		What: `Gate "{gate}" is evaluated too often`,
		Why:  "interval is {interval}.",
		Fix:  `Use interval = "1s" or more.`,
	}
	msgLooksAway = rollout.Message{
		ID:   "gate.looks_away",
		What: `Gate "{gate}" would not see everything`,
		Why:  "It looks at {window} every {interval}, so that what happens in between is in none of its windows.",
		Fix:  `Use window = "{interval}" or more, or a shorter interval.`,
	}
	msgForgivesNothing = rollout.Message{
		ID:   "gate.forgives_nothing",
		What: `Gate "{gate}" has a for that forgives nothing`,
		Why:  "for is {for}, and the gate is evaluated every {interval}: one evaluation stands for as long as that.",
		Fix:  "Give a for that is longer than {interval}, or a shorter interval.",
	}
	msgFailsWhereItPasses = rollout.Message{
		ID:   "gate.fails_where_it_passes",
		What: `Gate "{gate}" fails where it passes`,
		Why:  "pass_below is above fail_above, or pass_above below fail_below.",
		Fix:  "Order them: what passes lies on the good side of what fails.",
	}
	msgNegativeNumber = rollout.Message{
		ID:   "gate.negative_number",
		What: `Gate "{gate}" has a negative number`,
		Why:  "failures_allowed and min_samples count things.",
		Fix:  "Use 0 or more.",
	}
	msgNeverEnough = rollout.Message{
		ID:   "gate.never_enough",
		What: `{what} is too short for gate "{gate}"`,
		Why:  "It is watched for {bake}, and the gate looks at {window} at a time: it could never see a full window, and the rollout would end unverified.",
		Fix:  "Watch it for {window} or longer, shorten the gate's window, or let it wait longer with wait_for.",
	}
)

// configMessages are about configuration alone.
func configMessages() []rollout.Message {
	return []rollout.Message{
		msgNoDuration, msgUnknownWord, msgUnknownMode, msgTwoGoogleBlocks, msgTwoAWSBlocks, msgTwoPlatforms, msgNoPlatform, msgSlotEmptyContent, msgNoPercentage,
		msgWeightsDoNotAddUp, msgIndivisible, msgBarrierRequiresNothing, msgHoldAtNoPercentage, msgNothingToLookAt,
		msgHoldAtWithOneStep, msgNoStepToTake, msgTimeoutTooShort, msgTimeoutTooShortForAStep, msgTwoGates, msgNoSource,
		msgTwoSources, msgProbeWithThreshold, msgNoThreshold, msgNeverEnoughSamples, msgWindowTooShort, msgForgivesTwice,
		msgTooOften, msgLooksAway, msgForgivesNothing, msgFailsWhereItPasses, msgNegativeNumber, msgNeverEnough,
	}
}
