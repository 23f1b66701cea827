// Package oldworkerstopped is the preflight kind "old_worker_stopped": every task of
// a service of Amazon ECS that has not stopped is one of the wanted task definition,
// and its deployment is completed, so that nothing old can take a job any more.
//
// A deployment is completed when the wanted tasks run; those before them may still
// end what they do then. So the tasks themselves are asked for: first those that are
// to run, then those that were told to stop, because a task goes from the one to the
// other and never back.
//
// With the term stop_after an apply tells old tasks to stop that are still at work
// after that time (Enforce). It follows the service's own rule of how many have to go
// on, and is stricter than ECS in one thing: a new task counts once it has run for a
// minute.
//
// # What it cannot do
//
// It knows one moment: a deployment that begins afterwards
// brings what it brings. Tasks that somebody ran by hand, and those of other services,
// are not of the service. Which image a tag of a task definition stood for is not
// known; of two deployments of one task definition the tasks of the earlier one count
// as old.
//
// # Where the rules come from
//
//   - States of a task, and that one which is told to stop has the desired state STOPPED: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
//   - StopTask, which scale-in protection does not keep from a task: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html and https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
//   - The minimum healthy percent, rounded up, 100 if nobody says it: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
//   - Deployments, and when one is completed: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
package oldworkerstopped
