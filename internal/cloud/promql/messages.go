package promql

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgUnknownPlaceholder = rollout.Message{
		ID:   "promql.unknown_placeholder",
		What: "{attribute} has an unknown placeholder",
		Why:  "{placeholder} is none of {placeholders}.",
		Fix:  "Correct it. What Terraform knows is written as ${…}, with a dollar sign and single braces.",
	}
	msgEmptyQuery = rollout.Message{
		ID:   "promql.empty_query",
		What: "{attribute} is empty",
		Why:  "It has to be a query in PromQL that returns one number.",
		Fix:  "Write it, or leave the attribute out.",
	}
	msgOpenPlaceholder = rollout.Message{
		ID:   "promql.open_placeholder",
		What: "{attribute} has a placeholder that is not closed, or not opened",
		Why:  "A placeholder stands between two braces on each side, like {example}.",
		Fix:  "Add the missing braces.",
	}
	msgFixedRange = rollout.Message{
		ID:   "promql.fixed_range",
		What: "{attribute} does not keep to the window of the gate",
		Why:  "It has a range of fixed length, so just after a step it would still look at the time before.",
		Fix:  "Write the range as [{window}], and its length as the gate's window.",
	}
	msgAbsentIsZero = rollout.Message{
		ID:   "promql.absent_is_zero",
		What: "{attribute} takes missing data for 0",
		Why:  `It ends in "or vector(0)": where the engine has nothing at all, as of a revision that nobody reaches, the value would be 0, and could pass.`,
		Fix:  "Put that around what may be absent alone, as in (sum(rate(bad[{window}])) or vector(0)) / sum(rate(all[{window}])); or say with samples how many requests there were.",
	}
)

// Messages is the table of what a person may read of a query.
func Messages() []rollout.Message {
	return []rollout.Message{msgUnknownPlaceholder, msgEmptyQuery, msgOpenPlaceholder, msgFixedRange, msgAbsentIsZero}
}
