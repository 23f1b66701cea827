package cloudwatch

import "github.com/terraform-rollout/terraform-provider-rollout/internal/rollout"

var (
	msgUnreadable = rollout.Message{
		ID: "cloudwatch.unreadable", What: "A cloudwatch gate cannot be read", Why: "Something in its block is of another type than it has to be.", Fix: "Correct the block.",
	}
	msgNothingAsked = rollout.Message{
		ID:   "cloudwatch.nothing_asked",
		What: "A cloudwatch gate asks for nothing",
		Why:  "It has neither metric nor a query block.",
		Fix:  `Give one of them: metric = "lambda_errors", or a query block.`,
	}
	msgTwoQuestions = rollout.Message{
		ID:   "cloudwatch.two_questions",
		What: "A cloudwatch gate has both metric and query",
		Why:  "A gate measures one thing.",
		Fix:  "Drop one of them, and give the other a gate of its own.",
		At:   "metric",
	}
	msgUnknownMetric = rollout.Message{
		ID:   "cloudwatch.unknown_metric",
		What: "The metric of a cloudwatch gate is not known",
		Why:  `"{metric}" is none of {metrics}.`,
		Fix:  `Write it like metric = "lambda_errors", or ask for any other metric by a query block.`,
		At:   "metric",
	}
	msgWithoutQuery = rollout.Message{
		ID:   "cloudwatch.without_query",
		What: "{attribute} is given without a query",
		Why:  "The metrics that cloudwatch knows by name count their own samples.",
		Fix:  "Drop {attribute}.",
	}
	msgNoExpression = rollout.Message{
		ID:   "cloudwatch.no_expression",
		What: "A cloudwatch gate does not say which query is its value",
		Why:  "It has {count} query blocks, and no expression.",
		Fix:  `Give expression: the id of one of them, or metric math, such as expression = "100 * errors / requests".`,
	}
	msgBadID = rollout.Message{
		ID:   "cloudwatch.bad_id",
		What: "The id of a query is none",
		Why:  `"{id}" has to begin with a small letter, and to have only letters, digits and underscores.`,
		Fix:  `Write it like id = "errors".`,
	}
	msgTwoIDs = rollout.Message{
		ID: "cloudwatch.two_ids", What: "Two queries have one id", Why: `Both are "{id}", so nobody knows which one an expression means.`, Fix: "Give each an id of its own.",
	}
	msgNoID = rollout.Message{
		ID: "cloudwatch.no_id", What: "A query has no id", Why: "There are several, so each needs one by which expression names it.", Fix: `Write it like id = "errors".`,
	}
	msgEmpty = rollout.Message{
		ID: "cloudwatch.empty", What: "{attribute} of a query is empty", Why: "CloudWatch knows no metric without it.", Fix: `Write it like {example}.`,
	}
	msgStatistic = rollout.Message{
		ID:   "cloudwatch.statistic",
		What: "The statistic of a query is not known",
		Why:  `"{value}" is none of Sum, Average, Minimum, Maximum, SampleCount and percentiles such as p95 or p99.9.`,
		Fix:  "Correct it. CloudWatch writes the first letter large, and the p of a percentile small.",
	}
	msgPlaceholder = rollout.Message{
		ID:   "cloudwatch.placeholder",
		What: "A dimension of a query has a placeholder that is none",
		Why:  "{dimension} has something between two braces that is none of {placeholders}.",
		Fix:  "Correct it.",
	}
	msgUnknownID = rollout.Message{
		ID:   "cloudwatch.unknown_id",
		What: "{attribute} names a query that is not there",
		Why:  `No query block has the id "{id}".`,
		Fix:  "Correct the id. Functions, AND and OR are written in large letters.",
	}
	msgFunction = rollout.Message{
		ID:   "cloudwatch.function",
		What: "{attribute} has a function that a gate cannot use",
		Why:  "{function} asks for more than the queries of the gate: a gate is answered together with others, for one series over one window.",
		Fix:  "Name each metric in a query block, and use its id.",
	}
	msgAbsentIsZero = rollout.Message{
		ID:   "cloudwatch.absent_is_zero",
		What: "expression takes what is absent for a number",
		Why:  "FILL gives a value also where nobody reported anything, so a metric that has gone would pass.",
		Fix:  `Say on how many requests the value stands: samples = "requests", with a query of that id.`,
		At:   "expression",
	}
	msgNoDelay = rollout.Message{
		ID:   "cloudwatch.no_delay",
		What: "delay is not a duration",
		Why:  `"{value}" has to be a number with a unit, 1m or more: CloudWatch keeps what services report by the minute, and a minute has to end.`,
		Fix:  `Write it like delay = "3m".`,
		At:   "delay",
	}
	msgNoFact = rollout.Message{
		ID:   "cloudwatch.no_fact",
		What: "cloudwatch does not know what to measure of {revision}",
		Why:  "Its platform does not say what its {fact} is, which {what} needs.",
		Fix:  "Use a metric of that platform, or another kind of gate.",
	}
)

func messages() []rollout.Message {
	return []rollout.Message{
		msgUnreadable, msgNothingAsked, msgTwoQuestions, msgUnknownMetric, msgWithoutQuery, msgNoExpression, msgBadID, msgTwoIDs, msgNoID, msgEmpty, msgStatistic,
		msgPlaceholder, msgUnknownID, msgFunction, msgAbsentIsZero, msgNoDelay, msgNoFact,
	}
}
