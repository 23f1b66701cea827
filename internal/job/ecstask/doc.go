// Package ecstask is the job kind "ecs_task": a task of Amazon ECS that runs to its
// end, in the user's network, from a task definition of the user's.
//
// # What ECS remembers
//
// ECS shows a stopped task for about an hour, and a client token is known no longer
// for sure. That is no memory for "once for this content". So a job is run from a copy of
// its task definition, in a family of ours for each errand, FAMILY-rollout-KEY: the copy
// is there before the task is, it stays, and a tag of it says how far the errand has
// come. Terraform manages neither. The copy also is how a task gets the candidate's
// image, which RunTask cannot override.
//
//	rollout-run = "1 begun 2026-03-04T14:00:00Z"          it was, or is being, asked for
//	rollout-run = "1 succeeded 2026-03-04T14:02:00Z ID 0"
//	rollout-run = "2 failed 2026-03-04T15:00:00Z ID 3"    the second run, of another apply
//	rollout-run = "2 refused 2026-03-04T15:00:00Z"        ECS took it not
//
// The first active revision of the family has the tag; each further run has a revision of
// its own, made anew from what the task definition says then.
//
// # Once
//
// Where the tag says "begun", tasks of the family tell the rest: who started one is named
// ("rollout/KEY/RUN"). No task within half an hour of it is a process that died before it
// asked, or an answer that was lost and a task not shown yet: the same request is made
// again, with the same token, and either starts it or answers with what runs. No task later
// than that is nobody's to guess: the state is unclear until a person sets the tag.
//
// # What decides
//
// The exit code of the job's container. One that has stopped without a code after it had
// started is unclear (a host that went away); one that never started has failed.
//
// # What it cannot do
//
// Tasks that other drivers than awslogs take the log of show no lines. It is not
// foreseen whether there is room for a task: ECS says so when it places it.
//
// # Where the rules come from
//
//   - RunTask: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
//   - Client tokens: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
//   - How long stopped tasks are shown: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html
//   - States of a task: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
//   - Copies: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
//   - Tags: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
//   - Log streams: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
//   - Roles that are passed: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
package ecstask
