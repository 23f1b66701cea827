// Package pubsubtopic is the preflight kind "pubsub_topic": a topic of Pub/Sub
// exists, and so do the subscriptions through which its messages are taken.
//
// A subscription that is detached, or whose topic was deleted, gets nothing; one
// whose state is not ACTIVE cannot hand its messages on. Each fails.
//
// # Who may publish
//
// publishable_by looks at the topic's own policy (pubsub.topics.getIamPolicy) for
// a literal, unconditional binding of a role that publishes. Its absence proves
// nothing: grants are inherited, come by groups and custom roles, or hold under a
// condition. testIamPermissions answers for the caller alone. So that finding is
// passed or skipped, never failed, and stops nothing.
//
// # Where the rules come from
//
//   - topics.get and getIamPolicy: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics
//   - Subscriptions, detached, state, _deleted-topic_: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions
//   - Which roles have which permissions: https://cloud.google.com/pubsub/docs/access-control
//   - Policy version 3, without which conditions are not shown: https://cloud.google.com/iam/docs/policies#versions
package pubsubtopic
