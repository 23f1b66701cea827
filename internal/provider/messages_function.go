package provider

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

// What the functions say of an argument.
var (
	msgNotAPercentage = rollout.Message{
		ID: "function.percentage", What: "{name} is no share for a step",
		Why: "It is {value}, and a step has a whole percentage of traffic, less than everything.", Fix: "Write a whole number from 1 to 99.",
	}
	msgNoGrowth = rollout.Message{
		ID: "function.factor", What: "{name} does not let the steps grow",
		Why: "It is {value}, and with less than {least} there would be hundreds of steps or no end.", Fix: "Write {least} or more, such as 2; or use linear_steps.",
	}
	msgNotABake = rollout.Message{
		ID: "function.bake", What: "bake is not a duration",
		Why: "{value} has no meaning as one.", Fix: "Write a number with a unit, such as 30s, 5m or 1h30m.",
	}
)

func functionMessages() []rollout.Message {
	return []rollout.Message{msgNotAPercentage, msgNoGrowth, msgNotABake}
}
