// Package environment has two preflight kinds about an app that runs in several
// environments, such as staging and production.
//
// "environment_parity", also a data source, compares what is live in two of them:
// the artifact by digest, the names of settings and of secrets, limits, scaling,
// timeouts, and whether there is an identity of its own. Values of settings are
// never compared and never shown; of what could hold one (commands) it is said
// whether it is the same.
//
// "promoted_from" lets a candidate pass only where its artifact is what another
// environment has promoted: live there with all traffic, no rollout under way.
//
// What is live is read from the platform alone:
//
//   - Cloud Run: the service and its revision with most traffic
//     (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services,
//     https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services.revisions).
//   - Lambda: the alias and its version with most traffic
//     (https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html,
//     https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html).
//   - Amazon ECS: a service, alone or behind the target group that a listener or a
//     rule gives most traffic, and the task definition of its tasks
//     (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html,
//     https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html).
//     Of environment variables the names alone are decoded.
//
// Two platforms may be compared: what only one of them has is left out, and said.
package environment
