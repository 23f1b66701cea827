// Package lambdafunction is the job kind "lambda": one synchronous invocation of a
// function of AWS Lambda, which runs inside the user's network where the function does.
//
// # What Lambda remembers
//
// Nothing: an invocation has no name that a caller chooses, and leaves nothing behind
// but lines of a log and figures. So each errand has an alias of its own, rollout-KEY, which is
// made before anything is invoked, is what is invoked, and stays. Terraform manages none
// that it did not create. Its description says how far the errand has come, and is
// written on condition of the alias's revision, so that of two processes one begins:
//
//	rollout run 1 begun 2026-03-04T14:00:00Z 900s      it may be running; the function is cut after so long
//	rollout run 1 succeeded 2026-03-04T14:02:00Z
//	rollout run 2 failed 2026-03-04T15:00:00Z          the second run, of another apply
//	rollout run 2 refused 2026-03-04T15:00:00Z         Lambda took it not
//
// # Where the answer was lost
//
// Whether a function ran whose answer nobody has (a process that died, a connection that was
// cut) can be proven afterwards by CloudWatch, since nothing else invokes the alias: Lambda counts
// its invocations and their errors by the alias. Once the function's timeout is over, and three minutes for
// the figures: one invocation or more and no error has succeeded, an error has failed. No
// figure proves nothing, for figures may be late: the state is unclear then, and is not
// guessed, until a person sets the description. Logs are no proof: no line of them says which
// invocation was ours.
//
// # What it cannot do
//
// An asynchronous invocation may run more than once, by its own description, so there are
// none. A function runs its own code, never the candidate's image: name the version that belongs to
// the release. An answer that says "failed" in its own words is a success to Lambda: the
// code has to raise an error. A function takes 15 minutes at most.
//
// # Where the rules come from
//
//   - Invoke, FunctionError, the tail of the log: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
//   - Aliases, descriptions, revisions: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html
//   - Figures by alias: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
//   - Asynchronous invocations run at least once: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
//   - Errors and retries: https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html
package lambdafunction
