package engine

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgNegativeWatch = rollout.Message{
		ID:   "watch.negative",
		What: "The watch is negative",
		Why:  "watch is {watch}.",
		Fix:  "Give how long gates go on after promotion, or leave it out.",
		At:   "watch",
	}
	msgHoldAtNoStep = rollout.Message{
		ID:   "hold_at.no_step",
		What: "hold_at is not a step",
		Why:  "hold_at is {weight}, and no step has that weight.",
		Fix:  "Name the weight of one of the steps, at which the apply shall end and wait for a person.",
		At:   "hold_at",
	}
	msgStepAtAll = rollout.Message{
		ID:   "step.at_all",
		What: "Step {step}: promotion is not a step",
		Why:  "Everything moves after the last step by itself.",
		Fix:  "Remove the step with weight 100; use watch for what is watched after promotion.",
	}
	msgStepsDescend = rollout.Message{
		ID:   "step.not_above",
		What: "Step {step}: steps do not ascend",
		Why:  "{weight} follows {before}.",
		Fix:  "Order the steps by weight, each above the one before.",
	}
	msgStepTooFine = rollout.Message{
		ID:   "step.too_fine",
		What: "Step {step}: finer than the platform divides",
		Why:  "{weight} is not a multiple of {grain}.",
		Fix:  "Use multiples of {grain}.",
	}
	msgStepTooMuch = rollout.Message{
		ID:   "step.too_much",
		What: "Step {step}: more than the platform gives a candidate",
		Why:  "{weight} is above {most}.",
		Fix:  "Keep the steps at or below {most}; the rest comes with promotion.",
	}
	msgNegativeBake = rollout.Message{
		ID:   "step.negative_bake",
		What: "Step {step}: the bake is negative",
		Why:  "bake is {bake}.",
		Fix:  "Give how long the step is watched.",
	}
)

// Messages is the table of what may be wrong with a ladder.
func Messages() []rollout.Message {
	return []rollout.Message{
		msgNegativeWatch, msgHoldAtNoStep, msgStepAtAll, msgStepsDescend, msgStepTooFine, msgStepTooMuch, msgNegativeBake,
	}
}
