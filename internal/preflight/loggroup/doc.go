// Package loggroup is the preflight kind "log_group": a log group of CloudWatch
// Logs is there, so that the revision finds where to write.
//
// A group is looked for among those whose names begin like its own; another one
// among them is not it.
//
// # What it cannot do
//
// It does not know who may write there: a requirement "iam_role" with allows asks
// that of a role.
//
// # Where the rules come from
//
//   - DescribeLogGroups, and that its answer has pages: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
//   - ARNs, with and without :* at the end, and retention: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
//   - Names: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
//   - Permissions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
package loggroup
