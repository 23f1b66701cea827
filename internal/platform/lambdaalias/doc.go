// Package lambdaalias divides the traffic of an alias among versions of a Lambda
// function.
//
// An alias points at one version, and may give a share of its invocations to one
// other (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html).
// Both have to be published, with the same role and the same dead-letter queue.
// Writes carry the RevisionId of the alias that was read; a stale one is answered
// PreconditionFailedException
// (https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html). The
// description of the alias is kept; our mark of the way home stands at its end
// while a rollout goes on.
//
// A version is published here in one order, so that nothing which invokes the
// alias ever sees code without its configuration: configuration and code go to
// $LATEST, each on condition of what was read; the update is waited for; the
// version is published on condition of the code and of the RevisionId; what was
// published is compared with what was wanted; and only then does the alias move.
//
// What it cannot do: whatever invokes the function without a qualifier gets
// $LATEST, half-changed or not, so a plan looks for it. The share is a chance for
// each invocation, with no stickiness: at low traffic users get other shares than
// the ones that are asked for. Only one rollout of an alias at a time is possible,
// because it has place for two versions.
package lambdaalias
