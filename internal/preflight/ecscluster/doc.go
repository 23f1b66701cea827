// Package ecscluster is the preflight kind "ecs_cluster": a cluster of Amazon ECS
// is there and active, and has the capacity provider that the revision's tasks
// ask for.
//
// # What it cannot do
//
// It does not know whether there is room for the tasks: ECS says so when it
// places them.
//
// # Where the rules come from
//
//   - DescribeClusters, which answers with failures in the place of errors: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
//   - Reasons of failures: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
//   - States of a cluster: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
package ecscluster
