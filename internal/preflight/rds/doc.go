// Package rds is the preflight kind "rds": an instance or a cluster of Amazon RDS
// or Aurora is there and available, and nothing that takes it away is pending,
// under way, or due while the rollout goes on.
//
// What an instance does while it can be used, such as a backup, passes. An engine
// upgrade that waits for the maintenance window refuses whenever that is: a
// revision is written for one version. Other maintenance refuses when it is due
// in the time of the rollout; maintenance without a date is not due.
//
// # What it cannot do
//
// It opens no connection. Of a cluster, what is pending for single instances of
// it is not looked at: name them too.
//
// # Where the rules come from
//
//   - DescribeDBInstances, PendingModifiedValues: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
//   - DescribeDBClusters: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html
//   - States of an instance: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
//   - States of a cluster: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html
//   - Maintenance, and when it is applied: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PendingMaintenanceAction.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
package rds
